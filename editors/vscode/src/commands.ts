/** All commands. They are there as soon as the extension is, and say what is missing when the server is. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { AlertsView } from "./alertsView";
import { askClaude, checkRequirement, type Question } from "./claude";
import { decisionCommands } from "./decisions";
import { allDrifts, bothSides, chooseDrift, pickDrift } from "./drifts";
import { count, percent } from "./format";
import { installServer } from "./install";
import { log, serverLog } from "./log";
import { MENU_ITEMS } from "./menu";
import { goToCode, goToSpec, openPlaceAt, peekClaims } from "./navigation";
import type { Notices } from "./notices";
import type { PrivateEnvironment } from "./privateEnvironment";
import * as protocol from "./protocol";
import { showReport } from "./report";
import { OPEN_PLACE, openPlace, type Results } from "./results";
import { selectPath } from "./selectPath";
import type { Server } from "./server";
import { OPEN_NODE } from "./specItems";
import type { Node } from "./specNodes";
import type { SpecView } from "./specView";
import { MENU } from "./statusBar";

const EXECUTE = "workspace/executeCommand";

export interface Parts {
  readonly server: Server;
  readonly notices: Notices;
  readonly results: Results;
  readonly specs: SpecView;
  readonly alerts: AlertsView;
  readonly own: PrivateEnvironment;
  readonly version: string;
}

/** Register the commands. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => unknown> = {
    ...serverCommands(parts),
    ...decisionCommands(parts.server, parts.results, async (command, ...args) => {
      const client = await ready(parts);
      return client && execute(client, command, args);
    }),
    ...ownCommands(parts),
    ...viewCommands(parts),
  };
  const registered = Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (...args: never[]) => {
      try {
        return await run(...args);
      } catch (error) {
        tellFailure(id, error);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

function tellFailure(id: string, error: unknown): void {
  if (error instanceof vscode.CancellationError) return;
  const why = error instanceof Error ? error.message : String(error);
  log.error(`${id}: ${why}`);
  void vscode.window.showErrorMessage(`vt-lsp: ${why}`, "Show Log").then((choice) => {
    if (choice) log.show();
  });
}

/** The client, as soon as it can be asked; explains why, if there is none. */
async function ready({ server, notices }: Parts): Promise<LanguageClient | undefined> {
  await server.settled();
  if (!server.client) await notices.explain(server);
  return server.client;
}

/** Run a command of the server. */
function execute<R>(client: LanguageClient, command: string, args: unknown[]): Promise<R> {
  return client.sendRequest<R>(EXECUTE, { command, arguments: args });
}

function serverCommands(parts: Parts) {
  const { results, server } = parts;
  return {
    [protocol.CHECK_WORKSPACE]: async () => {
      const client = await ready(parts);
      return client && checkWorkspace(client);
    },
    [protocol.SHOW_STATUS]: async () => {
      const client = await ready(parts);
      if (client)
        await results.show(
          "status",
          "vt-lsp: Status",
          await execute<protocol.Page>(client, protocol.SHOW_STATUS, []),
        );
    },
    [protocol.SHOW_ALERTS]: async () => {
      const client = await ready(parts);
      if (client)
        await results.show(
          "alerts",
          "vt-lsp: Alerts",
          await execute<protocol.Page>(client, protocol.SHOW_ALERTS, [{}]),
        );
    },
    [protocol.REACT_TO_ALERT]: (alert?: protocol.Alert, action = "open") => parts.alerts.react(alert, action),
    [protocol.SHOW_COMPLIANCE]: async (uri?: string, position?: protocol.Position) => {
      const client = await ready(parts);
      if (client) await showCompliance(parts, client, uri, position);
    },
    [protocol.CLEAR_CLAUDE_CACHE]: async () => {
      const client = await ready(parts);
      const page = client && (await execute<protocol.Page>(client, protocol.CLEAR_CLAUDE_CACHE, []));
      if (page) void vscode.window.showInformationMessage(page.title);
    },
    [protocol.ASK_CLAUDE]: async (question?: Question) => {
      const client = await ready(parts);
      if (client) await askClaude(client, results, question);
    },
    [protocol.CHECK_REQUIREMENT]: async (uri?: string, position?: protocol.Position) => {
      const client = await ready(parts);
      if (client) await checkRequirement(client, results, uri, position);
    },
    [protocol.SHOW_FORECAST]: async (uri?: string) => {
      const client = await ready(parts);
      if (!client) return;
      const page = await execute<protocol.Page>(client, protocol.SHOW_FORECAST, uri ? [uri] : []);
      await results.show("forecast", "vt-lsp: Forecast", page);
    },
    [protocol.OPEN_REPORT]: async (uri?: string) => {
      const client = await ready(parts);
      if (!client) return;
      const args = uri ? [uri] : [];
      const report = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: "vt-lsp: making the report" },
        () => execute<protocol.Report>(client, protocol.OPEN_REPORT, args),
      );
      await showReport(report);
    },
    [protocol.SHOW_DIFF]: async (fingerprint?: string) => {
      const client = await ready(parts);
      if (!client) return;
      const drift = fingerprint
        ? (await allDrifts(server)).find((one) => one.fingerprint === fingerprint)
        : await chooseDrift(server, "Show a drift in full");
      const id = drift?.fingerprint ?? fingerprint;
      if (!id) return;
      const page = await execute<protocol.Page>(client, protocol.SHOW_DIFF, [id]);
      await results.show("drift", "vt-lsp: Drift", drift ? { ...page, title: bothSides(drift) } : page);
    },
  };
}

