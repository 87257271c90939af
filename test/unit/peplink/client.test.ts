import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Clock } from "../../../src/core/clock";
import { isPlatformError } from "../../../src/core/errors";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { PeplinkClient, type PeplinkSettings } from "../../../src/peplink/client";
import { closing } from "../../support/harness/platforms";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import { grantOf, post } from "../../support/simulators/peplink/test-client";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const AS_IT_IS = { asList: false, maskSecrets: false };
const HIDING = { asList: false, maskSecrets: true };
const STATUS = "status.wan.connection";

/** The machine's clock, with hands that can be turned ahead, and no patience for waiting. */
class QuickClock implements Clock {
  aheadMs = 0;
  readonly now = (): number => Date.now() + this.aheadMs;
  readonly sleep = async (): Promise<void> => {};
}

/** A router, and a client of it; both look at the same clock. */
async function setUp({ http = true, ...settings }: Partial<PeplinkSettings> & { http?: boolean } = {}) {
  const router = closing(await PeplinkRouter.start({ http }));
  const clock = new QuickClock();
  router.now = clock.now;
  const { clientId, clientSecret, username, password, fingerprint } = router;
  const tls = fingerprint === undefined ? {} : { fingerprint };
  const transport = closing(new Transport({ timeoutMs: 5000, tls, concurrency: 8, clock }));
  const who = { mode: "client", clientId, clientSecret, username, password } as const;
  const client = new PeplinkClient({ server: parseServerAddress(router.url), ...who, ...settings }, transport, clock);
  const status = (endpoint = STATUS): Promise<unknown> => client.status(endpoint, {}, AS_IT_IS);
  return { router, clock, client, status };
}

/** Waits until something is so that nobody tells of. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !condition(); await new Promise((done) => setTimeout(done, 5)))
    assert.ok(Date.now() < end, "waited in vain");
}

/** Makes the router answer an endpoint with something of the test's own. */
function answering({ server }: PeplinkRouter, endpoint: string, body: unknown, status = 200, times = Infinity): void {
  server.spoil({ kind: "answer", body, status }, { times, when: ({ path }) => path === `/api/${endpoint}` });
}

/** For `assert.rejects`: whether it failed with this code. */
const code =
  (expected: Parameters<typeof isPlatformError>[1]) =>
  (error: unknown): boolean => {
    assert.ok(isPlatformError(error, expected), `${expected} expected, not ${String(error)}`);
    return true;
  };

