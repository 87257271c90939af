import assert from "node:assert/strict";
import { kasaCloud, omadaController } from "../support/harness/platforms";
import { testHelper } from "../support/harness/test-helper";
import { warningsDuring } from "../support/http-fixture";

describe("A result that is sent as several messages", () => {
  afterEach(async () => (await testHelper()).deploy([]));

  it("has the `msg.parts` that a Join node needs", async () => {
    const red = await testHelper();
    const { cloud, account } = await kasaCloud();
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" }]);
    const outer = { id: "outer", index: 3, count: 4 };
    const custom = { deep: 1 };
    red.inject("list", { topic: "a", payload: "b".repeat(1000), custom, parts: outer });
    await red.until(() => red.ended("list") === 1);

    const sent = red.sent("list");
    const aliases = sent.map(({ payload }) => (payload as { alias: string }).alias);
    assert.equal(new Set(aliases).size, cloud.devices.length);
    const ids = sent.map(({ parts }) => (parts as { id: string }).id);
    assert.equal(new Set(ids).size, 1);
    for (const [index, { topic, parts, api, statusCode }] of sent.entries()) {
      assert.deepEqual([topic, statusCode, (api as { platform: string }).platform], ["a", 200, "kasa"]);
      assert.deepEqual(parts, { id: ids[0], type: "array", len: 1, index, count: sent.length, parts: outer });
    }
    assert.equal(new Set(sent.map((msg) => msg["custom"])).size, sent.length, "each has its own copy");
    assert.equal(red.sent("list").length, cloud.devices.length);
  });

  it("reaches the Catch node as the original message if it breaks off", async () => {
    const red = await testHelper();
    const { controller, config } = await omadaController();
    const query = { id: "query", type: "omada-query", controller: "omada", path: "sites", output: "messages" };
    await red.deploy([config, query]);
    controller.server.injectFault(
      { kind: "response", status: 404, body: "" },
      { times: 9, when: (request) => request.query.get("page") === "2" },
    );

    const { error, caught } = await red.send("query", {
      payload: "original",
      parts: { id: "p" },
      params: { pageSize: 1 },
    });

    assert.equal(error?.code, "not-found");
    assert.deepEqual([caught?.payload, caught?.["parts"]], ["original", { id: "p" }]);
  });

  it("completes the message if it is empty", async () => {
    const red = await testHelper();
    const { cloud, account } = await kasaCloud();
    cloud.devices.length = 0;
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" }]);
    red.inject("list");
    await red.until(() => red.ended("list") === 1);
    assert.deepEqual([red.sent("list"), red.caught()], [[], []]);
  });
});

describe("A message with many parallel requests", () => {
  it("causes no warning about listeners", async () => {
    const red = await testHelper();
    const { cloud, account } = await kasaCloud();
    for (let times = 0; times < 2; times++) cloud.devices.push(...cloud.devices);
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", detail: "state" }]);
    const warnings = await warningsDuring(async () => {
      assert.equal((await red.send("list")).error, undefined);
    });
    assert.deepEqual(warnings, []);
  });
});
