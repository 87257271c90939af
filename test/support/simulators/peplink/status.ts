import { filterByIds, parseList, pick, toCollection, toSeconds, type Json } from "./json";
import type { Allowance, Wan } from "./wan";
import { findWan, type Endpoints, type World } from "./world";

/** The endpoints that read the state. */
export const STATUS: Endpoints = {
  "info.firmware": { GET: ({ firmware }) => toCollection(firmware) },
  "info.location": {
    GET: ({ location: { gps, ...location }, now }) => ({ gps, location: { ...location, timestamp: toSeconds(now()) } }),
  },
  "info.time": { GET: ({ now }) => ({ time: toSeconds(now()) }) },

  "status.wan.connection": { GET: listWans },
  "status.wan.connection.allowance": {
    GET: ({ wans }, { connId }) => toCollection(filterByIds(wans, connId), allowanceOf),
  },
  "status.client": { GET: (world, args) => ({ list: listClients(world, args) }) },
  "status.lan.profile": { GET: (_world, { id }) => toCollection(filterByIds(LANS, id)) },
  "status.pepvpn": { GET: showSpeedFusion },
  "status.traffic": { GET: showTraffic },
  "status.system.info": { GET: showSystemInfo },
  "status.port": { GET: listPorts },
  "status.log": { GET: ({ log }) => log.show() },
  "status.wan.latency": { GET: showLatencies },
  "status.cellularModule.temperature": {
    POST: (world, args) => ({ temperature: findWan(world, args, "cellular").temperature }),
  },
};

const LANS = [
  { id: 0, ip: "192.168.50.1", mask: 24 },
  { id: 1, name: "Guests", vlanId: 20, ip: "192.168.20.1", mask: 24 },
];

function listWans(world: World, { id }: Json): Json {
  const activeWans = world.activeWans();
  const timestamp = toSeconds(world.now());
  const wans = toCollection(filterByIds(world.wans, id), (wan) => wanStatus(world, wan, activeWans.includes(wan)));
  return { ...wans, timestamp, supportGatewayProxy: true };
}

function wanStatus({ now }: World, wan: Wan, isActive: boolean): Json {
  const { name, enable, priority, type, ip, mask, gateway, dns, method, mtu, activeSince = 0 } = wan;
  const connection = { type, virtualType: type, virtual: false, portId: wan.id, method, routingMode: "NAT", mtu };
  return {
    name,
    enable,
    locked: false,
    managementOnly: wan.managementOnly,
    ...wan.statusFields(isActive),
    uptime: isActive ? Math.max(1, toSeconds(now() - activeSince)) : 0,
    ...connection,
    bandwidthAllowanceMonitor: { enable: wan.allowance.enable, hasSmtp: false },
    ...(enable && { priority }),
    ...(enable && wan.up && { ip, mask, gateway, dns }),
    ...(type === "cellular" && { cellular: wan.cellular() }),
  };
}

/** One for each SIM of a cellular WAN; flat for all others. */
function allowanceOf({ type, allowance, sims }: Wan): Json {
  return type === "cellular" ? toCollection(sims, (sim) => allowanceStatus(sim.allowance)) : allowanceStatus(allowance);
}

function allowanceStatus({ enable, usage, limit, start }: Allowance): Json {
  return enable ? { enable, usage, limit, percent: Math.floor((usage / limit) * 100), start, unit: "MB" } : { enable };
}

function listClients(world: World, { activeOnly, connectionType, vlanId, size = 1000, outputWeight }: Json): Json[] {
  const types = parseList(connectionType);
  return world.clients
    .filter(({ active }) => active || activeOnly !== "yes")
    .filter((client) => !types || types.includes(client.connectionType ?? ""))
    .filter((client) => vlanId === undefined || String(client.vlanId) === vlanId)
    .slice(0, Number(size))
    .map(({ signal, speed, ...client }) => ({ ...client, ...(outputWeight === "full" && { signal, speed }) }));
}

