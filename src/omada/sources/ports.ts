import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import { toNumber } from "../../core/scalar";
import { parseRows } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { normalizeMac } from "../mac";
import { DEVICES, fetchByMac, fetchRows, isConnected, isPathMissing, isPending, textOf, type Row } from "./rows";

/** All ports of all switches of a site, since 6.0. */
const ALL_PORTS = "sites/{siteId}/switches/ports/poe-info";
/** One switch; older controllers say what is configured for its ports, and nothing more. */
const SWITCH = "sites/{siteId}/switches/{switchMac}";

const SwitchInfo = z.looseObject({ portList: z.array(z.unknown()) });
const SwitchPort = z.looseObject({ port: z.number() });

/** A port of a switch. */
interface Port {
  row: Row;
  switchMac: string;
  switchName: string;
  /** Whether it has a link; undefined as long as nothing tells. */
  isUp: boolean | undefined;
  /** Whether it supplies power; undefined if it cannot. */
  isPowered: boolean | undefined;
}

/** The ports of a site's switches, by `switchMac/port`; in a stack, by `switchMac/unit/port`. */
export class PortSource implements PollSource<Port> {
  readonly #client: OmadaClient;
  readonly #site: string;
  #isListMissing = false;

  /** @param site its name or id */
  constructor(client: OmadaClient, site: string) {
    this.#client = client;
    this.#site = site;
  }

