import assert from "node:assert/strict";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { payloads, events as sentEvents } from "./event-fixture";
import { eventFlow, eventNode, sleep } from "./router-event-fixture";

/** The colours of the statuses that a node showed, in order. */
const fills = (red: NodeRed, id = "event"): (string | undefined)[] => red.statuses(id).map(({ fill }) => fill);

describe("The settings of a router-event", () => {
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  it("are validated: a wrong one is reported once, and no request is sent", async () => {
    const wrong: [settings: object, message: RegExp][] = [
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
      [
        { source: "" },
        /"source" must be one of wan, clients, vpn, location, speed, allowance, cellular, latency, sms, log\./,
      ],
      [{ source: "latency", threshold: "0" }, /"threshold" must be a number from 1 to 60000/],
      [{ source: "toString" }, /"source"/],
      [{ source: "alerts" }, /"source"/],
    ];
    const { red, router } = await eventFlow(wrong.map(([settings]) => ({ source: "wan", ...settings })));
    await red.until(() => red.caught().length === wrong.length);
    await sleep(1200);
    for (const [index, [, message]] of wrong.entries()) {
      const id = index ? `event${index + 1}` : "event";
      const caught = red.caught().filter(({ error }) => error.source.id === id);
      assert.deepEqual(
        caught.map(({ error }) => [error.code, error.cause["operation"]]),
        [["input", "router-event"]],
      );
      assert.match(caught[0]?.error.message ?? "", message);
      assert.deepEqual(fills(red, id), ["red"]);
    }
    assert.deepEqual(router.server.journal, []);
  });

  it("are incomplete without a router, which is shown and reported", async () => {
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
    assert.deepEqual([fills(red), fills(red, "event2")], [["grey"], ["red"]]);
  });

  it("may consist of environment variables, in whole or in part", async () => {
    Object.assign(process.env, { HOMENET_SECONDS: "1", HOMENET_LINK: "Fib", HOMENET_POLLS: "2" });
    const fromEnvironment = { interval: "${HOMENET_SECONDS}", filter: "${HOMENET_LINK}re", settle: "${HOMENET_POLLS}" };
    const { red, router, polls } = await eventFlow([{ source: "wan", ...fromEnvironment }]);
    await polls("wan");
    router.wan("Fibre").takeDown();
    await polls("wan", 2);
    assert.deepEqual(sentEvents(red), ["wan-down Fibre"]);
  });

  it("have defaults, and an interval that is too short is raised to the minimum", async () => {
    const { red, router, polls } = await eventFlow([
      { source: "wan", interval: "0.05" },
      { source: "vpn", interval: undefined, settle: undefined, filter: undefined, initial: undefined },
    ]);
    const startedAt = Date.now();
    await polls("wan", 3);
    // One poll may be under way at the beginning, and one at the end.
    const requests = router.calls("status.wan.connection");
    assert.ok(requests <= (Date.now() - startedAt) / 1000 + 3, `${requests} polls`);
    await red.until(() => fills(red, "event2").at(-1) === "green");
    assert.equal(router.calls("status.pepvpn"), 1);
    assert.deepEqual(payloads(red, "event2"), []);
  });
});
