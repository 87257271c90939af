import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { resolve } from "node:path";
import { queryObjects } from "node:v8";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { NODE_RED } from "../../scripts/node-red";
import {
  nodeRed,
  type CaughtError,
  type FlowNode,
  type Message,
  type NodeRed,
  type NodeStatus,
} from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { countSockets, idleMsDuring, warningsDuring } from "../support/http-fixture";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import type { Fault } from "../support/simulators/simulated-server";

// As Node-RED loads them: their errors must be of the same classes as those of the config nodes.
const { action } = require(
  resolve("dist/nodes/shared/action-node.js"),
) as typeof import("../../nodes/shared/action-node");
const { MessageSequence } = require(
  resolve("dist/nodes/shared/message-sequence.js"),
) as typeof import("../../nodes/shared/message-sequence");
const { PlatformError } = require(resolve("dist/src/core/errors.js")) as typeof import("../../src/core/errors");
const { LightAbortController } = require(resolve("dist/src/core/abort.js")) as typeof import("../../src/core/abort");

/** How a message ended: with an error, or with none. */
type Ended = (Error & { code?: string }) | undefined;

const runtime = require(NODE_RED) as {
  nodes: NodeAPI["nodes"];
  util: NodeAPI["util"];
  events: EventEmitter;
  hooks: { add(name: string, handler: (event: never) => void): void; remove(name: string): void };
};

const GREY = { fill: "grey", shape: "ring", text: "not configured" };
const BLUE = { fill: "blue", shape: "ring", text: "requesting" };
const YELLOW = { fill: "yellow", shape: "ring", text: "waiting" };
const GREEN = { fill: "green", shape: "dot", text: "done" };

interface Flow {
  red: NodeRed;
  router: PeplinkRouter;
  flow: FlowNode[];
}

/** A router in a flow with a node "status" that reads the time, and a node "post" that writes. */
async function setUp(status: object = {}, settings: object = {}, more: FlowNode[] = []): Promise<Flow> {
  const red = await nodeRed();
  const { router, config } = await peplinkRouter({ http: true }, settings);
  const flow: FlowNode[] = [
    config,
    { id: "status", type: "router-status", router: "router", endpoint: "info.time", ...status },
    { id: "post", type: "router-config-post", router: "router", endpoint: "cmd.sms.sendMessage" },
    ...more,
  ];
  await red.deploy(flow);
  return { red, router, flow };
}

type Act = Parameters<typeof action>[5];

let act: Act = async () => undefined;
let registered = false;

/** A node "actor" that does with a message what a test says. */
async function acting(does: Act): Promise<Flow> {
  act = does;
  if (!registered) {
    await nodeRed();
    const { nodes, util } = runtime;
    const RED = { nodes, util, _: (key: string) => key } as unknown as NodeAPI;
    nodes.registerType("actor", function Actor(this: Node, def: NodeDef & { router: string }) {
      nodes.createNode(this, def);
      action(RED, this, def, "router", def.router, (turn) => act(turn));
    });
    registered = true;
  }
  return setUp({}, {}, [{ id: "actor", type: "actor", router: "router" }]);
}

/** What the router was asked, beside signing in. */
function asked({ server }: PeplinkRouter): { endpoint: string; query: Record<string, string> }[] {
  return server.journal
    .filter(({ path }) => path !== "/api/auth.token.grant")
    .map(({ path, query }) => {
      const { accessToken: _, ...rest } = Object.fromEntries(query);
      return { endpoint: path.replace("/api/", ""), query: rest };
    });
}

function spoil({ server }: PeplinkRouter, fault: Fault, times = Infinity, endpoint = "info.time"): void {
  server.injectFault(fault, { times, when: ({ path }) => path === `/api/${endpoint}` });
}

