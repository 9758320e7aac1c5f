/** The process of the server: started without a shell, ended for certain. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import * as readline from "node:readline";
import { cleanEnvironment } from "./environment";
import type { ServerCommand } from "./search";

const LAST_LINES = 20;
const LAST_WORDS_MS = 200;
const TERM_MS = 500;

/** How a process ended; `lastWords` are the last lines that it wrote to standard error. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastWords: readonly string[];
}

export class ServerProcess {
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<Ended>;
  private readonly lastWords: string[] = [];
  private isAlive = true;

  private constructor(
    readonly child: ChildProcessWithoutNullStreams,
    onStderr: (line: string) => void,
  ) {
    readline.createInterface({ input: child.stderr, crlfDelay: Infinity }).on("line", (line) => {
      onStderr(line);
      if (line.trim()) this.lastWords.push(line.trim());
      if (this.lastWords.length > LAST_LINES) this.lastWords.shift();
    });
    child.stdin.on("error", () => undefined); // a broken pipe: `ended` tells of it
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.isAlive = false;
        const tell = () => {
          resolve({ code, signal, lastWords: this.lastWords });
        };
        child.once("close", tell); // its last words are read
        setTimeout(tell, LAST_WORDS_MS); // a child of its own may hold the pipes open
      });
    });
  }

  /** Start a server in `cwd`; rejects if the program cannot be started. */
  static start(
    command: ServerCommand,
    cwd: string,
    onStderr: (line: string) => void,
  ): Promise<ServerProcess> {
    return new Promise((resolve, reject) => {
      const env = cleanEnvironment(process.env);
      const child = spawn(command.command, [...command.args], { cwd, env, windowsHide: true, stdio: "pipe" });
      child.once("error", reject);
      child.once("spawn", () => {
        child.off("error", reject);
        child.on("error", () => undefined); // a signal that could not be sent
        resolve(new ServerProcess(child, onStderr));
      });
    });
  }

  /** End the process, first politely; resolves when it is gone. */
  async end(graceMs: number): Promise<void> {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (await this.isGoneWithin(signal === "SIGTERM" ? graceMs : TERM_MS)) return;
      this.child.kill(signal);
    }
    await this.isGoneWithin(TERM_MS);
  }

  private async isGoneWithin(ms: number): Promise<boolean> {
    if (this.isAlive) await Promise.race([this.ended, delay(ms)]);
    return !this.isAlive;
  }
}

/** One sentence on how a process ended. */
export function describeEnd(ended: Ended): string {
  const how = ended.signal
    ? `was ended by ${ended.signal}`
    : `ended with exit code ${ended.code ?? "unknown"}`;
  const last = ended.lastWords.at(-1);
  return last ? `It ${how}: ${last}` : `It ${how}.`;
}
