import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import {
  smartBulb,
  smartDimmer,
  smartHub,
  smartLightStrip,
  smartMeterPlug,
  smartPlug,
  smartPowerStrip,
} from "../../../support/simulators/kasa-local/smart/products";
import { setUp } from "./fixture";

describe("A SMART device", () => {
  it("has the state that its info tells, and nothing of its place", async () => {
    const { state } = setUp(smartMeterPlug("Washer"));

    const { deviceId, ...rest } = await state("Washer");

    assert.match(deviceId, /^[0-9A-F]{40}$/);
    assert.deepEqual(rest, { alias: "Washer", kind: "plug", on: true, rssi: -45, onTimeS: 1621 });
  });

  it("is switched on, off, and to the other state", async () => {
    const plug = smartPlug("Fan");
    const { set, written } = setUp(plug);

    assert.equal((await set("Fan", true)).on, true);
    assert.equal((await set("Fan", "toggle")).on, false);
    assert.equal((await set("Fan", "toggle")).on, true);

    assert.deepEqual(
      written(),
      [true, false, true].map((on) => ["set_device_info", { device_on: on }]),
    );
    assert.equal(plug.smart.on, true);
  });

  it("costs two requests to switch by its id once it is known: the change, and the state after it", async () => {
    const plug = smartPlug("Fan");
    const { set, sent } = setUp(plug);
    await set(plug.identity.deviceId, true);
    sent.length = 0;

    await set(plug.identity.deviceId, false);

    assert.deepEqual(
      sent.map(({ method }) => method),
      ["set_device_info", "get_device_info"],
    );
  });

  it("shows what was set although it takes a moment until its own info does", async () => {
    const plug = smartPlug("Fan");
    const { set } = setUp(plug);
    await set("Fan", false);
    plug.smart.staleReads = 2;

    assert.equal((await set("Fan", true)).on, true);
  });

  it("has done what it confirmed, even if it does not answer after that", async () => {
    const plug = smartPlug("Fan");
    const { set } = setUp(plug);
    await set(plug.identity.deviceId, false);
    plug.smart.refusals.set("get_device_info", -1001);

    assert.equal((await set(plug.identity.deviceId, true)).on, true);
  });

  it("refuses what it does not have, and says what it has", async () => {
    const { set, written } = setUp(smartPlug("Fan"));

    const { message } = await rejectsWith(set("Fan", { brightness: 40 }), "unsupported");

    assert.match(message, /This plug has no brightness\. It has: on\./);
    assert.deepEqual(written(), []);
  });

  it("switches its LED with all that it has told about it", async () => {
    const { set, written } = setUp(smartPlug("Fan"));

    assert.equal((await set("Fan", { led: false })).led, false);

    const [[method, params]] = written() as [[string, { led_rule: string; night_mode: object }]];
    assert.equal(method, "set_led_info");
    assert.equal(params.led_rule, "never");
    assert.ok(params.night_mode);
  });

  it("has no LED to switch where its components name none", async () => {
    const { set } = setUp(smartBulb("Lamp"));

    const { message } = await rejectsWith(set("Lamp", { led: true }), "unsupported");

    assert.match(message, /This bulb has no led\./);
  });

  it("is restarted", async () => {
    const plug = smartPlug("Fan");
    const { control } = setUp(plug);

    assert.equal((await control.reboot("Fan", "", {})).alias, "Fan");

    assert.equal(plug.smart.restarts, 1);
  });

  it("is asked under its new name before something is changed", async () => {
    const plug = smartPlug("Fan");
    const { set, state } = setUp(plug);
    await state("Fan");
    plug.smart.info["nickname"] = Buffer.from("Ventilator").toString("base64");

    assert.equal((await set("Fan", true)).alias, "Ventilator");
  });

  for (const [code, expected] of [
    [-1002, "unsupported"],
    [-1003, "unsupported"],
    [-1008, "input"],
    [-1301, "busy"],
    [-1001, "busy"],
    [-1501, "sign-in"],
    [-1901, "rejected"],
    [-1, "rejected"],
  ] as const)
    it(`gives its own number with the error ${code}`, async () => {
      const plug = smartPlug("Fan");
      const { set } = setUp(plug);
      plug.smart.refusals.set("set_device_info", code);

      const { details } = await rejectsWith(set("Fan", true), expected);

      assert.equal(details.vendorCode, code);
    });
});

