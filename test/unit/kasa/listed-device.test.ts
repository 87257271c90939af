import assert from "node:assert/strict";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { Device } from "../../../src/kasa/device";
import type { Json } from "../../support/simulators/kasa/firmware";

const parse = (fields: Json): Device => parseListedDevice(ListedDevice.parse({ deviceId: "8006", ...fields }));

describe("The kind of a listed device", () => {
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
      [plug, "unknown", "Smart Wi-Fi Plug, 2-Outlets"],
      ["SMART.TAPOPLUG", "P300", ""],
    ],
    dimmer: [
      [plug, "HS220(US)", "Smart Wi-Fi Dimmer"],
      [plug, "KS230(US)", ""],
      [plug, "ES20M(US)", ""],
      ["SMART.TAPOSWITCH", "S515D(US)", ""],
      ["SMART.TAPOPLUG", "P135(US)", ""],
      [plug, "unknown", "Smart Wi-Fi Dimmer"],
    ],
    bulb: [
      [bulb, "KL130(EU)", "Smart Wi-Fi LED Bulb with Color Changing"],
      [bulb, "LB110(US)", ""],
      ["SMART.TAPOBULB", "L530", ""],
    ],
    lightstrip: [
      [bulb, "KL430(US)", ""],
      [bulb, "KL400L5(US)", ""],
      [bulb, "unknown", "Smart Light Strip"],
      ["SMART.TAPOBULB", "L930", ""],
    ],
    camera: [
      ["IOT.IPCAMERA", "KC100", ""],
      ["SMART.IPCAMERA", "C200", ""],
      ["SMART.TAPODOORBELL", "D130", ""],
    ],
    hub: [
      ["SMART.KASAHUB", "KH100", ""],
      ["SMART.TAPOHUB", "H100", ""],
    ],
    sensor: [
      ["SMART.TAPOSENSOR", "T110", ""],
      ["SMART.KASAENERGY", "KE100", ""],
    ],
    other: [
      ["SMART.TAPOLOCK", "DL110", ""],
      ["IOT.ROUTER", "Archer", "Power Strip in name only"],
      ["", "", ""],
    ],
  })) {
    it(`is ${kind}: ${products.map(([type, model]) => model || type || "a device without a type and a model").join(", ")}`, () => {
      const kinds = products.map(
        ([deviceType, deviceModel, deviceName]) => parse({ deviceType, deviceModel, deviceName }).kind,
      );

      assert.deepEqual(kinds, Array(products.length).fill(kind));
    });
  }
});

describe("A listed device", () => {
  it("is supported unless its type begins with SMART., or is that of a range extender", () => {
    const types = [
      "IOT.SMARTBULB",
      "IOT.IPCAMERA",
      "HOMESMART.PLUG",
      "SMART.TAPOPLUG",
      "smart.kasaplug",
      "IOT.RANGEEXTENDER.SMARTPLUG",
    ];

    assert.deepEqual(
      types.map((deviceType) => parse({ deviceType }).supported),
      [true, true, true, false, false, false],
    );
  });

  it("is online only if its status is 1", () => {
    assert.deepEqual(
      [1, "1", 0, 2, undefined].map((status) => parse({ status }).online),
      [true, true, false, false, false],
    );
  });
});

describe("The alias of a listed device", () => {
  const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString("base64");

  for (const [behaviour, alias, expected] of [
    ["is decoded from base64", base64("Smart Plug (Office)"), "Smart Plug (Office)"],
    ["is decoded from base64 in any script", base64("客厅 灯 💡"), "客厅 灯 💡"],
    ["stays as it is if it contains spaces", "Kitchen Tapo Plug", "Kitchen Tapo Plug"],
    ["stays as it is if its base64 is incomplete", "SGVsbG8", "SGVsbG8"],
    ["stays as it is if its bytes are not text", "Lamp", "Lamp"],
    ["stays as it is if its text contains control characters", base64("a\u0007b"), base64("a\u0007b")],
    ["stays empty", "", ""],
  ] as const) {
    it(`${behaviour}: ${JSON.stringify(expected)}`, () => {
      assert.equal(parse({ deviceType: "SMART.TAPOPLUG", alias }).alias, expected);
    });
  }
});
