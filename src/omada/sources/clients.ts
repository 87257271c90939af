import type { CallOptions } from "../../core/call-context";
import { PlatformError } from "../../core/errors";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { CLIENTS, DEVICES, fetchByMac, fetchRows, isConnected, toEvent, type Row } from "./rows";

/** Where a client is attached: an access point and network, or a device and port. */
interface Attachment {
  wireless: boolean;
  place: string;
}

/** A client that is online. */
interface OnlineClient {
  row: Row;
  /** Undefined until the controller knows it. */
  attachment: Attachment | undefined;
}

/** The clients of a site that are online, by MAC address. */
export class ClientSource implements PollSource<OnlineClient> {
  readonly #client: OmadaClient;
  readonly #site: string;

  /** @param site its name or id */
  constructor(client: OmadaClient, site: string) {
    this.#client = client;
    this.#site = site;
  }

  async poll(
    _filter: unknown,
    previous: ReadonlyMap<string, OnlineClient>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, OnlineClient>> {
    const siteId = await this.#client.siteId(this.#site, options);
    const rows = await fetchByMac(this.#client, CLIENTS, siteId, previous, options);
    if (rows.size === 0 && previous.size > 0) await this.#checkDevicesConnected(siteId, options);
    const online = new Map<string, OnlineClient>();
    for (const [mac, row] of rows) {
      if (row["active"] === false) continue;
      online.set(mac, { row, attachment: nextAttachment(previous.get(mac)?.attachment, attachmentOf(row)) });
    }
    return online;
  }

  diff(before: OnlineClient | undefined, after: OnlineClient | undefined, id: string): ChangeEvent[] {
    if (before && after && !hasRoamed(before.attachment, after.attachment)) return [];
    const event = !before ? "client-connected" : after ? "client-roamed" : "client-disconnected";
    return [toEvent(event, id, before?.row, after?.row)];
  }

  // A controller that has just started, or lost the site, lists no clients because no device is there to report any.
  async #checkDevicesConnected(siteId: string, options: CallOptions): Promise<void> {
    const devices = await fetchRows(this.#client, DEVICES, siteId, options);
    if (devices.length === 0 || devices.some(isConnected)) return;
    throw new PlatformError(
      "offline",
      "The controller has lost all of its devices, so it does not know which clients are connected.",
    );
  }
}

function attachmentOf({ wireless, apMac, ssid, switchMac, gatewayMac, port }: Row): Attachment | undefined {
  if (apMac && wireless !== false) return { wireless: true, place: JSON.stringify([apMac, ssid]) };
  if (wireless === true) return undefined;
  const device = switchMac || gatewayMac || apMac;
  return device ? { wireless: false, place: JSON.stringify([device, port]) } : undefined;
}

// A switch between an access point and the gateway sees the frames of wireless clients as well, and may report them at one of
// its ports. The network card of a client that has been on Wi-Fi is never plugged into one.
function nextAttachment(previous: Attachment | undefined, current: Attachment | undefined): Attachment | undefined {
  return !current || (previous?.wireless && !current.wireless) ? previous : current;
}

function hasRoamed(before: Attachment | undefined, after: Attachment | undefined): boolean {
  return before?.wireless === after?.wireless && before?.place !== after?.place;
}
