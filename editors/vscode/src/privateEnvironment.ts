/** A Python environment of our own in the storage of the extension; made only when the user agrees. */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { cleanEnvironment, onPath } from "./environment";
import { pythonOf, pythonVersion } from "./python";

const POINTER = "environment.json";
const OLDEST = [3, 11] as const;
const NEWEST_MINOR = 16;

/** What the making tells while it goes on. */
export interface Making {
  readonly onStep: (step: string) => void;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The environment cannot be made; `hint` says what helps. */
export class CannotMake extends Error {
  constructor(
    message: string,
    readonly hint: "python" | "log",
  ) {
    super(message);
  }
}

/** `env` is where programs are looked for; `isAllowed` tells of a program whether it may be run. */
export interface Tools {
  readonly env: NodeJS.ProcessEnv;
  readonly interpreter: string;
  isAllowed(program: string): Promise<boolean>;
}

export class PrivateEnvironment {
  constructor(private readonly folder: string) {}

  /** Its Python; undefined if there is no such environment. */
  async python(): Promise<string | undefined> {
    try {
      const { python } = JSON.parse(await readFile(path.join(this.folder, POINTER), "utf8")) as {
        python?: unknown;
      };
      return typeof python === "string" ? python : undefined;
    } catch {
      return undefined;
    }
  }

  /** Make an environment with a version of vt-lsp; the one before is used until this is done, and then removed. */
  async make(version: string, tools: Tools, making: Making): Promise<void> {
    const before = await this.python();
    const fresh = path.join(this.folder, `environment-${randomUUID().slice(0, 8)}`);
    await mkdir(this.folder, { recursive: true });
    try {
      const uv = await firstAllowed(["uv"], tools);
      if (uv) await makeWithUv(uv, fresh, version, making);
      else await makeWithVenv(await findPython(tools), fresh, version, making);
      const pointer = path.join(fresh, POINTER);
      await writeFile(pointer, JSON.stringify({ python: pythonOf(fresh), version }));
      await rename(pointer, path.join(this.folder, POINTER)); // in one step: another window never sees half of it
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
    const old = before ? path.dirname(path.dirname(before)) : undefined;
    if (old && path.dirname(old) === this.folder)
      await rm(old, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function makeWithUv(uv: string, folder: string, version: string, making: Making): Promise<void> {
  making.onStep("Making an environment with uv…");
  await run(uv, ["venv", "--no-project", "--no-config", "--python", `>=${OLDEST.join(".")}`, folder], making);
  making.onStep(`Installing vt-lsp ${version}…`);
  await run(uv, ["pip", "install", "--python", pythonOf(folder), `vt-lsp==${version}`], making);
}

async function makeWithVenv(python: string, folder: string, version: string, making: Making): Promise<void> {
  making.onStep("Making an environment…");
  await run(python, ["-I", "-m", "venv", folder], making).catch((error: unknown) => {
    if (!(error instanceof CannotMake)) throw error;
    const isDebian = /ensurepip|python3-venv/.test(error.message);
    const help = isDebian ? "On Debian and Ubuntu: apt install python3-venv." : error.message;
    throw new CannotMake(`${python} cannot make environments. ${help}`, "log");
  });
  making.onStep(`Installing vt-lsp ${version}…`);
  const options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  await run(pythonOf(folder), ["-I", "-m", "pip", "install", ...options, `vt-lsp==${version}`], making);
}

/** The first Python that is new enough: the one of the settings, then those of PATH, the newest first. */
async function findPython(tools: Tools): Promise<string> {
  const versions = Array.from({ length: NEWEST_MINOR - OLDEST[1] + 1 }, (_, index) => NEWEST_MINOR - index);
  const names = ["python3", "python", ...versions.map((minor) => `python3.${minor}`)];
  const seen = new Set<string>();
  for (const python of [
    ...(tools.interpreter ? [tools.interpreter] : []),
    ...(await allowed(names, tools)),
  ]) {
    if (seen.has(python)) continue;
    seen.add(python);
    const found = await pythonVersion(python);
    if (found && (found[0] > OLDEST[0] || (found[0] === OLDEST[0] && found[1] >= OLDEST[1]))) return python;
  }
  throw new CannotMake(
    `vt-lsp needs Python ${OLDEST.join(".")} or newer, and none was found on PATH.`,
    "python",
  );
}

async function firstAllowed(names: readonly string[], tools: Tools): Promise<string | undefined> {
  return (await allowed(names, tools))[0];
}

async function allowed(names: readonly string[], tools: Tools): Promise<string[]> {
  const programs = await onPath(names, tools.env);
  const answers = await Promise.all(programs.map((program) => tools.isAllowed(program)));
  return programs.filter((_, index) => answers[index]);
}

function run(program: string, args: readonly string[], making: Making): Promise<void> {
  return new Promise((resolve, reject) => {
    making.signal.throwIfAborted();
    making.onLine(`> ${[program, ...args].join(" ")}`);
    const cwd = path.dirname(program);
    const env = cleanEnvironment(process.env);
    const child = spawn(program, [...args], { cwd, env, windowsHide: true, signal: making.signal });
    let last = "";
    const read = (data: Buffer) => {
      for (const line of data.toString("utf8").split(/\r?\n/).filter(Boolean)) {
        making.onLine(line);
        if (!/^(WARNING|\[notice\]|hint:)/i.test(line.trim())) last = line.trim();
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CannotMake(
            last || `${path.basename(program)} ended with exit code ${code ?? "unknown"}.`,
            "log",
          ),
        );
    });
  });
}
