--- The server's program: where it is, where it starts, and whether it is new enough.
local message = require('vt_lsp.message')

local M = {}

M.NAME = 'vt_lsp'
M.MINIMUM = { 0, 1 } -- of the server's version; its minor version is ours

local is_windows = vim.fn.has('win32') == 1

--- Folders that may hold the server, in the order in which they are looked at. Relative ones are left out:
--- they would name a program of the workspace.
---@return string[]
function M.search_path()
  local folders = {}
  local environment = vim.env.VIRTUAL_ENV
  if environment and environment ~= '' then
    folders[1] = vim.fs.joinpath(environment, is_windows and 'Scripts' or 'bin')
  end
  vim.list_extend(folders, vim.split(vim.env.PATH or '', is_windows and ';' or ':', { trimempty = true }))
  -- Where uv, pipx and `pip install --user` put programs: a graphical Neovim often has a PATH without it.
  local home = vim.uv.os_homedir()
  table.insert(folders, vim.env.UV_TOOL_BIN_DIR or '')
  table.insert(folders, vim.env.XDG_BIN_HOME or '')
  table.insert(folders, home and vim.fs.joinpath(home, '.local/bin') or '')
  return vim.tbl_filter(function(folder)
    return folder:find(is_windows and '^%a:[/\\]' or '^/') ~= nil
  end, folders)
end

--- The path of the server's program, if there is one.
---@return string?
function M.find()
  for _, folder in ipairs(M.search_path()) do
    local path = vim.fs.joinpath(folder, is_windows and 'vt-lsp.exe' or 'vt-lsp')
    if vim.fn.executable(path) == 1 then
      return path
    end
  end
end

--- Whether the user has enabled us.
---@return boolean
function M.is_enabled()
  if not vim.lsp.is_enabled then -- Neovim 0.11.0
    return vim.lsp._enabled_configs[M.NAME] ~= nil
  end
  return vim.lsp.is_enabled(M.NAME)
end

--- The user's own command line, if `vim.lsp.config('vt_lsp', { cmd = … })` has one; ours is a function.
---@return string[]?
function M.own_cmd()
  local config = vim.lsp.config[M.NAME]
  return config and type(config.cmd) == 'table' and config.cmd or nil
end

--- Where the server writes its log.
---@return string
function M.log_path()
  local own = M.own_cmd()
  for number, word in ipairs(own or {}) do
    if word == '--log-file' and own[number + 1] then
      return vim.fs.normalize(own[number + 1])
    end
  end
  if not own then
    return vim.fs.joinpath(vim.fn.stdpath('log'), 'vt-lsp.log')
  end
  local state = vim.env.XDG_STATE_HOME
  return vim.fs.joinpath(state and state ~= '' and state or vim.fs.normalize('~/.local/state'), 'vt-lsp/log/server.log')
end

--- Start the server; the `cmd` of our configuration.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param config vim.lsp.ClientConfig
---@return vim.lsp.rpc.PublicClient
function M.start(dispatchers, config)
  local path = M.find()
  if not path then
    error('vt-lsp: no server found: see :checkhealth vt_lsp', 0)
  end
  local cmd = { path, 'server', '--log-file', M.log_path() }
  return vim.lsp.rpc.start(cmd, require('vt_lsp.supervisor').quiet(dispatchers), {
    cwd = config.cmd_cwd,
    env = config.cmd_env,
    detached = config.detached,
  })
end

--- Whether the name of a YAML or JSON file is one that OpenAPI documents have.
---@param path string
---@return boolean
local function is_openapi(path)
  local name = vim.fs.normalize(path):lower()
  local base = vim.fs.basename(name)
  return base:find('openapi') ~= nil
    or base:find('swagger') ~= nil
    or base:find('api%.[yj]') ~= nil
    or name:find('/contracts/') ~= nil
    or name:find('/openapi/') ~= nil
    or name:find('/swagger/') ~= nil
end

--- The `root_dir` of our configuration: attach to a buffer, unless there is no server, it was given up, or the
--- text is not a file of this machine.
---@param bufnr integer
---@param on_dir fun(root?: string)
function M.root(bufnr, on_dir)
  if vim.api.nvim_buf_get_name(bufnr):find('^%a[%w+.-]+:/') then
    return -- another plugin's text, or a file of another machine
  end
  local filetype = vim.bo[bufnr].filetype
  if (filetype == 'yaml' or filetype == 'json') and not is_openapi(vim.api.nvim_buf_get_name(bufnr)) then
    return
  end
  if not M.own_cmd() and not M.find() then
    message.warn_once('missing', 'server not found. What to do: :checkhealth vt_lsp')
    return
  end
  local root
  for _, marker in ipairs(vim.lsp.config[M.NAME].root_markers or {}) do
    root = root or vim.fs.root(bufnr, marker)
  end
  if not require('vt_lsp.supervisor').refusal(root) then
    on_dir(root)
  end
end

--- Whether a version is one that we can talk to.
---@param version? string
---@return boolean
function M.is_supported(version)
  local major, minor = (version or ''):match('^v?(%d+)%.(%d+)')
  if not major then
    return false
  end
  major, minor = tonumber(major), tonumber(minor)
  return major > M.MINIMUM[1] or (major == M.MINIMUM[1] and minor >= M.MINIMUM[2])
end

--- Stop a server that is too old, with one message; the `on_init` of our configuration.
---@param client vim.lsp.Client
---@param result lsp.InitializeResult
function M.check_version(client, result)
  local version = result.serverInfo and result.serverInfo.version
  if not M.is_supported(version) then
    local text = ('server %s is too old, %d.%d is needed'):format(version or '?', unpack(M.MINIMUM))
    require('vt_lsp.supervisor').refuse(client.root_dir, text)
    message.warn_once('old', text .. ': :checkhealth vt_lsp')
    client:stop()
  end
end

return M