  async poll(
    _filter: unknown,
    previous: ReadonlyMap<string, Port>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Port>> {
    try {
      const siteId = await this.#client.siteId(this.#site, options);
      const listed = await this.#fetchList(siteId, options);
      const rows = listed ?? (await this.#fetchConfigured(siteId, options));
      return await this.#nextSnapshot(rows, previous, siteId, options);
    } catch (error) {
      // It may be back with another version.
      this.#isListMissing = false;
      throw error;
    }
  }

  diff(before: Port | undefined, after: Port | undefined, id: string): ChangeEvent[] {
    const port = after ?? before;
    if (!port) return [];
    const event = (name: string): ChangeEvent => ({
      event: name,
      id,
      current: after?.row ?? null,
      previous: before?.row ?? null,
      ...namesOf(port),
    });
    const events: ChangeEvent[] = [];
    if (hasChanged(before, after, "isUp")) events.push(event(after?.isUp ? "port-up" : "port-down"));
    if (hasChanged(before, after, "isPowered")) events.push(event(after?.isPowered ? "poe-on" : "poe-off"));
    return events;
  }

  isDown({ isUp, isPowered }: Port): boolean {
    return isUp !== true && isPowered !== true;
  }

  /** @returns undefined if this controller does not have the list */
  async #fetchList(siteId: string, options: CallOptions): Promise<Row[] | undefined> {
    if (this.#isListMissing) return undefined;
    try {
      return await fetchRows(this.#client, ALL_PORTS, siteId, options);
    } catch (error) {
      if (!isPathMissing(error)) throw error;
      this.#isListMissing = true;
      return undefined;
    }
  }

  async #fetchConfigured(siteId: string, options: CallOptions): Promise<Row[]> {
    const devices = await fetchByMac(this.#client, DEVICES, siteId, new Map(), options);
    const switches = [...devices].filter(([, row]) => row["type"] === "switch" && isConnected(row));
    const found = await Promise.all(
      switches.map(async ([switchMac, { name }]): Promise<Row[] | undefined> => {
        const query = {
          method: "GET",
          path: SWITCH,
          params: { switchMac },
          site: siteId,
          all: true,
          limit: 0,
        } as const;
        const result = await this.#client.query(query, options).catch((error: unknown) => {
          // An Easy Managed switch has another path; a switch may have been lost meanwhile.
          if (isPlatformError(error, "not-found", "unsupported", "offline", "busy")) return undefined;
          throw error;
        });
        const { data } = SwitchInfo.safeParse(result && "result" in result ? result.result : undefined);
        return data && parseRows(SwitchPort, data.portList).map((row) => ({ ...row, switchMac, switchName: name }));
      }),
    );
    const known = found.filter((rows) => rows !== undefined);
    if (known.length === 0 && switches.length > 0) throw notToldError();
    return known.flat();
  }

  // A switch does not lose ports. One whose ports are not listed may be isolated, or the controller cannot reach it; only
  // those of a switch that was removed are gone.
  async #nextSnapshot(
    rows: readonly Row[],
    previous: ReadonlyMap<string, Port>,
    siteId: string,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Port>> {
    const ports = new Map<string, Port>();
    for (const row of rows as readonly (Row | null)[]) {
      const id = row ? idOf(row) : undefined;
      if (!row || id === undefined) continue;
      const before = previous.get(id);
      ports.set(id, isReachable(row) ? toPort(row, before) : (before ?? unknownPort(row)));
    }
    const unlisted = [...previous].filter(([id]) => !ports.has(id));
    const switches = new Set([...ports.values()].map(({ switchMac }) => switchMac));
    if (unlisted.some(([, { switchMac }]) => !switches.has(switchMac))) {
      const devices = await fetchByMac(this.#client, DEVICES, siteId, new Map(), options);
      for (const [mac, row] of devices) if (!isPending(row)) switches.add(mac);
    }
    for (const [id, port] of unlisted) if (switches.has(port.switchMac)) ports.set(id, port);
    return ports;
  }
}

function idOf({ switchMac, stackId, unit, port }: Row): string | undefined {
  if (typeof switchMac !== "string" || typeof port !== "number") return undefined;
  const place = stackId && typeof unit === "number" ? [unit, port] : [port];
  return [normalizeMac(switchMac, true), ...place].join("/");
}

/** The switch's own status, as that of devices; older controllers list connected switches only. */
const isReachable = ({ switchStatusCategory }: Row): boolean => isConnected({ status: switchStatusCategory });

function toPort(row: Row, before: Port | undefined): Port {
  return { ...unknownPort(row), isUp: linkOf(row) ?? before?.isUp, isPowered: powerOf(row) ?? before?.isPowered };
}

function unknownPort(row: Row): Port {
  const switchMac = normalizeMac(textOf(row["switchMac"]), true);
  return { row, switchMac, switchName: textOf(row["switchName"]), isUp: undefined, isPowered: undefined };
}

// `connectedStatus` is not used: controllers mean by it the opposite of what the document says (omada.md section 6).
function linkOf({ disable, portStatus, status, lagPort }: Row): boolean | undefined {
  const { linkStatus } = toRow(portStatus);
  if (disable === true) return false;
  if (typeof linkStatus === "number") return linkStatus === 1;
  return typeof status === "number" && lagPort !== true ? status === 1 : undefined;
}

// A port that may supply power does so only while a device takes it.
function powerOf({ supportPoe, poe, poeMode, power, portStatus }: Row): boolean | undefined {
  if (supportPoe === false) return undefined;
  const mode = poe ?? poeMode;
  if (mode === 0) return false;
  const { poe: isSupplying } = toRow(portStatus);
  if (typeof isSupplying === "boolean") return isSupplying;
  if (power === null) return false;
  if (typeof power === "number") return power > 0;
  return typeof mode === "number" ? true : undefined;
}

const toRow = (value: unknown): Row => (typeof value === "object" && value !== null ? (value as Row) : {});

function hasChanged(before: Port | undefined, after: Port | undefined, field: "isUp" | "isPowered"): boolean {
  if (!before) return after?.[field] !== undefined;
  const was = before[field];
  // What was not known has not changed, and what was up is down once it is gone.
  return was !== undefined && (after ? after[field] : false) !== was;
}

// Every switch has a port "Port7" unless a person has named it.
function namesOf({
  row,
  switchMac,
  switchName,
}: Port): Pick<ChangeEvent, "name"> & { name: string; aliases: string[] } {
  const portName = textOf(row["portName"]) || textOf(row["name"]);
  const place = `${switchName || switchMac}/${toNumber(row["port"])}`;
  const name = portName === "" || /^port ?\d+$/i.test(portName) ? place : portName;
  return { name, aliases: [portName, place, switchName, switchMac].filter(Boolean) };
}

function notToldError(): PlatformError {
  return new PlatformError(
    "unsupported",
    "The switches of this site do not tell the controller the state of their ports. Choose another source.",
  );
}
