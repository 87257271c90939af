import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ExternalService } from "../../support/harness/external-services";
import { freePort } from "../../support/harness/node-red-process";
import { until } from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";

import redisContext = require("../../../src/persistence/redis-context");

type Context = ReturnType<typeof redisContext>;

async function open(url: string): Promise<Context> {
  const context = closeAfterTest(redisContext({ url, settings: { userDir: "/nowhere" } }));
  await context.open();
  return context;
}

const get = (context: Context, key: string | string[], scope = "global"): Promise<unknown[]> =>
  new Promise((resolve, reject) =>
    context.get(scope, key, (error, ...values) => (error ? reject(error) : resolve(values))),
  );
const set = (context: Context, key: string | string[], value: unknown, scope = "global"): Promise<void> =>
  new Promise((resolve, reject) => context.set(scope, key, value, (error) => (error ? reject(error) : resolve())));
const keys = (context: Context, scope = "global"): Promise<unknown> =>
  new Promise((resolve, reject) =>
    context.keys(scope, (error, names) => (error ? reject(error) : resolve((names as string[]).toSorted()))),
  );

/** Waits until the context store is connected. */
const connected = (context: Context): Promise<void> =>
  until(() =>
    get(context, "any").then(
      () => true,
      () => false,
    ),
  );

const MISSING = ExternalService.missing("redis-server");

describe(`The context store in Redis${MISSING.length > 0 ? " (skipped: redis-server is not installed)" : ""}`, () => {
  before(function () {
    if (MISSING.length > 0) this.skip();
  });

  it("keeps values of every kind by scope and name, for all who use the same Redis", async () => {
    const redis = closeAfterTest(await ExternalService.redis());
    const [one, other] = await Promise.all([open(redis.url), open(redis.url)]);
    await Promise.all([one, other].map(connected));

    await set(one, "a.b", { deep: [1, null, "ü"] });
    await set(one, ["c", "d", "e"], [false, "", undefined]);
    await set(one, "c", 1, "flow");

    assert.deepEqual(await get(other, ["a.b", "c", "d", "e", "a"]), [
      { deep: [1, null, "ü"] },
      false,
      "",
      undefined,
      undefined,
    ]);
    assert.deepEqual(await get(other, "c", "flow"), [1]);
    assert.deepEqual([await keys(other), await keys(other, "flow")], [["a.b", "c", "d"], ["c"]]);
    await set(other, "c", undefined);
    await other.delete("flow");
    await other.clean();
    assert.deepEqual([await keys(one), await keys(one, "flow")], [["a.b", "d"], []]);
  });

  it("reports what cannot be stored or read, and goes on", async () => {
    const redis = closeAfterTest(await ExternalService.redis());
    const context = await open(redis.url);
    await connected(context);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;

    await assert.rejects(set(context, "circular", circular), /circular/);
    await set(context, "function", () => 1);

    assert.deepEqual(await get(context, ["circular", "function"]), [undefined, undefined]);
    assert.throws(() => context.get("global", "a"), /needs a callback/);
    assert.throws(() => context.keys("global"), /needs a callback/);
  });

  it("stores all of several values or none when Redis is full, and is readable all the same", async () => {
    const redis = closeAfterTest(await ExternalService.redis("--maxmemory-policy", "noeviction"));
    const context = await open(redis.url);
    await connected(context);
    await set(context, "small", "first");
    spawnSync("redis-cli", ["-u", redis.url, "config", "set", "maxmemory", "1"]);

    await assert.rejects(set(context, ["small", "other"], ["second", "x"]));

    assert.deepEqual(await get(context, ["small", "other"]), ["first", undefined]);
  });

  it("does not wait for a Redis that is away at the start, and uses it as soon as it is there", async () => {
    const port = await freePort();
    const context = await open(`redis://127.0.0.1:${port}`);

    await assert.rejects(get(context, "a"), /Redis is not connected/);
    await assert.rejects(set(context, "a", 1), { code: "ECONNREFUSED" });
    closeAfterTest(await ExternalService.redisAt(port));
    await connected(context);
    await set(context, "a", 1);

    assert.deepEqual(await get(context, "a"), [1]);
  });

  it("fails at once while Redis restarts, and works afterwards", async () => {
    const port = await freePort();
    const first = await ExternalService.redisAt(port);
    const context = await open(first.url);
    await connected(context);
    await first.close("SIGKILL");

    await until(() =>
      set(context, "a", 1).then(
        () => false,
        () => true,
      ),
    );
    closeAfterTest(await ExternalService.redisAt(port));
    await connected(context);
    await set(context, "a", 2);

    assert.deepEqual(await get(context, "a"), [2]);
  });

  it("keeps no process alive once it is closed", async () => {
    const context = await open("redis://127.0.0.1:1");
    await context.close();
    await assert.rejects(get(context, "a"));
  });
});
