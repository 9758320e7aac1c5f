/** What was decided: recorded, followed, searched and settled with little typing; asks only for what is missing. */

import * as vscode from "vscode";
import { chooseDrift } from "./drifts";
import { count } from "./format";
import type { Results } from "./results";
import type { Server } from "./server";
import * as protocol from "./protocol";

/** Runs a command of the server; undefined where there is none, which was told then. */
export type Ask = <R>(command: string, ...args: unknown[]) => Promise<R | undefined>;

interface Given {
  readonly outcome?: string;
  readonly applies?: string;
  readonly rationale?: string;
  readonly [field: string]: unknown;
}

/** The commands about decisions, by their names. */
export function decisionCommands(server: Server, results: Results, ask: Ask) {
  const page = async (kind: string, title: string, command: string, ...args: unknown[]) => {
    const answer = await ask<protocol.Page>(command, ...args);
    if (answer) await results.show(kind, title, answer);
  };
  const show = (id: string) => page("decision", "vt-lsp: Decision", protocol.SHOW_DECISION, id);
  return {
    [protocol.RECORD_DECISION]: (given?: Given) => record(ask, results, show, given),
    [protocol.SHOW_DECISION]: async (id?: string) => {
      const wanted = id ?? (await pick(ask, "Show a decision"))?.id;
      if (wanted) await show(wanted);
    },
    [protocol.SEARCH_DECISIONS]: async (given?: { ids?: string[] }) => {
      const one = await pick(ask, "Search decisions", given);
      if (one) await show(one.id);
    },
    [protocol.RECORD_OUTCOME]: (id?: string) => recordOutcome(ask, id),
    [protocol.SHOW_TIMELINE]: async () => {
      const answer = await ask<protocol.Page & { html: string }>(protocol.SHOW_TIMELINE);
      if (answer) results.showHtml("timeline", "vt-lsp: Decisions by Time", answer.html);
    },
    [protocol.SHOW_CONFLICTS]: () => page("conflicts", "vt-lsp: Conflicts", protocol.SHOW_CONFLICTS),
    [protocol.RECONCILE_DECISIONS]: () => reconcile(ask),
    [protocol.ACCEPT_DRIFT]: async (fingerprint?: string) => {
      const id = fingerprint ?? (await chooseDrift(server, "Accept a drift"))?.fingerprint;
      const reason = id && (await input("Accept this drift", "Why is it meant?"));
      if (!reason) return;
      const done = await ask<protocol.Decided>(protocol.ACCEPT_DRIFT, id, reason);
      if (done) tell("Accepted: silent until the claim or the code changes.", done.decisions[0], show);
    },
    [protocol.UNDO_ACCEPT]: async (name?: string) => {
      const accepted = { types: ["accepted-drift"], statuses: ["accepted"] };
      const id = name ?? (await pick(ask, "Take an acceptance back", accepted))?.id;
      if (id && (await ask(protocol.UNDO_ACCEPT, id)))
        void vscode.window.showInformationMessage("The drift is shown again.");
    },
  };
}

/** Record a decision: what is given is not asked for; a selection is about its place, and is what was decided. */
async function record(
  ask: Ask,
  results: Results,
  show: (id: string) => Promise<void>,
  given: Given = {},
): Promise<void> {
  const fields: Given = { ...(given.files ? {} : here()), ...given };
  const isKnown = fields.outcome !== undefined || fields.applies !== undefined;
  const outcome = isKnown
    ? fields.outcome
    : await input("Record a decision", "What was decided?", selected());
  if (!isKnown && !outcome) return;
  const title = outcome ?? "The same as before";
  const rationale = fields.rationale ?? (await input(short(title), "Why? (may be empty)"));
  if (rationale === undefined) return;
  const wanted = { ...fields, ...(outcome ? { outcome } : {}), rationale };
  const done = await recordUnlessContradicted(ask, results, wanted);
  if (done?.decisions[0]) tell(`Recorded: ${short(title)}`, done.decisions[0], show);
}

