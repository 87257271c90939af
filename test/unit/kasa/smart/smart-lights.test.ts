import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import { smartBulb, smartDimmer, smartLightStrip } from "../../../support/simulators/kasa-local/smart/products";
import { setUp } from "./fixture";

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

  it("with the colours alone tells its white as a colour, and is put back to it", async () => {
    const strip = smartLightStrip("Shelf", [9000, 9000]);
    const { set, state } = setUp(strip);
    const before = await state("Shelf");
    assert.deepEqual([before.colorTemp, before.saturation], [undefined, 0]);
    const { saturation } = await set("Shelf", { hue: 120 });

    assert.equal(saturation, 100);
    assert.equal((await set("Shelf", before)).saturation, 0);
    assert.deepEqual([strip.smart.info["saturation"], strip.smart.info["color_temp"]], [0, 0]);
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

/** An effect that its owner has made in the app. */
const LAGOON = {
  name: "Lagoon",
  id: "TapoStrip_own1",
  custom: 1,
  brightness: 60,
  type: "sequence",
  segments: [0],
  expansion_strategy: 1,
  duration: 0,
  transition: 900,
  sequence: [[180, 70, 100]],
  display_colors: [[180, 70, 100]],
};

describe("The effects of a SMART light", () => {
  it("of a strip start by their names, with all that the strip wants to have", async () => {
    const strip = smartLightStrip("Shelf");
    const { set, state } = setUp(strip);
    assert.equal((await state("Shelf")).effect, null);

    const { kind, effect, brightness } = await set("Shelf", { effect: "aurora", brightness: 40 });

    assert.deepEqual([kind, effect, brightness], ["lightstrip", "Aurora", 40]);
    assert.match(JSON.stringify(strip.smart.info["lighting_effect"]), /TapoStrip_/);
  });

  for (const name of ["Candy Cane", "Sunrise", "Sunset", "Lightning", "Valentines", "Grandma's Christmas Lights"])
    it(`of a strip are the built-in ones of the app, such as ${name}`, async () => {
      const { set } = setUp(smartLightStrip("Shelf"));

      assert.equal((await set("Shelf", { effect: name })).effect, name);
    });

  it("of a strip may be its owner's own, which it is asked for where it played that last", async () => {
    const strip = smartLightStrip("Shelf");
    const { set, control, written } = setUp(strip);
    const own = { ...LAGOON, enable: 1 };
    strip.smart.answer({ method: "set_lighting_effect", params: own });
    const before = await control.state("Shelf", "", {});
    await set("Shelf", { hue: 10, saturation: 90 });

    const { effect, brightness } = await set("Shelf", before);

    assert.deepEqual([effect, brightness], ["Lagoon", 60]);
    assert.deepEqual(written().at(-1), ["set_lighting_effect", own]);
    const { abilities } = await control.abilities("Shelf", {});
    assert.equal(abilities.effects?.at(-1), "Lagoon");
    delete strip.smart.methods["get_lighting_effect"];
    const count = written().length;
    await rejectsWith(set("Shelf", { effect: "Lagoon" }), "input");
    assert.equal(written().length, count);
  });

  it("of a strip are none without an id: that is what it shows while it is set up", async () => {
    const strip = smartLightStrip("Shelf");
    const { set, control, state } = setUp(strip);
    Object.assign(strip.smart.info["lighting_effect"] as object, { enable: 1, id: "", name: "softAP", brightness: 0 });

    const { effect, brightness } = await state("Shelf");

    assert.deepEqual([effect, brightness], [null, 100]);
    assert.equal((await set("Shelf", { brightness: 20 })).brightness, 20);
    assert.ok(!(await control.abilities("Shelf", {})).abilities.effects?.includes("softAP"));
  });

  it("are not those of a bulb that has segments in their place", async () => {
    const bulb = smartBulb("Lamp");
    bulb.smart.info["segment_effect"] = { brightness: 0, custom: 0, display_colors: [], enable: 0, id: "", name: "" };
    const { set, state, control } = setUp(bulb);

    assert.equal((await state("Lamp")).effect, undefined);
    assert.equal((await control.abilities("Lamp", {})).abilities.effects, undefined);
    await rejectsWith(set("Lamp", { effect: "Party" }), "unsupported");
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
