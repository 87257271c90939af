import assert from "node:assert/strict";
import { systemClock, type Clock } from "../../../../src/core/clock";
import { SpecCache } from "../../../../src/omada/openapi/spec-cache";
import { bundledSpec } from "../../../../src/omada/openapi/spec-parser";
import { idleMsDuring, until } from "../../../support/http-fixture";
import { OmadaFixture } from "../../../support/omada-fixture";
import { OPERATIONS } from "../../../support/simulators/omada/operations";
import { buildSpec } from "../../../support/simulators/omada/spec";

describe("The cache of OpenAPI descriptions", () => {
  async function setUp(options: Parameters<typeof OmadaFixture.start>[0] = {}) {
    const fixture = await OmadaFixture.start(options);
    // The test sets the time, but a sleep is real.
    const clock: Clock = { now: () => fixture.clock.at, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
    const cache = new SpecCache(clock);
    return {
      fixture,
      cache,
      get: (key = "a", waitMs = 30_000) => cache.get(key, fixture.client, waitMs),
      requests: (): string[] => {
        const paths = fixture.omada.server.journal.map(({ path }) => path);
        return paths.filter((path) => !path.startsWith("/openapi/"));
      },
    };
  }

  it("fetches the description of a controller once, without signing in", async () => {
    const { fixture, get, requests } = await setUp({ version: "6.1.0" });

    const [one, other] = await Promise.all([get(), get()]);
    const later = await get();

    assert.deepEqual([one.own, one.version, one.pending, one.error], [true, "6.1.0", false, undefined]);
    assert.equal(other.operations, one.operations);
    assert.equal(later.operations, one.operations);
    assert.deepEqual(requests(), ["/api/info", "/v3/api-docs"]);
    assert.equal(fixture.omada.tokenRequests(), 0);
  });

  it("checks the version of the controller after a minute, and fetches the description again only if it changed", async () => {
    const { fixture, get, requests } = await setUp({ version: "5.15.24" });
    const before = await get();

    fixture.clock.at += 61_000;
    fixture.omada.server.injectFault({ kind: "late", ms: 2000 });
    const idleMs = await idleMsDuring(async () => assert.equal((await get()).operations, before.operations));
    assert.ok(idleMs < 1000, "waited for the check");
    await until(() => requests().length === 3);
    fixture.omada.version = "6.1.0";
    await until(async () => {
      fixture.clock.at += 61_000;
      return (await get()).version === "6.1.0";
    });

    assert.deepEqual(requests().slice(0, 3), ["/api/info", "/v3/api-docs", "/api/info"]);
    assert.equal(requests().filter((path) => path === "/v3/api-docs").length, 2);
    assert.notEqual((await get()).operations, before.operations);
  });

  it("falls back to the bundled table for a description without operations", async () => {
    const { fixture, get } = await setUp();
    fixture.respondWith(/api-docs$/, { body: { openapi: "3.0.1", paths: {} } });

    const { own, error } = await get();

    assert.deepEqual([own, error?.code], [false, "protocol"]);
  });

  it("does not request a description from an unreachable controller", async () => {
    const { fixture, get, requests } = await setUp();
    fixture.omada.server.injectFault({ kind: "reset" }, { times: 9 });

    const { own, error } = await get();

    assert.deepEqual([own, error?.code], [false, "network"]);
    assert.ok(!requests().includes("/v3/api-docs"));
  });

  it("keeps the description when the client is replaced, if the controller is the same", async () => {
    const { fixture, cache, get, requests } = await setUp();
    const before = await get();

    const newClient = { info: () => fixture.client.info(), spec: () => fixture.client.spec() };
    const after = await cache.get("a", newClient, 5000);

    assert.equal(after.operations, before.operations);
    assert.deepEqual(requests(), ["/api/info", "/v3/api-docs", "/api/info"]);
  });

  it("fetches the description again when another controller has the same key", async () => {
    const [one, other] = [await setUp({ version: "5.15.24" }), await setUp({ version: "6.1.0" })];
    const before = await one.get();

    const after = await one.cache.get("a", other.fixture.client, 5000);

    assert.notEqual(after.operations, before.operations);
    assert.equal(after.version, "6.1.0");
  });

  it("fetches the description of the cloud from its group, and again after an hour", async () => {
    const { fixture, get, requests } = await setUp();
    const spec = buildSpec("https://cloud", OPERATIONS);
    fixture.respondWith(/\/api\/info$/, { status: 404, body: "<html>" }, 9);
    fixture.respondWith(/\/v3\/api-docs$/, { status: 404, body: "<html>" }, 9);
    fixture.respondWith(/\/00%20All$/, { body: spec }, 9);

    const result = await get();
    fixture.clock.at += 600_000;
    await get();

    assert.deepEqual([result.own, result.version], [true, ""]);
    assert.deepEqual(requests(), ["/api/info", "/v3/api-docs", "/v3/api-docs/00%20All"]);
    fixture.clock.at += 3_000_000;
    await get();
    await until(() => requests().length > 3);
  });

  const BROKEN: Record<string, { response: object; code: string }> = {
    "a web page": { response: { body: "<!doctype html>" }, code: "protocol" },
    "cut JSON": { response: { body: '{"paths": {' }, code: "protocol" },
    "an empty description": { response: { body: { openapi: "3.0.1", paths: {} } }, code: "protocol" },
    "more than 16 MiB": { response: { body: `"${"x".repeat(17 * 2 ** 20)}"` }, code: "protocol" },
    "HTTP 403": { response: { status: 403, body: {} }, code: "forbidden" },
  };
  for (const [what, { response, code }] of Object.entries(BROKEN)) {
    it(`falls back to the bundled table for ${what}, and retries after 20 seconds`, async () => {
      const { fixture, get, requests } = await setUp();
      fixture.respondWith(/\/v3\/api-docs/, response, 2);

      const result = await get();

      assert.deepEqual([result.own, result.operations, result.error?.code], [false, bundledSpec(), code]);
      await get();
      assert.equal(requests().length, 3);
      fixture.clock.at += 21_000;
      assert.equal((await get()).own, true);
    });
  }

  it("returns the bundled table after the time limit, and continues to fetch the description", async () => {
    const { fixture, get } = await setUp();
    fixture.omada.server.injectFault({ kind: "delay", ms: 400 }, { when: ({ path }) => path === "/v3/api-docs" });

    const first = await get("a", 50);
    assert.deepEqual([first.own, first.pending], [false, true]);
    await until(async () => (await get("a", 50)).own);
  });

  it("returns the error when the controller is unreachable", async () => {
    const { fixture, get } = await setUp();
    await fixture.omada.close();

    const result = await get();

    assert.deepEqual([result.own, result.error?.code], [false, "network"]);
    assert.ok(result.operations.length > 2000);
  });

  it("keeps the four most recently used descriptions", async () => {
    const { get, requests } = await setUp();
    for (const key of ["a", "b", "c", "d", "e"]) await get(key);
    assert.equal(requests().length, 10);

    await get("e");
    await get("b");
    assert.equal(requests().length, 10);
    await get("a");
    assert.equal(requests().length, 12);
  });
});
