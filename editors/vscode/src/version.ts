/** Versions of the server, as `serverInfo.version` gives them. */

type Numbers = readonly [major: number, minor: number, patch: number];

/** The numbers at the start of a version ("1.2", "1.2.3rc1"); undefined if it does not start with one. */
export function parseVersion(text: string): Numbers | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text.trim());
  return match ? [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)] : undefined;
}

/**
 * Whether a server of version `found` understands a client of version `own`: its minor version is not older.
 * A version that cannot be read counts as too old.
 */
export function isNewEnough(found: string | undefined, own: string): boolean {
  const [server, client] = [parseVersion(found ?? ""), parseVersion(own)];
  if (!server || !client) return false;
  return server[0] !== client[0] ? server[0] > client[0] : server[1] >= client[1];
}
