import assert from "node:assert/strict";
import { parseSetting } from "../../../src/kasa/device-setting";
import { CloudDevice, describeProduct } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, RangeExtender, Strip } from "../../support/simulators/kasa/plugs";
import { setUp as setUpClient } from "./client-fixture";
import { setUp } from "./control-fixture";
import { setUp as setUpSource, summarize } from "./source-fixture";

describe("The colour temperatures of a light", () => {
  for (const [model, range] of [
    ["LB120(US)", [2700, 6500]],
    ["LB130(EU)", [2500, 9000]],
    ["LB230(E26)", [2500, 9000]],
    ["KB130(US)", [2500, 9000]],
    ["KL120(EU)", [2700, 6500]],
    ["KL120(US)", [2700, 5000]],
    ["KL125(US)", [2500, 6500]],
    ["KL130(UN)", [2500, 9000]],
    ["KL135(US)", [2500, 9000]],
    ["KL400L5(US)", [2500, 9000]],
    ["KL430(US)", [2500, 9000]],
  ] as const) {
    it(`are told in its state, and checked before anything is sent: ${model}`, async () => {
      const [lowest, highest] = range;
      const kind = model.startsWith("KL4") ? LightStrip : Bulb;
      const bulb = new kind(describeProduct("IOT.SMARTBULB", model, "", "1.0"), "Bulb", {
        kelvin: [lowest, highest],
        colour: true,
      });
      const { control, sent, set } = setUp([bulb]);
      const { colorTempRange } = await control.state("bulb", "", {});

      for (const colorTemp of [lowest - 1, highest + 1]) {
        await assert.rejects(set("bulb", { colorTemp }), {
          code: "input",
          message: `"value.colorTemp" must be from ${lowest} to ${highest} for this light (${model}).`,
        });
      }
      assert.deepEqual(colorTempRange, range);
      assert.ok(sent.every(({ effect }) => effect === "read"));
      assert.equal((await set("bulb", { colorTemp: lowest })).colorTemp, lowest);
      assert.equal((await set("bulb", { colorTemp: highest })).colorTemp, highest);
    });
  }

  it("are left to the light itself if its model is not known, and its own words are passed on", async () => {
    const bulb = new Bulb(describeProduct("IOT.SMARTBULB", "KX999(US)", "Bulb", "1.0"), "Bulb", {
      kelvin: [2700, 5000],
      colour: false,
    });
    const { control, set } = setUp([bulb]);

    assert.ok(!("colorTempRange" in (await control.state("bulb", "", {}))));
    await assert.rejects(set("bulb", { colorTemp: 6500 }), {
      code: "rejected",
      message: "The device declined: Invalid input argument. (-10000)",
      details: { vendorCode: -10_000, vendorMessage: "Invalid input argument" },
    });
  });
});

describe("A brightness of 0", () => {
  for (const kind of [Dimmer, Bulb]) {
    for (const value of [{ brightness: 0 }, { brightness: "0" }, { on: true, brightness: 0 }]) {
      it(`switches off: ${kind.name}, ${JSON.stringify(value)}`, async () => {
        const { control, deviceOf } = setUp();
        const device = deviceOf<Dimmer | Bulb>(kind);
        device.on = true;
        const before = (await control.state(device.deviceId, "", {})).brightness;

        const { on, brightness } = await control.set(device.deviceId, "", parseSetting(value), {});

        assert.deepEqual([on, device.on, brightness], [false, false, before]);
      });
    }
  }

  it("fades a dimmer out", async () => {
    const { deviceOf, set } = setUp();
    deviceOf(Dimmer).on = true;

    await set("<b>Porch</b>", { brightness: 0, transitionMs: 500 });

    assert.equal(deviceOf(Dimmer).on, false);
  });

  it("is nothing that a plug or an outlet has", async () => {
    const { deviceOf, set } = setUp();
    deviceOf(Plug).on = true;
    for (const outlet of deviceOf(Strip).outlets) outlet.on = true;

    await assert.rejects(set("modem", { brightness: 0 }), { code: "unsupported" });
    await assert.rejects(set("desk", { brightness: 0 }, "1"), { code: "unsupported" });
    assert.ok(deviceOf(Plug).on && deviceOf(Strip).outlets.every(({ on }) => on));
  });
});

describe("The plug of a range extender", () => {
  const RE270K = describeProduct("IOT.RANGEEXTENDER.SMARTPLUG", "RE270K(US)", "Range Extender with Plug", "1.0");

  it("is read, and listed as one that cannot be controlled", async () => {
    const { cloud, client } = await setUpClient();
    cloud.devices.push(new RangeExtender(RE270K, "Attic"));

    const state = await client.control.state("attic", "", {});
    const listed = (await client.devicesWithState()).find(({ alias }) => alias === "Attic");

    assert.deepEqual([state.kind, state.on], ["plug", true]);
    assert.deepEqual([listed?.supported, listed?.kind, listed?.state?.on], [false, "plug", true]);
  });

  it("is not switched", async () => {
    const extender = new RangeExtender(RE270K, "Attic");
    const { set, sent } = setUp([extender]);

    for (const on of [true, false, "toggle"] as const)
      await assert.rejects(set("attic", { on }), { code: "unsupported", message: /can only be read/ });
    assert.ok(sent.every(({ effect }) => effect === "read"));
  });

  it("is polled", async () => {
    const { cloud, poll } = await setUpSource();
    const extender = new RangeExtender(RE270K, "Attic");
    cloud.devices.push(extender);
    await poll("Attic");
    extender.on = false;

    assert.deepEqual(summarize(await poll("Attic")), ["off Attic"]);
  });
});

describe("A device that the cloud lists but does not reach", () => {
  for (const [type, words] of [
    ["SMART.TAPOPLUG", "a Tapo device (SMART.TAPOPLUG)"],
    ["SMART.KASASWITCH", "a newer Kasa device (SMART.KASASWITCH)"],
    ["SMART.KASAHUB", "a newer Kasa device (SMART.KASAHUB)"],
  ] as const) {
    it(`is named as what it is: ${type}`, async () => {
      const { control } = setUp([new CloudDevice(describeProduct(type, "X", "", "1.0"), "Hall")]);

      await assert.rejects(control.state("hall", "", {}), (error: Error) =>
        error.message.startsWith(`This is ${words}:`),
      );
    });
  }
});

describe("The time that a relay has been on", () => {
  it("is told in the state of a plug, and not in that of a strip", async () => {
    const { control, deviceOf } = setUp();
    deviceOf(Plug).on = true;

    assert.equal((await control.state("modem", "", {})).onTimeS, 0);
    assert.ok(!("onTimeS" in (await control.state("desk", "", {}))));
  });
});
