import assert from "node:assert/strict";
import { CloudDevice } from "./devices";
import type { Json } from "./firmware";
import { Bulb, LightStrip } from "./lights";
import { Dimmer, Plug, Strip } from "./plugs";
import { at, setUp } from "./test-client";

const BULB = "smartlife.iot.smartbulb.lightingservice";

describe("the devices of the simulated Kasa cloud", () => {
  it("switches a plug, and answers several methods and modules together", async () => {
    const { cloud, say } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const system = { set_relay_state: { state: 0 }, set_led_off: { off: 1 }, get_sysinfo: null };

    const answer = await say(modem, { system, netif: { get_stainfo: {} } });

    const told = at(answer, "system", "get_sysinfo");
    assert.deepEqual([modem.on, modem.ledOff, modem.commands], [false, true, [{ system, netif: { get_stainfo: {} } }]]);
    assert.deepEqual([at(told, "relay_state"), at(told, "led_off"), at(told, "feature")], [0, 1, "TIM:ENE"]);
    assert.equal(at(answer, "netif", "get_stainfo", "rssi"), modem.rssi);
  });

  it("tells its type and place under the names of its generation", async () => {
    const { cloud, say } = await setUp();
    const request = { system: { get_sysinfo: {} } };

    const answers = [
      await say(cloud.device(Plug, "Modem"), request),
      await say(cloud.device(Plug, "Freezer"), request),
    ];

    const [modem, freezer] = answers.map((answer) => Object.keys(Object(at(answer, "system", "get_sysinfo"))));
    const generations = ["mic_type", "latitude_i", "longitude_i", "type", "latitude", "longitude"];
    assert.deepEqual(
      generations.map((name) => modem?.includes(name)),
      [true, true, true, false, false, false],
    );
    assert.deepEqual(
      generations.map((name) => freezer?.includes(name)),
      [false, false, false, true, true, true],
    );
  });

  it("declines unknown modules, methods and arguments with the numbers of each firmware", async () => {
    const { cloud, say } = await setUp();
    const pump = cloud.device(Plug, "Garden pump");
    pump.online = true;
    const request = {
      emeter: { get_realtime: {} },
      system: { reset: {}, constructor: {}, set_relay_state: { state: 2 } },
    };

    const plug = await say(pump, request);
    const dimmer = await say(cloud.device(Dimmer, "<b>Porch</b>"), request);
    const bulb = await say(cloud.device(Bulb, "Hall lamp"), request);

    assert.deepEqual(at(plug, "emeter"), { err_code: -1, err_msg: "module not support" });
    assert.deepEqual(at(dimmer, "emeter", "get_realtime"), { err_code: -1, err_msg: "module not support" });
    assert.deepEqual(at(bulb, "emeter"), { err_code: -2001, err_msg: "Module not support" });
    const numbers = ["reset", "constructor", "set_relay_state"];
    assert.deepEqual(
      numbers.map((method) => at(plug, "system", method, "err_code")),
      [-2, -2, -3],
    );
    assert.deepEqual(
      numbers.map((method) => at(bulb, "system", method, "err_code")),
      [-2000, -2000, -2000],
    );
  });

  it("has cameras decline everything", async () => {
    const { cloud, say } = await setUp();

    const answer = await say(cloud.device(CloudDevice, "Driveway"), { system: { get_sysinfo: {} } });

    assert.deepEqual(answer, { system: { err_code: -1, err_msg: "module not support" } });
  });

  it("fails each method without carrying it out while told to", async () => {
    const { cloud, say } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    modem.failWith = -3;

    const answer = await say(modem, { system: { set_relay_state: { state: 0 }, get_sysinfo: {} } });

    assert.equal(at(answer, "system", "set_relay_state", "err_code"), -3);
    assert.equal(at(answer, "system", "get_sysinfo", "err_code"), -3);
    assert.ok(modem.on);
  });

  it("reports energy in the units of either firmware, and by day and month", async () => {
    const { cloud, say } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    const days = [
      { year: 2026, month: 1, day: 31, amount: 500 },
      { year: 2026, month: 2, day: 1, amount: 250 },
    ];
    for (const { meter } of [modem, freezer])
      Object.assign(meter ?? {}, { watts: 46, volts: 230, totalWh: 1500, days });
    freezer.on = true;
    const emeter = { get_realtime: {}, get_daystat: { year: 2026, month: 2 }, get_monthstat: { year: 2026 } };

    const [milli, whole] = [at(await say(modem, { emeter }), "emeter"), at(await say(freezer, { emeter }), "emeter")];

    const inMilli = { voltage_mv: 230_000, current_ma: 200, power_mw: 46_000, total_wh: 1500, err_code: 0 };
    assert.deepEqual(at(milli, "get_realtime"), inMilli);
    assert.deepEqual(at(whole, "get_realtime"), { voltage: 230, current: 0.2, power: 46, total: 1.5, err_code: 0 });
    assert.deepEqual(at(milli, "get_daystat", "day_list"), [{ year: 2026, month: 2, day: 1, energy_wh: 250 }]);
    const [january, february] = [
      { month: 1, energy: 0.5 },
      { month: 2, energy: 0.25 },
    ];
    assert.deepEqual(
      at(whole, "get_monthstat", "month_list"),
      [january, february].map((one) => ({ year: 2026, ...one })),
    );
  });

  it("stores a dimmer's level without turning it on, while a transition switches too", async () => {
    const { cloud, say } = await setUp();
    const porch = cloud.device(Dimmer, "<b>Porch</b>");
    const dim = async (request: Json) => {
      const answer = await say(porch, { "smartlife.iot.dimmer": request });
      return [
        at(answer, "smartlife.iot.dimmer", Object.keys(request)[0] ?? "", "err_code"),
        porch.on,
        porch.brightness,
      ];
    };

    const refused = await dim({ set_brightness: { brightness: 0 } });
    const stored = await dim({ set_brightness: { brightness: 35 } });
    const faded = await dim({ set_dimmer_transition: { brightness: 80, mode: "gentle_on_off", duration: 500 } });
    const dark = await dim({ set_dimmer_transition: { brightness: 0, mode: "gentle_on_off", duration: 500 } });

    assert.deepEqual(
      [refused, stored],
      [
        [-3, false, 60],
        [0, false, 35],
      ],
    );
    assert.deepEqual(
      [faded, dark],
      [
        [0, true, 80],
        [0, false, 80],
      ],
    );
  });

  it("switches and measures the outlets that the context names, or all of them", async () => {
    const { cloud, say } = await setUp();
    const strip = cloud.device(Strip, "Desk");
    await say(strip, { system: { set_relay_state: { state: 1 } } });
    const all = strip.outlets.map(({ on }) => on);
    const off = { system: { set_relay_state: { state: 0 } }, emeter: { get_realtime: {} } };

    const third = await say(strip, { context: { child_ids: [strip.outlets[2]?.id] }, ...off });
    const nobody = await say(strip, { context: { child_ids: ["FF"] }, ...off });

    assert.deepEqual(all, [true, true, true, true, true, true]);
    assert.deepEqual(
      strip.outlets.map(({ on }) => on),
      [true, true, false, true, true, true],
    );
    assert.deepEqual(
      [at(third, "emeter", "get_realtime", "slot_id"), at(third, "emeter", "get_realtime", "power_mw")],
      [2, 0],
    );
    assert.deepEqual(at(nobody, "system", "set_relay_state"), { err_code: -14, err_msg: "entry not exist" });
  });

  it("tells a strip's outlets as children, and has no state of its own", async () => {
    const { cloud, say } = await setUp();
    const strip = cloud.device(Strip, "Desk");
    const context = { child_ids: [strip.outlets[5]?.id] };

    const answer = await say(strip, { context, system: { set_dev_alias: { alias: "Radio" }, get_sysinfo: {} } });

    const sysinfo = at(answer, "system", "get_sysinfo");
    const children = at(sysinfo, "children");
    const last: unknown = Array.isArray(children) ? children[5] : undefined;
    assert.deepEqual(
      [at(sysinfo, "alias"), at(sysinfo, "child_num"), at(sysinfo, "relay_state")],
      ["Desk", 6, undefined],
    );
    assert.deepEqual([at(last, "id"), at(last, "alias"), at(last, "state")], [`${strip.deviceId}05`, "Radio", 0]);
  });

  it("tells a bulb's light flat while on, and packed away while off", async () => {
    const { cloud, say } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const off = await say(lamp, { [BULB]: { get_light_state: {} } });

    const on = await say(lamp, { [BULB]: { transition_light_state: { on_off: 1 } } });

    const light = { mode: "normal", hue: 0, saturation: 0, color_temp: 2700, brightness: 80 };
    assert.deepEqual(at(off, BULB, "get_light_state"), { on_off: 0, dft_on_state: light, err_code: 0 });
    assert.deepEqual(at(on, BULB, "transition_light_state"), { on_off: 1, ...light, err_code: 0 });
  });

  it("comes back as it was when its defaults are not to be ignored", async () => {
    const { cloud, say } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const set = (state: Json) =>
      say(lamp, { [BULB]: { transition_light_state: { on_off: 1, brightness: 5, ...state } } });

    await set({ ignore_default: 0 });
    const kept = [lamp.on, lamp.light.brightness];
    await set({ ignore_default: 1 });

    assert.deepEqual([kept, lamp.light.brightness], [[true, 80], 5]);
  });

  it("shows a colour only once the colour temperature is 0", async () => {
    const { cloud, say } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const blue = { hue: 240, saturation: 90, ignore_default: 1 };
    await say(lamp, { [BULB]: { transition_light_state: blue } });
    const { hue, color_temp } = lamp.light;

    await say(lamp, { [BULB]: { transition_light_state: { ...blue, color_temp: 0 } } });

    assert.deepEqual([hue, color_temp], [0, 2700]);
    assert.deepEqual([lamp.light.hue, lamp.light.saturation, lamp.light.color_temp], [240, 90, 0]);
  });

  it("declines what a light cannot show, and then changes nothing", async () => {
    const { cloud, say } = await setUp();
    const [colour, white] = [cloud.device(Bulb, "Hall lamp"), cloud.device(Bulb, "hall lamp")];
    const beyondColour = [{ hue: 361 }, { brightness: 40, saturation: 101 }, { color_temp: 1000 }, { brightness: 1.5 }];
    const beyondWhite = [{ hue: 120, saturation: 50, color_temp: 0 }, { color_temp: 6500 }];
    const set = async (lamp: Bulb, state: Json) => {
      const answer = await say(lamp, {
        [BULB]: { transition_light_state: { on_off: 1, ignore_default: 1, ...state } },
      });
      return at(answer, BULB, "transition_light_state", "err_code");
    };

    const ofColour = await Promise.all(beyondColour.map((state) => set(colour, state)));
    const ofWhite = await Promise.all(beyondWhite.map((state) => set(white, state)));

    assert.deepEqual([...ofColour, ...ofWhite], [-10000, -10000, -10000, -10000, -10000, -10000]);
    assert.deepEqual([colour.on, colour.light.brightness, white.on], [false, 80, false]);
  });

  it("drives a light strip through its own module, where a colour ends the effect", async () => {
    const { cloud, say } = await setUp();
    const shelf = cloud.device(LightStrip, "Shelf");
    const colour = { on_off: 1, hue: 30, saturation: 70, color_temp: 0, ignore_default: 1 };

    const asBulb = await say(shelf, { [BULB]: { get_light_state: {} } });
    const set = await say(shelf, {
      "smartlife.iot.lightStrip": { set_light_state: colour },
      system: { get_sysinfo: {} },
    });

    const sysinfo = at(set, "system", "get_sysinfo");
    assert.equal(at(asBulb, BULB, "err_code"), -2001);
    assert.deepEqual([shelf.on, shelf.light.hue, at(sysinfo, "length")], [true, 30, 16]);
    assert.equal(at(sysinfo, "lighting_effect_state", "enable"), 0);
  });

  it("measures a bulb in milliwatts alone", async () => {
    const { cloud, say } = await setUp();
    const [lamp, shelf] = [cloud.device(Bulb, "Hall lamp"), cloud.device(LightStrip, "Shelf")];
    lamp.on = true;
    const request = { "smartlife.iot.common.emeter": { get_realtime: {} } };

    const answers = [await say(lamp, request), await say(shelf, request)];

    const [ofLamp, ofShelf] = answers.map((answer) => at(answer, "smartlife.iot.common.emeter", "get_realtime"));
    assert.deepEqual(ofLamp, { power_mw: lamp.meter.watts * 1000, err_code: 0 });
    assert.deepEqual(ofShelf, { power_mw: 0, total_wh: shelf.meter.totalWh, err_code: 0 });
  });

  it("holds one countdown and no more", async () => {
    const { cloud, say } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const countDown = { count_down: { add_rule: { enable: 1, delay: 60, act: 1, name: "timer" } } };

    const [first, second] = [await say(modem, countDown), await say(modem, countDown)];

    assert.equal(at(first, "count_down", "add_rule", "err_code"), 0);
    assert.equal(at(second, "count_down", "add_rule", "err_code"), -10);
  });
});