/** Waits until the router was asked so often. */
async function arrived(router: PeplinkRouter, count: number): Promise<void> {
  for (let wait = 0; asked(router).length < count; wait++) {
    assert.ok(wait < 1000, "waited in vain");
    await pause(5);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Notes the payload of every message that the node "actor" sends while `run` runs, also after a deploy. */
async function sendings(run: () => Promise<void>): Promise<unknown[]> {
  const payloads: unknown[] = [];
  runtime.hooks.add("onSend.action-test", (sent: { source: { id: string }; msg: Message }[]) => {
    for (const { source, msg } of sent) if (source.id === "actor") payloads.push(msg.payload);
  });
  try {
    await run();
  } finally {
    runtime.hooks.remove("onSend.action-test");
  }
  return payloads;
}

/** Notes the error of every message that the nodes "status" and "actor" end while `run` runs, also in a deploy. */
async function endings(run: () => Promise<void>): Promise<Ended[]> {
  const ended: Ended[] = [];
  runtime.hooks.add("onComplete.action-test", ({ node, error }: { node: { id: string }; error?: Ended }) => {
    if (node.id === "status" || node.id === "actor") ended.push(error);
  });
  try {
    await run();
  } finally {
    runtime.hooks.remove("onComplete.action-test");
  }
  return ended;
}

/** Notes every status that a node shows while `run` runs, also those that it shows in a deploy. */
async function statusesOf(id: string, run: () => Promise<unknown>): Promise<NodeStatus[]> {
  const shown: NodeStatus[] = [];
  const listener = (event: { id: string; status?: NodeStatus }): void => {
    if (event.id === id && event.status) shown.push(event.status);
  };
  runtime.events.on("node-status", listener);
  try {
    await run();
  } finally {
    runtime.events.off("node-status", listener);
  }
  return shown;
}

/** A node as the editor names it again when its credentials did not change: without them. */
function unchanged(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

const codes = (ended: readonly Ended[]): (string | undefined)[] => ended.map((error) => error?.code);

// Node-RED keeps the credentials that a deploy does not name: the next router would inherit them.
afterEach(async function () {
  // Hooks outside of a describe run after the tests of all files.
  if (this.currentTest?.file === __filename) await (await nodeRed()).deploy([]);
});

describe("A message that passes an action node", () => {
  it("goes on as the same object, and keeps what else is in it", async () => {
    const { red } = await setUp();
    const res = { end: () => undefined };
    const message: Message = {
      topic: "a",
      payload: "b",
      parts: { id: "p", index: 1 },
      res,
      mine: { deep: [1] },
      _msgid: "m",
    };

    const { msg } = await red.send("status", message);

    assert.equal(msg, message);
    const { payload, statusCode, api, ...rest } = message;
    assert.deepEqual(rest, { topic: "a", parts: { id: "p", index: 1 }, res, mine: { deep: [1] }, _msgid: "m" });
    assert.equal(typeof (payload as { time: unknown }).time, "number");
    assert.equal(statusCode, 200);
    assert.ok(api);
  });

  it("says who answered, what, after how many tries, and how long it took", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "reset" }, 1);

    const { msg } = await red.send("status");

    const { durationMs, ...api } = (msg ?? {})["api"] as Record<string, unknown>;
    assert.deepEqual(api, { platform: "router", operation: "info.time", attempts: 2 });
    assert.ok(Number.isInteger(durationMs) && (durationMs as number) >= 0);
    assert.equal(red.ended("status"), 1);
    assert.deepEqual(red.caught(), []);
  });

  it("loses what an earlier node or an earlier message said there", async () => {
    const { red } = await setUp();
    const { msg } = await red.send("status", { payload: "old", statusCode: 418, api: { platform: "kasa", rows: 1 } });
    assert.equal(msg?.["statusCode"], 200);
    assert.equal((msg["api"] as { platform: string }).platform, "router");
    assert.equal((msg["api"] as { rows?: number }).rows, undefined);
  });
});

