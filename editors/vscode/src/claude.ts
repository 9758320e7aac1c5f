/** Questions to Claude: the answer is written into a tab at the side while it comes, and can be stopped at any moment. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient, Range } from "vscode-languageclient/node";
import { ANSWER, ASK_CLAUDE, CHECK_REQUIREMENT, type AnswerPart, type Page } from "./protocol";
import type { Results } from "./results";

const REFRESH_MS = 150;
const NAMES: Record<string, string> = { explain: "Explain", realign: "Realign", question: "Answer" };

/** What is asked; all but `id` may be missing. */
export interface Question {
  readonly question?: string;
  readonly template?: string;
  readonly target?: "spec" | "code";
  readonly fingerprint?: string;
  readonly uri?: string;
  readonly range?: Range;
}

const parts = new vscode.EventEmitter<AnswerPart>();

/** Hand on what the server sends of answers. */
export function receiveAnswers(client: LanguageClient): void {
  client.onNotification(ANSWER, (part: AnswerPart) => {
    parts.fire(part);
  });
}

/** Ask; without a question or a template the person is asked for one, and the selection goes along. */
export async function askClaude(
  client: LanguageClient,
  results: Results,
  given: Question = {},
): Promise<void> {
  const question = given.template ? given : await freeQuestion(client, given);
  if (question) await answered(client, results, ASK_CLAUDE, question, NAMES[question.template ?? "question"]);
}

/** Ask whether the code satisfies the requirement at the cursor. */
export async function checkRequirement(
  client: LanguageClient,
  results: Results,
  uri?: string,
  position?: unknown,
) {
  const editor = vscode.window.activeTextEditor;
  const here = editor && {
    uri: client.code2ProtocolConverter.asUri(editor.document.uri),
    position: client.code2ProtocolConverter.asPosition(editor.selection.active),
  };
  const place = uri ? { uri, position } : here;
  if (place) await answered(client, results, CHECK_REQUIREMENT, place, "Requirement");
}

async function freeQuestion(client: LanguageClient, given: Question): Promise<Question | undefined> {
  const editor = vscode.window.activeTextEditor;
  const isFile = editor?.document.uri.scheme === "file";
  const about = !isFile ? "" : editor.selection.isEmpty ? " about this place" : " about the selection";
  const question = given.question ?? (await vscode.window.showInputBox({ title: `Ask Claude${about}` }));
  if (!question) return undefined;
  if (!isFile || given.uri) return { ...given, question };
  const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
  return { ...given, question, uri, range: client.code2ProtocolConverter.asRange(editor.selection) };
}

async function answered(
  client: LanguageClient,
  results: Results,
  command: string,
  question: object,
  name = "Answer",
): Promise<void> {
  const id = randomUUID();
  const title = `Claude: ${name}`;
  const writing = new Writing((markdown) => results.aside("claude", title, { title, markdown }));
  const listening = parts.event((part) => {
    if (part.id === id) writing.take(part);
  });
  try {
    const page = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_progress, token) =>
        client.sendRequest<Page>(
          "workspace/executeCommand",
          { command, arguments: [{ ...question, id }] },
          token,
        ),
    );
    await writing.end(page.markdown);
  } catch (error) {
    await writing.end(
      `${writing.text}\n\n---\n\n_${error instanceof Error ? error.message : String(error)}_\n`,
    );
    throw error;
  } finally {
    listening.dispose();
  }
}

/** The text as it comes, drawn no more often than one can read. */
export class Writing {
  text = "";
  private lines = "";
  private timer: NodeJS.Timeout | undefined;
  private drawing: Promise<void> = Promise.resolve();

  constructor(private readonly draw: (markdown: string) => Promise<void>) {}

  take(part: AnswerPart): void {
    if (part.kind === "text") this.lines += part.text ?? "";
    if (part.kind === "reset") this.lines = part.note ? `_${part.note}_\n\n` : "";
    if (part.kind === "started" && part.note) this.lines += `_${part.note}_\n\n`;
    if (part.kind === "progress") this.lines = `Read ${part.done ?? 0} of ${part.total ?? 0} parts\n\n`;
    if (part.kind === "note") return;
    this.text = this.lines + (part.tail ?? "");
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.redraw(this.text);
    }, REFRESH_MS);
  }

  /** The last word. */
  async end(markdown: string): Promise<void> {
    clearTimeout(this.timer);
    this.redraw(markdown);
    await this.drawing;
  }

  private redraw(markdown: string): void {
    this.drawing = this.drawing.then(() => this.draw(markdown));
  }
}
