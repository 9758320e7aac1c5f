--- Our client, found from anywhere, and asked with its errors told.
local message = require('vt_lsp.message')
local server = require('vt_lsp.server')

local M = {}

--- Our clients that answer.
---@return vim.lsp.Client[]
function M.all()
  return vim.tbl_filter(function(client)
    return not client:is_stopped()
  end, vim.lsp.get_clients({ name = server.NAME }))
end

--- The client of a buffer; where none is attached, as in a list or a tree, the one of the current folder, or any.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.find(bufnr)
  local attached = vim.lsp.get_clients({ bufnr = bufnr or 0, name = server.NAME })[1]
  if attached and not attached:is_stopped() then
    return attached
  end
  local all, here = M.all(), vim.fs.normalize(vim.fn.getcwd())
  for _, client in ipairs(all) do
    if client.root_dir and vim.fs.relpath(client.root_dir, here) then
      return client
    end
  end
  return all[#all]
end

--- Why there is no client, and what to do.
---@return string
function M.why_none()
  if not server.is_enabled() then
    return "not enabled. Put vim.lsp.enable('vt_lsp') into init.lua"
  elseif not server.own_cmd() and not server.find() then
    return 'server not found. What to do: :checkhealth vt_lsp'
  end
  local _, why = next(require('vt_lsp.supervisor').refusals())
  if why then
    return why .. '. See :VtLog, then :VtRestart'
  end
  if #vim.lsp.get_clients({ name = server.NAME, _uninitialized = true }) > 0 then
    return 'the server is starting; try again in a moment'
  end
  return 'no file is attached: open a Markdown or Python file'
end

--- |M.find()|, or a message that says why there is none.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.need(bufnr)
  local client = M.find(bufnr)
  if not client then
    message.warn(M.why_none())
  end
  return client
end

--- Ask the server; an error is told, an answer handed on.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param done fun(result: any)
---@param bufnr? integer the buffer that the question is about
---@return integer? # the request's number
function M.request(client, method, params, done, bufnr)
  local sent, id = client:request(method, params, function(err, result)
    if err then
      message.warn(err.message or tostring(err))
    else
      done(result)
    end
  end, bufnr)
  if not sent then
    message.warn('the server has ended. See :VtLog, then :VtRestart')
  end
  return id
end

--- Let the server execute one of its commands.
---@param client vim.lsp.Client
---@param command string
---@param arguments any[]
---@param done fun(result: any)
---@return integer? # the request's number
function M.execute(client, command, arguments, done)
  return M.request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, done)
end

return M
