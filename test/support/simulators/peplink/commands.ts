import { isTrue, named, object, Refusal, seconds, type Json } from "./json";
import { ATTACHED, type Wan } from "./wan";
import { connection, type Endpoints, type World } from "./world";

/** What it does at a word, at once. */
export const COMMANDS: Endpoints = {
  "cmd.system.reboot": { POST: (world) => void world.reboots++ },
  "cmd.cellularModule.reset": { POST: (world, args) => resetModule(connection(world, args, "cellular")) },
  "cmd.ap": { GET: ({ ap }) => ({ support: true, enable: ap }), POST: switchAccessPoint },
  "cmd.sms.get": { GET: receivedMessages },
  "cmd.sms.sendMessage": { POST: sendMessage },
  "cmd.port.poe.enable": { POST: (world, args) => powerPorts(world, args, true) },
  "cmd.port.poe.disable": { POST: (world, args) => powerPorts(world, args, false) },
  "cmd.carrier.scan": { GET: carriers, POST: scanCarriers },
  "cmd.wifi.scan": { GET: (world, args) => connection(world, args, "wifi") && wifiNetworks() },
};

function resetModule(wan: Wan): void {
  wan.moduleResets++;
  wan.carryingSince = undefined;
}

function switchAccessPoint(world: World, { enable }: Json): Json {
  if (enable === undefined) throw new Refusal("Missing enable");
  world.ap = isTrue(enable);
  return { support: true, enable: world.ap };
}

function receivedMessages(world: World, args: Json): Json {
  const { id } = connection(world, args, "cellular");
  const received = world.inbox.filter(({ connId }) => connId === id);
  const sms = received.map(({ id, sender, timestamp, text }) => {
    const date = new Date(timestamp * 1000).toUTCString().slice(5, 22);
    return { sender, message: [{ id, date, timestamp, length: String(text.length), [world.smsTextField]: text }] };
  });
  return { connId: id, simId: 1, sms };
}

function sendMessage(world: World, { connId, address, content = "" }: Json): void {
  if (typeof address !== "string" || !/^\+\d+$/.test(address)) throw new Refusal("Invalid address");
  world.sentMessages.push({ connId, address, content: String(content) });
}

function powerPorts(world: World, { port }: Json, on: boolean): void {
  const meant = (Array.isArray(port) ? port : [port]).map((port) =>
    typeof port === "object" ? object(port)["id"] : port,
  );
  const ports = meant.flatMap((id) => named(world.ports, id));
  if (ports.length < meant.length) throw new Refusal("Invalid port");
  for (const port of ports) port.poe = on;
}

function scanCarriers(world: World, args: Json): Json {
  if (args["action"] !== "start") throw new Refusal("unsupported action");
  connection(world, args, "cellular");
  world.carrierScanStarted = world.now();
  return { scanStatus: "scanning", timestamp: seconds(world.now()), list: [] };
}

function carriers(world: World, args: Json): Json {
  connection(world, args, "cellular");
  const started = world.carrierScanStarted;
  if (started === undefined) return { scanStatus: "done", list: [] };
  const { carrier, mcc, mnc } = ATTACHED;
  const done = world.now() - started >= world.carrierScanMs;
  const list = done
    ? [
        { mcc, mnc, name: carrier.name },
        { mcc, mnc: "02", name: "Heron Telecom" },
      ]
    : [];
  return { scanStatus: done ? "done" : "scanning", timestamp: seconds(started), list };
}

/** One of the few answers that are an array. */
function wifiNetworks(): Json[] {
  const status = { inUse: false, connected: false };
  const pier = {
    ssid: "Pier 7",
    bssid: "02:00:5E:10:00:07",
    signal: -64,
    channel: 6,
    securityPolicy: "wpa2-psk",
    status,
  };
  return [pier];
}
