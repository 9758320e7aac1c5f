/** The actions behind a click on the status bar. */

import type { State } from "./server";

export interface MenuItem {
  readonly label: string;
  readonly description?: string;
  readonly command: string;
  when(state: State): boolean;
}

const isRunning = (state: State) => state.kind === "running";
const isMissing = (state: State) => state.kind === "missing" || state.kind === "tooOld";

export const MENU_ITEMS: readonly MenuItem[] = [
  { label: "$(cloud-download) Install Server…", command: "vt-lsp.install", when: isMissing },
  { label: "$(folder-opened) Select Server…", command: "vt-lsp.selectPath", when: isMissing },
  { label: "$(warning) Go to Drift…", command: "vt-lsp.goToDrift", when: isRunning },
  { label: "$(list-tree) Open Spec View", command: "vt-lsp.specs.focus", when: isRunning },
  { label: "$(checklist) Check Workspace", command: "vt-lsp.checkWorkspace", when: isRunning },
  { label: "$(graph) Show Compliance", command: "vt-lsp.showCompliance", when: isRunning },
  { label: "$(bell) Show Alerts", command: "vt-lsp.showAlerts", when: isRunning },
  { label: "$(comment-discussion) Ask Claude…", command: "vt-lsp.askClaude", when: isRunning },
  { label: "$(calendar) Show Forecast", command: "vt-lsp.showForecast", when: isRunning },
  { label: "$(graph-line) Open Report", command: "vt-lsp.openReport", when: isRunning },
  { label: "$(info) Show Status", command: "vt-lsp.showStatus", when: isRunning },
  { label: "$(debug-restart) Restart Server", command: "vt-lsp.restart", when: () => true },
  { label: "$(debug-stop) Stop Server", command: "vt-lsp.stop", when: isRunning },
  { label: "$(output) Show Log", command: "vt-lsp.showLogs", when: () => true },
];
