--- A page of Markdown in a floating window. Links are shown by their words alone; <CR> follows them.
local jump = require('vt_lsp.jump')

local M = {}

local NAMESPACE = vim.api.nvim_create_namespace('vt_lsp.page')
local KEYS = ' <CR> open · q close '

---@class vt_lsp.Link
---@field row integer from 0
---@field first integer byte column from 0
---@field last integer byte column, exclusive
---@field url string

--- Markdown with links as their words, and where these are.
---@param text string
---@return string[] lines
---@return vt_lsp.Link[] links
function M.render(text)
  local lines, links = {}, {} ---@type string[], vt_lsp.Link[]
  local fence ---@type string?
  for line in vim.gsplit((text:gsub('%s+$', '')), '\r?\n') do
    local mark = line:match('^%s*(```+)') or line:match('^%s*(~~~+)')
    if mark and (not fence or vim.startswith(mark, fence)) then
      fence = not fence and mark or nil
    elseif not fence then
      local shown, at = '', 1
      while true do
        local first, last, words, url = line:find('%[([^%]]*)%]%(([^)]*)%)', at)
        if not first then
          break
        end
        shown = shown .. line:sub(at, first - 1)
        links[#links + 1] = { row = #lines, first = #shown, last = #shown + #words, url = url }
        shown, at = shown .. words, last + 1
      end
      line = shown .. line:sub(at)
    end
    lines[#lines + 1] = line
  end
  return lines, links
end

--- How large and where: as large as the text, no larger than the screen.
---@param lines string[]
---@param title string
---@return vim.api.keyset.win_config
local function layout(lines, title)
  local border = vim.o.winborder ~= '' and vim.o.winborder or 'rounded'
  local frame = border == 'none' and 0 or 2
  local room = math.max(1, vim.o.columns - frame)
  local width = math.max(frame > 0 and vim.fn.strdisplaywidth(title) + 2 or 1, vim.fn.strdisplaywidth(KEYS))
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line) + 1)
  end
  width = math.min(width, room, 100)
  local height = 0
  for _, line in ipairs(lines) do
    if not line:find('^```') then -- the marks of a fence are hidden
      height = height + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
    end
  end
  height = math.max(1, math.min(height, vim.o.lines - vim.o.cmdheight - frame - 1))
  local config = {
    relative = 'editor',
    width = width,
    height = height,
    row = math.max(0, math.floor((vim.o.lines - vim.o.cmdheight - height - frame) / 2)),
    col = math.max(0, math.floor((vim.o.columns - width - frame) / 2)),
    border = border,
  }
  if frame > 0 then
    config.title, config.title_pos = ' ' .. title .. ' ', 'center'
    config.footer, config.footer_pos = KEYS, 'right'
  end
  return config
end

---@param url string
---@return vt_lsp.Location?
local function location(url)
  if not vim.startswith(url, 'file:') then
    return nil
  end
  local uri, line = url:match('^(.-)#L(%d+)')
  local at = { line = line and tonumber(line) - 1 or 0, character = 0 }
  return { uri = uri or url:gsub('#.*$', ''), range = { start = at, ['end'] = at } }
end

--- The link at the cursor, else the first one of its line.
---@param links vt_lsp.Link[]
---@return vt_lsp.Link?
local function link_at(links, row, column)
  local first
  for _, link in ipairs(links) do
    if link.row == row then
      first = first or link
      if link.first <= column and column < link.last then
        return link
      end
    end
  end
  return first
end

---@param window integer of the page
---@param origin integer where a place is shown
---@param links vt_lsp.Link[]
local function follow(window, origin, links)
  local row, column = unpack(vim.api.nvim_win_get_cursor(window))
  local link = link_at(links, row - 1, column)
  if not link then
    return
  end
  local place = location(link.url)
  if not place then
    vim.ui.open(link.url)
    return
  end
  vim.api.nvim_win_close(window, true)
  if vim.api.nvim_win_is_valid(origin) then
    vim.api.nvim_set_current_win(origin)
  end
  jump.to(place, 'utf-8')
end

---@param lines string[]
---@param links vt_lsp.Link[]
---@return integer bufnr
local function fill(lines, links)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  for _, link in ipairs(links) do
    local stop = { end_col = link.last, hl_group = 'VtLspLink' }
    vim.api.nvim_buf_set_extmark(bufnr, NAMESPACE, link.row, link.first, stop)
  end
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = 'wipe'
  if not pcall(vim.treesitter.start, bufnr, 'markdown') then
    vim.bo[bufnr].syntax = 'markdown'
  end
  return bufnr
end

--- Show a page; gives its window.
---@param title string
---@param text string Markdown
---@return integer window
function M.open(title, text)
  local origin = vim.api.nvim_get_current_win()
  local heading, rest = text:match('^# ([^\n]+)\n+(.*)$')
  title = (heading or title):gsub('`', '') -- the frame says it
  local lines, links = M.render(rest or text)
  local bufnr = fill(lines, links)
  local window = vim.api.nvim_open_win(bufnr, true, layout(lines, title))
  local options = { wrap = true, linebreak = true, conceallevel = 2, concealcursor = 'nc', spell = false }
  options.number, options.relativenumber, options.signcolumn, options.list = false, false, 'no', false
  options.winfixbuf, options.foldenable, options.cursorline, options.fillchars = true, false, #links > 0, 'eob: '
  for name, value in pairs(options) do
    vim.api.nvim_set_option_value(name, value, { win = window, scope = 'local' })
  end
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  for _, key in ipairs({ 'q', '<Esc>' }) do
    vim.keymap.set('n', key, close, { buffer = bufnr, nowait = true, desc = 'Close the page' })
  end
  vim.keymap.set('n', '<CR>', function()
    follow(window, origin, links)
  end, { buffer = bufnr, desc = 'Open what the link leads to' })
  vim.api.nvim_create_autocmd('WinLeave', { buffer = bufnr, once = true, callback = vim.schedule_wrap(close) })
  vim.api.nvim_create_autocmd('VimResized', {
    buffer = bufnr,
    callback = function()
      vim.api.nvim_win_set_config(window, layout(lines, title))
    end,
  })
  return window
end

return M
