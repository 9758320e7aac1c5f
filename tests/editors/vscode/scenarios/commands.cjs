// Every command of the server has its place in VS Code and does what it says; so do those of the extension.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  return { workspace: box.example() };
};

exports.tests = (vscode, t, outside) => {
  const run = (name, ...args) => vscode.commands.executeCommand(`vt-lsp.${name}`, ...args);
  const tab = (label) =>
    t.until(
      `the page ${label}`,
      () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).find((one) => one.label.includes(label)),
      () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).map((one) => one.label),
    );
  const shown = (selector, text) => t.until(`${selector} with ${text}`, () => outside.isShown(selector, text));
  let spec, book;

  return {
    async "the manifest has every command of the server"() {
      spec = await t.open("docs/design.md");
      book = await t.open("src/ordersvc/book.py");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9);
      const { packageJSON } = vscode.extensions.getExtension(t.EXTENSION);
      const contributed = new Map(packageJSON.contributes.commands.map((one) => [one.command, one]));
      const registered = new Set(await vscode.commands.getCommands(true));
      const offered = await outside.serverCommands();
      assert.ok(offered.length >= 13, JSON.stringify(offered));
      for (const name of [...offered, ...contributed.keys()]) {
        const entry = contributed.get(name);
        assert.ok(entry?.title && entry.category === "vt-lsp" && entry.icon, name);
        assert.ok(registered.has(name), name);
      }
    },

    async "Check Workspace looks again, and tells what it found in one message"() {
      const status = await run("checkWorkspace");
      assert.equal(status.drifts, 10);
      const message = await t.message("10 drifts");
      assert.match(message.text, /83 % of the claims hold/);
      await t.until("the progress to go", async () => (await t.messages()).length === 1, t.messages);
      await vscode.commands.executeCommand("notifications.clearAll");
    },

    async "Show Status, Show Compliance and Show Drift in Full open a page each"() {
      await run("showStatus");
      await tab("Status");
      await run("showCompliance");
      await tab("Compliance");
      const { drifts } = await (await t.api()).client().sendRequest("vt-lsp/drifts", {});
      await run("showDiff", drifts.find(({ type }) => type === "signature-mismatch").fingerprint);
      await tab("Drift");
      const pages = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input }) => input?.viewType);
      assert.equal(pages.length, 3);
      await run("showStatus"); // takes the place of the one before
      await t.until("three pages", () =>
        vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input }) => input?.viewType).length === 3,
      );
      await vscode.window.tabGroups.close(pages);
    },

    async "a drift that is gone is told, not a stack trace"() {
      void run("showDiff", "0123456789ab");
      const message = await t.message("0123456789ab");
      assert.ok(!/\n|at /.test(message.text), message.text);
      await vscode.commands.executeCommand("notifications.clearAll");
    },

    async "a lens of the code opens the claims about its symbol"() {
      await t.stand(book, t.find(book.document, "place("));
      const lenses = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", book.uri, 100);
      const { command } = lenses.find((lens) => lens.range.start.line === 20);
      await vscode.commands.executeCommand(command.command, ...command.arguments);
      await shown(".peekview-widget", "design.md");
      await vscode.commands.executeCommand("closeReferenceSearch");
    },

    async "a lens of the spec leads to the Spec view"() {
      await t.stand(spec, t.find(spec.document, "## The order book"));
      const lenses = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", spec.uri, 100);
      const { command } = lenses.find((lens) => lens.range.start.line === 38);
      await vscode.commands.executeCommand(command.command, ...command.arguments);
      await shown(".tree-explorer-viewlet-tree-view .monaco-list-row", "The order book");
    },

    async "Go to Code and Go to Spec lead there and back"() {
      await t.stand(spec, t.find(spec.document, "dry_run"));
      await run("goToCode");
      await t.until("the code", () => t.cursor()?.path === book.uri.path && t.cursor().line === 21, t.cursor);
      await t.stand(book, t.find(book.document, "MAX_OPEN_ORDERS"));
      await run("goToSpec");
      await t.until("the spec", () => t.cursor()?.path === spec.uri.path && t.cursor().line === 41, t.cursor);
    },

    async "the status bar says how things stand"() {
      await t.until("the item", async () =>
        (await outside.statusBar()).some(({ id, text }) => id.includes("vt-lsp") && text.trim() === "10 drifts"),
      );
    },

    async "a server that was stopped stays so until it is wanted"() {
      const before = (await outside.starts()).length;
      await run("stop");
      await t.until("the state", async () => (await t.api()).state().kind === "stopped");
      await t.shows(spec.uri, []);
      await t.until("the status bar", async () =>
        (await outside.statusBar()).some(({ id, text }) => id.includes("vt-lsp") && !/drift/.test(text)),
      );
      await run("restart");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9);
      assert.equal((await outside.starts()).length, before + 1);
      assert.deepEqual(await t.messages(), []);
    },

    async "an alert of what somebody else wrote stands below the specs, and has a page"() {
      await vscode.commands.executeCommand("vt-lsp.alerts.focus");
      const file = vscode.Uri.joinPath(vscode.Uri.file(book.uri.path), "../ship.py");
      const code = 'def ship(order):\n    """Ship.\n\n    Args:\n        order: It.\n        odrer: It.\n    """\n';
      await vscode.workspace.fs.writeFile(file, Buffer.from(code));
      await shown(".tree-explorer-viewlet-tree-view .monaco-list-row", "odrer");
      const window = await t.message("odrer");
      assert.match(window.text, /ship\.py:6/);
      await vscode.commands.executeCommand("notifications.clearAll");
      await run("showAlerts");
      await tab("Alerts");
    },
  };
};
