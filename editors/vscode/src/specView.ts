/** The Spec view: spec files, their sections and claims, read lazily and kept up to date. */

import * as vscode from "vscode";
import { count } from "./format";
import { log } from "./log";
import { type Claims, CLAIMS, type SpecFolder, SPECS } from "./protocol";
import type { Server } from "./server";
import { treeItem } from "./specItems";
import { contentNodes, documentNodes, type Node, rootNodes, sectionAt, specNodes } from "./specNodes";

export const VIEW = "vt-lsp.specs";
const BROKEN_ONLY = "vt-lsp.brokenOnly";
const PAUSE_MS = 300;

export class SpecView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private readonly listeners: vscode.Disposable[];
  private folders: readonly SpecFolder[] = [];
  private contents = new Map<string, Promise<Claims>>();
  private timer: NodeJS.Timeout | undefined;
  private shown = "";
  private isStale = true;
  private brokenOnly: boolean;
  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    private readonly server: Server,
    private readonly memory: vscode.Memento,
  ) {
    this.brokenOnly = memory.get(BROKEN_ONLY, false);
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.listeners = [
      this.view.onDidChangeVisibility(() => {
        if (this.isStale) this.refresh();
      }),
      server.onDidChangeState(() => {
        this.refresh();
      }),
      server.onDidChangeStatus(() => {
        this.refresh();
      }),
      vscode.languages.onDidChangeDiagnostics(() => {
        this.refresh();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (["markdown", "python"].includes(document.languageId)) this.refresh(); // the places move with the text
      }),
    ];
    void this.setContext(BROKEN_ONLY, this.brokenOnly);
  }

  /** Ask the server again, soon; an unseen view waits until it is seen. */
  refresh(): void {
    this.isStale = true;
    this.updateBadge();
    if (!this.view.visible) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), PAUSE_MS);
  }

  /** Show only what is broken, or everything. */
  async filter(brokenOnly: boolean): Promise<void> {
    this.brokenOnly = brokenOnly;
    await this.memory.update(BROKEN_ONLY, brokenOnly);
    await this.setContext(BROKEN_ONLY, brokenOnly);
    await this.load();
  }

  /** Show a document, or the section that a line of it lies in. */
  async reveal(uri: vscode.Uri, line: number | undefined): Promise<void> {
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    if (this.isStale) await this.load();
    const spec = await this.specNode(uri);
    if (!spec) return;
    const inside = (node: Node) => (node.kind === "section" ? this.inSection(node) : []);
    const section = line === undefined ? undefined : sectionAt(await this.getChildren(spec), line, inside);
    await this.view.reveal(section ?? spec, { select: true, focus: true, expand: 1 });
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return treeItem(node);
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    switch (node?.kind) {
      case undefined:
        if (this.isStale && !this.timer) await this.read();
        return rootNodes(this.folders, this.brokenOnly);
      case "folder":
        return specNodes(node.folder, node, this.brokenOnly);
      case "spec":
        return documentNodes(await this.claims(node.spec.uri), node, this.brokenOnly);
      case "section":
        return this.inSection(node);
      case "progress":
      case "claim":
      case "decision":
        return [];
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const listener of this.listeners) listener.dispose();
    this.view.dispose();
    this.changes.dispose();
  }

  private inSection(node: Node & { kind: "section" }): Node[] {
    return contentNodes(node.uri, node.section, node, this.brokenOnly);
  }

  private async specNode(uri: vscode.Uri): Promise<Node | undefined> {
    const roots = await this.getChildren();
    const below = await Promise.all(
      roots.map((root) => (root.kind === "folder" ? this.getChildren(root) : Promise.resolve([root]))),
    );
    const isIt = (node: Node) =>
      node.kind === "spec" && vscode.Uri.parse(node.spec.uri).toString() === uri.toString();
    return below.flat().find(isIt);
  }

  private claims(uri: string): Promise<Claims> {
    const none = { uri, claims: [], sections: [] };
    const known = this.contents.get(uri);
    if (known) return known;
    const asked = this.server.request<Claims>(CLAIMS, { uri }).then(
      (answer) => answer ?? none,
      (error: unknown) => {
        log.warn(`${CLAIMS}: ${String(error)}`);
        return none;
      },
    );
    this.contents.set(uri, asked);
    return asked;
  }

  private async load(): Promise<void> {
    await this.read();
    const shown = JSON.stringify([this.brokenOnly, this.folders, await Promise.all(this.contents.values())]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.changes.fire(undefined);
  }

  private async read(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isStale = false;
    try {
      const answer = await this.server.request<{ folders: SpecFolder[] }>(SPECS, {});
      this.folders = answer?.folders ?? [];
    } catch (error) {
      log.warn(`${SPECS}: ${String(error)}`);
    }
    await this.readAgain();
    this.updateBadge();
    await this.setContext("vt-lsp.specs", this.situation());
  }

  // What is unfolded is read before it is shown, so that the view neither empties nor spins.
  private async readAgain(): Promise<void> {
    const uris = new Set(this.folders.flatMap((folder) => folder.specs.map((spec) => spec.uri)));
    const known = [...this.contents.keys()].filter((uri) => uris.has(uri));
    this.contents = new Map();
    await Promise.all(known.map((uri) => this.claims(uri)));
  }

  private situation(): string {
    if (this.folders.some((folder) => folder.broken > 0)) return "drifts";
    if (this.folders.some((folder) => folder.specs.length > 0)) return "holding";
    const isBusy = this.folders.some(({ state }) => state === "starting" || state === "scanning");
    return isBusy || !this.server.status?.quiescent ? "scanning" : "none";
  }

  private updateBadge(): void {
    const drifts = this.server.client ? (this.server.status?.drifts ?? 0) : 0;
    this.view.badge = drifts > 0 ? { value: drifts, tooltip: count(drifts, "drift") } : undefined;
  }

  private async setContext(key: string, value: unknown): Promise<void> {
    await vscode.commands.executeCommand("setContext", key, value);
  }
}
