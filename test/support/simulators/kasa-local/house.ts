import { randomInt } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type AddressInfo } from "node:net";
import { OWNER } from "../kasa/firmware";
import { LanDevice, type LanPorts, type LanProduct } from "./device";
import type { Owner } from "./types";

/** Reaches every address of the loopback network on Linux. */
const LOOPBACK_BROADCAST = "127.255.255.255";

const MAX_ATTEMPTS = 5;

export interface LanHouseOptions extends Partial<Owner> {
  /** Default: free ones. Devices have the same ports, each on an address of its own. */
  ports?: Partial<LanPorts>;
  /** For a single device, on a machine that has no other loopback address: broadcasts do not reach it. */
  host?: string;
}

/** A house whose devices are on a network of their own: addresses of this machine, in 127.0.0.0/8. */
export class LanHouse {
  readonly devices: LanDevice[] = [];
  /** Everything that was sent to all devices at once. */
  broadcasts = 0;
  readonly #sockets: UdpSocket[] = [];
  /** Two houses must not have the same addresses. */
  readonly #subnet = `127.${randomInt(10, 250)}.${randomInt(1, 250)}`;
  readonly #host: string | undefined;
  #nextHost = 11;

  private constructor(
    readonly email: string,
    readonly password: string,
    readonly ports: LanPorts,
    host: string | undefined,
  ) {
    this.#host = host;
  }

  static async start(products: readonly LanProduct[], options: LanHouseOptions = {}): Promise<LanHouse> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await LanHouse.#start(products, options);
      } catch (error) {
        // Between looking for a free port and using it, a socket of another process may have got it.
        if ((error as { code?: unknown }).code !== "EADDRINUSE" || attempts === MAX_ATTEMPTS) throw error;
      }
    }
  }

  static async #start(products: readonly LanProduct[], options: LanHouseOptions): Promise<LanHouse> {
    const { email = OWNER, password = 'quoted "word" \\ & ~ 50%', ports = {}, host } = options;
    const [xor, http, tdp] = await Promise.all([freePort(ports.xor), freePort(ports.http), freePort(ports.tdp)]);
    const house = new LanHouse(email, password, { xor, http, tdp }, host);
    try {
      if (!host) await Promise.all([xor, tdp].map((port) => house.#listen(port)));
      for (const product of products) await house.add(product);
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  get broadcast(): string {
    return LOOPBACK_BROADCAST;
  }

  /** Plugs a device in, on the next address. */
  async add(product: LanProduct): Promise<LanDevice> {
    const device = new LanDevice(product, this.freeHost(), this.ports, { email: this.email, password: this.password });
    this.devices.push(device);
    await device.powerOn();
    return device;
  }

  /** An address that no device has had. */
  freeHost(): string {
    return this.#host ?? `${this.#subnet}.${this.#nextHost++}`;
  }

  /** What a client has to know about the devices. */
  toJSON(): object {
    const devices = this.devices.map(({ host, family, transport, identity, mac, ports }) => ({
      name: identity.alias,
      host,
      family,
      transport,
      model: identity.product.deviceModel,
      alias: identity.alias,
      deviceId: identity.deviceId,
      mac,
      ports,
    }));
    const { email, password, broadcast } = this;
    return { email, password, broadcast, ports: this.ports, devices };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.close();
    await Promise.all(this.devices.map((device) => device.powerOff()));
  }

  // A socket with an address of its own gets no broadcasts: this one passes them on.
  async #listen(port: number): Promise<void> {
    const socket = createSocket("udp4");
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, LOOPBACK_BROADCAST, resolve);
    });
    socket.on("message", (datagram, sender) => {
      this.broadcasts++;
      for (const device of this.devices)
        if ((device.transport === "xor") === (port === this.ports.xor)) device.onDatagram(datagram, sender);
    });
  }
}

async function freePort(port: number | undefined): Promise<number> {
  if (port) return port;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}
