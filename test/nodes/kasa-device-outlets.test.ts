import assert from "node:assert/strict";
import { payloadOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
import { Strip } from "../support/simulators/kasa/plugs";

async function setUp(device: object = {}, settings: object = {}) {
  const { cloud, account } = await kasaCloud(settings);
  const red = await testHelper();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([account, node]);
  const passthroughs = (): number => cloud.calls("passthrough");
  return { red, cloud, passthroughs, send: (msg: Message = {}) => red.send("device", msg) };
}

describe("kasa-device with the outlets of a strip", () => {
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
});
