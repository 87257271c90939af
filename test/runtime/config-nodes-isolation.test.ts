import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import { STATUS, withoutCredentials } from "./config-node-fixture";

describe("Two config nodes", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  async function deployTwo(): Promise<{ red: NodeRed; one: PeplinkRouter; other: PeplinkRouter; flow: FlowNode[] }> {
    const red = await nodeRed();
    const { router: one, config } = await peplinkRouter({ http: true }, { concurrency: 1 });
    const other = closeAfterTest(await PeplinkRouter.start({ http: true }));
    const credentials = { clientId: other.clientId, clientSecret: other.clientSecret };
    const flow: FlowNode[] = [
      config,
      { id: "router2", type: "peplink-router", server: other.url, concurrency: 1, credentials },
      STATUS,
      { ...STATUS, id: "status2", router: "router2" },
    ];
    await red.deploy(flow);
    return { red, one, other, flow };
  }

  it("have separate sessions", async () => {
    const { red, one, other } = await deployTwo();
    await Promise.all([red.send("status"), red.send("status2")]);
    one.expireSessions();
    await red.send("status");
    await red.send("status2");
    assert.deepEqual([one.signIns(), other.signIns()], [2, 1]);
  });

  it("have separate queues: one that hangs does not block the other", async () => {
    const { red, one } = await deployTwo();
    one.server.injectFault({ kind: "hang" }, { times: 9 });
    red.inject("status");
    red.inject("status");
    assert.equal((await red.send("status2")).error, undefined);
  });

  it("have separate sign-in cool-downs", async () => {
    const { red, one, flow } = await deployTwo();
    await red.deploy(
      flow.map((node) =>
        node.id === "router" ? { ...node, credentials: { clientId: "a", clientSecret: "wrong" } } : node,
      ),
    );
    assert.equal((await red.send("status")).error?.code, "sign-in");
    assert.equal((await red.send("status")).error?.code, "sign-in");
    assert.equal((await red.send("status2")).error, undefined);
    assert.equal(one.signInAttempts(), 1);
  });

  it("have separate connections: removing one does not affect the other", async () => {
    const { red, other, flow } = await deployTwo();
    await red.send("status2");
    const rest = flow.filter(({ id }) => id !== "router" && id !== "status");
    await red.deploy(rest.map(withoutCredentials), "nodes");
    assert.equal((await red.send("status2")).error, undefined);
    assert.equal(other.signIns(), 1);
  });

  it("of the same router have separate sessions", async () => {
    const red = await nodeRed();
    const { router, config } = await peplinkRouter({ http: true });
    await red.deploy([config, { ...config, id: "router2" }, STATUS, { ...STATUS, id: "status2", router: "router2" }]);
    await red.send("status");
    await red.send("status2");
    assert.equal(router.signIns(), 2);
  });

  it("cause a warning if they use the same account, but not with different accounts or none", async () => {
    const red = await nodeRed();
    const { config } = await peplinkRouter({ http: true });
    const countWarnings = async (...nodes: FlowNode[]): Promise<number> => {
      await red.deploy(nodes);
      return red.deployLog.filter((text) => text.startsWith("Another config node signs in")).length;
    };
    const duplicate = { ...config, id: "router2" };
    assert.equal(await countWarnings(config, duplicate), 1);
    assert.equal(await countWarnings(config, { ...duplicate, credentials: { clientId: "b", clientSecret: "c" } }), 0);
    const blank = { clientId: "", clientSecret: "" };
    assert.equal(await countWarnings({ ...config, credentials: blank }, { ...duplicate, credentials: blank }), 0);
    assert.equal(await countWarnings(config), 0);
    assert.equal(await countWarnings(duplicate), 0);
  });
});
