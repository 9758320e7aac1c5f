// Settings take effect while the server runs; only what starts the server starts it anew. A project's own file counts.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  box.installServer("other/vt-lsp");
  const workspace = box.example();
  box.write("ordersvc/vt-lsp.toml", 'ignore = ["broken-link"]\n');
  return { workspace };
};
exports.calls = (box) => ({ other: () => `${box.dir}/other/vt-lsp` });

exports.tests = (vscode, t, outside) => {
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const set = (name, value, target = Workspace) =>
    vscode.workspace.getConfiguration("vt-lsp").update(name, value, target);
  const readme = () => t.codes(t.uri("README.md"));
  const count = 9;
  let spec;

  return {
    async "defaults of the manifest do not hide the project's own file"() {
      spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === count, () => t.codes(spec.uri));
      assert.deepEqual(readme(), []);
    },

    async "a drift type is ignored at once, and shown again"() {
      await set("ignore", ["tree-entry"]);
      await t.until("the drift to go", () => t.codes(spec.uri).length === count - 1, () => t.codes(spec.uri));
      assert.ok(!t.codes(spec.uri).includes("tree-entry"));
      await t.shows(t.uri("README.md"), ["broken-link"]); // the editor's list stands for the project's
      await set("ignore", undefined);
      await t.until("the drift to come back", () => t.codes(spec.uri).includes("tree-entry"));
      await t.shows(t.uri("README.md"), []);
    },

    async "a severity changes at once"() {
      await set("severity", { "tree-entry": "error" });
      await t.until("the severity", () =>
        t.ours(spec.uri).some((one) => t.code(one) === "tree-entry" && one.severity === vscode.DiagnosticSeverity.Error),
      );
      await set("severity", undefined);
      await t.until("the severity", () =>
        t.ours(spec.uri).every((one) => one.severity !== vscode.DiagnosticSeverity.Error),
      );
    },

    async "diagnostics can be turned off and on"() {
      await set("diagnostics", "off");
      await t.shows(spec.uri, []);
      await set("diagnostics", undefined);
      await t.until("diagnostics", () => t.codes(spec.uri).length === count);
    },

    async "one server did all of that"() {
      assert.equal((await outside.starts()).length, 1);
    },

    async "the restart command starts another one"() {
      const [{ pid }] = await outside.starts();
      await vscode.commands.executeCommand("vt-lsp.restart");
      const after = await t.until("a second start", async () => {
        const starts = await outside.starts();
        return starts.length === 2 && starts;
      });
      assert.notEqual(after[1].pid, pid);
      await t.until("the first process to go", () => outside.isGone(pid));
      await t.until("diagnostics", () => t.codes(spec.uri).length === count);
    },

    async "another server is started when the setting names one"() {
      const other = await outside.other();
      await set("path", [other, "server"], Global);
      await t.until("the other server", async () => (await outside.starts()).at(-1).program === other);
      await t.until("diagnostics", () => t.codes(spec.uri).length === count);
      assert.equal((await outside.starts()).length, 3);
    },

    async "many restarts at once are one"() {
      const before = (await outside.starts()).length;
      await Promise.all(Array.from({ length: 5 }, () => vscode.commands.executeCommand("vt-lsp.restart")));
      await t.until("diagnostics", () => t.codes(spec.uri).length === count);
      assert.equal((await outside.starts()).length, before + 1);
      assert.deepEqual(await t.messages(), []);
    },
  };
};
