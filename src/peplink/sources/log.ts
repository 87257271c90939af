import { z } from "zod";
import { isPlainObject } from "../../core/encoding";
import { toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { ChangeEvent, LogSource } from "../../polling/types";
import { fetchStatus, type StatusReader } from "./status-reader";
import { textId } from "./text-id";

/** The ids of the lines that were read, the newest first. */
const Cursor = z.object({ seen: z.array(z.string()) });
type Cursor = z.infer<typeof Cursor>;

/** A router lists 50 (peplink.md section 3). */
const MAX_LINES = 500;
const MAX_LINE_LENGTH = 2000;
/** How many seen lines are remembered: more than a router lists. */
const MAX_SEEN = 200;
/** How many of the seen lines are compared with what the router lists, where not all of them agree. */
const COMPARED_LINES = 10;

/** The time in a line has neither a year nor a time zone. */
const LINE = /^([A-Z][a-z]{2} +\d{1,2} [\d:]{8})\s+([^:]+):\s*(.*)$/s;
/** What a line says of a link in the module WAN. */
const LINK = /^(.+?)(?: \(Priority \d+\))? (connected|disconnected)\b(?: \((.*)\))?/s;

/** The router's own log: each line once, also the outages that fell between two polls of the links. */
export function logSource(client: StatusReader): LogSource<Cursor> {
  return {
    parseCursor: (stored) => Cursor.safeParse(stored).data,

    async read(cursor, options) {
      const response = await fetchStatus(client, "status.log", {}, options);
      const log = isPlainObject(response) ? response["log"] : undefined;
      if (!Array.isArray(log)) throw protocolError("It holds no log.");
      const texts = log.slice(0, MAX_LINES).map((line) => toText(line).slice(0, MAX_LINE_LENGTH));
      const lines = texts.filter(Boolean).map((text) => ({ id: textId(text), text }));
      const seen = cursor?.seen ?? [];
      const fresh = cursor ? findFresh(lines, seen) : [];
      // A log that is empty or shorter for a while, such as during a restart, must not let old lines appear as new ones.
      const kept = cursor ? [...fresh.map(({ id }) => id), ...seen] : lines.map(({ id }) => id);
      return {
        lines: fresh.toReversed().map(toEvent),
        cursor: { seen: kept.slice(0, Math.max(MAX_SEEN, lines.length)) },
      };
    },
  };
}

interface Line {
  id: string;
  text: string;
}

/**
 * The lines that were added since the last read, the newest first.
 * Lines have no ids and may be repeated within a second, so the place where the seen ones begin is looked for: first the
 * one where all of them agree, and then one where the newest of them do. Without such a place, each line that was seen
 * accounts for one that is the same.
 */
function findFresh(lines: readonly Line[], seen: readonly string[]): readonly Line[] {
  for (const compared of [lines.length, COMPARED_LINES]) {
    for (let start = 0; start < lines.length; start++) {
      const rest = lines.slice(start);
      const isPlace =
        rest.length <= seen.length && rest.slice(0, compared).every(({ id }, index) => id === seen[index]);
      if (isPlace) return lines.slice(0, start);
    }
  }
  const left = new Map<string, number>();
  for (const id of seen) left.set(id, (left.get(id) ?? 0) + 1);
  return lines
    .toReversed()
    .filter(({ id }) => {
      const count = left.get(id) ?? 0;
      left.set(id, count - 1);
      return count <= 0;
    })
    .toReversed();
}

// A filter matches a line by the link that it is about, or by its module.
function toEvent({ id, text }: Line): ChangeEvent {
  const [, time, module = "", words = text] = LINE.exec(text) ?? [];
  const [, link, verb, reason] = (module === "WAN" && LINK.exec(words)) || [];
  const about = link === undefined ? {} : { link, connected: verb === "connected", ...(reason && { reason }) };
  const current = { line: text, ...(time && { time, module, text: words }), ...about };
  return { event: "log", id, name: link ?? (module || null), current, previous: null, aliases: [module] };
}
