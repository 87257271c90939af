import type { CallOptions } from "../../core/call-context";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { DEVICES, fetchByMac, isConnected, isPending, toEvent, type Row } from "./rows";

/** The adopted devices of a site, by MAC address. */
export class DeviceSource implements PollSource<Row> {
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
    const rows = await fetchByMac(this.#client, DEVICES, siteId, previous, options);
    for (const [mac, row] of rows) if (isPending(row)) rows.delete(mac);
    return rows;
  }

  diff(before: Row | undefined, after: Row | undefined, id: string): ChangeEvent[] {
    const wasConnected = before && isConnected(before);
    const nowConnected = after !== undefined && isConnected(after);
    if (wasConnected === nowConnected) return [];
    return [toEvent(nowConnected ? "device-connected" : "device-disconnected", id, before, after)];
  }

  isDown(row: Row): boolean {
    return !isConnected(row);
  }
}
