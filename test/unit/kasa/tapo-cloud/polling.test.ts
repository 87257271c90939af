import assert from "node:assert/strict";
import type { DeviceSnapshot } from "../../../../src/kasa/devices/device-events";
import { DeviceSource } from "../../../../src/kasa/devices/device-source";
import { rejectsWith } from "../../../support/http-fixture";
import { Plug } from "../../../support/simulators/kasa/plugs";
import { setUp } from "./fixture";

/** Both clouds, and a source whose last snapshot is kept as the poll coordinator keeps it. */
async function setUpSource() {
  const all = await setUp();
  const source = new DeviceSource(all.client.directory, all.client.control);
  let previous: ReadonlyMap<string, DeviceSnapshot> = new Map();
  const states: unknown[] = [];
  const warnings: string[] = [];
  const poll = async (...names: string[]): Promise<string[]> => {
    const filter = names.length > 0 ? new Set(names.map((name) => name.toLowerCase())) : undefined;
    const current = await source.poll(filter, previous, { warn: (sentence) => void warnings.push(sentence) });
    const ids = new Set([...previous.keys(), ...current.keys()]);
    const events = [...ids].flatMap((id) => source.diff(previous.get(id), current.get(id), id));
    previous = current;
    states.splice(0, states.length, ...events.map((event) => event.current));
    return events.map(({ event, name }) => `${event} ${name}`);
  };
  return { ...all, source, poll, states, warnings };
}

describe("DeviceSource, with devices of both clouds,", () => {
  it("tells the changes of Tapo devices like those of all others", async () => {
    const { cloud, kasa, poll } = await setUpSource();
    await poll();
    cloud.thing("Stairs").report({ on: true });
    cloud.thing("Reading lamp").report({ brightness: 20 });
    cloud.thing("Aquarium").online = false;
    cloud.thing("Dock").report({ on: true });
    kasa.device(Plug, "Modem").on = false;

    assert.deepEqual((await poll()).toSorted(), [
      "changed Reading lamp",
      "off Modem",
      "offline Aquarium",
      "on Dock",
      "on Stairs",
    ]);

    cloud.thing("Aquarium").online = true;
    assert.deepEqual(await poll(), ["online Aquarium"]);
  });

  it("reads Tapo devices in few requests, and polls them no more seldom for their number", async () => {
    const { cloud, source, poll } = await setUpSource();
    await poll("Stairs", "Aquarium", "Reading lamp", "Shelf strip", "Dining table", "Bürö heater");
    cloud.server.journal.length = 0;

    await poll("Stairs", "Aquarium", "Reading lamp", "Shelf strip", "Dining table", "Bürö heater");

    assert.deepEqual(cloud.requests().toSorted(), ["GET /v1/things/shadows", "GET /v2/things"]);
    assert.equal(source.minIntervalMs(), 6000);
  });

  it("goes on with the other Tapo devices where the shadow of one cannot be read", async () => {
    const { cloud, poll } = await setUpSource();
    const [stairs, aquarium] = [cloud.thing("Stairs"), cloud.thing("Aquarium")];
    await poll("Stairs", "Aquarium");
    aquarium.readShadow = () => ({ thingName: 7 });
    stairs.report({ on: true });

    assert.deepEqual(await poll("Stairs", "Aquarium"), ["on Stairs"]);
  });

  it("tells what the sensors of a hub report, for a filter that names one of them", async () => {
    const { cloud, poll } = await setUpSource();
    await poll("Window");
    cloud.thing("Window").report({ open: true });

    assert.deepEqual(await poll("Window"), ["sensor Window"]);
    assert.deepEqual(await poll("Window"), []);
  });

  it("tells each press of a button once, in order", async () => {
    const { cloud, poll, states } = await setUpSource();
    const button = cloud.thing("Doorbell button");
    button.addEvent("singleClick", {}, 1_789_000_000);
    await poll("Doorbell button");
    button.addEvent("doubleClick", {}, 1_789_000_005);
    button.addEvent("rotation", { rotate_deg: -30 }, 1_789_000_009);

    assert.deepEqual(await poll("Doorbell button"), ["sensor Doorbell button", "sensor Doorbell button"]);
    assert.deepEqual(
      states.map((state) => (state as { button?: string }).button),
      ["doubleClick", "rotation"],
    );
    assert.deepEqual(await poll("Doorbell button"), []);
  });

  it("goes on with one cloud while the other one fails, and loses no device", async () => {
    const { cloud, kasa, poll, warnings } = await setUpSource();
    await poll();
    await cloud.server.goOffline();
    kasa.device(Plug, "Modem").on = false;
    assert.deepEqual(await poll(), ["off Modem"]);
    assert.deepEqual(await poll(), []);
    assert.equal(warnings.length, 1);
    assert.match(warnings.join(), /^Some of the devices cannot be read\./);
    await cloud.server.goOnline();
    cloud.thing("Stairs").report({ on: true });

    assert.deepEqual(await poll(), ["on Stairs"]);
  });

  it("makes way where one of the clouds limits the rate, although the other one responds", async () => {
    const { cloud, poll } = await setUpSource();
    await poll();
    const headers = { "retry-after": "60" };
    cloud.server.injectFault({ kind: "response", status: 429, headers, body: "" }, { times: 99 });

    await rejectsWith(poll(), "busy");
  });

  it("takes an outage of all that it polls for an outage", async () => {
    const { cloud, poll } = await setUpSource();
    await poll("Stairs");
    await cloud.server.goOffline();

    await rejectsWith(poll("Stairs"), "network");
  });
});
