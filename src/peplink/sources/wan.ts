import type { CallOptions } from "../../core/call-context";
import { protocolError } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { collectionEntries, toNumber } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";

/** The state of a link. Only one that is up carries traffic. */
type LinkState = "up" | "standby" | "down" | "disabled";

/** A WAN link: the router's own fields, and what is derived from them. */
export interface Link extends Fields {
  id: number | string;
  name: string;
  state: LinkState;
  /** Seconds. */
  uptime: number;
}

/** The link that is up with the best priority; undefined while none is up. */
class ActiveLink {
  constructor(readonly link: Link | undefined) {}
}

/** The id of the active link among the items; no link has it. */
const ACTIVE = "";

/** All WAN links by id, and which one of them is active. */
export function wanSource(client: StatusReader): PollSource<Link | ActiveLink> {
  return {
    async poll(_filter, _previous, options) {
      const links = await fetchLinks(client, options);
      const up = links.filter(({ state }) => state === "up");
      const best = Math.min(...up.map(priorityOf));
      const active = new ActiveLink(up.find((link) => priorityOf(link) === best));
      return new Map<string, Link | ActiveLink>([
        ...links.map((link) => [String(link.id), link] as const),
        [ACTIVE, active],
      ]);
    },
    diff(before, after, id) {
      if (id === ACTIVE) return diffActive(before as ActiveLink | undefined, after as ActiveLink | undefined);
      return diffLink(before as Link | undefined, after as Link | undefined, id);
    },
  };
}

/** What a person calls a link. */
export function linkName(id: number | string, { name }: Fields): string {
  return typeof name === "string" && name ? name : `WAN ${id}`;
}

async function fetchLinks(client: StatusReader, options: CallOptions): Promise<Link[]> {
  const entries = collectionEntries(await fetchStatus(client, "status.wan.connection", {}, options));
  if (entries.length === 0) throw protocolError("It holds no WAN link.");
  return entries.map(([id, fields]) => {
    const name = linkName(id, fields);
    if (!hasState(fields)) throw protocolError(`It does not hold the state of ${name}.`);
    return { ...fields, id, name, state: parseState(fields), uptime: Number(fields["uptime"]) || 0 };
  });
}

// Without these fields, a link that is up would be parsed as one that is down.
function hasState({ enable, statusLed, uptime }: Fields): boolean {
  if (enable === false) return true;
  return typeof statusLed === "string" && (statusLed !== "green" || Number.isFinite(toNumber(uptime)));
}

// No field holds the state itself, and the message is free text (peplink.md section 3).
function parseState({ enable, statusLed, uptime, message, ip }: Fields): LinkState {
  if (enable === false) return "disabled";
  if (statusLed === "green" && Number(uptime) > 0) return "up";
  const isStandby = (statusLed === "yellow" && Boolean(ip)) || /\bstandby\b/i.test(String(message));
  return isStandby ? "standby" : "down";
}

// A link without a priority comes last.
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

function diffLink(before: Link | undefined, after: Link | undefined, id: string): ChangeEvent[] {
  const link = { id, name: (after ?? before)?.name ?? id, current: after ?? null, previous: before ?? null };
  const oldState = before?.state ?? "disabled";
  const newState = after?.state ?? "disabled";
  // Its uptime restarted: it was down in between.
  if (before && after && oldState === "up" && newState === "up" && after.uptime < before.uptime)
    return ["wan-down", "wan-up"].map((event): ChangeEvent => ({ ...link, event, transient: true }));
  if (oldState === newState) return [];
  // A link that is enabled or disabled while it is down is not an event, but the initial state of an enabled one is.
  const isDown = (state: LinkState): boolean => state === "down" || state === "disabled";
  if (isDown(oldState) && isDown(newState) && (before || newState === "disabled")) return [];
  return [{ ...link, event: EVENTS[newState] }];
}

function diffActive(before: ActiveLink | undefined, after: ActiveLink | undefined): ChangeEvent[] {
  const previous = before?.link ?? null;
  const current = after?.link ?? null;
  if (!after || (before && previous?.id === current?.id)) return [];
  const id = current ? String(current.id) : null;
  return [{ event: "wan-active-changed", id, name: current?.name ?? null, current, previous }];
}
