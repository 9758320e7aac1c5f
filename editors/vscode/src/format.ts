/** Short texts, made of what the server says. */

import type { Counts, Severity } from "./protocol";

/** A number with its noun: "1 drift", "2 drifts". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A share as a percentage; 100 % only if nothing at all is missing. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** How many of the decided claims hold: "7 of 9 hold"; of those that nobody could decide, how many there are. */
export function holding({ holds, broken, unknown }: Counts): string {
  const decided = holds + broken;
  if (decided === 0) return `${unknown} not decided`;
  return broken === 0 ? `${holds} hold` : `${broken} of ${decided} broken`;
}

/** The theme icon of a severity, with the theme colour that goes with it. */
export function severityIcon(severity: Severity | null): readonly [icon: string, colour: string] {
  switch (severity) {
    case "error":
      return ["error", "problemsErrorIcon.foreground"];
    case "information":
    case "hint":
      return ["info", "problemsInfoIcon.foreground"];
    default:
      return ["warning", "problemsWarningIcon.foreground"];
  }
}

/** Text as it is, where Markdown is expected. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, "\\$&");
}
