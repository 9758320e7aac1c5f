// Runs tests inside the extension host of a window. An extension like any other, not VS Code's own way to run tests: that one
// trusts every workspace and shows no dialogs.
const http = require("node:http");
const vscode = require("vscode");
const helpers = require("./helpers.js");

function ask(window, method, args) {
  return new Promise((resolve, reject) => {
    const request = http.request(process.env.VT_BRIDGE, { method: "POST" }, (response) => {
      let body = "";
      response.on("data", (piece) => (body += piece));
      response.on("end", () => {
        const { result, error } = JSON.parse(body);
        if (error) reject(new Error(error));
        else resolve(result);
      });
    });
    request.on("error", reject);
    request.end(JSON.stringify({ window, method, args }));
  });
}

async function run() {
  const job = await ask(null, "begin", []);
  if (job === null) return;
  const outside = new Proxy({}, { get: (_, method) => (...args) => ask(job.name, method, args) });
  const tests = require(job.file)[job.part](vscode, helpers.forTests(vscode, outside), outside);
  for (const [name, run] of Object.entries(tests)) {
    const begin = Date.now();
    let failure = null;
    try {
      await run();
    } catch (error) {
      failure = String(error.stack ?? error);
    }
    await outside.report({ name, failure, ms: Date.now() - begin });
  }
  await outside.done();
}

exports.activate = () => void run(); // the window does not wait for it
