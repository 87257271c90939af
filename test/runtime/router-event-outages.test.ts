import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { idleDuring, timers } from "../support/http-fixture";
import { eventFlow, eventNode, payloads, sleep, told, untold } from "./router-event-fixture";

/** The colours that a node showed, in order. */
const colours = (red: NodeRed, id = "event"): (string | undefined)[] => red.statuses(id).map(({ fill }) => fill);

describe("A router-event in trouble", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  it("tells an outage once for each node, shows it, and tells afterwards what has changed", async function () {
    this.timeout(40_000);
    const { red, router, looks } = await eventFlow([{ source: "wan" }, { source: "wan" }, { source: "vpn" }]);
    await looks("wan");
    router.apiOff = true;
    router.wan("Fibre").takeDown();
    await red.until(() => red.caught().length === 3);
    await looks("wan", 0);
    assert.deepEqual([red.caught().length, told(red), told(red, "event2")], [3, [], []]);
    for (const id of ["event", "event2", "event3"]) assert.equal(colours(red, id).at(-1), "yellow");

    router.apiOff = false;
    await red.until(() => red.sent("event2").length === 3);
    await looks("wan", 1);
    const failover = ["wan-up Starlink", "wan-down Fibre", "wan-active-changed Starlink"];
    assert.deepEqual([told(red), told(red, "event2"), red.caught().length], [failover, failover, 3]);
    const green = { fill: "green", shape: "dot", text: "wan-active-changed: Starlink" };
    assert.deepEqual(red.statuses("event").at(-1), green);
    assert.equal(red.log.filter((text) => text === "The platform responds again.").length, 3);
  });

  it("gives Catch the same as any other node does", async () => {
    const { red, router } = await eventFlow([{ source: "clients" }]);
    router.server.injectFault(
      { kind: "reset" },
      { times: Infinity, when: ({ path }) => path.endsWith("status.client") },
    );
    await red.until(() => red.caught().length === 1);
    const [{ error, ...msg }] = red.caught() as [ReturnType<NodeRed["caught"]>[number]];
    const { message, code, cause, source } = error;
    assert.match(message, /^The connection broke .*\.$/);
    assert.deepEqual([code, source.id], ["network", "event"]);
    assert.deepEqual(cause, { platform: "router", operation: "status.client", retryable: true });
    assert.deepEqual(Object.keys(msg), ["_msgid"]);
    assert.ok(!JSON.stringify(error).includes(router.url.slice(7)));
  });

  it("takes half of an answer for no change, and tells each outage", async () => {
    const { red, router, looks } = await eventFlow([{ source: "wan" }]);
    await looks("wan");
    const body = { stat: "ok", response: { 1: { name: "Fibre", enable: false }, order: [1, 2] } };
    router.server.injectFault({ kind: "response", body }, { when: ({ path }) => path.endsWith("wan.connection") });
    await red.until(() => red.caught().length === 1);
    await red.until(() => colours(red).at(-1) === "green");
    router.server.injectFault({ kind: "response", body }, { when: ({ path }) => path.endsWith("wan.connection") });
    await red.until(() => red.caught().length === 2);
    await looks("wan");
    assert.deepEqual([told(red), red.caught().map(({ error }) => error.code)], [[], ["protocol", "protocol"]]);
  });

  it("does not send a refused secret again, and goes on by itself when somebody has signed in", async () => {
    const { red, router, config } = await eventFlow([], {});
    const wrong = { ...config, credentials: { ...config.credentials, clientSecret: "wrong" } };
    await red.deploy([wrong, eventNode({ source: "wan", initial: true })]);
    await red.until(() => red.caught().length === 1);
    assert.equal(red.caught()[0]?.error.code, "sign-in");
    assert.deepEqual(colours(red), ["blue", "red"]);
    await sleep(3500);
    assert.deepEqual([router.signInAttempts(), red.caught().length], [1, 1]);

    await red.deploy([config, eventNode({ source: "wan", initial: true })], "nodes");
    await red.until(() => red.sent("event").length === 4);
    assert.equal(colours(red).at(-1), "green");
  });

  it("does not read a restart of the router as so many disconnections", async () => {
    const { red, router, looks } = await eventFlow([{ source: "clients" }]);
    for (let one = 10; one < 30; one++) router.join(`client ${one}`, `02:AA:00:00:00:${one}`);
    await looks("clients");
    red.forget();
    router.losePower(3000);
    await red.until(() => colours(red).includes("yellow"));
    await red.until(() => colours(red).at(-1) === "green");
    await looks("clients");
    for (const client of router.clients.slice(0, 15)) client.active = true;
    await looks("clients");
    for (const client of router.clients) client.active = true;
    await looks("clients");
    // This one had never been there before.
    assert.deepEqual(told(red), ["client-connected weather-mast"]);
  });

  it("lets messages pass when looks take long", async () => {
    const reading = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
    const { red, router } = await eventFlow([{ source: "wan" }, { source: "vpn" }, reading], { concurrency: 1 });
    const slow = ({ path }: { path: string }): boolean => /wan.connection|pepvpn/.test(path);
    router.server.injectFault({ kind: "delay", ms: 1500 }, { times: Infinity, when: slow });
    await sleep(1000);
    for (let message = 0; message < 3; message++) {
      const before = router.calls("status.wan.connection");
      const { msg } = await red.send("status");
      assert.equal(msg?.["statusCode"], 200);
      // While a message waits there is at most one look of each source.
      assert.ok(router.calls("status.wan.connection") <= before + 1);
    }
    assert.deepEqual(red.caught(), []);
  });

  it("leaves nothing behind when it is closed in the middle of a look that hangs", async () => {
    const { red, router, config, looks } = await eventFlow([{ source: "wan" }]);
    await looks("wan");
    router.server.injectFault({ kind: "hang" }, { times: Infinity });
    const before = router.calls("status.wan.connection");
    for (const end = Date.now() + 30_000; router.calls("status.wan.connection") === before && Date.now() < end;)
      await sleep(20);
    const idleMs = await idleDuring(() => red.deploy([untold(config)], "nodes"));
    assert.ok(idleMs < 1000, `${idleMs} ms`);
    const left = timers();
    await sleep(1500);
    assert.ok(timers() <= left);
    assert.deepEqual([red.caught(), told(red)], [[], []]);
    router.server.clearFaults();
  });

  it("never begins when it is closed in the moment in which the flow starts", async () => {
    const { red, router, config } = await eventFlow([]);
    const reading = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const close = (): unknown => red.node<{ close(): unknown }>("event").close();
    events.once("flows:started", close);
    await red.deploy([config, reading, eventNode({ source: "wan" })]);
    await sleep(100);
    // It would sign in for both.
    await red.send("status");
    await red.send("status");
    assert.equal(router.calls("status.wan.connection"), 0);
  });

  it("takes back what it shows when it is closed", async () => {
    const { red, config, looks } = await eventFlow([{ source: "wan" }]);
    await looks("wan");
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const shown: unknown[] = [];
    const listener = ({ id, status }: { id: string; status?: object }): void => {
      if (id === "event" && status) shown.push(status);
    };
    events.on("node-status", listener);
    await red.deploy([untold(config)], "nodes");
    events.off("node-status", listener);
    assert.deepEqual(shown, [{}]);
  });

  it("does not let one that cannot send get in the way of others", async () => {
    const { red, router, looks } = await eventFlow([{ source: "wan" }, { source: "wan" }]);
    await looks("wan");
    const broken = red.node<{ send?: () => void }>("event");
    broken.send = () => {
      throw new TypeError("cannot be sent");
    };
    router.wan("Fibre").takeDown();
    await looks("wan");
    delete broken.send;
    assert.equal(told(red, "event2").length, 3);
    assert.deepEqual([colours(red).at(-1), colours(red, "event2").at(-1)], ["green", "green"]);
    assert.deepEqual(
      red.caught().map(({ error }) => `${error.code} ${error.source.id}`),
      Array(3).fill("protocol event"),
    );
    router.wan("Fibre").bringUp();
    await looks("wan");
    assert.equal(told(red).length, 3);
  });
});

