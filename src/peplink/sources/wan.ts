import type { CallOptions } from "../../core/call-context";
import { protocolError } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { collectionEntries, fetchStatus, toNumber, type StatusReader } from "../collections";
import type { Fields } from "../endpoints";

/** How a link is: only one that is up carries. */
type LinkState = "up" | "standby" | "down" | "disabled";

/** A WAN link: what the router shows of it, its `id`, and how it is. */
export interface Link extends Fields {
  id: number | string;
  name: string;
  state: LinkState;
  /** Seconds. */
  uptime: number;
}

/** The link with the best priority among those that are up; none where nothing carries. */
class Active {
  constructor(readonly link: Link | undefined) {}
}

/** No link has this id. */
const ACTIVE = "";

/** All WAN links, and which of them is the active one. */
export function wanSource(client: StatusReader): PollSource<Link | Active> {
  return {
    async poll(_filter, _previous, options) {
      const links = await readLinks(client, options);
      const up = links.filter(({ state }) => state === "up");
      const best = Math.min(...up.map(priorityOf));
      const active = new Active(up.find((link) => priorityOf(link) === best));
      return new Map<string, Link | Active>([
        ...links.map((link) => [String(link.id), link] as const),
        [ACTIVE, active],
      ]);
    },
    diff(before, after, id) {
      if (id === ACTIVE) return activeChanges(before as Active | undefined, after as Active | undefined);
      return linkChanges(before as Link | undefined, after as Link | undefined, id);
    },
  };
}

/** Reads all WAN links. @throws `protocol` when the answer is not complete */
async function readLinks(client: StatusReader, options: CallOptions): Promise<Link[]> {
  const links = collectionEntries(await fetchStatus(client, "status.wan.connection", {}, options));
  if (links.length === 0) throw protocolError("It holds no WAN link.");
  return links.map(([id, link]) => {
    const name = nameOf(id, link);
    if (!isTold(link)) throw protocolError(`It does not say how ${name} is.`);
    return { ...link, id, name, state: stateOf(link), uptime: Number(link["uptime"]) || 0 };
  });
}

/** What a person calls a link. */
export function nameOf(id: number | string, { name }: Fields): string {
  return typeof name === "string" && name ? name : `WAN ${id}`;
}

// Without them a link that carries would look like one that is down.
function isTold({ enable, statusLed, uptime }: Fields): boolean {
  if (enable === false) return true;
  return typeof statusLed === "string" && (statusLed !== "green" || Number.isFinite(toNumber(uptime)));
}

// No field says it, and the message is free text (peplink.md section 3).
function stateOf({ enable, statusLed, uptime, message, ip }: Fields): LinkState {
  if (enable === false) return "disabled";
  if (statusLed === "green" && Number(uptime) > 0) return "up";
  const waits = (statusLed === "yellow" && Boolean(ip)) || /\bstandby\b/i.test(String(message));
  return waits ? "standby" : "down";
}

// A link that says nothing of it, or nothing that is a number, comes last.
function priorityOf({ priority }: Fields): number {
  const number = toNumber(priority);
  return Number.isNaN(number) ? Infinity : number;
}

const EVENTS: Readonly<Record<LinkState, string>> = {
  up: "wan-up",
  standby: "wan-standby",
  down: "wan-down",
  disabled: "wan-down",
};

function linkChanges(before: Link | undefined, after: Link | undefined, id: string): ChangeEvent[] {
  const told = { id, name: (after ?? before)?.name ?? id, current: after ?? null, previous: before ?? null };
  const was = before?.state ?? "disabled";
  const is = after?.state ?? "disabled";
  // Its uptime began anew: in between it was down.
  if (before && after && was === "up" && is === "up" && after.uptime < before.uptime)
    return ["wan-down", "wan-up"].map((event) => ({ ...told, event, transient: true }));
  // One that is switched on or off while it carries nothing anyway is no news, unless it is told for the first time.
  const idle = (state: LinkState): boolean => state === "down" || state === "disabled";
  if (was === is || (idle(was) && idle(is) && (before !== undefined || is === "disabled"))) return [];
  return [{ ...told, event: EVENTS[is] }];
}

function activeChanges(before: Active | undefined, after: Active | undefined): ChangeEvent[] {
  const previous = before?.link ?? null;
  const current = after?.link ?? null;
  if (!after || (before && previous?.id === current?.id)) return [];
  const id = current ? String(current.id) : null;
  return [{ event: "wan-active-changed", id, name: current?.name ?? null, current, previous }];
}
