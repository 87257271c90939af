import { toMacAddress } from "../core/mac-address";
import type { ChangeEvent } from "./types";

/** A name with more commas has to be quoted. */
const MAX_JOINED = 5;

/**
 * Parses the filter of a trigger node. A name that holds a comma is found in quotes; without them, neighbours are also read
 * as one name: `Starlink, roof` is the link "Starlink, roof" as well as the links "Starlink" and "roof".
 * @param text names and ids, separated by commas; blank = everything
 */
export function parseFilter(text: string): Set<string> {
  const filter = new Set<string>();
  const joined = new Set<string>();
  const neighbours: string[] = [];
  for (const token of splitNames(text.normalize())) {
    const lower = token.trim().toLowerCase();
    if (lower === "") continue;
    const quoted = /^"(.*)"$/s.exec(lower)?.[1];
    for (const name of quoted === undefined ? [lower] : [lower, quoted.replaceAll('""', '"').trim()])
      addName(filter, name);
    if (quoted !== undefined) neighbours.length = 0;
    else if (neighbours.push(lower) > MAX_JOINED) neighbours.shift();
    for (let start = 0; start < neighbours.length - 1; start++) addName(joined, neighbours.slice(start).join(", "));
  }
  // Last, because an error message names the first ones.
  return new Set([...filter, ...joined]);
}

/** Whether a name of the filter only joins others of it, which were separated by a comma. */
export function isJoinedName(filter: ReadonlySet<string>, name: string): boolean {
  return name.includes(",") && name.split(",").every((part) => filter.has(part.trim()));
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

function addName(names: Set<string>, name: string): void {
  if (name !== "") names.add(name).add(normalizeName(name));
}

function normalizeName(text: string): string {
  // Accents are written in two ways that look the same.
  const lower = text.normalize().trim().toLowerCase();
  if (!lower.includes(",")) return toMacAddress(lower)?.toLowerCase() ?? lower;
  const parts = lower.split(",").map((part) => part.trim());
  return parts.join(", ");
}

// Quotes count only around a whole name: a screen may be called 27" TV.
function splitNames(text: string): string[] {
  return [...text.matchAll(/(?<=^|,)(?:\s*"(?:[^"]|"")*"[^\S,]*(?=,|$)|[^,]*)/g)].map(([token]) => token);
}
