// The report in a web view, with its scripts and under its own policy; task lists in lenses, the Spec view and a page.
const assert = require("node:assert/strict");
const { writeFileSync } = require("node:fs");
const path = require("node:path");

const PLAN = ["# Plan", "", ...Array.from({ length: 9 }, (_, n) => `- [${n < 4 ? "x" : " "}] Make part ${n}`), ""];

exports.setup = (box) => {
  box.installServer();
  const workspace = box.example();
  writeFileSync(path.join(workspace, "TASKS.md"), PLAN.join("\n"));
  return { workspace };
};

/** The frame of the web view that shows the report. */
async function frameOf(window) {
  const { page } = await window();
  for (const frame of page.frames())
    if (await frame.$("[data-figure]").catch(() => null)) return frame;
  return undefined;
}

exports.calls = (_box, window) => ({
  figures: async () => {
    const frame = await frameOf(window);
    const nodes = (all) => Object.fromEntries(all.map((node) => [node.dataset.figure, node.textContent]));
    return frame ? frame.$$eval("[data-figure]", nodes) : undefined;
  },
  theme: async () => (await frameOf(window))?.evaluate(() => document.documentElement.dataset.theme),
  choosePlace: async (text) => (await frameOf(window)).click(`#drift-rows a:has-text("${text}")`),
});

exports.tests = (vscode, t, outside) => {
  const run = (name, ...args) => vscode.commands.executeCommand(`vt-lsp.${name}`, ...args);
  const tab = (label) =>
    t.until(`the page ${label}`, () =>
      vscode.window.tabGroups.all.flatMap((group) => group.tabs).find((one) => one.label.includes(label)),
    );
  let tasks;

  return {
    async "a lens above the plan tells how it stands, and opens the forecast"() {
      tasks = await t.open("TASKS.md");
      const command = await t.until("the lens", async () => {
        const lenses = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", tasks.uri, 100);
        return lenses.map((lens) => lens.command).find((one) => one?.command === "vt-lsp.showForecast");
      });
      assert.match(command.title, /^4\/9 done/);
      await vscode.commands.executeCommand(command.command, ...command.arguments);
      await tab("Forecast");
    },

    async "the Spec view has the list"() {
      await vscode.commands.executeCommand("vt-lsp.specs.focus");
      const row = ".tree-explorer-viewlet-tree-view .monaco-list-row";
      await t.until("the list in the view", () => outside.isShown(row, "TASKS.md"));
    },

    async "the report is shown with its figures, in the colours of the editor"() {
      await run("openReport");
      await tab("Report");
      const figures = await t.until("the figures", () => outside.figures());
      assert.equal(figures["summary.broken"], "10");
      assert.equal(figures["lists.0.done"], "4");
      const { kind } = vscode.window.activeColorTheme;
      assert.equal(await outside.theme(), kind === vscode.ColorThemeKind.Dark ? "dark" : "light");
      assert.deepEqual(await t.messages(), []);
    },

    async "a place in the report opens"() {
      await outside.choosePlace("book.py:21");
      await t.until("the code", () => t.cursor()?.path.endsWith("book.py") && t.cursor().line === 21, t.cursor);
    },
  };
};

exports.outside = ({ window, shot }) => ({
  async "what it looks like"() {
    await shot(window, "report");
  },
});