/** Empty without `infoType` (peplink.md section 3). */
function showSpeedFusion({ peers, wans }: World, { infoType, tunnelOption }: Json): Json {
  const types = parseList(infoType) ?? [];
  const tunnelPeers = peers.filter(({ peerId }) => parseList(tunnelOption)?.includes(peerId) ?? true);
  const profiles = peers.map(({ profileId, name, status, type }) => ({
    id: profileId,
    name,
    master: true,
    status,
    type,
  }));
  const links = toCollection(wans, ({ name, priority, enable, up }) => {
    if (!enable) return { name, priority: 0, state: "WAN_DISABLED" };
    if (!up) return { name, priority: 0, state: "WAN_DOWN" };
    return { name, priority, state: "ACTIVE", rtt: 24, rx: [1_820_400], tx: [960_200], loss: [0] };
  });
  const tunnels = Object.fromEntries(tunnelPeers.map(({ peerId }) => [peerId, { wan: links }]));
  return {
    ...(types.includes("profile") && {
      profile: { ...toCollection(profiles), siteId: "lighthouse" },
    }),
    ...(types.includes("peer") && { peer: peers }),
    ...(types.includes("tunnel") && { tunnel: { ...tunnels, order: tunnelPeers.map(({ peerId }) => peerId) } }),
  };
}

function showLatencies(world: World): Json {
  const enabled = world.wans.filter(({ enable }) => enable);
  return toCollection(enabled, (wan) => ({ name: wan.name, latency: world.latency(wan).show(wan.up) }));
}

function showTraffic(world: World): Json {
  const timestamp = toSeconds(world.now());
  const activeWans = world.activeWans();
  const enabled = world.wans.filter(({ enable }) => enable);
  const perWan = (overall: (wan: Wan) => unknown): Json =>
    toCollection(enabled, (wan) => ({ name: wan.name, portType: wan.type, virtual: false, overall: overall(wan) }));
  const sum = (direction: "download" | "upload"): number =>
    world.wans.reduce((megabytes, { total }) => megabytes + total[direction], 0);
  const all = { overall: { download: sum("download"), upload: sum("upload") } };
  return {
    lifetime: { timestamp, unit: "MB", all, order: ["all"] },
    bandwidth: {
      timestamp,
      unit: "kbps",
      ...perWan((wan) => (activeWans.includes(wan) ? wan.rate : { download: 0, upload: 0 })),
    },
    traffic: { timestamp, unit: "MB", ...perWan(({ total }) => total) },
  };
}

function showSystemInfo({ firmware, now }: World, { infoType }: Json): Json {
  const firmwareVersion = firmware.find(({ inUse }) => inUse)?.version;
  const device = {
    name: "Lighthouse",
    model: "Pepwave MAX Simulated",
    serialNumber: "2222-CAFE-0001",
    firmwareVersion,
  };
  const parts = {
    device: { ...device, productCode: "MAX-SIM", hardwareRevision: "1", host: "lighthouse", company: "Peplink" },
    systemTime: { timestamp: toSeconds(now()) },
    thermalSensor: [{ temperature: 41.5, threshold: 70, min: -20, max: 95 }],
    fanSpeed: [{ active: true, value: 3100, total: 12_400, percentage: 25 }],
    uptime: { second: 266_500 },
    cpuLoad: { percentage: 7 },
  };
  const types = parseList(infoType);
  return types ? pick(parts, types) : parts;
}

function listPorts({ ports, wans }: World): Json {
  const hardwareInfo = { portType: "RJ45", supportSpeed: ["100FD", "1000FD"] };
  const link = (name: string, enable: boolean, linkUp: boolean): Json => {
    return { name, enable, linkUp, autoSpeed: true, ...(linkUp && { speed: "1000FD" }), hardwareInfo };
  };
  const ethernetWans = wans.filter(({ type }) => type === "ethernet");
  return {
    lan: toCollection(ports, ({ name, enable, linkUp }) => link(name, enable, linkUp)),
    wan: toCollection(ethernetWans, ({ name, enable, up }) => link(name, enable, enable && up)),
  };
}
