import { ApiError, filterById, isTrue, toObject, toSeconds, type Json } from "./json";
import { CELLULAR_NETWORK, type Wan } from "./wan";
import { findWan, type Endpoints, type World } from "./world";

/** Commands, which take effect at once. */
export const COMMANDS: Endpoints = {
  "cmd.system.reboot": { POST: (world) => void world.rebootCount++ },
  "cmd.cellularModule.reset": { POST: (world, args) => resetModule(findWan(world, args, "cellular")) },
  "cmd.ap": {
    GET: ({ isAccessPointOn }) => ({ support: true, enable: isAccessPointOn }),
    POST: switchAccessPoint,
  },
  "cmd.sms.get": { GET: listMessages },
  "cmd.sms.sendMessage": { POST: sendMessage },
  "cmd.port.poe.enable": { POST: (world, args) => powerPorts(world, args, true) },
  "cmd.port.poe.disable": { POST: (world, args) => powerPorts(world, args, false) },
  "cmd.carrier.scan": { GET: listCarriers, POST: scanCarriers },
  "cmd.wifi.scan": { GET: (world, args) => findWan(world, args, "wifi") && listWifiNetworks() },
};

function resetModule(wan: Wan): void {
  wan.moduleResets++;
  wan.activeSince = undefined;
}

function switchAccessPoint(world: World, { enable }: Json): Json {
  if (enable === undefined) throw new ApiError("Missing enable");
  world.isAccessPointOn = isTrue(enable);
  return { support: true, enable: world.isAccessPointOn };
}

function listMessages(world: World, args: Json): Json {
  const { id: connId } = findWan(world, args, "cellular");
  const messages = world.inbox.filter((message) => message.connId === connId);
  const sms = messages.map(({ id, sender, timestamp, text }) => {
    const date = new Date(timestamp * 1000).toUTCString().slice(5, 22);
    return { sender, message: [{ id, date, timestamp, length: String(text.length), [world.smsTextField]: text }] };
  });
  return { connId, simId: 1, sms };
}

function sendMessage(world: World, { connId, address, content = "" }: Json): void {
  if (typeof address !== "string" || !/^\+\d+$/.test(address)) throw new ApiError("Invalid address");
  world.sentMessages.push({ connId, address, content: String(content) });
}

function powerPorts(world: World, { port }: Json, isPowered: boolean): void {
  const ids = [port].flat().map((each) => (typeof each === "object" ? toObject(each)["id"] : each));
  const ports = ids.flatMap((id) => filterById(world.ports, id));
  if (ports.length < ids.length) throw new ApiError("Invalid port");
  for (const each of ports) each.poe = isPowered;
}

function scanCarriers(world: World, args: Json): Json {
  if (args["action"] !== "start") throw new ApiError("unsupported action");
  findWan(world, args, "cellular");
  world.carrierScanStarted = world.now();
  return { scanStatus: "scanning", timestamp: toSeconds(world.now()), list: [] };
}

function listCarriers(world: World, args: Json): Json {
  findWan(world, args, "cellular");
  const startedAt = world.carrierScanStarted;
  if (startedAt === undefined) return { scanStatus: "done", list: [] };
  const { carrier, mcc, mnc } = CELLULAR_NETWORK;
  const isDone = world.now() - startedAt >= world.carrierScanMs;
  const carriers = [
    { mcc, mnc, name: carrier.name },
    { mcc, mnc: "02", name: "Heron Telecom" },
  ];
  const timestamp = toSeconds(startedAt);
  return { scanStatus: isDone ? "done" : "scanning", timestamp, list: isDone ? carriers : [] };
}

/** One of the few responses that are an array. */
function listWifiNetworks(): Json[] {
  const network = {
    ssid: "Pier 7",
    bssid: "02:00:5E:10:00:07",
    signal: -64,
    channel: 6,
    securityPolicy: "wpa2-psk",
    status: { inUse: false, connected: false },
  };
  return [network];
}
