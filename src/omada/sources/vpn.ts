import type { CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import type { PathParams } from "../path";
import { DEVICES, fetchRows, isConnected, isPathMissing, isPending, textOf, type Row } from "./rows";

/** A list of VPN connections, and how one of them is recognized in the next snapshot. */
interface Listing {
  kind: string;
  path: string;
  params?: PathParams;
  identify: (row: Row) => unknown[];
}

/** A VPN connection. */
interface Vpn {
  row: Row;
  isUp: boolean;
  name: string;
  aliases: string[];
}

const STATS = "sites/{siteId}/setting/vpn/stats";
/** `filters.vpnType` of WireGuard (omada.md section 6). */
const WIREGUARD: PathParams = { "filters.vpnType": 4 };
/** The `serverType` of a tunnel that the gateway itself has opened. */
const CLIENT = 1;

// The first two list what is connected, the others what is configured, with its state. These exist since 6.0, need another
// permission, and do without it.
const LISTINGS: readonly Listing[] = [
  {
    kind: "tunnel",
    path: `${STATS}/tunnel`,
    // A server has a tunnel for each of its users.
    identify: ({ vpnId, vpnName, serverType, userName, userId, remoteIp }) =>
      serverType === CLIENT ? [vpnId ?? vpnName] : [vpnId ?? vpnName, userName || (userId ?? remoteIp)],
  },
  // It has a row for each direction and network, and other ones whenever the keys are renewed.
  { kind: "ipsec", path: `${STATS}/ipsec`, identify: ({ vpnId, name }) => [vpnId ?? name] },
  { kind: "wireguard", path: `${STATS}/s2s`, params: WIREGUARD, identify: identifyConfigured },
  { kind: "wireguard-client", path: `${STATS}/client`, params: WIREGUARD, identify: identifyConfigured },
];

/** The VPN connections of a site, by kind and id. */
export class VpnSource implements PollSource<Vpn> {
  readonly #client: OmadaClient;
  readonly #site: string;
  /** Lists that the controller does not have. */
  readonly #missing = new Set<Listing>();

  /** @param site its name or id */
  constructor(client: OmadaClient, site: string) {
    this.#client = client;
    this.#site = site;
  }

  async poll(
    _filter: unknown,
    previous: ReadonlyMap<string, Vpn>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Vpn>> {
    try {
      const siteId = await this.#client.siteId(this.#site, options);
      const asked = LISTINGS.filter((listing) => !this.#missing.has(listing));
      const found = await Promise.all(asked.map((listing) => this.#fetch(listing, siteId, previous, options)));
      if (this.#missing.size === LISTINGS.length) throw notToldError();
      const vpns = new Map(found.flat());
      const isAnyLost = [...previous].some(([id, { isUp }]) => isUp && !vpns.get(id)?.isUp);
      return isAnyLost && (await this.#isGatewayLost(siteId, options)) ? previous : vpns;
    } catch (error) {
      // It may be back with another version.
      this.#missing.clear();
      throw error;
    }
  }

  diff(before: Vpn | undefined, after: Vpn | undefined, id: string): ChangeEvent[] {
    const { name, aliases } = after ?? before ?? { name: id, aliases: [] };
    const isUp = after?.isUp === true;
    if (isUp === before?.isUp || (!after && !before?.isUp)) return [];
    const current = after?.row ?? null;
    const event = isUp ? "vpn-up" : "vpn-down";
    return [{ event, id, name: name || id, current, previous: before?.row ?? null, aliases }];
  }

  isDown({ isUp }: Vpn): boolean {
    return !isUp;
  }

  async #fetch(
    listing: Listing,
    siteId: string,
    previous: ReadonlyMap<string, Vpn>,
    options: CallOptions,
  ): Promise<[id: string, vpn: Vpn][]> {
    const { path, params, kind, identify } = listing;
    try {
      const rows: (Row | null)[] = await fetchRows(this.#client, path, siteId, options, params);
      return rows.flatMap((row) => {
        const ids = identify(row ?? {}).map(idText);
        const isUp = isConnectionUp(row ?? {}, kind);
        if (!row || isUp === undefined || ids.includes("")) return [];
        return [[[kind, ...ids].join("/"), { row, isUp, ...namesOf(row) }]];
      });
    } catch (error) {
      // What was read before is not left out: it would seem to be lost.
      const wasRead = [...previous.keys()].some((id) => id.startsWith(`${kind}/`));
      const isDenied = !!params && !wasRead && isPlatformError(error, "forbidden", "not-found", "rejected");
      if (!isDenied && !isPathMissing(error)) throw error;
      if (isDenied) options.warn?.(`VPN connections of the kind "${kind}" are not watched. ${error.message}`);
      this.#missing.add(listing);
      return [];
    }
  }

  // Of a gateway that the controller cannot reach it lists no connections, although they may be up.
  async #isGatewayLost(siteId: string, options: CallOptions): Promise<boolean> {
    const devices = await fetchRows(this.#client, DEVICES, siteId, options);
    const gateways = devices.filter((row) => row["type"] === "gateway" && !isPending(row));
    return gateways.length > 0 && !gateways.some(isConnected);
  }
}

function identifyConfigured({ id, vpnId, name }: Row): unknown[] {
  return [id ?? vpnId ?? name];
}

/** @returns undefined if the gateway does not tell, as older ones with WireGuard */
function isConnectionUp({ status, connectedNum }: Row, kind: string): boolean | undefined {
  if (!kind.startsWith("wireguard")) return true;
  if (typeof connectedNum === "number") return connectedNum > 0;
  return typeof status === "number" ? status === 1 : undefined;
}

// The user of a server is who is connected. A filter may name the server as well.
function namesOf({ userName, vpnName, name, interfaceName, remoteIp }: Row): Pick<Vpn, "name" | "aliases"> {
  const [first = "", ...others] = [userName, vpnName, name, interfaceName, remoteIp].map(textOf).filter(Boolean);
  return { name: first, aliases: [first, ...others] };
}

const idText = (value: unknown): string => (typeof value === "number" ? String(value) : textOf(value));

function notToldError(): PlatformError {
  return new PlatformError(
    "unsupported",
    "This controller does not tell the state of VPN connections: it is older than version 5.15. Update it, or choose another source.",
  );
}
