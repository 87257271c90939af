import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { countTimers, idleMsDuring } from "../support/http-fixture";
import { withoutCredentials } from "./config-node-fixture";
import { events as sentEvents } from "./event-fixture";
import { eventFlow, eventNode, sleep } from "./router-event-fixture";

/** The colours of the statuses that a node showed, in order. */
const fills = (red: NodeRed, id = "event"): (string | undefined)[] => red.statuses(id).map(({ fill }) => fill);

describe("A router-event", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  it("reports an outage once, shows it as status, and sends the changes afterwards", async function () {
    this.timeout(40_000);
    const { red, router, polls } = await eventFlow([{ source: "wan" }, { source: "wan" }, { source: "vpn" }]);
    await polls("wan");
    router.isApiDisabled = true;
    router.wan("Fibre").takeDown();
    await red.until(() => red.caught().length === 3);
    await polls("wan", 0);
    assert.deepEqual([red.caught().length, sentEvents(red), sentEvents(red, "event2")], [3, [], []]);
    for (const id of ["event", "event2", "event3"]) assert.equal(fills(red, id).at(-1), "yellow");

    router.isApiDisabled = false;
    await red.until(() => red.sent("event2").length === 3);
    await polls("wan", 1);
    const failover = ["wan-up Starlink", "wan-down Fibre", "wan-active-changed Starlink"];
    assert.deepEqual([sentEvents(red), sentEvents(red, "event2"), red.caught().length], [failover, failover, 3]);
    const green = { fill: "green", shape: "dot", text: "wan-active-changed: Starlink" };
    assert.deepEqual(red.statuses("event").at(-1), green);
    assert.equal(red.log.filter((text) => text === "The platform responds again.").length, 3);
  });

  it("reports an error in the same form as an action node", async () => {
    const { red, router } = await eventFlow([{ source: "clients" }]);
    router.server.injectFault(
      { kind: "reset" },
      { times: Infinity, when: ({ path }) => path.endsWith("status.client") },
    );
    await red.until(() => red.caught().length === 1);
    const [{ error, ...msg }] = red.caught() as [ReturnType<NodeRed["caught"]>[number]];
    const { message, code, cause, source } = error;
    assert.match(message, /^The connection to the Peplink router broke .*\.$/);
    assert.deepEqual([code, source.id], ["network", "event"]);
    assert.deepEqual(cause, { platform: "router", operation: "status.client", retryable: true });
    assert.deepEqual(Object.keys(msg), ["_msgid"]);
    assert.ok(!JSON.stringify(error).includes(router.url.slice(7)));
  });

  it("reports an incomplete response as an outage, and not as changes", async () => {
    const { red, router, polls } = await eventFlow([{ source: "wan" }]);
    await polls("wan");
    const body = { stat: "ok", response: { 1: { name: "Fibre" }, order: [1, 2] } };
    router.server.injectFault({ kind: "response", body }, { when: ({ path }) => path.endsWith("wan.connection") });
    await red.until(() => red.caught().length === 1);
    await red.until(() => fills(red).at(-1) === "green");
    router.server.injectFault({ kind: "response", body }, { when: ({ path }) => path.endsWith("wan.connection") });
    await red.until(() => red.caught().length === 2);
    await polls("wan");
    assert.deepEqual([sentEvents(red), red.caught().map(({ error }) => error.code)], [[], ["protocol", "protocol"]]);
  });

  it("logs once what cannot be read, and sends the changes of everything else", async () => {
    const { red, router, polls } = await eventFlow([{ source: "wan" }, { source: "wan" }]);
    await polls("wan");
    const body = { stat: "ok", response: { 1: { name: "Fibre", enable: false }, 2: null, order: [1, 2, 3] } };
    const when = ({ path }: { path: string }): boolean => path.endsWith("wan.connection");
    router.server.injectFault({ kind: "response", body }, { times: Infinity, when });
    await red.until(() => sentEvents(red).includes("wan-down Fibre"));
    await polls("wan", 2);
    const warnings = red.log.filter((text) =>
      text.startsWith("The router's response does not hold the state of WAN 3"),
    );
    assert.deepEqual([warnings.length, red.caught()], [1, []]);
    assert.ok(!sentEvents(red).some((event) => /WAN 3|Starlink|Cellular/.test(event)));
  });

  it("does not send a refused secret again, and continues once the credentials are corrected", async () => {
    const { red, router, config } = await eventFlow([], {});
    const wrong = { ...config, credentials: { ...config.credentials, clientSecret: "wrong" } };
    await red.deploy([wrong, eventNode({ source: "wan", initial: true })]);
    await red.until(() => red.caught().length === 1);
    assert.equal(red.caught()[0]?.error.code, "sign-in");
    assert.deepEqual(fills(red), ["blue", "red"]);
    await sleep(3500);
    assert.deepEqual([router.signInAttempts(), red.caught().length], [1, 1]);

    await red.deploy([config, eventNode({ source: "wan", initial: true })], "nodes");
    await red.until(() => red.sent("event").length === 4);
    assert.equal(fills(red).at(-1), "green");
  });

  it("does not report a restart of the router as disconnections", async () => {
    const { red, router, polls } = await eventFlow([{ source: "clients" }]);
    for (let one = 10; one < 30; one++) router.join(`client ${one}`, `02:AA:00:00:00:${one}`);
    await polls("clients");
    red.forget();
    router.losePower(3000);
    await red.until(() => fills(red).includes("yellow"));
    await red.until(() => fills(red).at(-1) === "green");
    await polls("clients");
    for (const client of router.clients.slice(0, 15)) client.active = true;
    await polls("clients");
    for (const client of router.clients) client.active = true;
    await polls("clients");
    // This client had not been connected before.
    assert.deepEqual(sentEvents(red), ["client-connected weather-mast"]);
  });

  it("does not delay messages during slow polls", async () => {
    const reading = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
    const { red, router } = await eventFlow([{ source: "wan" }, { source: "vpn" }, reading], { concurrency: 1 });
    const slow = ({ path }: { path: string }): boolean => /wan.connection|pepvpn/.test(path);
    router.server.injectFault({ kind: "delay", ms: 1500 }, { times: Infinity, when: slow });
    await sleep(1000);
    for (let message = 0; message < 3; message++) {
      const before = router.calls("status.wan.connection");
      const { msg } = await red.send("status");
      assert.equal(msg?.["statusCode"], 200);
      // While a message waits, each source is polled at most once.
      assert.ok(router.calls("status.wan.connection") <= before + 1);
    }
    assert.deepEqual(red.caught(), []);
  });

  it("leaves nothing behind when it is closed during a hanging poll", async () => {
    const { red, router, config, polls } = await eventFlow([{ source: "wan" }]);
    await polls("wan");
    router.server.injectFault({ kind: "hang" }, { times: Infinity });
    const before = router.calls("status.wan.connection");
    for (const end = Date.now() + 30_000; router.calls("status.wan.connection") === before && Date.now() < end;)
      await sleep(20);
    const idleMs = await idleMsDuring(() => red.deploy([withoutCredentials(config)], "nodes"));
    assert.ok(idleMs < 1000, `${idleMs} ms`);
    const timersLeft = countTimers();
    await sleep(1500);
    assert.ok(countTimers() <= timersLeft);
    assert.deepEqual([red.caught(), sentEvents(red)], [[], []]);
    router.server.clearFaults();
  });

  it("does not start polling if it is closed while the flow starts", async () => {
    const { red, router, config } = await eventFlow([]);
    const reading = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const close = (): unknown => red.node<{ close(): unknown }>("event").close();
    events.once("flows:started", close);
    await red.deploy([config, reading, eventNode({ source: "wan" })]);
    await sleep(100);
    // A poll would have been sent by now.
    await red.send("status");
    await red.send("status");
    assert.equal(router.calls("status.wan.connection"), 0);
  });

  it("removes its status when it is closed", async () => {
    const { red, config, polls } = await eventFlow([{ source: "wan" }]);
    await polls("wan");
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const statuses: unknown[] = [];
    const listener = ({ id, status }: { id: string; status?: object }): void => {
      if (id === "event" && status) statuses.push(status);
    };
    events.on("node-status", listener);
    await red.deploy([withoutCredentials(config)], "nodes");
    events.off("node-status", listener);
    assert.deepEqual(statuses, [{}]);
  });

  it("sends its events even if another node fails to send", async () => {
    const { red, router, polls } = await eventFlow([{ source: "wan" }, { source: "wan" }]);
    await polls("wan");
    const broken = red.node<{ send?: () => void }>("event");
    broken.send = () => {
      throw new TypeError("cannot be sent");
    };
    router.wan("Fibre").takeDown();
    await polls("wan");
    delete broken.send;
    assert.equal(sentEvents(red, "event2").length, 3);
    assert.deepEqual([fills(red).at(-1), fills(red, "event2").at(-1)], ["green", "green"]);
    assert.deepEqual(
      red.caught().map(({ error }) => `${error.code} ${error.source.id}`),
      Array(3).fill("protocol event"),
    );
    router.wan("Fibre").bringUp();
    await polls("wan");
    assert.equal(sentEvents(red).length, 3);
  });
});
