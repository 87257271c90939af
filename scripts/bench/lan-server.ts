// The benchmark's devices on the local network, in a process of their own.
import { LanHouse } from "../../test/support/simulators/kasa-local/house";
import { iotPlug } from "../../test/support/simulators/kasa-local/neighbourhood";
import { smartPlug } from "../../test/support/simulators/kasa-local/smart/products";
import { serveCommands } from "./ipc";

/** A device of the house. */
export interface LanAddress {
  alias: string;
  deviceId: string;
  host: string;
  /** Of its commands, and of probes. */
  port: number;
  probePort: number;
}

/** The devices of the house, and whose they are. */
export interface LanAddresses {
  email: string;
  password: string;
  devices: LanAddress[];
}

async function main(): Promise<void> {
  const older = Array.from({ length: 50 }, (_, index) => iotPlug(`Plug ${index + 1}`, "xor"));
  const newer = ["Newer plug", "Another newer plug"].map((alias) => smartPlug(alias, "klap2"));
  const house = await LanHouse.start([...older, ...newer]);
  // Each segment wakes the process up, whichever client is in it: that would hide what the clients cost.
  for (const { xor } of house.devices) xor.isSegmented = false;
  const devices = house.devices.map(({ identity, host, ports, transport }) => ({
    alias: identity.alias,
    deviceId: identity.deviceId,
    host,
    port: transport === "xor" ? ports.xor : ports.http,
    probePort: transport === "xor" ? ports.xor : ports.tdp,
  }));
  const { email, password } = house;
  serveCommands({ addresses: (): LanAddresses => ({ email, password, devices }) });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
