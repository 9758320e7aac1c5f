--- The window of the Spec view: spec files > sections > claims, and whether they hold.
local client_of = require('vt_lsp.client')
local jump = require('vt_lsp.jump')
local message = require('vt_lsp.message')
local nodes_of = require('vt_lsp.nodes')

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace('vt_lsp.tree')
local NAME = 'vt-lsp://specs'
local WIDTH = 50
local PAUSE_MS = 200 -- between news and asking again
local HELP = [[
| key | does |
| --- | --- |
| `<CR>` | opens the spec, the heading or the claim |
| `gd` | goes to the code that a claim speaks of |
| `K` | shows a claim in full |
| `o` `<Tab>` | expands or collapses |
| `b` | shows only what is broken, or everything |
| `R` | asks the server again |
| `q` | closes the window |]]

---@class vt_lsp.Tree: vt_lsp.View
---@field client vim.lsp.Client
---@field bufnr integer
---@field nodes vt_lsp.Node[] by line, the first one on line 2
---@field asked integer how often the server was asked; older answers are late
local tree ---@type vt_lsp.Tree?

---@param view vt_lsp.Tree
local function draw(view)
  local window = vim.fn.bufwinid(view.bufnr)
  local at = window ~= -1 and vim.api.nvim_win_get_cursor(window)[1] or 1
  local was = view.nodes[at - 1]
  view.nodes = nodes_of.visible(view)
  local rows = { nodes_of.head(view) }
  for number, node in ipairs(view.nodes) do
    rows[#rows + 1] = nodes_of.line(node)
    at = was and node.id == was.id and number + 1 or at
  end
  if #view.nodes == 0 then
    rows[2] = { { view.only_broken and '  nothing is broken' or '  no spec makes a claim', 'VtLspCount' } }
  end
  local lines, marks = {}, {}
  for number, row in ipairs(rows) do
    local line = ''
    for _, chunk in ipairs(row) do
      marks[#marks + 1] = { number - 1, #line, { end_col = #line + #chunk[1], hl_group = chunk[2] } }
      line = line .. chunk[1]
    end
    lines[number] = line
  end
  vim.bo[view.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(view.bufnr, 0, -1, false, lines)
  vim.bo[view.bufnr].modifiable = false
  vim.api.nvim_buf_clear_namespace(view.bufnr, NAMESPACE, 0, -1)
  for _, mark in ipairs(marks) do
    vim.api.nvim_buf_set_extmark(view.bufnr, NAMESPACE, unpack(mark))
  end
  if window ~= -1 then
    vim.api.nvim_win_set_cursor(window, { math.min(at, #lines), 0 })
  end
end

--- Ask for the claims of the specs that are open, then draw what came.
---@param view vt_lsp.Tree
---@param number integer of the question
local function load_claims(view, number)
  local missing = 1
  local function came()
    missing = missing - 1
    if missing == 0 and tree == view and view.asked == number then
      draw(view)
    end
  end
  for _, folder in ipairs(view.folders) do
    for _, spec in ipairs(folder.specs) do
      if view.opened[spec.uri] then
        missing = missing + 1
        client_of.request(view.client, 'vt-lsp/claims', { uri = spec.uri }, function(answer)
          view.claims[spec.uri] = answer
          came()
        end)
      end
    end
  end
  came()
end

---@param view vt_lsp.Tree
local function refresh(view)
  if tree ~= view then
    return
  end
  if view.client:is_stopped() then
    local fresh = client_of.find()
    if not fresh then
      return
    end
    view.client = fresh
  end
  view.asked = view.asked + 1
  local number = view.asked
  client_of.request(view.client, 'vt-lsp/specs', vim.empty_dict(), function(answer)
    if tree == view and view.asked == number then
      view.folders = answer.folders
      load_claims(view, number)
    end
  end)
end

---@param view vt_lsp.Tree
---@return vt_lsp.Node?
local function node_at_cursor(view)
  return view.nodes[vim.api.nvim_win_get_cursor(0)[1] - 1]
end

---@param view vt_lsp.Tree
---@param node vt_lsp.Node?
local function toggle(view, node)
  if not node or node.is_open == nil then
    return
  end
  view.opened[node.id] = not node.is_open
  if node.location and node.location.uri == node.id and view.opened[node.id] then
    view.asked = view.asked + 1
    load_claims(view, view.asked)
  else
    draw(view)
  end
end

--- The window where a place is shown: the one before, else any with a file, else a new one.
local function go_to_file_window()
  local windows = { vim.fn.win_getid(vim.fn.winnr('#')), unpack(vim.api.nvim_tabpage_list_wins(0)) }
  for _, window in ipairs(windows) do
    if window ~= 0 and vim.bo[vim.api.nvim_win_get_buf(window)].buftype == '' then
      vim.api.nvim_set_current_win(window)
      return
    end
  end
  vim.cmd('rightbelow vnew')
end

---@param view vt_lsp.Tree
---@param location vt_lsp.Location?
---@param otherwise string
local function go(view, location, otherwise)
  if not location then
    message.info(otherwise)
    return
  end
  go_to_file_window()
  jump.to(location, view.client.offset_encoding)
end

---@param view vt_lsp.Tree
local function map_keys(view)
  local function map(key, description, action)
    vim.keymap.set('n', key, action, { buffer = view.bufnr, nowait = true, desc = description })
  end
  local function switch()
    toggle(view, node_at_cursor(view))
  end
  map('<CR>', 'Open', function()
    local node = node_at_cursor(view)
    if node and not node.location then
      toggle(view, node)
    elseif node then
      go(view, node.location, '')
    end
  end)
  map('gd', 'Go to the code', function()
    local node = node_at_cursor(view)
    go(view, node and node.code, 'nothing here leads to code')
  end)
  map('K', 'Show a claim in full', function()
    local node = node_at_cursor(view)
    if node and node.detail then
      require('vt_lsp.page').open('Claim', node.detail)
    end
  end)
  map('o', 'Expand or collapse', switch)
  map('<Tab>', 'Expand or collapse', switch)
  map('b', 'Only what is broken', function()
    view.only_broken = not view.only_broken
    draw(view)
  end)
  map('R', 'Ask again', function()
    refresh(view)
  end)
  map('q', 'Close', function()
    vim.api.nvim_buf_delete(view.bufnr, { force = true })
  end)
  map('g?', 'Help', function()
    require('vt_lsp.page').open('Keys of the Spec view', HELP)
  end)
end

--- Ask again soon after news, and forget the tree when its window is closed.
---@param view vt_lsp.Tree
local function follow(view)
  local group = vim.api.nvim_create_augroup('vt_lsp.tree', {})
  local timer = assert(vim.uv.new_timer())
  local function soon()
    if not timer:is_closing() then
      timer:start(
        PAUSE_MS,
        0,
        vim.schedule_wrap(function()
          refresh(view)
        end)
      )
    end
  end
  vim.api.nvim_create_autocmd('User', { group = group, pattern = 'VtLspStatus', callback = soon })
  vim.api.nvim_create_autocmd('DiagnosticChanged', { group = group, callback = soon })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = view.bufnr,
    callback = function()
      timer:close()
      vim.api.nvim_del_augroup_by_id(group)
      tree = nil
    end,
  })
end

---@return integer bufnr
local function open_window()
  vim.cmd(('topleft %dvnew'):format(math.min(WIDTH, math.floor(vim.o.columns / 2))))
  local bufnr = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_name(bufnr, NAME)
  local buffer_options = { buftype = 'nofile', bufhidden = 'wipe', swapfile = false, buflisted = false }
  buffer_options.filetype, buffer_options.modifiable = 'vt_lsp_specs', false
  for name, value in pairs(buffer_options) do
    vim.bo[bufnr][name] = value
  end
  local options = { number = false, relativenumber = false, signcolumn = 'no', wrap = false, list = false }
  options.spell, options.cursorline, options.winfixwidth, options.foldenable = false, true, true, false
  for name, value in pairs(options) do
    vim.api.nvim_set_option_value(name, value, { scope = 'local' })
  end
  return bufnr
end

--- Show the tree of a client's specs, or go to it.
---@param client vim.lsp.Client
function M.open(client)
  local window = tree and vim.fn.bufwinid(tree.bufnr) or -1
  if tree and window ~= -1 then
    tree.client = client
    vim.api.nvim_set_current_win(window)
  else
    tree = {
      client = client,
      bufnr = open_window(),
      folders = {},
      claims = {},
      opened = {},
      only_broken = false,
      nodes = {},
      asked = 0,
    }
    map_keys(tree)
    follow(tree)
  end
  refresh(tree)
end

return M
