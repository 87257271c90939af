import assert from "node:assert/strict";
import type { FlowNode, Message } from "../support/harness/flow-runner";
import { apiOf, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { until } from "../support/http-fixture";
import { closeAfterTest } from "../support/mocha-hooks";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { createNeighbourhood } from "../support/simulators/kasa-local/neighbourhood";
import { Plug } from "../support/simulators/kasa/plugs";
import { kasaFlowOf } from "./kasa-fixture";

/** An account whose devices are also on the local network, at the addresses in its settings. */
async function setUp(settings: object, device: object = {}, more: FlowNode[] = []) {
  const { cloud, account } = await kasaCloud();
  const { email, password } = cloud;
  const house = closeAfterTest(await LanHouse.start(createNeighbourhood(cloud), { email, password }));
  const hosts = house.devices
    .map(({ host, transport, ports }) => `${host}:${transport === "xor" ? ports.xor : ports.tdp}`)
    .join(", ");
  const node = { id: "device", type: "kasa-device", account: "kasa", device: "Modem", ...device };
  const flow = await kasaFlowOf(cloud, { ...account, hosts, ...settings }, { nodes: [node, ...more] });
  const send = (id: string, message: Message = {}) => flow.red.send(id, message);
  return { ...flow, house, send };
}

describe("The Kasa nodes on the local network", () => {
  it("switch a device without any cloud with the reach local", async () => {
    const { send, cloud } = await setUp({ reach: "local" });

    const { msg } = await send("device", { payload: false });

    assert.deepEqual([payloadOf(msg)["on"], apiOf(msg)["via"]], [false, "local"]);
    assert.equal(cloud.server.connections, 0);
  });

  it("list what answers with the reach local, and in which ways it is reached", async () => {
    const { send, cloud } = await setUp({ reach: "local" });

    const { msg } = await send("list");

    const modem = rowsOf(msg).find(({ alias }) => alias === "Modem");
    assert.deepEqual([modem?.["protocol"], modem?.["reach"], modem?.["online"]], ["iot", ["local"], true]);
    assert.equal(cloud.server.connections, 0);
  });

  it("fail to sign in with the reach local, and say why", async () => {
    const { send } = await setUp({ reach: "local" });

    const { error } = await send("login");

    assert.equal(error?.code, "unsupported");
    assert.match(error?.message ?? "", /local network only/);
  });

  it("watch a device every second with the reach local", async () => {
    const events = {
      id: "events",
      type: "kasa-event",
      account: "kasa",
      source: "devices",
      filter: "Modem",
      interval: 1,
    };
    const { red, cloud, house } = await setUp({ reach: "local" }, {}, [events]);
    const modem = house.devices.find(({ identity }) => identity.alias === "Modem");
    const polls = (): number => modem?.commands.length ?? 0;
    await until(() => polls() > 0);

    // A poll every fifteen seconds, as through the cloud, would not do in half a minute.
    const enough = polls() + 4;
    await until(() => polls() >= enough);
    cloud.device(Plug, "Modem").on = false;
    await red.until(() => red.sent("events").length > 0);

    assert.deepEqual(
      red.sent("events").map(({ topic }) => topic),
      ["off"],
    );
    assert.equal(cloud.server.connections, 0);
  });

  it("go on with the cloud in a flow without a reach", async () => {
    const { send, house } = await setUp({});

    const { msg } = await send("device", { payload: false });

    assert.equal(apiOf(msg)["via"], "cloud");
    assert.deepEqual(
      house.devices.flatMap(({ http }) => http.requests),
      [],
    );
  });

  for (const [name, settings] of [
    ["reach", { reach: "lan" }],
    ["hosts", { reach: "auto", hosts: "http://plug" }],
  ] as const) {
    it(`do not start with a wrong "${name}"`, async () => {
      const { send } = await setUp(settings);

      const { error } = await send("device", { payload: false });

      assert.equal(error?.code, "config");
      assert.match(error?.message ?? "", new RegExp(`"${name}"`));
    });
  }
});
