import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { fetchStatus, isFields, parseObjectList, type StatusReader } from "../collections";
import type { Fields } from "../endpoints";

/** A client that is there. */
interface Presence {
  /** What the router shows of it. */
  client: Fields;
  id: string;
  /** Blank where it has none. */
  name: string;
}

/** The most that are asked for; left out it is 1,000 (peplink.md section 2.1). */
const MOST_CLIENTS = 20_000;
/** What all clients of a name go by; no MAC begins like this. */
const NAMED = "name ";

/**
 * The clients that are there, each by its MAC, and all with a name by that name as well: a device that changes its MAC
 * has never been away for those who follow its name.
 */
export function clientsSource(client: StatusReader): PollSource<Presence> {
  let last: ReadonlyMap<string, Presence> = new Map();
  return {
    async poll(_filter, _previous, options) {
      const answer = await fetchStatus(client, "status.client", { activeOnly: true, size: MOST_CLIENTS }, options);
      const list = parseObjectList(isFields(answer) ? answer["list"] : undefined);
      if (list.length >= MOST_CLIENTS) throw protocolError("It holds more clients than can be watched.");
      // Who leaves out a MAC or a name for once is still the one of the last look.
      const lastAt = new Map([...last.values()].map((one) => [text(one.client["ip"]), one.id]));
      const found = new Map<string, Presence>();
      for (const row of list) {
        if (row["active"] === false) continue;
        // Somebody who has dialled in, or is behind another router, has an address only.
        const ip = text(row["ip"]);
        const id = text(row["mac"]) || (ip && (lastAt.get(ip) ?? ip));
        if (!id) continue;
        const key = id.toUpperCase();
        const presence = { client: row, id, name: text(row["name"]) || (last.get(key)?.name ?? "") };
        found.set(key, presence);
        if (presence.name) found.set(NAMED + presence.name.toLowerCase(), presence);
      }
      last = found;
      return found;
    },
    diff(before, after, key) {
      const one = after ?? before;
      if (!one || (before && after)) return [];
      const event = after ? "client-connected" : "client-disconnected";
      const shown = { id: one.id, name: one.name || one.id, current: after?.client ?? null };
      const matchOnly = key.startsWith(NAMED) ? "name" : "id";
      return [{ event, ...shown, previous: before?.client ?? null, ...(one.name && { matchOnly }) }];
    },
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** The neighbours of SpeedFusion and PepVPN. */
export function vpnSource(client: StatusReader): PollSource<Fields> {
  return {
    async poll(_filter, _previous, options) {
      // Without `infoType` some models have nothing to say (peplink.md section 3).
      const answer = await fetchStatus(client, "status.pepvpn", { infoType: "peer" }, options);
      if (!isFields(answer)) throw protocolError("It says nothing of VPN.");
      const peers = parseObjectList(answer["peer"] ?? []);
      return new Map(
        peers.map((peer) => {
          const { peerId } = peer;
          if (typeof peerId !== "string" && typeof peerId !== "number") throw protocolError("A VPN peer has no id.");
          return [String(peerId), peer];
        }),
      );
    },
    diff(before, after, id) {
      const is = isConnected(after);
      if (before && isConnected(before) === is) return [];
      const name = text((after ?? before)?.["name"]) || id;
      return [{ event: is ? "vpn-up" : "vpn-down", id, name, current: after ?? null, previous: before ?? null }];
    },
  };
}

function isConnected(peer: Fields | undefined): boolean {
  return /^connected$/i.test(text(peer?.["status"]));
}
