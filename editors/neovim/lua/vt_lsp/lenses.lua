--- Code lenses that stay fresh, for users who want them shown.
local M = {}

--- Show lenses in a buffer, again after each pause of typing and whenever the server has judged anew.
---@param bufnr? integer
function M.keep(bufnr)
  bufnr = vim._resolve_bufnr and vim._resolve_bufnr(bufnr) or (bufnr or vim.api.nvim_get_current_buf())
  if vim.lsp.codelens.enable then -- Neovim 0.12 keeps them fresh itself
    vim.lsp.codelens.enable(true, { bufnr = bufnr })
    return
  end
  local function refresh()
    if vim.api.nvim_buf_is_loaded(bufnr) then
      vim.lsp.codelens.refresh({ bufnr = bufnr })
    end
  end
  local group = vim.api.nvim_create_augroup('vt_lsp.lenses.' .. bufnr, {})
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave' }, { group = group, buffer = bufnr, callback = refresh })
  local news = { 'VtLspStatus', 'VtLspDecided' }
  vim.api.nvim_create_autocmd('User', { group = group, pattern = news, callback = refresh })
  vim.api.nvim_create_autocmd({ 'LspDetach', 'BufWipeout' }, {
    group = group,
    buffer = bufnr,
    callback = function(args)
      local client = args.data and vim.lsp.get_client_by_id(args.data.client_id)
      if not client or client.name == 'vt_lsp' then
        vim.schedule(function()
          pcall(vim.api.nvim_del_augroup_by_id, group)
        end)
      end
    end,
  })
  refresh()
end

return M
