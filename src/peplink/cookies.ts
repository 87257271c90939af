/**
 * Parses Set-Cookie headers as a browser does: the last one of a name counts, and an empty value deletes it. A router may
 * delete the previous cookie in the same response.
 * @returns each cookie as `name=value`
 */
export function parseSetCookie(headers: readonly string[]): string[] {
  const pairs = headers.map((header) => header.split(";", 1)[0]?.trim() ?? "");
  const byName = new Map(pairs.map((pair) => [pair.split("=", 1)[0], pair]));
  return [...byName.values()].filter((pair) => /=./.test(pair));
}

/** The values in a Cookie header, each of which a router may quote by itself. */
export function cookieValues(header = ""): string[] {
  return header.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
}