describe("The settings of a router-event", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  it("that cannot be right are told once, and nothing is asked", async () => {
    const wrong: [settings: object, word: RegExp][] = [
      [{ interval: "soon" }, /"interval"/],
      [{ interval: 0 }, /"interval"/],
      [{ interval: -5 }, /"interval"/],
      [{ interval: "1e9" }, /"interval"/],
      [{ interval: "${HOMENET_NO_SUCH}s" }, /"interval"/],
      [{ interval: [1] }, /"interval"/],
      [{ settle: 1.5 }, /"settle"/],
      [{ settle: "0" }, /"settle"/],
      [{ settle: "often" }, /"settle"/],
      [{ filter: { a: 1 } }, /"filter"/],
      [{ source: "" }, /"source" must be one of wan, clients, vpn, location, allowance\./],
      [{ source: "toString" }, /"source"/],
      [{ source: "alerts" }, /"source"/],
    ];
    const { red, router } = await eventFlow(wrong.map(([settings]) => ({ source: "wan", ...settings })));
    await red.until(() => red.caught().length === wrong.length);
    await sleep(1200);
    for (const [index, [, word]] of wrong.entries()) {
      const id = index ? `event${index + 1}` : "event";
      const caught = red.caught().filter(({ error }) => error.source.id === id);
      assert.deepEqual(
        caught.map(({ error }) => error.code),
        ["input"],
      );
      assert.match(caught[0]?.error.message ?? "", word);
      assert.deepEqual(colours(red, id), ["red"]);
    }
    assert.deepEqual(router.server.journal, []);
  });

  it("without a router are shown and told as such", async () => {
    const { red, config } = await eventFlow([]);
    await red.deploy([
      { ...config, server: "ftp://nowhere" },
      eventNode({ source: "wan", router: "nobody" }),
      eventNode({ source: "wan" }, 1),
    ]);
    await red.until(() => red.caught().length === 2);
    assert.deepEqual(
      red.caught().map(({ error }) => error.code),
      ["config", "config"],
    );
    assert.equal(colours(red).at(-1), "grey");
    assert.equal(colours(red, "event2").at(-1), "red");
  });

  it("may come from the environment, in whole or in part", async () => {
    Object.assign(process.env, { HOMENET_SECONDS: "1", HOMENET_LINK: "Fib", HOMENET_LOOKS: "2" });
    const fromEnvironment = { interval: "${HOMENET_SECONDS}", filter: "${HOMENET_LINK}re", settle: "${HOMENET_LOOKS}" };
    const { red, router, looks } = await eventFlow([{ source: "wan", ...fromEnvironment }]);
    await looks("wan");
    router.wan("Fibre").takeDown();
    await looks("wan", 2);
    assert.deepEqual(told(red), ["wan-down Fibre"]);
  });

  it("that are missing have defaults, and too short an interval is raised to the floor", async () => {
    const { red, router, looks } = await eventFlow([
      { source: "wan", interval: "0.05" },
      { source: "vpn", interval: undefined, settle: undefined, filter: undefined, initial: undefined },
    ]);
    const begin = Date.now();
    await looks("wan", 3);
    // One may be under way at each end.
    const asked = router.calls("status.wan.connection");
    assert.ok(asked <= (Date.now() - begin) / 1000 + 3, `${asked} looks`);
    await red.until(() => colours(red, "event2").at(-1) === "green");
    assert.equal(router.calls("status.pepvpn"), 1);
    assert.deepEqual(payloads(red, "event2"), []);
  });
});
