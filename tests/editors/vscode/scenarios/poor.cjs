// Servers that are no good: each is told in one message, and is not started again and again.
const assert = require("node:assert/strict");

const OLD = `
import json, sys
while line := sys.stdin.buffer.readline():
    length = int(line.split(b":")[1])
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(length))
    if message["method"] == "exit":
        break
    if "id" in message:
        info = {"capabilities": {}, "serverInfo": {"name": "vt-lsp", "version": "0.0.1"}}
        result = info if message["method"] == "initialize" else None
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        sys.stdout.buffer.flush()
`;
const CRASHING = 'sys.exit("ImportError: no module named tree_sitter")\n';
const TALKING = 'print("Welcome to this machine!", flush=True)\ntime.sleep(0.2)\nsys.exit(0)\n';
const SILENT = "time.sleep(3600)\n";

exports.setup = (box) => {
  const old = box.installProgram("servers/old", OLD);
  return { workspace: box.example(), machine: { "vt-lsp.path": [old] } };
};
exports.calls = (box) => ({
  install: (name) => {
    const code = { crashing: CRASHING, talking: TALKING, silent: SILENT }[name];
    return code ? box.installProgram(`servers/${name}`, code) : box.installServer(`servers/${name}`);
  },
});

exports.tests = (vscode, t, outside) => {
  const starts = async (program) => (await outside.starts()).filter((start) => start.program === program);
  const use = async (...command) => {
    await vscode.commands.executeCommand("notifications.clearAll");
    const target = vscode.ConfigurationTarget.Global;
    await vscode.workspace.getConfiguration("vt-lsp").update("path", command, target);
  };
  /** There is the one message, and the processes of the program are gone and few. */
  const told = async (text, program, most) => {
    const message = await t.message(text);
    assert.equal((await t.messages()).length, 1, JSON.stringify(await t.messages()));
    const started = await starts(program);
    assert.ok(started.length >= 1 && started.length <= most, `${started.length} starts`);
    for (const { pid } of started) await t.until(`process ${pid} to go`, () => outside.isGone(pid));
    return message;
  };

  return {
    async "one that is too old"() {
      await t.open("docs/design.md");
      const [{ program }] = await t.until("a start", async () => {
        const all = await outside.starts();
        return all.length > 0 && all;
      });
      const message = await told("0.0.1", program, 1);
      assert.match(message.text, /needs \d+\.\d+/);
    },

    async "one that crashes at the start"() {
      const program = await outside.install("crashing");
      await use(program, "server");
      const message = await told("does not run", program, 4);
      assert.match(message.text, /no module named tree_sitter/);
      const times = (await starts(program)).map((start) => start.time);
      for (let i = 2; i < times.length; i++)
        assert.ok(times[i] - times[i - 1] > times[i - 1] - times[i - 2], `no growing pause: ${times}`);
    },

    async "one that says something else"() {
      const program = await outside.install("talking");
      await use(program, "server");
      await told("does not run", program, 4);
    },

    async "one that is not there"() {
      await use("/nowhere/vt-lsp", "server");
      const message = await t.message("/nowhere/vt-lsp");
      assert.match(message.text, /vt-lsp\.path/);
      assert.equal((await t.messages()).length, 1);
    },

    async "one that never answers does not hold the next one up"() {
      const silent = await outside.install("silent");
      await use(silent, "server");
      const [{ pid }] = await t.until("its start", async () => {
        const started = await starts(silent);
        return started.length > 0 && started;
      });
      const good = await outside.install("good");
      await use(good, "server");
      await t.until("diagnostics", () => t.codes(t.uri("docs/design.md")).length === 9);
      await t.until("the silent one to go", () => outside.isGone(pid));
      assert.equal((await starts(good)).length, 1);
      assert.deepEqual(await t.messages(), []);
    },
  };
};
