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
}

export interface Claims {
  readonly uri: string;
  readonly claims: readonly Claim[];
  readonly sections: readonly Section[];
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
export const SHOW_ALERTS = "vt-lsp.showAlerts";
export const REACT_TO_ALERT = "vt-lsp.reactToAlert";
export const CLEAR_CLAUDE_CACHE = "vt-lsp.clearClaudeCache";
export const ASK_CLAUDE = "vt-lsp.askClaude";
export const CHECK_REQUIREMENT = "vt-lsp.checkRequirement";
export const SHOW_FORECAST = "vt-lsp.showForecast";
export const OPEN_REPORT = "vt-lsp.openReport";

export type { Position };
