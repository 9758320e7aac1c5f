--- What was decided: recorded, followed, searched and settled; asks only for what is missing.
local client_of = require('vt_lsp.client')
local drifts = require('vt_lsp.drifts')
local message = require('vt_lsp.message')
local page = require('vt_lsp.page')

local M = {}

---@param client vim.lsp.Client
---@param command string
---@param arguments any[]
---@param done fun(answer: table)
local function ask(client, command, arguments, done)
  client_of.execute(client, 'vt-lsp.' .. command, arguments, done)
end

---@param answer { title: string, markdown: string }
local function show(answer)
  page.open(answer.title or 'vt-lsp', answer.markdown or '')
end

--- Let the user type; an answer that was not given ends it all.
---@param prompt string
---@param done fun(text: string)
---@param default? string
local function input(prompt, done, default)
  vim.ui.input({ prompt = prompt, default = default }, function(text)
    if text then
      done(text)
    end
  end)
end

---@generic T
---@param items T[]
---@param prompt string
---@param format fun(item: T): string
---@param done fun(item: T)
local function choose(items, prompt, format, done)
  vim.ui.select(items, { prompt = prompt, format_item = format }, function(item)
    if item then
      done(item)
    end
  end)
end

--- Let the user choose one decision of those that a search finds.
---@param client vim.lsp.Client
---@param given table
---@param prompt string
---@param done fun(decision: table)
local function pick(client, given, prompt, done)
  ask(client, 'searchDecisions', { given }, function(found)
    if #found.decisions == 0 then
      message.info('no such decision was recorded')
      return
    end
    choose(found.decisions, prompt, function(one)
      local title = one.title ~= '' and one.title or one.outcome
      return ('%s  %s (%s, %s)'):format(one.timestamp:sub(1, 10), title, one.decision_type, one.status)
    end, done)
  end)
end

---@param client vim.lsp.Client
---@param id string
local function show_one(client, id)
  ask(client, 'showDecision', { id }, show)
end

