import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";

/** A folder of its own for a test; gone afterwards. */
export async function temporary(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), "vt-lsp-test-")));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that runs a shell script; gives its path. */
export async function program(file: string, script: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** A virtual environment as it looks on disk, with vt-lsp in it or not; gives its Python. */
export async function environment(folder: string, { installed }: { installed: boolean }): Promise<string> {
  const site = path.join(folder, "lib", "python3.12", "site-packages");
  await mkdir(installed ? path.join(site, "vt_lsp-0.1.0.dist-info") : site, { recursive: true });
  await writeFile(path.join(folder, "pyvenv.cfg"), "include-system-site-packages = false\n");
  return program(path.join(folder, "bin", "python"), "exit 1");
}
