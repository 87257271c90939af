import { installed, requireBuilt } from "./clients";
import { BenchFlow } from "./flows";
import type { LanAddress, LanAddresses } from "./lan-server";
import { cpuOf, sleep } from "./load";

/** Rows 33 and 34: the CPU of one `set`, in microseconds, ours and that of another client, by turns. */
export interface SetCost {
  ours: number[];
  theirs: number[];
}

/** The clients that are compared, where the benchmark installs them. */
export const LAN_CLIENTS = { xor: "tplink-smarthome-api", klap: "tp-link-tapo-connect" } as const;

/** Until everything has been compiled, how often each client switches its device before it is measured. */
const WARM_UP = 400;

type Switch = (on: boolean) => Promise<unknown>;

const hostsOf = (devices: readonly LanAddress[]): string[] =>
  devices.map(({ host, probePort }) => `${host}:${probePort}`);

/** Switches a device on and off, by this package and by another client. One figure per try of `count`. */
export async function lanSet({
  lan,
  transport,
  tries,
  count,
}: {
  lan: LanAddresses;
  transport: keyof typeof LAN_CLIENTS;
  tries: number;
  count: number;
}): Promise<SetCost> {
  // One for each: a device of KLAP has one session for all clients of a machine.
  const [one, other] = transport === "xor" ? lan.devices : lan.devices.slice(-2);
  if (!one || !other) throw new Error("There are no devices.");
  const { client, ours } = await ourSwitch(lan, one);
  const theirs = transport === "xor" ? await smarthomeSwitch(other) : await tapoSwitch(lan, other);
  const repeat = async (act: Switch, times: number): Promise<void> => {
    for (let index = 0; index < times; index++) await act(index % 2 === 0);
  };
  const measure = async (act: Switch): Promise<number> => ((await cpuOf(() => repeat(act, count))) / count) * 1000;
  for (const act of [ours, theirs]) await repeat(act, WARM_UP);
  const cost: SetCost = { ours: [], theirs: [] };
  for (let left = tries; left > 0; left--) {
    cost.ours.push(await measure(ours));
    cost.theirs.push(await measure(theirs));
  }
  client.close();
  return cost;
}

async function ourSwitch({ email, password }: LanAddresses, device: LanAddress) {
  const { KasaClient } = requireBuilt<typeof import("../../src/kasa/client")>("kasa/client.js");
  const { Transport } = requireBuilt<typeof import("../../src/http/transport")>("http/transport.js");
  const { systemClock } = requireBuilt<typeof import("../../src/core/clock")>("core/clock.js");
  const transport = new Transport({ timeoutMs: 15_000, tls: {}, concurrency: 4, clock: systemClock });
  const account = { appType: "Kasa_Android", terminalUUID: "bench", email, password, refreshToken: "" };
  const server = { origin: "http://127.0.0.1:1", prefix: "" };
  const settings = { server, ...account, reach: "local", hosts: hostsOf([device]) } as const;
  const client = new KasaClient(settings, transport, systemClock);
  const ours: Switch = (on) => client.control.set(device.deviceId, "", { on }, {});
  await ours(true);
  return { client, ours };
}

async function smarthomeSwitch({ host, port }: LanAddress): Promise<Switch> {
  const { Client } = require(installed(LAN_CLIENTS.xor)) as {
    Client: new () => { getDevice(where: object): Promise<{ setPowerState: Switch }> };
  };
  const device = await new Client().getDevice({ host, port });
  return (on) => device.setPowerState(on);
}

async function tapoSwitch({ email, password }: LanAddresses, { host, port }: LanAddress): Promise<Switch> {
  const { loginDeviceByIp } = require(installed(LAN_CLIENTS.klap)) as {
    loginDeviceByIp(
      this: void,
      email: string,
      password: string,
      host: string,
    ): Promise<Record<"turnOn" | "turnOff", () => Promise<unknown>>>;
  };
  const device = await loginDeviceByIp(email, password, `${host}:${port}`);
  return (on) => (on ? device.turnOn() : device.turnOff());
}

/** Row 35: the share of a core that it takes to poll devices on the local network every second, in percent. */
export async function lanPolling({ lan, ms }: { lan: LanAddresses; ms: number }): Promise<number> {
  const flow = await BenchFlow.start();
  try {
    const { email, password } = lan;
    const older = lan.devices.slice(0, -2);
    const account = { id: "account", type: "kasa-account", reach: "local", hosts: hostsOf(older).join(", ") };
    const watch = { id: "watch", type: "kasa-event", account: "account", source: "devices", interval: 1 };
    await flow.deploy([{ ...account, credentials: { email, password } } as typeof account, watch]);
    // Until they are found, and everything has been compiled.
    await sleep(15_000);
    return ((await cpuOf(() => sleep(ms))) / ms) * 100;
  } finally {
    await flow.stop();
  }
}
