import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type Message } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { Bulb, LightStrip } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";
import { answer, api } from "./kasa-fixture";

async function setUp(device: object = {}, account: object = {}) {
  const known = await kasaCloud(account);
  const red = await nodeRed();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([known.account, node]);
  const { cloud } = known;
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
      assert.equal(answer(msg)["on"], true);
      assert.equal(msg?.["topic"], "kept");
    });
  }

  for (const value of [false, 0, "off", { on: false }]) {
    it(`switches a plug off for ${JSON.stringify(value)}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem" });
      cloud.device(Plug, "Modem").on = true;

      const { msg } = await send({ payload: value });

      assert.equal(cloud.device(Plug, "Modem").on, false);
      assert.equal(answer(msg)["on"], false);
    });
  }

  it("tells what was done, and how", async () => {
    const { send, cloud } = await setUp({ device: "modem" });
    const { deviceId } = cloud.device(Plug, "Modem");

    const { msg } = await send({ payload: true });

    const { rssi, ...state } = answer(msg);
    assert.equal(typeof rssi, "number");
    assert.deepEqual(state, { deviceId, alias: "Modem", kind: "plug", on: true, led: true });
    const { durationMs, ...rest } = api(msg);
    assert.equal(typeof durationMs, "number");
    assert.deepEqual(rest, { platform: "kasa", operation: "set", attempts: 1 });
  });

  it("finds a device by its id, and by an alias in the message", async () => {
    const { send, cloud } = await setUp();
    const { deviceId } = cloud.device(Plug, "Modem");

    const byId = await send({ device: deviceId.toLowerCase(), payload: true });
    const byAlias = await send({ device: "MODEM", payload: false });

    assert.equal(answer(byId.msg)["deviceId"], deviceId);
    assert.equal(answer(byAlias.msg)["deviceId"], deviceId);
  });

  it("asks for the list once, and again at most once a minute for a name that is not there", async () => {
    const { send, cloud } = await setUp();

    await send({ device: "Modem", payload: true });
    const first = await send({ device: "Nowhere", payload: true });
    const second = await send({ device: "Nowhere", payload: true });

    assert.equal(first.error?.code, "not-found");
    assert.equal(second.error?.code, "not-found");
    assert.equal(cloud.calls("getDeviceList"), 1);
  });

  it("switches what was on off and what was off on, for toggle", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    const modem = cloud.device(Plug, "Modem");
    modem.on = true;

    await send({ payload: "toggle" });
    assert.equal(modem.on, false);
    // Somebody presses the button of the plug meanwhile.
    modem.on = true;
    await send({ payload: "toggle" });

    assert.equal(modem.on, false);
  });

  it("needs two requests for the first setting of a device, and one for each that follows", async () => {
    const { send, passthroughs } = await setUp({ device: "Modem" });

    await send({ payload: true });
    assert.equal(passthroughs(), 2);
    await send({ payload: false });

    assert.equal(passthroughs(), 3);
  });

  it("dims a wall switch while switching it on", async () => {
    const { send, cloud } = await setUp({ device: "<b>Porch</b>" });
    cloud.device(Dimmer, "<b>Porch</b>").on = false;

    const { msg } = await send({ payload: { on: true, brightness: 40 } });

    assert.deepEqual([answer(msg)["on"], answer(msg)["brightness"]], [true, 40]);
    assert.equal(cloud.device(Dimmer, "<b>Porch</b>").brightness, 40);
  });

  it("gives a light strip a colour through its own module", async () => {
    const { send, cloud } = await setUp({ device: "Shelf" });

    const { msg, error } = await send({ payload: { hue: 240, saturation: 100, brightness: 50, transitionMs: 500 } });

    assert.equal(error, undefined);
    assert.deepEqual([answer(msg)["hue"], answer(msg)["saturation"], answer(msg)["on"]], [240, 100, true]);
    assert.equal(cloud.device(LightStrip, "Shelf").light.hue, 240);
  });

  it("asks for the id where several devices have the alias, and switches none", async () => {
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
    assert.equal((answer(msg)["outlets"] as unknown[]).length, 6);
  });

  it("switches all outlets of a strip that is named without one", async () => {
    const { send, cloud } = await setUp({ device: "Desk" });

    await send({ payload: false });

    assert.ok(cloud.device(Strip, "Desk").outlets.every(({ on }) => !on));
  });

  it("puts the little light out", async () => {
    const { send } = await setUp({ device: "Modem" });

    const { msg } = await send({ payload: { led: false } });

    assert.equal(answer(msg)["led"], false);
  });

  for (const [device, outlet] of [
    ["Modem", ""],
    ["Freezer", ""],
    ["Desk", "Lamp"],
    ["Desk", ""],
    ["Shelf", ""],
  ] as const) {
    it(`measures ${device} ${outlet}, whichever units its firmware has`, async () => {
      const { send, cloud } = await setUp({ device, outlet, command: "energy" });
      for (const one of cloud.devices) one.online = true;

      const { msg, error } = await send();

      assert.equal(error, undefined);
      const { powerW, voltageV } = answer(msg);
      assert.ok(typeof powerW === "number" && powerW >= 0 && powerW < 5000);
      if (voltageV !== undefined) assert.ok(Number(voltageV) > 90 && Number(voltageV) < 260);
    });
  }

  it("hands a device its own JSON, and hands back its own answer", async () => {
    const { send } = await setUp({
      device: "Modem",
      command: "raw",
      value: '{"system":{"nonsense":{}}}',
      valueType: "json",
    });

    const { msg } = await send();

    assert.equal((answer(msg)["system"] as { nonsense: { err_code: number } }).nonsense.err_code, -2);
  });

  it("restarts a device", async () => {
    const { send, cloud } = await setUp({ device: "Modem", command: "reboot" });

    const { error } = await send();

    assert.equal(error, undefined);
    assert.ok(JSON.stringify(cloud.device(Plug, "Modem").commands).includes('"reboot"'));
  });

  it("restarts no strip because of one outlet", async () => {
    const { send, passthroughs } = await setUp({ device: "Desk", outlet: "Lamp", command: "reboot" });

    const { error } = await send();

    assert.equal(error?.code, "input");
    assert.equal(passthroughs(), 0);
  });

  for (const answered of [{}, { system: {} }, { system: { get_sysinfo: { relay_state: 0 } } }]) {
    it(`does not call a setting done to which the device answers ${JSON.stringify(answered)}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem" });
      await send({ payload: false });
      const body = { error_code: 0, result: { responseData: JSON.stringify(answered) } };
      cloud.server.injectFault({ kind: "response", body }, { when: (asked) => asked.body.includes("set_relay_state") });

      const { error } = await send({ payload: true });

      assert.equal(error?.code, "protocol");
    });
  }

  for (const [payload, code] of [
    [{ on: true, brightness: 900 }, "input"],
    [{ brightness: 0 }, "input"],
    [{ brightness: "40" }, "input"],
    [{ hue: 361 }, "input"],
    [{ hue: 10, colorTemp: 3000 }, "input"],
    [{ shine: true }, "input"],
    [{}, "input"],
    ["maybe", "input"],
    [2, "input"],
    [[], "input"],
    [undefined, "input"],
    [{ hue: 120 }, "unsupported"],
    [{ colorTemp: 3000 }, "unsupported"],
  ] as const) {
    it(`refuses ${JSON.stringify(payload)} for a plug with "${code}", and asks it nothing`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem" });

      const { error } = await send({ payload });

      assert.equal(error?.code, code);
      assert.equal(passthroughs(), 0);
    });
  }

  it("names the outlets there are, and switches none, for one that is not there", async () => {
    const { send, cloud } = await setUp({ device: "Desk", outlet: "Toaster" });

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "input");
    assert.match(error?.message ?? "", /5 "Fan"/);
    assert.ok(!JSON.stringify(cloud.device(Strip, "Desk").commands).includes("set_relay_state"));
  });

  it("says that a Tapo device cannot be driven here, and what can", async () => {
    const { send, passthroughs } = await setUp({ device: "Heater" });

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "unsupported");
    assert.match(error?.message ?? "", /Tapo/);
    assert.equal(passthroughs(), 0);
  });

  it("says that a device is offline", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    cloud.device(Plug, "Modem").online = false;

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "offline");
    assert.equal(error?.cause["retryable"], true);
    assert.equal(error?.cause["vendorCode"], -20571);
  });

  it("tells a device's own refusal", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    cloud.device(Plug, "Modem").failWith = -3;

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "rejected");
    assert.equal(error?.cause["vendorCode"], -3);
  });

  for (const command of ["set_server_url", "unbind", "reset"]) {
    it(`never passes ${command} on`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem", command: "raw" });

      const { error } = await send({ payload: { cnCloud: { [command]: {} } } });

      assert.equal(error?.code, "input");
      assert.equal(passthroughs(), 0);
    });
  }

  for (const fault of [{ kind: "reset" }, { kind: "cut" }, { kind: "hang" }] as const) {
    it(`sends a setting once although its answer is lost (${fault.kind})`, async () => {
      const { send, cloud, passthroughs } = await setUp({ device: "Modem" }, { timeout: 0.5 });
      await send({ payload: true });
      const before = passthroughs();
      cloud.server.injectFault(fault, { when: ({ body }) => body.includes("set_relay_state") });

      const { error } = await send({ payload: false });

      assert.match(error?.code ?? "", /network|timeout/);
      assert.equal(passthroughs(), before + 1);
    });
  }

  it("sends a setting once more after a spent token, because nothing was done", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    await send({ payload: true });
    cloud.expireTokens();

    const { msg } = await send({ payload: false });

    assert.equal(api(msg)["attempts"], 2);
    assert.equal(cloud.device(Plug, "Modem").on, false);
  });

  it("leaves out where a device stands", async () => {
    const { send } = await setUp({ device: "Modem", command: "state" });

    const { msg } = await send();

    assert.doesNotMatch(JSON.stringify(answer(msg)), /latitude|longitude/);
  });
});
