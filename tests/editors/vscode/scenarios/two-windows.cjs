// Two windows on one folder at once: a server each, no quarrel over what they keep.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  return { workspace: box.example() };
};

exports.tests = (vscode, t, outside) => {
  let spec;

  return {
    async "the first window shows the drifts"() {
      spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9);
    },

    async "the second window is opened, and does its work"() {
      await outside.second();
    },

    async "what the second one saved is seen in the first"() {
      await t.until("one less", () => t.codes(spec.uri).length === 8, () => t.codes(spec.uri));
      assert.ok(!t.codes(spec.uri).includes("constant-value"));
      assert.ok(spec.document.getText().includes("MAX_OPEN_ORDERS = 250"));
    },

    async "each has a server of its own, and no message"() {
      const starts = await outside.starts();
      assert.equal(starts.length, 2);
      for (const { pid } of starts) assert.ok(!(await outside.isGone(pid)));
      assert.deepEqual(await t.messages(), []);
    },
  };
};

exports.second = (vscode, t) => ({
    async "the second window shows the same"() {
      const spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9);
      await t.replace(spec, t.find(spec.document, "MAX_OPEN_ORDERS = 100"), "MAX_OPEN_ORDERS = 250");
      await t.until("one less", () => t.codes(spec.uri).length === 8);
      assert.ok(await spec.document.save());
      assert.deepEqual(await t.messages(), []);
    },
});

exports.calls = (box, _window, run) => ({
  second: async () => void (await run("second", `${box.dir}/ordersvc`)),
});
