import assert from "node:assert/strict";
import { abortable } from "../../../../src/core/abort";
import type { Clock } from "../../../../src/core/clock";
import type { DeviceSnapshot } from "../../../../src/kasa/devices/device-events";
import { DeviceSource } from "../../../../src/kasa/devices/device-source";
import { rejectsWith, until } from "../../../support/http-fixture";
import { closeAfterTest } from "../../../support/mocha-hooks";
import type { LanDevice, LanProduct } from "../../../support/simulators/kasa-local/device";
import { LanHouse } from "../../../support/simulators/kasa-local/house";
import { iotPlug } from "../../../support/simulators/kasa-local/neighbourhood";
import { smartPlug } from "../../../support/simulators/kasa-local/smart/products";
import { KasaCloud } from "../../../support/simulators/kasa/cloud";
import { createClient } from "../client-fixture";
import { summarize } from "../source-fixture";
import { FAST_CLOCK } from "./fixture";

/** A house whose account asks no cloud, and a source whose last snapshot is kept as the poll coordinator keeps it. */
async function setUp(...products: LanProduct[]) {
  const cloud = closeAfterTest(await KasaCloud.start());
  const { email, password } = cloud;
  const house = closeAfterTest(await LanHouse.start(products, { email, password }));
  const discovery = { broadcast: [house.broadcast], ports: { xor: house.ports.xor, probe: house.ports.tdp } };
  let shiftMs = 0;
  let stopped: Promise<void> | undefined;
  let goOn = (): void => undefined;
  const clock: Clock = {
    now: () => FAST_CLOCK.now() + shiftMs,
    sleep: (ms, signal) => (stopped ? abortable(stopped, signal) : FAST_CLOCK.sleep(ms, signal)),
  };
  const settings = { reach: "local", discovery, localTimeoutMs: 200 } as const;
  const client = closeAfterTest(createClient(cloud, settings, { clock }));
  const source = new DeviceSource(client.directory, client.control);
  let previous: ReadonlyMap<string, DeviceSnapshot> = new Map();
  const poll = async (): Promise<string[]> => {
    const current = await source.poll(undefined, previous, {});
    const ids = new Set([...previous.keys(), ...current.keys()]);
    const events = [...ids].flatMap((id) => source.diff(previous.get(id), current.get(id), id));
    previous = current;
    return summarize(events).toSorted();
  };
  return {
    client,
    poll,
    devices: house.devices as [LanDevice, LanDevice, LanDevice],
    stopTime: () => {
      stopped = new Promise((resolve) => (goOn = resolve));
    },
    shiftTime: (ms: number) => (shiftMs += ms),
    startTime: () => {
      stopped = undefined;
      goOn();
    },
  };
}

describe("A device on the local network that is away", () => {
  it("is told as offline and as online again, and not as changed", async () => {
    const { poll, devices } = await setUp(iotPlug("Pump", "xor"), iotPlug("Heater", "klap2"), smartPlug("Radio"));
    await poll();

    for (const device of devices.slice(0, 2)) await device.powerOff();
    const gone = [await poll(), await poll()];
    for (const device of devices.slice(0, 2)) await device.powerOn();
    let back: string[] = [];
    await until(async () => (back = [...back, ...(await poll())]).length >= 2);

    assert.deepEqual(gone, [["offline Heater", "offline Pump"], []]);
    assert.deepEqual(back.toSorted(), ["online Heater", "online Pump"]);
  });

  it("is no news where nobody answers: then it is the network", async () => {
    const { poll, devices } = await setUp(iotPlug("Pump", "xor"), iotPlug("Heater", "klap2"));
    await poll();

    for (const device of devices) await device.powerOff();

    await rejectsWith(poll(), "network");
    for (const device of devices) await device.powerOn();
    assert.deepEqual(await poll(), []);
  });

  it("is offline as well where it is the only one", async () => {
    const { poll, devices } = await setUp(iotPlug("Pump", "xor"));
    await poll();

    await devices[0].powerOff();

    assert.deepEqual(await poll(), ["offline Pump"]);
  });

  it("is not waited for by each poll, but found as soon as it is back", async () => {
    const { poll, devices, stopTime, startTime, client } = await setUp(
      iotPlug("Pump", "xor"),
      iotPlug("Heater", "xor"),
    );
    await poll();
    await devices[0].powerOff();
    await poll();
    stopTime();

    // The rounds of a probe do not end.
    assert.deepEqual(await poll(), []);
    await devices[0].powerOn();
    startTime();
    // Who wants to switch something waits for the answer.
    assert.equal((await client.control.set("Pump", "", { on: true }, {})).on, true);
    assert.deepEqual(await poll(), ["on Pump", "online Pump"]);
  });

  it("is searched for where another device has its address now", async () => {
    const { poll, devices, client } = await setUp(iotPlug("Pump", "xor"), iotPlug("Heater", "xor"));
    const [pump, heater] = devices;
    await poll();
    const [own, other] = [pump.host, heater.host];
    await pump.powerOff();
    await heater.move(own);
    await client.control.state("Heater", "", {});
    await pump.move(other);

    assert.equal((await client.control.set("Pump", "", { on: true }, {})).on, true);

    assert.deepEqual(
      [pump, heater].map(({ identity }) => "on" in identity && identity.on),
      [true, false],
    );
  });

  it("is found by its name soon after it has come back, also if it was away from the beginning", async () => {
    const { client, devices, shiftTime } = await setUp(iotPlug("Pump", "klap2"), iotPlug("Heater", "klap2"));
    await devices[0].powerOff();
    await rejectsWith(client.control.state("Pump", "", {}), "not-found");
    await devices[0].powerOn();
    shiftTime(6000);

    assert.equal((await client.control.state("Pump", "", {})).alias, "Pump");
  });

  it("keeps its name and its id in a later list", async () => {
    const { client, devices } = await setUp(iotPlug("Pump", "klap2"), iotPlug("Heater", "klap2"));
    const before = await client.devices();

    for (const device of devices) device.spoil("hang");
    devices[0].spoil("hang");
    const after = await client.devices();

    const names = (list: typeof before): string[] => list.map(({ deviceId, alias }) => `${deviceId} ${alias}`);
    assert.deepEqual(names(after), names(before));
  });
});
