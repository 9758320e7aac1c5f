/** The report in a web view: the page that the server wrote, as it is; its own policy lets only its own scripts run. */

import * as vscode from "vscode";
import { log } from "./log";
import type { Report } from "./protocol";

let panel: vscode.WebviewPanel | undefined;
let folder: vscode.Uri | undefined; // that the report is of

/** Show the page; one report takes the place of the one before. */
export async function showReport({ file, uri }: Report): Promise<void> {
  const page = await vscode.workspace.fs.readFile(vscode.Uri.parse(file, true));
  panel ??= open();
  panel.webview.html = new TextDecoder().decode(page);
  folder = vscode.Uri.parse(uri, true);
  panel.reveal(undefined, false);
}

function open(): vscode.WebviewPanel {
  const options = {
    enableScripts: true,
    enableFindWidget: true,
    retainContextWhenHidden: true,
    localResourceRoots: [],
  };
  const made = vscode.window.createWebviewPanel(
    "vt-lsp.report",
    "vt-lsp: Report",
    vscode.ViewColumn.Active,
    options,
  );
  made.onDidDispose(() => {
    panel = undefined;
  });
  made.webview.onDidReceiveMessage((message: unknown) => {
    openPlace(message).catch((error: unknown) => {
      log.warn(`the report: ${String(error)}`);
    });
  });
  return made;
}

/** What a click on a place asks for: a path below the folder, and a line from 1. */
async function openPlace(message: unknown): Promise<void> {
  const { open: path, line } = (message ?? {}) as { open?: unknown; line?: unknown };
  if (!folder || typeof path !== "string" || path.split("/").includes("..")) return;
  const at = new vscode.Position(Math.max(Number(line) - 1, 0) || 0, 0);
  const selection = new vscode.Range(at, at);
  await vscode.commands.executeCommand("vscode.open", vscode.Uri.joinPath(folder, path), {
    selection,
    viewColumn: vscode.ViewColumn.Beside,
  });
}
