import { toMacAddress } from "../core/mac-address";
import type { ChangeEvent } from "./types";

/**
 * Parses the filter of a trigger node.
 * @param text names and ids, separated by commas; blank = everything
 */
export function parseFilter(text: string): Set<string> {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== "").flatMap((name) => [name, normalizeName(name)]));
}

/** Whether a filter contains a name or an id of what has changed. */
export function isNamedBy(filter: ReadonlySet<string>, { id, name, aliases = [] }: ChangeEvent): boolean {
  return [id, name, ...aliases].some((text) => contains(filter, text));
}

/** Whether a subscriber with this filter receives the event. */
export function matchesFilter(filter: ReadonlySet<string>, change: ChangeEvent): boolean {
  const { id, name, matchOnly } = change;
  if (filter.size === 0) return matchOnly !== "name";
  if (matchOnly === "name") return contains(filter, name);
  if (matchOnly === "id") return contains(filter, id) && !contains(filter, name);
  return isNamedBy(filter, change);
}

/**
 * Whether a poll includes all that a filter can match.
 * @param polled the filter of the poll; undefined = everything
 */
export function coversFilter(polled: ReadonlySet<string> | undefined, filter: ReadonlySet<string>): boolean {
  if (!polled) return true;
  return filter.size > 0 && [...filter].every((name) => polled.has(name));
}

function contains(filter: ReadonlySet<string>, text: string | null): boolean {
  return text !== null && filter.has(normalizeName(text));
}

function normalizeName(text: string): string {
  const lower = text.trim().toLowerCase();
  return toMacAddress(lower)?.toLowerCase() ?? lower;
}
