/** What the server and this client say to each other beyond LSP. Positions and URIs as in LSP. */

import type { Location, Position, Range } from "vscode-languageclient/node";

export interface Status {
  readonly health: "ok" | "warning" | "error";
  readonly quiescent: boolean;
  readonly message: string;
  readonly drifts: number;
  readonly compliance: number;
}

export interface Counts {
  readonly holds: number;
  readonly broken: number;
  readonly unknown: number;
}

export interface SpecFile extends Counts {
  readonly uri: string;
  readonly path: string;
  readonly compliance: number;
  /** How its task list stands, where it is one. */
  readonly progress?: Progress;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly risk: "none" | "low" | "medium" | "high";
  readonly text: string;
}

export interface SpecFolder extends Counts {
  readonly uri: string;
  readonly name: string;
  readonly state: "starting" | "scanning" | "ready" | "cancelled" | "failed";
  readonly compliance: number;
  readonly specs: readonly SpecFile[];
}

export interface Claim {
  readonly text: string;
  readonly kind: string;
  readonly role: string;
  readonly state: "holds" | "broken" | "unknown";
  readonly uri: string;
  readonly range: Range;
  readonly message: string;
  readonly type: string | null;
  readonly severity: Severity | null;
  readonly fingerprint: string | null;
  readonly target: Location | null;
}

export interface Section extends Counts {
  readonly title: string;
  readonly level: number;
  readonly range: Range;
  readonly claims: readonly Claim[];
  readonly sections: readonly Section[];
  readonly decisions?: readonly DecisionRow[];
}

/** A decision in force about a document or section. */
export interface DecisionRow {
  readonly id: string;
  readonly title: string;
}

export interface Claims {
  readonly uri: string;
  readonly claims: readonly Claim[];
  readonly sections: readonly Section[];
  readonly decisions?: readonly DecisionRow[];
}

export type Severity = "error" | "warning" | "information" | "hint";

export interface Drift {
  readonly fingerprint: string;
  readonly type: string;
  readonly severity: Severity;
  readonly message: string;
  readonly uri: string;
  readonly range: Range;
  readonly path: string;
  readonly code: { readonly uri: string; readonly range: Range; readonly path: string } | null;
}

/** What every command that shows something gives back. */
export interface Page {
  readonly title: string;
  readonly markdown: string;
}

/** A page of HTML that the server wrote to disk, of the folder with the URI. */
export interface Report extends Page {
  readonly uri: string;
  readonly file: string;
}

export interface Compliance extends Partial<Page> {
  readonly uri?: string;
  readonly claims?: readonly Claim[];
}

export interface Decision {
  readonly id: string;
  readonly timestamp: string;
  readonly decision_type: string;
  readonly status: string;
  readonly title: string;
  readonly outcome: string;
}

/** What the commands about decisions give back. */
export interface Decided extends Page {
  readonly decisions: readonly Decision[];
}

export interface Side {
  readonly id: string;
  readonly title: string;
  readonly quote: string;
}

/** Two decisions that cannot both be followed; `standing` is the one that was there. */
export interface Conflict {
  readonly severity: Severity;
  readonly explanation: string;
  readonly older: Side;
  readonly newer: Side;
  readonly standing: string;
  readonly resolutions: readonly { readonly way: string; readonly title: string }[];
}

export interface Alert {
  readonly id: string;
  readonly severity: Severity;
  readonly message: string;
  readonly context: { readonly path?: string; readonly line?: string; readonly drift?: string };
  readonly actions: readonly string[];
  readonly rule: string;
  readonly state: "open" | "acknowledged" | "muted" | "resolved";
  readonly priority: number;
  readonly reasons: readonly string[];
  readonly uri: string | null;
}

export interface Alerts extends Page {
  readonly alerts: readonly Alert[];
}

/** A piece of an answer of Claude, on its way; `text` are whole lines that are final, `tail` the one being written. */
export interface AnswerPart {
  readonly id: string;
  readonly kind: "started" | "text" | "reset" | "progress" | "note";
  readonly text?: string;
  readonly tail?: string;
  readonly note?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly done?: number;
  readonly total?: number;
}

export const SPECS = "vt-lsp/specs";
export const CLAIMS = "vt-lsp/claims";
export const DRIFTS = "vt-lsp/drifts";
export const STATUS = "vt-lsp/status";
export const ALERTS_CHANGED = "vt-lsp/alertsChanged";
export const ANSWER = "vt-lsp/answer";

/** The commands of the server; all of them are also commands here, by the same names. */
export const CHECK_WORKSPACE = "vt-lsp.checkWorkspace";
export const SHOW_STATUS = "vt-lsp.showStatus";
export const SHOW_COMPLIANCE = "vt-lsp.showCompliance";
export const SHOW_DIFF = "vt-lsp.showDiff";
export const RECORD_DECISION = "vt-lsp.recordDecision";
export const SEARCH_DECISIONS = "vt-lsp.searchDecisions";
export const SHOW_DECISION = "vt-lsp.showDecision";
export const RECORD_OUTCOME = "vt-lsp.recordOutcome";
export const SHOW_TIMELINE = "vt-lsp.showTimeline";
export const SHOW_CONFLICTS = "vt-lsp.showConflicts";
export const RECONCILE_DECISIONS = "vt-lsp.reconcileDecisions";
export const ACCEPT_DRIFT = "vt-lsp.acceptDrift";
export const UNDO_ACCEPT = "vt-lsp.undoAccept";
export const SHOW_ALERTS = "vt-lsp.showAlerts";
export const REACT_TO_ALERT = "vt-lsp.reactToAlert";
export const CLEAR_CLAUDE_CACHE = "vt-lsp.clearClaudeCache";
export const ASK_CLAUDE = "vt-lsp.askClaude";
export const CHECK_REQUIREMENT = "vt-lsp.checkRequirement";
export const SHOW_FORECAST = "vt-lsp.showForecast";
export const OPEN_REPORT = "vt-lsp.openReport";

export type { Position };
