/** Pages that the server writes in Markdown, shown as they look in VS Code's own preview. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { log } from "./log";
import type { Page } from "./protocol";

/** Opens a place that a page links to; not in the palette. */
export const OPEN_PLACE = "vt-lsp.openPlace";

const STYLE = `
body { max-width: 56rem; padding: 0.5rem 1.5rem 2rem; line-height: 1.55; font-size: var(--vscode-font-size, 14px);
  font-family: var(--vscode-font-family); color: var(--vscode-foreground); }
h1 { font-size: 1.45em; font-weight: 600; padding-bottom: 0.3em; border-bottom: 1px solid var(--vscode-widget-border, #8884); }
h2 { font-size: 1.25em; font-weight: 600; margin-top: 1.6em; } h3 { font-size: 1.05em; font-weight: 600; }
a { color: var(--vscode-textLink-foreground); text-decoration: none; } a:hover { text-decoration: underline; }
code { font-family: var(--vscode-editor-font-family); font-size: 0.95em; border-radius: 3px; padding: 0.1em 0.3em;
  background: var(--vscode-textCodeBlock-background); color: var(--vscode-textPreformat-foreground); }
pre { padding: 0.8em 1em; border-radius: 4px; overflow-x: auto; background: var(--vscode-textCodeBlock-background); }
pre code { padding: 0; background: none; color: var(--vscode-editor-foreground); }
table { border-collapse: collapse; margin: 1em 0; } th { text-align: left; font-weight: 600; }
th, td { padding: 0.35em 0.9em 0.35em 0; border-bottom: 1px solid var(--vscode-widget-border, #8884); vertical-align: top; }
blockquote { margin: 1em 0; padding: 0.1em 1em; border-left: 4px solid var(--vscode-textBlockQuote-border); }
.hljs-addition { color: var(--vscode-gitDecoration-addedResourceForeground, #3fa45b); }
.hljs-deletion { color: var(--vscode-gitDecoration-deletedResourceForeground, #d3504e); }
.hljs-keyword, .hljs-built_in { color: var(--vscode-symbolIcon-keywordForeground); }
`;

const PAGE_OPTIONS = { enableFindWidget: true, enableCommandUris: [OPEN_PLACE], localResourceRoots: [] };

export class Results implements vscode.Disposable {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(private readonly icon: vscode.Uri) {}

  /** Show a page in a tab of this title; pages of one kind take each other's place. */
  async show(kind: string, title: string, page: Page): Promise<void> {
    const panel = await this.fill(kind, title, page, vscode.ViewColumn.Active);
    panel?.reveal(undefined, false);
  }

  /** Show or renew a page at the side; whoever types goes on typing. */
  async aside(kind: string, title: string, page: Page): Promise<void> {
    await this.fill(kind, title, page, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  private async fill(
    kind: string,
    title: string,
    page: Page,
    place: vscode.ViewColumn | { viewColumn: vscode.ViewColumn; preserveFocus: boolean },
  ): Promise<vscode.WebviewPanel | undefined> {
    const markdown = /^\s*# /.test(page.markdown) ? page.markdown : `# ${page.title}\n\n${page.markdown}`;
    let html: string;
    try {
      html = await vscode.commands.executeCommand<string>("markdown.api.render", withoutFileLinks(markdown));
    } catch (error) {
      log.warn(`VS Code's Markdown extension does not answer: ${String(error)}`);
      const document = await vscode.workspace.openTextDocument({
        language: "markdown",
        content: markdown,
      });
      await vscode.window.showTextDocument(document);
      return undefined;
    }
    const panel = this.panels.get(kind) ?? this.open(kind, place);
    panel.title = title;
    panel.webview.html = wrap(html);
    return panel;
  }

  /** Show a page of the server that draws itself; its own policy keeps it from the network. */
  showHtml(kind: string, title: string, html: string): void {
    const panel =
      this.panels.get(kind) ??
      this.open(kind, vscode.ViewColumn.Active, { enableScripts: true, localResourceRoots: [] });
    panel.title = title;
    panel.webview.html = html;
    panel.reveal(undefined, false);
  }

  dispose(): void {
    for (const panel of this.panels.values()) panel.dispose();
  }

  private open(
    kind: string,
    place: vscode.ViewColumn | { viewColumn: vscode.ViewColumn; preserveFocus: boolean },
    options: vscode.WebviewOptions & vscode.WebviewPanelOptions = PAGE_OPTIONS,
  ): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel("vt-lsp.result", "vt-lsp", place, options);
    panel.iconPath = this.icon;
    this.panels.set(kind, panel);
    panel.onDidDispose(() => this.panels.delete(kind));
    return panel;
  }
}

/** Open what a page links to: a file URI with the line, if any, in its fragment ("L12" or "L12,3"). */
export async function openPlace(link: string): Promise<void> {
  const uri = vscode.Uri.parse(link, true);
  const [, line, column] = /^L(\d+)(?:[,C](\d+))?/.exec(uri.fragment) ?? [];
  const start = new vscode.Position(Math.max(Number(line ?? 1) - 1, 0), Math.max(Number(column ?? 1) - 1, 0));
  const options = line ? { selection: new vscode.Range(start, start) } : {};
  await vscode.commands.executeCommand("vscode.open", uri.with({ fragment: "" }), options);
}

// The renderer refuses links to files, and a page cannot open them by itself: they become commands by way of these.
const STAND_IN = "https://place.invalid/";

function withoutFileLinks(markdown: string): string {
  return markdown.replace(
    /\]\((file:[^)\s]+)\)/g,
    (_, link: string) => `](${STAND_IN}${encodeURIComponent(link)})`,
  );
}

function wrap(body: string): string {
  const nonce = randomUUID();
  const linked = body.replaceAll(/(?:data-)?href="https:\/\/place\.invalid\/([^"]*)"/g, (_, link: string) => {
    const argument = encodeURIComponent(JSON.stringify([decodeURIComponent(link)]));
    return `href="command:${OPEN_PLACE}?${argument}"`;
  });
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<style nonce="${nonce}">${STYLE}</style></head><body>${linked}</body></html>`;
}
