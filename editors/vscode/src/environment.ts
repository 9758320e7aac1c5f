/** What is taken from the environment of the editor, and what is not. */

import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

export const isWindows = process.platform === "win32";

const LEFT_OUT = new Set(["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"]);

/** The environment without the variables that change which modules a Python finds or runs. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LEFT_OUT.has(name.toUpperCase())));
}

/** The folders of PATH; relative ones are left out, since they mean another folder in each project. */
export function pathFolders(env: NodeJS.ProcessEnv): string[] {
  const value = env.PATH ?? env.Path ?? "";
  return [...new Set(value.split(path.delimiter).filter((folder) => path.isAbsolute(folder)))];
}

/**
 * Where uv, pipx and `pip install --user` put programs: an editor that was not started from a terminal often has a PATH
 * without it.
 */
export function toolFolders(env: NodeJS.ProcessEnv): string[] {
  const home = env.HOME ?? env.USERPROFILE;
  const folders = [env.UV_TOOL_BIN_DIR, env.XDG_BIN_HOME, home && path.join(home, ".local", "bin")];
  return folders.filter((folder) => folder !== undefined && path.isAbsolute(folder)) as string[];
}

/** Whether this is a file that can be run. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Whether a file, or what it links to, lies in one of the folders. */
export async function isInside(file: string, folders: readonly string[]): Promise<boolean> {
  const places = [path.resolve(file), await real(file)];
  const roots = (
    await Promise.all(folders.map(async (folder) => [path.resolve(folder), await real(folder)]))
  ).flat();
  return roots.some((root) => places.some((place) => isBelow(place, root)));
}

function isBelow(place: string, root: string): boolean {
  const between = path.relative(root, place);
  return between === "" || (between.split(path.sep)[0] !== ".." && !path.isAbsolute(between));
}

async function real(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    return path.resolve(file);
  }
}

/** The programs of one of these names, in the order of PATH, then those of the user's tools. */
export async function onPath(names: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const folders = new Set([...pathFolders(env), ...toolFolders(env)]);
  const files = [...folders].flatMap((folder) =>
    names.map((name) => path.join(folder, isWindows ? `${name}.exe` : name)),
  );
  const usable = await Promise.all(files.map(isExecutable));
  return files.filter((_, index) => usable[index]);
}

/** A path as people write it in settings: `~`, `${userHome}`, `${workspaceFolder}` and `${env:NAME}` are filled in. */
export function expand(text: string, folder: string | undefined, env: NodeJS.ProcessEnv): string {
  return text
    .replace(/^~(?=$|[\\/])/, os.homedir())
    .replace(/\$\{userHome\}/g, os.homedir())
    .replace(/\$\{workspaceFolder\}/g, (whole) => folder ?? whole)
    .replace(/\$\{env:(\w+)\}/g, (_, name: string) => env[name] ?? "");
}
