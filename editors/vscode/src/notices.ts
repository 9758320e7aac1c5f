/** What is told in a message, with buttons that help; each thing once, until the server runs again. */

import * as vscode from "vscode";
import { HELP } from "./install";
import { log } from "./log";
import type { Server, State } from "./server";

/** What a button does. */
const ACTIONS: Readonly<Record<string, () => unknown>> = {
  Install: () => vscode.commands.executeCommand("vt-lsp.install"),
  Update: () => vscode.commands.executeCommand("vt-lsp.install"),
  Restart: () => vscode.commands.executeCommand("vt-lsp.restart"),
  Start: () => vscode.commands.executeCommand("vt-lsp.restart"),
  "Select Path…": () => vscode.commands.executeCommand("vt-lsp.selectPath"),
  "Open Settings": () =>
    vscode.commands.executeCommand("workbench.action.openSettings", "@ext:velocitytree.vt-lsp"),
  "Show Log": () => {
    log.show();
  },
  Help: () => vscode.env.openExternal(HELP),
};

interface Notice {
  readonly text: string;
  readonly buttons: readonly string[];
  readonly isError?: true;
}

export class Notices {
  private readonly told = new Set<string>();

  constructor(private readonly version: string) {}

  /** Tell of a state that needs the user, unless that was done. */
  on(state: State): void {
    if (state.kind === "running") this.told.clear();
    const notice = needsUser(state) ? noticeFor(state, this.version) : undefined;
    if (!notice || this.told.has(notice.text)) return;
    this.told.add(notice.text);
    void tell(notice);
  }

  /** Answer somebody who wants something that needs the server. */
  async explain(server: Server): Promise<void> {
    const notice = noticeFor(server.state, this.version);
    if (notice) await tell(notice);
  }
}

function needsUser(state: State): boolean {
  return state.kind === "missing" || state.kind === "tooOld" || state.kind === "failed";
}

function noticeFor(state: State, version: string): Notice | undefined {
  switch (state.kind) {
    case "missing":
      return state.notFound.setting
        ? { text: state.notFound.missing, buttons: ["Open Settings", "Help"] }
        : { text: state.notFound.missing, buttons: ["Install", "Select Path…", "Help"] };
    case "tooOld": {
      const text = `The vt-lsp server has version ${state.version || "unknown"}; this extension needs ${version} or newer.`;
      const isOwn = state.command.reason.includes("private environment");
      return {
        text: `${text} It was found by: ${state.command.reason}.`,
        buttons: isOwn ? ["Update", "Help"] : ["Help"],
      };
    }
    case "failed":
      return {
        text: `The vt-lsp server does not run. ${state.why}`,
        buttons: ["Restart", "Show Log"],
        isError: true,
      };
    case "waiting":
      return {
        text: "The vt-lsp server has crashed and is started again soon.",
        buttons: ["Restart", "Show Log"],
      };
    case "stopped":
      return { text: "The vt-lsp server is stopped.", buttons: ["Start"] };
    case "idle":
      return { text: "vt-lsp compares the files of a folder: open one first.", buttons: [] };
    case "virtual":
      return { text: "vt-lsp reads files from disk; no folder of this workspace is on one.", buttons: [] };
    case "searching":
    case "starting":
      return { text: "The vt-lsp server is just starting.", buttons: [] };
    case "running":
      return undefined;
  }
}

async function tell({ text, buttons, isError }: Notice): Promise<void> {
  const { showErrorMessage, showWarningMessage } = vscode.window;
  const choice = await (isError ? showErrorMessage : showWarningMessage)(text, ...buttons);
  if (choice) await ACTIONS[choice]?.();
}
