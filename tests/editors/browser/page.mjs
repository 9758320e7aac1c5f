// Opens a page of ours in a real Chromium and tells what a user sees there: node page.mjs FILE SCENARIO SHOTS
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(path.join(process.env.VT_EDITORS, "playwright/"))("playwright-core");
const [file, scenario, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const context = await browser.newContext({ viewport: { width: 1240, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || requests.push(request.url()));
  page.on("dialog", (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(pathToFileURL(path.resolve(file)).href);
  const { default: look } = await import(pathToFileURL(path.resolve(scenario)).href);
  const seen = await look(page, (name, options = {}) => page.screenshot({ path: path.join(shots, `${name}.png`), ...options }), shots);
  console.log(JSON.stringify({ ...seen, errors, requests }));
} finally {
  await browser.close();
}
