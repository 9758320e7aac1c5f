import assert from "node:assert/strict";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { cleanEnvironment, expand, isExecutable, isInside, onPath, pathFolders } from "../src/environment";
import { temporary } from "./temporary";

void test("what changes the modules of a Python is left out", () => {
  const env = { PYTHONPATH: "a", PythonHome: "b", PYTHONSTARTUP: "c", PYTHONUTF8: "1", HOME: "d" };
  assert.deepEqual(cleanEnvironment(env), { PYTHONUTF8: "1", HOME: "d" });
});

void test("only absolute entries of PATH count", () => {
  const list = ["/usr/bin", ".", "", "bin", "/usr/bin", "/opt/x"].join(path.delimiter);
  assert.deepEqual(pathFolders({ PATH: list }), ["/usr/bin", "/opt/x"]);
});

void test("programs are found in the order of PATH; a file that cannot be run is none", async (t) => {
  const folder = await temporary(t);
  for (const name of ["a", "b", "c"]) await mkdir(path.join(folder, name));
  const [first, second, third] = ["a", "b", "c"].map((name) => path.join(folder, name, "tool")) as [
    string,
    string,
    string,
  ];
  for (const file of [first, second, third]) await writeFile(file, "#!/bin/sh\n");
  await chmod(second, 0o755);
  await chmod(third, 0o755);
  const env = { PATH: ["a", "b", "c"].map((name) => path.join(folder, name)).join(path.delimiter) };
  assert.deepEqual(await onPath(["tool"], env), [second, third]);
  assert.equal(await isExecutable(path.join(folder, "a")), false);
});

void test("a link into a folder counts as inside, a folder with a longer name does not", async (t) => {
  const folder = await temporary(t);
  const [inner, outer] = [path.join(folder, "work"), path.join(folder, "work-too")];
  await mkdir(inner);
  await mkdir(outer);
  await writeFile(path.join(inner, "tool"), "");
  await symlink(path.join(inner, "tool"), path.join(outer, "link"));
  assert.ok(await isInside(path.join(inner, "tool"), [inner]));
  assert.ok(await isInside(path.join(outer, "link"), [inner]));
  assert.ok(await isInside(path.join(inner, "..dotted"), [inner]));
  assert.ok(!(await isInside(path.join(outer, "other"), [inner])));
});

void test("places in settings are filled in", () => {
  const home = os.homedir();
  assert.equal(expand("~/x", undefined, {}), `${home}/x`);
  assert.equal(expand("a~", undefined, {}), "a~");
  assert.equal(expand("${userHome}/${env:NAME}", undefined, { NAME: "n" }), `${home}/n`);
  assert.equal(expand("${workspaceFolder}/x", "/w", {}), "/w/x");
  assert.equal(expand("${workspaceFolder}/x", undefined, {}), "${workspaceFolder}/x");
});
