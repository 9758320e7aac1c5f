--- Completion of the arguments of `:Vt…` commands. It waits for the server, but not for long.
local client_of = require('vt_lsp.client')

local M = {}

local WAIT_MS = 500

---@param method string
---@return table? # the answer, if it came in time
local function ask(method)
  local client = client_of.find()
  local answer = client and client:request_sync(method, vim.empty_dict(), WAIT_MS)
  return answer and answer.result
end

---@param words string[]
---@param lead string
---@return string[] # those that begin with the lead, sorted, each once
local function matching(words, lead)
  lead = lead:gsub('^%./', '')
  local found = vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, words)
  table.sort(found)
  return vim.fn.uniq(found)
end

--- The folders above a path, each with a slash at its end.
---@param path string
---@return string[]
local function above(path)
  local folders, at = {}, path:find('/')
  while at do
    folders[#folders + 1] = path:sub(1, at)
    at = path:find('/', at + 1)
  end
  return folders
end

---@param lead string
---@return string[]
function M.specs(lead)
  local words = {}
  for _, folder in ipairs((ask('vt-lsp/specs') or { folders = {} }).folders) do
    for _, spec in ipairs(folder.specs) do
      words[#words + 1] = spec.path
    end
  end
  return matching(words, lead)
end

---@param lead string
---@return string[]
function M.drifts(lead)
  local words = {}
  for _, drift in ipairs((ask('vt-lsp/drifts') or { drifts = {} }).drifts) do
    words[#words + 1] = drift.type
    for _, path in ipairs({ drift.path, drift.code and drift.code.path }) do
      words[#words + 1] = path
      vim.list_extend(words, above(path))
    end
  end
  return matching(words, lead)
end

---@param lead string
---@return string[]
function M.alerts(lead)
  return matching({ 'accept', 'acknowledge', 'all', 'diff', 'later', 'mute', 'open', 'resolve' }, lead)
end

---@param lead string
---@return string[]
function M.logs(lead)
  return matching({ 'client', 'server' }, lead)
end

return M