async function checkWorkspace(client: LanguageClient): Promise<protocol.Status> {
  const status = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: "vt-lsp: checking the workspace",
      cancellable: true,
    },
    (_progress, token) =>
      client.sendRequest<protocol.Status>(
        EXECUTE,
        { command: protocol.CHECK_WORKSPACE, arguments: [] },
        token,
      ),
  );
  const { drifts, compliance } = status;
  const found = drifts > 0 ? count(drifts, "drift") : "Nothing has drifted";
  const buttons = drifts > 0 ? ["Show Drifts", "Show Status"] : ["Show Status"];
  void vscode.window
    .showInformationMessage(`${found}: ${percent(compliance)} of the claims hold.`, ...buttons)
    .then((choice) => {
      if (choice)
        void vscode.commands.executeCommand(
          choice === "Show Drifts" ? "vt-lsp.goToDrift" : protocol.SHOW_STATUS,
        );
    });
  return status;
}

/** From a lens: on a spec its place in the Spec view, on a symbol the claims about it. From the palette: the page. */
async function showCompliance(
  { results, specs }: Parts,
  client: LanguageClient,
  link?: string,
  at?: protocol.Position,
): Promise<void> {
  const args = [link, at].filter((argument) => argument !== undefined);
  if (link === undefined) {
    await results.show(
      "compliance",
      "vt-lsp: Compliance",
      await execute<protocol.Page>(client, protocol.SHOW_COMPLIANCE, args),
    );
    return;
  }
  const uri = vscode.Uri.parse(link);
  if (!uri.path.endsWith(".py") && !uri.path.endsWith(".pyi")) {
    await specs.reveal(uri, at?.line);
    return;
  }
  const { claims = [] } = await execute<protocol.Compliance>(client, protocol.SHOW_COMPLIANCE, args);
  const position = at ? client.protocol2CodeConverter.asPosition(at) : new vscode.Position(0, 0);
  await peekClaims(client, uri, position, claims);
}

function ownCommands(parts: Parts) {
  const { server, own, version } = parts;
  const inEditor = async (run: (client: LanguageClient, editor: vscode.TextEditor) => Promise<void>) => {
    const client = await ready(parts);
    const editor = vscode.window.activeTextEditor;
    if (client && editor) await run(client, editor);
  };
  return {
    "vt-lsp.restart": () => server.restart("asked for by the user"),
    "vt-lsp.stop": () => server.stop(),
    "vt-lsp.install": async () => {
      if (await installServer(own, version)) await server.restart("the private environment was made");
    },
    "vt-lsp.selectPath": () => selectPath(),
    "vt-lsp.showLogs": () => {
      log.show();
    },
    "vt-lsp.showServerTrace": showServerTrace,
    "vt-lsp.goToSpec": () => inEditor(goToSpec),
    "vt-lsp.goToCode": () => inEditor(goToCode),
    "vt-lsp.goToDrift": async () => {
      if (!(await ready(parts))) return;
      const drift = await pickDrift(server, await allDrifts(server), "Go to a drift");
      if (drift) await openPlaceAt(drift.uri, drift.range);
    },
    [MENU]: async () => {
      const items = MENU_ITEMS.filter((item) => item.when(server.state));
      const choice = await vscode.window.showQuickPick(items, { title: "vt-lsp" });
      if (choice) await vscode.commands.executeCommand(choice.command);
    },
  };
}

async function showServerTrace(): Promise<void> {
  serverLog.show();
  const settings = vscode.workspace.getConfiguration("vt-lsp");
  if (settings.get<string>("trace.server", "off") !== "off") return;
  const text = "The conversation with the server is not recorded. It can hold parts of your files.";
  const choice = await vscode.window.showInformationMessage(text, "Record It");
  if (choice) await settings.update("trace.server", "verbose", vscode.ConfigurationTarget.Workspace);
}

function viewCommands(parts: Parts) {
  const { specs, server } = parts;
  return {
    "vt-lsp.acknowledgeAlert": (alert?: protocol.Alert) => parts.alerts.react(alert, "acknowledge"),
    "vt-lsp.muteAlert": (alert?: protocol.Alert) => parts.alerts.react(alert, "mute"),
    "vt-lsp.showAlertDiff": async (alert?: protocol.Alert) => {
      const drift = alert?.context.drift;
      if (drift && server.client) await vscode.commands.executeCommand(protocol.SHOW_DIFF, drift);
    },
    "vt-lsp.filterBroken": () => specs.filter(true),
    "vt-lsp.showAll": () => specs.filter(false),
    "vt-lsp.refreshSpecs": () => {
      specs.refresh();
    },
    [OPEN_NODE]: async (node: Node) => {
      if (node.kind === "spec")
        await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(node.spec.uri));
      if (node.kind === "progress")
        await vscode.commands.executeCommand(protocol.SHOW_FORECAST, node.spec.uri);
      if (node.kind === "decision")
        await vscode.commands.executeCommand(protocol.SHOW_DECISION, node.decision.id);
      if (node.kind === "section") await openPlaceAt(node.uri, node.section.range);
      if (node.kind === "claim") await openPlaceAt(node.claim.uri, node.claim.range);
    },
    "vt-lsp.openNodeCode": async (node?: Node) => {
      const target = node?.kind === "claim" ? node.claim.target : undefined;
      if (target) await openPlaceAt(target.uri, target.range);
    },
    "vt-lsp.showNodeDiff": async (node?: Node) => {
      const fingerprint = node?.kind === "claim" ? node.claim.fingerprint : undefined;
      if (fingerprint && server.client) await vscode.commands.executeCommand(protocol.SHOW_DIFF, fingerprint);
    },
    [OPEN_PLACE]: (link: string) => openPlace(link),
  };
}
