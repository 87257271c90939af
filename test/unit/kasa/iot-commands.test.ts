import assert from "node:assert/strict";
import { CloudDevice, describeProduct } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";
import { BULB, setUp, StubDevice, sysinfoResponse } from "./control-fixture";

const DIMMER = "smartlife.iot.dimmer";
const GET = { get_sysinfo: {} };
const ON = { set_relay_state: { state: 1 } };
const OFF = { set_relay_state: { state: 0 } };

const transition = (brightness: number) => ({
  [DIMMER]: { set_dimmer_transition: { brightness, mode: "gentle_on_off", duration: 900 } },
});
const level = (brightness: number) => ({ [DIMMER]: { set_brightness: { brightness } } });
const bulb = (state: object) => ({
  "smartlife.iot.smartbulb.lightingservice": { transition_light_state: state },
  system: GET,
});
const lightStrip = (state: object) => ({ "smartlife.iot.lightStrip": { set_light_state: state }, system: GET });

describe("The command for a device", () => {
  for (const [kind, setting, command] of [
    [Plug, { on: false }, { system: { ...OFF, ...GET } }],
    [Plug, { on: true, led: true }, { system: { ...ON, set_led_off: { off: 0 }, ...GET } }],
    [Plug, { led: false }, { system: { set_led_off: { off: 1 }, ...GET } }],
    [Strip, { on: true }, { system: { ...ON, ...GET } }],
    [Dimmer, { on: true }, { system: { ...ON, ...GET } }],
    [Dimmer, { brightness: 40 }, { ...level(40), system: { ...ON, ...GET } }],
    [Dimmer, { on: false, brightness: 40 }, { ...level(40), system: { ...OFF, ...GET } }],
    [Dimmer, { led: true }, { system: { set_led_off: { off: 0 }, ...GET } }],
    [Dimmer, { brightness: 40, transitionMs: 900 }, { ...transition(40), system: GET }],
    [Dimmer, { on: true, transitionMs: 900 }, { ...transition(60), system: GET }],
    [Dimmer, { on: false, transitionMs: 900 }, { ...transition(0), system: GET }],
    [
      Dimmer,
      { on: false, transitionMs: 900, led: false },
      { ...transition(0), system: { set_led_off: { off: 1 }, ...GET } },
    ],
    [Bulb, { on: true }, bulb({ on_off: 1, ignore_default: 0 })],
    [Bulb, { on: false, transitionMs: 900 }, bulb({ on_off: 0, transition_period: 900, ignore_default: 0 })],
    [Bulb, { brightness: 40 }, bulb({ on_off: 1, brightness: 40, ignore_default: 1 })],
    [Bulb, { on: false, brightness: 40 }, bulb({ on_off: 0, brightness: 40, ignore_default: 1 })],
    [Bulb, { hue: 10 }, bulb({ on_off: 1, hue: 10, color_temp: 0, ignore_default: 1 })],
    [Bulb, { saturation: 10 }, bulb({ on_off: 1, saturation: 10, color_temp: 0, ignore_default: 1 })],
    [Bulb, { colorTemp: 3000 }, bulb({ on_off: 1, color_temp: 3000, ignore_default: 1 })],
    [LightStrip, { hue: 10 }, lightStrip({ on_off: 1, hue: 10, saturation: 100, color_temp: 0, ignore_default: 1 })],
  ] as const) {
    it(`is the one of a ${kind.name} for ${JSON.stringify(setting)}`, async () => {
      const { control, deviceOf } = setUp();
      const device = deviceOf<CloudDevice>(kind);

      await control.set(device.deviceId, "", setting, {});

      assert.deepEqual(device.commands.at(-1), command);
    });
  }

  it("fades a dimmer with a stored level of 0 to 100, because a transition to 0 would switch it off", async () => {
    const success = { [DIMMER]: { set_dimmer_transition: { err_code: 0 } } };
    const stub = new StubDevice(() => ({ ...sysinfoResponse({ relay_state: 0, brightness: 0 }), ...success }));
    const { set } = setUp([stub]);

    await set("stub", { on: true, transitionMs: 900 });

    assert.deepEqual(stub.commands.at(-1)?.[DIMMER], transition(100)[DIMMER]);
  });

  for (const kind of [Dimmer, Bulb]) {
    for (const setting of [{ transitionMs: 900 }, { transitionMs: 0 }]) {
      it(`needs something to change beside ${JSON.stringify(setting)} (${kind.name})`, async () => {
        const { control, deviceOf, sent } = setUp();
        const { deviceId } = deviceOf<CloudDevice>(kind);

        await assert.rejects(control.set(deviceId, "", setting, {}), { code: "input", message: /to change beside it/ });
        assert.ok(sent.every(({ effect }) => effect === "read"));
      });
    }
  }

  it("contains no brightness for a bulb that cannot be dimmed", async () => {
    const { set } = setUp([
      new StubDevice(() => sysinfoResponse({ light_state: { on_off: 1 }, is_dimmable: 0 }), BULB),
    ]);

    await assert.rejects(set("stub", { brightness: 40 }), {
      code: "unsupported",
      message: "This bulb has no brightness. It has: on, transitionMs.",
    });
  });

  it("may contain a brightness for a bulb that does not report whether it can be dimmed", async () => {
    const success = { "smartlife.iot.smartbulb.lightingservice": { transition_light_state: { err_code: 0 } } };
    const sysinfo = { light_state: { on_off: 1 } };
    const { set } = setUp([new StubDevice(() => ({ ...sysinfoResponse(sysinfo), ...success }), BULB)]);

    assert.equal((await set("stub", { brightness: 40 })).kind, "bulb");
  });

  it("depends on the sysinfo alone if the device type in the list is unknown", async () => {
    const lantern = describeProduct("IOT.LANTERN", "KX100(EU)", "Lantern", "1.0");
    const { set } = setUp([new Bulb(lantern, "Lantern", { kelvin: [2500, 9000], colour: true })]);

    const { hue } = await set("lantern", { hue: 200 });

    assert.equal(hue, 200);
  });

  it("is refused with all properties that the device lacks, and all that it has", async () => {
    const { set } = setUp();

    await assert.rejects(set("modem", { brightness: 5, transitionMs: 5 }), {
      code: "unsupported",
      message: "This plug has no brightness, no transitionMs. It has: on, led.",
    });
  });

  it("is refused without a request, and without a promise, for what no plug has", async () => {
    const { set, sent } = setUp();

    await assert.rejects(set("modem", { colorTemp: 3000 }), {
      code: "unsupported",
      message: "This plug has no colorTemp.",
    });
    assert.deepEqual(sent, []);
  });

  it("restarts a light through its own module, and rejects with its error", async () => {
    const { control, deviceOf, sent } = setUp();
    const { deviceId } = deviceOf(Bulb);
    await control.reboot(deviceId, "", {});
    assert.deepEqual(sent.at(-1), {
      command: { "smartlife.iot.common.system": { reboot: { delay: 1 } } },
      effect: "write",
    });
    deviceOf(Bulb).failWith = -3;

    await assert.rejects(control.reboot(deviceId, "", {}), {
      code: "rejected",
      details: { vendorCode: -3, vendorMessage: "failed by the test" },
    });
  });
});

