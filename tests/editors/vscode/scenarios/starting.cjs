// A measurement: what the editor adds between the activation of the extension and the first diagnostics. No time is asserted.
const assert = require("node:assert/strict");
const fs = require("node:fs");

const ROUNDS = 3;

exports.setup = (box) => {
  box.installServer();
  for (let round = 0; round < ROUNDS; round++) {
    box.example(`round-${round}`);
    fs.rmSync(`${box.dir}/round-${round}/vt-lsp.toml`); // with it VS Code activates the extension itself, too early for us
  }
  return {};
};

exports.round = (vscode, t, outside) => ({
    async "diagnostics come after the activation"() {
      const extension = await t.until("the extension", () => vscode.extensions.getExtension(t.EXTENSION));
      assert.equal(extension.isActive, false);
      const shown = new Promise((resolve) => {
        vscode.languages.onDidChangeDiagnostics(({ uris }) => {
          if (uris.some((uri) => t.ours(uri).length > 0)) resolve(performance.now());
        });
      });
      const begin = performance.now();
      await extension.activate();
      await outside.took((await shown) - begin);
    },
});

const times = [];
exports.calls = () => ({ took: (ms) => void times.push(ms) });

exports.outside = ({ box, run, note, firstDiagnostics }) => ({
    async "the time from the activation to the first diagnostics is measured"() {
      const alone = [];
      for (let round = 0; round < ROUNDS; round++) {
        const env = { ...process.env, XDG_CACHE_HOME: `${box.dir}/cache-${round}`, XDG_STATE_HOME: `${box.dir}/state-${round}` };
        alone.push(await firstDiagnostics(`${box.bin}/vt-lsp`, `${box.dir}/round-${round}`, env));
        const window = await run("round", `${box.dir}/round-${round}`);
        await window.close();
      }
      assert.equal(times.length, ROUNDS);
      const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
      const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
      const added = middle(times.map((ms, round) => ms - alone[round]));
      note(
        `activation to first diagnostics ${seconds(middle(times))}, the server alone ${seconds(middle(alone))}: ` +
          `${seconds(added)} added by the editor (aim: 0.50 s; median of ${ROUNDS})`,
      );
    },
});
