--- What happens when the server ends: it is started again, but not for ever, and with one message.
local message = require('vt_lsp.message')

local M = {}

M.delays_ms = { 1000, 2000, 4000, 8000, 16000 } -- before each new start; afterwards it is given up
M.window_ms = 3 * 60 * 1000 -- crashes that are older than this do not count

-- Ends that somebody wanted: a clean exit, SIGINT, SIGTERM (as a signal or as our server's exit code for it).
local WANTED_CODES = { [0] = true, [130] = true, [143] = true }
local WANTED_SIGNALS = { [2] = true, [15] = true }

local crashes = {} ---@type table<string, integer[]> root -> when, in milliseconds
local refused = {} ---@type table<string, string> root -> why no server is started there
local last_exit ---@type { code: integer, signal: integer }?

---@param root? string
local function key(root)
  return root or ''
end

--- Why no server is started for a root, if so.
---@param root? string
---@return string?
function M.refusal(root)
  return refused[key(root)]
end

--- Start no more servers for a root, until |M.forgive()|.
---@param root? string
---@param why string
function M.refuse(root, why)
  refused[key(root)] = why
end

--- All refusals, by root.
---@return table<string, string>
function M.refusals()
  return refused
end

--- Begin anew: nothing has crashed, nothing is refused.
function M.forgive()
  crashes, refused = {}, {}
  message.forget()
end

--- Dispatchers that keep Neovim's own message about an exit code back: ours says what happens next.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.Dispatchers
function M.quiet(dispatchers)
  return vim.tbl_extend('force', dispatchers, {
    on_exit = function(code, signal)
      last_exit = { code = code, signal = signal }
      dispatchers.on_exit(0, 0)
      last_exit = nil
    end,
  })
end

---@param times integer[]
---@return integer[] # those that still count, and now
local function with_now(times)
  local now = vim.uv.now()
  local recent = vim.tbl_filter(function(time)
    return now - time < M.window_ms
  end, times)
  recent[#recent + 1] = now
  return recent
end

---@param client vim.lsp.Client
---@param buffers integer[]
local function start_again(client, buffers)
  if vim.v.exiting ~= vim.NIL or not require('vt_lsp.server').is_enabled() or M.refusal(client.root_dir) then
    return
  end
  for _, bufnr in ipairs(buffers) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      vim.lsp.start(client.config, { bufnr = bufnr, reuse_client = client.config.reuse_client })
    end
  end
end

---@param client vim.lsp.Client
---@param how string
---@param buffers integer[]
---@param is_told boolean whether Neovim has said it, as it does of a `cmd` of the user's own
local function crashed(client, how, buffers, is_told)
  if vim.v.exiting ~= vim.NIL then
    return
  end
  local root = key(client.root_dir)
  if not client.initialized then
    M.refuse(client.root_dir, ('the server ended at its start (%s)'):format(how))
    local log = vim.fn.fnamemodify(vim.lsp.get_log_path(), ':~')
    local tell = is_told and function() end or message.warn_once
    tell('start', ('server ended at its start (%s), see %s'):format(how, log))
    return
  end
  crashes[root] = with_now(crashes[root] or {})
  local delay = M.delays_ms[#crashes[root]]
  if not delay then
    M.refuse(client.root_dir, ('the server ended %d times in a row'):format(#crashes[root]))
    message.warn(('server ended %d times, given up. See :VtLog, then :VtRestart'):format(#crashes[root]))
    return
  end
  if #crashes[root] == 1 and not is_told then
    message.warn(('server ended (%s) and is started again. See :VtLog'):format(how))
  end
  vim.defer_fn(function()
    start_again(client, buffers)
  end, delay)
end

--- A client has ended; the `on_exit` of our configuration. Called where only Lua's own functions may be.
---@param code integer
---@param signal integer
---@param client_id integer
function M.ended(code, signal, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  local real = last_exit or { code = code, signal = signal }
  if not client or (WANTED_CODES[real.code] and real.signal == 0) or WANTED_SIGNALS[real.signal] then
    return
  end
  local buffers, is_told = vim.tbl_keys(client.attached_buffers), last_exit == nil
  local how = real.signal ~= 0 and ('signal %d'):format(real.signal) or ('exit code %d'):format(real.code)
  vim.schedule(function()
    crashed(client, how, buffers, is_told)
  end)
end

return M
