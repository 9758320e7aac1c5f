/** The alerts that wait for somebody, below the specs: the most important first, each with its reasons. */

import * as vscode from "vscode";
import { count, plain, severityIcon } from "./format";
import { log } from "./log";
import { type Alert, type Alerts, REACT_TO_ALERT, SHOW_ALERTS } from "./protocol";
import type { Server } from "./server";

const VIEW = "vt-lsp.alerts";
const EXECUTE = "workspace/executeCommand";

export class AlertsView implements vscode.TreeDataProvider<Alert>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Alert>;
  private readonly listeners: vscode.Disposable[];
  private alerts: readonly Alert[] = [];
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly server: Server) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    const refresh = () => void this.refresh();
    this.listeners = [server.onDidChangeState(refresh), server.onDidChangeAlerts(refresh)];
  }

  /** Do something with an alert; the server does it. */
  async react(alert: Alert | undefined, action: string): Promise<void> {
    if (alert) await this.server.request(EXECUTE, { command: REACT_TO_ALERT, arguments: [alert.id, action] });
    await this.refresh();
  }

  getTreeItem(alert: Alert): vscode.TreeItem {
    const item = new vscode.TreeItem(alert.message.replace(/`/g, ""), vscode.TreeItemCollapsibleState.None);
    const [icon, colour] = severityIcon(alert.severity);
    item.id = alert.id;
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(colour));
    item.description = alert.context.path ? `${alert.context.path}:${alert.context.line ?? 1}` : "";
    const reasons = alert.reasons.map((reason) => `- ${plain(reason)}`).join("\n");
    item.tooltip = new vscode.MarkdownString(
      `${plain(alert.message)}\n\nPriority ${alert.priority}, rule ${plain(alert.rule)}\n\n${reasons}`,
    );
    item.contextValue = ["alert", alert.state, ...alert.actions].join(" ");
    if (alert.uri)
      item.command = { command: "vt-lsp.reactToAlert", title: "Open", arguments: [alert, "open"] };
    return item;
  }

  getChildren(alert?: Alert): Alert[] {
    return alert ? [] : [...this.alerts];
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.view.dispose();
    this.changes.dispose();
  }

  private async refresh(): Promise<void> {
    try {
      const answer = await this.server.request<Alerts>(EXECUTE, { command: SHOW_ALERTS, arguments: [{}] });
      this.alerts = answer?.alerts ?? [];
    } catch (error) {
      log.warn(`${SHOW_ALERTS}: ${String(error)}`);
    }
    const open = this.alerts.filter(({ state }) => state === "open").length;
    this.view.badge = open > 0 ? { value: open, tooltip: count(open, "alert") } : undefined;
    this.changes.fire(undefined);
  }
}
