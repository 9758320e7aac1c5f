--- The last status of each client, as `vt-lsp/status` brings it, and its text for a 'statusline'.
local M = {}

local known = {} ---@type table<integer, vt_lsp.Status>
local has_rested = {} ---@type table<integer, boolean> whether the first scan is over

---@class vt_lsp.Status
---@field health 'ok'|'warning'|'error'
---@field quiescent boolean nothing is being read or judged
---@field message string
---@field drifts integer
---@field compliance number of the claims that were decided, from 0 to 1

-- The text of a buffer begins and ends with its client, which the server does not tell of.
vim.api.nvim_create_autocmd({ 'LspAttach', 'LspDetach' }, {
  group = vim.api.nvim_create_augroup('vt_lsp.status', {}),
  callback = vim.schedule_wrap(function()
    vim.cmd.redrawstatus({ bang = true })
  end),
})

--- Remember a status and let the user's statusline know.
---@param status vt_lsp.Status
---@param client_id integer
function M.received(status, client_id)
  known[client_id] = status
  has_rested[client_id] = has_rested[client_id] or status.quiescent
  vim.api.nvim_exec_autocmds('User', {
    pattern = 'VtLspStatus',
    modeline = false,
    data = { client_id = client_id, status = status },
  })
  vim.cmd.redrawstatus({ bang = true })
end

--- The last status of a client.
---@param client_id integer
---@return vt_lsp.Status?
function M.of(client_id)
  return known[client_id]
end

--- A share as people read it, rounded down as the server does: 100 % only if it is all.
---@param share number
---@return string
function M.percent(share)
  return ('%d%%'):format(math.floor(share * 100 + 1e-6))
end

--- See |vt-lsp-statusline|.
---@param bufnr? integer
---@return string
function M.text(bufnr)
  local client = vim.lsp.get_clients({ bufnr = bufnr or 0, name = 'vt_lsp' })[1]
  local status = client and known[client.id]
  if not client then
    return ''
  elseif not status or not has_rested[client.id] then
    return 'vt …'
  end
  local parts = { 'vt', M.percent(status.compliance) }
  if status.drifts > 0 then
    parts[#parts + 1] = '✗' .. status.drifts
  end
  if not status.quiescent then
    parts[#parts + 1] = '…'
  end
  if status.health ~= 'ok' then
    parts[#parts + 1] = '!'
  end
  return table.concat(parts, ' ')
end

return M
