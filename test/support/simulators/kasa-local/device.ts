import { createHash } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import type { AddressInfo, Server, Socket } from "node:net";
import type { CloudDevice } from "../kasa/devices";
import { encodeProbeResponse, encodeXorDatagram, isProbe, ownerHash, parseXorDatagram } from "./discovery";
import { DeviceHttpServer, type DeviceRequest, type DeviceResponse, type HttpFault } from "./http";
import { KlapServer } from "./klap";
import { SecurePassthroughServer } from "./secure-passthrough";
import type { Carry, LanTransport, Owner, SmartFirmware } from "./types";
import { XorServer, type XorFault } from "./xor-server";

/** Where a device listens: the same ports on an address of its own. */
export interface LanPorts {
  xor: number;
  http: number;
  tdp: number;
}

/** A device with its identity as its owner's cloud knows it. */
export interface LanProduct {
  identity: CloudDevice;
  transport: LanTransport;
  /** What a SMART device understands; the others understand what they understand in the cloud. */
  smart?: SmartFirmware;
}

/** A device on the local network. */
export class LanDevice {
  readonly identity: CloudDevice;
  readonly family: "IOT" | "SMART";
  /** Every request that its firmware has seen, in order. */
  readonly commands: Record<string, unknown>[] = [];
  /** The account that it knows; undefined = it has just been reset, and knows TP-Link's own. */
  owner: Owner | undefined;
  /** It opens its HTTP port only after a probe. */
  asleep = false;
  /** It does not respond to probes. */
  deaf = false;
  readonly xor: XorServer;
  readonly http: DeviceHttpServer;
  klap: KlapServer;
  aes: SecurePassthroughServer;
  transport: LanTransport;
  readonly #carry: Carry;
  readonly #ports: LanPorts;
  readonly #sockets = new Set<Socket>();
  #udp: UdpSocket[] = [];
  /** Until the port is open that a probe has asked for. */
  #waking: Promise<unknown> = Promise.resolve();

  constructor(
    { identity, transport, smart }: LanProduct,
    public host: string,
    ports: LanPorts,
    owner: Owner,
  ) {
    this.identity = identity;
    this.family = smart ? "SMART" : "IOT";
    this.owner = owner;
    this.transport = transport;
    this.#ports = { ...ports };
    this.#carry = (request) => {
      this.commands.push(request);
      return smart ? smart.answer(request as { method: string; params?: unknown }) : identity.respond(request);
    };
    this.xor = new XorServer(this.#carry);
    this.http = new DeviceHttpServer((request) => this.#respond(request), transport === "klap2-tls");
    this.klap = this.#createKlap();
    this.aes = this.#createAes();
    for (const server of [this.xor.server, this.http.server])
      server.on("connection", (socket) => {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
      });
  }

  get ports(): LanPorts {
    return this.#ports;
  }

  get mac(): string {
    return this.identity.mac.match(/../g)?.join("-") ?? "";
  }

  /** Injects a fault into the next command; `step` narrows it to a path of the protocol, or to a text where there are none. */
  spoil(fault: HttpFault | XorFault, step?: RegExp): void {
    if (this.transport === "xor") this.xor.faults.push({ fault: fault as XorFault, text: step ?? /./ });
    else this.http.faults.push({ fault: fault as HttpFault, path: step ?? /request|app$/ });
  }

  /** Ends its session, as another client of the same machine does. */
  forgetSession(): void {
    this.klap.forgetSession();
    this.aes.forgetSession();
  }

  /** Changes how it is spoken to, as a firmware update or the Third-Party switch does. */
  async changeTransport(transport: LanTransport): Promise<void> {
    await this.powerOff();
    this.transport = transport;
    this.klap = this.#createKlap();
    this.aes = this.#createAes();
    await this.powerOn();
  }

  /** Moves to another address, as after a new DHCP lease. */
  async move(host: string): Promise<void> {
    await this.powerOff();
    this.host = host;
    await this.powerOn();
  }

  async powerOn(): Promise<void> {
    const { xor, tdp } = this.#ports;
    const isXor = this.transport === "xor";
    if (isXor) await listen(this.xor.server, xor, this.host);
    else if (!this.asleep) await listen(this.http.server, this.#ports.http, this.host);
    const socket = createSocket("udp4");
    socket.on("message", (datagram, sender) => this.onDatagram(datagram, sender));
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(isXor ? xor : tdp, this.host, resolve);
    });
    this.#udp = [socket];
  }