describe("A SMART light", () => {
  it("is dimmed, which also switches it on", async () => {
    const dimmer = smartDimmer("Stairs");
    const { set } = setUp(dimmer);

    const { on, brightness, kind } = await set("Stairs", { brightness: 30 });

    assert.deepEqual([kind, on, brightness], ["dimmer", true, 30]);
    assert.equal(dimmer.smart.info["brightness"], 30);
    assert.equal(dimmer.smart.on, true);
  });

  it("is switched off by a brightness of 0, and keeps its level", async () => {
    const { set } = setUp(smartDimmer("Stairs"));
    await set("Stairs", { brightness: 30 });

    const { on, brightness } = await set("Stairs", { brightness: 0 });

    assert.deepEqual([on, brightness], [false, 30]);
  });

  it("shows a colour only without a colour temperature", async () => {
    const bulb = smartBulb("Lamp");
    const { set, written } = setUp(bulb);

    const state = await set("Lamp", { hue: 200, saturation: 60 });

    assert.deepEqual([state.kind, state.hue, state.saturation, state.colorTemp], ["bulb", 200, 60, undefined]);
    assert.deepEqual(written(), [["set_device_info", { device_on: true, hue: 200, saturation: 60, color_temp: 0 }]]);
  });

  it("keeps the other half of its colour", async () => {
    const { set } = setUp(smartBulb("Lamp"));
    await set("Lamp", { hue: 200, saturation: 60 });

    const { hue, saturation } = await set("Lamp", { hue: 10 });

    assert.deepEqual([hue, saturation], [10, 60]);
  });

  it("takes a colour temperature from its own range alone", async () => {
    const { set, state, written } = setUp(smartBulb("Lamp"));

    assert.deepEqual((await state("Lamp")).colorTempRange, [2500, 6500]);
    assert.equal((await set("Lamp", { colorTemp: 4000 })).colorTemp, 4000);
    const { message } = await rejectsWith(set("Lamp", { colorTemp: 9000 }), "input");

    assert.match(message, /from 2500 to 6500/);
    assert.equal(written().length, 1);
  });

  it("has no colour temperature where its range is a single one", async () => {
    const { set, state } = setUp(smartLightStrip("Shelf", [9000, 9000]));

    const { colorTemp, colorTempRange, hue } = await state("Shelf");

    assert.deepEqual([colorTemp, colorTempRange, hue], [undefined, undefined, 0]);
    await rejectsWith(set("Shelf", { colorTemp: 9000 }), "unsupported");
  });

  it("is put back to a state that was read before", async () => {
    const bulb = smartBulb("Lamp");
    const { set, state } = setUp(bulb);
    const { hue: _, saturation: __, ...before } = await state("Lamp");
    await set("Lamp", { hue: 10, saturation: 90, brightness: 5 });

    // It shows its white again; the colour beside that is not seen.
    const { hue: ___, saturation: ____, ...after } = await set("Lamp", before);

    assert.deepEqual(after, before);
  });
});

