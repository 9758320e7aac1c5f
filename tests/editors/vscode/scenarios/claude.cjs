// Questions to Claude: who agrees, where the answer is written, and what a drift offers. Its program is a stand-in that
// needs no network: it reads one turn and speaks as the real one does.
const assert = require("node:assert/strict");

const STAND_IN = (python) => `#!${python}
import json, sys, time
if "--version" in sys.argv or "--help" in sys.argv:
    print("2.1.330 (stand-in) " + " ".join("--print --output-format --input-format --verbose --include-partial-messages "
        "--bare --restricted --setting-sources --strict-mcp-config --disable-slash-commands --tools --permission-prompts "
        "--no-session-persistence --system-prompt --model --effort --json-schema".split()))
    sys.exit()
def emit(**event):
    print(json.dumps({**event, "session_id": "s", "uuid": "u"}), flush=True)
text = sys.stdin.readline()
emit(type="system", subtype="init", tools=[], model="sonnet")
words = ["The ", "spec ", "is ", "old.\\n"]
for word in words:
    delta = {"type": "text_delta", "text": word}
    emit(type="stream_event", event={"type": "content_block_delta", "index": 0, "delta": delta}, parent_tool_use_id=None)
    time.sleep(0.05)
usage = {"input_tokens": 1234, "output_tokens": 4, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
emit(type="result", subtype="success", is_error=False, num_turns=1, result="".join(words), stop_reason="end_turn",
     terminal_reason="completed", api_error_status=None, total_cost_usd=0.01, usage=usage, modelUsage={"sonnet": {}})
`;

exports.setup = (box) => {
  box.installServer();
  box.write("bin/claude", STAND_IN(box.python), { executable: true });
  return { workspace: box.example(), env: { ANTHROPIC_API_KEY: "sk-ant-dummy" } };
};

exports.tests = (vscode, t, outside) => {
  const tab = () =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs.map((one) => ({ label: one.label, column: group.viewColumn })))
      .find(({ label }) => label.startsWith("Claude:"));
  let spec;

  return {
    async "a drift offers to ask Claude, and says who speaks"() {
      spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9, () => t.codes(spec.uri));
      const drift = t.ours(spec.uri).find((one) => t.code(one) === "signature-mismatch");
      const titles = (await t.actions(spec.uri, drift.range)).map(({ title }) => title);
      const asked = titles.filter((title) => title.startsWith("Ask Claude: "));
      assert.equal(asked.length, 3, JSON.stringify(titles));
      assert.ok(asked.every((title) => title.endsWith("(language model)")), JSON.stringify(asked));
    },

    async "an answer is written at the side, once somebody agreed"() {
      const drift = t.ours(spec.uri).find((one) => t.code(one) === "signature-mismatch");
      const action = (await t.actions(spec.uri, drift.range)).find(({ title }) => title.includes("explain"));
      const answered = vscode.commands.executeCommand(action.command.command, ...action.command.arguments);
      const message = await t.message("Ask Claude about ordersvc?");
      assert.match(message.text, /signatures of others/);
      await outside.answer("Ask Claude about ordersvc?", "Ask Claude");
      await answered;
      const shown = await t.until("the tab", tab, () => vscode.window.tabGroups.all.length);
      assert.equal(shown.label, "Claude: Explain");
      assert.equal(shown.column, vscode.ViewColumn.Two);
      assert.equal(vscode.window.activeTextEditor?.document.uri.path, spec.uri.path);
    },

    async "nobody is asked a second time"() {
      await vscode.commands.executeCommand("vt-lsp.askClaude", { question: "And now?" });
      await t.until("the new title", () => tab()?.label === "Claude: Answer", tab);
      // The progress of the answer itself may still be shown; it asks nothing.
      const asked = (await t.messages()).filter(({ text }) => text !== "Claude: Answer");
      assert.deepEqual(asked, []);
    },
  };
};
