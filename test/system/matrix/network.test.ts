import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { closeAfterTest } from "../../support/mocha-hooks";
import { SimulatedServer, type ConnectionFault, type Fault } from "../../support/simulators/simulated-server";
import {
  attempts,
  everywhere,
  failedWith,
  Fixture,
  pause,
  tally,
  wentWell,
  withoutRests,
  type Ending,
} from "./fixture";

const TIMEOUT_MS = 400;
/** What a busy machine may add. */
const LEEWAY_MS = 1500;

/** How long a message took, as `msg.api` says. */
const durationMs = ({ msg, caught }: Ending): number =>
  ((msg ?? caught)?.["api"] as { durationMs: number } | undefined)?.durationMs ?? Infinity;

/** Fails unless every message gave up in time: a read after three tries, a write after one. */
function inTime(endings: Ending[]): void {
  for (const ending of endings) {
    const mostMs = (ending.does === "read" ? 3 * TIMEOUT_MS : TIMEOUT_MS) + LEEWAY_MS;
    assert.ok(durationMs(ending) <= mostMs, `${ending.node}: ${durationMs(ending)} ms`);
  }
}

/** Keeps the one thread of this process busy. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe("matrix: the network", () => {
  const broken: [what: string, fault: Fault][] = [
    ["before its head", { kind: "reset" }],
    ["before its head, politely", { kind: "close" }],
    ["after its head", { kind: "cut", after: "head" }],
    ["in the middle of its body", { kind: "cut" }],
    ["in the middle of a chunk", { kind: "cut", chunked: true }],
  ];
  for (const [what, fault] of broken) {
    it(`row 12: an answer that breaks off ${what} is asked for three times by a read, and a write is sent once`, async () => {
      withoutRests();
      const stage = await Fixture.set();
      await stage.warmUp();
      stage.spoil(fault, ["read", "write"]);

      const endings = await stage.play();

      failedWith(endings, "network");
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(3), everywhere(1)]);
      const writes = endings.filter(({ does }) => does === "write");
      assert.deepEqual(attempts(writes), everywhere(1));
      for (const { error } of writes)
        assert.match(error?.message ?? "", /Whether the request was carried out is not known/);
      await stage.recovers();
    });
  }

  it("row 12: a sign-in whose answer breaks off is tried three times, and is no refusal", async () => {
    withoutRests();
    const stage = await Fixture.set();
    stage.spoil({ kind: "cut" }, "sign-in");

    failedWith(await stage.play("read"), "network");

    assert.deepEqual([stage.asked("sign-in"), stage.asked("read")], [everywhere(3), everywhere(0)]);
    await stage.recovers();
  });

  const slow: [what: string, phase: string, fault: Fault][] = [
    ["never comes", "waiting for the response", { kind: "hang" }],
    ["is kept back when all was done", "waiting for the response", { kind: "drop" }],
    ["comes byte by byte", "waiting for the response", { kind: "drip", everyMs: 20, part: "head" }],
    ["has a body that comes byte by byte", "reading the response", { kind: "drip", everyMs: 100 }],
    ["stops in the middle of its body", "reading the response", { kind: "stall" }],
    ["is announced and does not come", "reading the response", { kind: "announce", bytes: 1000 }],
  ];
  for (const [what, phase, fault] of slow) {
    it(`row 18: an answer that ${what} is given up in time, and its connection with it`, async () => {
      withoutRests();
      const stage = await Fixture.set({ settings: { timeout: TIMEOUT_MS / 1000 } });
      await stage.warmUp();
      for (const { server } of stage.platforms) server.dropConnections();
      stage.spoil(fault, ["read", "write"]);

      const endings = await stage.play();

      failedWith(endings, "timeout");
      inTime(endings);
      for (const { error } of endings) assert.match(error?.message ?? "", new RegExp(`within 0.4 s \\(${phase}\\)`));
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(3), everywhere(1)]);
      await stage.until(() => stage.platforms.every(({ server }) => server.usedConnections === 0));
      await stage.recovers();
    });
  }

  for (const https of [false, true]) {
    it(`row 18: a port that accepts and says nothing is given up in time (${https ? "https" : "http"})`, async () => {
      withoutRests();
      const stage = await Fixture.set({ https, settings: { timeout: TIMEOUT_MS / 1000 } });
      await stage.warmUp();
      for (const { server } of stage.platforms) {
        server.dropConnections();
        server.injectConnectionFault({ kind: "silent" }, Number.POSITIVE_INFINITY);
      }

      const endings = await stage.play();

      failedWith(endings, "timeout");
      inTime(endings);
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(0), everywhere(0)]);
      // A service that comes back ends the connections that it never talked to.
      for (const { server } of stage.platforms) {
        server.clearFaults();
        server.dropConnections();
      }
      await pause(50);
      await stage.recovers();
    });
  }

  it("row 18: a TLS handshake that is slow, and not too slow, is waited for", async () => {
    const stage = await Fixture.set({ https: true });
    for (const { server } of stage.platforms) server.injectConnectionFault({ kind: "slow", ms: 300 }, 2);
    await stage.warmUp();
    assert.deepEqual(
      stage.each(({ server }) => server.connections > 0),
      everywhere(true),
    );
  });

  const refusing: [what: string, fault: ConnectionFault][] = [
    ["resets", { kind: "reset" }],
    ["hangs up on", { kind: "close" }],
  ];
  for (const [what, fault] of refusing) {
    it(`row 12: a port that ${what} every connection fails reads and writes, and nothing has arrived`, async () => {
      withoutRests();
      const stage = await Fixture.set({ https: true });
      await stage.warmUp();
      for (const { server } of stage.platforms) {
        server.dropConnections();
        server.injectConnectionFault(fault, Number.POSITIVE_INFINITY);
      }

      failedWith(await stage.play(), "network");

      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(0), everywhere(0)]);
      await stage.recovers();
    });
  }

  it("row 11: a platform that restarts and forgets all tokens gets one sign-in, and no write twice", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    const done = stage.countDone("write");
    for (const platform of stage.platforms) {
      platform.spendTokens();
      await platform.server.goOffline();
    }

    const ended = await stage.endings(async () => {
      stage.inject("all", 10);
      await pause(100);
      for (const { server } of stage.platforms) await server.goOnline();
      await stage.until(() => stage.ended === 60);
    });

    const { done: well = 0, network = 0 } = tally(ended);
    assert.equal(well + network, 60, JSON.stringify(tally(ended)));
    for (const { name } of stage.platforms) {
      const wrote = ended.filter(({ node, code }) => node === `${name}-write` && code === undefined).length;
      assert.equal(done(name), wrote, `${name}: each write that went well was done once, and no other`);
    }
    await stage.recovers();
    assert.deepEqual(stage.asked("sign-in"), everywhere(1));
  });

  it("row 13: connections that the platform ends at any moment between two calls fail no read, and repeat no write", async () => {
    const stage = await Fixture.set({ settings: { concurrency: 8 } });
    await stage.warmUp();
    const reads = 200;
    const writes = 60;
    stage.spoil({ kind: "hangUp", ms: () => Math.random() * 5 }, ["read", "write"]);

    const ended = await stage.endings(async () => {
      stage.inject("read", reads);
      stage.inject("write", writes);
      await stage.until(() => stage.ended === 3 * (reads + writes));
    });

    const lost = ended.filter(({ code }) => code !== undefined);
    assert.deepEqual(
      lost.filter(({ node, code }) => node.endsWith("read") || code !== "network"),
      [],
    );
    for (const count of Object.values(stage.asked("write"))) assert.ok(count <= writes, `${count} writes arrived`);
    await stage.recovers();
  });

  // The row wants a quota: 1.1 attempts per call when all fail. The contract has none: a read is tried three times.
  it("row 15: reads of a platform that is over its head are tried three times, spread, and never in lockstep", async () => {
    const callers = 100;
    const stage = await Fixture.set({ settings: { concurrency: callers } });
    await stage.warmUp();
    stage.spoil({ kind: "response", status: 503 }, "read");

    const ended = await stage.flood("read", callers);

    assert.deepEqual(tally(ended), { busy: 3 * callers });
    assert.deepEqual(stage.asked("read"), everywhere(3 * callers));
    for (const { name, server } of stage.platforms) {
      // The second tries rest for up to 500 ms, each for its own time.
      const times = server.journal.map(({ at }) => at).sort((one, other) => one - other);
      const spreadMs = (times[2 * callers - 1] ?? 0) - (times[callers] ?? 0);
      assert.ok(spreadMs > 250, `${name}: the next ${callers} tries arrived within ${spreadMs} ms`);
    }
    // Drawn from nothing up to 500 and 1000 ms, for each try by itself: here they come out long.
    Math.random = () => 0.99;
    for (const ending of await stage.play("read")) assert.ok(durationMs(ending) > 1400, `${durationMs(ending)} ms`);
    await stage.recovers();
  });

  it("row 27: a platform that is dead holds up no other", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    const dead = stage.platform("kasa");
    dead.server.dropConnections();
    dead.server.injectConnectionFault({ kind: "silent" }, Number.POSITIVE_INFINITY);

    const ended = await stage.endings(async () => {
      for (let n = 0; n < 50; n++) stage.red.inject("kasa-read");
      for (let n = 0; n < 100; n++) for (const id of ["omada-read", "router-read"]) stage.red.inject(id);
      await stage.until(() => stage.ended === 200, 4000);
    });

    assert.deepEqual(tally(ended), { done: 200 });
    assert.ok(ended.every(({ node }) => node !== "kasa-read"));
    await stage.deploy(stage.flow);
    await stage.recovers();
  });

  it("row 35: a stall of our own is no time-out: what has arrived meanwhile counts", async () => {
    const stage = await Fixture.set({ settings: { timeout: TIMEOUT_MS / 1000 } });
    await stage.warmUp();
    for (const { name, server } of stage.platforms) {
      server.onResponse = () => {
        // Its answer is on the way when this begins.
        setImmediate(block, TIMEOUT_MS + 100);
        server.onResponse = undefined;
      };
      const { error, msg } = await stage.red.send(`${name}-write`);

      assert.deepEqual([error?.message, msg?.["statusCode"]], [undefined, 200], name);
    }
    assert.deepEqual([stage.asked("sign-in"), stage.asked("write")], [everywhere(0), everywhere(1)]);
  });

  it("row 35: a process that has no file descriptor left fails with `network`, and goes on when it has", async function () {
    withoutRests();
    if (spawnSync("prlimit", ["--version"]).error) this.skip();
    const stage = await Fixture.set();
    await stage.warmUp();
    for (const { server } of stage.platforms) server.dropConnections();
    await stage.until(() => stage.platforms.every(({ server }) => server.usedConnections === 0));
    const taken: number[] = [];
    const limit = (soft: string): void => {
      spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${soft}:`]);
    };
    const usual = /nofile\s.*?(\d+)\s/i.exec(
      spawnSync("prlimit", ["--pid", String(process.pid)]).stdout.toString(),
    )?.[1];
    assert.ok(usual);
    limit(String(readdirSync("/proc/self/fd").length + 20));
    try {
      for (let n = 0; n < 100; n++) taken.push(openSync("/dev/null", "r"));
      assert.fail("there should be no descriptor left");
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EMFILE");
    }
    try {
      failedWith(await stage.play(), "network");
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(0), everywhere(0)]);
    } finally {
      for (const descriptor of taken) closeSync(descriptor);
      limit(usual);
    }
    await stage.recovers();
  });

  it("row 37: a port that something else has taken gets no secret, and what it says is no answer", async () => {
    withoutRests();
    for (const [https, code] of [
      [false, "protocol"],
      [true, "tls"],
    ] as const) {
      const stage = await Fixture.set({ https });
      await stage.warmUp();
      for (const { server } of stage.platforms) {
        server.dropConnections();
        server.injectConnectionFault({ kind: "garbage", text: "SSH-2.0-OpenSSH_9.9\r\n" }, Number.POSITIVE_INFINITY);
      }

      failedWith(await stage.play(), code);

      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(0), everywhere(0)]);
      await stage.recovers();
    }
  });

  it("row 37: a proxy that the environment names hears nothing", async () => {
    const proxy = closeAfterTest(await SimulatedServer.start(() => ({ body: {} })));
    const names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NODE_USE_ENV_PROXY"];
    for (const name of names) process.env[name] = name.startsWith("NODE") ? "1" : proxy.url;
    try {
      const stage = await Fixture.set({ https: true });

      wentWell(await stage.play());

      assert.equal(proxy.connections, 0);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });
});
