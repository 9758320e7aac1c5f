/** The life of the server: found, started, watched, started again after a crash, ended. */

import * as vscode from "vscode";
import { type LanguageClient, State as ClientState } from "vscode-languageclient/node";
import { Backoff, MOST_CRASHES, MOST_FAILED_STARTS } from "./backoff";
import { receiveAnswers } from "./claude";
import { makeClient } from "./client";
import { log, serverLog, TraceChannel } from "./log";
import { describeEnd, ServerProcess } from "./process";
import { ALERTS_CHANGED, type Status, STATUS } from "./protocol";
import type { NotFound, ServerCommand } from "./search";
import { isNewEnough } from "./version";

const ANSWER_MS = 30_000;
const SHUTDOWN_MS = 1000;
const EXIT_MS = 800; // it closes its database
const DEBOUNCE_MS = 200;

/** What the server is doing, as far as the user is concerned. */
export type State =
  | { readonly kind: "idle" | "virtual" | "searching" | "starting" | "stopped" }
  | { readonly kind: "running"; readonly version: string }
  | { readonly kind: "waiting"; readonly seconds: number; readonly why: string }
  | { readonly kind: "missing"; readonly notFound: NotFound }
  | { readonly kind: "tooOld"; readonly version: string; readonly command: ServerCommand }
  | { readonly kind: "failed"; readonly why: string };

/** What the server needs from its surroundings. */
export interface Surroundings {
  /** The version of this extension: the oldest server that will do has its minor version. */
  readonly version: string;
  /** A folder to start in, outside of any workspace. */
  readonly cwd: string;
  /** Find the command line; `fresh` means that what was remembered does not count. */
  find(fresh: boolean): Promise<ServerCommand | NotFound>;
}

interface Run {
  readonly process: ServerProcess;
  readonly client: LanguageClient;
  isEnding: boolean;
}

export class Server implements vscode.Disposable {
  private readonly states = new vscode.EventEmitter<State>();
  private readonly statuses = new vscode.EventEmitter<Status>();
  private readonly alerts = new vscode.EventEmitter<undefined>();
  private readonly backoff = new Backoff();
  private readonly trace = new TraceChannel();
  private queue: Promise<void> = Promise.resolve();
  private pending: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private run: Run | undefined;
  private isDisposed = false;
  state: State = { kind: "idle" };
  /** The command line that was started last. */
  command: ServerCommand | undefined;
  /** What the server has last said of itself. */
  status: Status | undefined;

  readonly onDidChangeState = this.states.event;
  readonly onDidChangeStatus = this.statuses.event;
  readonly onDidChangeAlerts = this.alerts.event;

  constructor(private readonly surroundings: Surroundings) {}

  /** The client, while the server can be asked. */
  get client(): LanguageClient | undefined {
    return this.state.kind === "running" ? this.run?.client : undefined;
  }

  /** Start for the first time, with what is remembered of the last search. */
  start(): Promise<void> {
    return this.enqueue(() => this.begin(false));
  }

  /** End what runs and start anew; many calls at once make one restart. */
  restart(reason: string): Promise<void> {
    log.info(`restart: ${reason}`);
    this.pending ??= new Promise((resolve) => setTimeout(resolve, DEBOUNCE_MS)).then(() => {
      this.pending = undefined;
      this.backoff.reset();
      this.hurry();
      return this.enqueue(async () => {
        await this.halt();
        await this.begin(true);
      });
    });
    return this.pending;
  }

  /** End the server until it is started again; `state` says why. */
  stop(state: State = { kind: "stopped" }): Promise<void> {
    return this.enqueue(async () => {
      await this.halt();
      this.become(state);
    });
  }

  /** Resolves when what was begun is over, such as a start. */
  settled(): Promise<void> {
    return this.pending ?? this.queue;
  }

  /** Ask the server; undefined if there is none. */
  async request<R>(method: string, params: object): Promise<R | undefined> {
    return this.client?.sendRequest<R>(method, params);
  }

  /** End everything; resolves when the process is gone. */
  async end(): Promise<void> {
    this.isDisposed = true;
    this.hurry();
    await this.enqueue(() => this.halt());
  }

  dispose(): void {
    void this.end();
    this.trace.dispose();
    this.states.dispose();
    this.statuses.dispose();
  }

