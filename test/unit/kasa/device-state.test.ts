import assert from "node:assert/strict";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { DeviceState } from "../../../src/kasa/device";
import { parseDeviceState } from "../../../src/kasa/protocols/iot/device-state";
import { Sysinfo } from "../../../src/kasa/protocols/iot/sysinfo";
import type { Json } from "../../support/simulators/kasa/firmware";

/** The state of a device with this sysinfo, and with these fields in the list. */
const parse = (sysinfo: Json, listed: Json = {}): DeviceState =>
  parseDeviceState(parseListedDevice(ListedDevice.parse({ deviceId: "8006", ...listed })), Sysinfo.parse(sysinfo));

describe("The state of a device", () => {
  it("contains only what the device reports", () => {
    assert.deepEqual(parse({ relay_state: 1 }, { alias: "Lamp" }), {
      deviceId: "8006",
      alias: "Lamp",
      kind: "plug",
      on: true,
    });
  });

  it("leaves out invalid fields", () => {
    const children = [{ id: "00", alias: null, state: 1 }];

    const { alias, outlets, ...rest } = parse({ children, alias: null, rssi: "-50", led_off: null }, { alias: "Desk" });

    assert.deepEqual([alias, outlets], ["Desk", [{ id: "800600", alias: "", on: true }]]);
    assert.deepEqual(Object.keys(rest).toSorted(), ["deviceId", "kind", "on"]);
  });

  it("has the alias that the device itself reports", () => {
    assert.equal(parse({ relay_state: 0, alias: "new" }, { alias: "old" }).alias, "new");
  });

  it("contains whether the LED is on, which the device reports inverted", () => {
    const leds = [0, 1].map((led_off) => parse({ relay_state: 1, led_off }).led);

    assert.deepEqual(leds, [true, false]);
  });

  it("has the kind that the keys of the sysinfo determine, whatever the list suggests", () => {
    const strip = { deviceType: "IOT.SMARTPLUGSWITCH", deviceName: "Power Strip" };
    const kinds = [
      { relay_state: 0 },
      { relay_state: 0, brightness: 5 },
      { light_state: { on_off: 0 } },
      { children: [] },
    ];

    assert.deepEqual(
      kinds.map((sysinfo) => parse(sysinfo, strip).kind),
      ["plug", "dimmer", "bulb", "strip"],
    );
  });

  it("has the kind of a light strip by its length, by its effects, or by the list", () => {
    const light = { light_state: { on_off: 1 } };
    const kinds = [
      parse({ ...light, length: 16 }).kind,
      parse({ ...light, lighting_effect_state: { enable: 0 } }).kind,
      parse(light, { deviceType: "IOT.SMARTBULB", deviceModel: "KL430(US)" }).kind,
    ];

    assert.deepEqual(kinds, ["lightstrip", "lightstrip", "lightstrip"]);
  });

  it("contains the whole ids of outlets, as commands need them", () => {
    const children = [
      { id: "00", state: 1, alias: "Fan" },
      { id: "800601", state: 0 },
    ];

    const { on, outlets } = parse({ children });

    assert.equal(on, true);
    assert.deepEqual(outlets, [
      { id: "800600", alias: "Fan", on: true },
      { id: "800601", alias: "", on: false },
    ]);
  });

  it("is off for a strip if none of its outlets is on", () => {
    assert.equal(parse({ children: [{ id: "00", state: 0 }, { id: "01" }] }).on, false);
  });

  it("contains the settings of a bulb; for one that is off, those that it will have when it is on", () => {
    const dft_on_state = { brightness: 10, color_temp: 2700 };

    const [on, off] = [
      { on_off: 1, brightness: 80, dft_on_state },
      { on_off: 0, dft_on_state },
    ].map((light_state) => {
      return parse({ light_state, is_variable_color_temp: 1 });
    });

    assert.deepEqual([on?.on, on?.brightness], [true, 80]);
    assert.deepEqual([off?.on, off?.brightness, off?.colorTemp], [false, 10, 2700]);
  });

  it("contains no colour of a white bulb, and no colour temperature if that is fixed", () => {
    const light_state = { on_off: 1, brightness: 50, hue: 0, saturation: 0, color_temp: 2700 };

    const {
      deviceId: _,
      alias: __,
      kind: ___,
      ...light
    } = parse({ light_state, is_color: 0, is_variable_color_temp: 0 });

    assert.deepEqual(light, { on: true, brightness: 50 });
  });

  it("cannot be derived for a device that is neither a plug nor a light", () => {
    assert.throws(() => parse({ alias: "Router" }), { code: "unsupported", message: /neither a plug nor a light/ });
    const camera = { system: { alias: "Driveway", type: "IOT.IPCAMERA" } };
    assert.throws(() => parse(camera, { deviceType: "IOT.IPCAMERA" }), {
      code: "unsupported",
      message: /^This is a camera: it understands raw/,
    });
  });
});
