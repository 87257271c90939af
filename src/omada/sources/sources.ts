import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import { PlatformError } from "../../core/errors";
import { parseAs } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { readWholeList, startList } from "../whole-list";

/** A row of a list: the controller's own fields. */
export type Row = Readonly<Record<string, unknown>>;

/** A client that is online. */
export interface OnlineClient {
  row: Row;
  /** Access point and network, or switch or gateway and port; undefined until the controller knows. */
  attachment: string | undefined;
}

const CLIENTS = "sites/{siteId}/clients";
const DEVICES = "sites/{siteId}/devices";
const WAN_STATUS = "sites/{siteId}/gateways/{gatewayMac}/wan-status";

/** Numbers of a device's `status` (omada.md section 6). */
const DISCONNECTED = 0;
const PENDING = 2;
const ISOLATED = 4;

/** Clients of a site by MAC. */
export class ClientSource implements PollSource<OnlineClient> {
  #before: ReadonlyMap<string, OnlineClient> = new Map();

  /** @param site its name or id; blank means the only one there is */
  constructor(
    private readonly client: OmadaClient,
    private readonly site: string,
  ) {}

  async poll(_filter: unknown, _previous: unknown, options: CallOptions): Promise<ReadonlyMap<string, OnlineClient>> {
    const site = await this.client.siteId(this.site, options);
    const rows = await byMac(this.client, CLIENTS, site, this.#before, options);
    if (rows.size === 0 && this.#before.size > 0) await this.#refuseBlindness(site, options);
    const found = new Map<string, OnlineClient>();
    for (const [mac, row] of rows) {
      if (row["active"] !== false)
        found.set(mac, { row, attachment: placeOf(row) ?? this.#before.get(mac)?.attachment });
    }
    this.#before = found;
    return found;
  }

  diff(before: OnlineClient | undefined, after: OnlineClient | undefined, id: string): ChangeEvent[] {
    if (before && after && (before.attachment === undefined || before.attachment === after.attachment)) return [];
    const event = !before ? "client-connected" : after ? "client-roamed" : "client-disconnected";
    return [told(event, id, before?.row, after?.row)];
  }

  // A controller that has just started, or lost its site, has no clients because it sees no device that could tell of any.
  async #refuseBlindness(site: string, options: CallOptions): Promise<void> {
    const devices = (await readWholeList(await startList(this.client, DEVICES, site, options))) as Row[];
    if (devices.length === 0 || devices.some(isUp)) return;
    throw new PlatformError("offline", "The controller sees none of its devices, so it cannot say who is connected.");
  }
}

/** Devices of a site by MAC; those that are not adopted are none of it. */
export class DeviceSource implements PollSource<Row> {
  #before: ReadonlyMap<string, Row> = new Map();

  /** @param site its name or id; blank means the only one there is */
  constructor(
    private readonly client: OmadaClient,
    private readonly site: string,
  ) {}

  async poll(_filter: unknown, _previous: unknown, options: CallOptions): Promise<ReadonlyMap<string, Row>> {
    const site = await this.client.siteId(this.site, options);
    const rows = await byMac(this.client, DEVICES, site, this.#before, options);
    this.#before = new Map([...rows].filter(([, { status }]) => status !== PENDING));
    return this.#before;
  }

  diff(before: Row | undefined, after: Row | undefined, id: string): ChangeEvent[] {
    const was = before && isUp(before);
    const is = after ? isUp(after) : false;
    if (was === is) return [];
    return [told(is ? "device-connected" : "device-disconnected", id, before, after)];
  }
}

/** WAN ports of a site's gateways, each by the gateway's MAC and the number of the port. */
export class WanSource implements PollSource<Row> {
  #before: ReadonlyMap<string, Row> = new Map();

  /** @param site its name or id; blank means the only one there is */
  constructor(
    private readonly client: OmadaClient,
    private readonly site: string,
  ) {}

  async poll(_filter: unknown, _previous: unknown, options: CallOptions): Promise<ReadonlyMap<string, Row>> {
    const site = await this.client.siteId(this.site, options);
    const devices = await byMac(this.client, DEVICES, site, new Map(), options);
    const gateways = [...devices].filter(([, { type, status }]) => type === "gateway" && status !== PENDING);
    const found = await Promise.all(gateways.map(([mac, row]) => this.#wansOf(mac, row, site, options)));
    this.#before = new Map(found.flat());
    return this.#before;
  }

  diff(before: Row | undefined, after: Row | undefined, id: string): ChangeEvent[] {
    const was = before && carries(before);
    const is = after ? carries(after) : false;
    if (was === is) return [];
    return [told(is ? "wan-up" : "wan-down", id, before, after)];
  }

  async #wansOf(mac: string, gateway: Row, site: string, options: CallOptions): Promise<[string, Row][]> {
    // Of a gateway that it has lost a controller has old figures at best.
    const before = [...this.#before].filter(([id]) => id.startsWith(`${mac}/`));
    if (!isUp(gateway)) return before;
    const query = { method: "GET", path: WAN_STATUS, params: { gatewayMac: mac }, site, all: true, limit: 0 } as const;
    const reading = await this.client.read(query, options);
    const ports = parseAs(Ports, "result" in reading ? reading.result : undefined);
    // A gateway does not lose a port: one that is missing, or of which nothing is said, is as it was.
    const found = new Map<string, Row>(before);
    for (const row of ports) {
      const id = `${mac}/${row.port}`;
      if (row.mode === LAN) found.delete(id);
      else if (isTelling(row, found.get(id))) found.set(id, row);
    }
    return [...found];
  }
}

const Ports = z.array(z.looseObject({ port: z.number(), mode: z.number().optional().catch(undefined) }));
const LAN = 1;

/**
 * A list by MAC. What it does not hold is gone for certain.
 * @param before what was there at the last look
 */
async function byMac(
  client: OmadaClient,
  path: string,
  site: string,
  before: ReadonlyMap<string, unknown>,
  options: CallOptions,
): Promise<Map<string, Row>> {
  const list = await startList(client, path, site, options);
  const rows = keyed(await readWholeList(list));
  // One that leaves a page which is read already pulls another over the edge into it: that one is in no page at all.
  const complete = list.progress.pages < 2 || (before.size > 0 && [...before.keys()].every((mac) => rows.has(mac)));
  if (complete) return rows;
  const again = keyed(await readWholeList(await startList(client, path, site, options)));
  return new Map([...rows, ...again]);
}

function keyed(rows: unknown[]): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows as (Row | null)[]) {
    const mac = row?.["mac"];
    // What has no MAC cannot be followed.
    if (row && typeof mac === "string" && mac !== "") found.set(mac.toUpperCase().replaceAll(":", "-"), row);
  }
  return found;
}

// A heartbeat that was missed is not yet a device that is gone: the controller itself waits.
const isUp = ({ status }: Row): boolean => status !== DISCONNECTED && status !== ISOLATED && status !== PENDING;

// The cable alone does not make a way out (omada.md section 6).
const carries = ({ status, internetState }: Row): boolean =>
  internetState === undefined || internetState === null ? status === 1 : internetState === 1 && status !== 0;

// Whether a port's row says how it is. One without a word on the way out says less than one that had it, unless the cable is out.
function isTelling({ status, internetState }: Row, before: Row | undefined): boolean {
  if (typeof internetState === "number") return true;
  if (typeof status !== "number") return false;
  return internetState !== null || status === 0 || typeof before?.["internetState"] !== "number";
}

function placeOf({ apMac, ssid, switchMac, gatewayMac, port }: Row): string | undefined {
  const [device, at] = apMac ? [apMac, ssid] : [switchMac || gatewayMac, port];
  return device ? JSON.stringify([device, at]) : undefined;
}

function told(event: string, id: string, before: Row | undefined, after: Row | undefined): ChangeEvent {
  const { name, hostName, mac } = after ?? before ?? {};
  const names = [name, hostName, mac].filter((each) => typeof each === "string" && each !== "") as string[];
  // A WAN port is found by its gateway as well.
  const aliases = [...names, id.replace(/\/.*/, "")];
  return { event, id, name: names[0] ?? id, current: after ?? null, previous: before ?? null, aliases };
}