describe("A typed field", () => {
  const types: [string, object, Message, string | RegExp][] = [
    ["text", { endpoint: "info.time", endpointType: "str" }, {}, "info.time"],
    ["text, where no type was saved", { endpoint: " info.time " }, {}, "info.time"],
    ["text, where an empty type was saved", { endpoint: "info.time", endpointType: "" }, {}, "info.time"],
    ["JSON", { endpoint: '"info.time"', endpointType: "json" }, {}, "info.time"],
    [
      "a property of the message",
      { endpoint: "a.b[0]", endpointType: "msg" },
      { a: { b: ["info.time"] } },
      "info.time",
    ],
    ["a property of the flow", { endpoint: "place", endpointType: "flow" }, {}, "info.time"],
    ["a global property", { endpoint: "place", endpointType: "global" }, {}, "info.firmware"],
    ["an environment variable", { endpoint: "HOMENET_TEST", endpointType: "env" }, {}, "info.time"],
    ["a JSONata expression", { endpoint: "'info.' & what", endpointType: "jsonata" }, { what: "time" }, "info.time"],
    ["set, and wins over the message", { endpoint: "info.time" }, { endpoint: "info.firmware" }, "info.time"],
    ["blank, and reads the message", { endpoint: "" }, { endpoint: "info.firmware" }, "info.firmware"],
    ["full of blanks, and reads the message", { endpoint: " \t" }, { endpoint: "info.firmware" }, "info.firmware"],
    [
      "blank with a type, and reads the message",
      { endpoint: "", endpointType: "num" },
      { endpoint: "info.time" },
      "info.time",
    ],
    ["missing, and reads the message", { endpoint: undefined }, { endpoint: "info.firmware" }, "info.firmware"],
    ["a number, which is no endpoint", { endpoint: "5", endpointType: "num" }, {}, /"endpoint" must be/],
    ["no number, although it says so", { endpoint: "five", endpointType: "num" }, {}, /cannot be read as num/],
    ["a boolean, which is no text", { endpoint: "true", endpointType: "bool" }, {}, /"endpoint" must be text/],
    ["an object, which is no text", { endpoint: "{}", endpointType: "json" }, {}, /"endpoint" must be text/],
    ["broken JSON", { endpoint: "{", endpointType: "json" }, {}, /"endpoint" cannot be read as json/],
    ["broken JSONata", { endpoint: "'info", endpointType: "jsonata" }, {}, /"endpoint" cannot be read as jsonata/],
    ["failing JSONata", { endpoint: "$number('x')", endpointType: "jsonata" }, {}, /cannot be read as jsonata/],
    ["a place in the message that is none", { endpoint: "a[", endpointType: "msg" }, {}, /cannot be read as msg/],
    ["blank, and the message holds an object", { endpoint: "" }, { endpoint: { a: 1 } }, /"endpoint" must be text/],
  ];
  for (const [what, status, message, expected] of types) {
    it(`may be ${what}`, async () => {
      process.env["HOMENET_TEST"] = "info.time";
      const { red, router } = await setUp(status);
      interface Context {
        set(key: string, value: unknown): void;
      }
      const context = red.node<{ context(): { flow: Context; global: Context } }>("status").context();
      context.flow.set("place", "info.time");
      context.global.set("place", "info.firmware");

      const { error } = await red.send("status", message);

      delete process.env["HOMENET_TEST"];
      if (typeof expected === "string") {
        assert.equal(error, undefined);
        assert.deepEqual(asked(router), [{ endpoint: expected, query: {} }]);
      } else {
        assert.equal(error?.code, "input");
        assert.match(error.message, expected);
        assert.deepEqual(router.server.journal, []);
      }
    });
  }

  it("with a million spaces in the middle holds nobody up", async () => {
    const { red } = await setUp({ endpoint: "" });
    // A pattern that tries each space anew would take longer than mocha waits.
    const { error } = await red.send("status", { endpoint: `info.time${" ".repeat(1e6)}x` });
    assert.equal(error?.code, "input");
  });

  it("loses the spaces around it, and nothing else", async () => {
    const { red, router } = await setUp({ endpoint: "" });
    assert.equal((await red.send("status", { endpoint: "  info.time  " })).error, undefined);
    assert.equal((await red.send("status", { endpoint: "info.time\n" })).error?.code, "input");
    assert.equal((await red.send("status", { endpoint: "   " })).error, undefined);
    assert.deepEqual(
      asked(router).map(({ endpoint }) => endpoint),
      ["info.time", "status.wan.connection"],
    );
  });

  const params: [string, object, Message, object | RegExp][] = [
    ["JSON, where no type was saved", { params: '{"a":"b"}' }, {}, { a: "b" }],
    ["text that is JSON", { params: '{"a":"b"}', paramsType: "str" }, {}, { a: "b" }],
    ["an object of the message", { params: "" }, { params: { a: 1 } }, { a: "1" }],
    ["JSON text of the message", { params: "" }, { params: '{"a":"b"}' }, { a: "b" }],
    ["an expression", { params: '{"a": payload}', paramsType: "jsonata" }, { payload: 7 }, { a: "7" }],
    ["nothing", {}, {}, {}],
    ["nothing, said aloud", {}, { params: null }, {}],
    ["a list, which is refused", { params: "[1]" }, {}, /"params" must be an object/],
    ["a number, which is refused", { params: "1", paramsType: "num" }, {}, /"params" must be an object/],
    ["no JSON, which is refused", {}, { params: "a=b" }, /"params" is text, but not valid JSON/],
  ];
  for (const [what, status, message, expected] of params) {
    it(`for an object may be ${what}`, async () => {
      const { red, router } = await setUp(status);
      const { error } = await red.send("status", message);
      if (expected instanceof RegExp) assert.match(error?.message ?? "", expected);
      else assert.deepEqual([error, asked(router)[0]?.query], [undefined, expected]);
    });
  }

  for (const [what, post, message, expected] of [
    ["JSON, where no type was saved", { body: '{"a":1}' }, { payload: { b: 2 } }, '{"a":1}'],
    ["blank, and reads the payload", { body: "" }, { payload: { b: 2 } }, '{"b":2}'],
    ["blank, and reads a payload that is JSON text", { body: "" }, { payload: '{"b":2}' }, '{"b":2}'],
  ] as const) {
    it(`for a body may be ${what}`, async () => {
      const { red, router } = await setUp();
      const [config, status] = [{ id: "router", type: "peplink-router", server: router.url }, { id: "other" }];
      const credentials = { clientId: router.clientId, clientSecret: router.clientSecret };
      const node = {
        id: "post",
        type: "router-config-post",
        router: "router",
        endpoint: "cmd.sms.sendMessage",
        ...post,
      };
      await red.deploy([{ ...config, credentials }, { ...status, type: "comment" }, node]);
      await red.send("post", message);
      assert.equal(router.server.journal.at(-1)?.body, expected);
    });
  }
});

