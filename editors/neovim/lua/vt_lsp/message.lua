--- Short messages in one voice. They fit in one line of 80 columns, so that nobody has to press <Enter>.
local M = {}

local told = {} ---@type table<string, boolean>

---@param text string
function M.info(text)
  vim.notify('vt-lsp: ' .. text, vim.log.levels.INFO)
end

---@param text string
function M.warn(text)
  vim.notify('vt-lsp: ' .. text, vim.log.levels.WARN)
end

--- Say it once for each kind, until |M.forget()|.
---@param kind string
---@param text string
function M.warn_once(kind, text)
  if not told[kind] then
    told[kind] = true
    M.warn(text)
  end
end

--- Forget what was told, as after a restart.
function M.forget()
  told = {}
end

return M
