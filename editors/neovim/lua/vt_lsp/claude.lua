--- Questions to Claude: the answer is written into a scratch split while it comes; `q` closes it and stops the question.
local client_of = require('vt_lsp.client')
local message = require('vt_lsp.message')

local M = {}

local MARK = 'vt_lsp_claude'

---@class vt_lsp.Answer
---@field client vim.lsp.Client
---@field request integer? while it is under way
---@field bufnr integer
---@field lines string what is final of the text

local answers = {} ---@type table<string, vt_lsp.Answer> by the id that the server is told
local count = 0

---@param answer vt_lsp.Answer
---@param text string
local function write(answer, text)
  if not vim.api.nvim_buf_is_valid(answer.bufnr) then
    return
  end
  vim.bo[answer.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(answer.bufnr, 0, -1, false, vim.split(text, '\n'))
  vim.bo[answer.bufnr].modifiable = false
end

---@param id string
local function stop(id)
  local answer = answers[id]
  answers[id] = nil
  if answer and answer.request and not answer.client:is_stopped() then
    answer.client:cancel_request(answer.request)
    message.info('the question was stopped')
  end
end

--- A window of our own for answers, at the side; the cursor stays where it is.
---@param id string
---@return integer bufnr
local function open(id)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'markdown'
  vim.bo[bufnr].modifiable = false
  local known = vim.iter(vim.api.nvim_tabpage_list_wins(0)):find(function(window)
    return vim.w[window][MARK] == true
  end)
  if known then
    vim.api.nvim_win_set_buf(known, bufnr)
  else
    known = vim.api.nvim_open_win(bufnr, false, { split = 'right', win = 0 })
    vim.w[known][MARK] = true
  end
  for name, value in pairs({ wrap = true, linebreak = true, number = false, spell = false }) do
    vim.api.nvim_set_option_value(name, value, { win = known, scope = 'local' })
  end
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true, desc = 'Close, and stop asking' })
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    once = true,
    callback = function()
      stop(id)
    end,
  })
  return bufnr
end

--- A piece of an answer came; the handler of `vt-lsp/answer`.
---@param part { id: string, kind: string, text?: string, tail?: string, note?: string, done?: integer, total?: integer }
function M.received(part)
  local answer = answers[part.id]
  if not answer or part.kind == 'note' then
    return
  end
  if part.kind == 'text' then
    answer.lines = answer.lines .. (part.text or '')
  elseif part.kind == 'reset' then
    answer.lines = part.note and part.note .. '\n\n' or ''
  elseif part.kind == 'started' and part.note and part.note ~= '' then
    answer.lines = answer.lines .. part.note .. '\n\n'
  elseif part.kind == 'progress' then
    answer.lines = ('Read %d of %d parts\n\n'):format(part.done or 0, part.total or 0)
  end
  write(answer, answer.lines .. (part.tail or ''))
end

--- Let the server answer; also what a code action of ours calls.
---@param client vim.lsp.Client
---@param command string
---@param question table
function M.ask(client, command, question)
  count = count + 1
  local id = ('neovim-%d-%d'):format(vim.uv.os_getpid(), count)
  local answer = { client = client, bufnr = open(id), lines = '' }
  answers[id] = answer
  write(answer, 'Asking Claude…')
  local params = { command = command, arguments = { vim.tbl_extend('force', question, { id = id }) } }
  local sent, request = client:request('workspace/executeCommand', params, function(err, page)
    answers[id] = nil
    write(answer, err and answer.lines .. '\n\n' .. (err.message or tostring(err)) or page.markdown)
  end)
  answer.request = sent and request or nil
  if not sent then
    answers[id] = nil
    message.warn('the server has ended. See :VtLog, then :VtRestart')
  end
end

---@param client vim.lsp.Client
---@param args vim.api.keyset.create_user_command.command_args
---@return table
local function here(client, args)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local question = { uri = params.textDocument.uri, range = { start = params.position, ['end'] = params.position } }
  if args.range > 0 then
    question.range = { start = { line = args.line1 - 1, character = 0 }, ['end'] = { line = args.line2, character = 0 } }
  end
  return question
end

--- `:[range]VtAsk [question]`; with a bang, stop the questions that are under way.
---@param args vim.api.keyset.create_user_command.command_args
function M.free(args)
  if args.bang then
    for id in pairs(answers) do
      stop(id)
    end
    return
  end
  local client = client_of.need()
  if not client then
    return
  end
  local question = here(client, args)
  local function asked(text)
    if text and vim.trim(text) ~= '' then
      M.ask(client, 'vt-lsp.askClaude', vim.tbl_extend('force', question, { question = text }))
    end
  end
  if args.args ~= '' then
    asked(args.args)
  else
    vim.ui.input({ prompt = 'Ask Claude: ' }, asked)
  end
end

--- `:VtRequirement`: does the code satisfy the requirement at the cursor?
---@param args vim.api.keyset.create_user_command.command_args
function M.requirement(args)
  local client = client_of.need()
  if client then
    local place = here(client, args)
    M.ask(client, 'vt-lsp.checkRequirement', { uri = place.uri, position = place.range.start })
  end
end

return M
