import assert from "node:assert/strict";
import { apiOf, payloadOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
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

    const { rssi, ...state } = payloadOf(msg);
    assert.equal(typeof rssi, "number");
    assert.deepEqual(state, { deviceId, alias: "Modem", kind: "plug", on: true, led: true });
    const { durationMs, ...rest } = apiOf(msg);
    assert.equal(typeof durationMs, "number");
    assert.deepEqual(rest, { platform: "kasa", operation: "set", attempts: 1 });
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

  it("needs two requests for the first setting of a device, and one for each later one", async () => {
    const { send, passthroughs } = await setUp({ device: "Modem" });

    await send({ payload: true });
    assert.equal(passthroughs(), 2);
    await send({ payload: false });

    assert.equal(passthroughs(), 3);
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

  it("switches one outlet of a strip, by number, alias or id", async () => {
    const { send, cloud } = await setUp({ device: "Desk" });
    const { outlets } = cloud.device(Strip, "Desk");
    for (const outlet of outlets) outlet.on = false;

    await send({ outlet: 4, payload: true });
    await send({ outlet: "printer", payload: true });
    const { msg } = await send({ outlet: outlets[5]?.id, payload: true });

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [false, true, false, false, true, true],
    );
    assert.equal((payloadOf(msg)["outlets"] as unknown[]).length, 6);
  });

  it("switches all outlets of a strip if no outlet is named", async () => {
    const { send, cloud } = await setUp({ device: "Desk" });

    await send({ payload: false });

    assert.ok(cloud.device(Strip, "Desk").outlets.every(({ on }) => !on));
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
