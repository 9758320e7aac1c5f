// A server that dies while it works: it comes back, later each time; at last one message.
const assert = require("node:assert/strict");

exports.setup = (box) => {
  box.installServer();
  return { workspace: box.example() };
};

exports.tests = (vscode, t, outside) => {
  const started = (count) =>
    t.until(`start ${count}`, async () => {
      const all = await outside.starts();
      assert.ok(all.length <= count, `${all.length} starts`);
      return all.length === count && all;
    });
  const isBack = (uri) => t.until("diagnostics", () => t.codes(uri).length === 9, () => t.codes(uri));
  let spec;

  return {
    async "it comes back, with the diagnostics, and nobody is asked"() {
      spec = await t.open("docs/design.md");
      await isBack(spec.uri);
      const [{ pid }] = await started(1);
      process.kill(pid, "SIGKILL");
      await started(2);
      await isBack(spec.uri);
      assert.deepEqual(await t.messages(), []);
    },

    async "what is not saved counts for the new one"() {
      await t.replace(spec, t.find(spec.document, "MAX_OPEN_ORDERS = 100"), "MAX_OPEN_ORDERS = 250");
      await t.until("one less", () => t.codes(spec.uri).length === 8);
      process.kill((await started(2))[1].pid, "SIGKILL");
      await started(3);
      await t.until("the new one to answer", async () => /claims hold/.test(
        (await vscode.commands.executeCommand("vscode.executeCodeLensProvider", spec.uri, 1))[0]?.command?.title ?? "",
      ));
      await t.until("one less", () => t.codes(spec.uri).length === 8, () => t.codes(spec.uri));
      await t.replace(spec, t.find(spec.document, "MAX_OPEN_ORDERS = 250"), "MAX_OPEN_ORDERS = 100");
      await isBack(spec.uri);
    },

    async "it is given up after many crashes, with one message"() {
      let count = 3;
      for (; !(await t.messages()).length; count++) {
        assert.ok(count < 10, "it is started again and again");
        await t.until("it to run", async () => (await t.api()).state().kind === "running");
        process.kill((await outside.starts()).at(-1).pid, "SIGKILL");
        await t.until("another start, or the message", async () =>
          (await outside.starts()).length > count || (await t.messages()).length > 0,
        );
      }
      const [message, ...others] = await t.messages();
      assert.deepEqual(others, []);
      assert.match(message.text, /does not run/);
      const times = (await outside.starts()).map((start) => start.time);
      const pauses = times.slice(3).map((time, number) => time - times[number + 2]);
      assert.ok(pauses.every((pause, number) => number === 0 || pause > pauses[number - 1]), `no growing pauses: ${pauses}`);
    },

    async "Restart in the message starts it again"() {
      const before = (await outside.starts()).length;
      await vscode.commands.executeCommand("notifications.showList");
      await outside.answer("does not run", "Restart");
      await started(before + 1);
      await isBack(spec.uri);
      assert.deepEqual(await t.messages(), []);
    },
  };
};
