--- The lines of the Spec view, made of what the server answers; nothing here touches a window.
local status = require('vt_lsp.status')

local M = {}

local MARK = { holds = '✓', broken = '✗', unknown = '?' }
local COLOUR = { holds = 'VtLspHolds', broken = 'VtLspBroken', unknown = 'VtLspUnknown' }
local BEGINNING = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 0 } }

---@class vt_lsp.Node
---@field id string the same for the same thing in the next answer
---@field depth integer
---@field chunks string[][] text and highlight group, in order
---@field is_open boolean? nil where there is nothing below
---@field location vt_lsp.Location? where it stands
---@field code vt_lsp.Location? what it speaks of
---@field detail string? all that is known of it, as Markdown

---@class vt_lsp.View
---@field folders table[] as `vt-lsp/specs` gives them
---@field claims table<string, table> uri -> what `vt-lsp/claims` gives
---@field opened table<string, boolean> node -> what the user chose
---@field only_broken boolean

--- Share and number of broken claims.
---@param counts { holds: integer, broken: integer }
---@return string[][]
local function counted(counts)
  local chunks, decided = {}, counts.holds + counts.broken
  if decided > 0 then
    chunks[1] = { '  ' .. status.percent(counts.holds / decided), 'VtLspCount' }
  end
  if counts.broken > 0 then
    chunks[#chunks + 1] = { ' ✗' .. counts.broken, COLOUR.broken }
  end
  return chunks
end

---@param view vt_lsp.View
---@param id string
---@param default boolean
---@return boolean
local function is_open(view, id, default)
  if view.opened[id] == nil then
    return default
  end
  return view.opened[id]
end

---@param view vt_lsp.View
---@param counts { broken: integer }
---@return boolean
local function is_hidden(view, counts)
  return view.only_broken and counts.broken == 0
end

--- A claim in full: in the tree, long ones are cut off by the window.
---@param claim { text: string, state: string, message: string, type: string? }
---@return string
local function detail(claim)
  local words = { holds = 'holds', broken = 'does not hold', unknown = 'cannot be decided' }
  local text = ('`` %s ``\n\n%s %s'):format(claim.text, MARK[claim.state], words[claim.state])
  return claim.message == '' and text or ('%s: %s (%s)'):format(text, claim.message, claim.type)
end

---@param nodes vt_lsp.Node[]
local function add_decisions(nodes, view, decisions, parent, depth)
  for _, one in ipairs(not view.only_broken and decisions or {}) do
    nodes[#nodes + 1] = {
      id = parent .. '\2' .. one.id,
      depth = depth,
      chunks = { { '§ ', 'VtLspCount' }, { one.title } },
      detail = ('**%s**\n\n`%s`; `:VtDecisions` shows it in full'):format(one.title, one.id),
    }
  end
end

---@param nodes vt_lsp.Node[]
local function add_claims(nodes, view, claims, parent, depth)
  for _, claim in ipairs(claims) do
    if not view.only_broken or claim.state == 'broken' then
      local text = claim.message ~= '' and claim.message or claim.text
      local colour = claim.state == 'unknown' and COLOUR.unknown or nil
      nodes[#nodes + 1] = {
        id = parent .. '\1' .. claim.text,
        depth = depth,
        chunks = { { MARK[claim.state] .. ' ', COLOUR[claim.state] }, { text, colour } },
        location = { uri = claim.uri, range = claim.range },
        code = claim.target,
        detail = detail(claim),
      }
    end
  end
end

---@param nodes vt_lsp.Node[]
local function add_sections(nodes, view, sections, parent, uri, depth)
  for _, section in ipairs(sections) do
    if not is_hidden(view, section) then
      local id = parent .. '\0' .. section.title
      local open = is_open(view, id, true)
      nodes[#nodes + 1] = {
        id = id,
        depth = depth,
        chunks = vim.list_extend({ { section.title, 'VtLspSection' } }, counted(section)),
        is_open = open,
        location = { uri = uri, range = section.range },
      }
      if open then
        add_decisions(nodes, view, section.decisions, id, depth + 1)
        add_claims(nodes, view, section.claims, id, depth + 1)
        add_sections(nodes, view, section.sections, id, uri, depth + 1)
      end
    end
  end
end

---@param nodes vt_lsp.Node[]
local function add_specs(nodes, view, specs, depth)
  for _, spec in ipairs(specs) do
    if not is_hidden(view, spec) then
      local open = is_open(view, spec.uri, false)
      nodes[#nodes + 1] = {
        id = spec.uri,
        depth = depth,
        chunks = vim.list_extend({ { spec.path, 'VtLspSpec' } }, counted(spec)),
        is_open = open,
        location = { uri = spec.uri, range = BEGINNING },
      }
      local known = open and view.claims[spec.uri]
      if known then
        add_decisions(nodes, view, known.decisions, spec.uri, depth + 1)
        add_claims(nodes, view, known.claims, spec.uri, depth + 1)
        add_sections(nodes, view, known.sections, spec.uri, spec.uri, depth + 1)
      end
    end
  end
end

--- The nodes that are to be seen, from top to bottom.
---@param view vt_lsp.View
---@return vt_lsp.Node[]
function M.visible(view)
  local nodes = {}
  local has_several = #view.folders > 1
  for _, folder in ipairs(view.folders) do
    local open = is_open(view, folder.uri, true)
    if has_several then
      local chunks = vim.list_extend({ { folder.name, 'VtLspSection' } }, counted(folder))
      nodes[#nodes + 1] = { id = folder.uri, depth = 0, chunks = chunks, is_open = open }
    end
    if open then
      add_specs(nodes, view, folder.specs, has_several and 1 or 0)
    end
  end
  return nodes
end

--- The line above the nodes: all counts, and whether they will change.
---@param view vt_lsp.View
---@return string[][]
function M.head(view)
  local total, is_busy = { holds = 0, broken = 0 }, false
  for _, folder in ipairs(view.folders) do
    total.holds, total.broken = total.holds + folder.holds, total.broken + folder.broken
    is_busy = is_busy or folder.state == 'starting' or folder.state == 'scanning'
  end
  local chunks = { { view.only_broken and 'Broken' or 'Specs', 'VtLspSection' } }
  vim.list_extend(chunks, counted(total))
  chunks[#chunks + 1] = { (is_busy and ' …' or '') .. '   g? help', 'VtLspCount' }
  return chunks
end

--- A node as a line: indented, with a mark where there is something below.
---@param node vt_lsp.Node
---@return string[][]
function M.line(node)
  local mark = node.is_open == nil and '  ' or (node.is_open and '▾ ' or '▸ ')
  return vim.list_extend({ { ('  '):rep(node.depth) .. mark, 'VtLspCount' } }, node.chunks)
end

return M
