import { createTrace } from "../../../../src/core/call-context";
import { systemClock, type Clock } from "../../../../src/core/clock";
import type { Effect } from "../../../../src/http/retry";
import type { Device } from "../../../../src/kasa/device";
import { LocalCredentials } from "../../../../src/kasa/transports/local/credentials";
import { DeviceSessions } from "../../../../src/kasa/transports/local/device-session";
import { LocalDiscovery, type DiscoveryOptions } from "../../../../src/kasa/transports/local/discovery";
import { LocalTransport } from "../../../../src/kasa/transports/local/local-transport";
import { closeAfterTest } from "../../../support/mocha-hooks";
import type { LanDevice, LanProduct } from "../../../support/simulators/kasa-local/device";
import { LanHouse } from "../../../support/simulators/kasa-local/house";

export const OWNER = { email: "owner@example.test", password: "Pa55 wörd" };
export const SYSINFO = { system: { get_sysinfo: {} } };
export const switchOn = { system: { set_relay_state: { state: 1 } } };

/** Ten times as fast as the machine's: nobody waits for rounds of a second. */
export const FAST_CLOCK: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal) };

/** A house with these devices. */
export async function startHouse(...products: LanProduct[]): Promise<LanHouse> {
  return closeAfterTest(await LanHouse.start(products, OWNER));
}

/** A discovery that reaches a house by its broadcast address. */
export function discover(house: LanHouse, options: Partial<DiscoveryOptions> = {}): LocalDiscovery {
  const ports = { xor: house.ports.xor, probe: house.ports.tdp };
  return closeAfterTest(new LocalDiscovery({ clock: FAST_CLOCK, broadcast: [house.broadcast], ports, ...options }));
}

/** The device as the cloud's list describes it. */
export function listed({ identity }: LanDevice): Device {
  return identity.toListEntry("http://127.0.0.1") as unknown as Device;
}

/** The first device of a house, a transport that has found it, and what is asked of it. */
export async function setUp(
  product: LanProduct,
  {
    credentials = OWNER,
    timeoutMs = 2000,
    ...options
  }: Partial<DiscoveryOptions> & { credentials?: typeof OWNER; timeoutMs?: number } = {},
) {
  const house = await startHouse(product);
  const [device] = house.devices as [LanDevice];
  const { clock = FAST_CLOCK } = options;
  const discovery = discover(house, options);
  await discovery.locate(device.mac);
  const createTransport = ({ email, password } = credentials, by = discovery): LocalTransport =>
    new LocalTransport({
      discovery: by,
      credentials: new LocalCredentials(email, password),
      timeoutMs,
      clock,
      sessions,
    });
  const sessions = new DeviceSessions(clock);
  const transport = closeAfterTest(createTransport());
  const send = (command: object, effect: Effect = "read", trace = createTrace()) =>
    transport.send(listed(device), command, effect, { trace });
  return { house, device, discovery, transport, createTransport, send };
}

/** How often the firmware of a device has seen such a command. */
export function seen({ commands }: LanDevice, command: object): number {
  return commands.filter((one) => JSON.stringify(one) === JSON.stringify(command)).length;
}