describe("Messages that come faster than the platform answers", () => {
  const send = (red: NodeRed, from: number, to: number): void => {
    for (let n = from; n <= to; n++) red.inject("status", { n, params: { n } });
  };
  const numbers = (router: PeplinkRouter): number[] => asked(router).map(({ query }) => Number(query["n"]));

  it("are served side by side, as many as the config node says, and in order of arrival", async () => {
    const { red, router } = await setUp({}, { concurrency: 2 });
    let most = 0;
    spoil(router, { kind: "delay", ms: 40 });
    const watch = setInterval(() => (most = Math.max(most, numbers(router).length - red.sent("status").length)), 5);
    send(red, 1, 8);
    await red.until(() => red.sent("status").length === 8);
    clearInterval(watch);

    assert.equal(most, 2);
    assert.deepEqual(numbers(router).toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      red.sent("status").map(({ n }) => Math.ceil(Number(n) / 2)),
      [1, 1, 2, 2, 3, 3, 4, 4],
    );
  });

  it("are served one by one where that is wanted, strictly in order", async () => {
    const { red, router } = await setUp({}, { concurrency: "1" });
    send(red, 1, 20);
    await red.until(() => red.sent("status").length === 20);
    assert.deepEqual(
      numbers(router),
      [...numbers(router)].sort((a, b) => a - b),
    );
    assert.equal(router.signIns(), 1);
  });

  it("share the places of their config node with those of other nodes", async () => {
    const more = [{ id: "other", type: "router-status", router: "router", endpoint: "info.firmware" }];
    const { red, router } = await setUp({}, { concurrency: 1 }, more);
    spoil(router, { kind: "delay", ms: 100 }, 1);
    red.inject("status");
    red.inject("other");
    await arrived(router, 1);
    await pause(30);
    assert.deepEqual(
      asked(router).map(({ endpoint }) => endpoint),
      ["info.time"],
    );
    await red.until(() => red.sent("other").length === 1);
  });

  it("wait in a queue, and beyond that fail at once with `busy`", async () => {
    const { red, router } = await setUp({}, { concurrency: 1, queue: 2 });
    spoil(router, { kind: "delay", ms: 60 });
    send(red, 1, 5);
    await red.until(() => red.caught().length === 2);
    assert.equal(red.sent("status").length, 0);
    for (const { error } of red.caught()) {
      assert.deepEqual([error.code, error.cause["retryable"]], ["busy", true]);
      assert.match(error.message, /queue is full: 2 messages/);
    }
    assert.deepEqual(
      red.caught().map(({ n }) => n),
      [4, 5],
    );

    await red.until(() => red.sent("status").length === 3);
    assert.deepEqual(numbers(router), [1, 2, 3]);
  });

  it("are forgotten when they have ended, well or not", async () => {
    const { red, router } = await setUp();
    const underWay = async (to: number): Promise<number> => {
      const first = red.ended("status") + 1;
      spoil(router, { kind: "response", status: 404 }, 5);
      send(red, first, to);
      await red.until(() => red.ended("status") === to);
      return queryObjects(LightAbortController, { format: "count" });
    };
    const before = await underWay(10);
    const after = await underWay(110);
    assert.ok(after < before + 10, `${after} after 110 messages, ${before} after 10`);
  });

  it("leave the queue to others when they fail", async () => {
    const { red, router } = await setUp({}, { concurrency: 1, queue: 10 });
    spoil(router, { kind: "response", status: 404 }, 3);
    send(red, 1, 5);
    await red.until(() => red.ended("status") === 5);
    assert.deepEqual([red.caught().length, red.sent("status").map(({ n }) => n)], [3, [4, 5]]);
  });
});

