import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isNewEnough, parseVersion } from "../src/version";

void test("a version is read up to its third number", () => {
  assert.deepEqual(parseVersion("1.2.3rc1"), [1, 2, 3]);
  assert.deepEqual(parseVersion("v2.0"), [2, 0, 0]);
  assert.equal(parseVersion("unknown"), undefined);
});

void test("the minor version decides", () => {
  assert.ok(isNewEnough("0.1.0", "0.1.9"));
  assert.ok(isNewEnough("0.2.0", "0.1.0"));
  assert.ok(isNewEnough("1.0.0", "0.9.0"));
  assert.ok(isNewEnough("0.10.0", "0.9.0"));
  assert.ok(!isNewEnough("0.1.9", "0.2.0"));
  assert.ok(!isNewEnough("0.9.0", "1.0.0"));
  assert.ok(!isNewEnough(undefined, "0.1.0"));
});

void test("the extension has the version of the Python package", () => {
  const own = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;
  const python = /__version__ = "(.+)"/.exec(readFileSync("../../vt_lsp/__init__.py", "utf8"))?.[1];
  assert.equal(own, python);
});
