// A workspace that is not on a disk: nothing is started, nobody is bothered.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  const folders = [{ uri: "vt-memory:/project", name: "project" }];
  return { workspace: box.write("virtual.code-workspace", JSON.stringify({ folders })) };
};

exports.tests = (vscode, t, outside) => ({
    async "files are there to read, and no server is started"() {
      const texts = { "/project/README.md": "# Read me\n\nSee [nothing](nothing.md).\n", "/project/app.py": "LIMIT = 1\n" };
      const changes = new vscode.EventEmitter();
      const isFile = (uri) => uri.path in texts;
      const missing = (uri) => vscode.FileSystemError.FileNotFound(uri);
      vscode.workspace.registerFileSystemProvider("vt-memory", {
        onDidChangeFile: changes.event,
        watch: () => new vscode.Disposable(() => undefined),
        stat: (uri) => {
          const isFolder = Object.keys(texts).some((path) => path.startsWith(`${uri.path.replace(/\/$/, "")}/`));
          if (!isFile(uri) && !isFolder) throw missing(uri);
          return { type: isFile(uri) ? 1 : 2, ctime: 0, mtime: 0, size: 1 };
        },
        readDirectory: () => Object.keys(texts).map((path) => [path.split("/").at(-1), 1]),
        readFile: (uri) => {
          if (!isFile(uri)) throw missing(uri);
          return Buffer.from(texts[uri.path]);
        },
        writeFile: () => undefined,
        createDirectory: () => undefined,
        delete: () => undefined,
        rename: () => undefined,
      });
      const readme = await t.open("README.md");
      const code = await t.open("app.py");
      assert.equal(code.document.getText(), "LIMIT = 1\n");
      await t.until("the languages to be known", () => code.document.languageId === "python");
      assert.deepEqual(t.ours(readme.uri), []);
      assert.deepEqual(await outside.starts(), []);
    },

    async "no message is shown, and the extension says why it is off"() {
      // The editor's own note on a slow start is none of ours.
      const shown = (await t.messages()).filter(({ text }) => text !== "Activating Extensions...");
      assert.deepEqual(shown, []);
      const extension = vscode.extensions.getExtension(t.EXTENSION);
      if (extension) assert.equal((await t.api()).state().kind, "virtual");
    },
});
