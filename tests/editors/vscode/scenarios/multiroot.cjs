// Two folders in one window, with the same paths and different drifts; a third comes and goes.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  box.example("one");
  box.example("two");
  box.write("two/docs/design.md", "# Two\n\n`OrderBook.vanish()` does it.\n");
  box.write("three/docs/design.md", "# Three\n\nSee [nothing](nothing.md).\n");
  const folders = ["one", "two"].map((name) => ({ path: name }));
  return { workspace: box.write("both.code-workspace", JSON.stringify({ folders })) };
};

exports.tests = (vscode, t, outside) => ({
    async "each folder shows its own drifts"() {
      await t.open("docs/design.md", 0);
      await t.shows(t.uri("docs/design.md", 1), ["missing-member"]);
      await t.until("the first folder's", () => t.codes(t.uri("docs/design.md", 0)).length === 9);
      await t.shows(t.uri("src/ordersvc/book.py", 1), ["missing-member"]);
      assert.equal((await outside.starts()).length, 1);
    },

    async "from the spec of a folder to the code of the same folder"() {
      const { document, uri } = await t.open("docs/design.md", 1);
      const at = t.find(document, "OrderBook.vanish").start;
      const found = await vscode.commands.executeCommand("vscode.executeDefinitionProvider", uri, at);
      assert.equal(t.target(found[0]).path, t.uri("src/ordersvc/book.py", 1).path);
    },

    async "settings of one folder do not touch the other"() {
      const settings = vscode.workspace.getConfiguration("vt-lsp", t.folder(1));
      await settings.update("ignore", ["missing-member"], vscode.ConfigurationTarget.WorkspaceFolder);
      await t.shows(t.uri("docs/design.md", 1), []);
      assert.equal(t.codes(t.uri("docs/design.md", 0)).length, 9);
      await settings.update("ignore", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      await t.shows(t.uri("docs/design.md", 1), ["missing-member"]);
    },

    async "a folder that is added is analysed, and forgotten when it goes"() {
      const uri = vscode.Uri.joinPath(t.folder(0), "../three");
      assert.ok(vscode.workspace.updateWorkspaceFolders(2, 0, { uri }));
      const spec = vscode.Uri.joinPath(uri, "docs/design.md");
      await t.shows(spec, ["broken-link"]);
      assert.ok(vscode.workspace.updateWorkspaceFolders(2, 1));
      await t.shows(spec, []);
      assert.equal(t.codes(t.uri("docs/design.md", 0)).length, 9);
      assert.equal((await outside.starts()).length, 1);
    },
});
