--- `:checkhealth vt_lsp`
local server = require('vt_lsp.server')

local M = {}

local health = vim.health
local WAIT_MS = 5000

local INSTALL = {
  'Install it for yourself: uv tool install vt-lsp, pipx install vt-lsp, or pip install in a virtual environment',
  'Then start Neovim where `vt-lsp` is on $PATH, or with that environment active',
  "Or name it: vim.lsp.config('vt_lsp', { cmd = { '/path/to/vt-lsp', 'server' } })",
  'Then :VtRestart',
}

---@param path string
local function short(path)
  return vim.fn.fnamemodify(path, ':~')
end

local function check_neovim()
  health.start('vt_lsp: Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. version)
  else
    health.error('Neovim ' .. version .. ' is too old', 'Install Neovim 0.11 or newer')
  end
  if server.is_enabled() then
    health.ok('enabled')
  else
    health.warn('not enabled', "Put vim.lsp.enable('vt_lsp') into init.lua")
  end
end

---@param cmd string[]
---@return boolean ok
---@return string said
local function run(cmd)
  local is_started, process = pcall(vim.system, cmd, { text = true, timeout = WAIT_MS })
  if not is_started then
    return false, tostring(process)
  end
  local done = process:wait()
  return done.code == 0, vim.trim((done.stdout ~= '' and done.stdout) or done.stderr or '')
end

local function check_server()
  health.start('vt_lsp: server')
  local own = server.own_cmd()
  if own then
    health.info('cmd: ' .. table.concat(own, ' ') .. ' (from your configuration)')
    if vim.fn.executable(own[1]) == 0 then
      health.error(own[1] .. ' is not executable', "Correct cmd in vim.lsp.config('vt_lsp', { cmd = … })")
    end
    return
  end
  local path = server.find()
  if not path then
    health.error('not found in these folders: ' .. table.concat(server.search_path(), ', '), INSTALL)
    return
  end
  local is_ok, said = run({ path, '--version' })
  if not is_ok then
    health.error(short(path) .. ' does not start: ' .. said, INSTALL)
  elseif server.is_supported(said:match('%d[%w.+-]*')) then
    health.ok(('%s (%s)'):format(said, short(path)))
  else
    local needed = ('%d.%d'):format(unpack(server.MINIMUM))
    health.error(('%s (%s) is too old, %s is needed'):format(said, short(path), needed), {
      'Upgrade it: uv tool upgrade vt-lsp, pipx upgrade vt-lsp, or pip install --upgrade vt-lsp',
      'Then :VtRestart',
    })
  end
end

---@param client vim.lsp.Client
local function check_client(client)
  local count = vim.tbl_count(client.attached_buffers)
  local version = client.server_info and client.server_info.version or '?'
  local root = client.root_dir and short(client.root_dir) or 'single files'
  local buffers = count == 1 and '1 buffer' or count .. ' buffers'
  health.ok(('attached to %s, root %s, server %s, %s'):format(buffers, root, version, client.offset_encoding))
  local status = require('vt_lsp.status').of(client.id)
  if not status then
    health.info('status: none yet')
    return
  end
  local text = ('status: %s, %d drifts, %s of the claims hold'):format(
    status.quiescent and 'at rest' or 'scanning',
    status.drifts,
    require('vt_lsp.status').percent(status.compliance)
  )
  if status.health == 'ok' then
    health.ok(text .. (status.message ~= '' and ': ' .. status.message or ''))
  else
    health.warn(text .. ': ' .. status.message, 'See :VtStatus and :VtLog')
  end
end

---@param client vim.lsp.Client
local function check_watcher(client)
  local method = 'workspace/didChangeWatchedFiles'
  if client.dynamic_capabilities:get(method) then
    health.ok('files: watched by Neovim')
  else
    health.ok('files: watched by the server itself (Neovim does not watch on this system)')
  end
end

local function check_clients()
  health.start('vt_lsp: clients')
  for root, why in pairs(require('vt_lsp.supervisor').refusals()) do
    health.error(('%s: %s'):format(root == '' and 'single files' or short(root), why), 'See :VtLog, then :VtRestart')
  end
  local clients = vim.lsp.get_clients({ name = server.NAME })
  for _, client in ipairs(clients) do
    check_client(client)
    check_watcher(client)
  end
  if #clients == 0 then
    health.info('none runs: open a Markdown or Python file')
  end
end

local function check_logs()
  health.start('vt_lsp: logs')
  for _, log in ipairs({ { 'server', server.log_path() }, { 'client', vim.lsp.get_log_path() } }) do
    local stat = vim.uv.fs_stat(log[2])
    local size = stat and ('%.1f kB'):format(stat.size / 1000) or 'nothing was logged yet'
    health.info(('%s: %s (%s; :VtLog %s)'):format(log[1], short(log[2]), size, log[1]))
  end
end

function M.check()
  check_neovim()
  check_server()
  check_clients()
  check_logs()
end

return M
