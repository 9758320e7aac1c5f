// A newcomer opens the example project: what is shown on both sides, and how one gets from one to the other.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  return { workspace: box.example() };
};

const SPEC = "docs/design.md";
const IN_SPEC = [
  ["13:5-15", "tree-entry", "The tree shows `storage.py`, which does not exist"],
  ["26:17-29", "type-mismatch", "`Order.unit_price` is `Decimal | None`, not `float | None`"],
  ["36:5-13", "enum-member", "`OrderStatus` has no member `REFUNDED`"],
  ["41:63-66", "constant-value", "`MAX_OPEN_ORDERS` is `250`, not `100`"],
  ["45:35-42", "signature-mismatch", "`OrderBook.place`: no parameter `dry_run`; did it become `validate_only`?"],
  ["50:100-116", "missing-member", "`OrderBook` has no `reopen`"],
  ["60:39-46", "example-call", "`publish` has no parameter `retries`"],
  ["72:37-45", "base-class", "`UnknownOrderError` is no `KeyError`: its bases are OrderError"],
  ["82:26-30", "parameter-default", "`Config.timeout` defaults to `10.0`, not `30.0`"],
];
const IN_BOOK = [
  ["12:1-16", "constant-value", "docs/design.md:41"],
  ["15:7-16", "missing-member", "docs/design.md:50"],
  ["21:9-14", "signature-mismatch", "docs/design.md:45"],
];

