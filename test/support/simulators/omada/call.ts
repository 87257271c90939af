import type { Client, Device, Port, Row, Site } from "./rows";
import type { OmadaWorld } from "./world";

/** An error that the controller responds with: a number inside the envelope, or without a number a bare HTTP status. */
export class ErrorResponse extends Error {
  constructor(
    readonly code: number | undefined,
    message: string,
    readonly status = 200,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** One call of an operation. Its getters find what its path and body name, and otherwise fail with the real numbers. */
export class Call<World extends OmadaWorld = OmadaWorld> {
  constructor(
    readonly world: World,
    readonly ownerId: string,
    readonly placeholders: Record<string, string>,
    readonly body: Row,
  ) {}

  get site(): Site {
    const wantedId = this.placeholders["siteId"];
    const site = this.world.sites.find(({ siteId, ownerId }) => siteId === wantedId && ownerId === this.ownerId);
    return site ?? fail(-33000, "There is no such site.");
  }

  device(code: number, type?: Device["type"]): Device {
    const device = this.#findByMac(this.world.devices, this.#mac());
    return device && (!type || device.type === type) ? device : fail(code, "The site has no such device.");
  }

  client(code: number): Client {
    return this.#findByMac(this.world.clients, this.#mac()) ?? fail(code, "The site has no such client.");
  }

  port(): Port {
    const { ports } = this.device(-39050, "switch");
    const port = ports.find((one) => String(one.port) === this.placeholders["port"]);
    return port ?? fail(-39701, "The switch has no such port.");
  }

  /** Makes a change, at once or later, or never. */
  change<Thing extends object>(thing: Thing, changes: Partial<Thing>): void {
    this.world.change(thing, changes);
  }

  boolean(name: string): boolean {
    const value = this.body[name];
    return typeof value === "boolean" ? value : fail(-1001, `"${name}" must be true or false.`);
  }

  oneOf(name: string, allowed: number[]): number {
    const value = allowed.find((allowedValue) => allowedValue === this.body[name]);
    return value ?? fail(-1001, `"${name}" must be one of ${allowed.join(", ")}.`);
  }

  inSite<Thing extends { siteId: string }>(things: Thing[]): Thing[] {
    const { siteId } = this.site;
    return things.filter((thing) => thing.siteId === siteId);
  }

  #mac(): string {
    const [, mac = ""] = Object.entries(this.placeholders).find(([name]) => name.endsWith("Mac")) ?? [];
    return /^[\dA-F]{2}(-[\dA-F]{2}){5}$/.test(mac)
      ? mac
      : fail(-1001, "A MAC address must be spelled AA-BB-CC-DD-EE-FF.");
  }

  #findByMac<Thing extends { siteId: string; mac: string }>(things: Thing[], mac: string): Thing | undefined {
    return this.inSite(things).find((thing) => thing.mac === mac);
  }
}

/** Fails a call with one of the controller's numbers. */
export function fail(code: number, message: string): never {
  throw new ErrorResponse(code, message);
}
