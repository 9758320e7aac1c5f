// Non-BMP characters, CRLF and tabs: ranges and edits are exact, in VS Code's units (utf-16), before and after typing.
const assert = require("node:assert/strict");

const SPEC = [
  "# Das Buch é😀",
  "",
  "é😀\té😀 höchstens `LIMIT = 100` 😀 offen.",
  "",
  "```python",
  "class Book:",
  '\tdef place(self, emoji: str = "é😀", dry_run: bool = False) -> str: ...',
  "```",
  "",
  "😀😀 Dann `Book.reopen()` é.",
  "",
].join("\r\n");
const CODE = [
  '"""é😀"""',
  "",
  "LIMIT = 250",
  "",
  "",
  "class Book:",
  '\tdef place(self, emoji: str = "é😀", validate_only: bool = False) -> str:',
  "\t\treturn emoji",
  "",
].join("\r\n");

exports.setup = (box) => {
  box.installServer();
  box.write("ws/pyproject.toml", '[project]\nname = "shop"\nversion = "1"\n');
  box.write("ws/src/shop/__init__.py", "");
  box.write("ws/src/shop/book.py", CODE);
  box.write("ws/docs/design.md", SPEC);
  return { workspace: `${box.dir}/ws` };
};
exports.calls = (box) => ({ read: (name) => box.read(name) });

exports.tests = (vscode, t, outside) => {
  const ALL = ["constant-value", "signature-mismatch", "missing-member"];
  let spec, code;

  return {
    async "ranges behind wide characters and tabs are exact"() {
      spec = await t.open("docs/design.md");
      assert.equal(spec.document.eol, vscode.EndOfLine.CRLF);
      const shown = await t.shows(spec.uri, ALL);
      assert.deepEqual(
        shown.map((one) => [t.place(one.range), spec.document.getText(one.range)]),
        // 😀 counts two in utf-16, é and a tab one.
        [
          ["3:28-31", "100"],
          ["7:38-45", "dry_run"],
          ["10:12-23", "Book.reopen"],
        ],
      );
      code = await t.open("src/shop/book.py");
      const there = await t.shows(code.uri, ["constant-value", "missing-member", "signature-mismatch"]);
      assert.deepEqual(
        there.map((one) => [t.place(one.range), code.document.getText(one.range)]),
        [
          ["3:1-6", "LIMIT"],
          ["6:7-11", "Book"],
          ["7:6-11", "place"],
        ],
      );
    },

    async "typing wide characters moves the ranges"() {
      const line = spec.document.lineAt(2).range.start;
      await t.replace(spec, new vscode.Range(line, line), "😀é\t");
      await t.until("the range behind them", () => {
        const [one] = t.ours(spec.uri).filter((one) => t.code(one) === "constant-value");
        return one && t.place(one.range) === "3:32-35" && spec.document.getText(one.range) === "100";
      });
      await t.replace(spec, t.find(spec.document, "😀😀 Dann"), "😀\r\n\r\nDann");
      await t.until("the range two lines down", () => {
        const [one] = t.ours(spec.uri).filter((one) => t.code(one) === "missing-member");
        return one && t.place(one.range) === "12:7-18" && spec.document.getText(one.range) === "Book.reopen";
      });
    },

    async "a hover and a definition hit what is behind wide characters"() {
      const at = t.find(spec.document, "dry_run").start;
      assert.match(await t.hover(spec.uri, at), /validate_only/);
      const name = t.find(spec.document, "place(").start;
      const found = await vscode.commands.executeCommand("vscode.executeDefinitionProvider", spec.uri, name);
      assert.equal(t.place(t.target(found[0]).range), "7:6-11");
    },

    async "quick fixes change exactly their words and keep the line ends"() {
      for (const [name, title] of [
        ["constant-value", "Change the spec to `250`"],
        ["signature-mismatch", "Change the spec to `validate_only`"],
        ["missing-member", "Ignore this drift here"],
      ]) {
        const shown = await t.until(name, () => t.ours(spec.uri).find((one) => t.code(one) === name));
        const action = (await t.actions(spec.uri, shown.range)).find((one) => one.title === title);
        assert.ok(action, title);
        assert.ok(await vscode.workspace.applyEdit(action.edit));
        await t.until(`${name} to go`, () => !t.codes(spec.uri).includes(name));
      }
      await t.shows(code.uri, []);
      await spec.document.save();
      const expected = SPEC.replace("é😀\té", "😀é\té😀\té")
        .replace("😀😀 Dann", "😀\r\n\r\nDann")
        .replace("LIMIT = 100", "LIMIT = 250")
        .replace("dry_run", "validate_only")
        .replace("`Book.reopen()` é.", "`Book.reopen()` é. <!-- vt-lsp: ignore[missing-member] -->");
      assert.equal(await outside.read("ws/docs/design.md"), expected);
    },
  };
};
