import { request as httpRequest } from "node:http";
import type { Client, Device, Site, Wan } from "./rows";
import { OmadaTelemetry } from "./telemetry";

/** Where a controller posts its webhook messages. */
export interface WebhookTarget {
  url: string;
  /** Sent as `shardSecret` and as the header `Access_token`. */
  secret: string;
}

/** What can happen in the networks of a controller. */
export class OmadaEvents extends OmadaTelemetry {
  /** Brings a client online, at a device if one is given. */
  connectClient(client: Client, device?: Device): void {
    Object.assign(client, { active: true, uptime: 0, lastSeen: this.now() });
    if (device) this.moveClient(client, device);
  }

  /** Takes a client offline. */
  disconnectClient(client: Client): void {
    Object.assign(client, { active: false, uptime: 0, lastSeen: this.now() });
  }

  /** Attaches a client to another device, or to another network or port of the same device. */
  moveClient(client: Client, to: Device, more: { ssid?: string; port?: number } = {}): void {
    for (const type of ["ap", "switch", "gateway"]) {
      delete client[`${type}Mac`];
      delete client[`${type}Name`];
    }
    const attachment = { connectDevType: to.type, [`${to.type}Mac`]: to.mac, [`${to.type}Name`]: to.name };
    Object.assign(client, { wireless: to.type === "ap" }, attachment, more);
  }

  /** Lets the controller lose a device. */
  disconnectDevice(device: Device): void {
    device.status = 0;
  }

  /** Lets a device connect again. */
  reconnectDevice(device: Device): void {
    Object.assign(device, { status: 1, uptime: "0day(s) 0h 0m 5s", lastSeen: this.now() });
  }

  /** Turns the internet behind a WAN port on or off; its link stays up. */
  setWanInternet(gateway: Device, port: number, up: boolean): void {
    this.wan(gateway, port).internetState = up ? 1 : 0;
  }

  /** Plugs or unplugs the cable of a WAN port. */
  setWanLink(gateway: Device, port: number, plugged: boolean): void {
    Object.assign(this.wan(gateway, port), { status: plugged ? 1 : 0, internetState: plugged ? 1 : 0 });
  }

  wan(gateway: Device, port: number): Wan {
    const wan = gateway.wans.find((one) => one.port === port);
    if (!wan) throw new Error(`${gateway.name} has no WAN port ${port}.`);
    return wan;
  }

  /**
   * Posts a message as the controller does (omada.md section 7).
   * @returns the status and the body of the response
   */
  postWebhook(
    target: WebhookTarget,
    text: string[],
    site: Site | undefined = this.sites[0],
  ): Promise<{ status: number; body: string }> {
    const controller = `Omada Controller_${this.omadacId.slice(0, 6)}`;
    const common = { description: "This is a webhook message from Omada Controller", shardSecret: target.secret };
    const where = site ? { Site: site.name } : {};
    return postTo(target, { ...where, ...common, text, Controller: controller, timestamp: this.now() });
  }

  /** Posts what the test button of the controller posts. */
  postTestWebhook(target: WebhookTarget): Promise<{ status: number; body: string }> {
    return postTo(target, {
      description: "This is a webhook test message. Please ignore this",
      shardSecret: target.secret,
    });
  }
}

/** Posts any body with the headers of a controller; a string is sent as it is. */
export function postTo(
  { url, secret }: WebhookTarget,
  body: unknown,
  headers: Record<string, string> = { Access_token: secret },
): Promise<{ status: number; body: string }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: { "content-type": "application/json;charset=UTF-8", ...headers } };
    const request = httpRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(text);
  });
}
