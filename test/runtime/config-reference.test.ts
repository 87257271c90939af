import assert from "node:assert/strict";
import { NODE_RED } from "../../scripts/node-red";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { withoutCredentials } from "./config-node-fixture";

const { hooks } = require(NODE_RED) as {
  hooks: { add(name: string, handler: (event: never) => void): void; remove(name: string): void };
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const status = (more: object = {}): FlowNode => ({
  id: "status",
  type: "router-status",
  endpoint: "info.time",
  ...more,
});

/** Two routers with config nodes "one" and "two", and a node that leaves the choice to the message. */
async function setUp(settings: object = {}, nodes: FlowNode[] = [status()]) {
  const red = await nodeRed();
  const [one, two] = [await peplinkRouter({ http: true }, settings), await peplinkRouter({ http: true }, settings)];
  const configs = [
    { ...one.config, id: "one", name: "Harbour" },
    { ...two.config, id: "two", name: "Lighthouse" },
  ];
  await red.deploy([...configs, ...nodes]);
  return { red, one: one.router, two: two.router, configs };
}

describe("A node without a config node", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  for (const router of ["two", "Lighthouse", " Lighthouse "]) {
    it(`uses the one that the message names: ${JSON.stringify(router)}`, async () => {
      const { red, one, two } = await setUp();
      const { error, msg } = await red.send("status", { router });
      assert.deepEqual([error, one.server.journal.length, two.signIns()], [undefined, 0, 1]);
      assert.equal(msg?.["router"], router);
    });
  }

  it("acts by name on the router that the message names, and on no other", async () => {
    const prefer: FlowNode = { id: "prefer", type: "router-config-post", act: "wan-prefer" };
    const { red, one, two } = await setUp({}, [prefer]);

    const { error, msg } = await red.send("prefer", { router: "Lighthouse", target: "Starlink" });

    assert.deepEqual([error, msg?.payload, two.wan("Starlink").priority], [undefined, "Starlink", 1]);
    assert.deepEqual(one.server.journal, []);
  });

  it("shows no status before the first message", async () => {
    const { red } = await setUp();
    assert.deepEqual(red.statuses("status"), []);
  });

  it("reports that neither the node nor the message names one", async () => {
    const { red } = await setUp();
    for (const message of [{}, { router: "" }, { router: null }]) {
      const { error } = await red.send("status", message);
      assert.equal(error?.code, "config");
      assert.match(error.message, /^No config node is chosen, or it is disabled\. .*msg\.router/);
      assert.deepEqual(red.statuses("status").at(-1), { fill: "grey", shape: "ring", text: "not configured" });
    }
  });

  it("reports what is no deployed config node of its type", async () => {
    const { config } = await omadaController();
    const disabled = { id: "off", type: "peplink-router", name: "Off", d: true };
    const { red, one, two } = await setUp({}, [status(), config, disabled]);
    for (const router of ["nobody", "omada", "status", "off", "Off", 5, {}, true, "harbour", "__proto__", "  "]) {
      const { error } = await red.send("status", { router });
      assert.equal(error?.code, "config", JSON.stringify(router));
      assert.match(error.message, /msg\.router/);
    }
    assert.deepEqual([...one.server.journal, ...two.server.journal], []);
  });

  it("names the candidates where several have the name, and takes an id", async () => {
    const { red, configs } = await setUp();
    await red.deploy([...configs.map((config) => ({ ...config, name: "Harbour" })), status()]);
    const { error } = await red.send("status", { router: "Harbour" });
    assert.equal(error?.code, "input");
    assert.match(error.message, /one, two/);
    assert.equal((await red.send("status", { router: "two" })).error, undefined);
  });

  it("takes no notice of the message where it has one", async () => {
    const { red, one, two } = await setUp({}, [status({ router: "one" })]);
    assert.equal((await red.send("status", { router: "two" })).error, undefined);
    assert.deepEqual([one.signIns(), two.server.journal], [1, []]);
  });

  it("does not take a variable that is empty for a blank one", async () => {
    process.env["HOMENET_EMPTY"] = "";
    for (const router of ["${HOMENET_EMPTY}", "${HOMENET_UNSET}"]) {
      const { red } = await setUp({}, [status({ router })]);
      const { error } = await red.send("status", { router: "two" });
      assert.equal(error?.code, "config");
      assert.match(error.message, /environment variable HOMENET_\w+ is not set/);
    }
    delete process.env["HOMENET_EMPTY"];
  });

  it("works for each platform", async () => {
    const red = await nodeRed();
    const { account } = await kasaCloud({ name: "Home" });
    const { config } = await omadaController({}, { name: "Home" });
    await red.deploy([
      account,
      config,
      { id: "list", type: "kasa-device-list" },
      { id: "query", type: "omada-query", path: "sites" },
    ]);
    assert.equal((await red.send("list", { account: "Home" })).error, undefined);
    assert.equal((await red.send("query", { controller: "Home" })).error, undefined);
  });

  it("lets messages wait in the queue of their own config node only", async () => {
    const { red, one } = await setUp({ concurrency: 1 });
    one.server.injectFault({ kind: "hang" }, { times: 1 });
    red.inject("status", { router: "one" });
    assert.equal((await red.send("status", { router: "two" })).error, undefined);
  });

  it("cancels its messages when their config node is deployed again, and uses the new one", async () => {
    const { red, one, configs } = await setUp({ concurrency: 1 });
    one.server.injectFault({ kind: "hang" }, { times: 1, when: ({ path }) => path === "/api/info.time" });
    red.inject("status", { router: "one", n: 1 });
    red.inject("status", { router: "one", n: 2 });
    while (one.calls("info.time") < 1) await pause(5);
    const [first, second] = configs.map(withoutCredentials) as [FlowNode, FlowNode];
    const node = red.node("status");
    const codes: unknown[] = [];
    hooks.add("onComplete.reference", ({ node: { id }, error }: { node: { id: string }; error?: { code: string } }) => {
      if (id === "status") codes.push(error?.code);
    });
    await red.deploy([{ ...first, timeout: 9 }, second, withoutCredentials(status())], "nodes");
    while (codes.length < 2) await pause(5);
    hooks.remove("onComplete.reference");
    assert.deepEqual(codes, ["cancelled", "cancelled"]);
    assert.equal(red.node("status"), node, "the node itself was not deployed again");
    assert.equal((await red.send("status", { router: "one" })).error, undefined);
  });

  it("finds a config node by its new name after a deploy, and no longer by its old one", async () => {
    const { red, configs } = await setUp();
    const [first, second] = configs.map(withoutCredentials) as [FlowNode, FlowNode];
    await red.deploy([{ ...first, name: "Pier" }, second, withoutCredentials(status())], "nodes");
    assert.equal((await red.send("status", { router: "Harbour" })).error?.code, "config");
    assert.equal((await red.send("status", { router: "Pier" })).error, undefined);
  });
});