describe("A node's status", () => {
  it("is a blue ring while it asks, and a green dot after it", async () => {
    const { red } = await setUp();
    assert.deepEqual(await statusesOf("status", () => red.send("status")), [BLUE, GREEN]);
  });

  it("says how many came", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud();
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa" }]);
    const shown = await statusesOf("list", () => red.send("list"));
    assert.deepEqual(shown.at(-1), { ...GREEN, text: `done (${cloud.devices.length})` });
  });

  it("is a red ring with a short text after a failure, and a later success clears it", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "response", status: 404, body: "<html>" }, 1);
    const shown = await statusesOf("status", async () => {
      await red.send("status");
      await red.send("status");
    });
    const [blue, failed, again, green, ...rest] = shown;
    assert.deepEqual([blue, again, green, rest], [BLUE, BLUE, GREEN, []]);
    assert.deepEqual([failed?.fill, failed?.shape], ["red", "ring"]);
    const text = failed?.text ?? "";
    assert.ok(text.length > 5 && text.length <= 60 && !text.includes(". "), text);
  });

  it("is cut where the text is long", async () => {
    const { red } = await acting(() => Promise.reject(new PlatformError("rejected", "Not now ".repeat(20))));
    await red.send("actor");
    const { text = "" } = red.statuses("actor").at(-1) ?? {};
    assert.equal(text.length, 60);
    assert.match(text, /^Not now Not now .*…$/);
  });

  it("stays blue while others are still under way, whatever becomes of one of them", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "delay", ms: 150 }, 1);
    spoil(router, { kind: "response", status: 404 }, 1);
    const shown = await statusesOf("status", async () => {
      red.inject("status");
      await arrived(router, 1);
      assert.equal((await red.send("status")).error?.code, "not-found");
      await red.until(() => red.sent("status").length === 1);
    });
    assert.deepEqual(shown, [BLUE, GREEN]);
  });

  it("is a yellow ring while it waits for the rate", async () => {
    const { red } = await setUp({}, { rate: 2 });
    const shown = await statusesOf("status", async () => {
      await red.send("status");
      await red.send("status");
    });
    assert.deepEqual(shown, [BLUE, GREEN, BLUE, YELLOW, BLUE, GREEN]);
  });

  it("is a yellow ring while it waits for as long as the platform asked", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "response", status: 503, headers: { "retry-after": "1" } }, 1);
    const shown = await statusesOf("status", () => red.send("status"));
    assert.deepEqual(shown, [BLUE, YELLOW, BLUE, GREEN]);
  });

  it("is grey from the start where something is not configured, and after each message", async () => {
    const red = await nodeRed();
    const flow: FlowNode[] = [{ id: "status", type: "router-status", router: "nobody" }];
    assert.deepEqual(await statusesOf("status", () => red.deploy(flow)), [GREY]);
    assert.deepEqual(await statusesOf("status", () => red.send("status")), [BLUE, GREY]);
  });

  it("is nothing before the first message, also after a deploy", async () => {
    const shown = await statusesOf("status", async () => {
      const { red, flow } = await setUp();
      await red.deploy(flow);
    });
    assert.deepEqual(shown, []);
  });

  it("is taken back at a deploy, and what is cancelled then says nothing", async () => {
    const { red, router, flow } = await setUp();
    spoil(router, { kind: "hang" });
    red.inject("status");
    await arrived(router, 1);
    assert.deepEqual(await statusesOf("status", () => red.deploy(flow)), [{}]);
  });
});