async function recordUnlessContradicted(
  ask: Ask,
  results: Results,
  wanted: Given,
): Promise<protocol.Decided | undefined> {
  const done = await ask<protocol.Decided & { conflicts?: protocol.Conflict[] }>(
    protocol.RECORD_DECISION,
    wanted,
  );
  const first = done?.conflicts?.[0];
  if (!done?.conflicts || !first) return done;
  const standing = first.older.id === first.standing ? first.older : first.newer;
  const detail = `${standing.title}: “${standing.quote}”\n\n${first.explanation}`;
  const [supersede, anyway, compare] = ["Supersede It", "Record Both", "Show"];
  const message = `This contradicts ${count(done.conflicts.length, "standing decision")}.`;
  const choice = await vscode.window.showWarningMessage(
    message,
    { modal: true, detail },
    supersede,
    anyway,
    compare,
  );
  const ids = done.conflicts.map((conflict) => conflict.standing);
  if (choice === supersede)
    return ask(protocol.RECORD_DECISION, { ...wanted, supersedes: ids[0], despite: ids.slice(1) });
  if (choice === anyway) return ask(protocol.RECORD_DECISION, { ...wanted, despite: ids });
  if (choice === compare) await results.show("conflicts", "vt-lsp: Conflicts", done);
  return undefined;
}

async function recordOutcome(ask: Ask, id?: string): Promise<void> {
  const wanted = id ?? (await pick(ask, "What became of a decision?"))?.id;
  if (!wanted) return;
  const verdicts = [
    { label: "$(pass) It went well", success: true },
    { label: "$(error) It went badly", success: false },
    { label: "$(question) It cannot be said yet", success: null },
  ];
  const verdict = await vscode.window.showQuickPick(verdicts, { title: "What became of it?" });
  const note = verdict && (await input(verdict.label.replace(/^\$\(\w+\) /, ""), "In words (may be empty)"));
  if (note === undefined) return;
  if (await ask(protocol.RECORD_OUTCOME, wanted, { success: verdict?.success, note }))
    void vscode.window.showInformationMessage("What became of it is recorded.");
}

async function reconcile(ask: Ask): Promise<void> {
  const found = await ask<{ conflicts: protocol.Conflict[] }>(protocol.SHOW_CONFLICTS);
  if (!found) return;
  if (found.conflicts.length === 0) {
    void vscode.window.showInformationMessage("No decisions contradict each other.");
    return;
  }
  const items = found.conflicts.map((conflict) => ({
    label: `$(${conflict.severity === "error" ? "error" : "warning"}) ${conflict.older.title} ↔ ${conflict.newer.title}`,
    detail: conflict.explanation,
    conflict,
  }));
  const one = (await vscode.window.showQuickPick(items, { title: "Settle a conflict", matchOnDetail: true }))
    ?.conflict;
  if (!one) return;
  const ways = one.resolutions.map(({ way, title }) => ({ label: title, way }));
  const way = await vscode.window.showQuickPick(ways, { title: "How?", placeHolder: one.explanation });
  if (!way) return;
  const scope = way.way === "narrow" ? await input(way.label, "Where does it hold?") : "";
  const reason = scope === undefined ? undefined : await input(way.label, "Why? (may be empty)");
  if (reason === undefined) return;
  const settled = { one: one.older.id, other: one.newer.id, way: way.way, reason, scope };
  const done = await ask<{ recorded: protocol.Decision }>(protocol.RECONCILE_DECISIONS, settled);
  if (done) void vscode.window.showInformationMessage(`Settled: ${done.recorded.outcome}`);
}

/** Let the user choose one decision: of those given, or of all, newest first, by typing. */
async function pick(ask: Ask, title: string, given: object = {}): Promise<protocol.Decision | undefined> {
  const found = await ask<protocol.Decided>(protocol.SEARCH_DECISIONS, { limit: 500, ...given });
  if (!found) return undefined;
  if (found.decisions.length === 0) {
    void vscode.window.showInformationMessage("No such decision was recorded yet.");
    return undefined;
  }
  const items = found.decisions.map((decision) => ({
    label: (decision.title || decision.outcome).replaceAll("$(", "$ ("),
    description: `${decision.timestamp.slice(0, 10)}, ${decision.decision_type}, ${decision.status}`,
    detail: decision.title ? decision.outcome : undefined,
    decision,
  }));
  const placeHolder = `${count(found.decisions.length, "decision")}: type to search`;
  const options = { title, placeHolder, matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.decision;
}

function input(title: string, prompt: string, value = ""): Thenable<string | undefined> {
  return vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true });
}

/** Where the cursor is: what a decision is about unless it says so itself. */
function here(): Given {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return {};
  const { start, end } = editor.selection;
  return { uri: editor.document.uri.toString(), range: { start, end } };
}

function selected(): string {
  const editor = vscode.window.activeTextEditor;
  return editor ? editor.document.getText(editor.selection).replace(/\s+/g, " ").trim() : "";
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function tell(
  text: string,
  decision: protocol.Decision | undefined,
  show: (id: string) => Promise<void>,
): void {
  void vscode.window.showInformationMessage(text, "Show").then((choice) => {
    if (choice && decision) void show(decision.id);
  });
}
