import type { Client, Device, Port, Row, Site } from "./rows";
import type { OmadaWorld } from "./world";

/** The controller says no: its own number inside the envelope, or a bare HTTP status where it has no number. */
export class Refusal extends Error {
  constructor(
    readonly code: number | undefined,
    message: string,
    readonly status = 200,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** One call of an operation; what it names is looked up, and refused in the controller's own numbers. */
export class Call {
  constructor(
    readonly world: OmadaWorld,
    readonly ownerId: string,
    readonly placeholders: Record<string, string>,
    readonly body: Row,
  ) {}

  get site(): Site {
    const wanted = this.placeholders["siteId"];
    const site = this.world.sites.find(({ siteId, ownerId }) => siteId === wanted && ownerId === this.ownerId);
    return site ?? refuse(-33000, "There is no such site.");
  }

  device(code: number, type?: Device["type"]): Device {
    const device = this.#inSite(this.world.devices, this.#mac());
    return device && (!type || device.type === type) ? device : refuse(code, "There is no such device here.");
  }

  client(code: number): Client {
    return this.#inSite(this.world.clients, this.#mac()) ?? refuse(code, "There is no such client here.");
  }

  port(): Port {
    const { ports } = this.device(-39050, "switch");
    const port = ports.find(({ port }) => String(port) === this.placeholders["port"]);
    return port ?? refuse(-39701, "The switch has no such port.");
  }

  boolean(name: string): boolean {
    const value = this.body[name];
    return typeof value === "boolean" ? value : refuse(-1001, `"${name}" must be true or false.`);
  }

  oneOf(name: string, allowed: number[]): number {
    const value = allowed.find((each) => each === this.body[name]);
    return value ?? refuse(-1001, `"${name}" must be one of ${allowed.join(", ")}.`);
  }

  here<Thing extends { siteId: string }>(things: Thing[]): Thing[] {
    const { siteId } = this.site;
    return things.filter((thing) => thing.siteId === siteId);
  }

  #mac(): string {
    const [, mac = ""] = Object.entries(this.placeholders).find(([name]) => name.endsWith("Mac")) ?? [];
    return /^[\dA-F]{2}(-[\dA-F]{2}){5}$/.test(mac) ? mac : refuse(-1001, "A MAC is written AA-BB-CC-DD-EE-FF.");
  }

  #inSite<Thing extends { siteId: string; mac: string }>(things: Thing[], mac: string): Thing | undefined {
    return this.here(things).find((thing) => thing.mac === mac);
  }
}

/** Ends a call with one of the controller's numbers. */
export function refuse(code: number, message: string): never {
  throw new Refusal(code, message);
}
