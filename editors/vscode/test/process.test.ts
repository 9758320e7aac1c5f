import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { describeEnd, ServerProcess } from "../src/process";
import { program, temporary } from "./temporary";

function command(file: string) {
  return { command: file, args: ["server"], reason: "a test", witnesses: [] };
}

void test("the end of a process is told with its last words", async (t) => {
  const folder = await temporary(t);
  const file = await program(
    path.join(folder, "crash"),
    "echo first >&2; echo 'No module named vt_lsp' >&2; exit 3",
  );
  const lines: string[] = [];
  const server = await ServerProcess.start(command(file), folder, (line) => lines.push(line));
  const ended = await server.ended;
  assert.equal(describeEnd(ended), "It ended with exit code 3: No module named vt_lsp");
  assert.deepEqual(lines, ["first", "No module named vt_lsp"]);
});

void test("a program that is not there is told at once", async (t) => {
  const folder = await temporary(t);
  await assert.rejects(
    ServerProcess.start(command(path.join(folder, "none")), folder, () => undefined),
    /ENOENT/,
  );
});

void test("a process that does not want to end is ended", async (t) => {
  const folder = await temporary(t);
  const file = await program(
    path.join(folder, "stubborn"),
    "trap '' TERM; echo ready >&2; while :; do sleep 0.1; done",
  );
  let isReady: (line: string) => void = () => undefined;
  const ready = new Promise<string>((resolve) => (isReady = resolve));
  const server = await ServerProcess.start(command(file), folder, (line) => {
    isReady(line);
  });
  await ready;
  await server.end(10);
  assert.equal((await server.ended).signal, "SIGKILL");
});

void test("PYTHONPATH does not reach the server", async (t) => {
  const folder = await temporary(t);
  const file = await program(path.join(folder, "env"), 'echo "<$PYTHONPATH>" >&2');
  const before = process.env.PYTHONPATH;
  process.env.PYTHONPATH = "/somewhere";
  t.after(() => {
    if (before === undefined) delete process.env.PYTHONPATH;
    else process.env.PYTHONPATH = before;
  });
  const server = await ServerProcess.start(command(file), folder, () => undefined);
  assert.deepEqual((await server.ended).lastWords, ["<>"]);
});
