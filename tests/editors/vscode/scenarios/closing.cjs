// The window closes, or its extension host dies, in the middle of the first scan: the server is gone within two seconds.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");

const LIMIT = 2000; // ms

exports.setup = (box) => {
  box.installServer();
  const methods = Array.from({ length: 60 }, (_, number) => `    def method_${number}(self, value: int = ${number}) -> int: ...`);
  for (let number = 0; number < 2500; number++) {
    const module = `big/src/shop/part_${number % 50}/module_${number}`;
    box.write(`${module}.py`, `class Thing${number}:\n${methods.join("\n")}\n`);
  }
  const lines = Array.from({ length: 2500 }, (_, number) => `Use \`Thing${number}.method_${number % 70}()\`.\n`);
  box.write("big/docs/design.md", `# Design\n\n${lines.join("\n")}`);
  box.write("big/pyproject.toml", '[project]\nname = "shop"\nversion = "1"\n');
  return { workspace: `${box.dir}/big` };
};

const scanning = (t, outside) => async () => {
  await t.open("docs/design.md");
  const api = await t.api();
  await t.until("the server to scan", async () => {
    if (api.state().kind !== "running") return false;
    return (await outside.starts()).length > 0;
  });
  const { quiescent } = await api.client().sendRequest("workspace/executeCommand", { command: "vt-lsp.showStatus" });
  assert.equal(quiescent, false, "the scan is over already");
};

exports.tests = (vscode, t, outside) => ({
    async "the server is in the middle of its scan"() {
      await scanning(t, outside)();
    },
});

exports.again = (vscode, t, outside) => ({
    async "another server is in the middle of its scan"() {
      await vscode.commands.executeCommand("vt-lsp.restart");
      await scanning(t, outside)();
    },
});

const parentOf = (pid) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

exports.outside = ({ box, run, window, alive, until }) => {
  const gone = async (what, pid) => {
    const begin = Date.now();
    await until(`${what} to go`, () => !alive(pid));
    return Date.now() - begin;
  };

  return {
    async "closing the window ends it in time"() {
      const { pid } = box.starts().at(-1);
      await window.close();
      const took = await gone("the server", pid);
      assert.ok(took < LIMIT, `${took} ms`);
    },

    async "an extension host that dies takes it along in time"() {
      await run("again", `${box.dir}/big`);
      const { pid } = box.starts().at(-1);
      process.kill(parentOf(pid), "SIGKILL");
      const took = await gone("the server", pid);
      assert.ok(took < LIMIT, `${took} ms`);
    },
  };
};
