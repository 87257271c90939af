import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import { Wan } from "../../../support/simulators/peplink/router";
import { priorities, setUp } from "./fixture";

const PRIORITY = "config.wan.connection.priority";

describe("The router's act wan-priority", () => {
  it("gives a connection a priority, keeps those that are not named, and reads it back", async () => {
    const { router, act, posts } = await setUp();

    const outcome = await act("wan-priority", { target: "Cellular", value: 1 });

    const steps = [{ operation: PRIORITY, done: true }];
    assert.deepEqual(outcome, { payload: 1, verified: true, steps });
    assert.deepEqual(posts(), [[PRIORITY, { instantActive: true, list: [{ connId: 3, priority: 1 }] }]]);
    assert.deepEqual(priorities(router), { Starlink: 2, Fibre: 1, Cellular: 1, "Harbour Wi-Fi": 4 });
  });

  it("reads the priority of a connection that is switched off from its configuration, and leaves it off", async () => {
    const { router, act } = await setUp();

    const outcome = await act("wan-priority", { target: "Harbour Wi-Fi", value: "2" });

    assert.deepEqual([outcome.payload, outcome.verified], [2, true]);
    assert.equal(router.wan("Harbour Wi-Fi").enable, false);
  });

  for (const value of [0, -1, 1.5, "first", true, "", null, undefined, { priority: 1 }]) {
    it(`refuses the priority ${JSON.stringify(value)} without a request`, async () => {
      const { router, act } = await setUp();

      await rejectsWith(act("wan-priority", { target: "Cellular", value }), "input");

      assert.deepEqual(router.server.journal, []);
    });
  }

  it("says that it is not verified where the router says ok and does nothing", async () => {
    const { router, act } = await setUp();
    router.ignorePosts(PRIORITY);

    const outcome = await act("wan-priority", { target: "Cellular", value: 1 });

    assert.deepEqual([outcome.payload, outcome.verified], [3, false]);
  });

  it("waits for a change that shows after seconds", async () => {
    const { router, act } = await setUp();
    router.world.effectDelayMs = 6000;

    const outcome = await act("wan-priority", { target: "Cellular", value: 1 });

    assert.deepEqual([outcome.payload, outcome.verified], [1, true]);
  });

  it("reads nothing back on request", async () => {
    const { router, act } = await setUp();

    const outcome = await act("wan-priority", { target: "Cellular", value: 1, verify: false });

    assert.equal(outcome.verified, null);
    assert.equal(router.calls("status.wan.connection"), 1);
  });

  it("writes nothing in a dry run, and returns the request", async () => {
    const { act, posts } = await setUp();

    const { payload } = await act("wan-priority", { target: "Cellular", value: 1, dryRun: true });

    const body = { instantActive: true, list: [{ connId: 3, priority: 1 }] };
    assert.deepEqual(payload, [{ method: "POST", path: PRIORITY, body }]);
    assert.deepEqual(posts(), []);
  });

  it("refuses a blank target without a request", async () => {
    const { router, act } = await setUp();

    await rejectsWith(act("wan-priority", { value: 1 }), "input");

    assert.deepEqual(router.server.journal, []);
  });

  it("finds a connection by its number, and by its name in any case", async () => {
    const { act } = await setUp();

    assert.equal((await act("wan-priority", { target: "3", value: 2 })).payload, 2);
    assert.equal((await act("wan-priority", { target: "cellular", value: 3 })).payload, 3);
  });

  it("names the connections that there are where none has the name, and writes nothing", async () => {
    const { act, posts } = await setUp();

    const error = await rejectsWith(act("wan-priority", { target: "Satellite", value: 1 }), "not-found");

    assert.match(error.message, /"Starlink", "Fibre", "Cellular", "Harbour Wi-Fi"/);
    assert.deepEqual(posts(), []);
  });

  it("refuses a name that two connections have, with their numbers, and writes nothing", async () => {
    const { router, act, posts } = await setUp();
    router.wan("Starlink").name = "Fibre";

    const error = await rejectsWith(act("wan-priority", { target: "Fibre", value: 1 }), "input");

    assert.match(error.message, /2, 1/);
    assert.deepEqual(posts(), []);
  });

  it("follows a name that another connection has got meanwhile", async () => {
    const { router, act } = await setUp();
    await act("wan-priority", { target: "Starlink", value: 2 });
    router.wan("Starlink").name = "Dish";
    router.wan("Cellular").name = "Starlink";

    await act("wan-priority", { target: "Starlink", value: 1 });

    assert.deepEqual(priorities(router), { Dish: 2, Fibre: 1, Starlink: 1, "Harbour Wi-Fi": 4 });
  });
});

