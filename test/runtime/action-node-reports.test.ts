import assert from "node:assert/strict";
import { NODE_RED } from "../../scripts/node-red";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";

interface Runtime {
  util: { encodeObject(message: { msg: unknown }): { msg: string; format: string } };
  hooks: { add(name: string, handler: (event: never) => void): void; remove(name: string): void };
}
const runtime = require(NODE_RED) as Runtime;

const lastStatus = (red: NodeRed, id: string): string | undefined => red.statuses(id).at(-1)?.text;

describe("What an action node reports", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  it("of an error is a bare sentence in the log and in the debug sidebar", async () => {
    const red = await nodeRed();
    const { router, config } = await peplinkRouter({ http: true });
    await router.close();
    await red.deploy([config, { id: "status", type: "router-status", router: "router", endpoint: "info.time" }]);
    let thrown: unknown;
    runtime.hooks.add("onComplete.reports", ({ node, error }: { node: { id: string }; error: unknown }) => {
      if (node.id === "status") thrown = error;
    });
    const { error } = await red.send("status");
    runtime.hooks.remove("onComplete.reports");

    const sentence =
      "The Peplink router refused the connection. Check the address and the port, and that the server is running.";
    assert.deepEqual([error?.message, error?.code, error?.cause["platform"]], [sentence, "network", "router"]);
    assert.equal(String(thrown), sentence);
    assert.deepEqual(runtime.util.encodeObject({ msg: thrown }), { msg: sentence, format: "String" });
    assert.equal((thrown as Error).message, sentence);
  });

  it("names the platform in errors and statuses, so that three of them can be told apart", async () => {
    const red = await nodeRed();
    const [{ cloud, account }, omada, peplink] = [await kasaCloud(), await omadaController(), await peplinkRouter()];
    for (const { server } of [cloud, omada.controller, peplink.router]) await server.close();
    await red.deploy([
      account,
      omada.config,
      peplink.config,
      { id: "kasa-list", type: "kasa-device-list", account: "kasa" },
      { id: "query", type: "omada-query", controller: "omada", path: "sites" },
      { id: "status", type: "router-status", router: "router" },
    ]);
    for (const [id, name] of [
      ["kasa-list", "The Kasa cloud"],
      ["query", "The Omada controller"],
      ["status", "The Peplink router"],
    ] as const) {
      const { error } = await red.send(id);
      assert.match(error?.message ?? "", new RegExp(`^${name} refused the connection\\.`));
      assert.equal(lastStatus(red, id), `${name} refused the connection`);
    }
  });

  it("of a server that is not Kasa's cloud says so", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud();
    cloud.server.injectFault({ kind: "response", status: 404, body: "<html>" }, { times: Infinity });
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa" }]);
    const { error } = await red.send("list");
    assert.deepEqual(
      [error?.code, error?.message],
      ["not-found", "This is not Kasa's cloud (HTTP 404). Leave Server blank."],
    );
  });

  it("of a success is what a device does, and what it uses", async () => {
    const red = await nodeRed();
    const { account } = await kasaCloud();
    await red.deploy([account, { id: "device", type: "kasa-device", account: "kasa" }]);
    const { msg } = await red.send("device", { device: "Freezer", payload: "on" });
    assert.equal((msg?.payload as { on: boolean } | undefined)?.on, true);
    assert.equal(lastStatus(red, "device"), "on");
    await red.send("device", { device: "Freezer", payload: "off" });
    assert.equal(lastStatus(red, "device"), "off");
  });

  it("of a success is how many rows came", async () => {
    const red = await nodeRed();
    const { config } = await omadaController();
    await red.deploy([config, { id: "query", type: "omada-query", controller: "omada", path: "sites" }]);
    const { msg } = await red.send("query");
    const { length } = (msg ?? {}).payload as unknown[];
    assert.equal(lastStatus(red, "query"), length === 1 ? "1 row" : `${length} rows`);
  });

  it("is a metric for each message where Node-RED logs metrics, and nothing where it does not", async () => {
    const red = await nodeRed();
    const { config } = await peplinkRouter({ http: true });
    await red.deploy([config, { id: "status", type: "router-status", router: "router", endpoint: "info.time" }]);
    const node = red.node<{ metric: (...values: unknown[]) => unknown }>("status");
    let isOn = false;
    interface Metric {
      name: string;
      message: { _msgid: string };
      duration: number;
    }
    const metrics: Metric[] = [];
    const ours = (): Metric[] => metrics.filter(({ name }) => name.startsWith("homenet"));
    node.metric = (...values) => {
      if (values.length === 0) return isOn;
      const [name, message, duration] = values as [string, { _msgid: string }, number];
      return metrics.push({ name, message, duration });
    };
    await red.send("status");
    assert.deepEqual(ours(), []);
    isOn = true;
    await red.send("status", { _msgid: "m" });
    await red.send("status", { _msgid: "n", params: 5 });
    assert.deepEqual(
      ours().map(({ name, message }) => [name, message["_msgid"]]),
      [
        ["homenet.router.info.time", "m"],
        ["homenet.router.router-status", "n"],
      ],
    );
    assert.ok(ours().every(({ duration }) => Number.isInteger(duration)));
    node.metric = (name) => (typeof name === "string" && name.startsWith("homenet") ? assert.fail("no") : isOn);
    assert.equal((await red.send("status")).error, undefined);
  });
});
