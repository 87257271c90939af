import assert from "node:assert/strict";
import type { DeviceState } from "../../../../src/kasa/device";
import { rejectsWith } from "../../../support/http-fixture";
import { smartFanSwitch, smartHub, smartPowerStrip } from "../../../support/simulators/kasa-local/smart/products";
import { setUp } from "./fixture";

describe("The outlets of a SMART strip", () => {
  it("are in the order in which they are numbered, and are switched by name, number or id", async () => {
    const strip = smartPowerStrip("Bench", ["Drill", "Vacuum", "Radio"]);
    const { set, state } = setUp(strip);
    const { deviceId } = strip.identity;

    const { kind, on, outlets } = await state("Bench");
    assert.deepEqual([kind, on], ["strip", false]);
    assert.deepEqual(
      outlets?.map(({ id, alias }) => [id, alias]),
      ["Drill", "Vacuum", "Radio"].map((name, index) => [`${deviceId}0${index}`, name]),
    );

    for (const outlet of ["vacuum", "1", `${deviceId}01`]) {
      const after = await set("Bench", "toggle", outlet);
      assert.deepEqual(
        after.outlets?.map((one) => one.on),
        [false, outlet !== "1", false],
      );
    }
  });

  it("are switched together where none is named", async () => {
    const strip = smartPowerStrip("Bench", ["Drill", "Vacuum"]);
    const { set } = setUp(strip);

    assert.equal((await set("Bench", true)).on, true);

    assert.deepEqual(
      strip.smart.children.map(({ on }) => on),
      [true, true],
    );
  });

  it("are put back one by one, and those that are as they were are left alone", async () => {
    const { set, state, written } = setUp(smartPowerStrip("Bench", ["Drill", "Vacuum", "Radio"]));
    await set("Bench", true, "Radio");
    const before = await state("Bench");
    await set("Bench", true, "Drill");
    const count = written().length;

    const after = await set("Bench", before);

    assert.deepEqual(after.outlets, before.outlets);
    assert.equal(written().length, count + 1);
  });

  it("are refused by name if there is no such outlet, before anything is sent", async () => {
    const { set, written } = setUp(smartPowerStrip("Bench", ["Drill"]));

    const { message } = await rejectsWith(set("Bench", true, "Saw"), "input");

    assert.match(message, /There are: 0 "Drill"/);
    assert.deepEqual(written(), []);
  });

  it("tell what refused: an error of the outlet is an error of the message", async () => {
    const strip = smartPowerStrip("Bench", ["Drill"]);
    const { set } = setUp(strip);
    strip.smart.children[0]?.refusals.set("set_device_info", -1301);

    await rejectsWith(set("Bench", true, "Drill"), "busy");
  });

  it("are read in pages, however many there are", async () => {
    const names = Array.from({ length: 23 }, (_, index) => `Outlet ${index}`);
    const { state, sent } = setUp(smartPowerStrip("Bench", names));

    assert.equal((await state("Bench")).outlets?.length, 23);

    assert.deepEqual(
      sent.filter(({ method }) => method === "get_child_device_list").map(({ params }) => params?.["start_index"]),
      [0, 10, 20],
    );
  });
});

describe("An outlet that is something of its own", () => {
  it("has its own presets, where the switch around it has none although it lists them", async () => {
    const { set, control } = setUp(smartFanSwitch("Ceiling"));

    assert.equal((await set("Ceiling", { preset: 2 }, "Dimmer")).outlets?.[1]?.brightness, 50);
    const fan = await rejectsWith(set("Ceiling", { preset: 2 }, "Fan"), "unsupported");
    const both = await rejectsWith(set("Ceiling", { preset: 2 }), "unsupported");

    assert.match(fan.message, /^This outlet has no preset\. It has: on/);
    assert.match(both.message, /^This strip has no preset\. It has: on, led\./);
    assert.deepEqual((await control.abilities("Ceiling", {})).abilities.settings, ["on", "led"]);
  });

  it("is a fan with a speed, which also switches it on; 0 switches it off", async () => {
    const { set } = setUp(smartFanSwitch("Ceiling"));
    const fan = ({ outlets }: DeviceState): unknown[] => [outlets?.[0]?.on, outlets?.[0]?.fanSpeed];

    assert.deepEqual(fan(await set("Ceiling", { fanSpeed: 4 }, "Fan")), [true, 4]);
    assert.deepEqual(fan(await set("Ceiling", { fanSpeed: "0" }, "Fan")), [false, 4]);
    assert.deepEqual(fan(await set("Ceiling", { fanSpeed: 1, on: false }, "Fan")), [false, 1]);

    await rejectsWith(set("Ceiling", { fanSpeed: 2 }, "Dimmer"), "unsupported");
    await assert.rejects(async () => set("Ceiling", { fanSpeed: 5 }, "Fan"), { code: "input", message: /from 0 to 4/ });
  });

  it("is not asked for what its components do not name", async () => {
    const { control, sent } = setUp(smartFanSwitch("Ceiling"));

    const { message } = await rejectsWith(control.energy("Ceiling", "Fan", {}), "unsupported");

    assert.match(message, /^This strip has no energy meter\. It has: set, state, countdown, schedule/);
    assert.ok(!sent.some(({ method }) => method === "control_child"));
  });

  it("is asked where the device does not tell its components", async () => {
    const meters = [{ powerMw: 9000, voltageMv: 230_000, currentMa: 39, todayWh: 1, monthWh: 2 }];
    const strip = smartPowerStrip("Bench", ["Drill"], { meters });
    strip.smart.refusals.set("get_child_device_component_list", -1002).set("component_nego", -1002);
    const { control, set } = setUp(strip);

    assert.equal((await control.energy("Bench", "Drill", {})).powerW, 9);
    assert.deepEqual((await control.abilities("Bench", {})).abilities, {
      commands: ["set", "state", "energy", "countdown", "schedule", "reboot", "raw"],
      settings: ["on"],
      effects: undefined,
    });
    await rejectsWith(set("Bench", { preset: 0 }, "Drill"), "unsupported");
  });
});

