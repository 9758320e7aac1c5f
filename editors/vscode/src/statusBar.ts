/** What the server is doing, in the status bar and in the language status of Python and Markdown. */

import * as vscode from "vscode";
import { documentSelector } from "./client";
import { count, percent } from "./format";
import type { Status } from "./protocol";
import type { Server, State } from "./server";
import { summarize, type Summary } from "./summary";

export const MENU = "vt-lsp.menu";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("vt-lsp", vscode.StatusBarAlignment.Left, 10);
  private readonly language = vscode.languages.createLanguageStatusItem("vt-lsp", documentSelector);

  constructor(private readonly server: Server) {
    this.item.name = "vt-lsp";
    this.item.command = MENU;
    this.language.name = "vt-lsp";
    this.language.command = { command: MENU, title: "Actions" };
    this.update();
  }

  /** Show how things are now. */
  update(): void {
    const { state, status } = this.server;
    const summary = summarize(state, status);
    if (state.kind === "idle") this.item.hide();
    else this.item.show();
    this.item.text = `$(${summary.icon}) ${summary.text}`;
    this.item.tooltip = tooltip(summary, state, status);
    const colour = {
      plain: undefined,
      warning: "statusBarItem.warningBackground",
      error: "statusBarItem.errorBackground",
    };
    const background = colour[summary.level];
    this.item.backgroundColor = background ? new vscode.ThemeColor(background) : undefined;
    const compliance =
      status && state.kind === "running" ? `, ${percent(status.compliance)} of claims hold` : "";
    this.item.accessibilityInformation = { label: `vt-lsp: ${summary.text}${compliance}. ${summary.detail}` };
    this.language.text =
      status && state.kind === "running" ? `${count(status.drifts, "drift")}${compliance}` : summary.text;
    this.language.detail = summary.detail || "specs and code";
    this.language.busy = summary.isBusy;
    const { Error, Warning, Information } = vscode.LanguageStatusSeverity;
    this.language.severity = { plain: Information, warning: Warning, error: Error }[summary.level];
  }

  dispose(): void {
    this.item.dispose();
    this.language.dispose();
  }
}

function tooltip(summary: Summary, state: State, status: Status | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString("", true);
  const links: [string, string][] =
    state.kind === "running"
      ? [
          ["Drifts", "vt-lsp.goToDrift"],
          ["Specs", "vt-lsp.specs.focus"],
          ["Status", "vt-lsp.showStatus"],
          ["Check again", "vt-lsp.checkWorkspace"],
        ]
      : [
          ["Restart", "vt-lsp.restart"],
          ["Log", "vt-lsp.showLogs"],
        ];
  text.isTrusted = { enabledCommands: links.map(([, command]) => command) };
  text.appendMarkdown(`**vt-lsp**${state.kind === "running" ? ` ${state.version}` : ""}\n\n`);
  if (status && state.kind === "running")
    text.appendMarkdown(
      `${count(status.drifts, "drift")} · ${percent(status.compliance)} of claims hold\n\n`,
    );
  if (summary.detail) text.appendText(summary.detail).appendMarkdown("\n\n");
  text.appendMarkdown(links.map(([title, command]) => `[${title}](command:${command})`).join(" · "));
  return text;
}