describe("the Peplink client", () => {
  describe("with a token", () => {
    for (const stringNumbers of [false, true]) {
      it(`renews it before it ends, while it is still good (life as ${stringNumbers ? "text" : "a number"})`, async () => {
        const { router, clock, status } = await setUp();
        router.stringNumbers = stringNumbers;
        router.expiresIn = 3600;
        await status();
        clock.aheadMs = HOUR_MS - 6 * MINUTE_MS;
        await status();
        const before = router.signIns();

        clock.aheadMs = HOUR_MS - 4 * MINUTE_MS;
        await status();
        await until(() => router.signIns() > before);
        clock.aheadMs = HOUR_MS + MINUTE_MS;
        await status();

        assert.deepEqual([before, router.signIns(), router.calls(STATUS)], [1, 2, 4]);
      });
    }

    for (const expiresIn of [undefined, "soon"]) {
      it(`counts on two days where the router says ${String(expiresIn)}`, async () => {
        const { router, clock, status } = await setUp();
        const { response } = await post(router, "auth.token.grant", grantOf(router));
        const { accessToken } = response;
        answering(router, "auth.token.grant", { stat: "ok", response: { accessToken, expiresIn } }, 200, 1);
        clock.aheadMs = -MINUTE_MS;
        await status();
        clock.aheadMs = 48 * HOUR_MS - 10 * MINUTE_MS;
        await status();
        const before = router.calls("auth.token.grant");

        clock.aheadMs = 48 * HOUR_MS - 5 * MINUTE_MS;
        await status();
        await until(() => router.calls("auth.token.grant") > before);

        assert.deepEqual([before, router.calls(STATUS)], [2, 3]);
      });
    }

    it("signs in once for three hundred calls at once", async () => {
      const { router, status } = await setUp();

      await Promise.all(Array.from({ length: 300 }, () => status()));

      assert.deepEqual([router.signInAttempts(), router.calls(STATUS)], [1, 300]);
    });
  });

  describe("with a cookie", () => {
    it("signs in anew when it was idle for too long", async () => {
      const { router, clock, status } = await setUp({ mode: "user" });
      await status();
      clock.aheadMs = 4 * HOUR_MS;

      await status();

      assert.deepEqual([router.signIns(), router.calls(STATUS)], [2, 3]);
    });

    it("keeps it for as long as the router does", async () => {
      const { router, clock, status } = await setUp({ mode: "user" });
      for (let i = 0; i < 30; i++) {
        await status();
        clock.aheadMs += 3 * HOUR_MS;
      }

      assert.equal(router.signIns(), 1);
    });
  });

  describe("whose session is spent", () => {
    for (const mode of ["client", "user"] as const) {
      for (const [what, spend] of Object.entries({
        "code 401 in an HTTP 200": (router: PeplinkRouter) => router.expireSessions(),
        "HTTP 401": (router: PeplinkRouter) => {
          router.honest401 = true;
          router.expireSessions();
        },
        "HTTP 401 and a web page": (router: PeplinkRouter) => answering(router, STATUS, "<html></html>", 401, 1),
        "HTTP 401 and nothing": (router: PeplinkRouter) => answering(router, STATUS, "", 401, 1),
        "HTTP 401 that says all is well": (router: PeplinkRouter) => answering(router, STATUS, { stat: "ok" }, 401, 1),
      })) {
        it(`renews it once and asks once more after ${what} (${mode})`, async () => {
          const { router, status } = await setUp({ mode });
          await status();
          spend(router);

          const response = await status();

          assert.deepEqual(Object.keys(response as object).slice(0, 4), ["1", "2", "3", "4"]);
          assert.deepEqual([router.signIns(), router.calls(STATUS)], [2, 3]);
        });
      }
    }

    it("renews it once for all who are refused at once", async () => {
      const { router, status } = await setUp();
      await status();
      router.expireSessions();

      await Promise.all(Array.from({ length: 50 }, () => status()));

      assert.equal(router.signIns(), 2);
    });

    for (const [endpoint, expected] of [
      ["status.client", "sign-in"],
      ["info.location", "sign-in"],
      ["config.ssid.profile", "forbidden"],
      ["cmd.sms.get", "forbidden"],
      ["status.cellularModule.temperature", "forbidden"],
    ] as const) {
      it(`tells of ${expected} when ${endpoint} is refused twice in a row`, async () => {
        const { router, client } = await setUp();
        router.refuseEverySession = true;

        const asking = client.status(endpoint, {}, AS_IT_IS);

        await assert.rejects(asking, code(expected));
        assert.deepEqual([router.signInAttempts(), router.calls(endpoint)], [2, 2]);
      });
    }

    for (const endpoint of ["config.wan.connection.priority", "cmd.ap"]) {
      it(`tells of forbidden when a write to ${endpoint} is refused twice in a row`, async () => {
        const { router, client } = await setUp();
        router.refuseEverySession = true;

        const asking = client.post(endpoint, { list: [] }, { apply: true, confirm: false });

        await assert.rejects(asking, code("forbidden"));
        assert.deepEqual([router.signInAttempts(), router.calls(endpoint)], [2, 2]);
      });
    }
  });

  describe("whose credentials are refused", () => {
    it("tries once more after a quarter of an hour, and then after half an hour", async () => {
      const { router, clock, status } = await setUp({ clientSecret: "not-the-right-one" });
      const attempts: number[] = [];
      for (const minutes of [0, 14, 16, 40, 47]) {
        clock.aheadMs = minutes * MINUTE_MS;
        await assert.rejects(status(), code("sign-in"));
        attempts.push(router.signInAttempts());
      }

      assert.deepEqual(attempts, [1, 1, 2, 2, 3]);
    });

    it("goes on where the refusal was about something else", async () => {
      const { router, status } = await setUp();
      router.apiOff = true;
      await assert.rejects(status(), code("protocol"));
      router.apiOff = false;

      await status();

      assert.equal(router.signIns(), 1);
    });
  });

  it("signs in again a second after the router stumbled over it, and no earlier", async () => {
    const { router, clock, status } = await setUp();
    answering(router, "auth.token.grant", { stat: "fail", code: 999, message: "Internal Error" }, 200, 1);
    await assert.rejects(status(), code("busy"));
    await assert.rejects(status(), code("busy"));
    assert.equal(router.signInAttempts(), 1);
    clock.aheadMs = 1100;

    await status();

    assert.deepEqual([router.signInAttempts(), router.signIns()], [2, 1]);
  });

  it("tells where to look when a web page answers after the sign-in", async () => {
    const { router, status } = await setUp();
    await status();
    answering(router, STATUS, "\n <!DOCTYPE html><title>Router</title>");

    await assert.rejects(status(), /It is a web page: check the address and the port/);
  });

  it("works without anybody who keeps a record", async () => {
    const { router, client } = await setUp();
    const change = { action: "update", list: [{ id: 1, enable: false }] };

    await client.post("config.wan.connection", change, { apply: true, confirm: false });

    assert.equal(router.wan("Fibre").enable, false);
  });

  it("leaves what it is given as it was", async () => {
    const { router, client } = await setUp();
    const params = Object.freeze({ id: Object.freeze([1, 2]) });
    const body = Object.freeze({ enable: true });

    await client.status(STATUS, params, AS_IT_IS);
    await client.post("cmd.ap", body, { apply: false, confirm: false });

    assert.deepEqual(router.server.journal.at(-1)?.body, '{"enable":true}');
  });

  it("asks nobody once it is closed", async () => {
    const { router, client, status } = await setUp();
    client.close();

    await assert.rejects(status(), code("cancelled"));

    assert.deepEqual(router.server.journal, []);
  });
});

