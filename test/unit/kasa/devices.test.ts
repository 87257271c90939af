import assert from "node:assert/strict";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { Device, DeviceState } from "../../../src/kasa/device";
import { parseDeviceState } from "../../../src/kasa/protocols/iot/device-state";
import { Sysinfo } from "../../../src/kasa/protocols/iot/sysinfo";
import type { Json } from "../../support/simulators/kasa/firmware";

const listed = (fields: Json): Device => parseListedDevice(ListedDevice.parse({ deviceId: "8006", ...fields }));

/** What a device with this sysinfo is doing. */
const stateOf = (sysinfo: Json, fields: Json = {}): DeviceState =>
  parseDeviceState(listed(fields), Sysinfo.parse(sysinfo));

describe("the kind of a listed Kasa device", () => {
  const [plug, bulb] = ["IOT.SMARTPLUGSWITCH", "IOT.SMARTBULB"];
  for (const [kind, products] of Object.entries({
    plug: [
      [plug, "HS100(EU)", "Wi-Fi Smart Plug"],
      [plug, "HS200(US)", "Smart Wi-Fi Light Switch"],
      [plug, "KP115(US)", "Smart Wi-Fi Plug Mini"],
      ["IOT.RANGEEXTENDER.SMARTPLUG", "RE270K(US)", "AC750 Wi-Fi Range Extender with Smart Plug"],
      ["SMART.TAPOPLUG", "P105", "P105"],
      ["SMART.TAPOSWITCH", "S505", "Smart Wi-Fi Light Switch"],
    ],
    strip: [
      [plug, "HS300(US)", "Wi-Fi Smart Power Strip"],
      [plug, "HS107(US)", ""],
      [plug, "KP200(US)", "Smart Wi-Fi Power Outlet, 2-Sockets"],
      [plug, "KP400(US)", "Smart Outdoor Plug"],
      [plug, "EP40(US)", ""],
      [plug, "one to come", "Smart Wi-Fi Plug, 2-Outlets"],
      ["SMART.TAPOPLUG", "P300", ""],
    ],
    dimmer: [
      [plug, "HS220(US)", "Smart Wi-Fi Dimmer"],
      [plug, "KS230(US)", ""],
      [plug, "ES20M(US)", ""],
      [plug, "one to come", "Smart Wi-Fi Dimmer"],
    ],
    bulb: [
      [bulb, "KL130(EU)", "Smart Wi-Fi LED Bulb with Color Changing"],
      [bulb, "LB110(US)", ""],
      ["SMART.TAPOBULB", "L530", ""],
    ],
    lightstrip: [
      [bulb, "KL430(US)", ""],
      [bulb, "KL400L5(US)", ""],
      [bulb, "one to come", "Smart Light Strip"],
      ["SMART.TAPOBULB", "L930", ""],
    ],
    camera: [
      ["IOT.IPCAMERA", "KC100", ""],
      ["SMART.IPCAMERA", "C200", ""],
    ],
    other: [
      ["SMART.KASAHUB", "KH100", ""],
      ["IOT.ROUTER", "Archer", "Power Strip in name only"],
      ["", "", ""],
    ],
  })) {
    it(`is ${kind}: ${products.map(([type, model]) => model || type || "one that tells nothing").join(", ")}`, () => {
      const kinds = products.map(
        ([deviceType, deviceModel, deviceName]) => listed({ deviceType, deviceModel, deviceName }).kind,
      );

      assert.deepEqual(kinds, Array(products.length).fill(kind));
    });
  }

  it("is supported by this cloud unless it is one of SMART.*", () => {
    const types = ["IOT.SMARTBULB", "IOT.IPCAMERA", "HOMESMART.PLUG", "SMART.TAPOPLUG", "smart.kasaplug"];

    assert.deepEqual(
      types.map((deviceType) => listed({ deviceType }).supported),
      [true, true, true, false, false],
    );
  });

  it("is online only where the cloud says 1", () => {
    assert.deepEqual(
      [1, "1", 0, 2, undefined].map((status) => listed({ status }).online),
      [true, true, false, false, false],
    );
  });
});

