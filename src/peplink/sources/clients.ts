import { isPlainObject } from "../../core/encoding";
import { toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
import { UnreadableEntries } from "./unreadable-entries";

/** A client that is connected. */
interface ConnectedClient {
  /** The router's own fields. */
  row: Fields;
  /** MAC, or IP address where it has none. */
  id: string;
  /** Empty where it has none. */
  name: string;
}

/** Requested explicitly, because the default is 1,000 (peplink.md section 2.1). */
const MAX_CLIENTS = 20_000;
/** Begins the key under which a client is listed by its name; no MAC begins like this. */
const NAME_PREFIX = "name ";

/**
 * The clients that are connected, each under its MAC and, if it has a name, under that as well: a device that changes its
 * MAC was never away for subscribers that follow its name.
 */
export function clientsSource(client: StatusReader): PollSource<ConnectedClient> {
  const unreadable = new UnreadableEntries();
  return {
    async poll(_filter, previous, options) {
      const response = await fetchStatus(client, "status.client", { activeOnly: true, size: MAX_CLIENTS }, options);
      const list = isPlainObject(response) ? response["list"] : undefined;
      if (!Array.isArray(list)) throw protocolError("It holds no list of clients.");
      const rows = list.filter(isPlainObject);
      unreadable.report(rows.length < list.length ? ["a client without any field"] : [], rows.length, options);
      if (rows.length >= MAX_CLIENTS) throw protocolError("It holds more clients than can be watched.");
      // A row without a MAC or a name for once still belongs to the same client.
      const idsByIp = new Map([...previous.values()].map(({ row, id }) => [toText(row["ip"]), id]));
      const clients = new Map<string, ConnectedClient>();
      for (const row of rows) {
        if (toFlag(row["active"]) === false) continue;
        // A client that dialled in, or is behind another router, has only an address.
        const ip = toText(row["ip"]);
        const id = toText(row["mac"]) || (ip && (idsByIp.get(ip) ?? ip));
        if (!id) continue;
        const key = id.toUpperCase();
        const connected = { row, id, name: toText(row["name"]) || (previous.get(key)?.name ?? "") };
        clients.set(key, connected);
        if (connected.name) clients.set(NAME_PREFIX + connected.name.normalize().toLowerCase(), connected);
      }
      return clients;
    },
    diff(before, after, key) {
      const either = after ?? before;
      if (!either || (before && after)) return [];
      const { id, name } = either;
      const event = after ? "client-connected" : "client-disconnected";
      const change = { event, id, name: name || id, current: after?.row ?? null, previous: before?.row ?? null };
      // Listed twice, so each entry is for the subscribers of one kind.
      return [name ? { ...change, matchOnly: key.startsWith(NAME_PREFIX) ? "name" : "id" } : change];
    },
  };
}
