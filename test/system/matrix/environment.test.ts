import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { closeAfterTest } from "../../support/mocha-hooks";
import { SimulatedServer } from "../../support/simulators/simulated-server";
import { assertFailed, assertSucceeded, Fixture, onEveryPlatform, withoutRetryDelays } from "./fixture";

const TIMEOUT_MS = 400;

/** Blocks the event loop. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe("matrix: environment", () => {
  it("row 35: a blocked event loop causes no timeout if the response has arrived meanwhile", async () => {
    const fixture = await Fixture.start({ settings: { timeout: TIMEOUT_MS / 1000 } });
    await fixture.warmUp();
    for (const { name, server } of fixture.platforms) {
      server.onResponse = () => {
        // Its response is on its way when this begins.
        setImmediate(block, TIMEOUT_MS + 100);
        server.onResponse = undefined;
      };
      const { error, msg } = await fixture.red.send(`${name}-write`);

      assert.deepEqual([error?.message, msg?.["statusCode"]], [undefined, 200], name);
    }
    assert.deepEqual(
      [fixture.requestCounts("sign-in"), fixture.requestCounts("write")],
      [onEveryPlatform(0), onEveryPlatform(1)],
    );
  });

  it("row 35: a process without free file descriptors fails with `network`, and recovers", async function () {
    withoutRetryDelays();
    if (spawnSync("prlimit", ["--version"]).error) this.skip();
    const fixture = await Fixture.start();
    await fixture.warmUp();
    for (const { server } of fixture.platforms) server.dropConnections();
    await fixture.until(() => fixture.platforms.every(({ server }) => server.usedConnections === 0));
    const descriptors: number[] = [];
    const setLimit = (soft: string): void => {
      spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${soft}:`]);
    };
    const usualLimit = /nofile\s.*?(\d+)\s/i.exec(
      spawnSync("prlimit", ["--pid", String(process.pid)]).stdout.toString(),
    )?.[1];
    assert.ok(usualLimit);
    setLimit(String(readdirSync("/proc/self/fd").length + 20));
    try {
      for (let n = 0; n < 100; n++) descriptors.push(openSync("/dev/null", "r"));
      assert.fail("there is still a free descriptor");
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EMFILE");
    }
    try {
      assertFailed(await fixture.sendToAll(), "network");
      assert.deepEqual(
        [fixture.requestCounts("read"), fixture.requestCounts("write")],
        [onEveryPlatform(0), onEveryPlatform(0)],
      );
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
      setLimit(usualLimit);
    }
    await fixture.assertRecovers();
  });

  it("row 37: a port that another service uses gets no secret, and what it sends is not taken for a response", async () => {
    withoutRetryDelays();
    for (const [https, code] of [
      [false, "protocol"],
      [true, "tls"],
    ] as const) {
      const fixture = await Fixture.start({ https });
      await fixture.warmUp();
      for (const { server } of fixture.platforms) {
        server.dropConnections();
        server.injectConnectionFault({ kind: "garbage", text: "SSH-2.0-OpenSSH_9.9\r\n" }, Number.POSITIVE_INFINITY);
      }

      assertFailed(await fixture.sendToAll(), code);

      assert.deepEqual(
        [fixture.requestCounts("read"), fixture.requestCounts("write")],
        [onEveryPlatform(0), onEveryPlatform(0)],
      );
      await fixture.assertRecovers();
    }
  });

  it("row 37: a proxy in the environment gets no request for a loopback address", async () => {
    const proxy = closeAfterTest(await SimulatedServer.start(() => ({ body: {} })));
    const names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NODE_USE_ENV_PROXY"];
    for (const name of names) process.env[name] = name.startsWith("NODE") ? "1" : proxy.url;
    try {
      const fixture = await Fixture.start({ https: true });

      assertSucceeded(await fixture.sendToAll());

      assert.equal(proxy.connections, 0);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });
});