describe("A raw command", () => {
  for (const [what, value] of [
    ...[undefined, null, "{}", 5, [], [{}], new Date(0)].map((one) => [JSON.stringify(one), one] as const),
    ["a Buffer", Buffer.from("{}")],
    ["an invalid date", new Date(Number.NaN)],
    ["an object whose JSON is a string", { toJSON: () => "{}" }],
  ] as const) {
    it(`cannot be ${what}`, async () => {
      const { control, sent } = setUp();

      await assert.rejects(control.raw("modem", "", value, {}), { code: "input", message: /own JSON/ });
      assert.equal(sent.length, 0);
    });
  }

  it("is checked as the JSON that is sent", async () => {
    const { control, sent } = setUp();
    const value = { time: {}, toJSON: () => ({ system: { reset: {} } }) };

    await assert.rejects(control.raw("modem", "", value, {}), {
      code: "input",
      message: /Do it in the app of the device/,
    });
    assert.equal(sent.length, 0);
  });

  for (const value of [
    { system: { download_firmware: { url: "http://192.0.2.1/a.bin" } } },
    { system: { flash_firmware: {} } },
    { netif: { set_stainfo: { ssid: "Pier 7", password: "x", key_type: 3 } } },
    { system: { set_mac_addr: { mac: "02:00:5E:00:00:01" } } },
    { system: { Reset: { delay: 1 } } },
    { system: { " reset": { delay: 1 } } },
    { system: { "reset\0": { delay: 1 } } },
    { system: [{ reset: { delay: 1 } }] },
    { system: [[{ get_sysinfo: {} }, { RESET: null }]] },
    { SYSTEM: { UnBind: {} } },
  ]) {
    it(`cannot be ${JSON.stringify(value)}`, async () => {
      const { control, listRequests } = setUp();

      await assert.rejects(control.raw("modem", "", value, {}), {
        code: "input",
        message: /Do it in the app of the device/,
      });
      assert.equal(listRequests.length, 0);
    });
  }

  for (const method of ["reset", "bind", "unbind", "set_server_url"]) {
    for (const module of ["system", "cnCloud", "smartlife.iot.common.cloud", "smartlife.iot.common.system"]) {
      it(`cannot contain ${module}.${method}, even among other methods`, async () => {
        const { control, listRequests } = setUp();
        const value = { time: null, netif: { get_stainfo: {} }, [module]: { get_info: {}, [method]: null } };

        await assert.rejects(control.raw("modem", "", value, {}), {
          code: "input",
          message: /Do it in the app of the device/,
        });
        assert.equal(listRequests.length, 0);
      });
    }
  }

  it("may contain a null module, and methods whose names contain a forbidden one", async () => {
    const { control, deviceOf } = setUp();
    const value = { system: null, cnCloud: { get_info: {}, reset_not: {}, rebind: {} } };

    await control.raw("modem", "", value, {});

    assert.deepEqual(deviceOf(Plug).commands.at(-1), value);
  });

  it("is sent as a write, because it may change something", async () => {
    const { control, sent, deviceOf } = setUp();

    await control.raw(deviceOf(Plug).deviceId, "", { system: { get_sysinfo: {} } }, {});

    assert.deepEqual(sent, [{ command: { system: { get_sysinfo: {} } }, effect: "write" }]);
  });

  it("is addressed to one outlet if one is named", async () => {
    const { control, deviceOf } = setUp();
    const strip = deviceOf(Strip);

    await control.raw("desk", "2", { system: { set_relay_state: { state: 1 } } }, {});

    assert.deepEqual(strip.commands.at(-1), {
      context: { child_ids: [strip.outlets[2]?.id] },
      system: { set_relay_state: { state: 1 } },
    });
    await assert.rejects(control.raw("desk", "9", {}, {}), { code: "input" });
  });

  it("resolves to the device's own response, errors included", async () => {
    const { control } = setUp();

    assert.deepEqual(await control.raw("modem", "", { nonsense: { get: {} } }, {}), {
      nonsense: { err_code: -1, err_msg: "module not support" },
    });
  });
});
