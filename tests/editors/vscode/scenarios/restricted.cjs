// A workspace that nobody trusts, full of programs that would like to be started; later it is trusted.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  const workspace = box.example();
  box.write("ordersvc/.venv/pyvenv.cfg", "version = 3.11\n");
  box.write("ordersvc/.venv/lib/python3.11/site-packages/vt_lsp/__init__.py", "");
  for (const name of ["python", "python3", "vt-lsp", "git", "uv"]) {
    const server = 'import runpy\nsys.argv[1:4] = []\nsys.path.insert(0, "REPOSITORY")\nfrom vt_lsp.cli.main import main\nsys.exit(main())\n';
    box.installProgram(`ordersvc/.venv/bin/${name}`, server.replace("REPOSITORY", box.repository));
  }
  const planted = `${workspace}/.venv/bin/vt-lsp`;
  const settings = { "vt-lsp.path": [planted, "server"], "vt-lsp.interpreter": `${workspace}/.venv/bin/python` };
  box.write("ordersvc/.vscode/settings.json", JSON.stringify({ ...settings, "vt-lsp.ignore": ["tree-entry"] }));
  return {
    workspace,
    trust: true,
    settings: { "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" },
    // A folder of the workspace on PATH, before the good one.
    env: { PATH: [`${workspace}/.venv/bin`, box.environment().PATH].join(":") },
  };
};

exports.tests = (vscode, t, outside) => {
  let spec;

  return {
    async "the server of the user is started, and shows drifts"() {
      assert.equal(vscode.workspace.isTrusted, false);
      spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 8, () => t.codes(spec.uri));
      assert.ok(!t.codes(spec.uri).includes("tree-entry")); // a setting that starts nothing is taken
    },

    async "nothing of the workspace was started"() {
      const starts = await outside.starts();
      assert.deepEqual(starts.map(({ program }) => program.includes("/.venv/")), [false]);
      assert.deepEqual(starts[0].args, ["server"]);
    },

    async "the server knows that it is not trusted"() {
      const { warnings, folders } = await t.ask("vt-lsp.showStatus");
      assert.ok(folders.length === 1 && Array.isArray(warnings));
      const api = await t.api();
      const { untrustedWorkspace } = api.client().clientOptions.initializationOptions;
      assert.equal(untrustedWorkspace, true);
    },

    async "commands of the user do not start what lies there either"() {
      await vscode.commands.executeCommand("vt-lsp.restart");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 8);
      assert.ok((await outside.starts()).every(({ program }) => !program.includes("/.venv/")));
      assert.deepEqual(await t.messages(), []);
    },

    async "once it is trusted, its own environment counts"() {
      await vscode.commands.executeCommand("workbench.trust.manage");
      await outside.trust();
      await t.until("trust", () => vscode.workspace.isTrusted);
      await t.until("its server", async () => (await outside.starts()).at(-1).program.includes("/.venv/bin/"));
      await t.until("diagnostics", () => t.codes(spec.uri).length === 8);
    },
  };
};

exports.calls = (_box, window) => ({
  trust: async () => {
    const { page } = await window();
    await page.locator(".workspace-trust-editor .workspace-trust-buttons-row .monaco-button", { hasText: "Trust" }).first().click();
  },
});
