/** The search for the server in this window, and what is remembered of it, so that a start costs no search. */

import * as vscode from "vscode";
import { log } from "./log";
import type { PrivateEnvironment } from "./privateEnvironment";
import type { PythonExtension } from "./pythonExtension";
import { findServer, isStillThere, type NotFound, searchKey, type ServerCommand, type World } from "./search";

const MEMORY = "server";

interface Remembered {
  readonly key: string;
  readonly command: ServerCommand;
}

/** The folders of the workspace that lie on a disk. */
export function fileFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath);
}

export class Finder {
  constructor(
    private readonly memory: vscode.Memento,
    private readonly python: PythonExtension,
    private readonly own: PrivateEnvironment,
  ) {}

  /** The command line of the server: the remembered one if it is still there and `fresh` is not asked for. */
  async find(fresh: boolean): Promise<ServerCommand | NotFound> {
    const world = this.world();
    const key = searchKey(world);
    const remembered = this.memory.get<Remembered>(MEMORY);
    if (!fresh && remembered?.key === key && (await isStillThere(remembered.command)))
      return remembered.command;
    const found = await findServer(world, (line) => {
      log.info(line);
    });
    await this.memory.update(MEMORY, "missing" in found ? undefined : { key, command: found });
    return found;
  }

  /** Whether a search would now find another server than `command`. */
  async isOutdated(command: ServerCommand): Promise<boolean> {
    const found = await findServer(this.world(), () => undefined);
    if ("missing" in found) return false; // what runs is better than nothing
    return JSON.stringify([found.command, found.args]) !== JSON.stringify([command.command, command.args]);
  }

  private world(): World {
    const settings = vscode.workspace.getConfiguration("vt-lsp");
    return {
      path: settings.get<string[]>("path", []),
      interpreter: settings.get("interpreter", ""),
      isTrusted: vscode.workspace.isTrusted,
      folders: fileFolders(),
      env: process.env,
      activePython: () => this.python.activePython(),
      privatePython: () => this.own.python(),
    };
  }
}
