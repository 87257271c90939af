/**
 * Normalizes the path of a route: with a leading slash and no trailing one.
 * @returns undefined for characters that are a pattern in Express, or that are encoded in a URL
 */
export function normalizeRoutePath(text: string): string | undefined {
  const path = `/${text.trim()}`.replace(/\/+/g, "/").replace(/\/$/, "");
  return /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/.test(path) ? path : undefined;
}
