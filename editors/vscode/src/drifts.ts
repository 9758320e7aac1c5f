/** The choice of one drift. */

import * as vscode from "vscode";
import { count, plain, severityIcon } from "./format";
import { type Drift, DRIFTS } from "./protocol";
import type { Server } from "./server";

/** All drifts, as the server sorts them. */
export async function allDrifts(server: Server): Promise<readonly Drift[]> {
  return (await server.request<{ drifts: Drift[] }>(DRIFTS, {}))?.drifts ?? [];
}

/** The drift that the user means: the one at the cursor, else one chosen of all. */
export async function chooseDrift(server: Server, title: string): Promise<Drift | undefined> {
  const drifts = await allDrifts(server);
  const here = atCursor(drifts, vscode.window.activeTextEditor);
  return here.length === 1 ? here[0] : pickDrift(server, here.length > 1 ? here : drifts, title);
}

/** Let the user choose one of some drifts. */
export async function pickDrift(
  server: Server,
  drifts: readonly Drift[],
  title: string,
): Promise<Drift | undefined> {
  if (drifts.length === 0) {
    const isRead = server.status?.quiescent === true;
    void vscode.window.showInformationMessage(
      isRead
        ? "Nothing has drifted: every claim that can be decided holds."
        : "The workspace is still being read.",
    );
    return undefined;
  }
  const items = drifts.map((drift) => {
    const [icon, colour] = severityIcon(drift.severity);
    const code = drift.code ? ` ↔ ${drift.code.path}:${drift.code.range.start.line + 1}` : "";
    const iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(colour));
    const detail = `${drift.path}:${drift.range.start.line + 1}${code}`;
    return { label: drift.message.replace(/`/g, ""), description: drift.type, detail, iconPath, drift };
  });
  const placeHolder = `${count(drifts.length, "drift")}: type to search`;
  const options = { title, placeHolder, matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.drift;
}

/** Both places of a drift as links, in Markdown. */
export function bothSides(drift: Drift): string {
  const sides = [drift, ...(drift.code ? [drift.code] : [])];
  return sides
    .map(
      ({ path, uri, range }) => `[${plain(path)}:${range.start.line + 1}](${uri}#L${range.start.line + 1})`,
    )
    .join(" ↔ ");
}

/** The drifts on either side at the cursor: those that hold its position, else those of its line. */
function atCursor(drifts: readonly Drift[], editor: vscode.TextEditor | undefined): readonly Drift[] {
  if (!editor) return [];
  const uri = editor.document.uri.toString();
  const at = editor.selection.active;
  const ranges = (drift: Drift) =>
    [drift, drift.code].filter((side) => side !== null && vscode.Uri.parse(side.uri).toString() === uri);
  const where = (test: (range: vscode.Range) => boolean) =>
    drifts.filter((drift) =>
      ranges(drift).some((side) => {
        if (!side) return false;
        const { start, end } = side.range;
        return test(new vscode.Range(start.line, start.character, end.line, end.character));
      }),
    );
  const exact = where((range) => range.contains(at));
  return exact.length > 0
    ? exact
    : where((range) => range.start.line <= at.line && at.line <= range.end.line);
}
