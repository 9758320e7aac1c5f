import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

async function start(): Promise<void> {
  const [command = "vt-lsp", ...args] = vscode.workspace.getConfiguration("vt-lsp").get<string[]>("path", []);
  client = new LanguageClient(
    "vt-lsp",
    "vt-lsp",
    { command, args: args.length > 0 ? args : ["server"], transport: TransportKind.stdio },
    {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "file", language: "markdown" },
      ],
    },
  );
  await client.start();
}

/** What tests may ask for. */
export interface Api {
  client(): LanguageClient | undefined;
  ready: Promise<void>;
}

export function activate(context: vscode.ExtensionContext): Api {
  context.subscriptions.push(
    vscode.commands.registerCommand("vt-lsp.restart", async () => {
      await client?.stop();
      await start();
    }),
  );
  return { client: () => client, ready: start() };
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
