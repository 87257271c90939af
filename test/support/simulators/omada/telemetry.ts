import type { Call } from "./call";
import type { Listing } from "./listings";
import type { Device, Log, Port, Row, Site } from "./rows";
import { OmadaWorld, toId } from "./world";

/** What is connected to a port. */
interface Attached {
  hasLink: boolean;
  /** Whether it takes power, if the port offers some. */
  takesPower: boolean;
}

/** A VPN connection: the tunnel of a server's user or of a client, an IPsec connection, or a WireGuard interface. */
export interface VpnConnection {
  siteId: string;
  kind: "server" | "client" | "ipsec" | "wireguard";
  id: number;
  name: string;
  userName: string;
  isUp: boolean;
}

/** The fields of a log line that a test may choose. */
export interface LogLineFields {
  /** Default `DEV_CONN`. */
  key?: string;
  content?: string;
  /** Default `Device`. */
  module?: string;
  /** Milliseconds since 1970; default now. A line may be delayed, or share its millisecond with others. */
  time?: number;
  /** Of an alert; default `Warning`. */
  level?: string;
}

/** What a controller knows about ports, VPN connections and itself. */
export class OmadaTelemetry extends OmadaWorld {
  vpnConnections: VpnConnection[] = [];
  readonly #attached = new WeakMap<Port, Attached>();
  #logLines = 0;
  #lastSpi = 0x1000;

  /** Plugs a cable into a port of a switch, or pulls it. */
  setPortLink(device: Device, port: number, hasLink: boolean): void {
    this.attachedTo(findPort(device, port)).hasLink = hasLink;
  }

  /** Lets what is connected to a PoE port take power, or not. */
  setPortPower(device: Device, port: number, takesPower: boolean): void {
    this.attachedTo(findPort(device, port)).takesPower = takesPower;
  }

  attachedTo(port: Port): Attached {
    const attached = this.#attached.get(port) ?? { hasLink: true, takesPower: port.poe };
    this.#attached.set(port, attached);
    return attached;
  }

  /** Sets up a VPN connection that is up. A server has one for each user that is connected. */
  addVpn({ siteId }: Site, kind: VpnConnection["kind"], name: string, userName = ""): VpnConnection {
    const known = this.vpnConnections.find((vpn) => vpn.siteId === siteId && vpn.name === name);
    const vpn = { siteId, kind, id: known?.id ?? this.vpnConnections.length + 1, name, userName, isUp: true };
    this.vpnConnections.push(vpn);
    return vpn;
  }

  setVpn(vpn: VpnConnection, isUp: boolean): void {
    vpn.isUp = isUp;
  }

  /** The `spi` of an IPsec association: it changes whenever the keys are renewed. */
  nextSpi(): number {
    return ++this.#lastSpi;
  }

  /** Adds a line to a log of a site, or of the controller itself. */
  writeLog(to: "alerts" | "events", site: Site | undefined, fields: LogLineFields = {}): Log {
    const id = toId("e", 0x100000 + ++this.#logLines);
    const { key = "DEV_CONN", module = "Device", content = `Line ${this.#logLines}.`, time = this.now() } = fields;
    const alert = to === "alerts" ? { level: fields.level ?? "Warning", resolved: false } : {};
    const line: Log = { siteId: site?.siteId ?? "", id, key, module, content, time, ...alert };
    this[to].push(line);
    return line;
  }
}

export const PORTS: Listing = { hidden: [] };
export const CONNECTIONS: Listing = { hidden: [] };

/** All ports of all switches, but for those of pending and isolated ones (omada.md section 6). */
export function portRows(call: Call<OmadaTelemetry>): Row[] {
  const switches = call
    .inSite(call.world.devices)
    .filter(({ type, status }) => type === "switch" && [0, 1, 3].includes(status));
  return switches.flatMap((device) => device.ports.map((port) => portRow(call.world, device, port)));
}

function portRow(world: OmadaTelemetry, { mac, name, status, ports }: Device, port: Port): Row {
  const { hasLink, takesPower } = world.attachedTo(port);
  const isEnabled = port["status"] !== 0;
  const linkStatus = isEnabled && hasLink ? 1 : 0;
  const poe = isEnabled && port.poe && port.poeMode === 1 && takesPower;
  const measured = poe ? { power: 5.1, voltage: 52.7, current: 97 } : { power: null, voltage: null, current: null };
  return {
    port: port.port,
    portName: port["name"],
    switchMac: mac,
    switchName: name,
    switchStatusCategory: status,
    switchSupportPoe: ports.some((each) => each.poe) ? 1 : 0,
    supportPoe: port.poe,
    poe: port.poeMode,
    // As controllers send it, not as the document says.
    connectedStatus: linkStatus,
    disable: !isEnabled,
    pdClass: poe ? "Class4" : "",
    ...measured,
    portStatus: {
      port: port.port,
      linkStatus,
      linkSpeed: 3,
      duplex: 2,
      poe,
      poePower: measured.power,
      stp: "Forwarding",
    },
  };
}

/** The tunnels that are up. Of a gateway that it cannot reach the controller lists none. */
export function tunnelRows(call: Call<OmadaTelemetry>): Row[] {
  const type = { vpnType: 3, interfaceName: "WAN1", localIp: "203.0.113.1", uptime: "1h 2m" };
  return connected(call, "server", "client").map(({ kind, id, name, userName }) => ({
    vpnId: id,
    vpnName: name,
    userName,
    serverType: kind === "client" ? 1 : 0,
    remoteIp: "198.51.100.7",
    ...type,
  }));
}

/** The IPsec associations, one for each direction. */
export function ipsecRows(call: Call<OmadaTelemetry>): Row[] {
  return connected(call, "ipsec").flatMap(({ id, name }) =>
    ["in", "out"].map((direction) => ({ vpnId: id, name, direction, spi: call.world.nextSpi(), protocol: "ESP" })),
  );
}

/** WireGuard interfaces, connected or not. */
export function wireguardRows(call: Call<OmadaTelemetry>): Row[] {
  const vpns = call.inSite(call.world.vpnConnections).filter(({ kind }) => kind === "wireguard");
  return vpns.map(({ id, name, isUp }) => {
    const [connectedNum, disconnectedNum] = isUp && hasGateway(call) ? [1, 0] : [0, 1];
    return { id: toId("7", id), name, vpnType: 4, connectedNum, disconnectedNum, totalRemoteNum: 1 };
  });
}

export function controllerLog(to: "alerts" | "events"): (call: Call) => Log[] {
  return ({ world }) => world[to].filter(({ siteId }) => siteId === "");
}

function connected(call: Call<OmadaTelemetry>, ...kinds: VpnConnection["kind"][]): VpnConnection[] {
  const vpns = hasGateway(call) ? call.inSite(call.world.vpnConnections) : [];
  return vpns.filter(({ kind, isUp }) => isUp && kinds.includes(kind));
}

function hasGateway(call: Call): boolean {
  return call.inSite(call.world.devices).some(({ type, status }) => type === "gateway" && status === 1);
}

function findPort({ name, ports }: Device, number: number): Port {
  const port = ports.find((one) => one.port === number);
  if (!port) throw new Error(`${name} has no port ${number}.`);
  return port;
}
