--- Going to places, and choosing among several.
local client_of = require('vt_lsp.client')
local message = require('vt_lsp.message')

local M = {}

---@class vt_lsp.Location
---@field uri string
---@field range lsp.Range

--- Show a place in the current window; <C-o> and <C-t> go back.
---@param location vt_lsp.Location|lsp.LocationLink
---@param encoding string
function M.to(location, encoding)
  vim.lsp.util.show_document(location, encoding, { focus = true })
end

--- A place as a line of a choice: path, line, and the words there.
---@param item vim.quickfix.entry
---@return string
local function label(item)
  local path = vim.fn.fnamemodify(item.filename, ':~:.')
  return ('%s:%d  %s'):format(path, item.lnum, vim.trim(item.text or ''))
end

--- Go to the place, or ask which one.
---@param locations (vt_lsp.Location|lsp.LocationLink)[]
---@param encoding string
---@param prompt string
function M.to_one_of(locations, encoding, prompt)
  if #locations == 1 then
    M.to(locations[1], encoding)
    return
  end
  local items = vim.lsp.util.locations_to_items(locations, encoding)
  vim.ui.select(items, { prompt = prompt, kind = 'vt_lsp', format_item = label }, function(item)
    if item then
      M.to(item.user_data, encoding)
    end
  end)
end

--- From a claim to the code that it speaks of; from a symbol to the claims about it.
function M.to_other_side()
  local bufnr, window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local client = client_of.need(bufnr)
  if not client then
    return
  end
  local is_code = vim.bo[bufnr].filetype == 'python'
  local params = vim.lsp.util.make_position_params(window, client.offset_encoding)
  local method = is_code and 'textDocument/references' or 'textDocument/definition'
  params.context = is_code and { includeDeclaration = false } or nil
  client_of.request(client, method, params, function(result)
    local locations = result and (vim.islist(result) and result or { result }) or {}
    if #locations == 0 then
      message.info(is_code and 'no spec speaks of what is at the cursor' or 'no claim at the cursor leads to code')
    elseif vim.api.nvim_get_current_buf() == bufnr then
      M.to_one_of(locations, client.offset_encoding, is_code and 'Specs that speak of this:' or 'Code:')
    end
  end, bufnr)
end

return M
