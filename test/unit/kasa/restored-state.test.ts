import assert from "node:assert/strict";
import { parseSetting } from "../../../src/kasa/device-setting";
import type { CloudDevice } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";
import { setUp as setUpControl } from "./control-fixture";

function setUp() {
  const home = setUpControl();
  const put = (name: string, state: unknown, outlet = "") => home.control.set(name, outlet, parseSetting(state), {});
  /** A state as it comes back from a file or over MQTT. */
  const read = async (name: string): Promise<Record<string, unknown>> =>
    JSON.parse(JSON.stringify(await home.control.state(name, "", {}))) as Record<string, unknown>;
  return { ...home, put, read };
}

describe("A state that is put back", () => {
  for (const kind of [Plug, Dimmer, Strip, Bulb, LightStrip]) {
    it(`is taken as it was read: ${kind.name}`, async () => {
      const { deviceOf, put, read } = setUp();
      const { deviceId } = deviceOf<CloudDevice>(kind);
      const { onTimeS: _, ...before } = await read(deviceId);

      const { onTimeS: __, ...after } = await put(deviceId, before);

      assert.deepEqual(after, before);
    });
  }

  it("is the colour of a bulb that shows a colour, without a colour temperature of 0", async () => {
    const { control, deviceOf, put, read } = setUp();
    const bulb = deviceOf(Bulb);
    Object.assign(bulb.light, { hue: 120, saturation: 60, color_temp: 0 });
    const before = await read(bulb.deviceId);
    assert.ok(!("colorTemp" in before));
    await control.set(bulb.deviceId, "", { colorTemp: 3000 }, {});

    const { hue, saturation } = await put(bulb.deviceId, before);

    assert.deepEqual([hue, saturation, bulb.light.color_temp], [120, 60, 0]);
  });

  it("is the colour temperature of a bulb that still tells its last colour", async () => {
    const { deviceOf, put, read } = setUp();
    const bulb = deviceOf(Bulb);
    Object.assign(bulb.light, { hue: 120, saturation: 60, color_temp: 3500 });
    const before = await read(bulb.deviceId);

    assert.equal((await put(bulb.deviceId, before)).colorTemp, 3500);
  });

  it("switches each outlet of a strip, and not all of them because one was on", async () => {
    const { control, deviceOf, put, read } = setUp();
    const { outlets } = deviceOf(Strip);
    for (const [index, outlet] of outlets.entries()) outlet.on = index === 2;
    const before = await read("desk");
    await control.set("desk", "", { on: true }, {});

    await put("desk", before);

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [false, false, true, false, false, false],
    );
  });

  it("switches nothing of a strip that is as it was", async () => {
    const { put, read, sent } = setUp();
    const { led: _, ...before } = await read("desk");

    await put("desk", before);

    assert.ok(sent.every(({ effect }) => effect === "read"));
  });

  it("is that of the outlet that is named, if one is", async () => {
    const { deviceOf, put, read } = setUp();
    const { outlets } = deviceOf(Strip);
    for (const [index, outlet] of outlets.entries()) outlet.on = index === 2;
    const before = await read("desk");
    for (const outlet of outlets) outlet.on = true;

    await put("desk", before, "Printer");

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [true, false, true, true, true, true],
    );
  });

  it("is rejected for outlets of another strip", async () => {
    const { put, read, sent } = setUp();
    const before = await read("desk");

    await assert.rejects(put("desk", { ...before, outlets: [{ id: "800600", on: true }] }), { code: "input" });
    assert.ok(sent.every(({ effect }) => effect === "read"));
  });

  it("loses what another device does not have, but not all of it", async () => {
    const { deviceOf, put, read, set } = setUp();
    const ofBulb = await read(deviceOf(Bulb).deviceId);
    await set("modem", { on: true });

    assert.equal((await put("modem", { ...ofBulb, on: false })).on, false);
    await assert.rejects(put("modem", { deviceId: "8006", brightness: 40 }), { code: "unsupported" });
  });
});
