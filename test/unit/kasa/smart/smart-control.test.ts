import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import { smartBulb, smartMeterPlug, smartPlug } from "../../../support/simulators/kasa-local/smart/products";
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

    assert.match(message, /This plug has no brightness\. It has: on, led\./);
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
