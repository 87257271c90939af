import assert from "node:assert/strict";
import { nodeRed, type Message } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import {
  ENDPOINTS,
  eventFlow,
  eventNode,
  looked,
  payloads,
  sleep,
  told,
  untold,
  type Payload,
} from "./router-event-fixture";

describe("router-event", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  const phone = "Keeper's phone";
  const happenings: [
    what: string,
    source: string,
    act: (router: PeplinkRouter) => void,
    events: string[],
    more?: object,
  ][] = [
    [
      "a link that fails over",
      "wan",
      (router) => router.wan("Fibre").takeDown(),
      ["wan-up Starlink", "wan-down Fibre", "wan-active-changed Starlink"],
    ],
    [
      "a link that goes on standby",
      "wan",
      (router) => (router.wan("Fibre").standby = true),
      ["wan-up Starlink", "wan-standby Fibre", "wan-active-changed Starlink"],
    ],
    [
      "a link that bounced between two looks",
      "wan",
      (router) => router.wan("Fibre").bounce(router.now()),
      ["wan-down Fibre", "wan-up Fibre"],
    ],
    [
      "the last link that goes",
      "wan",
      (router) => router.wans.forEach((wan) => wan.takeDown()),
      ["wan-down Starlink", "wan-down Fibre", "wan-down Cellular", "wan-active-changed null"],
    ],
    [
      "a client that comes",
      "clients",
      (router) => router.join("stranger", "02:AA:00:00:00:01"),
      ["client-connected stranger"],
    ],
    [
      "a client that goes",
      "clients",
      (router) => (router.client(phone).active = false),
      [`client-disconnected ${phone}`],
    ],
    [
      "a client that is followed by name",
      "clients",
      (router) => (router.client(phone).active = false),
      [`client-disconnected ${phone}`],
      { filter: "KEEPER'S PHONE, 02:00:5e:00:00:21" },
    ],
    [
      "a client that changes its MAC, to who watches all",
      "clients",
      (router) => (router.client(phone).mac = "02:AA:00:00:00:02"),
      [`client-connected ${phone}`, `client-disconnected ${phone}`],
    ],
    [
      "a client that changes its MAC, to who follows its name",
      "clients",
      (router) => (router.client(phone).mac = "02:AA:00:00:00:02"),
      [],
      { filter: phone },
    ],
    ["a VPN peer that goes", "vpn", (router) => (router.peer("Boathouse").status = "START"), ["vpn-down Boathouse"]],
    ["a router that is carried away", "location", (router) => router.move(120), ["moved location"]],
    ["a router that wanders a little", "location", (router) => router.move(20), []],
    [
      "an allowance that is used up",
      "allowance",
      (router) => (router.wan("Fibre").allowance.usage = 1_000_000),
      ["allowance-crossed Fibre", "allowance-crossed Fibre", "allowance-crossed Fibre", "allowance-crossed Fibre"],
    ],
    [
      "what the filter keeps out",
      "wan",
      (router) => router.wan("Fibre").takeDown(),
      ["wan-down Fibre"],
      { filter: "fibre" },
    ],
  ];
  describe("tells exactly once", () => {
    const heard: string[][] = [];

    // All side by side: each has a router of its own.
    before(async function () {
      this.timeout(60_000);
      const red = await nodeRed();
      const rows = await Promise.all(
        happenings.map(async ([, source, act, , more], index) => {
          const { router, config } = await peplinkRouter({ http: true }, { id: `router${index}` });
          const node = eventNode({ source, ...more, id: `event${index}`, router: config.id });
          return { router, config, node, act, source };
        }),
      );
      await red.deploy(rows.flatMap(({ config, node }) => [config, node]));
      await Promise.all(rows.map(({ router, source }) => looked(router, source)));
      const early = rows.flatMap(({ node }) => told(red, node.id));
      for (const { act, router } of rows) act(router);
      await Promise.all(rows.map(({ router, source }) => looked(router, source, 2)));
      assert.deepEqual([early, red.caught()], [[], []]);
      heard.push(...rows.map(({ node }) => told(red, node.id)));
    });

    for (const [index, [what, , , events]] of happenings.entries())
      it(what, () => assert.deepEqual(heard[index], events));
  });

  it("sends the event, what it is about, when, and what it was and is, without secrets", async () => {
    const { red, router, looks } = await eventFlow([{ source: "wan", filter: "cellular" }]);
    await looks("wan");
    const before = Date.now();
    router.wan("Cellular").takeDown();
    await looks("wan");

    const [msg] = red.sent("event") as [Message];
    const { at, current, previous, ...payload } = msg.payload as Payload;
    assert.deepEqual(Object.keys(msg).toSorted(), ["_msgid", "payload", "topic"]);
    assert.deepEqual([msg["topic"], payload], ["wan-down", { event: "wan-down", id: "3", name: "Cellular" }]);
    assert.ok(Date.parse(at) >= before && at === new Date(Date.parse(at)).toISOString());
    assert.deepEqual(
      [previous?.["state"], current?.["state"], current?.["message"]],
      ["standby", "down", "Disconnected"],
    );
    assert.ok(!JSON.stringify(msg).includes("apn-secret") && JSON.stringify(msg).includes("***"));
  });

  it("tells the first state where it is wanted, also to one that is deployed later, and nobody else again", async () => {
    const { red, router, config, looks } = await eventFlow([{ source: "vpn", initial: true }]);
    await looks("vpn");
    assert.deepEqual(told(red), ["vpn-up Boathouse", "vpn-up Keeper's Cottage"]);

    const late = [{ id: "late", type: "router-event", router: "router", source: "vpn", interval: 1, initial: true }];
    await red.deploy([untold(config), eventNode({ source: "vpn", initial: true }), ...late], "nodes");
    await looks("vpn");
    assert.deepEqual([told(red), told(red, "late")], [[], ["vpn-up Boathouse", "vpn-up Keeper's Cottage"]]);

    router.peer("Boathouse").status = "START";
    await looks("vpn");
    assert.deepEqual([told(red).length, told(red, "late").length], [1, 3]);
  });

  it("waits until so many looks agree", async () => {
    const { red, router, looks } = await eventFlow([
      { source: "vpn", settle: "3" },
      { source: "vpn", settle: 1 },
    ]);
    await looks("vpn");
    const peer = router.peer("Boathouse");
    peer.status = "START";
    await looks("vpn", 0);
    peer.status = "CONNECTED";
    await looks("vpn");
    peer.status = "START";
    await looks("vpn", 4);
    assert.deepEqual(told(red), ["vpn-down Boathouse"]);
    assert.deepEqual(told(red, "event2"), ["vpn-down Boathouse", "vpn-up Boathouse", "vpn-down Boathouse"]);
  });

  it("looks once for all nodes, and gives each a message of its own", async () => {
    const { red, router, looks } = await eventFlow(Array.from({ length: 30 }, () => ({ source: "clients" })));
    await looks("clients");
    const [before, begin] = [router.calls("status.client"), Date.now()];
    router.join("stranger", "02:AA:00:00:00:01");
    await looks("clients", 2);
    const looked = router.calls("status.client") - before;
    assert.ok(looked <= (Date.now() - begin) / 1000 + 2, `${looked} looks`);

    const all = Array.from({ length: 30 }, (_, index) => payloads(red, index ? `event${index + 1}` : "event"));
    for (const [one, ...none] of all) assert.deepEqual([one?.event, none], ["client-connected", []]);
    assert.equal(new Set(all.map(([one]) => one)).size, 30);
    assert.equal(new Set(all.map(([one]) => one?.current)).size, 30);
  });

  it("does not mind what a flow does with what it is told", async () => {
    const { red, router, looks } = await eventFlow([{ source: "wan", filter: "Fibre" }]);
    await looks("wan");
    router.wan("Fibre").takeDown();
    await red.until(() => red.sent("event").length >= 1);
    const [{ current }] = payloads(red) as [Payload];
    for (const name of Object.keys(current ?? {})) delete current?.[name];
    router.wan("Fibre").bringUp();
    await red.until(() => red.sent("event").length >= 2);
    assert.equal(payloads(red)[1]?.previous?.["message"], "No Cable Detected");
  });

  it("asks the router nothing any more when the last node is gone", async () => {
    const { red, router, config, looks } = await eventFlow([{ source: "wan" }]);
    await looks("wan");
    await red.deploy([untold(config)], "nodes");
    const before = router.server.journal.length;
    await sleep(2500);
    assert.equal(router.server.journal.length, before);
  });

  it("signs in once for everything, and shares the session with the other nodes", async () => {
    const { red, router, config } = await eventFlow([]);
    const sources = Object.keys(ENDPOINTS).map((source, index) => eventNode({ source }, index));
    await red.deploy([config, ...sources, { id: "status", type: "router-status", router: "router" }], "nodes");
    const { msg } = await red.send("status");
    assert.equal(msg?.["statusCode"], 200);
    await red.until(() => sources.every(({ id }) => red.statuses(id).some(({ fill }) => fill === "green")));
    assert.equal(router.signIns(), 1);
  });
});
