import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import { PlatformError } from "../../core/errors";
import { parseAs, parseRows } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { DEVICES, fetchByMac, isConnected, isPathMissing, isPending, toEvent, type Row } from "./rows";

const WAN_STATUS = "sites/{siteId}/gateways/{gatewayMac}/wan-status";

const Port = z.looseObject({ port: z.number(), mode: z.number().optional().catch(undefined) });
/** The `mode` of a port that is not a WAN port. */
const LAN = 1;

/** The WAN ports of a site's gateways, by `gatewayMac/port`. */
export class WanSource implements PollSource<Row> {
  readonly #client: OmadaClient;
  readonly #site: string;

  /** @param site its name or id */
  constructor(client: OmadaClient, site: string) {
    this.#client = client;
    this.#site = site;
  }

  async poll(
    _filter: unknown,
    previous: ReadonlyMap<string, Row>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Row>> {
    const siteId = await this.#client.siteId(this.#site, options);
    const devices = await fetchByMac(this.#client, DEVICES, siteId, new Map(), options);
    const gateways = [...devices].filter(([, row]) => row["type"] === "gateway" && !isPending(row));
    const ports = await Promise.all(
      gateways.map(([mac, row]) => this.#fetchPorts(mac, row, previous, siteId, options)),
    );
    const known = ports.filter((each) => each !== undefined);
    // The watch goes on with the other gateways.
    if (known.length === 0 && gateways.length > 0) throw notToldError(gateways.length);
    return new Map(known.flat());
  }

  diff(before: Row | undefined, after: Row | undefined, id: string): ChangeEvent[] {
    const wasUp = before && isUp(before);
    const nowUp = after !== undefined && isUp(after);
    if (wasUp === nowUp) return [];
    return [toEvent(nowUp ? "wan-up" : "wan-down", id, before, after)];
  }

  isDown(row: Row): boolean {
    return !isUp(row);
  }

  /** @returns undefined if this gateway does not tell the state of its ports */
  async #fetchPorts(
    gatewayMac: string,
    gateway: Row,
    previous: ReadonlyMap<string, Row>,
    site: string,
    options: CallOptions,
  ): Promise<[id: string, row: Row][] | undefined> {
    const previousPorts = [...previous].filter(([id]) => id.startsWith(`${gatewayMac}/`));
    // For a gateway that is not connected the controller has outdated values at best.
    if (!isConnected(gateway)) return previousPorts;
    const query = { method: "GET", path: WAN_STATUS, params: { gatewayMac }, site, all: true, limit: 0 } as const;
    const result = await this.#client.query(query, options).catch((error: unknown) => {
      if (isPathMissing(error)) return undefined;
      throw error;
    });
    if (!result) return previousPorts.length > 0 ? previousPorts : undefined;
    const rows = parseRows(Port, parseAs(z.array(z.unknown()), "result" in result ? result.result : undefined));
    // A gateway does not lose ports: one that is missing, or has no status, keeps the previous one.
    const ports = new Map<string, Row>(previousPorts);
    for (const row of rows) {
      const id = `${gatewayMac}/${row.port}`;
      if (row.mode === LAN) ports.delete(id);
      else if (hasStatus(row, ports.get(id))) ports.set(id, row);
    }
    return [...ports];
  }
}

function notToldError(gateways: number): PlatformError {
  const subject = gateways === 1 ? "The gateway of this site does not tell" : "The gateways of this site do not tell";
  return new PlatformError("unsupported", `${subject} the controller the state of the WAN. Choose another source.`);
}

// A link alone does not mean that there is internet behind it (omada.md section 6).
const isUp = ({ status, internetState }: Row): boolean =>
  internetState === undefined || internetState === null ? status === 1 : internetState === 1 && status !== 0;

// Whether a row shows if the port is up. Without an internet state it shows less than a previous row that has one, unless
// the link is down.
function hasStatus({ status, internetState }: Row, previous: Row | undefined): boolean {
  if (typeof internetState === "number") return true;
  if (typeof status !== "number") return false;
  return internetState !== null || status === 0 || typeof previous?.["internetState"] !== "number";
}
