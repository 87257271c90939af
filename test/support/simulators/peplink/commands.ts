import { CELLULAR } from "./cellular";
import { ApiError, filterById, isTrue, toObject, type Json } from "./json";
import { bySender } from "./text-messages";
import { findWan, type Endpoints, type World } from "./world";

/** Commands, which take effect at once. */
export const COMMANDS: Endpoints = {
  ...CELLULAR,
  "cmd.system.reboot": { POST: (world) => void world.rebootCount++ },
  "cmd.ap": {
    GET: ({ hasAccessPoint, isAccessPointOn }) => ({ support: hasAccessPoint, enable: isAccessPointOn }),
    POST: switchAccessPoint,
  },
  "cmd.sms.get": { GET: listMessages },
  "cmd.sms.sendMessage": { POST: sendMessage },
  "cmd.port.poe.enable": { POST: (world, args) => powerPorts(world, args, true) },
  "cmd.port.poe.disable": { POST: (world, args) => powerPorts(world, args, false) },
  "cmd.wifi.scan": { GET: (world, args) => findWan(world, args, "wifi") && listWifiNetworks() },
};

function switchAccessPoint(world: World, { enable }: Json): Json {
  if (enable === undefined) throw new ApiError("Missing enable");
  world.takeEffect(() => (world.isAccessPointOn = isTrue(enable)));
  return { support: world.hasAccessPoint, enable: isTrue(enable) };
}

/** Those of the SIM in use. */
function listMessages(world: World, args: Json): Json {
  const { id: connId, activeSim: simId } = findWan(world, args, "cellular");
  const stored = world.inbox.filter((one) => one.connId === connId && one.simId === simId);
  return { connId, simId, sms: bySender(stored, world.smsTextField) };
}

function sendMessage(world: World, { connId, address, content = "" }: Json): void {
  if (typeof address !== "string" || !/^\+[1-9]\d{1,14}$/.test(address)) throw new ApiError("Invalid address");
  if (connId !== undefined) findWan(world, { connId }, "cellular");
  world.sentMessages.push({ connId, address, content: String(content) });
}

function powerPorts(world: World, { port }: Json, isPowered: boolean): void {
  const ids = [port].flat().map((each) => (typeof each === "object" ? toObject(each)["id"] : each));
  const ports = ids.flatMap((id) => filterById(world.ports, id));
  if (ports.length < ids.length) throw new ApiError("Invalid port");
  for (const each of ports) each.poe = isPowered;
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
