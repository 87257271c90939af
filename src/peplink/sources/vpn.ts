import { isPlainObject } from "../../core/encoding";
import { toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
import { UnreadableEntries } from "./unreadable-entries";

/** The peers of SpeedFusion and PepVPN, by their id. */
export function vpnSource(client: StatusReader): PollSource<Fields> {
  const unreadable = new UnreadableEntries();
  return {
    async poll(_filter, previous, options) {
      // Without `infoType` the response of some models is empty (peplink.md section 3).
      const response = await fetchStatus(client, "status.pepvpn", { infoType: "peer" }, options);
      if (!isPlainObject(response)) throw protocolError("It holds nothing about VPN.");
      // A router without any VPN leaves the list out. One that had peers a moment ago is starting, or its VPN is.
      const isAnyUp = [...previous.values()].some(isConnected);
      const { peer: rows = isAnyUp ? undefined : [] } = response;
      if (!Array.isArray(rows)) throw protocolError("It holds no list of VPN peers.");
      const peers = new Map<string, Fields>();
      const leftOut: string[] = [];
      for (const row of rows) {
        const peer: Fields = isPlainObject(row) ? row : {};
        const { peerId, status } = peer;
        const id = typeof peerId === "string" || typeof peerId === "number" ? String(peerId) : undefined;
        if (id === undefined) leftOut.push("a VPN peer without an id");
        else if (typeof status === "string") peers.set(id, peer);
        else {
          leftOut.push(`the VPN peer ${toText(peer["name"]) || id}`);
          // What cannot be read says nothing about a peer, so it is as it was.
          const last = previous.get(id);
          if (last && !peers.has(id)) peers.set(id, last);
        }
      }
      unreadable.report(leftOut, rows.length - leftOut.length, options);
      return peers;
    },
    diff(before, after, id) {
      const isUp = isConnected(after);
      if (before && isConnected(before) === isUp) return [];
      const name = toText((after ?? before)?.["name"]) || id;
      return [{ event: isUp ? "vpn-up" : "vpn-down", id, name, current: after ?? null, previous: before ?? null }];
    },
  };
}

function isConnected(peer: Fields | undefined): boolean {
  // With the tunnel up, a peer exchanges its routes from time to time.
  return /^(connected|route)$/i.test(toText(peer?.["status"]));
}
