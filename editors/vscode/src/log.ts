import * as vscode from "vscode";

/** Ours: what the extension does and why. Its level follows VS Code's. */
export const log = vscode.window.createOutputChannel("vt-lsp", { log: true });

/** What the server writes to standard error and logs, and the conversation with it. */
export const serverLog = vscode.window.createOutputChannel("vt-lsp server", { log: true });

const traces = () => vscode.workspace.getConfiguration("vt-lsp").get<string>("trace.server", "off") !== "off";

/**
 * The channel that the language client writes its trace to. The client traces only into a channel whose level is
 * Trace; with this one the setting `vt-lsp.trace.server` is enough.
 */
export class TraceChannel implements vscode.LogOutputChannel {
  private readonly levels = new vscode.EventEmitter<vscode.LogLevel>();
  private readonly listeners = [
    serverLog.onDidChangeLogLevel(() => {
      this.levels.fire(this.logLevel);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("vt-lsp.trace.server")) this.levels.fire(this.logLevel);
    }),
  ];
  readonly name = serverLog.name;
  readonly onDidChangeLogLevel = this.levels.event;

  get logLevel(): vscode.LogLevel {
    return traces() ? vscode.LogLevel.Trace : serverLog.logLevel;
  }

  trace(message: string): void {
    if (traces()) serverLog.info(message);
    else serverLog.trace(message);
  }

  debug(message: string): void {
    serverLog.debug(message);
  }

  info(message: string): void {
    serverLog.info(message);
  }

  warn(message: string): void {
    serverLog.warn(message);
  }

  error(message: string | Error): void {
    serverLog.error(message);
  }

  append(value: string): void {
    serverLog.append(value);
  }

  appendLine(value: string): void {
    serverLog.appendLine(value);
  }

  replace(value: string): void {
    serverLog.replace(value);
  }

  clear(): void {
    serverLog.clear();
  }

  show(): void {
    serverLog.show(true);
  }

  hide(): void {
    serverLog.hide();
  }

  dispose(): void {
    this.levels.dispose();
    for (const listener of this.listeners) listener.dispose();
  }
}
