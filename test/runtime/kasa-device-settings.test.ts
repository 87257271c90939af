import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type Message } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { Plug, Strip } from "../support/simulators/kasa/plugs";
import { answer, api } from "./kasa-fixture";

async function setUp(device: object = {}) {
  const { cloud, account } = await kasaCloud();
  const red = await nodeRed();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([account, node]);
  const { outlets } = cloud.device(Strip, "Desk");
  const passthroughs = (): number => cloud.calls("passthrough");
  return { red, cloud, outlets, passthroughs, send: (msg: Message = {}) => red.send("device", msg) };
}

describe("the settings of kasa-device", () => {
  it("set, where no command was saved", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });

    const { msg } = await send({ payload: false });

    assert.equal(api(msg)["operation"], "set");
    assert.equal(cloud.device(Plug, "Modem").on, false);
  });

  for (const command of ["", "SET", "switch", "constructor"]) {
    it(`know no command "${command}"`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem", command });

      const { error } = await send({ payload: true });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /set, state, energy, reboot or raw/);
      assert.equal(passthroughs(), 0);
    });
  }

  for (const command of ["set", "state", "energy", "reboot", "raw"]) {
    it(`tell of ${command} what it was, and how long it took`, async () => {
      const { send } = await setUp({ device: "Modem", command });

      const { msg } = await send({ payload: command === "raw" ? { system: { get_sysinfo: {} } } : true });

      const { durationMs, ...rest } = api(msg);
      assert.deepEqual(rest, { platform: "kasa", operation: command, attempts: 1 });
      assert.equal(typeof durationMs, "number");
    });

    it(`want a device for ${command}`, async () => {
      const { send, cloud } = await setUp({ command });

      const { error } = await send({ payload: command === "raw" ? {} : true });

      assert.equal(error?.code, "input");
      assert.equal(cloud.calls("getDeviceList"), 0);
    });
  }

  for (const command of ["set", "state", "energy", "raw"]) {
    it(`refuse an outlet that is not there, for ${command} too`, async () => {
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

  it("measure the outlet that is named, and no other", async () => {
    const { send, outlets } = await setUp({ device: "Desk", command: "energy" });
    for (const [index, outlet] of outlets.entries()) {
      outlet.on = true;
      outlet.meter.watts = 10 * index;
    }

    const { msg } = await send({ outlet: 4 });
    const { msg: whole } = await send();

    assert.deepEqual([answer(msg)["powerW"], answer(whole)["powerW"]], [40, 150]);
  });

  it("hand a strip's own JSON to the outlet that is named, and to no other", async () => {
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
    ["wanted.state", "msg"],
  ]) {
    it(`win over the payload: ${value} as ${valueType}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem", value, valueType });

      await send({ payload: true, wanted: { state: "off" } });

      assert.equal(cloud.device(Plug, "Modem").on, false);
    });
  }

  it("win over what the message names", async () => {
    const { send, outlets, cloud } = await setUp({ device: "Desk", outlet: "2", outletType: "str" });
    for (const outlet of outlets) outlet.on = false;

    const { msg } = await send({ device: "Modem", outlet: 5, payload: true });

    assert.equal(answer(msg)["deviceId"], cloud.device(Strip, "Desk").deviceId);
    assert.deepEqual(
      outlets.map(({ on }) => on),
      [false, false, true, false, false, false],
    );
  });
});
