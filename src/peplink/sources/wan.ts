import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlainObject } from "../../core/encoding";
import { toNumber, toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { parseCollection, toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { carriesTraffic } from "../links";
import { fetchStatus, type StatusReader } from "./status-reader";
import { UnreadableEntries } from "./unreadable-entries";

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

/** No word that is known stands further behind. */
const MAX_MESSAGE_LENGTH = 500;
/** How much an uptime may fall because the router has corrected its clock. */
const UPTIME_JITTER_S = 3;
/** How much longer than the time since the last poll a link may say that it is up after it was reconnected. */
const UPTIME_SLACK_S = 10;

/** The id of the active link among the items; no link has it. */
const ACTIVE = "";

type WanItem = Link | ActiveLink;

/** All WAN links by id, and which one of them is active. */
export function wanSource(client: StatusReader, clock: Clock): PollSource<WanItem> {
  const unreadable = new UnreadableEntries();
  /** Between which times a link had its uptime, in milliseconds since 1970. */
  const pollTimes = new WeakMap<Link, { startedAt: number; endedAt: number }>();
  return {
    async poll(_filter, previous, options) {
      const startedAt = clock.now();
      const links = await fetchLinks(client, previous, unreadable, options);
      const times = { startedAt, endedAt: clock.now() };
      for (const link of links) if (!pollTimes.has(link)) pollTimes.set(link, times);
      const candidates = links.filter((link) => link.state === "up" && carriesTraffic(link));
      const best = Math.min(...candidates.map(priorityOf));
      const active = new ActiveLink(candidates.find((link) => priorityOf(link) === best));
      return new Map<string, WanItem>([...links.map((link) => [String(link.id), link] as const), [ACTIVE, active]]);
    },
    diff(before, after, id) {
      if (id === ACTIVE) return diffActive(before as ActiveLink | undefined, after as ActiveLink | undefined);
      const [oldLink, newLink] = [before as Link | undefined, after as Link | undefined];
      const endedAt = (newLink && pollTimes.get(newLink)?.endedAt) ?? 0;
      const startedAt = (oldLink && pollTimes.get(oldLink)?.startedAt) ?? endedAt;
      return diffLink(oldLink, newLink, id, (endedAt - startedAt) / 1000);
    },
  };
}

/** What a person calls a link. */
export function linkName(id: number | string, { name }: Fields): string {
  return typeof name === "string" && name ? name : `WAN ${id}`;
}

async function fetchLinks(
  client: StatusReader,
  previous: ReadonlyMap<string, WanItem>,
  unreadable: UnreadableEntries,
  options: CallOptions,
): Promise<Link[]> {
  const collection = parseCollection(await fetchStatus(client, "status.wan.connection", {}, options));
  if (!collection) throw protocolError("It is not a collection.");
  const leftOut: string[] = collection.missing.map((id) => linkName(id, {}));
  const links: Link[] = [];
  for (const [id, fields] of collection.entries) {
    if (isPlainObject(fields) && hasState(fields)) {
      const name = linkName(id, fields);
      links.push({ ...fields, id, name, state: parseState(fields), uptime: toNumber(fields["uptime"]) || 0 });
    } else leftOut.push(linkName(id, isPlainObject(fields) ? fields : {}));
  }
  unreadable.report(leftOut, links.length, options);
  if (links.length === 0) throw protocolError("It holds no WAN link.");
  // What cannot be read says nothing about a link, so it is as it was.
  const listed = new Set([...collection.missing, ...collection.entries.map(([id]) => id)].map(String));
  for (const { id } of links) listed.delete(String(id));
  const kept = [...listed].map((id) => previous.get(id));
  return [...links, ...kept.filter((link): link is Link => link !== undefined && !(link instanceof ActiveLink))];
}

// Without these fields, a link that is up would be parsed as one that is down.
function hasState({ enable, statusLed, uptime }: Fields): boolean {
  if (toFlag(enable) === false) return true;
  return typeof statusLed === "string" && (statusLed !== "green" || Number.isFinite(toNumber(uptime)));
}

/** The first one of these words in a message says what the link does, whatever its lamp shows. */
const STATE_WORD =
  /(?:^no|\b(?:(connected)|(standby)|disconnect\w*|(?:re)?connecting|obtaining|fail\w*|refreshing|checking|detecting|scanning|searching|initiali[sz]ing|authenticating|negotiating|registering|dial+ing|starting|waiting|error|lost|down|not|disabled|suspended|unreachable|unplugged|timed? ?out))\b/i;

/** Whether a link is certainly down, or disabled. */
export function isLinkDown(fields: Fields): boolean {
  return hasState(fields) && ["down", "disabled"].includes(parseState(fields));
}

// No field holds the state itself. The message is free text, in which only some words are known (peplink.md section 3).
// The address stays while a health check fails, and the lamp is yellow then, as on standby.
function parseState({ enable, statusLed, uptime, message, ip }: Fields): LinkState {
  if (toFlag(enable) === false) return "disabled";
  const [word, connected, standby] = STATE_WORD.exec(toText(message).slice(0, MAX_MESSAGE_LENGTH)) ?? [];
  if (standby) return "standby";
  if (word && !connected) return "down";
  if (statusLed === "green" && toNumber(uptime) > 0) return "up";
  return statusLed === "yellow" && ip ? "standby" : "down";
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

function diffLink(before: Link | undefined, after: Link | undefined, id: string, elapsedS: number): ChangeEvent[] {
  const link = { id, name: (after ?? before)?.name ?? id, current: after ?? null, previous: before ?? null };
  const oldState = before?.state ?? "disabled";
  const newState = after?.state ?? "disabled";
  if (before && after && oldState === "up" && newState === "up" && hasRestarted(before, after, elapsedS))
    return ["wan-down", "wan-up"].map((event): ChangeEvent => ({ ...link, event, transient: true }));
  if (oldState === newState) return [];
  // A link that is enabled or disabled while it is down is not an event, but the initial state of an enabled one is.
  const isDown = (state: LinkState): boolean => state === "down" || state === "disabled";
  if (isDown(oldState) && isDown(newState) && (before || newState === "disabled")) return [];
  return [{ ...link, event: EVENTS[newState] }];
}

// A link that was down in between has been up no longer than since the last poll; a clock that is corrected moves any uptime.
function hasRestarted(before: Link, after: Link, elapsedS: number): boolean {
  return after.uptime < before.uptime - UPTIME_JITTER_S && after.uptime <= Math.max(0, elapsedS) + UPTIME_SLACK_S;
}

function diffActive(before: ActiveLink | undefined, after: ActiveLink | undefined): ChangeEvent[] {
  const previous = before?.link ?? null;
  const current = after?.link ?? null;
  if (!after || (before && previous?.id === current?.id)) return [];
  const id = current ? String(current.id) : null;
  return [{ event: "wan-active-changed", id, name: current?.name ?? null, current, previous }];
}
