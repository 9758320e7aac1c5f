--- All drifts: as a quickfix list, as a choice, and the one at the cursor.
local client_of = require('vt_lsp.client')
local message = require('vt_lsp.message')

local M = {}

local KIND = { error = 'E', warning = 'W', information = 'I', hint = 'N' } -- of a quickfix entry

---@class vt_lsp.Drift
---@field fingerprint string
---@field type string
---@field severity 'error'|'warning'|'information'|'hint'
---@field message string
---@field uri string
---@field range lsp.Range
---@field path string
---@field code { uri: string, range: lsp.Range, path: string }?

--- Ask for all drifts.
---@param client vim.lsp.Client
---@param done fun(drifts: vt_lsp.Drift[])
function M.all(client, done)
  client_of.request(client, 'vt-lsp/drifts', vim.empty_dict(), function(answer)
    done(answer.drifts)
  end)
end

--- Whether a drift is one that a word asks for: its type, a file, or a folder above it.
---@param drift vt_lsp.Drift
---@param word string
---@return boolean
local function fits(drift, word)
  local function is_below(path)
    return path == word or vim.startswith(path, word:gsub('/+$', '') .. '/')
  end
  return drift.type == word or is_below(drift.path) or (drift.code ~= nil and is_below(drift.code.path))
end

--- The drifts that the words ask for. Words of one sort widen the choice, both sorts together narrow it.
---@param drifts vt_lsp.Drift[]
---@param words string[] types and paths
---@return vt_lsp.Drift[]
function M.select(drifts, words)
  local types, paths = {}, {}
  for _, word in ipairs(words) do
    local is_type = word:find('^%l+%-[%l-]+$') ~= nil
    table.insert(is_type and types or paths, (word:gsub('^%./', '')))
  end
  local function asked(drift, sort)
    return #sort == 0 or vim.iter(sort):any(function(word)
      return word == '' or fits(drift, word)
    end)
  end
  return vim.tbl_filter(function(drift)
    return asked(drift, types) and asked(drift, paths)
  end, drifts)
end

--- Drifts as entries of a quickfix list; files need not be loaded.
---@param drifts vt_lsp.Drift[]
---@param encoding string
---@return vim.quickfix.entry[]
function M.entries(drifts, encoding)
  local items = vim.lsp.util.locations_to_items(drifts, encoding)
  for _, item in ipairs(items) do
    local drift = item.user_data ---@type vt_lsp.Drift
    item.text = ('%s [%s]'):format(drift.message, drift.type)
    item.type = KIND[drift.severity]
  end
  return items
end

--- The quickfix list of the drifts that the words ask for.
---@param words string[]
function M.quickfix(words)
  local client = client_of.need()
  if not client then
    return
  end
  M.all(client, function(all)
    local items = M.entries(M.select(all, words), client.offset_encoding)
    local title = vim.trim('vt-lsp drifts ' .. table.concat(words, ' '))
    vim.fn.setqflist({}, ' ', { title = title, items = items })
    if #items == 0 then
      vim.cmd.cclose()
      message.info(#all == 0 and 'no drift' or ('none of %d drifts is of these'):format(#all))
      return
    end
    vim.cmd('botright copen')
  end)
end

---@param diagnostic vim.Diagnostic
---@return string?
local function fingerprint_of(diagnostic)
  local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data')
  return diagnostic.source == 'vt-lsp' and type(data) == 'string' and data or nil
end

--- The drifts of the cursor's line; only those under the cursor if there are any.
---@return vim.Diagnostic[]
function M.at_cursor()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.tbl_filter(fingerprint_of, vim.diagnostic.get(0, { lnum = row - 1 }))
  local under = vim.tbl_filter(function(one)
    return one.col <= column and (one.end_lnum > row - 1 or column < one.end_col)
  end, line)
  return #under > 0 and under or line
end

--- Hand on the fingerprint of one drift: the one at the cursor, or one that the user chooses.
---@param client vim.lsp.Client
---@param done fun(fingerprint: string)
function M.choose(client, done)
  local here = M.at_cursor()
  if #here == 1 then
    done(assert(fingerprint_of(here[1])))
  elseif #here > 1 then
    local options = {
      prompt = 'Drift:',
      kind = 'vt_lsp',
      format_item = function(one)
        return (one.message:gsub('\n.*', ''))
      end,
    }
    vim.ui.select(here, options, function(one)
      if one then
        done(assert(fingerprint_of(one)))
      end
    end)
  else
    M.choose_of_all(client, done)
  end
end

--- Let the user choose among all drifts.
---@param client vim.lsp.Client
---@param done fun(fingerprint: string)
function M.choose_of_all(client, done)
  M.all(client, function(drifts)
    if #drifts == 0 then
      message.info('no drift')
      return
    end
    local options = {
      prompt = 'Drift:',
      kind = 'vt_lsp',
      format_item = function(drift)
        return ('%s:%d  %s'):format(drift.path, drift.range.start.line + 1, drift.message)
      end,
    }
    vim.ui.select(drifts, options, function(drift)
      if drift then
        done(drift.fingerprint)
      end
    end)
  end)
end

return M
