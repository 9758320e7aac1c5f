-- Commands and colours only; the client is the user's to enable: vim.lsp.enable('vt_lsp').
if vim.g.loaded_vt_lsp then
  return
end
vim.g.loaded_vt_lsp = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.api.nvim_echo({ { 'vt-lsp: the plugin needs Neovim 0.11 or newer', 'ErrorMsg' } }, true, {})
  return
end

local function call(name)
  return function(args)
    require('vt_lsp.commands')[name](args)
  end
end

local function decisions(name)
  return function(args)
    require('vt_lsp.decisions')[name](args)
  end
end

local function complete(name)
  return function(lead, line)
    return require('vt_lsp.complete')[name](lead, line)
  end
end

local command = vim.api.nvim_create_user_command
command('VtCheck', call('check'), { bang = true, bar = true, desc = 'Check the workspace again (!: stop doing so)' })
command('VtStatus', call('status'), { bar = true, desc = 'How the server is: folders, counts, warnings' })
command('VtAlerts', call('alerts'), {
  nargs = '*',
  bar = true,
  complete = complete('alerts'),
  desc = 'What was alerted; with an action and an id: do that with an alert',
})
command('VtCompliance', call('compliance'), {
  nargs = '?',
  bar = true,
  range = true,
  complete = complete('specs'),
  desc = 'How many claims hold: everywhere, in a document, or (with a range) at a heading or symbol',
})
command('VtForecast', call('forecast'), {
  nargs = '?',
  bar = true,
  complete = complete('specs'),
  desc = 'When task lists may be done, and what stands in their way',
})
command('VtReport', call('report'), { bar = true, desc = 'Where the project stands, in the browser' })
command('VtDiff', call('diff'), { bar = true, desc = 'What the spec says and what the code has, side by side' })
command('VtDrifts', call('drifts'), {
  nargs = '*',
  bar = true,
  complete = complete('drifts'),
  desc = 'All drifts in the quickfix list, of some paths or types only',
})
command('VtSpecs', call('specs'), { bar = true, desc = 'The tree of specs, sections and claims' })
command('VtGoto', call('goto_other_side'), { bar = true, desc = 'From the spec to the code, and back' })
command('VtDecide', decisions('decide'), {
  nargs = '*',
  range = true,
  desc = 'Record a decision about this place; with a range, its lines are what was decided',
})
command('VtDecisions', decisions('search'), { nargs = '*', desc = 'Search the decisions, and show one' })
command('VtOutcome', decisions('outcome'), { bar = true, desc = 'Say what became of a decision' })
command('VtTimeline', decisions('timeline'), { bar = true, desc = 'All decisions by time' })
command('VtConflicts', decisions('conflicts'), { bar = true, desc = 'Decisions that contradict each other' })
command('VtReconcile', decisions('reconcile'), { bar = true, desc = 'Settle a conflict of two decisions' })
command('VtAccept', decisions('accept'), {
  bang = true,
  bar = true,
  desc = 'Accept the drift at the cursor, which is meant (!: take an acceptance back)',
})
command('VtAsk', function(args)
  require('vt_lsp.claude').free(args)
end, { nargs = '*', bang = true, range = true, desc = 'Ask Claude, with this place or range (!: stop asking)' })
command('VtRequirement', function(args)
  require('vt_lsp.claude').requirement(args)
end, { bar = true, desc = 'Ask Claude whether the code satisfies the requirement at the cursor' })
command('VtRestart', call('restart'), { bar = true, desc = 'Start the server again' })
command('VtLog', call('log'), {
  nargs = '?',
  bar = true,
  complete = complete('logs'),
  desc = 'Open the log of the server, or of the client',
})

local highlight = vim.api.nvim_set_hl
highlight(0, 'VtLspHolds', { default = true, link = 'DiagnosticOk' })
highlight(0, 'VtLspBroken', { default = true, link = 'DiagnosticWarn' })
highlight(0, 'VtLspUnknown', { default = true, link = 'Comment' })
highlight(0, 'VtLspSpec', { default = true, link = 'Directory' })
highlight(0, 'VtLspSection', { default = true, link = 'Title' })
highlight(0, 'VtLspCount', { default = true, link = 'Comment' })
highlight(0, 'VtLspLink', { default = true, link = 'Underlined' })
