import { inputError, PlatformError } from "./errors";

/** A kind of things that people call by their names: sites, devices, WAN links. */
export interface NamedKind<Thing> {
  /** As sentences call one of them and several of them: `site`, `sites`. */
  one: string;
  many: string;
  id: (thing: Thing) => string;
  name: (thing: Thing) => string;
}

const MAX_QUOTED_NAMES = 20;
const MAX_QUOTED_NAME_LENGTH = 80;

/**
 * Finds a thing by its id, else by its name; a name in the very same letters wins over one in other letters.
 * @returns undefined if there is none
 * @throws `input` if several things have the name, with their ids
 */
export function findByName<Thing>(wanted: string, things: readonly Thing[], kind: NamedKind<Thing>): Thing | undefined {
  const byId = things.find((thing) => kind.id(thing) === wanted);
  if (byId !== undefined) return byId;
  // Accents are written in two ways that look the same.
  const exact = wanted.normalize();
  const exactMatches = things.filter((thing) => kind.name(thing).normalize() === exact);
  const alike = exact.trim().toLowerCase();
  const matches = exactMatches.length
    ? exactMatches
    : things.filter((thing) => kind.name(thing).normalize().trim().toLowerCase() === alike);
  if (matches.length <= 1) return matches[0];
  const ids = matches.slice(0, MAX_QUOTED_NAMES).map(kind.id).join(", ");
  throw inputError(`Several ${kind.many} have this name. Use one of the ids instead: ${ids}.`);
}

/** There is no thing of this name; the sentence names those that there are. */
export function nameNotFound<Thing>(wanted: string, things: readonly Thing[], kind: NamedKind<Thing>): PlatformError {
  const names = quoteNames(things, kind) || "none";
  const quoted = wanted.slice(0, MAX_QUOTED_NAME_LENGTH);
  return new PlatformError("not-found", `There is no ${kind.one} "${quoted}". The ${kind.many} are: ${names}.`);
}

/** The names of the first things of a list, in quotation marks. */
export function quoteNames<Thing>(things: readonly Thing[], { name, id }: NamedKind<Thing>): string {
  return things
    .slice(0, MAX_QUOTED_NAMES)
    .map((thing) => `"${name(thing) || id(thing)}"`)
    .join(", ");
}
