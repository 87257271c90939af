import assert from "node:assert/strict";
import { nodeRed, type Message } from "../support/harness/node-red";
import { sentRequests } from "../support/harness/peplink-flow";
import { peplinkRouter } from "../support/harness/platforms";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { withoutCredentials } from "./config-node-fixture";
import { events, payloads, type EventPayload } from "./event-fixture";
import { ENDPOINTS, eventFlow, eventNode, sleep, waitForPolls } from "./router-event-fixture";

describe("router-event", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  const phone = "Keeper's phone";
  const cases: [
    what: string,
    source: string,
    act: (router: PeplinkRouter) => void,
    expected: string[],
    settings?: object,
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
      "a link that bounced between two polls",
      "wan",
      (router) => router.wan("Fibre").bounce(router.now()),
      ["wan-down Fibre", "wan-up Fibre"],
    ],
    [
      "the last link that goes down",
      "wan",
      (router) => router.wans.forEach((wan) => wan.takeDown()),
      ["wan-down Starlink", "wan-down Fibre", "wan-down Cellular", "wan-active-changed null"],
    ],
    [
      "a client that connects",
      "clients",
      (router) => router.join("visitor", "02:AA:00:00:00:01"),
      ["client-connected visitor"],
    ],
    [
      "a client that disconnects",
      "clients",
      (router) => (router.client(phone).active = false),
      [`client-disconnected ${phone}`],
    ],
    [
      "a client that the filter names",
      "clients",
      (router) => (router.client(phone).active = false),
      [`client-disconnected ${phone}`],
      { filter: "KEEPER'S PHONE, 02:00:5e:00:00:21" },
    ],
    [
      "a client that changes its MAC address, without a filter",
      "clients",
      (router) => (router.client(phone).mac = "02:AA:00:00:00:02"),
      [`client-connected ${phone}`, `client-disconnected ${phone}`],
    ],
    [
      "a client that changes its MAC address, with a filter for its name",
      "clients",
      (router) => (router.client(phone).mac = "02:AA:00:00:00:02"),
      [],
      { filter: phone },
    ],
    [
      "a VPN peer that goes down",
      "vpn",
      (router) => (router.peer("Boathouse").status = "START"),
      ["vpn-down Boathouse"],
    ],
    ["a router that moves", "location", (router) => router.moveNorth(120), ["moved location"]],
    ["a router that moves a little", "location", (router) => router.moveNorth(20), []],
    [
      "an allowance that is used up",
      "allowance",
      (router) => (router.wan("Fibre").allowance.usage = 1_000_000),
      ["allowance-crossed Fibre", "allowance-crossed Fibre", "allowance-crossed Fibre", "allowance-crossed Fibre"],
    ],
    ["a router that starts to move", "speed", ({ world }) => (world.location.speed = 14), ["moved location"]],
    [
      "a cellular link that loses its network",
      "cellular",
      (router) => (router.wan("Cellular").signalLevel = 0),
      ["signal-low Cellular"],
    ],
    [
      "a cellular link that roams, of which another event is wanted",
      "cellular",
      (router) => (router.wan("Cellular").roaming = 0),
      [],
      { events: "carrier-changed, signal-low" },
    ],
    [
      "a latency that is too high",
      "latency",
      (router) => router.world.latency(router.wan("Fibre")).add(900),
      ["latency-high Fibre"],
    ],
    [
      "a latency that the threshold allows",
      "latency",
      (router) => router.world.latency(router.wan("Fibre")).add(900),
      [],
      { threshold: "1000" },
    ],
    [
      "a text message in several parts",
      "sms",
      ({ world }) => world.receiveText("+999155502", "The ferry is late. ".repeat(20)),
      ["sms-received +999155502"],
      { initial: true, settle: 3 },
    ],
    ["a line of the log", "log", ({ world }) => world.log.write("System", "Changes applied"), ["log System"]],
    [
      "an outage between two polls, by the log, with a filter for one link",
      "log",
      (router) => {
        for (const name of ["Fibre", "Starlink"]) router.wan(name).bounce(router.now());
      },
      ["log Fibre", "log Fibre"],
      { filter: "fibre" },
    ],
    [
      "a failover, with a filter for one link",
      "wan",
      (router) => router.wan("Fibre").takeDown(),
      ["wan-down Fibre"],
      { filter: "fibre" },
    ],
  ];
  describe("sends exactly the events of", () => {
    const sent: string[][] = [];

    // All at the same time, each with a router of its own.
    before(async function () {
      this.timeout(60_000);
      const red = await nodeRed();
      const rows = await Promise.all(
        cases.map(async ([, source, act, , settings], index) => {
          const { router, config } = await peplinkRouter({ http: true }, { id: `router${index}` });
          const node = eventNode({ source, ...settings, id: `event${index}`, router: config.id });
          return { router, config, node, act, source };
        }),
      );
      await red.deploy(rows.flatMap(({ config, node }) => [config, node]));
      await Promise.all(rows.map(({ router, source }) => waitForPolls(router, source)));
      const early = rows.flatMap(({ node }) => events(red, node.id));
      for (const { act, router } of rows) act(router);
      await Promise.all(rows.map(({ router, source }) => waitForPolls(router, source, 2)));
      assert.deepEqual([early, red.caught()], [[], []]);
      sent.push(...rows.map(({ node }) => events(red, node.id)));
    });

    for (const [index, [what, , , expected]] of cases.entries())
      it(what, () => assert.deepEqual(sent[index], expected));
  });

  it("sends the event, its time, and the state before and after it, without secrets", async () => {
    const { red, router, polls } = await eventFlow([{ source: "wan", filter: "cellular" }]);
    await polls("wan");
    const before = Date.now();
    router.wan("Cellular").takeDown();
    await polls("wan");

    const [msg] = red.sent("event") as [Message];
    const { at, current, previous, ...payload } = msg.payload as EventPayload;
    assert.deepEqual(Object.keys(msg).toSorted(), ["_msgid", "payload", "topic"]);
    assert.deepEqual([msg["topic"], payload], ["wan-down", { event: "wan-down", id: "3", name: "Cellular" }]);
    assert.ok(Date.parse(at) >= before && at === new Date(Date.parse(at)).toISOString());
    assert.deepEqual(
      [previous?.["state"], current?.["state"], current?.["message"]],
      ["standby", "down", "Disconnected"],
    );
    assert.ok(!JSON.stringify(msg).includes("apn-secret") && JSON.stringify(msg).includes("***"));
  });

  it("sends the first state to each node with `initial` once, also to one that is deployed later", async () => {
    const { red, router, config, polls } = await eventFlow([{ source: "vpn", initial: true }]);
    await polls("vpn");
    assert.deepEqual(events(red), ["vpn-up Boathouse", "vpn-up Keeper's Cottage"]);

    const late = [{ id: "late", type: "router-event", router: "router", source: "vpn", interval: 1, initial: true }];
    await red.deploy([withoutCredentials(config), eventNode({ source: "vpn", initial: true }), ...late], "nodes");
    await polls("vpn");
    assert.deepEqual([events(red), events(red, "late")], [[], ["vpn-up Boathouse", "vpn-up Keeper's Cottage"]]);

    router.peer("Boathouse").status = "START";
    await polls("vpn");
    assert.deepEqual([events(red).length, events(red, "late").length], [1, 3]);
  });

  it("sends a change after as many polls as `settle` says", async () => {
    const { red, router, polls } = await eventFlow([
      { source: "vpn", settle: "3" },
      { source: "vpn", settle: 1 },
    ]);
    await polls("vpn");
    const peer = router.peer("Boathouse");
    peer.status = "START";
    await polls("vpn", 0);
    peer.status = "CONNECTED";
    await polls("vpn");
    peer.status = "START";
    await polls("vpn", 4);
    assert.deepEqual(events(red), ["vpn-down Boathouse"]);
    assert.deepEqual(events(red, "event2"), ["vpn-down Boathouse", "vpn-up Boathouse", "vpn-down Boathouse"]);
  });

  it("polls once for all nodes, and sends each of them a copy", async () => {
    const { red, router, polls } = await eventFlow(Array.from({ length: 30 }, () => ({ source: "clients" })));
    await polls("clients");
    const [before, startedAt] = [router.calls("status.client"), Date.now()];
    router.join("visitor", "02:AA:00:00:00:01");
    await polls("clients", 2);
    const requests = router.calls("status.client") - before;
    assert.ok(requests <= (Date.now() - startedAt) / 1000 + 2, `${requests} polls`);

    const all = Array.from({ length: 30 }, (_, index) => payloads(red, index ? `event${index + 1}` : "event"));
    for (const [first, ...rest] of all) assert.deepEqual([first?.event, rest], ["client-connected", []]);
    assert.equal(new Set(all.map(([first]) => first)).size, 30);
    assert.equal(new Set(all.map(([first]) => first?.current)).size, 30);
  });

  it("is not affected by a flow that changes a message", async () => {
    const { red, router, polls } = await eventFlow([{ source: "wan", filter: "Fibre" }]);
    await polls("wan");
    router.wan("Fibre").takeDown();
    await red.until(() => red.sent("event").length >= 1);
    const [{ current }] = payloads(red) as [EventPayload];
    for (const name of Object.keys(current ?? {})) delete current?.[name];
    router.wan("Fibre").bringUp();
    await red.until(() => red.sent("event").length >= 2);
    assert.equal(payloads(red)[1]?.previous?.["message"], "No Cable Detected");
  });

  it("sends what was received and logged while it was not running, once", async () => {
    const nodes = [{ source: "sms" }, { source: "log" }];
    const { red, router, config, polls } = await eventFlow(nodes);
    await Promise.all([polls("sms"), polls("log")]);
    router.world.receiveText("+999155502", "before");
    await polls("sms");
    assert.deepEqual(
      payloads(red).map(({ current }) => current?.["text"]),
      ["before"],
    );

    await red.deploy([withoutCredentials(config)]);
    router.world.receiveText("+999155502", "meanwhile");
    router.world.log.write("System", "Changes applied");
    await red.deploy([withoutCredentials(config), ...nodes.map((node, index) => eventNode(node, index))]);
    await red.until(() => red.sent("event").length > 0 && red.sent("event2").length > 0);
    await Promise.all([polls("sms"), polls("log")]);
    assert.deepEqual(
      payloads(red).map(({ current }) => current?.["text"]),
      ["meanwhile"],
    );
    assert.deepEqual(events(red, "event2"), ["log System"]);
  });

  it("stops polling when the last node is removed", async () => {
    const { red, router, config, polls } = await eventFlow([{ source: "wan" }]);
    await polls("wan");
    await red.deploy([withoutCredentials(config)], "nodes");
    const before = router.server.journal.length;
    await sleep(2500);
    assert.equal(router.server.journal.length, before);
  });

  it("shares one session with all other nodes, and all sources together cost fewer requests than each alone", async () => {
    const { red, router, config } = await eventFlow([]);
    const sources = Object.keys(ENDPOINTS).map((source, index) => eventNode({ source, interval: 600 }, index));
    await red.deploy([config, ...sources, { id: "status", type: "router-status", router: "router" }], "nodes");
    const { msg } = await red.send("status");
    assert.equal(msg?.["statusCode"], 200);
    await red.until(() => sources.every(({ id }) => red.statuses(id).some(({ fill }) => fill === "green")));
    assert.equal(router.signIns(), 1);
    const polls = sentRequests(router);
    assert.equal(new Set(polls).size, 8);
    // On a busy machine the first polls may take longer than a moment.
    assert.ok(polls.length - 1 < 13, `without that of the other node: ${polls.join(", ")}`);
  });
});
