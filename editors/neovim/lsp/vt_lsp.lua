-- The configuration that `vim.lsp.enable('vt_lsp')` uses; `vim.lsp.config('vt_lsp', {…})` overrides any of it.
-- Neovim reads this file before the first buffer, so everything that can wait is required where it is used.

local function shows(command)
  return function(call, context)
    require('vt_lsp.commands').run_lens(command, call.arguments or {}, context)
  end
end

local function asks(command)
  return function(call, context)
    local client = vim.lsp.get_client_by_id(context.client_id)
    if client then
      require('vt_lsp.decisions').called[command](client, (call.arguments or {})[1])
    end
  end
end

---@type vim.lsp.Config
return {
  cmd = function(dispatchers, config)
    return require('vt_lsp.server').start(dispatchers, config)
  end,
  filetypes = { 'markdown', 'python', 'rst', 'yaml', 'json' },
  -- In order of priority. A repository comes before a package in it: its documents speak of all packages.
  root_markers = { 'vt-lsp.toml', '.git', 'pyproject.toml', 'openspec', '.kiro' },
  root_dir = function(bufnr, on_dir)
    require('vt_lsp.server').root(bufnr, on_dir)
  end,
  capabilities = { experimental = { vtLsp = { showsResults = true, showsAnswers = true, asksForDecisions = true } } },
  handlers = {
    ['vt-lsp/answer'] = function(_, part)
      require('vt_lsp.claude').received(part)
    end,
    ['vt-lsp/status'] = function(_, status, context)
      require('vt_lsp.status').received(status, context.client_id)
    end,
  },
  -- What a code lens or a quick fix calls: the server answers, and we show it.
  commands = {
    ['vt-lsp.showCompliance'] = shows('vt-lsp.showCompliance'),
    ['vt-lsp.showDiff'] = shows('vt-lsp.showDiff'),
    ['vt-lsp.showForecast'] = shows('vt-lsp.showForecast'),
    ['vt-lsp.showStatus'] = shows('vt-lsp.showStatus'),
    ['vt-lsp.recordDecision'] = asks('vt-lsp.recordDecision'),
    ['vt-lsp.searchDecisions'] = asks('vt-lsp.searchDecisions'),
    ['vt-lsp.acceptDrift'] = asks('vt-lsp.acceptDrift'),
    -- What a code action calls.
    ['vt-lsp.askClaude'] = function(call, context)
      local client = vim.lsp.get_client_by_id(context.client_id)
      if client then
        require('vt_lsp.claude').ask(client, 'vt-lsp.askClaude', call.arguments[1])
      end
    end,
  },
  on_init = function(client, result)
    require('vt_lsp.server').check_version(client, result)
  end,
  on_exit = function(code, signal, client_id)
    require('vt_lsp.supervisor').ended(code, signal, client_id)
  end,
}
