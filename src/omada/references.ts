import { normalizeMac } from "./mac";

/** A device or client that the text of a controller refers to. */
export interface Reference {
  /** The controller's own word: `gateway`, `switch`, `ap`, `client`, …; `unknown` if it gives none. */
  kind: string;
  /** As the API spells it: `AA-BB-CC-DD-EE-FF`. */
  mac: string;
}

// [gateway:98-03-…], or with a name in between: [client:Ada's phone:98-03-…]. The name may contain anything but another reference.
const NAMED = /\[([a-z][\w-]{0,30}):(?:(?:(?!\[[a-z][\w-]{0,30}:).){0,200}?:)?([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})\]/gi;
const BRACKETED = new RegExp(`${NAMED.source}|\\[(?:([a-z][\\w -]{0,30}):)?[^[\\]]*\\]`, "gi");
// Any other brackets, and the word before them: client[MAC: 98-03-… IP: 192.168.0.7], [98-03-…], Hall AP (98-03-…).
const BRACKETS = /(?:([a-z][\w-]{0,30}) ?)?(?:\[([^[\]]{12,200})\]|\(([^()]{12,200})\))/gi;
const MAC =
  /(?<![\da-z])(?<![\da-f]{2}[:-])(?:[\da-f]{2}(?:[:-][\da-f]{2}){5}|[\da-f]{4}(?:\.[\da-f]{4}){2}|(?<=(?:\bmac|:) ?:? ?)[\da-f]{12})(?![\da-z]|[:-][\da-f]{2}(?![\da-z]))/gi;
const KINDS = new Set(["client", "ap", "eap", "switch", "gateway", "device", "station", "olt"]);
/** A kind inside of brackets: `[client: 98-03-…]`, `[AP MAC: 98-03-…]`. */
const LABEL = /^([a-z][\w-]{0,30})(?=[ :])/i;

/** The devices and clients that lines of text refer to, without duplicates (omada.md section 7). */
export function parseReferences(lines: readonly string[]): Reference[] {
  const references = new Map<string, Reference>();
  for (const { kind, mac } of lines.flatMap(parseLine)) {
    const reference = { kind: kind.toLowerCase(), mac: normalizeMac(mac, true) };
    references.set(`${reference.kind} ${reference.mac}`, reference);
  }
  return [...references.values()];
}

/** A line without what people have named: of what stands in brackets, only the kind is left, as in `[client] is offline`. */
export function withoutReferences(line: string): string {
  return line.replace(BRACKETED, (_all, kind?: string, _mac?: string, label?: string) => `[${kind ?? label ?? ""}]`);
}

function parseLine(line: string): Reference[] {
  const found: (Reference & { index: number })[] = [];
  const rest = line.replace(NAMED, (all: string, kind: string, mac: string, index: number) => {
    found.push({ index, kind, mac });
    return " ".repeat(all.length);
  });
  for (const { index, 1: before, 2: square, 3: round } of rest.matchAll(BRACKETS)) {
    const content = square ?? round ?? "";
    for (const [mac] of content.matchAll(MAC)) found.push({ index, kind: kindOf(content, before), mac });
  }
  return found.sort((one, other) => one.index - other.index);
}

function kindOf(content: string, before = ""): string {
  const [, label = ""] = LABEL.exec(content) ?? [];
  return [label, before].find((word) => KINDS.has(word.toLowerCase())) ?? "unknown";
}
