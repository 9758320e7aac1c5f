/** The settings of VS Code, as the server is to see them. */

import * as vscode from "vscode";

const SECTION = "vt-lsp";

/** Settings that concern this extension only. */
const OWN = new Set(["path", "interpreter", "trace.server"]);

interface Manifest {
  contributes: { configuration: { properties: Record<string, unknown> } };
}

let names: readonly string[] = [];

/** Take the names of the settings from the manifest. */
export function readNames(manifest: unknown): void {
  const properties = Object.keys((manifest as Manifest).contributes.configuration.properties);
  names = properties.map((name) => name.slice(SECTION.length + 1)).filter((name) => !OWN.has(name));
}

/**
 * What the user has set, for a folder. Defaults are left out: they would hide what the project's own file says.
 */
export function configurationFor(section: string | undefined, scopeUri: string | undefined): unknown {
  if (section !== SECTION) return null;
  const scope = scopeUri ? vscode.Uri.parse(scopeUri) : undefined;
  const settings = vscode.workspace.getConfiguration(SECTION, scope);
  const given: [string, unknown][] = names.flatMap((name) => {
    const { globalValue, workspaceValue, workspaceFolderValue } = settings.inspect(name) ?? {};
    const isSet = [globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined);
    return isSet ? [[name, settings.get(name)]] : [];
  });
  return {
    ...Object.fromEntries(given),
    ...(vscode.workspace.isTrusted ? {} : { untrustedWorkspace: true }),
  };
}
