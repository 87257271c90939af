/**
 * Parses Set-Cookie headers as a browser does: the last one of a name counts, and an empty value deletes it. A router may
 * delete the previous cookie in the same response.
 * @returns each cookie as `name=value`
 */
export function parseSetCookie(headers: readonly string[]): string[] {
  const pairs = headers.map((header) => header.split(";", 1)[0]?.trim() ?? "");
  return lastOfEachName(pairs);
}

/**
 * The Cookie header after a response with these Set-Cookie headers. Cookies that the login did not set are not added, so that
 * the header cannot grow without end.
 */
export function mergeCookies(cookie: string, headers: readonly string[]): string {
  const current = cookie.split("; ");
  const names = new Set(current.map(nameOf));
  const changed = headers
    .map((header) => header.split(";", 1)[0]?.trim() ?? "")
    .filter((pair) => names.has(nameOf(pair)));
  return lastOfEachName([...current, ...changed]).join("; ");
}

function lastOfEachName(pairs: readonly string[]): string[] {
  const byName = new Map(pairs.map((pair) => [nameOf(pair), pair]));
  return [...byName.values()].filter((pair) => /=./.test(pair));
}

function nameOf(pair: string): string {
  return pair.split("=", 1)[0] ?? "";
}

/** The values in a Cookie header, each of which a router may quote by itself. */
export function cookieValues(header = ""): string[] {
  return header.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
}