describe("The router's acts on a router that counts in text", () => {
  it("find a connection by its number, and read it back", async () => {
    const { router, act, posts } = await setUp();
    const wan = (priority: string, enable: unknown): object => ({ name: `WAN ${priority}`, enable, priority });
    const respondWith = (response: object, hasId: boolean): void =>
      router.server.injectFault(
        { kind: "response", body: { stat: "ok", response } },
        {
          times: Infinity,
          when: ({ path, query }) => path.endsWith("status.wan.connection") && query.has("id") === hasId,
        },
      );
    respondWith({ 1: wan("1", "yes"), 2: wan("2", "yes"), order: ["1", "2"] }, false);
    respondWith({ 2: wan("1", "yes") }, true);

    const priority = await act("wan-priority", { target: "2", value: 1 });
    const enable = await act("wan-enable", { target: "2", value: true });

    assert.deepEqual([priority.payload, priority.verified], [1, true]);
    assert.deepEqual([enable.payload, enable.verified], [true, true]);
    assert.equal(posts().length, 2);
  });
});

describe("The router's act wan-enable", () => {
  for (const [target, value] of [
    ["Starlink", false],
    ["Harbour Wi-Fi", true],
    ["Harbour Wi-Fi", undefined],
  ] as const) {
    it(`switches ${target} with the value ${value}, and keeps its priority`, async () => {
      const { router, act } = await setUp();
      const before = priorities(router);

      const outcome = await act("wan-enable", { target, value });

      assert.deepEqual([outcome.payload, outcome.verified], [value ?? true, true]);
      assert.equal(router.wan(target).enable, value ?? true);
      assert.deepEqual(priorities(router), before);
    });
  }

  it("is not verified by a connection that is gone", async () => {
    const { router, act } = await setUp();
    router.ignorePosts(PRIORITY);
    router.server.injectFault(
      { kind: "response", body: { stat: "ok", response: { order: [] } } },
      { times: Infinity, when: ({ query }) => query.has("id") },
    );

    const outcome = await act("wan-enable", { target: "Starlink", value: false });

    assert.deepEqual([outcome.payload, outcome.verified], [null, false]);
  });
});

describe("The router's act wan-prefer", () => {
  it("puts a connection first, and keeps the order of the others", async () => {
    const { router, act } = await setUp();

    const outcome = await act("wan-prefer", { target: "Starlink", value: "whatever the message holds" });

    assert.deepEqual([outcome.payload, outcome.verified], ["Starlink", true]);
    assert.deepEqual(priorities(router), { Starlink: 1, Fibre: 2, Cellular: 3, "Harbour Wi-Fi": 4 });
  });

  it("says the place of each connection that is used, and of no other", async () => {
    const { act, posts } = await setUp();

    await act("wan-prefer", { target: "Starlink" });

    const list = [
      { connId: 2, priority: 1 },
      { connId: 1, priority: 2 },
      { connId: 3, priority: 3 },
    ];
    assert.deepEqual(posts(), [[PRIORITY, { instantActive: true, list }]]);
  });

  it("lets connections that share a priority go on sharing it, behind the preferred one", async () => {
    const { router, act } = await setUp();
    router.wan("Starlink").priority = 1;
    router.wan("Cellular").priority = 2;

    await act("wan-prefer", { target: "Cellular" });

    assert.deepEqual(priorities(router), { Starlink: 2, Fibre: 2, Cellular: 1, "Harbour Wi-Fi": 4 });
  });

  it("parts a connection from another one that shares its priority", async () => {
    const { router, act } = await setUp();
    router.wan("Starlink").priority = 1;

    const outcome = await act("wan-prefer", { target: "Fibre" });

    assert.equal(outcome.payload, "Fibre");
    assert.deepEqual(priorities(router), { Starlink: 2, Fibre: 1, Cellular: 3, "Harbour Wi-Fi": 4 });
  });

  it("keeps apart connections that came before and beside the preferred one", async () => {
    const { router, act } = await setUp();
    router.wan("Cellular").priority = 2;

    await act("wan-prefer", { target: "Starlink" });

    assert.deepEqual(priorities(router), { Starlink: 1, Fibre: 2, Cellular: 3, "Harbour Wi-Fi": 4 });
  });

  it("leaves a connection alone that is only for management", async () => {
    const { router, act } = await setUp();
    router.wans.push(new Wan(5, "Out of band", { priority: 1, managementOnly: true }));

    const outcome = await act("wan-prefer", { target: "Starlink" });

    assert.deepEqual([outcome.payload, outcome.verified], ["Starlink", true]);
    assert.equal(router.wan("Out of band").priority, 1);
  });

  it("says which of two connections of the same name is first", async () => {
    const { router, act } = await setUp();
    router.wan("Fibre").name = "Starlink";

    const outcome = await act("wan-prefer", { target: "2" });

    assert.deepEqual([outcome.payload, outcome.verified], ["Starlink (2)", true]);
  });

  it("refuses a connection that is switched off, and writes nothing", async () => {
    const { act, posts } = await setUp();

    const error = await rejectsWith(act("wan-prefer", { target: "Harbour Wi-Fi" }), "rejected");

    assert.match(error.message, /wan-enable/);
    assert.deepEqual(posts(), []);
  });

  it("returns who shares the first place where the router did not make room, and is not verified", async () => {
    const { router, act } = await setUp();
    router.wan("Starlink").priority = 1;
    router.ignorePosts(PRIORITY);

    const outcome = await act("wan-prefer", { target: "Starlink" });

    assert.deepEqual([outcome.payload, outcome.verified], [["Starlink", "Fibre"], false]);
  });
});
