import assert from "node:assert/strict";
import { CloudDevice } from "./devices";
import type { Json } from "./firmware";
import { Bulb } from "./lights";
import { Dimmer, Plug, Strip } from "./plugs";
import { setUp, valueAt } from "./test-client";

describe("The simulated firmware of Kasa devices", () => {
  it("switches a plug, and responds to several modules and methods together", async () => {
    const { cloud, command } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const system = { set_relay_state: { state: 0 }, set_led_off: { off: 1 }, get_sysinfo: null };

    const response = await command(modem, { system, netif: { get_stainfo: {} } });

    const sysinfo = valueAt(response, "system", "get_sysinfo");
    assert.deepEqual([modem.on, modem.ledOff, modem.commands], [false, true, [{ system, netif: { get_stainfo: {} } }]]);
    assert.deepEqual(
      [valueAt(sysinfo, "relay_state"), valueAt(sysinfo, "led_off"), valueAt(sysinfo, "feature")],
      [0, 1, "TIM:ENE"],
    );
    assert.equal(valueAt(response, "netif", "get_stainfo", "rssi"), modem.rssi);
  });

  it("names the type and the location of a plug as its generation does", async () => {
    const { cloud, command } = await setUp();
    const request = { system: { get_sysinfo: {} } };

    const responses = [
      await command(cloud.device(Plug, "Modem"), request),
      await command(cloud.device(Plug, "Freezer"), request),
    ];

    const [modem, freezer] = responses.map((response) =>
      Object.keys(Object(valueAt(response, "system", "get_sysinfo"))),
    );
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

  it("keeps its clock, the fades of a dimmer and the presets of a light as it was told", async () => {
    const { cloud, command } = await setUp();
    const noon = { year: 2031, month: 5, mday: 6, hour: 12, min: 0, sec: 0 };
    const fade = {
      set_fade_on_time: { fadeTime: 1500 },
      set_gentle_off_time: { duration: -1 },
      get_dimmer_parameters: {},
    };
    const preset = { index: 0, brightness: 22, hue: 10, saturation: 20, color_temp: 0 };
    const service = "smartlife.iot.smartbulb.lightingservice";

    const clock = await command(cloud.device(Plug, "Modem"), {
      time: { set_timezone: { index: 39, ...noon }, get_time: {}, get_timezone: {}, set_time: { ...noon, hour: 24 } },
    });
    const dimmer = await command(cloud.device(Dimmer, "<b>Porch</b>"), { "smartlife.iot.dimmer": fade });
    const bulb = cloud.device(Bulb, "Hall lamp");
    const light = await command(bulb, { [service]: { set_preferred_state: preset } });
    const nowhere = await command(bulb, { [service]: { set_preferred_state: { ...preset, index: 7 } } });

    const { sec: _, ...told } = valueAt(clock, "time", "get_time") as Json;
    assert.deepEqual(told, { year: 2031, month: 5, mday: 6, hour: 12, min: 0, err_code: 0 });
    assert.deepEqual(
      [valueAt(clock, "time", "get_timezone", "index"), valueAt(clock, "time", "set_time", "err_code")],
      [39, -3],
    );
    const parameters = valueAt(dimmer, "smartlife.iot.dimmer", "get_dimmer_parameters") as Json;
    assert.deepEqual([parameters["fadeOnTime"], parameters["gentleOffTime"]], [1500, 10_000]);
    assert.deepEqual([valueAt(light, service, "set_preferred_state"), bulb.presets[0]], [{ err_code: 0 }, preset]);
    assert.equal(valueAt(nowhere, service, "set_preferred_state", "err_code"), -10_000);
  });

  it("refuses unknown modules, methods and arguments with the error codes of the family", async () => {
    const { cloud, command } = await setUp();
    const pump = cloud.device(Plug, "Garden pump");
    pump.online = true;
    const request = {
      emeter: { get_realtime: {} },
      system: { reset: {}, constructor: {}, set_relay_state: { state: 2 } },
    };

    const plug = await command(pump, request);
    const dimmer = await command(cloud.device(Dimmer, "<b>Porch</b>"), request);
    const bulb = await command(cloud.device(Bulb, "Hall lamp"), request);

    assert.deepEqual(valueAt(plug, "emeter"), { err_code: -1, err_msg: "module not support" });
    assert.deepEqual(valueAt(dimmer, "emeter", "get_realtime"), { err_code: -1, err_msg: "module not support" });
    assert.deepEqual(valueAt(bulb, "emeter"), { err_code: -2001, err_msg: "Module not support" });
    const numbers = ["reset", "constructor", "set_relay_state"];
    assert.deepEqual(
      numbers.map((method) => valueAt(plug, "system", method, "err_code")),
      [-2, -2, -3],
    );
    assert.deepEqual(
      numbers.map((method) => valueAt(bulb, "system", method, "err_code")),
      [-2000, -2000, -2000],
    );
  });

  it("refuses everything for a camera", async () => {
    const { cloud, command } = await setUp();

    const response = await command(cloud.device(CloudDevice, "Driveway"), { system: { get_sysinfo: {} } });

    assert.deepEqual(response, { system: { err_code: -1, err_msg: "module not support" } });
  });

  it("fails every method without carrying it out while `failWith` is set", async () => {
    const { cloud, command } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    modem.failWith = -3;

    const response = await command(modem, { system: { set_relay_state: { state: 0 }, get_sysinfo: {} } });

    assert.equal(valueAt(response, "system", "set_relay_state", "err_code"), -3);
    assert.equal(valueAt(response, "system", "get_sysinfo", "err_code"), -3);
    assert.ok(modem.on);
  });

  it("reports energy in the units of either generation, and by day and month", async () => {
    const { cloud, command } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    const days = [
      { year: 2026, month: 1, day: 31, amount: 500 },
      { year: 2026, month: 2, day: 1, amount: 250 },
    ];
    for (const { meter } of [modem, freezer])
      Object.assign(meter ?? {}, { watts: 46, volts: 230, totalWh: 1500, days });
    freezer.on = true;
    const emeter = { get_realtime: {}, get_daystat: { year: 2026, month: 2 }, get_monthstat: { year: 2026 } };

    const [milli, whole] = [
      valueAt(await command(modem, { emeter }), "emeter"),
      valueAt(await command(freezer, { emeter }), "emeter"),
    ];

    const inMilli = { voltage_mv: 230_000, current_ma: 200, power_mw: 46_000, total_wh: 1500, err_code: 0 };
    assert.deepEqual(valueAt(milli, "get_realtime"), inMilli);
    assert.deepEqual(valueAt(whole, "get_realtime"), {
      voltage: 230,
      current: 0.2,
      power: 46,
      total: 1.5,
      err_code: 0,
    });
    assert.deepEqual(valueAt(milli, "get_daystat", "day_list"), [{ year: 2026, month: 2, day: 1, energy_wh: 250 }]);
    const [january, february] = [
      { month: 1, energy: 0.5 },
      { month: 2, energy: 0.25 },
    ];
    assert.deepEqual(
      valueAt(whole, "get_monthstat", "month_list"),
      [january, february].map((one) => ({ year: 2026, ...one })),
    );
  });

  it("stores the level of a dimmer without switching it on, while a transition does both", async () => {
    const { cloud, command } = await setUp();
    const porch = cloud.device(Dimmer, "<b>Porch</b>");
    const dim = async (request: Json) => {
      const response = await command(porch, { "smartlife.iot.dimmer": request });
      return [
        valueAt(response, "smartlife.iot.dimmer", Object.keys(request)[0] ?? "", "err_code"),
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
    const { cloud, command } = await setUp();
    const strip = cloud.device(Strip, "Desk");
    await command(strip, { system: { set_relay_state: { state: 1 } } });
    const all = strip.outlets.map(({ on }) => on);
    const off = { system: { set_relay_state: { state: 0 } }, emeter: { get_realtime: {} } };

    const third = await command(strip, { context: { child_ids: [strip.outlets[2]?.id] }, ...off });
    const unknown = await command(strip, { context: { child_ids: ["FF"] }, ...off });

    assert.deepEqual(all, [true, true, true, true, true, true]);
    assert.deepEqual(
      strip.outlets.map(({ on }) => on),
      [true, true, false, true, true, true],
    );
    assert.deepEqual(
      [valueAt(third, "emeter", "get_realtime", "slot_id"), valueAt(third, "emeter", "get_realtime", "power_mw")],
      [2, 0],
    );
    assert.deepEqual(valueAt(unknown, "system", "set_relay_state"), { err_code: -14, err_msg: "entry not exist" });
  });

  it("lists the outlets of a strip as children, without a state of the strip itself", async () => {
    const { cloud, command } = await setUp();
    const strip = cloud.device(Strip, "Desk");
    const context = { child_ids: [strip.outlets[5]?.id] };

    const response = await command(strip, { context, system: { set_dev_alias: { alias: "Radio" }, get_sysinfo: {} } });

    const sysinfo = valueAt(response, "system", "get_sysinfo");
    const children = valueAt(sysinfo, "children");
    const last: unknown = Array.isArray(children) ? children[5] : undefined;
    assert.deepEqual(
      [valueAt(sysinfo, "alias"), valueAt(sysinfo, "child_num"), valueAt(sysinfo, "relay_state")],
      ["Desk", 6, undefined],
    );
    assert.deepEqual(
      [valueAt(last, "id"), valueAt(last, "alias"), valueAt(last, "state")],
      [`${strip.deviceId}05`, "Radio", 0],
    );
  });

  it("accepts one countdown and no more", async () => {
    const { cloud, command } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const countDown = { count_down: { add_rule: { enable: 1, delay: 60, act: 1, name: "timer" } } };

    const [first, second] = [await command(modem, countDown), await command(modem, countDown)];

    assert.equal(valueAt(first, "count_down", "add_rule", "err_code"), 0);
    assert.equal(valueAt(second, "count_down", "add_rule", "err_code"), -10);
  });
});