describe("the alias of a Kasa device", () => {
  const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString("base64");

  for (const [what, alias, shown] of [
    ["is read out of base64", base64("Smart Plug (Office)"), "Smart Plug (Office)"],
    ["is read whatever its alphabet", base64("客厅 灯 💡"), "客厅 灯 💡"],
    ["stays as it is where it has blanks", "Kitchen Tapo Plug", "Kitchen Tapo Plug"],
    ["stays as it is where it is no whole base64", "SGVsbG8", "SGVsbG8"],
    ["stays as it is where it is base64 of no text", "Lamp", "Lamp"],
    ["stays as it is where it would be text that cannot be shown", base64("a\u0007b"), base64("a\u0007b")],
    ["stays empty", "", ""],
  ] as const) {
    it(`${what}: ${JSON.stringify(shown)}`, () => {
      assert.equal(listed({ deviceType: "SMART.TAPOPLUG", alias }).alias, shown);
    });
  }
});

describe("the state of a Kasa device", () => {
  it("has no more in it than the device tells", () => {
    assert.deepEqual(stateOf({ relay_state: 1 }, { alias: "Lamp" }), {
      deviceId: "8006",
      alias: "Lamp",
      kind: "plug",
      on: true,
    });
  });

  it("is not spoilt by what is odd beside it", () => {
    const children = [{ id: "00", alias: null, state: 1 }];

    const { alias, outlets, ...rest } = stateOf(
      { children, alias: null, rssi: "-50", led_off: null },
      { alias: "Desk" },
    );

    assert.deepEqual([alias, outlets], ["Desk", [{ id: "800600", alias: "", on: true }]]);
    assert.deepEqual(Object.keys(rest).toSorted(), ["deviceId", "kind", "on"]);
  });

  it("goes by the name that the device gives itself", () => {
    assert.equal(stateOf({ relay_state: 0, alias: "new" }, { alias: "old" }).alias, "new");
  });

  it("tells whether the LED is on, which the device tells the other way round", () => {
    const leds = [0, 1].map((led_off) => stateOf({ relay_state: 1, led_off }).led);

    assert.deepEqual(leds, [true, false]);
  });

  it("goes by the device's own keys, not by what the list took it for", () => {
    const strip = { deviceType: "IOT.SMARTPLUGSWITCH", deviceName: "Power Strip" };
    const kinds = [{ relay_state: 0 }, { relay_state: 0, brightness: 5 }, { light_state: {} }, { children: [] }];

    assert.deepEqual(
      kinds.map((sysinfo) => stateOf(sysinfo, strip).kind),
      ["plug", "dimmer", "bulb", "strip"],
    );
  });

  it("knows a light strip by its length, its effects, or by the list", () => {
    const light = { light_state: { on_off: 1 } };
    const kinds = [
      stateOf({ ...light, length: 16 }).kind,
      stateOf({ ...light, lighting_effect_state: { enable: 0 } }).kind,
      stateOf(light, { deviceType: "IOT.SMARTBULB", deviceModel: "KL430(US)" }).kind,
    ];

    assert.deepEqual(kinds, ["lightstrip", "lightstrip", "lightstrip"]);
  });

  it("names an outlet by the whole id that commands want", () => {
    const children = [
      { id: "00", state: 1, alias: "Fan" },
      { id: "800601", state: 0 },
    ];

    const { on, outlets } = stateOf({ children });

    assert.equal(on, true);
    assert.deepEqual(outlets, [
      { id: "800600", alias: "Fan", on: true },
      { id: "800601", alias: "", on: false },
    ]);
  });

  it("takes a strip for off when none of its outlets is on", () => {
    assert.equal(stateOf({ children: [{ id: "00", state: 0 }, { id: "01" }] }).on, false);
  });

  it("is what a bulb shows now; of one that is off, what it would show", () => {
    const dft_on_state = { brightness: 10, color_temp: 2700 };

    const [on, off] = [
      { on_off: 1, brightness: 80, dft_on_state },
      { on_off: 0, dft_on_state },
    ].map((light_state) => {
      return stateOf({ light_state, is_variable_color_temp: 1 });
    });

    assert.deepEqual([on?.on, on?.brightness], [true, 80]);
    assert.deepEqual([off?.on, off?.brightness, off?.colorTemp], [false, 10, 2700]);
  });

  it("tells no colour of a bulb that has none, and no colour temperature where that is fixed", () => {
    const light_state = { on_off: 1, brightness: 50, hue: 0, saturation: 0, color_temp: 2700 };

    const {
      deviceId: _,
      alias: __,
      kind: ___,
      ...light
    } = stateOf({ light_state, is_color: 0, is_variable_color_temp: 0 });

    assert.deepEqual(light, { on: true, brightness: 50 });
  });

  it("cannot be read of a device that is neither plug nor light", () => {
    assert.throws(() => stateOf({ alias: "Router" }), { code: "unsupported", message: /neither a plug nor a light/ });
  });
});
