import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { findServer, isStillThere, searchKey, type ServerCommand, type World } from "../src/search";
import { environment, program, temporary } from "./temporary";

/** A world in which the server is everywhere; each test takes some of it away. */
async function everywhere(t: TestContext): Promise<World & { root: string }> {
  const root = await temporary(t);
  const work = path.join(root, "work");
  const chosen = await environment(path.join(root, "chosen"), { installed: true });
  const own = await environment(path.join(root, "own"), { installed: true });
  await environment(path.join(work, ".venv"), { installed: true });
  await program(path.join(root, "bin", "vt-lsp"), "exit 0");
  return {
    root,
    path: [await program(path.join(root, "set", "vt-lsp"), "exit 0"), "server"],
    interpreter: await environment(path.join(root, "interpreter"), { installed: true }),
    isTrusted: true,
    folders: [work],
    env: { PATH: path.join(root, "bin") },
    activePython: () => Promise.resolve(chosen),
    privatePython: () => Promise.resolve(own),
  };
}

const nobody = () => Promise.resolve(undefined);

async function search(world: World): Promise<string> {
  const found = await findServer(world, () => undefined);
  return "missing" in found
    ? `missing: ${found.missing}`
    : `${found.reason}: ${[found.command, ...found.args].join(" ")}`;
}

void test("the order: setting, interpreter, Python extension, .venv, PATH, private environment", async (t) => {
  let world = await everywhere(t);
  const { root } = world;
  const module = "-I -m vt_lsp server";
  const reasons = [await search(world)];
  const less: Partial<World>[] = [
    { path: [] },
    { interpreter: "" },
    { activePython: nobody },
    { folders: [] },
    { env: {} },
    { privatePython: nobody },
  ];
  for (const change of less) {
    world = { ...world, ...change };
    reasons.push(await search(world));
  }
  assert.deepEqual(reasons, [
    `the setting vt-lsp.path: ${root}/set/vt-lsp server`,
    `the setting vt-lsp.interpreter: ${root}/interpreter/bin/python ${module}`,
    `the environment chosen in the Python extension: ${root}/chosen/bin/python ${module}`,
    `the environment ${root}/work/.venv: ${root}/work/.venv/bin/python ${module}`,
    `PATH: ${root}/bin/vt-lsp server`,
    `the private environment of this extension: ${root}/own/bin/python ${module}`,
    "missing: The vt-lsp server is not installed, or not where this extension looks for it.",
  ]);
});

void test("nothing of a workspace that is not trusted is used", async (t) => {
  const world = { ...(await everywhere(t)), isTrusted: false, path: [], interpreter: "" };
  const { root } = world;
  assert.match(await search(world), /^PATH: .*\/bin\/vt-lsp server$/);
  const inside = path.join(root, "work", "bin");
  await program(path.join(inside, "vt-lsp"), "exit 0");
  assert.match(await search({ ...world, env: { PATH: inside } }), /^the private environment/);
  const venv = path.join(root, "work", ".venv", "bin", "python");
  assert.match(await search({ ...world, interpreter: venv }), /^missing: .*not trusted/);
  assert.match(
    await search({ ...world, path: ["${workspaceFolder}/bin/vt-lsp"] }),
    /^missing: .*not trusted/,
  );
  assert.match(
    await search({ ...world, isTrusted: true, path: ["${workspaceFolder}/bin/vt-lsp"] }),
    /^the setting/,
  );
});

void test("a setting that does not work is told, not stepped over", async (t) => {
  const world = await everywhere(t);
  const bare = await environment(path.join(world.root, "bare"), { installed: false });
  const wrong = await findServer({ ...world, path: [path.join(world.root, "nothing")] }, () => undefined);
  assert.equal("missing" in wrong && wrong.setting, "vt-lsp.path");
  const without = await findServer({ ...world, path: [], interpreter: bare }, () => undefined);
  assert.equal("missing" in without && without.setting, "vt-lsp.interpreter");
  assert.match(await search({ ...world, path: [], interpreter: "python3" }), /^missing: .*no Python/);
});

void test("a program without a folder is looked for on PATH", async (t) => {
  const world = await everywhere(t);
  assert.equal(
    await search({ ...world, path: ["vt-lsp"] }),
    `the setting vt-lsp.path: ${world.root}/bin/vt-lsp`,
  );
});

void test("an environment without vt-lsp is stepped over", async (t) => {
  const world = await everywhere(t);
  const bare = await environment(path.join(world.root, "bare"), { installed: false });
  const found = await search({
    ...world,
    path: [],
    interpreter: "",
    activePython: () => Promise.resolve(bare),
  });
  assert.match(found, /^the environment .*\.venv/);
});

void test("a Python that is no environment is asked", async (t) => {
  const world = await everywhere(t);
  const plain = path.join(world.root, "plain", "bin", "python");
  await program(plain, `test "$1" = -I && echo ${world.root}/vt_lsp/__init__.py`);
  assert.match(await search({ ...world, path: [], interpreter: plain }), /^the setting vt-lsp.interpreter/);
  await program(plain, "echo");
  assert.match(await search({ ...world, path: [], interpreter: plain }), /^missing: .*has no vt-lsp/);
});

void test("what was found is remembered as long as its files are there", async (t) => {
  const world = { ...(await everywhere(t)), path: [], interpreter: "" };
  const found = (await findServer(world, () => undefined)) as ServerCommand;
  assert.ok(await isStillThere(found));
  await rm(path.join(world.root, "chosen", "lib"), { recursive: true });
  assert.ok(!(await isStillThere(found)));
  assert.notEqual(searchKey(world), searchKey({ ...world, isTrusted: false }));
});

void test("programs of uv, pipx and pip are found without PATH, after those of PATH", async (t) => {
  const world = { ...(await everywhere(t)), path: [], interpreter: "", activePython: nobody, folders: [] };
  const { root } = world;
  await program(path.join(root, "home", ".local", "bin", "vt-lsp"), "exit 0");
  await program(path.join(root, "tools", "vt-lsp"), "exit 0");
  const home = path.join(root, "home");
  const kind = "the programs of uv, pipx and pip";
  assert.equal(
    await search({ ...world, env: { ...world.env, HOME: home } }),
    `PATH: ${root}/bin/vt-lsp server`,
  );
  assert.equal(await search({ ...world, env: { HOME: home } }), `${kind}: ${home}/.local/bin/vt-lsp server`);
  const env = { HOME: home, UV_TOOL_BIN_DIR: path.join(root, "tools") };
  assert.equal(await search({ ...world, env }), `${kind}: ${root}/tools/vt-lsp server`);
});
