/**
 * Reads Set-Cookie headers as a browser does: of a name that comes twice the last counts, and a blank one is none. A
 * router may clear the cookie of before in the same answer.
 * @returns each as `name=value`
 */
export function parseSetCookie(headers: readonly string[]): string[] {
  const pairs = headers.map((header) => header.split(";", 1)[0]?.trim() ?? "");
  const named = new Map(pairs.map((pair) => [pair.split("=", 1)[0], pair]));
  return [...named.values()].filter((pair) => /=./.test(pair));
}

/** The values in a Cookie header: a router may quote one of them alone. */
export function cookieValues(header = ""): string[] {
  return header.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
}
