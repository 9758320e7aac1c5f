--- What users may call; see |vt-lsp-lua|.
local M = {}

--- Text for a 'statusline': `vt 97% ✗4`, `vt …` while the server scans, empty where it is not attached.
---@param bufnr? integer the current buffer by default; in a 'statusline' that is the buffer of its window
---@return string
function M.status(bufnr)
  return require('vt_lsp.status').text(bufnr)
end

--- Show code lenses in a buffer and keep them fresh; made for `on_attach` of `vim.lsp.config('vt_lsp', {…})`.
---@param bufnr? integer the current buffer by default
function M.lenses(bufnr)
  require('vt_lsp.lenses').keep(bufnr)
end

return M