---@param client vim.lsp.Client
---@param fields table
local function save(client, fields)
  ask(client, 'recordDecision', { fields }, function(answer)
    local conflicts = answer.conflicts or {}
    if #conflicts == 0 then
      message.info('recorded as ' .. answer.decisions[1].id)
      vim.api.nvim_exec_autocmds('User', { pattern = 'VtLspDecided', modeline = false })
      return
    end
    local standing, ids = conflicts[1], {}
    for _, conflict in ipairs(conflicts) do
      ids[#ids + 1] = conflict.standing
    end
    local side = standing.older.id == standing.standing and standing.older or standing.newer
    local ways = { 'Supersede it', 'Record both', 'Show', 'Record nothing' }
    local prompt = ('This contradicts “%s” (%s)'):format(side.quote, side.id)
    choose(ways, prompt, tostring, function(way)
      if way == ways[1] then
        local others = vim.list_slice(ids, 2)
        save(client, vim.tbl_extend('force', fields, { supersedes = ids[1], despite = others }))
      elseif way == ways[2] then
        save(client, vim.tbl_extend('force', fields, { despite = ids }))
      elseif way == ways[3] then
        show(answer)
      end
    end)
  end)
end

--- Record a decision: what is given is not asked for.
---@param client vim.lsp.Client
---@param fields table
function M.record(client, fields)
  local function why(outcome)
    if fields.rationale then
      save(client, fields)
      return
    end
    input('Why? (may be empty) ', function(rationale)
      save(client, vim.tbl_extend('force', fields, { outcome = outcome, rationale = rationale }))
    end)
  end
  if fields.outcome or fields.applies then
    why(fields.outcome)
    return
  end
  input('What was decided? ', function(outcome)
    if vim.trim(outcome) ~= '' then
      why(outcome)
    end
  end)
end

--- The place of the cursor, or where a range begins.
---@param client vim.lsp.Client
---@param args vim.api.keyset.create_user_command.command_args
---@return table fields
local function here(client, args)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local start = args.range > 0 and { line = args.line1 - 1, character = 0 } or params.position
  return { uri = params.textDocument.uri, range = { start = start, ['end'] = start } }
end

--- `:[range]VtDecide [text]`: with a range, its lines are what was decided.
---@param args vim.api.keyset.create_user_command.command_args
function M.decide(args)
  local client = client_of.need()
  if not client then
    return
  end
  local fields = here(client, args)
  if args.args ~= '' then
    fields.outcome = args.args
  elseif args.range > 0 then
    local lines = vim.api.nvim_buf_get_lines(0, args.line1 - 1, args.line2, false)
    fields.outcome = vim.trim((table.concat(lines, ' '):gsub('%s+', ' ')))
  end
  M.record(client, fields)
end

--- `:VtDecisions [text]`
---@param args vim.api.keyset.create_user_command.command_args
function M.search(args)
  local client = client_of.need()
  if client then
    pick(client, { text = args.args }, 'Decisions', function(one)
      show_one(client, one.id)
    end)
  end
end

--- `:VtOutcome`
function M.outcome()
  local client = client_of.need()
  if not client then
    return
  end
  local verdicts = { { 'It went well', true }, { 'It went badly', false }, { 'It cannot be said yet', vim.NIL } }
  pick(client, vim.empty_dict(), 'What became of', function(one)
    choose(verdicts, 'What became of it?', function(verdict)
      return verdict[1]
    end, function(verdict)
      input('In words (may be empty): ', function(note)
        ask(client, 'recordOutcome', { one.id, { success = verdict[2], note = note } }, function()
          message.info('what became of it is recorded')
        end)
      end)
    end)
  end)
end

--- `:VtTimeline`
function M.timeline()
  local client = client_of.need()
  if client then
    ask(client, 'showTimeline', {}, show)
  end
end

--- `:VtConflicts`
function M.conflicts()
  local client = client_of.need()
  if client then
    ask(client, 'showConflicts', {}, show)
  end
end

--- `:VtReconcile`
function M.reconcile()
  local client = client_of.need()
  if not client then
    return
  end
  ask(client, 'showConflicts', {}, function(found)
    if #found.conflicts == 0 then
      message.info('no decisions contradict each other')
      return
    end
    choose(found.conflicts, 'Settle', function(one)
      return ('%s: %s ↔ %s'):format(one.severity, one.older.title, one.newer.title)
    end, function(one)
      choose(one.resolutions, one.explanation, function(way)
        return way.title
      end, function(way)
        local function settle(scope)
          input('Why? (may be empty) ', function(reason)
            local given = { one = one.older.id, other = one.newer.id, way = way.way, scope = scope, reason = reason }
            ask(client, 'reconcileDecisions', { given }, function(done)
              message.info('settled: ' .. done.recorded.outcome)
            end)
          end)
        end
        if way.way == 'narrow' then
          input('Where does it hold? ', settle)
        else
          settle('')
        end
      end)
    end)
  end)
end

---@param client vim.lsp.Client
---@param fingerprint string
local function accept(client, fingerprint)
  input('Why is it meant? ', function(reason)
    if vim.trim(reason) ~= '' then
      ask(client, 'acceptDrift', { fingerprint, reason }, function()
        message.info('accepted: silent until the claim or the code changes')
      end)
    end
  end)
end

--- `:VtAccept`; with a bang, take an acceptance back.
---@param args vim.api.keyset.create_user_command.command_args
function M.accept(args)
  local client = client_of.need()
  if not client then
    return
  elseif not args.bang then
    drifts.choose(client, function(fingerprint)
      accept(client, fingerprint)
    end)
    return
  end
  local accepted = { types = { 'accepted-drift' }, statuses = { 'accepted' } }
  pick(client, accepted, 'Take an acceptance back', function(one)
    ask(client, 'undoAccept', { one.id }, function()
      message.info('the drift is shown again')
    end)
  end)
end

--- What code lenses and quick fixes call.
M.called = {
  ['vt-lsp.recordDecision'] = function(client, fields)
    M.record(client, fields or {})
  end,
  ['vt-lsp.acceptDrift'] = accept,
  ['vt-lsp.searchDecisions'] = function(client, given)
    pick(client, given or vim.empty_dict(), 'Decisions', function(one)
      show_one(client, one.id)
    end)
  end,
}

return M
