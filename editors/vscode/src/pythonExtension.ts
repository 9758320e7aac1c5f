/** The Python extension, if it is there: nothing here needs it. */

import * as vscode from "vscode";
import { log } from "./log";

const ID = "ms-python.python";
const ANSWER_MS = 3000;

/** The part of its public interface that is used. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly id: string; readonly path: string };
    resolveEnvironment(environment: {
      readonly id: string;
      readonly path: string;
    }): Promise<{ readonly executable?: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export class PythonExtension implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private listener: vscode.Disposable | undefined;
  /** Another environment was chosen. */
  readonly onDidChange = this.changes.event;

  /** The interpreter chosen for the first folder; undefined if there is none, or if the answer takes too long. */
  async activePython(): Promise<string | undefined> {
    const extension = vscode.extensions.getExtension<PythonApi | undefined>(ID);
    if (!extension) return undefined;
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, ANSWER_MS, undefined));
    try {
      return await Promise.race([this.ask(extension), late]);
    } catch (error) {
      log.warn(`the Python extension does not tell its environment: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    this.listener?.dispose();
    this.changes.dispose();
  }

  private async ask(extension: vscode.Extension<PythonApi | undefined>): Promise<string | undefined> {
    const environments = (await extension.activate())?.environments;
    if (!environments) return undefined;
    this.listener ??= environments.onDidChangeActiveEnvironmentPath(() => {
      this.changes.fire();
    });
    const active = environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    return (await environments.resolveEnvironment(active))?.executable?.uri?.fsPath;
  }
}