describe("A message that fails", () => {
  interface Failed {
    error: CaughtError;
    caught: Message;
  }
  async function fail(red: NodeRed, message: Message = {}, id = "status"): Promise<Failed> {
    const { error, caught } = await red.send(id, message);
    assert.ok(error && caught, "it should have failed");
    return { error, caught };
  }

  it("tells Catch what happened in one shape, and nothing else", async () => {
    const { red, router } = await setUp({ name: "the time" });
    const body = { stat: "fail", code: 999, message: "Not now, see https://10.0.0.1/?token=sesame" };
    spoil(router, { kind: "response", body });

    const { error, caught } = await fail(red, { topic: "a" });

    const { message, cause, ...rest } = error;
    const source = { id: "status", type: "router-status", name: "the time", count: 1 };
    assert.deepEqual(rest, { code: "rejected", source });
    assert.match(message, /^[A-Z].*\.$/);
    assert.doesNotMatch(message, /sesame|10\.0\.0\.1|Error:/);
    const vendor = { vendorCode: 999, vendorMessage: "Not now, see ***" };
    assert.deepEqual(cause, {
      platform: "router",
      operation: "info.time",
      statusCode: 200,
      ...vendor,
      retryable: false,
    });
    assert.equal(Object.getPrototypeOf(cause), Object.prototype);
    assert.equal(caught["topic"], "a");
    assert.equal(caught["statusCode"], 200);
    const { durationMs: _, ...api } = caught["api"] as Record<string, unknown>;
    assert.deepEqual(api, { platform: "router", operation: "info.time", attempts: 1 });
  });

  it("sends nothing on, and ends once", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "response", status: 404 });
    await fail(red);
    await pause(20);
    assert.deepEqual([red.sent("status").length, red.ended("status"), red.caught().length], [0, 1, 1]);
  });

  it("keeps nothing that an earlier node said when no answer came", async () => {
    const { red, router } = await setUp();
    await router.close();
    const { error, caught } = await fail(red, {
      statusCode: 200,
      api: { platform: "kasa", old: true },
      payload: "mine",
    });
    assert.equal(error.code, "network");
    assert.deepEqual(error.cause, { platform: "router", operation: "info.time", retryable: true });
    assert.equal("statusCode" in caught, false);
    assert.notEqual((caught["api"] as { platform?: string } | undefined)?.platform, "kasa");
    assert.equal(caught.payload, "mine");
  });

  it("keeps nothing that an earlier node said when nothing was asked", async () => {
    const { red } = await setUp({ endpoint: "../login" });
    const { error, caught } = await fail(red, { statusCode: 200, api: { platform: "kasa" } });
    assert.equal(error.code, "input");
    assert.deepEqual(["statusCode" in caught, "api" in caught], [false, false]);
  });

  it("says for how long the platform wants to be left alone", async () => {
    const { red, router } = await setUp();
    spoil(router, { kind: "response", status: 429, headers: { "retry-after": "45" } });
    const { error } = await fail(red);
    assert.equal(error.code, "busy");
    assert.deepEqual(error.cause, {
      platform: "router",
      operation: "info.time",
      statusCode: 429,
      retryAfterMs: 45_000,
      retryable: true,
    });
  });

  for (const [what, router, config] of [
    ["is missing", "nobody", {}],
    ["was never chosen", undefined, {}],
    ["is disabled", "router", { d: true }],
    ["is something else", "post", {}],
  ] as const) {
    it(`because its config node ${what} says so`, async () => {
      const { red } = await setUp({ router }, config);
      const { error } = await fail(red);
      assert.equal(error.code, "config");
      assert.match(error.message, /No config node is chosen, or it is disabled/);
      assert.deepEqual(error.cause, { platform: "router", operation: "", retryable: false });
    });
  }

  for (const [what, message] of [
    [
      "a property that throws once",
      {
        get params(): unknown {
          Object.defineProperty(this, "params", { value: {}, enumerable: true });
          throw new Error("sesame");
        },
      },
    ],
    [
      "a property that throws something that is no error",
      {
        get params(): unknown {
          Object.defineProperty(this, "params", { value: {}, enumerable: true });
          throw new Proxy({}, { get: () => assert.fail("sesame") });
        },
      },
    ],
    ["an object that throws when it is listed", { params: new Proxy({}, { ownKeys: () => assert.fail("sesame") }) }],
  ] as [string, Message][]) {
    it(`because of ${what} gets a code all the same, and the runtime lives`, async () => {
      const { red } = await setUp();
      const ended = await endings(async () => {
        red.inject("status", message);
        await red.until(() => red.ended("status") === 1);
      });
      assert.deepEqual(codes(ended), ["input"]);
      assert.match(
        String(ended[0]?.message),
        /Something in the message or in the node's settings cannot be read \(\w+\)/,
      );
      assert.doesNotMatch(JSON.stringify([ended[0]?.message, red.log]), /sesame/);
      assert.equal((await red.send("status")).error, undefined);
    });
  }

  it("because it is frozen asks nothing", async () => {
    const { red, router } = await setUp();
    const message = Object.freeze({ _msgid: "m", payload: 1 });
    const { error } = await fail(red, message);
    assert.deepEqual([error.code, router.server.journal], ["input", []]);
    assert.match(error.message, /frozen/);
    assert.deepEqual(message, { _msgid: "m", payload: 1 });
  });

  it("because it takes nothing that is put into it gets a code all the same", async () => {
    const { red } = await setUp();
    const stubborn = new Proxy(
      { _msgid: "m" },
      {
        set: () => false,
        deleteProperty: () => false,
        defineProperty: () => false,
      },
    );
    const ended = await endings(async () => {
      red.inject("status", stubborn);
      await red.until(() => red.ended("status") === 1);
    });
    assert.deepEqual(codes(ended), ["protocol"]);
  });

  it("where even Node-RED cannot say so leaves the runtime alive", async () => {
    const { red } = await setUp({ endpoint: "../login" });
    const ended = await endings(async () => {
      red.inject("status", new Proxy({ _msgid: "m" }, { ownKeys: () => assert.fail("no") }));
      await red.until(() => red.ended("status") === 1);
      await pause(20);
    });
    assert.deepEqual(codes(ended), ["input"]);
  });
});