/** Where two JSON values differ, as paths. */
function differences(one: unknown, other: unknown, path = ""): string[] {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other ? [] : [path];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const at = (value: object, name: string): unknown => (value as Record<string, unknown>)[name];
  return [...names].flatMap((name) => differences(at(one, name), at(other, name), `${path}/${name}`));
}

interface Envelope {
  stat: string;
  response: unknown;
}

/** Real answers, and those that the vendor prints: they lie beside this repository, and not everywhere. */
describe("the Peplink client, told what real routers answer", () => {
  const folder = resolve("../shared/fixtures/peplink");
  const real: [string, Envelope][] = [];

  before(function () {
    if (!existsSync(folder)) this.skip(); // The real answers are not here.
    const read = (file: string): unknown => JSON.parse(readFileSync(resolve(folder, file), "utf8"));
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const content = read(file) as Envelope | { examples: Record<string, { response: Envelope }[]> } | unknown[];
      if (Array.isArray(content)) continue;
      const printed = "examples" in content ? Object.entries(content.examples) : [];
      for (const [name, examples] of printed) for (const { response } of examples) real.push([name, response]);
      if ("stat" in content) real.push([file, content]);
    }
    real.splice(0, real.length, ...real.filter(([, { stat, response }]) => stat === "ok" && response !== undefined));
  });

  /** What becomes of an answer. */
  async function shownAs(showing: { asList: boolean; maskSecrets: boolean }): Promise<[Envelope, unknown][]> {
    const { router, client } = await setUp();
    const shown: [Envelope, unknown][] = [];
    for (const [, body] of real) {
      answering(router, "status.any", body, 200, 1);
      shown.push([body, await client.status("status.any", {}, showing)]);
    }
    return shown;
  }

  it("hands each on as it is", async () => {
    for (const [{ response }, shown] of await shownAs(AS_IT_IS)) assert.deepEqual(shown, response);
    assert.ok(real.length > 20);
  });

  it("hides their passwords, keys, tokens and client secrets, and nothing else", async () => {
    const hidden = (await shownAs(HIDING)).flatMap(([{ response }, shown]) => differences(response, shown));

    const names = hidden.map((path) => path.split("/").at(-1) ?? "");
    assert.deepEqual([...new Set(names)].toSorted(), ["accessToken", "clientSecret", "key", "password"]);
    assert.deepEqual(names.filter((name) => name === "password").length, 2);
  });

  it("lists each collection in its own order, with every entry that is there", async () => {
    let collections = 0;
    for (const [{ response }, shown] of await shownAs({ asList: true, maskSecrets: false })) {
      const { order } = response as { order?: unknown[] };
      if (!order) {
        if (!Object.keys(response as object).some((name) => /^\d+$/.test(name))) assert.deepEqual(shown, response);
        continue;
      }
      collections++;
      const there = order.filter((id) => Object.hasOwn(response as object, String(id)));
      assert.deepEqual(
        (shown as { id: unknown }[]).map(({ id }) => id),
        there,
      );
    }
    assert.ok(collections >= 8, String(collections));
  });
});
