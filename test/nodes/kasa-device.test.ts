import assert from "node:assert/strict";
import { apiOf, payloadOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
import type { Json } from "../support/simulators/kasa/firmware";
import { Bulb, LightStrip } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";

async function setUp(device: object = {}, settings: object = {}) {
  const { cloud, account } = await kasaCloud(settings);
  const red = await testHelper();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([account, node]);
  const passthroughs = (): number => cloud.calls("passthrough");
  return { red, cloud, passthroughs, send: (msg: Message = {}) => red.send("device", msg) };
}

describe("kasa-device", () => {
  for (const value of [true, 1, "on", "ON", { on: true }, { on: "on" }]) {
    it(`switches a plug on for ${JSON.stringify(value)}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem" });
      cloud.device(Plug, "Modem").on = false;

      const { msg, error } = await send({ topic: "kept", payload: value });

      assert.equal(error, undefined);
      assert.equal(cloud.device(Plug, "Modem").on, true);
      assert.equal(payloadOf(msg)["on"], true);
      assert.equal(msg?.["topic"], "kept");
    });
  }

  for (const value of [false, 0, "off", { on: false }]) {
    it(`switches a plug off for ${JSON.stringify(value)}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem" });
      cloud.device(Plug, "Modem").on = true;

      const { msg } = await send({ payload: value });

      assert.equal(cloud.device(Plug, "Modem").on, false);
      assert.equal(payloadOf(msg)["on"], false);
    });
  }

  it("returns the new state, and describes the call in `msg.api`", async () => {
    const { send, cloud } = await setUp({ device: "modem" });
    const { deviceId } = cloud.device(Plug, "Modem");

    const { msg } = await send({ payload: true });

    const { rssi, onTimeS, ...state } = payloadOf(msg);
    assert.equal(typeof rssi, "number");
    assert.ok(Number(onTimeS) >= 0 && Number(onTimeS) < 60, String(onTimeS));
    assert.deepEqual(state, { deviceId, alias: "Modem", kind: "plug", on: true, led: true });
    const { durationMs, ...rest } = apiOf(msg);
    assert.equal(typeof durationMs, "number");
    assert.deepEqual(rest, { platform: "kasa", operation: "set", attempts: 1, via: "cloud" });
  });

  it("finds a device by its id or its alias, in any case", async () => {
    const { send, cloud } = await setUp();
    const { deviceId } = cloud.device(Plug, "Modem");

    const byId = await send({ device: deviceId.toLowerCase(), payload: true });
    const byAlias = await send({ device: "MODEM", payload: false });

    assert.equal(payloadOf(byId.msg)["deviceId"], deviceId);
    assert.equal(payloadOf(byAlias.msg)["deviceId"], deviceId);
  });

  it("fetches the device list once, and again at most once a minute for an unknown name", async () => {
    const { send, cloud } = await setUp();

    await send({ device: "Modem", payload: true });
    const first = await send({ device: "Nowhere", payload: true });
    const second = await send({ device: "Nowhere", payload: true });

    assert.equal(first.error?.code, "not-found");
    assert.equal(second.error?.code, "not-found");
    assert.equal(cloud.calls("getDeviceList"), 1);
  });

  it("toggles the state that the device has at that moment", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    const modem = cloud.device(Plug, "Modem");
    modem.on = true;

    await send({ payload: "toggle" });
    assert.equal(modem.on, false);
    // Someone presses the button of the plug in between.
    modem.on = true;
    await send({ payload: "toggle" });

    assert.equal(modem.on, false);
  });

  it("needs two requests for a setting of a device by its alias, and by its id one after the first", async () => {
    const { send, passthroughs, cloud } = await setUp();
    const { deviceId } = cloud.device(Plug, "Modem");

    await send({ device: "Modem", payload: true });
    assert.equal(passthroughs(), 2);
    await send({ device: deviceId, payload: false });
    assert.equal(passthroughs(), 3);
    await send({ device: "Modem", payload: true });

    assert.equal(passthroughs(), 5);
  });

  it("ends at the last value of a slider, and tells which messages were overtaken", async () => {
    const { red, send, cloud } = await setUp({ device: "Shelf" });
    await send({ payload: { effect: null } });
    red.forget();

    for (const brightness of [10, 20, 30, 40])
      red.inject("device", { topic: `${brightness}`, payload: { brightness } });
    await red.until(() => red.sent("device").length === 4);

    const results = red.sent("device").map((msg) => [msg["topic"], payloadOf(msg)["brightness"], apiOf(msg)["merged"]]);
    assert.deepEqual(results.toSorted(), [
      ["10", 10, undefined],
      ["20", 40, true],
      ["30", 40, true],
      ["40", 40, undefined],
    ]);
    assert.equal(cloud.device(LightStrip, "Shelf").light.brightness, 40);
  });

  it("says below the node what is: on, off, or the power", async () => {
    const { red, send } = await setUp({ device: "Modem" });
    const text = (): unknown => red.statuses("device").at(-1)?.text;
    await send({ payload: true });
    assert.equal(text(), "kasa-device.status.on");
    await send({ payload: false });
    assert.equal(text(), "kasa-device.status.off");
    // One outlet of a strip may be off while others are on.
    const strip = await setUp({ device: "Desk", outlet: "Printer" });
    for (const outlet of strip.cloud.device(Strip, "Desk").outlets) outlet.on = true;
    await strip.send({ payload: false });
    assert.equal(strip.red.statuses("device").at(-1)?.text, "kasa-device.status.off");
  });

  it("says below the node how much power a device draws", async () => {
    const { red, send, cloud } = await setUp({ device: "Modem", command: "energy" });
    const { meter } = cloud.device(Plug, "Modem");
    assert.ok(meter);
    meter.watts = 46.84;

    await send();

    assert.equal(red.statuses("device").at(-1)?.text, "46.8 W");
  });

  it("counts every toggle", async () => {
    const { red, cloud } = await setUp({ device: "Modem" });
    cloud.device(Plug, "Modem").on = false;

    for (let count = 0; count < 3; count++) red.inject("device", { payload: "toggle" });
    await red.until(() => red.sent("device").length === 3);

    const states = red.sent("device").map((msg) => payloadOf(msg)["on"]);
    assert.deepEqual(states, [true, false, true]);
  });

  it("puts back what it has read", async () => {
    const { send, cloud } = await setUp({ device: "Shelf" });
    const { msg: before } = await send({ payload: true });
    await send({ payload: { colorTemp: 4000 } });
    assert.equal(cloud.device(LightStrip, "Shelf").effect.enable, 0);

    const { msg, error } = await send({ payload: before?.payload });

    assert.equal(error, undefined);
    const shown = ({ on, effect, brightness }: Json): unknown[] => [on, effect, brightness];
    assert.deepEqual(shown(payloadOf(msg)), shown(payloadOf(before)));
  });

  it("sets the brightness of a wall dimmer while switching it on", async () => {
    const { send, cloud } = await setUp({ device: "<b>Porch</b>" });
    cloud.device(Dimmer, "<b>Porch</b>").on = false;

    const { msg } = await send({ payload: { on: true, brightness: 40 } });

    assert.deepEqual([payloadOf(msg)["on"], payloadOf(msg)["brightness"]], [true, 40]);
    assert.equal(cloud.device(Dimmer, "<b>Porch</b>").brightness, 40);
  });

  it("sets the colour of a light strip through its own module", async () => {
    const { send, cloud } = await setUp({ device: "Shelf" });

    const { msg, error } = await send({ payload: { hue: 240, saturation: 100, brightness: 50, transitionMs: 500 } });

    assert.equal(error, undefined);
    assert.deepEqual([payloadOf(msg)["hue"], payloadOf(msg)["saturation"], payloadOf(msg)["on"]], [240, 100, true]);
    assert.equal(cloud.device(LightStrip, "Shelf").light.hue, 240);
  });

  it("asks for the id if several devices have the alias, and switches none", async () => {
    const { send, cloud, passthroughs } = await setUp({ device: "HALL LAMP" });
    const ids = cloud.devices
      .filter((one) => one instanceof Bulb && !(one instanceof LightStrip))
      .map(({ deviceId }) => deviceId);

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "input");
    for (const id of ids) assert.ok(error?.message.includes(id));
    assert.equal(passthroughs(), 0);
  });

  it("switches the LED of a plug off", async () => {
    const { send } = await setUp({ device: "Modem" });

    const { msg } = await send({ payload: { led: false } });

    assert.equal(payloadOf(msg)["led"], false);
  });

  for (const [device, outlet] of [
    ["Modem", ""],
    ["Freezer", ""],
    ["Desk", "Lamp"],
    ["Desk", ""],
    ["Shelf", ""],
  ] as const) {
    it(`reads the energy of ${device} ${outlet}, whichever units its firmware uses`, async () => {
      const { send, cloud } = await setUp({ device, outlet, command: "energy" });
      for (const one of cloud.devices) one.online = true;

      const { msg, error } = await send();

      assert.equal(error, undefined);
      const { powerW, voltageV } = payloadOf(msg);
      assert.ok(typeof powerW === "number" && powerW >= 0 && powerW < 5000);
      if (voltageV !== undefined) assert.ok(Number(voltageV) > 90 && Number(voltageV) < 260);
    });
  }

  it("sends raw JSON to a device, and returns the device's response", async () => {
    const { send } = await setUp({
      device: "Modem",
      command: "raw",
      value: '{"system":{"nonsense":{}}}',
      valueType: "json",
    });

    const { msg } = await send();

    assert.equal((payloadOf(msg)["system"] as { nonsense: { err_code: number } }).nonsense.err_code, -2);
  });

  it("restarts a device", async () => {
    const { send, cloud } = await setUp({ device: "Modem", command: "reboot" });

    const { error } = await send();

    assert.equal(error, undefined);
    assert.ok(JSON.stringify(cloud.device(Plug, "Modem").commands).includes('"reboot"'));
  });

  it("refuses to restart a strip for one of its outlets", async () => {
    const { send, passthroughs } = await setUp({ device: "Desk", outlet: "Lamp", command: "reboot" });

    const { error } = await send();

    assert.equal(error?.code, "input");
    assert.equal(passthroughs(), 0);
  });

  it("sends a setting again after an expired token, because the first request had no effect", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    await send({ payload: true });
    cloud.expireTokens();

    const { msg } = await send({ payload: false });

    assert.equal(apiOf(msg)["attempts"], 2);
    assert.equal(cloud.device(Plug, "Modem").on, false);
  });

  it("omits a device's coordinates", async () => {
    const { send } = await setUp({ device: "Modem", command: "state" });

    const { msg } = await send();

    assert.doesNotMatch(JSON.stringify(payloadOf(msg)), /latitude|longitude/);
  });
});
