/** From the spec to the code and back, by our own server only: other Python servers do not mix in. */

import * as vscode from "vscode";
import type { LanguageClient, Location, LocationLink } from "vscode-languageclient/node";
import type { Claim } from "./protocol";

type Places = Location | (Location | LocationLink)[] | null;

/** Go to the code that the claim at the cursor speaks of. */
export function goToCode(client: LanguageClient, editor: vscode.TextEditor): Promise<void> {
  return go(client, editor, "textDocument/definition", {}, "No claim about code stands here.");
}

/** Go to what the specs say about the symbol at the cursor. */
export function goToSpec(client: LanguageClient, editor: vscode.TextEditor): Promise<void> {
  const context = { includeDeclaration: false };
  return go(
    client,
    editor,
    "textDocument/references",
    { context },
    "No spec speaks of the symbol at the cursor.",
  );
}

async function go(
  client: LanguageClient,
  editor: vscode.TextEditor,
  method: string,
  params: object,
  nothing: string,
): Promise<void> {
  const { document, selection } = editor;
  const here = client.code2ProtocolConverter.asTextDocumentPositionParams(document, selection.active);
  const answer = await client.sendRequest<Places>(method, { ...here, ...params });
  const found = answer === null ? [] : Array.isArray(answer) ? answer : [answer];
  const places = found.map((place) => asLocation(client, place));
  await vscode.commands.executeCommand(
    "editor.action.goToLocations",
    document.uri,
    selection.active,
    places,
    "peek",
    nothing,
  );
}

/** Show claims beside the symbol that they are about. */
export async function peekClaims(
  client: LanguageClient,
  uri: vscode.Uri,
  position: vscode.Position,
  claims: readonly Claim[],
): Promise<void> {
  const places = claims.map((claim) => asLocation(client, claim));
  await vscode.commands.executeCommand("editor.action.peekLocations", uri, position, places, "peek");
}

/** Open a place, selected, as a step of the editor's history. */
export async function openPlaceAt(uri: string, range: Location["range"]): Promise<void> {
  const selection = new vscode.Range(
    range.start.line,
    range.start.character,
    range.end.line,
    range.end.character,
  );
  await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse(uri), { selection });
}

function asLocation(client: LanguageClient, place: Location | LocationLink | Claim): vscode.Location {
  const flat = "targetUri" in place ? { uri: place.targetUri, range: place.targetSelectionRange } : place;
  return client.protocol2CodeConverter.asLocation({ uri: flat.uri, range: flat.range });
}
