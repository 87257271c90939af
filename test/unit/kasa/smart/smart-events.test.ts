import assert from "node:assert/strict";
import type { DeviceSnapshot } from "../../../../src/kasa/devices/device-events";
import { DeviceSource } from "../../../../src/kasa/devices/device-source";
import type { ChangeEvent } from "../../../../src/polling/types";
import {
  smartBulb,
  smartFanSwitch,
  smartHub,
  smartPowerStrip,
  type SmartProduct,
} from "../../../support/simulators/kasa-local/smart/products";
import { summarize } from "../source-fixture";
import { setUp } from "./fixture";

/** A source whose last snapshot is kept as the poll coordinator keeps it. */
function watch(...products: SmartProduct[]) {
  const { control, directory } = setUp(...products);
  const source = new DeviceSource(directory, control);
  let previous: ReadonlyMap<string, DeviceSnapshot> = new Map();
  const poll = async (...names: string[]): Promise<ChangeEvent[]> => {
    const filter = names.length > 0 ? new Set(names.map((name) => name.toLowerCase())) : undefined;
    const current = await source.poll(filter, previous, {});
    const isFirst = previous.size === 0;
    const events = [...current].flatMap(([id, item]) => source.diff(previous.get(id), item, id));
    previous = current;
    return isFirst ? [] : events;
  };
  return { poll };
}

