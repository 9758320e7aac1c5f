--- What the `:Vt…` commands and the code lenses do.
local client_of = require('vt_lsp.client')
local drifts = require('vt_lsp.drifts')
local message = require('vt_lsp.message')
local page = require('vt_lsp.page')
local server = require('vt_lsp.server')

local M = {}

local STOP_MS = 3000 -- a server that has not ended by then is made to
local POLL_MS = 20

local running ---@type { client: vim.lsp.Client, request: integer }? a check that is under way

---@param answer { title: string, markdown: string }
local function show(answer)
  page.open(answer.title or 'vt-lsp', answer.markdown or '')
end

--- A lens was run: let its client's server answer, and show that.
---@param command string
---@param arguments any[]
---@param context { client_id: integer }
function M.run_lens(command, arguments, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client then
    client_of.execute(client, command, arguments, show)
  end
end

--- `:VtCheck`: look at everything again; with a bang, stop doing so.
---@param args vim.api.keyset.create_user_command.command_args
function M.check(args)
  local client = client_of.need()
  if not client then
    return
  end
  if args.bang then
    if running and not running.client:is_stopped() then
      running.client:cancel_request(running.request)
      message.info('the check was stopped')
    end
    running = nil
    return
  end
  local request = client_of.execute(client, 'vt-lsp.checkWorkspace', {}, function(status)
    running = nil
    local count = status.drifts == 1 and '1 drift' or ('%d drifts'):format(status.drifts)
    local percent = require('vt_lsp.status').percent(status.compliance)
    message.info(('%s, %s of the claims hold'):format(count, percent))
  end)
  running = request and { client = client, request = request }
end

--- `:VtStatus`
function M.status()
  local client = client_of.need()
  if client then
    client_of.execute(client, 'vt-lsp.showStatus', {}, show)
  end
end

--- `:VtAlerts`, or `:VtAlerts {action} {id}`
---@param args vim.api.keyset.create_user_command.command_args
function M.alerts(args)
  local client = client_of.need()
  if not client then
    return
  end
  local action, id = unpack(args.fargs)
  if action and id then
    client_of.execute(client, 'vt-lsp.reactToAlert', { id, action }, function(answer)
      message.info(answer.title)
    end)
  else
    client_of.execute(client, 'vt-lsp.showAlerts', { { all = action == 'all' } }, show)
  end
end

--- The file that an argument names: `%`, or a path below the root or the current folder.
---@param client vim.lsp.Client
---@param path string
---@return string uri
local function uri_of(client, path)
  if path == '%' then
    return vim.uri_from_bufnr(0)
  end
  local below = client.root_dir and vim.fs.joinpath(client.root_dir, path)
  local file = below and vim.uv.fs_stat(below) and below or vim.fn.fnamemodify(path, ':p')
  return vim.uri_from_fname(vim.fs.normalize(file))
end

--- `:VtCompliance [spec]`; with a range: what the lens of that line would show.
---@param args vim.api.keyset.create_user_command.command_args
function M.compliance(args)
  local client = client_of.need()
  if not client then
    return
  end
  local arguments = {}
  if args.args ~= '' then
    arguments[1] = uri_of(client, args.args)
  elseif args.range > 0 then
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    local is_here = args.line2 == vim.api.nvim_win_get_cursor(0)[1]
    local column = is_here and params.position.character or 0
    arguments = { params.textDocument.uri, { line = args.line2 - 1, character = column } }
  end
  client_of.execute(client, 'vt-lsp.showCompliance', arguments, show)
end

--- `:VtForecast [spec]`
---@param args vim.api.keyset.create_user_command.command_args
function M.forecast(args)
  local client = client_of.need()
  if client then
    local arguments = args.args ~= '' and { uri_of(client, args.args) } or {}
    client_of.execute(client, 'vt-lsp.showForecast', arguments, show)
  end
end

--- `:VtReport`: the page in the browser.
function M.report()
  local client = client_of.need()
  if client then
    client_of.execute(client, 'vt-lsp.openReport', { vim.uri_from_bufnr(0) }, function(report)
      local _, problem = vim.ui.open(report.file)
      if problem then
        message.warn(('the report is in %s: %s'):format(vim.uri_to_fname(report.file), problem))
      end
    end)
  end
end

--- `:VtDiff`
function M.diff()
  local client = client_of.need()
  if not client then
    return
  end
  drifts.choose(client, function(fingerprint)
    client_of.execute(client, 'vt-lsp.showDiff', { fingerprint }, show)
  end)
end

--- `:VtDrifts [path | type] …`
---@param args vim.api.keyset.create_user_command.command_args
function M.drifts(args)
  drifts.quickfix(args.fargs)
end

--- `:VtSpecs`
function M.specs()
  local client = client_of.need()
  if client then
    require('vt_lsp.tree').open(client)
  end
end

--- `:VtGoto`
function M.goto_other_side()
  require('vt_lsp.jump').to_other_side()
end

--- Call `done` once the clients have ended; those that take too long are made to.
---@param clients vim.lsp.Client[]
---@param done fun()
local function when_ended(clients, done)
  local timer, since, forced = assert(vim.uv.new_timer()), vim.uv.now(), false
  timer:start(
    0,
    POLL_MS,
    vim.schedule_wrap(function()
      local left = vim.tbl_filter(function(client)
        return vim.lsp.get_client_by_id(client.id) ~= nil
      end, clients)
      if timer:is_closing() then
        return
      elseif #left == 0 then
        timer:close()
        done()
      elseif not forced and vim.uv.now() - since > STOP_MS then
        forced = true
        vim.lsp.stop_client(left, true)
      end
    end)
  )
end

--- `:VtRestart`
function M.restart()
  if not server.is_enabled() then
    message.warn(client_of.why_none())
    return
  end
  require('vt_lsp.supervisor').forgive()
  local clients = vim.lsp.get_clients({ name = server.NAME, _uninitialized = true })
  for _, client in ipairs(clients) do
    client:stop()
  end
  when_ended(clients, function()
    vim.lsp.enable(server.NAME)
  end)
end

--- `:VtLog [server|client]`
---@param args vim.api.keyset.create_user_command.command_args
function M.log(args)
  local path = args.args == 'client' and vim.lsp.get_log_path() or server.log_path()
  if not vim.uv.fs_stat(path) then
    message.info('nothing was logged yet in ' .. vim.fn.fnamemodify(path, ':~'))
    return
  end
  vim.cmd.tabedit({ vim.fn.fnameescape(path), magic = { file = false, bar = false } })
  vim.bo.autoread = true
  vim.bo.modifiable = false
  vim.cmd('normal! G')
end

return M
