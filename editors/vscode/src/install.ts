/** The offer to install the server, and what comes of it. */

import * as vscode from "vscode";
import { isInside } from "./environment";
import { fileFolders } from "./finder";
import { log } from "./log";
import { CannotMake, type PrivateEnvironment, type Tools } from "./privateEnvironment";

export const HELP = vscode.Uri.parse(
  "https://github.com/velocitytree/vt-lsp/blob/main/docs/editors/vscode.md",
);

/** Ask, then install the server into the private environment; gives whether it is there now. */
export async function installServer(own: PrivateEnvironment, version: string): Promise<boolean> {
  const detail =
    "A private Python environment is made in the storage of this extension, and vt-lsp is installed there with uv or pip, " +
    "from the package index that these are set up for. Your project and your other environments are not touched.";
  const answer = await vscode.window.showInformationMessage(
    `Install the vt-lsp server ${version}?`,
    { modal: true, detail },
    "Install",
  );
  if (answer !== "Install") return false;
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "vt-lsp", cancellable: true },
      async (progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => {
          abort.abort();
        });
        await own.make(version, tools(), {
          signal: abort.signal,
          onStep: (message) => {
            progress.report({ message });
          },
          onLine: (line) => {
            log.info(line);
          },
        });
      },
    );
    return true;
  } catch (error) {
    await tellWhy(error);
    return false;
  }
}

async function tellWhy(error: unknown): Promise<void> {
  if (error instanceof Error && error.name === "AbortError") {
    log.info("the installation was cancelled");
    return;
  }
  const why = error instanceof Error ? error.message : String(error);
  log.error(`the installation failed: ${why}`);
  const needsPython = error instanceof CannotMake && error.hint === "python";
  const choices = needsPython ? ["Select Python…", "Help"] : ["Show Log", "Help"];
  const choice = await vscode.window.showErrorMessage(`vt-lsp was not installed. ${why}`, ...choices);
  if (choice === "Show Log") log.show();
  if (choice === "Help") await vscode.env.openExternal(HELP);
  if (choice === "Select Python…")
    await vscode.commands.executeCommand("workbench.action.openSettings", "vt-lsp.interpreter");
}

function tools(): Tools {
  return {
    env: process.env,
    interpreter: vscode.workspace.getConfiguration("vt-lsp").get("interpreter", ""),
    isAllowed: async (program) => vscode.workspace.isTrusted || !(await isInside(program, fileFolders())),
  };
}
