/** What the server is doing, in a few words. */

import { count, percent } from "./format";
import type { Status } from "./protocol";
import type { State } from "./server";

type Level = "plain" | "warning" | "error";

/** A state in a few words. */
export interface Summary {
  readonly icon: string;
  readonly text: string;
  readonly detail: string;
  readonly level: Level;
  readonly isBusy: boolean;
}

/** A state, and the last status of the server, in a few words. */
export function summarize(state: State, status: Status | undefined): Summary {
  const plain = { level: "plain", isBusy: false, detail: "" } as const;
  const busy = { icon: "sync~spin", level: "plain", isBusy: true } as const;
  switch (state.kind) {
    case "idle":
      return { ...plain, icon: "circle-slash", text: "vt-lsp", detail: "No folder is open." };
    case "virtual":
      return {
        ...plain,
        icon: "circle-slash",
        text: "vt-lsp",
        detail: "The files of this workspace are not on a disk.",
      };
    case "stopped":
      return { ...plain, icon: "debug-pause", text: "vt-lsp", detail: "The server is stopped." };
    case "searching":
      return { ...busy, text: "vt-lsp", detail: "Looking for the server." };
    case "starting":
      return { ...busy, text: "vt-lsp", detail: "The server is starting." };
    case "waiting":
      return {
        ...busy,
        level: "warning",
        text: "vt-lsp",
        detail: `The server has crashed; restarting. ${state.why}`,
      };
    case "missing":
      return {
        ...plain,
        icon: "warning",
        level: "warning",
        text: "vt-lsp: no server",
        detail: state.notFound.missing,
      };
    case "tooOld":
      return {
        ...plain,
        icon: "warning",
        level: "warning",
        text: "vt-lsp: too old",
        detail: `Server ${state.version}`,
      };
    case "failed":
      return { ...plain, icon: "error", level: "error", text: "vt-lsp: not running", detail: state.why };
    case "running":
      return status ? fromServer(status) : { ...busy, text: "vt-lsp", detail: "Reading the workspace." };
  }
}

function fromServer({ health, quiescent, message, drifts, compliance }: Status): Summary {
  const detail = message && `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  if (health === "error") return { icon: "error", text: "vt-lsp", detail, level: "error", isBusy: false };
  if (!quiescent) {
    const text = drifts > 0 ? count(drifts, "drift") : "vt-lsp";
    return { icon: "sync~spin", text, detail: detail || "Reading.", level: "plain", isBusy: true };
  }
  const found = drifts > 0 ? count(drifts, "drift") : `vt-lsp ${percent(compliance)}`;
  const icon = drifts > 0 ? "warning" : health === "warning" ? "info" : "check";
  return { icon, text: found, detail, level: "plain", isBusy: false };
}
