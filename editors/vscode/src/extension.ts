/** vt-lsp for VS Code: where the code no longer does what was written down. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { AlertsView } from "./alertsView";
import { registerCommands } from "./commands";
import { fileFolders, Finder } from "./finder";
import { log, serverLog } from "./log";
import { Notices } from "./notices";
import { PrivateEnvironment } from "./privateEnvironment";
import { PythonExtension } from "./pythonExtension";
import { Results } from "./results";
import { Server, type State } from "./server";
import { readNames } from "./settings";
import { SpecView } from "./specView";
import { StatusBar } from "./statusBar";

const LOOK_AGAIN_MS = 5000;

/** What tests may ask for. */
export interface Api {
  /** The client, while the server can be asked. */
  client(): LanguageClient | undefined;
  /** What the server is doing. */
  state(): State;
  readonly onDidChangeState: vscode.Event<State>;
  /** Resolves when the first start is over, however it went. */
  readonly ready: Promise<void>;
}

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): Api {
  const { version } = context.extension.packageJSON as { version: string };
  readNames(context.extension.packageJSON);
  const own = new PrivateEnvironment(context.globalStorageUri.fsPath);
  const python = new PythonExtension();
  const finder = new Finder(context.workspaceState, python, own);
  const server = new Server({ version, cwd: context.extensionPath, find: (fresh) => finder.find(fresh) });
  running = server;
  const statusBar = new StatusBar(server);
  const notices = new Notices(version);
  const results = new Results(vscode.Uri.joinPath(context.extensionUri, "media", "icon.svg"));
  const specs = new SpecView(server, context.workspaceState);
  const alerts = new AlertsView(server);
  context.subscriptions.push(
    alerts,
    log,
    serverLog,
    python,
    results,
    specs,
    statusBar,
    server,
    registerCommands({ server, notices, results, specs, alerts, own, version }),
    server.onDidChangeState((state) => {
      void vscode.commands.executeCommand("setContext", "vt-lsp.state", state.kind);
      statusBar.update();
      notices.on(state);
    }),
    server.onDidChangeStatus(() => {
      statusBar.update();
    }),
    restartOnChange(server, python),
    startWhenInstalled(server, finder),
  );
  log.info(`vt-lsp ${version} in ${vscode.env.appName} ${vscode.version}`);
  const ready = startIfUseful(server);
  void ready.then(() => {
    lookAgain(server, finder);
  });
  return {
    client: () => server.client,
    state: () => server.state,
    onDidChangeState: server.onDidChangeState,
    ready,
  };
}

export async function deactivate(): Promise<void> {
  await running?.end();
}

/** Start the server where there are files for it. */
function startIfUseful(server: Server): Promise<void> {
  if (fileFolders().length > 0) return server.start();
  return server.stop({ kind: vscode.workspace.workspaceFolders?.length ? "virtual" : "idle" });
}

function restartOnChange(server: Server, python: PythonExtension): vscode.Disposable {
  const restart = (reason: string) => {
    if (server.state.kind !== "stopped" && fileFolders().length > 0) void server.restart(reason);
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      restart("the workspace is trusted now");
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const changed = ["vt-lsp.path", "vt-lsp.interpreter"].filter((name) =>
        event.affectsConfiguration(name),
      );
      if (changed.length > 0) restart(`${changed.join(" and ")} changed`);
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      if (["idle", "virtual"].includes(server.state.kind) || fileFolders().length === 0)
        void startIfUseful(server);
    }),
    python.onDidChange(() => {
      restart("another Python environment was chosen");
    }),
  );
}

/** Whoever was told that there is no server, and comes back, may have installed it elsewhere. */
function startWhenInstalled(server: Server, finder: Finder): vscode.Disposable {
  return vscode.window.onDidChangeWindowState(async ({ focused }) => {
    if (!focused || server.state.kind !== "missing") return;
    const found = await finder.find(true);
    if ("command" in found) void server.restart("a server is there now");
  });
}

/** The first start trusts what is remembered; a while later it is looked for again, beside the work. */
function lookAgain(server: Server, finder: Finder): void {
  setTimeout(() => {
    const { command, state } = server;
    if (!command || state.kind !== "running") return;
    void finder.isOutdated(command).then((isOutdated) => {
      if (isOutdated && server.command === command) void server.restart("another server comes first now");
    });
  }, LOOK_AGAIN_MS);
}
