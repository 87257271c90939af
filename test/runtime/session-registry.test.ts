import assert from "node:assert/strict";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";

describe("A session", () => {
  it("survives a full deploy", async () => {
    const { router, config } = await peplinkRouter();
    const red = await nodeRed();
    const flow = [config, { id: "status", type: "router-status", router: "router" }];
    await red.deploy(flow);
    await red.send("status");

    await red.deploy(flow);
    const { error } = await red.send("status");

    assert.equal(error, undefined);
    assert.equal(router.signIns(), 1);
  });

  it("survives a new name, timeout or rate of the config node", async () => {
    const { controller, config } = await omadaController();
    const red = await nodeRed();
    const query = { id: "query", type: "omada-query", controller: "omada", path: "sites" };
    await red.deploy([config, query]);
    await red.send("query");

    await red.deploy([{ ...config, name: "renamed", timeout: 20, rate: 500 }, query], "nodes");
    await red.send("query");

    assert.equal(controller.signIns(), 1);
  });

  it("does not send a refused password again after a deploy", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await nodeRed();
    const wrong = { ...account, credentials: { email: cloud.email, password: "wrong" } };
    const flow: FlowNode[] = [wrong, { id: "list", type: "kasa-device-list", account: "kasa" }];
    await red.deploy(flow);
    await red.send("list");

    await red.deploy(flow);
    const { error } = await red.send("list");

    assert.equal(error?.code, "sign-in");
    assert.equal(cloud.loginAttempts(), 1);
  });

  it("is replaced when the credentials are corrected", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await nodeRed();
    const list: FlowNode = { id: "list", type: "kasa-device-list", account: "kasa" };
    await red.deploy([{ ...account, credentials: { email: cloud.email, password: "wrong" } }, list]);
    await red.send("list");

    await red.deploy([account, list]);
    const { error } = await red.send("list");

    assert.equal(error, undefined);
    assert.equal(cloud.loginAttempts(), 2);
  });

  it("is replaced when the server changes, and sends no token to the new server", async () => {
    const [one, other] = [await kasaCloud(), await kasaCloud()];
    const red = await nodeRed();
    const list: FlowNode = { id: "list", type: "kasa-device-list", account: "kasa" };
    await red.deploy([one.account, list]);
    await red.send("list");
    const [token = ""] = one.cloud.liveTokens();

    await red.deploy([other.account, list]);
    await red.send("list");

    assert.equal(other.cloud.signIns(), 1);
    assert.ok(token && !other.cloud.server.journal.some(({ query }) => query.get("token") === token));
  });

  it("is removed together with the config node", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await nodeRed();
    const flow: FlowNode[] = [account, { id: "list", type: "kasa-device-list", account: "kasa" }];
    await red.deploy(flow);
    await red.send("list");

    await red.deploy([]);
    await red.deploy(flow);
    await red.send("list");

    assert.equal(cloud.signIns(), 2);
  });
});
