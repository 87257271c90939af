import assert from "node:assert/strict";
import type { Message } from "../../support/harness/node-red";
import { assertFailed, assertSucceeded, countCodes, Fixture, onEveryPlatform, withoutRetryDelays } from "./fixture";

const SECOND = 1000;

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * SECOND).toUTCString();

describe("matrix: limits", () => {
  for (const [status, delays] of [
    [429, ["1", "0", "date"]],
    [503, ["1"]],
  ] as const) {
    it(`row 14: the delay that HTTP ${status} asks for is observed, as the platform measures it`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      for (const delay of delays) {
        const header = delay === "date" ? inSeconds(2) : delay;
        for (const { server } of fixture.platforms) server.journal.length = 0;
        fixture.injectFault({ kind: "response", status, headers: { "retry-after": header } }, "read", 1);

        assertSucceeded(await fixture.sendToAll("read"));

        for (const { name, server } of fixture.platforms) {
          const [first = 0, second = 0, ...more] = server.journal.map(({ at }) => at);
          const earliest = delay === "date" ? Date.parse(header) : first + Number(delay) * SECOND;
          assert.deepEqual(more, []);
          // Both clocks are rounded to the millisecond.
          assert.ok(second >= earliest - 5, `${name}: ${earliest - second} ms too early after "${header}"`);
        }
      }
    });
  }

  for (const [what, header, minMs, maxMs] of [
    ["45 seconds", () => "45", 45_000, 45_000],
    ["32 years", () => "1000000000", 1e12, 1e12],
    ["a date in an hour", () => inSeconds(3600), 3_400_000, 3_600_000],
  ] as const) {
    it(`row 14: a delay of more than 30 seconds is returned to the flow at once (${what})`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      fixture.injectFault({ kind: "response", status: 429, headers: { "retry-after": header() } }, ["read", "write"]);

      const outcomes = await fixture.sendToAll();

      assertFailed(outcomes, "busy");
      assert.deepEqual(
        [fixture.requestCounts("read"), fixture.requestCounts("write")],
        [onEveryPlatform(1), onEveryPlatform(1)],
      );
      for (const { node, error } of outcomes) {
        const delayMs = Number(error?.cause["retryAfterMs"]);
        assert.ok(delayMs >= minMs && delayMs <= maxMs, `${node}: ${delayMs} ms`);
      }
      await fixture.assertRecovers();
    });
  }

  it("row 14: an invalid delay is replaced by the usual one", async () => {
    withoutRetryDelays();
    const fixture = await Fixture.start();
    await fixture.warmUp();
    for (const header of ["-5", "abc", "1e9", "1.5", ""]) {
      for (const { server } of fixture.platforms) server.journal.length = 0;
      fixture.injectFault({ kind: "response", status: 429, headers: { "retry-after": header } }, "read", 1);

      assertSucceeded(await fixture.sendToAll("read"));

      assert.deepEqual(fixture.requestCounts("read"), onEveryPlatform(2), header);
    }
  });

  it("row 14: a write that is asked to wait is not sent again, and the delay is returned to the flow", async () => {
    const fixture = await Fixture.start();
    await fixture.warmUp();
    fixture.injectFault({ kind: "response", status: 429, headers: { "retry-after": "1" } }, "write");

    const outcomes = await fixture.sendToAll("write");

    assertFailed(outcomes, "busy");
    for (const { error } of outcomes) assert.equal(error?.cause["retryAfterMs"], 1000);
    assert.deepEqual(fixture.requestCounts("write"), onEveryPlatform(1));
    await fixture.assertRecovers();
  });

  // The row asks for a deadline that covers the queue. By the contract, `timeout` covers one attempt: a message waits in
  // the queue as long as it takes, or until a deploy cancels it.
  it("row 26: of twenty thousand messages at once, a thousand wait in order and the others fail with `busy` at once", async function () {
    this.timeout(40_000);
    const fixture = await Fixture.start({ only: ["router"], settings: { rate: 10 } });
    await fixture.warmUp();
    const before = process.memoryUsage().heapUsed;
    const messages = 20_000;

    const completions = await fixture.completionsDuring(async () => {
      fixture.inject("read", messages);
      await fixture.until(() => fixture.completed >= messages - 1004, 30_000);
      await fixture.until(() => fixture.red.sent("router-read").length >= 15, 10_000);
      await fixture.deploy(fixture.flow);
    });

    const { busy, done = 0, cancelled = 0 } = countCodes(completions);
    assert.deepEqual([busy, done + cancelled], [messages - 1004, 1004]);
    assert.ok(done >= 10 && (fixture.requestCounts("read")["router"] ?? 0) <= done + 4);
    const growthMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    assert.ok(growthMiB < 400, `${Math.round(growthMiB)} MiB`);
    await fixture.assertRecovers();
  });

  it("row 26: messages that wait for the rate limit are served in order", async () => {
    const fixture = await Fixture.start({ settings: { rate: 40, concurrency: 1 } });
    await fixture.warmUp();

    await fixture.flood("read", 30);

    for (const { name } of fixture.platforms) {
      const order = fixture.red.sent(`${name}-read`).map((msg: Message) => msg["n"]);
      assert.deepEqual(
        order.filter((n) => n !== undefined),
        Array.from({ length: 30 }, (_, n) => n),
        name,
      );
    }
  });
});
