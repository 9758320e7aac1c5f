// Runs one scenario: scenario.mjs FILE OPTIONS. Prints one JSON line for each test, and one at the end.
// A scenario gives `setup(box)` (what VS Code is started with), `tests` (run in the extension host of the first window), and
// `outside` (run here afterwards, with VS Code still there).
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { commandsOf, firstDiagnostics } from "./bare.mjs";
import { Box } from "./box.mjs";
import { Bridge } from "./bridge.mjs";
import { alive, Code, until } from "./code.mjs";

const [file, raw] = process.argv.slice(2);
const options = JSON.parse(raw); // version, extensions, dir, python, repository, example, shots
const scenario = createRequire(import.meta.url)(file);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const bridge = await Bridge.start();
const box = new Box(options);
const LIMIT = 800_000; // ms, for a scenario that hangs
let code;

async function picture(name) {
  mkdirSync(options.shots, { recursive: true });
  const shots = code.windows.filter((window) => !window.page.isClosed()).map((window, number) =>
    window.screenshot(path.join(options.shots, `${name.replace(/\W+/g, "-")}-${number}.png`)),
  );
  await Promise.allSettled(shots);
}

async function report(result) {
  if (result.failure) await picture(result.name);
  say(result);
}

/** What tests in the host may ask of their window and of the world outside. */
const calls = (window) => ({
  messages: async () => (await window()).messages(),
  answer: async (...args) => (await window()).answer(...args),
  confirm: async (...args) => (await window()).confirm(...args),
  statusBar: async () => (await window()).statusBar(),
  starts: () => box.starts(),
  isGone: (pid) => !alive(pid),
  isShown: async (selector, text) => (await window()).isShown(selector, text),
  serverCommands: () => commandsOf(`${box.bin}/vt-lsp`, box.dir, { ...process.env, HOME: box.home }),
  ...(scenario.calls?.(box, window, run) ?? {}),
});

/** Opens a window and runs a part of the scenario in it; gives the window when the tests are through. */
async function run(part, target) {
  let opened;
  const window = () => until("the window", () => opened);
  const done = bridge.expect(file, part, calls(window), report);
  opened = await code.open(target);
  const gone = new Promise((_, reject) => opened.page.on("crash", () => reject(new Error("the window crashed"))));
  await Promise.race([done, gone]);
  return opened;
}

async function giveUp(why) {
  if (code) await picture("given-up");
  say({ broken: why });
  await code?.stop();
  process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void giveUp(`ended by ${signal}`));
const limit = setTimeout(() => void giveUp("it takes too long"), LIMIT);

try {
  const setup = await scenario.setup(box);
  const env = { ...box.environment(), ...setup.env, VT_BRIDGE: bridge.url, VT_PATIENCE: process.env.VT_PATIENCE ?? "" };
  code = await Code.start({ ...options, home: box.home, ...setup, env });
  const shot = async (window, name) => {
    mkdirSync(options.shots, { recursive: true });
    await window.screenshot(path.join(options.shots, `vscode-${name}.png`));
  };
  const note = (text) => say({ note: text });
  const world = { box, code, run, alive, until, shot, note, firstDiagnostics };
  if (scenario.tests) world.window = await run("tests", setup.workspace);
  for (const [name, test] of Object.entries(scenario.outside?.(world) ?? {})) {
    const begin = Date.now();
    let failure = null;
    try {
      await test();
    } catch (error) {
      failure = String(error.stack ?? error);
    }
    await report({ name, failure, ms: Date.now() - begin });
    if (failure && scenario.isJourney) break; // each step stands on the one before
  }
  say({ end: true });
} catch (error) {
  if (code) await picture("failed");
  say({ broken: String(error.stack ?? error) });
} finally {
  clearTimeout(limit);
  await code?.stop();
  bridge.stop();
}
