/** How the nodes of the Spec view look. */

import * as vscode from "vscode";
import { count, holding, percent, plain, severityIcon } from "./format";
import type { Claim, Counts } from "./protocol";
import type { Node } from "./specNodes";

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** Opens the place of a node; not in the palette. */
export const OPEN_NODE = "vt-lsp.openNode";

export function treeItem(node: Node): vscode.TreeItem {
  const item = make(node);
  item.id = node.id;
  return item;
}

function make(node: Node): vscode.TreeItem {
  switch (node.kind) {
    case "folder": {
      const item = new vscode.TreeItem(node.folder.name, vscode.TreeItemCollapsibleState.Expanded);
      item.iconPath = new vscode.ThemeIcon("root-folder");
      item.description = percent(node.folder.compliance);
      return item;
    }
    case "spec": {
      const { spec } = node;
      const name = spec.path.slice(spec.path.lastIndexOf("/") + 1);
      const item = new vscode.TreeItem(name, Collapsed);
      const { progress } = spec;
      const isListOnly = progress !== undefined && spec.holds + spec.broken === 0;
      item.iconPath = isListOnly ? new vscode.ThemeIcon("checklist") : stateIcon(spec);
      const done = progress ? `${progress.done}/${progress.total} done` : "";
      const share = isListOnly ? "" : shareOf(spec, spec.compliance);
      item.description = [share, done, spec.path.slice(0, -name.length - 1)].filter(Boolean).join("  ");
      item.tooltip = tooltip(spec.path, spec);
      item.contextValue = "spec";
      return item;
    }
    case "progress": {
      const item = new vscode.TreeItem(`${node.progress.done} of ${node.progress.total} tasks done`, None);
      const colour = {
        high: "errorForeground",
        medium: "problemsWarningIcon.foreground",
        low: undefined,
        none: undefined,
      };
      const name = colour[node.progress.risk];
      item.iconPath = new vscode.ThemeIcon("checklist", name ? new vscode.ThemeColor(name) : undefined);
      item.description = node.progress.text.split(" · ").slice(1).join(" · ");
      item.tooltip = node.progress.text;
      item.contextValue = "progress";
      item.command = { command: OPEN_NODE, title: "Show Forecast", arguments: [node] };
      return item;
    }
    case "section": {
      const item = new vscode.TreeItem(node.section.title, Collapsed);
      item.iconPath = stateIcon(node.section);
      item.description = holding(node.section);
      item.tooltip = tooltip(node.section.title, node.section);
      item.contextValue = "section";
      return item;
    }
    case "decision": {
      const item = new vscode.TreeItem(node.decision.title, None);
      item.iconPath = new vscode.ThemeIcon("law");
      item.contextValue = "decision";
      item.command = { command: OPEN_NODE, title: "Show Decision", arguments: [node] };
      return item;
    }
    case "claim":
      return claimItem(node.claim, node);
  }
}

function claimItem(claim: Claim, node: Node): vscode.TreeItem {
  const item = new vscode.TreeItem(claim.text, None);
  item.iconPath = claimIcon(claim);
  item.description = claim.message.replace(/`/g, "");
  item.tooltip = claimTooltip(claim);
  item.contextValue = [
    "claim",
    claim.state,
    claim.target ? "code" : "",
    claim.fingerprint ? "drift" : "",
  ].join(" ");
  item.command = { command: OPEN_NODE, title: "Open", arguments: [node] };
  return item;
}

function claimIcon(claim: Claim): vscode.ThemeIcon {
  const [icon, colour] = {
    holds: ["pass", "testing.iconPassed"] as const,
    unknown: ["question", "disabledForeground"] as const,
    broken: severityIcon(claim.severity),
  }[claim.state];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(colour));
}

function stateIcon(counts: Counts): vscode.ThemeIcon {
  if (counts.broken > 0)
    return new vscode.ThemeIcon("warning", new vscode.ThemeColor("problemsWarningIcon.foreground"));
  if (counts.holds > 0) return new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
  return new vscode.ThemeIcon("question", new vscode.ThemeColor("disabledForeground"));
}

function shareOf({ holds, broken }: Counts, compliance: number): string {
  return holds + broken > 0 ? percent(compliance) : "not decided";
}

function tooltip(title: string, { holds, broken, unknown }: Counts): vscode.MarkdownString {
  const parts = [`${holds} hold`, `${broken} broken`, `${unknown} not decided`];
  return new vscode.MarkdownString(
    `**${plain(title)}**\n\n${count(holds + broken + unknown, "claim")}: ${parts.join(" · ")}`,
  );
}

function claimTooltip(claim: Claim): vscode.MarkdownString {
  const verdict = {
    holds: "$(pass) Holds: the code does what is written.",
    unknown: "$(question) Not decided: the code does not tell for certain.",
    broken: `$(${severityIcon(claim.severity)[0]}) ${claim.message}`,
  }[claim.state];
  const type = claim.type ? `\n\n_${plain(claim.type)}_` : "";
  return new vscode.MarkdownString(`${plain(claim.text)}\n\n${verdict}${type}`, true);
}
