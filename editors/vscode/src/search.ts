/** Where the server is: the one order in which it is looked for. Pure but for the file system. */

import { stat } from "node:fs/promises";
import * as path from "node:path";
import { expand, isExecutable, isInside, onPath, pathFolders } from "./environment";
import { findPackage, pythonOf } from "./python";

/** A command line, why it was chosen, and the files that must still be there for it to work. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly reason: string;
  readonly witnesses: readonly string[];
}

/** Nothing was found; `setting` names the setting that is to blame, if one is. */
export interface NotFound {
  readonly missing: string;
  readonly setting?: "vt-lsp.path" | "vt-lsp.interpreter";
}

/** What the search may use. */
export interface World {
  readonly path: readonly string[];
  readonly interpreter: string;
  readonly isTrusted: boolean;
  readonly folders: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The interpreter that the Python extension has chosen. */
  activePython(): Promise<string | undefined>;
  /** The Python of the private environment. */
  privatePython(): Promise<string | undefined>;
}

type Outcome = ServerCommand | NotFound | undefined;

/**
 * Find the server: setting, interpreter, environment of the Python extension, `.venv` of the workspace, PATH, private
 * environment. A setting that does not work is told, not stepped over. In a workspace that is not trusted nothing of
 * the workspace is used.
 */
export async function findServer(
  world: World,
  note: (line: string) => void,
): Promise<ServerCommand | NotFound> {
  const places = [bySetting, byInterpreter, byPythonExtension, byWorkspace, byPath, byPrivateEnvironment];
  for (const place of places) {
    const outcome = await place(world, note);
    if (outcome) return outcome;
  }
  return { missing: "The vt-lsp server is not installed, or not where this extension looks for it." };
}

/** Whether a command that was found earlier can still be used; looks at files only. */
export async function isStillThere(command: ServerCommand): Promise<boolean> {
  const checks = command.witnesses.map((file) =>
    stat(file).then(
      () => true,
      () => false,
    ),
  );
  return command.witnesses.length > 0 && (await Promise.all(checks)).every(Boolean);
}

/** What the choice depends on, as a key for remembering it. */
export function searchKey(world: World): string {
  return JSON.stringify([world.path, world.interpreter, world.isTrusted, world.folders]);
}

function moduleOf(python: string, witness: string, reason: string): ServerCommand {
  // Isolated: a `typing.py` in the current folder, or what PYTHONPATH names, must not shadow.
  return { command: python, args: ["-I", "-m", "vt_lsp", "server"], reason, witnesses: [python, witness] };
}

/** A program that was named with or without its folder. */
async function located(program: string, world: World): Promise<string | undefined> {
  return path.isAbsolute(program) ? program : (await onPath([program.replace(/\.exe$/i, "")], world.env))[0];
}

async function bySetting(world: World): Promise<Outcome> {
  const [first, ...args] = world.path.map((part) => expand(part, world.folders[0], world.env));
  if (!first) return undefined;
  const setting = "vt-lsp.path";
  const command = await located(first, world);
  if (!command || !(await isExecutable(command)))
    return {
      missing: `The setting ${setting} names “${first}”, which is no program that can be run.`,
      setting,
    };
  if (!world.isTrusted && (await isInside(command, world.folders)))
    return {
      missing: `The setting ${setting} names a program inside this workspace, which is not trusted.`,
      setting,
    };
  return { command, args, reason: `the setting ${setting}`, witnesses: [command] };
}

async function byInterpreter(world: World): Promise<Outcome> {
  if (!world.interpreter) return undefined;
  const setting = "vt-lsp.interpreter";
  const python = await located(expand(world.interpreter, world.folders[0], world.env), world);
  if (!python || !(await isExecutable(python)))
    return {
      missing: `The setting ${setting} names “${world.interpreter}”, which is no Python that can be run.`,
      setting,
    };
  if (!world.isTrusted && (await isInside(python, world.folders)))
    return {
      missing: `The setting ${setting} names a Python inside this workspace, which is not trusted.`,
      setting,
    };
  const witness = await findPackage(python);
  if (!witness)
    return { missing: `The Python “${python}” of the setting ${setting} has no vt-lsp.`, setting };
  return moduleOf(python, witness, `the setting ${setting}`);
}

async function byPythonExtension(world: World, note: (line: string) => void): Promise<Outcome> {
  const python = world.isTrusted ? await world.activePython() : undefined;
  if (!python) return undefined;
  const witness = await findPackage(python);
  if (witness) return moduleOf(python, witness, "the environment chosen in the Python extension");
  note(`the environment chosen in the Python extension has no vt-lsp: ${python}`);
  return undefined;
}

async function byWorkspace(world: World, note: (line: string) => void): Promise<Outcome> {
  if (!world.isTrusted) {
    note("this workspace is not trusted: its environments are not used");
    return undefined;
  }
  for (const folder of world.folders) {
    const python = pythonOf(path.join(folder, ".venv"));
    const witness = await findPackage(python);
    if (witness) return moduleOf(python, witness, `the environment ${path.join(folder, ".venv")}`);
  }
  note("no .venv of the workspace has vt-lsp");
  return undefined;
}

async function byPath(world: World, note: (line: string) => void): Promise<Outcome> {
  for (const command of await onPath(["vt-lsp"], world.env)) {
    if (world.isTrusted || !(await isInside(command, world.folders)))
      return { command, args: ["server"], reason: placeOf(command, world.env), witnesses: [command] };
    note(`not used, since it lies inside a workspace that is not trusted: ${command}`);
  }
  note("there is no vt-lsp on PATH");
  return undefined;
}

function placeOf(command: string, env: NodeJS.ProcessEnv): string {
  return pathFolders(env).includes(path.dirname(command)) ? "PATH" : "the programs of uv, pipx and pip";
}

async function byPrivateEnvironment(world: World, note: (line: string) => void): Promise<Outcome> {
  const python = await world.privatePython();
  const witness = python ? await findPackage(python) : undefined;
  if (python && witness) return moduleOf(python, witness, "the private environment of this extension");
  note("no private environment was made yet");
  return undefined;
}
