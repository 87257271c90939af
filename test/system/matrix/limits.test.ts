import assert from "node:assert/strict";
import type { Message } from "../../support/harness/node-red";
import { everywhere, failedWith, Fixture, tally, wentWell, withoutRests } from "./fixture";

const SECOND = 1000;

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * SECOND).toUTCString();

describe("matrix: limits", () => {
  for (const [status, asks] of [
    [429, ["1", "0", "date"]],
    [503, ["1"]],
  ] as const) {
    it(`row 14: a rest that HTTP ${status} asks for is kept, measured at the platform`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      for (const ask of asks) {
        const header = ask === "date" ? inSeconds(2) : ask;
        for (const { server } of stage.platforms) server.journal.length = 0;
        stage.spoil({ kind: "response", status, headers: { "retry-after": header } }, "read", 1);

        wentWell(await stage.play("read"));

        for (const { name, server } of stage.platforms) {
          const [first = 0, second = 0, ...more] = server.journal.map(({ at }) => at);
          const earliest = ask === "date" ? Date.parse(header) : first + Number(ask) * SECOND;
          assert.deepEqual(more, []);
          // The platform's clock and ours round to the millisecond, each in its own way.
          assert.ok(second >= earliest - 5, `${name}: ${earliest - second} ms too early after "${header}"`);
        }
      }
    });
  }

  for (const [what, header, leastMs, mostMs] of [
    ["45 seconds", () => "45", 45_000, 45_000],
    ["32 years", () => "1000000000", 1e12, 1e12],
    ["a date in an hour", () => inSeconds(3600), 3_400_000, 3_600_000],
  ] as const) {
    it(`row 14: a rest of more than 30 seconds is none of ours: the flow hears of it at once (${what})`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      stage.spoil({ kind: "response", status: 429, headers: { "retry-after": header() } }, ["read", "write"]);

      const endings = await stage.play();

      failedWith(endings, "busy");
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(1), everywhere(1)]);
      for (const { node, error } of endings) {
        const restMs = Number(error?.cause["retryAfterMs"]);
        assert.ok(restMs >= leastMs && restMs <= mostMs, `${node}: ${restMs} ms`);
      }
      await stage.recovers();
    });
  }

  it("row 14: a rest that makes no sense is ours to choose", async () => {
    withoutRests();
    const stage = await Fixture.set();
    await stage.warmUp();
    for (const header of ["-5", "abc", "1e9", "1.5", ""]) {
      for (const { server } of stage.platforms) server.journal.length = 0;
      stage.spoil({ kind: "response", status: 429, headers: { "retry-after": header } }, "read", 1);

      wentWell(await stage.play("read"));

      assert.deepEqual(stage.asked("read"), everywhere(2), header);
    }
  });

  it("row 14: a write that is asked to wait is not sent again: the flow hears for how long", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    stage.spoil({ kind: "response", status: 429, headers: { "retry-after": "1" } }, "write");

    const endings = await stage.play("write");

    failedWith(endings, "busy");
    for (const { error } of endings) assert.equal(error?.cause["retryAfterMs"], 1000);
    assert.deepEqual(stage.asked("write"), everywhere(1));
    await stage.recovers();
  });

  // The row wants a deadline that covers the queue. By the contract `timeout` covers one attempt: who waits in a full
  // queue waits as long as it takes, and is cancelled at a deploy.
  it("row 26: twenty thousand messages at once: a thousand wait in order, the rest is `busy` at once", async function () {
    this.timeout(40_000);
    const stage = await Fixture.set({ only: ["router"], settings: { rate: 10 } });
    await stage.warmUp();
    const before = process.memoryUsage().heapUsed;
    const messages = 20_000;

    const ended = await stage.endings(async () => {
      stage.inject("read", messages);
      await stage.until(() => stage.ended >= messages - 1004, 30_000);
      await stage.until(() => stage.red.sent("router-read").length >= 15, 10_000);
      await stage.deploy(stage.flow);
    });

    const { busy, done = 0, cancelled = 0 } = tally(ended);
    assert.deepEqual([busy, done + cancelled], [messages - 1004, 1004]);
    assert.ok(done >= 10 && (stage.asked("read")["router"] ?? 0) <= done + 4);
    const grownMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    assert.ok(grownMiB < 400, `${Math.round(grownMiB)} MiB`);
    await stage.recovers();
  });

  it("row 26: messages that wait for a rate are served in order", async () => {
    const stage = await Fixture.set({ settings: { rate: 40, concurrency: 1 } });
    await stage.warmUp();

    await stage.flood("read", 30);

    for (const { name } of stage.platforms) {
      const order = stage.red.sent(`${name}-read`).map((msg: Message) => msg["n"]);
      assert.deepEqual(
        order.filter((n) => n !== undefined),
        Array.from({ length: 30 }, (_, n) => n),
        name,
      );
    }
  });
});
