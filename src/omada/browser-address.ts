import type { ServerAddress } from "../http/server-address";

/**
 * Takes apart an address that was copied from a browser: a controller's pages are at `https://host:8043/<id>/login`, and
 * the API is not below that path (omada.md section 4).
 * @returns the server without that path, and the controller's id in it; blank where there is none
 */
export function splitBrowserAddress({ origin, prefix }: ServerAddress): { server: ServerAddress; omadacId: string } {
  const [, path = prefix, omadacId = ""] = /^((?:\/[^/]+)*?)\/([0-9a-f]{32})(?:\/.*)?$/.exec(prefix) ?? [];
  return { server: { origin, prefix: path }, omadacId };
}
