import { isPlainObject } from "../../core/encoding";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { parseObjectList, toText } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";

/** The peers of SpeedFusion and PepVPN, by their id. */
export function vpnSource(client: StatusReader): PollSource<Fields> {
  return {
    async poll(_filter, _previous, options) {
      // Without `infoType` the response of some models is empty (peplink.md section 3).
      const response = await fetchStatus(client, "status.pepvpn", { infoType: "peer" }, options);
      if (!isPlainObject(response)) throw protocolError("It holds nothing about VPN.");
      const peers = parseObjectList(response["peer"] ?? []);
      return new Map(
        peers.map((peer) => {
          const { peerId } = peer;
          if (typeof peerId !== "string" && typeof peerId !== "number") throw protocolError("A VPN peer has no id.");
          return [String(peerId), peer];
        }),
      );
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
  return /^connected$/i.test(toText(peer?.["status"]));
}
