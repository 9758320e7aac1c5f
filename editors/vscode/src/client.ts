/** One language client for one process of the server; it is used once, so that it has no past. */

import * as vscode from "vscode";
import {
  type ClientCapabilities,
  CloseAction,
  ErrorAction,
  type FeatureState,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerCapabilities,
  type StaticFeature,
} from "vscode-languageclient/node";
import { serverLog, type TraceChannel } from "./log";
import type { ServerProcess } from "./process";
import { RECORD_DECISION, SHOW_DECISION } from "./protocol";
import { configurationFor } from "./settings";

const MOST_ERRORS = 3;

/** The documents that the server knows something about. */
export const documentSelector = [
  { scheme: "file", language: "python" },
  { scheme: "file", language: "markdown" },
  { scheme: "file", pattern: "**/*{openapi,swagger}*.{yaml,yml,json}" },
  { scheme: "file", pattern: "**/{contracts,openapi,swagger}/**/*.{yaml,yml,json}" },
  { scheme: "file", language: "restructuredtext" },
  { scheme: "file", language: "plaintext", pattern: "**/{doc,docs}/**/*.txt" },
];

/** The library's client without its own message windows: what concerns the user is told in our words. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  override warn(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }

  override info(message: string, data?: unknown): void {
    super.info(message, data, false);
  }
}

/** Says that we show results ourselves and VS Code the diagnostics in hovers, and keeps the library from registering the server's commands: they are ours. */
class OwnCommands implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = {
      ...(capabilities.experimental as object),
      vtLsp: {
        showsResults: true,
        showsAnswers: true,
        hoverHasDiagnostics: true,
        commandLinks: true,
        asksForDecisions: true,
      },
    };
  }

  preInitialize(capabilities: ServerCapabilities): void {
    delete capabilities.executeCommandProvider;
  }

  initialize(): void {
    // The commands are registered when the extension is activated.
  }

  getState(): FeatureState {
    return { kind: "static" };
  }

  clear(): void {
    // Nothing to clear.
  }
}

/** A client for a process; `onClosed` is called when the conversation has ended unasked. */
export function makeClient(server: ServerProcess, trace: TraceChannel, onClosed: () => void): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector,
    outputChannel: serverLog,
    traceOutputChannel: trace,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    diagnosticCollectionName: "vt-lsp",
    initializationOptions: vscode.workspace.isTrusted ? {} : { untrustedWorkspace: true },
    initializationFailedHandler: () => false,
    // Hovers link to the page of a decision, and to recording that it is applied; to nothing else.
    markdown: {
      supportThemeIcons: true,
      isTrusted: { enabledCommands: [SHOW_DECISION, RECORD_DECISION] },
    },
    errorHandler: {
      error: (_error, _message, count) => ({
        action: (count ?? 0) <= MOST_ERRORS ? ErrorAction.Continue : ErrorAction.Shutdown,
        handled: true,
      }),
      closed: () => {
        onClosed();
        return { action: CloseAction.DoNotRestart, handled: true, message: "The conversation has ended." };
      },
    },
    middleware: {
      workspace: {
        configuration: (params) => params.items.map((item) => configurationFor(item.section, item.scopeUri)),
      },
    },
    // The process reads standard error itself.
    stdioOptions: { stdout: () => undefined, stderr: () => undefined },
  };
  const client = new QuietClient("vt-lsp", "vt-lsp", () => Promise.resolve(server.child), options);
  client.registerFeature(new OwnCommands());
  return client;
}
