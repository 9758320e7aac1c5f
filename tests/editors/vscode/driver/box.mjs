// The small world of one scenario: a folder with a home, workspaces, and the programs that are found on PATH.
import { accessSync, chmodSync, constants, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Notes its start in a file, so that a test can tell who was started and when, and becomes the real server. */
const LAUNCHER = (python, repository, notes) => `#!${python}
import json, os, sys, time
with open(${JSON.stringify(notes)}, "a") as file:
    file.write(json.dumps({"program": sys.argv[0], "args": sys.argv[1:], "pid": os.getpid(), "time": time.time() * 1000}) + "\\n")
sys.path.insert(0, ${JSON.stringify(repository)})
from vt_lsp.cli.main import main
sys.exit(main())
`;

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class Box {
  constructor({ dir, python, repository, example }) {
    Object.assign(this, { dir, python, repository, exampleSource: example });
    this.home = path.join(dir, "home");
    this.bin = path.join(dir, "bin");
    this.notes = path.join(dir, "starts.jsonl");
    mkdirSync(this.home, { recursive: true });
    mkdirSync(this.bin);
  }

  /** Writes a file below the box, with the folders that lead to it. */
  write(name, content, { executable = false } = {}) {
    const file = path.join(this.dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (executable) chmodSync(file, 0o755);
    return file;
  }

  read(name) {
    return readFileSync(path.join(this.dir, name), "utf8");
  }

  /** A copy of the example project. */
  example(name = "ordersvc") {
    const target = path.join(this.dir, name);
    cpSync(this.exampleSource, target, { recursive: true });
    return target;
  }

  /** A server as people have it: a program on PATH. */
  installServer(name = "bin/vt-lsp") {
    return this.write(name, LAUNCHER(this.python, this.repository, this.notes), { executable: true });
  }

  /** A program that is no server, or a poor one: Python code. */
  installProgram(name, code) {
    const note = LAUNCHER(this.python, this.repository, this.notes).split("sys.path")[0];
    return this.write(name, note + code, { executable: true });
  }

  /** The starts of servers so far: program, args, pid, time (ms). */
  starts() {
    if (!existsSync(this.notes)) return [];
    return readFileSync(this.notes, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  }

  /** PATH with our own programs before the machine's, which has no other server. */
  environment() {
    const others = process.env.PATH.split(path.delimiter).filter((folder) => !isProgram(path.join(folder, "vt-lsp")));
    return { PATH: [this.bin, ...others].join(path.delimiter) };
  }
}