describe("The list of children", () => {
  it("ends where a device promises more than it has", async () => {
    const strip = smartPowerStrip("Bench", ["Drill", "Vacuum"]);
    const { state, sent } = setUp(strip);
    const { children } = strip.smart;
    strip.smart.methods["get_child_device_list"] = ({ start_index: start }) => ({
      child_device_list: children.map(({ info }) => info).slice(Number(start)),
      start_index: start,
      sum: 1_000_000,
    });

    assert.equal((await state("Bench")).outlets?.length, 2);

    assert.equal(sent.length, 3);
  });

  it("has a bound where a device always has more", async () => {
    const strip = smartPowerStrip("Bench", ["Drill"]);
    const { state, sent } = setUp(strip);
    const [drill] = strip.smart.children;
    strip.smart.methods["get_child_device_list"] = ({ start_index: start }) => ({
      child_device_list: Array.from({ length: 100 }, (_, index) => ({
        ...drill?.info,
        device_id: String(Number(start) + index),
      })),
      sum: 1_000_000,
    });

    assert.equal((await state("Bench")).outlets?.length, 256);

    assert.equal(sent.length, 4);
  });
});

describe("A SMART hub", () => {
  const SENSORS = {
    "Back door": "contact",
    Cellar: "leak",
    Hallway: "motion",
    Nursery: "temperature",
    "Bedside button": "button",
    Radiator: "thermostat",
  };

  it("tells what its sensors measure", async () => {
    const hub = smartHub("Hub", SENSORS);
    hub.sensor("Back door").info["open"] = true;
    hub.sensor("Cellar").info["water_leak_status"] = "water_leak";
    hub.sensor("Radiator").info["at_low_battery"] = true;
    const { state } = setUp(hub);

    const { kind, on, sensors } = await state("Hub");

    assert.deepEqual([kind, on], ["hub", false]);
    assert.deepEqual(
      sensors?.map((sensor) => {
        const { id: _, ...rest } = sensor;
        return rest;
      }),
      [
        { name: "Back door", kind: "contact", online: true, open: true, batteryLow: false },
        { name: "Cellar", kind: "leak", online: true, leak: true, batteryLow: false },
        { name: "Hallway", kind: "motion", online: true, motion: false, batteryLow: false },
        {
          name: "Nursery",
          kind: "temperature",
          online: true,
          temperatureC: 21.5,
          humidity: 48,
          batteryLow: false,
          battery: 90,
        },
        { name: "Bedside button", kind: "button", online: true, batteryLow: false, presses: [] },
        {
          name: "Radiator",
          kind: "thermostat",
          online: true,
          temperatureC: 20,
          targetTemperatureC: 21,
          heating: true,
          batteryLow: true,
          battery: 70,
        },
      ],
    );
  });

  it("gives temperatures in degrees Celsius whatever the sensor shows", async () => {
    const hub = smartHub("Hub", { Nursery: "temperature", Radiator: "thermostat" });
    Object.assign(hub.sensor("Nursery").info, { temp_unit: "fahrenheit", current_temp: 70.7 });
    Object.assign(hub.sensor("Radiator").info, { temp_unit: "fahrenheit", target_temp: 68, trv_states: [] });
    const { state } = setUp(hub);

    const [nursery, radiator] = (await state("Hub")).sensors ?? [];
    assert.equal(nursery?.temperatureC, 21.5);
    assert.deepEqual([radiator?.targetTemperatureC, radiator?.heating], [20, false]);
  });

  it("has switches as outlets, with their batteries, and says which of them it does not hear", async () => {
    const hub = smartHub("Hub", { Landing: "switch", Door: "contact" });
    const { control, set, state } = setUp(hub);

    const { on, outlets, sensors } = await set("Hub", true, "Landing");
    Object.assign(hub.sensor("Landing").info, { status: "offline", is_low: true, battery_percentage: 4 });
    const [landing] = (await state("Hub")).outlets ?? [];

    const { id, ...rest } = outlets?.[0] ?? assert.fail();
    assert.deepEqual([on, rest, sensors?.length], [false, { alias: "Landing", on: true, battery: 100 }, 1]);
    assert.deepEqual(landing, { id, alias: "Landing", on: true, online: false, batteryLow: true, battery: 4 });
    assert.deepEqual((await control.abilities("Hub", {})).abilities.settings, ["led"]);
  });

  it("has nothing that can be switched", async () => {
    const { set, written } = setUp(smartHub("Hub", SENSORS));

    const { message } = await rejectsWith(set("Hub", true), "unsupported");

    assert.match(message, /This hub has no on\. It has: led\./);
    assert.deepEqual(written(), []);
  });
});
