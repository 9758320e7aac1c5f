// VS Code (code-server) with windows in Chromium: everything fresh, only loopback, nothing left behind.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";

export const EDITORS = process.env.VT_EDITORS;
export const PATIENCE = Number(process.env.VT_PATIENCE || 120_000); // ms; a bound for a hanging test on a busy machine, never a measure
const { chromium } = createRequire(path.join(EDITORS, "playwright/"))("playwright-core");

// What would show something of its own, ask something, or reach for the network.
const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "telemetry.telemetryLevel": "off",
  "chat.disableAIFeatures": true,
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "files.autoSave": "off",
  "editor.minimap.enabled": false,
};

/** Asks until the answer is truthy; gives it. Conditions, never sleeps. */
export async function until(what, ask, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** Whether a process lives; a zombie does not. */
export function alive(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function answers(url) {
  return new Promise((resolve) => {
    http
      .get(url, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on("error", () => resolve(false));
  });
}

function command(version, home) {
  const code = path.join(EDITORS, version, "node_modules/code-server/out/node/entry.js");
  const config = path.join(home, "code-server.yaml");
  mkdirSync(home, { recursive: true });
  if (!existsSync(config)) writeFileSync(config, "auth: none\ncert: false\n");
  return [path.join(EDITORS, "node/bin/node"), code, "--config", config, "--user-data-dir", path.join(home, "user")];
}

function environment(home, extra) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(XDG_|VSCODE_|VT_|NODE_OPTIONS$)/.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CACHE_HOME: path.join(home, "cache"),
    XDG_CONFIG_HOME: path.join(home, "config"),
    XDG_DATA_HOME: path.join(home, "data"),
    XDG_STATE_HOME: path.join(home, "state"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    VSCODE_CLI: "1", // take this environment; a login shell's would set PATH anew
    ...extra,
  };
}

/** Installs packages (.vsix) into a folder of extensions, as a user does. */
export function installExtensions(version, home, folder, packages) {
  const flags = packages.flatMap((file) => ["--install-extension", file]);
  const [node, ...args] = [...command(version, home), "--extensions-dir", folder, ...flags];
  const done = spawnSync(node, args, { env: environment(home, {}), encoding: "utf8", timeout: PATIENCE });
  const count = done.stdout.split("successfully installed").length - 1;
  if (done.status !== 0 || count !== packages.length) throw new Error(`not installed:\n${done.stdout}${done.stderr}`);
}

export class Code {
  /**
   * Starts VS Code and a browser. `settings` are the user's, `machine` those that only count for this machine, `env` is added
   * to the environment of the extension host.
   */
  static async start({ version, home, extensions, settings = {}, machine = {}, env = {}, trust = false }) {
    const code = new Code();
    const user = path.join(home, "user");
    for (const [folder, content] of [["User", { ...QUIET, ...settings }], ["Machine", machine]]) {
      mkdirSync(path.join(user, folder), { recursive: true });
      writeFileSync(path.join(user, folder, "settings.json"), JSON.stringify(content, null, 2));
    }
    const port = await freePort();
    const [node, ...args] = command(version, home);
    args.push("--extensions-dir", extensions, "--bind-addr", `127.0.0.1:${port}`, "--auth", "none");
    args.push("--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-proxy");
    args.push("--ignore-last-opened");
    if (!trust) args.push("--disable-workspace-trust");
    const log = openSync(path.join(home, "code-server.log"), "a");
    code.home = home;
    code.origin = `http://127.0.0.1:${port}`;
    code.process = spawn(node, args, { env: environment(home, env), stdio: ["ignore", log, log], detached: true });
    code.windows = [];
    try {
      await until("code-server", () => {
        if (code.process.exitCode !== null) throw new Error(`code-server ended, see ${home}/code-server.log`);
        return answers(`${code.origin}/healthz`);
      });
      code.browser = await chromium.launch({
        executablePath: process.env.VT_CHROMIUM || "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"].concat([
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-dev-shm-usage",
        ]),
      });
    } catch (error) {
      await code.stop();
      throw error;
    }
    return code;
  }

  /** A new window on a folder or a .code-workspace file. */
  async open(target, { viewport = { width: 1280, height: 800 } } = {}) {
    // A window is a browser profile of its own: what one stores the other does not see.
    const context = await this.browser.newContext({ viewport, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.route("**/*", (route) => {
      const url = new URL(route.request().url());
      const outside = url.protocol.startsWith("http") && url.hostname !== "127.0.0.1";
      return outside ? route.abort() : route.continue();
    });
    const kind = target.endsWith(".code-workspace") ? "workspace" : "folder";
    const window = new Window(this, page, `${this.origin}/?${kind}=${encodeURIComponent(target)}`);
    this.windows.push(window);
    await page.goto(window.url);
    await page.locator(".monaco-workbench").waitFor();
    return window;
  }

  async stop() {
    try {
      await this.browser?.close();
    } finally {
      if (alive(this.process.pid)) {
        const ended = once(this.process, "exit");
        process.kill(-this.process.pid, "SIGKILL"); // our own group: VS Code, extension hosts, language servers
        await ended;
      }
    }
  }
}

export class Window {
  constructor(code, page, url) {
    this.code = code;
    this.page = page;
    this.url = url;
  }

  /** All messages that wait for the user, as {text, buttons}; the list of messages is open afterwards. */
  async messages() {
    return this.page.locator(".notifications-center.visible .notification-list-item").evaluateAll((items) =>
      items.map((item) => ({
        text: item.querySelector(".notification-list-item-message")?.innerText ?? "",
        buttons: [...item.querySelectorAll(".notification-list-item-buttons-container .monaco-button")].map((b) => b.innerText),
      })),
    );
  }

  /** Presses the button of a message in the open list of messages. */
  async answer(text, button) {
    const item = this.page.locator(".notifications-center.visible .notification-list-item", { hasText: text });
    await item.locator(".monaco-button", { hasText: button }).click();
  }

  /** Presses the button of a modal question. */
  async confirm(text, button) {
    const box = this.page.locator(".monaco-dialog-box", { hasText: text });
    await box.locator(".monaco-button", { hasText: button }).first().click();
  }

  /** Whether there is something visible with a text. */
  async isShown(selector, text) {
    return this.page.locator(selector, { hasText: text }).first().isVisible();
  }

  async statusBar() {
    return this.page.locator(".statusbar-item:visible").evaluateAll((items) =>
      items.map((item) => ({ id: item.id, text: item.innerText, label: item.getAttribute("aria-label") ?? "" })),
    );
  }

  /** A picture, once everything has come to rest. */
  async screenshot(file) {
    const isMoving = () => document.getAnimations().some(({ playState, effect }) => playState === "running" && effect?.getTiming().iterations === 1);
    await until("the window to come to rest", async () => !(await this.page.evaluate(isMoving)), 5000).catch(() => undefined);
    await this.page.screenshot({ path: file });
  }

  /** Closes the window as a user does: VS Code may say goodbye to its extension host. */
  async close() {
    await this.page.close({ runBeforeUnload: true });
    await until("the window to close", () => this.page.isClosed());
  }
}
