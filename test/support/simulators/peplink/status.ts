import { chosen, collection, listed, only, seconds, type Json } from "./json";
import type { Allowance, Wan } from "./wan";
import { connection, type Endpoints, type World } from "./world";

/** What can be read of its state: firmware, place, WANs, clients, SpeedFusion. */
export const STATUS: Endpoints = {
  "info.firmware": { GET: ({ firmware }) => collection(firmware) },
  "info.location": {
    GET: ({ location: { gps, ...location }, now }) => ({ gps, location: { ...location, timestamp: seconds(now()) } }),
  },
  "info.time": { GET: ({ now }) => ({ time: seconds(now()) }) },

  "status.wan.connection": { GET: wanStatus },
  "status.wan.connection.allowance": { GET: ({ wans }, { connId }) => collection(chosen(wans, connId), allowances) },
  "status.client": { GET: (world, args) => ({ list: lanClients(world, args) }) },
  "status.lan.profile": { GET: (_world, { id }) => collection(chosen(LANS, id)) },
  "status.pepvpn": { GET: speedFusion },
  "status.traffic": { GET: traffic },
  "status.system.info": { GET: systemInfo },
  "status.port": { GET: portStatus },
  "status.cellularModule.temperature": {
    POST: (world, args) => ({ temperature: connection(world, args, "cellular").temperature }),
  },
};

const LANS = [
  { id: 0, ip: "192.168.50.1", mask: 24 },
  { id: 1, name: "Guests", vlanId: 20, ip: "192.168.20.1", mask: 24 },
];

function wanStatus(world: World, { id }: Json): Json {
  const carrying = world.carrying();
  const timestamp = seconds(world.now());
  const wans = collection(chosen(world.wans, id), (wan) => oneWanStatus(world, wan, carrying.includes(wan)));
  return { ...wans, timestamp, supportGatewayProxy: true };
}

function oneWanStatus({ now }: World, wan: Wan, carries: boolean): Json {
  const { name, enable, priority, type, ip, mask, gateway, dns, method, mtu, carryingSince = 0 } = wan;
  const kind = { type, virtualType: type, virtual: false, portId: wan.id, method, routingMode: "NAT", mtu };
  return {
    name,
    enable,
    locked: false,
    managementOnly: false,
    ...wan.light(carries),
    uptime: carries ? Math.max(1, seconds(now() - carryingSince)) : 0,
    ...kind,
    bandwidthAllowanceMonitor: { enable: wan.allowance.enable, hasSmtp: false },
    ...(enable && { priority }),
    ...(enable && wan.up && { ip, mask, gateway, dns }),
    ...(type === "cellular" && { cellular: wan.cellular() }),
  };
}

/** Flat for a cable, one for each SIM of a cellular WAN. */
function allowances({ type, allowance, sims }: Wan): Json {
  return type === "cellular" ? collection(sims, (sim) => allowanceStatus(sim.allowance)) : allowanceStatus(allowance);
}

function allowanceStatus({ enable, usage, limit, start }: Allowance): Json {
  return enable ? { enable, usage, limit, percent: Math.floor((usage / limit) * 100), start, unit: "MB" } : { enable };
}

function lanClients(world: World, { activeOnly, connectionType, vlanId, size = 1000, outputWeight }: Json): Json[] {
  const types = listed(connectionType);
  return world.clients
    .filter(({ active }) => active || activeOnly !== "yes")
    .filter((client) => !types || types.includes(client.connectionType ?? ""))
    .filter((client) => vlanId === undefined || String(client.vlanId) === vlanId)
    .slice(0, Number(size))
    .map(({ signal, speed, ...client }) => ({ ...client, ...(outputWeight === "full" && { signal, speed }) }));
}

/** Without `infoType` it has nothing to say (peplink.md section 3). */
function speedFusion({ peers, wans }: World, { infoType, tunnelOption }: Json): Json {
  const kinds = listed(infoType) ?? [];
  const meant = peers.filter(({ peerId }) => listed(tunnelOption)?.includes(peerId) ?? true);
  const profiles = peers.map(({ profileId, name, status, type }) => ({
    id: profileId,
    name,
    master: true,
    status,
    type,
  }));
  const links = collection(wans, ({ name, priority, enable, up }) => {
    if (!enable) return { name, priority: 0, state: "WAN_DISABLED" };
    if (!up) return { name, priority: 0, state: "WAN_DOWN" };
    return { name, priority, state: "ACTIVE", rtt: 24, rx: [1_820_400], tx: [960_200], loss: [0] };
  });
  const tunnels = Object.fromEntries(meant.map(({ peerId }) => [peerId, { wan: links }]));
  return {
    ...(kinds.includes("profile") && {
      profile: { ...collection(profiles), siteId: "lighthouse" },
    }),
    ...(kinds.includes("peer") && { peer: peers }),
    ...(kinds.includes("tunnel") && { tunnel: { ...tunnels, order: meant.map(({ peerId }) => peerId) } }),
  };
}

function traffic(world: World): Json {
  const timestamp = seconds(world.now());
  const carrying = world.carrying();
  const enabled = world.wans.filter(({ enable }) => enable);
  const of = (overall: (wan: Wan) => unknown): Json =>
    collection(enabled, (wan) => ({ name: wan.name, portType: wan.type, virtual: false, overall: overall(wan) }));
  const sum = (way: "download" | "upload"): number => world.wans.reduce((sum, { total }) => sum + total[way], 0);
  const all = { overall: { download: sum("download"), upload: sum("upload") } };
  return {
    lifetime: { timestamp, unit: "MB", all, order: ["all"] },
    bandwidth: {
      timestamp,
      unit: "kbps",
      ...of((wan) => (carrying.includes(wan) ? wan.rate : { download: 0, upload: 0 })),
    },
    traffic: { timestamp, unit: "MB", ...of(({ total }) => total) },
  };
}

function systemInfo({ firmware, now }: World, { infoType }: Json): Json {
  const firmwareVersion = firmware.find(({ inUse }) => inUse)?.version;
  const device = {
    name: "Lighthouse",
    model: "Pepwave MAX Simulated",
    serialNumber: "2222-CAFE-0001",
    firmwareVersion,
  };
  const parts = {
    device: { ...device, productCode: "MAX-SIM", hardwareRevision: "1", host: "lighthouse", company: "Peplink" },
    systemTime: { timestamp: seconds(now()) },
    thermalSensor: [{ temperature: 41.5, threshold: 70, min: -20, max: 95 }],
    fanSpeed: [{ active: true, value: 3100, total: 12_400, percentage: 25 }],
    uptime: { second: 266_500 },
    cpuLoad: { percentage: 7 },
  };
  const kinds = listed(infoType);
  return kinds ? only(parts, kinds) : parts;
}

function portStatus({ ports, wans }: World): Json {
  const hardwareInfo = { portType: "RJ45", supportSpeed: ["100FD", "1000FD"] };
  const link = (name: string, enable: boolean, linkUp: boolean): Json => {
    return { name, enable, linkUp, autoSpeed: true, ...(linkUp && { speed: "1000FD" }), hardwareInfo };
  };
  const sockets = wans.filter(({ type }) => type === "ethernet");
  return {
    lan: collection(ports, ({ name, enable, linkUp }) => link(name, enable, linkUp)),
    wan: collection(sockets, ({ name, enable, up }) => link(name, enable, enable && up)),
  };
}