exports.tests = (vscode, t) => {
  const BOOK = "src/ordersvc/book.py";
  const codes = (rows) => rows.map(([, code]) => code);
  let spec, book;

  return {
    async "the spec shows each drift where it stands"() {
      spec = await t.open(SPEC);
      const shown = await t.shows(spec.uri, codes(IN_SPEC));
      assert.deepEqual(
        shown.map((one) => [t.place(one.range), t.code(one), one.message]),
        IN_SPEC,
      );
      for (const one of shown) {
        const { Hint, Warning } = vscode.DiagnosticSeverity;
        assert.equal(one.severity, t.code(one) === "tree-entry" ? Hint : Warning);
        assert.equal(one.code.target.path.split("/").at(-1), `${t.code(one)}.md`);
      }
    },

    async "the code shows the other side of it"() {
      book = await t.open(BOOK);
      const shown = await t.shows(book.uri, codes(IN_BOOK));
      for (const [number, [place, code, begin]] of IN_BOOK.entries()) {
        assert.equal(t.place(shown[number].range), place);
        assert.equal(t.code(shown[number]), code);
        assert.ok(shown[number].message.startsWith(begin), shown[number].message);
        assert.equal(shown[number].severity, vscode.DiagnosticSeverity.Information);
      }
    },

    async "each side names the other as related"() {
      const [inSpec] = t.ours(spec.uri).filter((one) => t.code(one) === "signature-mismatch");
      const [inCode] = t.ours(book.uri).filter((one) => t.code(one) === "signature-mismatch");
      assert.equal(inSpec.relatedInformation[0].location.uri.toString(), book.uri.toString());
      assert.deepEqual(inSpec.relatedInformation[0].location.range, inCode.range);
      assert.equal(inCode.relatedInformation[0].location.uri.toString(), spec.uri.toString());
      assert.deepEqual(inCode.relatedInformation[0].location.range, inSpec.range);
    },

    async "files that are not open are shown too"() {
      await t.shows(t.uri("src/ordersvc/config.py"), ["parameter-default"]);
      await t.shows(t.uri("README.md"), ["broken-link"]);
    },

    async "hover in the spec tells what the code has"() {
      const text = await t.hover(spec.uri, t.find(spec.document, "dry_run").start);
      assert.match(text, /dry_run/);
      assert.match(text, /validate_only/);
    },

    async "hover in the code tells what the specs say"() {
      const text = await t.hover(book.uri, t.find(book.document, "place(").start);
      assert.match(text, /docs\/design\.md/);
      assert.match(text, /dry_run/);
    },

    async "from the spec to the code and back"() {
      const at = t.find(spec.document, "dry_run").start;
      const found = await vscode.commands.executeCommand("vscode.executeDefinitionProvider", spec.uri, at);
      assert.equal(found.length, 1);
      const there = t.target(found[0]);
      assert.ok(there.path.endsWith(BOOK), there.path);
      assert.equal(t.place(there.range), "21:9-14");
      const name = t.find(book.document, "place(").start;
      const back = await vscode.commands.executeCommand("vscode.executeReferenceProvider", book.uri, name);
      const lines = back.filter((one) => one.uri.path.endsWith(SPEC)).map((one) => one.range.start.line + 1);
      assert.ok(lines.includes(45), JSON.stringify(lines));
    },

    async "code lenses count what holds"() {
      const lenses = await t.until("lenses", async () => {
        const found = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", spec.uri, 100);
        return found.length > 3 && found;
      });
      assert.match(lenses[0].command.title, /^\d+\/\d+ claims hold in this document$/);
      const inCode = await vscode.commands.executeCommand("vscode.executeCodeLensProvider", book.uri, 100);
      const place = inCode.find((lens) => lens.range.start.line === 20);
      assert.equal(place.command.title, "2 claims in 2 specs, 1 broken");
    },

    async "links of documents lead to files"() {
      const readme = await t.open("README.md");
      const links = await t.until("links", async () => {
        const found = await vscode.commands.executeCommand("vscode.executeLinkProvider", readme.uri, 100);
        return found.some((link) => link.target?.path.endsWith("src/ordersvc/config.py")) && found;
      });
      const [config] = links.filter((link) => link.target?.path.endsWith("src/ordersvc/config.py"));
      assert.equal(readme.document.getText(config.range), "src/ordersvc/config.py");
    },

    async "typing makes a drift appear and go, without saving"() {
      const before = codes(IN_BOOK);
      await t.replace(book, t.find(book.document, "def cancel"), "def revoke");
      await t.until("the drift of the renamed method", () => t.codes(spec.uri).length > IN_SPEC.length, () => t.codes(spec.uri));
      assert.ok(book.document.isDirty);
      await t.replace(book, t.find(book.document, "def revoke"), "def cancel");
      await t.shows(spec.uri, codes(IN_SPEC));
      await t.shows(book.uri, before);
    },

    async "each quick fix applies and its drift goes"() {
      let left = codes(IN_SPEC);
      for (const [code, title, text] of [
        ["constant-value", "Change the spec to `250`", "`MAX_OPEN_ORDERS = 250`"],
        ["signature-mismatch", "Change the spec to `validate_only`", "validate_only: bool = False"],
        ["parameter-default", "Change the spec to `10.0`", "| `timeout` | `float` | `10.0` |"],
      ]) {
        const shown = (await t.shows(spec.uri, left)).find((one) => t.code(one) === code);
        const action = (await t.actions(spec.uri, shown.range)).find((one) => one.title === title);
        assert.ok(action, title);
        assert.ok(action.isPreferred, title);
        assert.ok(await vscode.workspace.applyEdit(action.edit));
        assert.ok(spec.document.getText().includes(text), text);
        left = left.filter((one) => one !== code);
        await t.shows(spec.uri, left);
      }
      await t.shows(book.uri, ["missing-member"]);
    },

    async "any drift can be ignored where it stands"() {
      for (const code of t.codes(spec.uri)) {
        const shown = t.ours(spec.uri).find((one) => t.code(one) === code);
        const action = (await t.actions(spec.uri, shown.range)).find((one) => one.title === "Ignore this drift here");
        assert.ok(await vscode.workspace.applyEdit(action.edit), code);
        await t.until(`${code} to go`, () => !t.codes(spec.uri).includes(code), () => t.codes(spec.uri));
      }
      assert.deepEqual(t.codes(spec.uri), []);
      await t.shows(book.uri, []);
    },
  };
};