describe("The events of SMART devices", () => {
  it("tell what was switched and changed", async () => {
    const [bulb, strip] = [smartBulb("Lamp"), smartPowerStrip("Bench", ["Drill", "Vacuum"])];
    const { poll } = watch(bulb, strip);
    await poll();
    Object.assign(bulb.smart.info, { device_on: false, brightness: 20 });
    for (const { info } of strip.smart.children) info["device_on"] = info["position"] === 2;

    const events = await poll();

    assert.deepEqual(summarize(events).toSorted(), ["changed Lamp", "off Lamp", "on Vacuum"]);
  });

  it("tell that an outlet was dimmed", async () => {
    const strip = smartPowerStrip("Ceiling", ["Fan", "Light"]);
    const light = strip.smart.children.find(({ info }) => info["position"] === 2) ?? assert.fail();
    light.info["brightness"] = 50;
    const { poll } = watch(strip);
    await poll();
    light.info["brightness"] = 20;

    assert.deepEqual(summarize(await poll()), ["changed Light"]);
  });

  it("tell that a hub no longer hears a switch, and that it does again", async () => {
    const hub = smartHub("Hub", { Landing: "switch" });
    const { poll } = watch(hub);
    await poll();
    hub.sensor("Landing").info["status"] = "offline";

    assert.deepEqual(summarize(await poll()), ["changed Landing"]);
    hub.sensor("Landing").info["status"] = "online";
    assert.deepEqual(summarize(await poll()), ["changed Landing"]);
  });

  it("tell that a fan became slower", async () => {
    const ceiling = smartFanSwitch("Ceiling");
    const { poll } = watch(ceiling);
    await poll();
    Object.assign(ceiling.smart.children[0]?.info ?? {}, { fan_speed_level: 1 });

    assert.deepEqual(summarize(await poll()), ["changed Fan"]);
  });

  it("tell what a sensor measures, before and after", async () => {
    const hub = smartHub("Hub", { "Back door": "contact", Nursery: "temperature" });
    const { poll } = watch(hub);
    await poll();
    hub.sensor("Back door").info["open"] = true;

    const [event, ...others] = await poll();

    assert.deepEqual(others, []);
    const { current, previous } = event as { current: { open: boolean }; previous: { open: boolean } };
    assert.deepEqual(
      [event?.event, event?.name, event?.id],
      ["sensor", "Back door", hub.sensor("Back door").info["device_id"]],
    );
    assert.deepEqual([previous.open, current.open], [false, true]);
    assert.deepEqual(await poll(), []);
  });

  for (const [kind, readings] of [
    ["motion", { detected: true }],
    ["leak", { water_leak_status: "water_leak" }],
    ["temperature", { current_temp: 22 }],
    ["temperature", { current_humidity: 50 }],
    ["contact", { status: "offline" }],
    ["thermostat", { target_temp: 18 }],
    ["thermostat", { trv_states: [] }],
  ] as const)
    it(`tell that a sensor for ${kind} reports something else: ${JSON.stringify(readings)}`, async () => {
      const hub = smartHub("Hub", { Sensor: kind });
      const { poll } = watch(hub);
      await poll();
      Object.assign(hub.sensor("Sensor").info, readings);

      assert.deepEqual(summarize(await poll()), ["sensor Sensor"]);
    });

  it("tell once that a battery is low, and nothing of its level or of the radio", async () => {
    const hub = smartHub("Hub", { Nursery: "temperature" });
    const { poll } = watch(hub);
    await poll();
    Object.assign(hub.sensor("Nursery").info, { battery_percentage: 12, rssi: -80, report_interval: 8 });
    assert.deepEqual(await poll(), []);
    hub.sensor("Nursery").info["at_low_battery"] = true;

    assert.deepEqual(summarize(await poll()), ["low-battery Nursery"]);
    assert.deepEqual(await poll(), []);
  });

  it("tell once that the battery of a switch is low", async () => {
    const hub = smartHub("Hub", { Landing: "switch" });
    const { poll } = watch(hub);
    await poll();
    Object.assign(hub.sensor("Landing").info, { is_low: true, battery_percentage: 4 });

    assert.deepEqual(summarize(await poll()), ["low-battery Landing"]);
    assert.deepEqual(await poll(), []);
  });

  it("tell each press of a button once, with its time, in the order in which they were made", async () => {
    const hub = smartHub("Hub", { Bedside: "button" });
    const { log } = hub.sensor("Bedside");
    log.add("singleClick", Date.UTC(2026, 10, 28));
    const { poll } = watch(hub);
    await poll();
    log.add("doubleClick", Date.UTC(2026, 10, 29, 8));
    log.add("singleClick", Date.UTC(2026, 10, 29, 9));

    const events = await poll();

    assert.deepEqual(
      events.map(({ event, at, current }) => [event, at, (current as { button: string }).button]),
      [
        ["sensor", "2026-11-29T08:00:00.000Z", "doubleClick"],
        ["sensor", "2026-11-29T09:00:00.000Z", "singleClick"],
      ],
    );
    assert.deepEqual(await poll(), []);
  });

  for (const names of [[], ["Back door"]])
    it(`are none for a sensor that its hub leaves out for once, and only what it measures when it is back: ${names.join() || "no filter"}`, async () => {
      const hub = smartHub("Hub", { "Back door": "contact", Nursery: "temperature" });
      const { poll } = watch(hub);
      await poll(...names);
      const children = hub.smart.children.splice(0, 1);
      assert.deepEqual(await poll(...names), []);
      hub.smart.children.unshift(...children);
      assert.deepEqual(await poll(...names), []);
      hub.smart.children.shift();
      assert.deepEqual(await poll(...names), []);
      hub.smart.children.unshift(...children);
      hub.sensor("Back door").info["open"] = true;

      const [event, ...others] = await poll(...names);

      assert.deepEqual([event?.event, event?.name, others], ["sensor", "Back door", []]);
      assert.equal((event?.previous as { open?: boolean } | undefined)?.open, false);
    });

  it("tell what was pressed while the log could not be read", async () => {
    const hub = smartHub("Hub", { Bedside: "button" });
    const { log, refusals } = hub.sensor("Bedside");
    log.add("singleClick", Date.UTC(2026, 10, 28));
    const { poll } = watch(hub);
    await poll();
    refusals.set("get_trigger_logs", -1);
    log.add("doubleClick", Date.UTC(2026, 10, 29));
    assert.deepEqual(await poll(), []);
    refusals.clear();

    assert.deepEqual(summarize(await poll()), ["sensor Bedside"]);
    assert.deepEqual(await poll(), []);
  });

  it("tell of each button, however many a hub has", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `Button ${index}`);
    const hub = smartHub("Hub", Object.fromEntries(names.map((name) => [name, "button"])));
    const { poll } = watch(hub);
    await poll();
    for (const name of names) hub.sensor(name).log.add("singleClick", Date.UTC(2026, 10, 29));

    assert.deepEqual(
      summarize(await poll()),
      names.map((name) => `sensor ${name}`),
    );
  });

  it("go on without the log of a button that does not answer", async () => {
    const hub = smartHub("Hub", { Bedside: "button", Door: "contact" });
    hub.sensor("Bedside").refusals.set("get_trigger_logs", -1);
    const { poll } = watch(hub);
    await poll();
    hub.sensor("Door").info["open"] = true;

    assert.deepEqual(summarize(await poll()), ["sensor Door"]);
  });

  it("are found by the name of a sensor, before its hub has been read", async () => {
    const hub = smartHub("Hub", { "Back door": "contact" });
    const { poll } = watch(hub);
    await poll("back door");
    hub.sensor("Back door").info["open"] = true;

    const [event] = await poll("back door");

    assert.equal(event?.event, "sensor");
    assert.ok(event?.aliases?.includes("Hub"));
  });
});
