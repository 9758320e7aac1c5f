// No server anywhere: one message; "Install" in it makes the private environment, which later windows use.
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { readFileSync } = require("node:fs");

exports.setup = (box) => {
  const wheels = `${box.dir}/wheels`;
  const build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, box.repository];
  const built = spawnSync(box.python, build, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
  const links = [wheels, process.env.PIP_FIND_LINKS].filter(Boolean).join(" ");
  return { workspace: box.example(), env: { PIP_FIND_LINKS: links, UV_FIND_LINKS: wheels } };
};

const MISSING = "The vt-lsp server is not installed";

exports.tests = (vscode, t, outside) => {
  let spec;

  return {
    async "one message says so, with a way out"() {
      spec = await t.open("docs/design.md");
      const message = await t.message(MISSING);
      assert.equal(message.buttons[0], "Install");
      await t.open("src/ordersvc/book.py");
      await t.open("README.md");
      assert.equal((await t.messages()).length, 1);
    },

    async "the status bar says so"() {
      await t.until("the item", async () => (await outside.statusBar()).some(({ text }) => text.includes("no server")));
    },

    async "a command explains itself in the same words"() {
      void vscode.commands.executeCommand("vt-lsp.showStatus"); // ends when the message is answered
      const messages = await t.until("messages", async () => {
        const found = await t.messages();
        return found.length > 0 && found;
      });
      assert.ok(messages.length <= 2, JSON.stringify(messages)); // one for the start, one for who asks
      assert.ok(messages.every(({ text }) => text.includes(MISSING)), JSON.stringify(messages));
    },

    async "Install makes a private environment and starts its server"() {
      await vscode.commands.executeCommand("notifications.showList");
      await outside.answer(MISSING, "Install");
      await outside.confirm("Install the vt-lsp server", "Install");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9, t.messages, 300_000);
      assert.match(await outside.server(), /globalStorage.*python -I -m vt_lsp server$/);
      assert.deepEqual((await t.messages()).filter(({ text }) => !text.includes(MISSING)), []);
    },
  };
};

exports.again = (vscode, t, outside) => ({
    async "the next window uses it without asking"() {
      const spec = await t.open("docs/design.md");
      await t.until("diagnostics", () => t.codes(spec.uri).length === 9, t.messages);
      assert.match(await outside.server(), /globalStorage.*python -I -m vt_lsp server$/);
      assert.deepEqual(await t.messages(), []);
    },
});

exports.calls = (box) => ({
  /** The command line of a running server. */
  server: () => {
    const { stdout } = spawnSync("pgrep", ["-f", `^${box.home}.* -m vt_lsp server`], { encoding: "utf8" });
    const pids = stdout.trim().split("\n").filter(Boolean);
    return pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim()).join("\n");
  },
});

exports.outside = ({ box, run, window }) => ({
    async "what was made is kept for the next window"() {
      await window.close();
      await run("again", `${box.dir}/ordersvc`);
    },
});