  // One thing after the other: a start never meets a stop.
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((error: unknown) => {
      log.error(`unexpected: ${String(error)}`);
    });
    return this.queue;
  }

  // A start that hangs holds the queue: it is given up.
  private hurry(): void {
    if (this.run && this.state.kind === "starting") {
      this.run.isEnding = true;
      void this.run.process.end(0);
    }
  }

  private become(state: State): void {
    if (this.isDisposed) return;
    this.state = state;
    log.debug(`state: ${JSON.stringify(state)}`);
    this.states.fire(state);
  }

  private async begin(fresh: boolean): Promise<void> {
    if (this.isDisposed) return;
    this.become({ kind: "searching" });
    const found = await this.surroundings.find(fresh);
    if ("missing" in found) {
      log.warn(found.missing);
      this.become({ kind: "missing", notFound: found });
      return;
    }
    this.command = found;
    this.become({ kind: "starting" });
    log.info(`start (${found.reason}): ${[found.command, ...found.args].join(" ")}`);
    try {
      this.run = await this.launch(found);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error(`cannot start ${found.command}: ${why}`);
      this.become({ kind: "failed", why: `It cannot be started: ${why}` });
      return;
    }
    await this.greet(this.run, found);
  }

  private async launch(command: ServerCommand): Promise<Run> {
    const process = await ServerProcess.start(command, this.surroundings.cwd, (line) => {
      serverLog.warn(line);
    });
    const client = makeClient(process, this.trace, () => void process.end(DEBOUNCE_MS));
    const run = { process, client, isEnding: false };
    client.onNotification(STATUS, (status: Status) => {
      this.status = status;
      this.statuses.fire(status);
    });
    client.onNotification(ALERTS_CHANGED, () => {
      this.alerts.fire(undefined);
    });
    receiveAnswers(client);
    void process.ended.then((ended) => {
      serverLog.info(`the server has ended (code ${ended.code ?? "-"}, signal ${ended.signal ?? "-"})`);
      if (!run.isEnding && this.run === run) this.crashed(describeEnd(ended));
    });
    return run;
  }

  private async greet(run: Run, command: ServerCommand): Promise<void> {
    const began = Date.now();
    try {
      await withLimit(run.client.start(), run.process, ANSWER_MS);
    } catch (error) {
      log.error(`the server does not answer: ${String(error)}`);
      await run.process.end(0); // tells `crashed`, unless it has ended already
      return;
    }
    const version = run.client.initializeResult?.serverInfo?.version ?? "";
    if (!isNewEnough(version, this.surroundings.version)) {
      log.error(
        `the server has version ${version || "unknown"}, this extension needs ${this.surroundings.version}`,
      );
      await this.halt();
      this.become({ kind: "tooOld", version, command });
      return;
    }
    log.info(
      `server ${version} runs as process ${run.process.child.pid ?? 0} after ${Date.now() - began} ms`,
    );
    if (this.run === run) this.become({ kind: "running", version });
  }

  private crashed(why: string): void {
    const wasRunning = this.state.kind === "running";
    this.run = undefined;
    this.status = undefined;
    log.error(`the server has crashed. ${why}`);
    if (this.isDisposed) return;
    const pause = this.backoff.next(Date.now(), wasRunning ? MOST_CRASHES : MOST_FAILED_STARTS);
    if (pause === undefined) {
      this.become({ kind: "failed", why });
      return;
    }
    log.info(`it is started again in ${pause / 1000} s`);
    this.become({ kind: "waiting", seconds: pause / 1000, why });
    this.retry = setTimeout(() => void this.enqueue(() => this.begin(false)), pause);
  }

  private async halt(): Promise<void> {
    clearTimeout(this.retry);
    const run = this.run;
    this.run = undefined;
    this.status = undefined;
    if (!run) return;
    run.isEnding = true;
    if (run.client.state === ClientState.Running) {
      await run.client.stop(SHUTDOWN_MS).catch((error: unknown) => {
        log.warn(`the server does not stop by itself: ${String(error)}`);
      });
    }
    await run.process.end(EXIT_MS);
  }
}

/** Wait for the answer to `initialize`; rejects when the process ends before, or takes too long. */
async function withLimit(started: Promise<void>, process: ServerProcess, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms / 1000} s`));
    }, ms);
  });
  const gone = process.ended.then((ended) => Promise.reject(new Error(describeEnd(ended))));
  try {
    await Promise.race([started, gone, late]);
  } finally {
    clearTimeout(timer);
    started.catch(() => undefined);
    gone.catch(() => undefined);
  }
}
