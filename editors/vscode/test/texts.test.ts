import assert from "node:assert/strict";
import { test } from "node:test";
import { count, holding, percent, plain, severityIcon } from "../src/format";
import type { Claim, Section, SpecFile } from "../src/protocol";
import { contentNodes, documentNodes, type Node, rootNodes, sectionAt } from "../src/specNodes";
import { summarize } from "../src/summary";

const status = { health: "ok", quiescent: true, message: "", drifts: 0, compliance: 1 } as const;
const running = { kind: "running", version: "0.1.0" } as const;

void test("numbers read well", () => {
  assert.deepEqual(
    [count(1, "drift"), count(2, "drift"), count(0, "claim")],
    ["1 drift", "2 drifts", "0 claims"],
  );
  assert.deepEqual(
    [percent(1), percent(0.9999), percent(0.57), percent(0)],
    ["100 %", "99 %", "57 %", "0 %"],
  );
  assert.equal(holding({ holds: 8, broken: 0, unknown: 1 }), "8 hold");
  assert.equal(holding({ holds: 6, broken: 1, unknown: 1 }), "1 of 7 broken");
  assert.equal(holding({ holds: 0, broken: 0, unknown: 3 }), "3 not decided");
  assert.equal(plain("a_b <c> [d](e)"), "a\\_b \\<c\\> \\[d\\]\\(e\\)");
  assert.equal(severityIcon(null)[0], "warning");
});

void test("the status bar says what counts", () => {
  const text = (state: Parameters<typeof summarize>[0], given = {}) => {
    const { icon, text } = summarize(state, { ...status, ...given });
    return `$(${icon}) ${text}`;
  };
  assert.equal(text(running), "$(check) vt-lsp 100 %");
  assert.equal(text(running, { drifts: 4, compliance: 0.97 }), "$(warning) 4 drifts");
  assert.equal(text(running, { quiescent: false }), "$(sync~spin) vt-lsp");
  assert.equal(text(running, { health: "error", message: "the cache is broken" }), "$(error) vt-lsp");
  assert.equal(text({ kind: "missing", notFound: { missing: "gone" } }), "$(warning) vt-lsp: no server");
  assert.equal(summarize(running, undefined).isBusy, true);
  assert.equal(summarize(running, { ...status, message: "no folder is open" }).detail, "No folder is open.");
});

const range = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 1 } });

function claim(text: string, state: Claim["state"]): Claim {
  const nothing = {
    kind: "k",
    role: "current",
    message: "",
    type: null,
    severity: null,
    fingerprint: null,
    target: null,
  };
  return { text, state, uri: "file:///s.md", range: range(0), ...nothing };
}

function section(
  title: string,
  line: number,
  level: number,
  claims: Claim[],
  sections: Section[] = [],
): Section {
  const broken =
    claims.filter((one) => one.state === "broken").length +
    sections.reduce((sum, one) => sum + one.broken, 0);
  return { title, level, range: range(line), holds: 0, broken, unknown: 0, claims, sections };
}

const spec: SpecFile = {
  uri: "file:///s.md",
  path: "docs/s.md",
  holds: 1,
  broken: 1,
  unknown: 0,
  compliance: 0.5,
};
const root: Node = { kind: "spec", id: "spec file:///s.md", parent: undefined, spec };
const label = (node: Node) =>
  node.kind === "section" ? node.section.title : node.kind === "claim" ? node.claim.text : node.kind;

void test("a title that holds the whole document is no level of its own", () => {
  const inner = [section("A", 2, 2, [claim("x", "holds")]), section("B", 5, 2, [claim("y", "broken")])];
  const titled = {
    uri: "file:///s.md",
    claims: [],
    sections: [section("Title", 0, 1, [claim("t", "holds")], inner)],
  };
  assert.deepEqual(documentNodes(titled, root, false).map(label), ["t", "A", "B"]);
  assert.deepEqual(documentNodes(titled, root, true).map(label), ["B"]);
  assert.deepEqual(documentNodes({ ...titled, sections: inner }, root, false).map(label), ["A", "B"]);
});

void test("the same words twice have two identities, the same after each refresh", () => {
  const content = { claims: [claim("x", "holds"), claim("x", "broken")], sections: [section("x", 1, 2, [])] };
  const ids = () => contentNodes("file:///s.md", content, root, false).map((node) => node.id);
  assert.equal(new Set(ids()).size, 3);
  assert.deepEqual(ids(), ids());
});

void test("one folder is no level of its own, and only folders with something broken are filtered in", () => {
  const folder = {
    uri: "file:///f",
    name: "f",
    state: "ready",
    holds: 1,
    broken: 1,
    unknown: 0,
    compliance: 0.5,
  } as const;
  const full = { ...folder, specs: [spec] };
  const calm = { ...folder, uri: "file:///g", broken: 0, specs: [{ ...spec, broken: 0 }] };
  assert.deepEqual(rootNodes([full], false).map(label), ["spec"]);
  assert.deepEqual(rootNodes([full, calm], false).map(label), ["folder", "folder"]);
  assert.deepEqual(rootNodes([full, calm], true).map(label), ["folder"]);
  assert.deepEqual(rootNodes([{ ...full, specs: [] }], false), []);
});

void test("a line belongs to the innermost section that began", () => {
  const sections = [section("A", 2, 2, [], [section("A1", 4, 3, [])]), section("B", 8, 2, [])];
  const nodes = contentNodes("file:///s.md", { claims: [], sections }, root, false);
  const inside = (node: Node) => (node.kind === "section" ? contentNodes("", node.section, node, false) : []);
  const at = (line: number) => {
    const found = sectionAt(nodes, line, inside);
    return found && label(found);
  };
  assert.deepEqual([at(0), at(2), at(5), at(8)], [undefined, "A", "A1", "B"]);
});