describe("The effects of a SMART light", () => {
  it("of a strip start by their names, with all that the strip wants to have", async () => {
    const strip = smartLightStrip("Shelf");
    const { set, state } = setUp(strip);
    assert.equal((await state("Shelf")).effect, null);

    const { kind, effect, brightness } = await set("Shelf", { effect: "aurora", brightness: 40 });

    assert.deepEqual([kind, effect, brightness], ["lightstrip", "Aurora", 40]);
    assert.match(JSON.stringify(strip.smart.info["lighting_effect"]), /TapoStrip_/);
  });

  for (const name of ["Candy Cane", "Sunrise", "Sunset", "Lightning", "Valentines"])
    it(`of a strip are the built-in ones of the app, such as ${name}`, async () => {
      const { set } = setUp(smartLightStrip("Shelf"));

      assert.equal((await set("Shelf", { effect: name })).effect, name);
    });

  it("of a strip are dimmed while they play", async () => {
    const { set, written } = setUp(smartLightStrip("Shelf"));
    await set("Shelf", { effect: "Ocean" });

    const { effect, brightness } = await set("Shelf", { brightness: 15 });

    assert.deepEqual([effect, brightness], ["Ocean", 15]);
    assert.deepEqual(written().at(-1), ["set_device_info", { device_on: true }]);
  });

  it("of a strip end before a colour is set, which would not be seen otherwise", async () => {
    const strip = smartLightStrip("Shelf");
    const { set } = setUp(strip);
    await set("Shelf", { effect: "Ocean" });

    const { effect, hue } = await set("Shelf", { hue: 120, saturation: 100 });

    assert.deepEqual([effect, hue], [null, 120]);
  });

  it("are looked for before a colour is set, since the app may have started one", async () => {
    const strip = smartLightStrip("Shelf");
    const { set } = setUp(strip);
    const { deviceId } = strip.identity;
    await set(deviceId, true);
    Object.assign(strip.smart.info["lighting_effect"] as object, { enable: 1, name: "Ocean" });

    assert.equal((await set(deviceId, { hue: 120, saturation: 100 })).effect, null);
  });

  it("end by null, and only if one plays", async () => {
    const { set, written } = setUp(smartLightStrip("Shelf"));
    await set("Shelf", { effect: "Ocean" });

    assert.equal((await set("Shelf", { effect: null })).effect, null);
    const count = written().length;
    assert.equal((await set("Shelf", { effect: null })).effect, null);

    assert.equal(written().length, count);
  });

  it("of a bulb are Party and Relax", async () => {
    const bulb = smartBulb("Lamp");
    const { set } = setUp(bulb);

    assert.equal((await set("Lamp", { effect: "relax" })).effect, "Relax");
    assert.equal(bulb.smart.info["dynamic_light_effect_id"], "L2");
    assert.equal((await set("Lamp", { colorTemp: 3000 })).effect, null);
    const { message } = await rejectsWith(set("Lamp", { effect: "Disco" }), "input");

    assert.match(message, /There are: Party, Relax\./);
  });

  it("start in a light that is off, unless it is told to stay so", async () => {
    const strip = smartLightStrip("Shelf");
    const { set } = setUp(strip);
    await set("Shelf", false);

    assert.equal((await set("Shelf", { effect: "Ocean" })).on, true);
    assert.equal((await set("Shelf", { effect: "Aurora", on: false })).on, false);

    assert.equal(strip.smart.on, false);
  });
});

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
        { name: "Radiator", kind: "thermostat", online: true, temperatureC: 20, batteryLow: true, battery: 70 },
      ],
    );
  });

  it("gives temperatures in degrees Celsius whatever the sensor shows", async () => {
    const hub = smartHub("Hub", { Nursery: "temperature" });
    Object.assign(hub.sensor("Nursery").info, { temp_unit: "fahrenheit", current_temp: 70.7 });
    const { state } = setUp(hub);

    assert.equal((await state("Hub")).sensors?.[0]?.temperatureC, 21.5);
  });

  it("has nothing that can be switched", async () => {
    const { set, written } = setUp(smartHub("Hub", SENSORS));

    const { message } = await rejectsWith(set("Hub", true), "unsupported");

    assert.match(message, /can only be read/);
    assert.deepEqual(written(), []);
  });
});
