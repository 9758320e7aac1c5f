/** Questions about a Python: answered by the file system where that is enough, else by the Python itself. */

import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { cleanEnvironment, isExecutable, isWindows } from "./environment";

const ANSWER_MS = 10_000;
const PACKAGE = /^vt_lsp(-.+\.dist-info)?$/i;

/** The Python of a virtual environment. */
export function pythonOf(environment: string): string {
  return isWindows
    ? path.join(environment, "Scripts", "python.exe")
    : path.join(environment, "bin", "python");
}

/**
 * The file or folder that shows that vt-lsp is installed for a Python; undefined if it is not.
 * It is looked for below `site-packages`; a Python that has other places is asked, isolated, so that nothing of the
 * current folder is imported.
 */
export async function findPackage(python: string): Promise<string | undefined> {
  if (!(await isExecutable(python))) return undefined;
  const environment = await environmentOf(python);
  if (environment) {
    for (const folder of await sitePackages(environment.root)) {
      const entry = (await entries(folder)).find((name) => PACKAGE.test(name));
      if (entry) return path.join(folder, entry);
    }
    if (environment.isClosed) return undefined;
  }
  const code = "import importlib.util as u; s = u.find_spec('vt_lsp'); print(s.origin if s else '')";
  const origin = (await ask(python, ["-I", "-c", code]))?.trim();
  return origin === "" ? undefined : origin;
}

/** The version of a Python as two numbers; undefined if it is none. */
export async function pythonVersion(python: string): Promise<readonly [number, number] | undefined> {
  const answer = await ask(python, ["-I", "-c", "import sys; print(*sys.version_info[:2])"]);
  const match = /^(\d+) (\d+)\s*$/.exec(answer ?? "");
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function ask(python: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      env: cleanEnvironment(process.env),
      timeout: ANSWER_MS,
      windowsHide: true,
      cwd: path.dirname(python),
    };
    execFile(python, args, options, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
}

async function environmentOf(python: string): Promise<{ root: string; isClosed: boolean } | undefined> {
  const folder = path.dirname(python);
  const root = isWindows && path.basename(folder).toLowerCase() !== "scripts" ? folder : path.dirname(folder);
  try {
    const text = await readFile(path.join(root, "pyvenv.cfg"), "utf8");
    return { root, isClosed: !/^\s*include-system-site-packages\s*=\s*true/im.test(text) };
  } catch {
    const isConda = await stat(path.join(root, "conda-meta")).then(
      () => true,
      () => false,
    );
    return isConda ? { root, isClosed: true } : undefined;
  }
}

async function sitePackages(root: string): Promise<string[]> {
  if (isWindows) return [path.join(root, "Lib", "site-packages")];
  const versions = (await entries(path.join(root, "lib"))).filter((name) => /^python3\.\d+t?$/.test(name));
  return versions.map((name) => path.join(root, "lib", name, "site-packages"));
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
