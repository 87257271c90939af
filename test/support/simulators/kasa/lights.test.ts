import assert from "node:assert/strict";
import type { Json } from "./firmware";
import { Bulb, LightStrip } from "./lights";
import { setUp, valueAt } from "./test-client";

const BULB = "smartlife.iot.smartbulb.lightingservice";

describe("The simulated firmware of Kasa lights", () => {
  it("reports the settings of a bulb flat while it is on, and one level deeper while it is off", async () => {
    const { cloud, command } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const off = await command(lamp, { [BULB]: { get_light_state: {} } });

    const on = await command(lamp, { [BULB]: { transition_light_state: { on_off: 1 } } });

    const light = { mode: "normal", hue: 0, saturation: 0, color_temp: 2700, brightness: 80 };
    assert.deepEqual(valueAt(off, BULB, "get_light_state"), { on_off: 0, dft_on_state: light, err_code: 0 });
    assert.deepEqual(valueAt(on, BULB, "transition_light_state"), { on_off: 1, ...light, err_code: 0 });
  });

  it("restores the last settings of a bulb that is switched on without ignore_default", async () => {
    const { cloud, command } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const set = (state: Json) =>
      command(lamp, { [BULB]: { transition_light_state: { on_off: 1, brightness: 5, ...state } } });

    await set({ ignore_default: 0 });
    const kept = [lamp.on, lamp.light.brightness];
    await set({ ignore_default: 1 });

    assert.deepEqual([kept, lamp.light.brightness], [[true, 80], 5]);
  });

  it("shows a colour only if the colour temperature is 0", async () => {
    const { cloud, command } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const blue = { hue: 240, saturation: 90, ignore_default: 1 };
    await command(lamp, { [BULB]: { transition_light_state: blue } });
    const { hue, color_temp } = lamp.light;

    await command(lamp, { [BULB]: { transition_light_state: { ...blue, color_temp: 0 } } });

    assert.deepEqual([hue, color_temp], [0, 2700]);
    assert.deepEqual([lamp.light.hue, lamp.light.saturation, lamp.light.color_temp], [240, 90, 0]);
  });

  it("refuses what a light cannot show, without changing anything", async () => {
    const { cloud, command } = await setUp();
    const [colour, white] = [cloud.device(Bulb, "Hall lamp"), cloud.device(Bulb, "hall lamp")];
    const beyondColour = [{ hue: 361 }, { brightness: 40, saturation: 101 }, { color_temp: 1000 }, { brightness: 1.5 }];
    const beyondWhite = [{ hue: 120, saturation: 50, color_temp: 0 }, { color_temp: 6500 }];
    const set = async (lamp: Bulb, state: Json) => {
      const response = await command(lamp, {
        [BULB]: { transition_light_state: { on_off: 1, ignore_default: 1, ...state } },
      });
      return valueAt(response, BULB, "transition_light_state", "err_code");
    };

    const ofColour = await Promise.all(beyondColour.map((state) => set(colour, state)));
    const ofWhite = await Promise.all(beyondWhite.map((state) => set(white, state)));

    assert.deepEqual([...ofColour, ...ofWhite], [-10000, -10000, -10000, -10000, -10000, -10000]);
    assert.deepEqual([colour.on, colour.light.brightness, white.on], [false, 80, false]);
  });

  it("controls a light strip through its own module, where a colour ends the effect", async () => {
    const { cloud, command } = await setUp();
    const shelf = cloud.device(LightStrip, "Shelf");
    const colour = { on_off: 1, hue: 30, saturation: 70, color_temp: 0, ignore_default: 1 };

    const asBulb = await command(shelf, { [BULB]: { get_light_state: {} } });
    const set = await command(shelf, {
      "smartlife.iot.lightStrip": { set_light_state: colour },
      system: { get_sysinfo: {} },
    });

    const sysinfo = valueAt(set, "system", "get_sysinfo");
    assert.equal(valueAt(asBulb, BULB, "err_code"), -2001);
    assert.deepEqual([shelf.on, shelf.light.hue, valueAt(sysinfo, "length")], [true, 30, 16]);
    assert.equal(valueAt(sysinfo, "lighting_effect_state", "enable"), 0);
  });

  it("reports the power of a bulb in milliwatts, without voltage and current", async () => {
    const { cloud, command } = await setUp();
    const [lamp, shelf] = [cloud.device(Bulb, "Hall lamp"), cloud.device(LightStrip, "Shelf")];
    lamp.on = true;
    const request = { "smartlife.iot.common.emeter": { get_realtime: {} } };

    const responses = [await command(lamp, request), await command(shelf, request)];

    const [ofLamp, ofShelf] = responses.map((response) =>
      valueAt(response, "smartlife.iot.common.emeter", "get_realtime"),
    );
    assert.deepEqual(ofLamp, { power_mw: lamp.meter.watts * 1000, err_code: 0 });
    assert.deepEqual(ofShelf, { power_mw: 0, total_wh: shelf.meter.totalWh, err_code: 0 });
  });
});