  async powerOff(): Promise<void> {
    this.forgetSession();
    for (const socket of this.#udp.splice(0)) socket.close();
    await this.#waking;
    for (const socket of this.#sockets) socket.destroy();
    const servers = [this.xor.server, this.http.server].filter((server) => server.listening);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** A probe, sent to the device itself or to everybody. */
  onDatagram(datagram: Buffer, { port, address }: Pick<RemoteInfo, "port" | "address">): void {
    const [socket] = this.#udp;
    if (!socket || this.deaf) return;
    const response = this.transport === "xor" ? this.#xorResponse(datagram) : this.#probeResponse(datagram);
    if (response) socket.send(response, port, address, () => undefined);
  }

  /** The result of a probe for newer devices. */
  discoveryResult(): object {
    const { product, deviceId } = this.identity;
    const owner = this.owner ? ownerHash(this.owner.email) : "";
    const base = {
      device_type: product.deviceType,
      device_model: product.deviceModel,
      ip: this.host,
      mac: this.mac,
      // A hash of what the cloud calls its id.
      device_id: createHash("md5").update(deviceId).digest("hex"),
      owner,
      factory_default: !this.owner,
      is_support_iot_cloud: true,
      obd_src: "tplink",
      hw_ver: product.deviceHwVer,
    };
    return { ...base, ...this.#scheme() };
  }

  #scheme(): object {
    const common = { is_support_https: false, http_port: this.#ports.http };
    switch (this.transport) {
      case "klap1":
        return { mgt_encrypt_schm: { ...common, encrypt_type: "KLAP" } };
      case "klap2":
      case "klap2-tls":
        return {
          mgt_encrypt_schm: {
            ...common,
            is_support_https: this.transport === "klap2-tls",
            encrypt_type: "KLAP",
            lv: 2,
            ...(this.family === "IOT" && { new_klap: 1, ANS: false }),
          },
        };
      case "aes1":
        return { mgt_encrypt_schm: { ...common, encrypt_type: "AES" } };
      case "aes2":
        return { mgt_encrypt_schm: { ...common, encrypt_type: "AES", lv: 2 } };
      default:
        return {
          mgt_encrypt_schm: { ...common, encrypt_type: "TPAP", lv: 2 },
          tpap: { tls: 0, dac: false, noc: false, pake: [2], port: this.#ports.http },
        };
    }
  }

  #xorResponse(datagram: Buffer): Buffer | undefined {
    const request = parseXorDatagram(datagram);
    const response = request && this.identity.respond(request);
    return response && encodeXorDatagram(response);
  }

  #probeResponse(datagram: Buffer): Buffer | undefined {
    if (!isProbe(datagram)) return undefined;
    if (this.asleep) {
      this.asleep = false;
      this.#waking = listen(this.http.server, this.#ports.http, this.host).catch(() => undefined);
    }
    return encodeProbeResponse(this.discoveryResult());
  }

  #respond(request: DeviceRequest): DeviceResponse {
    if (this.transport === "tpap") return { status: 403, body: "" };
    if (this.transport.startsWith("klap")) return this.klap.respond(request);
    return this.aes.respond(request);
  }

  #credentials = (): Owner => this.owner ?? { email: "kasa@tp-link.net", password: "kasaSetup" };

  #createKlap(): KlapServer {
    return new KlapServer(this.transport === "klap1" ? 1 : 2, this.#credentials, this.#carry);
  }

  #createAes(): SecurePassthroughServer {
    return new SecurePassthroughServer(this.transport === "aes1" ? 1 : 2, this.#credentials, this.#carry);
  }
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}
