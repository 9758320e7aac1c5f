import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { CannotMake, PrivateEnvironment, type Tools } from "../src/privateEnvironment";
import { program, temporary } from "./temporary";

/** A Python of a version that makes environments: copies of itself. */
function python(version: string, pip = "exit 0"): string {
  return `case "$*" in
  *version_info*) echo "${version}" ;;
  *"-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  *"-m pip"*) ${pip} ;;
esac`;
}

function making() {
  const abort = new AbortController();
  return { signal: abort.signal, onStep: () => undefined, onLine: () => undefined, abort };
}

function tools(folder: string, isAllowed: Tools["isAllowed"] = () => Promise.resolve(true)): Tools {
  return {
    env: { PATH: [path.join(folder, "bin"), "/usr/bin", "/bin"].join(":") },
    interpreter: "",
    isAllowed,
  };
}

const ours = (folder: string) => (file: string) => Promise.resolve(file.startsWith(folder));

void test("an environment is made, and replaced by the next one", async (t) => {
  const folder = await temporary(t);
  await program(path.join(folder, "bin", "python3"), python("3 10"));
  await program(path.join(folder, "bin", "python3.12"), python("3 12"));
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  assert.equal(await own.python(), undefined);
  await own.make("0.1.0", tools(folder, ours(folder)), making());
  const first = await own.python();
  await own.make("0.2.0", tools(folder, ours(folder)), making());
  const second = await own.python();
  assert.ok(first && second && first !== second);
  const left = (await readdir(path.join(folder, "storage"))).sort();
  assert.deepEqual(left, ["environment.json", path.basename(path.dirname(path.dirname(second)))].sort());
});

void test("what fails leaves the environment that was there", async (t) => {
  const folder = await temporary(t);
  const file = path.join(folder, "bin", "python3");
  await program(file, python("3 11"));
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  await own.make("0.1.0", tools(folder, ours(folder)), making());
  const before = await own.python();
  await program(
    file,
    python("3 11", "echo 'ERROR: No matching distribution' >&2; echo '[notice] a new pip' >&2; exit 1"),
  );
  await assert.rejects(own.make("9.9.9", tools(folder, ours(folder)), making()), /No matching distribution/);
  assert.equal(await own.python(), before);
  assert.equal((await readdir(path.join(folder, "storage"))).length, 2);
});

void test("without a Python that is new enough it is said", async (t) => {
  const folder = await temporary(t);
  await program(path.join(folder, "bin", "python3"), python("3 10"));
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  const failure = (error: unknown) => error instanceof CannotMake && error.hint === "python";
  await assert.rejects(own.make("0.1.0", tools(folder, ours(folder)), making()), failure);
});

void test("a Python without venv: what helps is said", async (t) => {
  const folder = await temporary(t);
  const script =
    'case "$*" in *version_info*) echo "3 11";; *) echo "ensurepip is not available" >&2; exit 1;; esac';
  await program(path.join(folder, "bin", "python3"), script);
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  await assert.rejects(own.make("0.1.0", tools(folder, ours(folder)), making()), /apt install python3-venv/);
});

void test("uv is used where there is one, and a program that is not allowed is not", async (t) => {
  const folder = await temporary(t);
  const copy = `for last; do :; done; mkdir -p "$last/bin"; printf '#!/bin/sh\\n' > "$last/bin/python"`;
  await program(path.join(folder, "bin", "uv"), `case "$1" in venv) ${copy};; esac`);
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  const lines: string[] = [];
  await own.make("0.1.0", tools(folder), { ...making(), onLine: (line) => lines.push(line) });
  assert.ok(lines.some((line) => line.includes("uv pip install --python") && line.endsWith("vt-lsp==0.1.0")));
  await assert.rejects(
    own.make(
      "0.1.0",
      tools(folder, () => Promise.resolve(false)),
      making(),
    ),
    CannotMake,
  );
});

void test("it can be cancelled", async (t) => {
  const folder = await temporary(t);
  await program(path.join(folder, "bin", "python3"), python("3 11", "exec sleep 60"));
  const own = new PrivateEnvironment(path.join(folder, "storage"));
  const { abort, ...rest } = making();
  const onStep = (step: string) => {
    if (step.startsWith("Installing"))
      setTimeout(() => {
        abort.abort();
      }, 50);
  };
  await assert.rejects(own.make("0.1.0", tools(folder, ours(folder)), { ...rest, onStep }), {
    name: "AbortError",
  });
  assert.deepEqual(await readdir(path.join(folder, "storage")), []);
});
