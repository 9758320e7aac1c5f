/** Naming the server by hand. */

import * as path from "node:path";
import * as vscode from "vscode";

/** Let the user choose a server or a Python that has one; the setting is the user's own, not the workspace's. */
export async function selectPath(): Promise<void> {
  const title = "Select the vt-lsp program, or a Python that has vt-lsp";
  const [file] = (await vscode.window.showOpenDialog({ title, openLabel: "Use This" })) ?? [];
  if (!file) return;
  const settings = vscode.workspace.getConfiguration("vt-lsp");
  const isPython = /^python[\d.]*(\.exe)?$/i.test(path.basename(file.fsPath));
  const target = vscode.ConfigurationTarget.Global;
  if (isPython) {
    await settings.update("path", undefined, target);
    await settings.update("interpreter", file.fsPath, target);
  } else {
    await settings.update("path", [file.fsPath, "server"], target);
  }
}