describe("Whatever a node does with a message", () => {
  for (const [code, retryable] of [
    ["input", false],
    ["config", false],
    ["sign-in", false],
    ["forbidden", false],
    ["not-found", false],
    ["rejected", false],
    ["unsupported", false],
    ["offline", true],
    ["busy", true],
    ["network", true],
    ["tls", false],
    ["timeout", true],
    ["protocol", false],
    ["cancelled", false],
  ] as const) {
    it(`"${code}" reaches Catch, and says whether another try may help`, async () => {
      const { red } = await acting(async ({ call }) => {
        call.trace.operation = "act";
        throw new PlatformError(code, "It is so. Do this.", { statusCode: 200, vendorCode: -1 });
      });
      const { error, caught } = await red.send("actor");
      assert.deepEqual([error?.code, error?.message], [code, "It is so. Do this."]);
      const cause = { platform: "router", operation: "act", statusCode: 200, vendorCode: -1, retryable };
      assert.deepEqual(error?.cause, cause);
      assert.equal(caught?.["statusCode"], 200);
      assert.deepEqual(red.statuses("actor").at(-1), { fill: "red", shape: "ring", text: "It is so" });
    });
  }

  for (const [what, thrown, said] of [
    ["a mistake", new TypeError("sesame"), "TypeError"],
    ["text", "sesame", "string"],
    ["nothing", undefined, "undefined"],
    ["something that must not be touched", new Proxy({}, { get: () => assert.fail("sesame") }), "object"],
  ] as const) {
    it(`it gets a code, also for ${what} that is thrown when something was asked`, async () => {
      const { red } = await acting(async ({ call }) => {
        call.trace.attempts = 1;
        throw thrown;
      });
      const { error } = await red.send("actor");
      assert.deepEqual([error?.code, error?.cause["retryable"]], ["protocol", false]);
      assert.match(error?.message ?? "", new RegExp(`unexpected error occurred in this node \\(${said}\\)`));
      assert.doesNotMatch(JSON.stringify([error, red.log]), /sesame/);
    });
  }

  it("it gets a code, also when the node throws at once", async () => {
    const { red } = await acting(() => {
      throw new RangeError("sesame");
    });
    assert.equal((await red.send("actor")).error?.code, "input");
  });

  it("the runtime lives, also when what comes after an error throws", async () => {
    const { red } = await acting(() => Promise.reject(new PlatformError("offline", "It is off.")));
    const rejections: unknown[] = [];
    const listener = (reason: unknown): void => void rejections.push(reason);
    process.prependListener("unhandledRejection", listener);
    red.node<{ error: unknown }>("actor").error = () => assert.fail("no");
    red.inject("actor");
    await red.until(() => red.ended("actor") === 1);
    await pause(20);
    process.off("unhandledRejection", listener);
    assert.deepEqual(rejections, []);
  });

  it("the parameters of the message stay as they are", async () => {
    const params = { a: 1 };
    const { red } = await acting(async ({ input }) => {
      const mine = await input.params();
      delete mine["a"];
      return mine;
    });
    const { msg } = await red.send("actor", { params });
    assert.deepEqual([msg?.payload, params], [{}, { a: 1 }]);
  });
});

