import assert from "node:assert/strict";
import { apiOf, payloadOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
import { Plug, Strip } from "../support/simulators/kasa/plugs";

async function setUp(device: object = {}) {
  const { cloud, account } = await kasaCloud();
  const red = await testHelper();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([account, node]);
  const { outlets } = cloud.device(Strip, "Desk");
  const passthroughs = (): number => cloud.calls("passthrough");
  return { red, cloud, outlets, passthroughs, send: (msg: Message = {}) => red.send("device", msg) };
}

describe("kasa-device settings", () => {
  it("default to the command `set`", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });

    const { msg } = await send({ payload: false });

    assert.equal(apiOf(msg)["operation"], "set");
    assert.equal(cloud.device(Plug, "Modem").on, false);
  });

  for (const command of ["", "SET", "switch", "constructor"]) {
    it(`do not accept a command "${command}"`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem", command });

      const { error } = await send({ payload: true });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /set, state, energy, history, countdown, schedule, reboot or raw/);
      assert.equal(passthroughs(), 0);
    });
  }

  for (const command of ["set", "state", "energy", "reboot", "raw"]) {
    it(`are described in "msg.api" for the command ${command}, with its duration`, async () => {
      const { send } = await setUp({ device: "Modem", command });

      const { msg } = await send({ payload: command === "raw" ? { system: { get_sysinfo: {} } } : true });

      const { durationMs, ...rest } = apiOf(msg);
      assert.deepEqual(rest, { platform: "kasa", operation: command, attempts: 1, via: "cloud" });
      assert.equal(typeof durationMs, "number");
    });

    it(`require a device for the command ${command}`, async () => {
      const { send, cloud } = await setUp({ command });

      const { error } = await send({ payload: command === "raw" ? {} : true });

      assert.equal(error?.code, "input");
      assert.equal(cloud.calls("getDeviceList"), 0);
    });
  }

  for (const command of ["set", "state", "energy", "raw"]) {
    it(`reject an unknown outlet for the command ${command}`, async () => {
      const { send, outlets } = await setUp({ device: "Desk", command, outlet: "9" });
      const before = outlets.map(({ on }) => on);

      const { error } = await send({ payload: command === "raw" ? { system: {} } : "toggle" });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /There is no outlet "9"/);
      assert.deepEqual(
        outlets.map(({ on }) => on),
        before,
      );
    });
  }

  it("restrict an energy reading to the outlet that they name", async () => {
    const { send, outlets } = await setUp({ device: "Desk", command: "energy" });
    for (const [index, outlet] of outlets.entries()) {
      outlet.on = true;
      outlet.meter.watts = 10 * index;
    }

    const { msg } = await send({ outlet: 4 });
    const { msg: strip } = await send();

    assert.deepEqual([payloadOf(msg)["powerW"], payloadOf(strip)["powerW"]], [40, 150]);
  });

  it("restrict raw JSON for a strip to the outlet that they name", async () => {
    const { send, outlets } = await setUp({ device: "Desk", command: "raw", outlet: "3" });
    for (const outlet of outlets) outlet.on = false;

    await send({ payload: { system: { set_relay_state: { state: 1 } } } });

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [false, false, false, true, false, false],
    );
  });

  for (const [value, valueType] of [
    ["false", "bool"],
    ["0", "num"],
    ["off", "str"],
    ['{"on":false}', "json"],
    ["requested.state", "msg"],
  ]) {
    it(`override the payload with ${value} of type ${valueType}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem", value, valueType });

      await send({ payload: true, requested: { state: "off" } });

      assert.equal(cloud.device(Plug, "Modem").on, false);
    });
  }

  it("override the device and the outlet of the message", async () => {
    const { send, outlets, cloud } = await setUp({ device: "Desk", outlet: "2", outletType: "str" });
    for (const outlet of outlets) outlet.on = false;

    const { msg } = await send({ device: "Modem", outlet: 5, payload: true });

    assert.equal(payloadOf(msg)["deviceId"], cloud.device(Strip, "Desk").deviceId);
    assert.deepEqual(
      outlets.map(({ on }) => on),
      [false, false, true, false, false, false],
    );
  });
});
