import { request as httpRequest } from "node:http";
import type { Client, Device, Log, Site, Wan } from "./rows";
import { identifier, OmadaWorld } from "./world";

/** What a line of a log says beside what every line has. */
export interface LineAbout {
  /** Default `DEV_CONN`. */
  key?: string;
  content?: string;
  /** Default `Device`. */
  module?: string;
  /** Milliseconds since 1970; default now. A line may be late, or share its millisecond with others. */
  time?: number;
  /** Of an alert. */
  level?: string;
}

/** How a controller is told to post its webhook. */
export interface Hook {
  url: string;
  /** Sent as `shardSecret` and as the header `Access_token`. */
  secret: string;
}

/** What can happen in the networks of a controller, by a verb each. */
export class OmadaEvents extends OmadaWorld {
  #written = 0;

  /** A client comes online, on an access point or switch if one is named. */
  join(client: Client, on?: Device): void {
    Object.assign(client, { active: true, uptime: 0, lastSeen: this.now() });
    if (on) this.move(client, on);
  }

  /** A client goes offline. */
  leave(client: Client): void {
    Object.assign(client, { active: false, uptime: 0, lastSeen: this.now() });
  }

  /** A client that is online turns up at another access point, switch or gateway, or at another network or port there. */
  move(client: Client, to: Device, more: { ssid?: string; port?: number } = {}): void {
    for (const type of ["ap", "switch", "gateway"]) {
      delete client[`${type}Mac`];
      delete client[`${type}Name`];
    }
    const there = { connectDevType: to.type, [`${to.type}Mac`]: to.mac, [`${to.type}Name`]: to.name };
    Object.assign(client, { wireless: to.type === "ap" }, there, more);
  }

  /** The controller loses a device: it is off, or cannot be reached. */
  lose(device: Device): void {
    device.status = 0;
  }

  /** A device is there again. */
  recover(device: Device): void {
    Object.assign(device, { status: 1, uptime: "0day(s) 0h 0m 5s", lastSeen: this.now() });
  }

  /** The way out through a WAN port is there, or not; its cable stays in. */
  setWan(gateway: Device, port: number, up: boolean): void {
    this.wan(gateway, port).internetState = up ? 1 : 0;
  }

  /** The cable of a WAN port. */
  plugWan(gateway: Device, port: number, plugged: boolean): void {
    Object.assign(this.wan(gateway, port), { status: plugged ? 1 : 0, internetState: plugged ? 1 : 0 });
  }

  wan(gateway: Device, port: number): Wan {
    const wan = gateway.wans.find((wan) => wan.port === port);
    if (!wan) throw new Error(`${gateway.name} has no WAN port ${port}.`);
    return wan;
  }

  /** Writes a line into a site's log. */
  write(to: "alerts" | "events", { siteId }: Site, about: LineAbout = {}): Log {
    const id = identifier("e", 0x100000 + ++this.#written);
    const { key = "DEV_CONN", module = "Device", content = `Line ${this.#written}.`, time = this.now() } = about;
    const alert = to === "alerts" ? { level: about.level ?? "Warning", resolved: false } : {};
    const line: Log = { siteId, id, key, module, content, time, ...alert };
    this[to].push(line);
    return line;
  }

  /**
   * Posts a message as the controller does (omada.md section 7).
   * @returns the status that came back, and the body
   */
  post(hook: Hook, text: string[], site: Site | undefined = this.sites[0]): Promise<{ status: number; body: string }> {
    const controller = `Omada Controller_${this.omadacId.slice(0, 6)}`;
    const about = { description: "This is a webhook message from Omada Controller", shardSecret: hook.secret };
    const where = site ? { Site: site.name } : {};
    return deliver(hook, { ...where, ...about, text, Controller: controller, timestamp: this.now() });
  }

  /** Posts what the controller's own test button posts. */
  postTest(hook: Hook): Promise<{ status: number; body: string }> {
    return deliver(hook, {
      description: "This is a webhook test message. Please ignore this",
      shardSecret: hook.secret,
    });
  }
}

/** Posts any body with a controller's headers; a text goes as it is. */
export function deliver(
  { url, secret }: Hook,
  body: unknown,
  headers: Record<string, string> = { Access_token: secret },
): Promise<{ status: number; body: string }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((done, fail) => {
    const options = { method: "POST", headers: { "content-type": "application/json;charset=UTF-8", ...headers } };
    const request = httpRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on("error", fail);
    });
    request.on("error", fail);
    request.end(text);
  });
}