describe("A deploy", () => {
  it("ends every message that is under way or waits with `cancelled`, although the platform hangs", async () => {
    const { red, router, flow } = await setUp({}, { concurrency: 2 });
    spoil(router, { kind: "hang" });
    let idleMs = Infinity;
    const ended = await endings(async () => {
      for (let n = 0; n < 200; n++) red.inject("status");
      await arrived(router, 2);
      idleMs = await idleMsDuring(() => red.deploy(flow));
    });
    assert.deepEqual(
      codes(ended),
      Array.from({ length: 200 }, () => "cancelled"),
    );
    assert.ok(idleMs < 1000, `${idleMs} ms`);
    assert.equal(asked(router).length, 2);
  });

  it("ends a message that comes while the node closes, and asks nothing for it", async () => {
    const { red, router, flow } = await setUp();
    spoil(router, { kind: "hang" }, 1);
    const node = red.node<{ receive(msg: object): void }>("status");
    let late = 1;
    runtime.hooks.add("onComplete.late", ({ node: { id } }: { node: { id: string } }) => {
      if (id === "status" && late-- > 0) node.receive({});
    });
    const ended = await endings(async () => {
      red.inject("status");
      await arrived(router, 1);
      await red.deploy(flow);
      await pause(50);
    });
    runtime.hooks.remove("onComplete.late");
    assert.deepEqual(codes(ended), ["cancelled", "cancelled"]);
    assert.equal(asked(router).length, 1);
  });

  it("ends a message whose act never does", async () => {
    const { red, flow } = await acting(() => new Promise(() => undefined));
    const ended = await endings(async () => {
      red.inject("actor");
      await red.deploy(flow);
    });
    assert.deepEqual(codes(ended), ["cancelled"]);
  });

  it("lets nothing out that comes after it", async () => {
    let answer: ((payload: unknown) => void) | undefined;
    const { red, flow } = await acting(() => new Promise((done) => (answer = done)));
    const payloads = await sendings(async () => {
      red.inject("actor");
      await pause(20);
      await red.deploy(flow);
      answer?.("late");
      await pause(20);
    });
    assert.deepEqual(payloads, []);
  });

  it("lets nothing more out of an answer that leaves as several messages", async () => {
    let more: (() => void) | undefined;
    async function* answer(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      await new Promise<void>((done) => (more = done));
      yield 3;
      yield 4;
    }
    const { red, flow } = await acting(async () => new MessageSequence(answer()));
    const payloads = await sendings(async () => {
      red.inject("actor");
      await red.until(() => red.sent("actor").length === 1);
      await red.deploy(flow);
      more?.();
      await pause(20);
    });
    assert.deepEqual(payloads, [1]);
  });

  it("ends those that wait for a sign-in, a rate or a rest", async () => {
    for (const [settings, endpoint, fault] of [
      [{}, "auth.token.grant", { kind: "hang" }],
      [{ rate: 0.01 }, "info.time", { kind: "delay", ms: 1 }],
      [{}, "info.time", { kind: "response", status: 503, headers: { "retry-after": "30" } }],
    ] as const) {
      const { red, router, flow } = await setUp({}, settings);
      spoil(router, fault, Infinity, endpoint);
      const ended = await endings(async () => {
        for (let n = 0; n < 5; n++) red.inject("status");
        for (let wait = 0; wait < 6000 && router.server.journal.length === 0; wait++) await pause(5);
        await pause(20);
        assert.ok(router.server.journal.length > 0);
        await red.deploy(flow);
      });
      assert.deepEqual(
        codes(ended),
        Array.from({ length: 5 }, () => "cancelled"),
        endpoint,
      );
      await router.close();
    }
  });

  it("of the node alone cancels its messages, and leaves the config node at work", async () => {
    const { red, router, flow } = await setUp();
    await red.send("status");
    spoil(router, { kind: "hang" }, 1);
    const ended = await endings(async () => {
      red.inject("status");
      await arrived(router, 2);
      const changed = flow.map(unchanged).map((node) => (node.id === "status" ? { ...node, name: "new" } : node));
      await red.deploy(changed, "nodes");
    });
    assert.deepEqual(codes(ended), ["cancelled"]);

    assert.equal((await red.send("status")).error, undefined);

    assert.equal(router.signIns(), 1);
  });

  it("twenty times leaves no message pending, no socket and no listener", async () => {
    const before = countSockets();
    const { red, router, flow } = await setUp({}, { concurrency: 2 });
    spoil(router, { kind: "hang" });
    const ended = await endings(async () => {
      for (let turn = 0; turn < 20; turn++) {
        const asking = asked(router).length;
        for (let n = 0; n < 3; n++) red.inject("status");
        await arrived(router, asking + 2);
        await red.deploy(flow);
      }
    });
    assert.deepEqual(
      codes(ended),
      Array.from({ length: 60 }, () => "cancelled"),
    );
    router.server.clearFaults();
    await red.send("status");
    await red.deploy([]);
    for (let wait = 0; wait < 3000 && countSockets() > before; wait++) await pause(10);
    assert.equal(countSockets(), before);
  });
});

describe("An answer that leaves as several messages", () => {
  it("tells a Join node how to put them together again", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud();
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" }]);
    const outer = { id: "outer", index: 3, count: 4 };
    const mine = { deep: 1 };
    red.inject("list", { topic: "a", payload: "b".repeat(1000), mine, parts: outer });
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
    assert.equal(new Set(sent.map((msg) => msg["mine"])).size, sent.length, "each has a copy of its own");
    assert.equal(red.sent("list").length, cloud.devices.length);
  });

  it("and breaks off leaves the message to Catch as it came", async () => {
    const red = await nodeRed();
    const { controller, config } = await omadaController();
    const query = { id: "query", type: "omada-query", controller: "omada", path: "sites", output: "messages" };
    await red.deploy([config, query]);
    controller.server.injectFault(
      { kind: "response", status: 404, body: "" },
      { times: 9, when: (one) => one.query.get("page") === "2" },
    );

    const { error, caught } = await red.send("query", { payload: "mine", parts: { id: "p" }, params: { pageSize: 1 } });

    assert.equal(error?.code, "not-found");
    assert.deepEqual([caught?.payload, caught?.["parts"]], ["mine", { id: "p" }]);
  });

  it("and are none still ends the message", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud();
    cloud.devices.length = 0;
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" }]);
    red.inject("list");
    await red.until(() => red.ended("list") === 1);
    assert.deepEqual([red.sent("list"), red.caught()], [[], []]);
  });
});

describe("A message that asks much side by side", () => {
  it("draws no warning about its listeners", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud();
    for (let times = 0; times < 2; times++) cloud.devices.push(...cloud.devices);
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa", detail: "state" }]);
    const warnings = await warningsDuring(async () => {
      assert.equal((await red.send("list")).error, undefined);
    });
    assert.deepEqual(warnings, []);
  });
});
