import assert from "node:assert/strict";
import { FakeClock } from "../../support/fake-clock";
import { rejectsWith } from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { createClient } from "./client-fixture";

const MINUTE_MS = 60_000;

/** A cloud and a client of it with a clock that stands still. */
async function setUp(settings = {}) {
  const cloud = closeAfterTest(await KasaCloud.start());
  const clock = new FakeClock();
  const client = createClient(cloud, settings, { clock });
  const respond = (body: unknown, status: number, times = 1): void =>
    cloud.server.injectFault({ kind: "response", body, status }, { times });
  return { cloud, clock, client, respond };
}

describe("The sign-in of the Kasa client", () => {
  for (const [what, body, status] of [
    ["an unknown code", { error_code: -29_999, msg: "?" }, 200],
    ["-1", { error_code: -1, msg: "Unknown error" }, 200],
    ["-20000, an internal error", { error_code: -20_000, msg: "Internal error" }, 200],
    ["-20003, a busy server", { error_code: -20_003, msg: "Busy" }, 200],
    ["-20103, an unknown method", { error_code: -20_103, msg: "Method does not exist" }, 200],
    ["-20651, which is about a token", { error_code: -20_651, msg: "Token expired" }, 200],
    ["an unknown code in its result", { error_code: 0, result: { errorCode: "-29999" } }, 200],
    ["a result without a token", { error_code: 0, result: {} }, 200],
    ["a web page", "<html></html>", 200],
    ["HTTP 401 and a web page", "<html></html>", 401],
    ["HTTP 403", "", 403],
    ["HTTP 500", "", 500],
  ] as const) {
    it(`rests for a second, then for two, when it receives ${what}`, async () => {
      const { cloud, clock, client, respond } = await setUp();
      respond(body, status, 2);
      const attempts: number[] = [];
      for (const waitMs of [0, 900, 200, 1900]) {
        await clock.advance(waitMs);
        await assert.rejects(client.devices());
        attempts.push(cloud.server.journal.length);
      }
      assert.deepEqual(attempts, [1, 1, 2, 2]);
      await clock.advance(200);

      assert.equal((await client.devices()).length, cloud.devices.length);
    });
  }

  for (const [code, msg] of [
    [-20_600, "Account not found"],
    [-20_601, "Incorrect email or password"],
    [-20_661, "Account is locked"],
    [-20_677, "MFA required"],
    [-23_003, "App version is too old"],
    [-29_998, "The password has been reset"],
  ] as const) {
    it(`does not send the password again for a quarter of an hour after ${code} (${msg})`, async () => {
      const { cloud, clock, client, respond } = await setUp();
      respond({ error_code: code, msg }, 200, 2);
      await rejectsWith(client.devices(), "sign-in");
      await clock.advance(14 * MINUTE_MS);
      await rejectsWith(client.devices(), "sign-in");

      assert.equal(cloud.server.journal.length, 1);
    });
  }

  for (const code of [-20_655, -20_656, -20_651]) {
    it(`does not send a refresh token again for a quarter of an hour after ${code}`, async () => {
      const { cloud, clock, client, respond } = await setUp({ password: "", refreshToken: "spent" });
      respond({ error_code: code, msg: "" }, 200, 2);
      await rejectsWith(client.devices(), "sign-in");
      await clock.advance(14 * MINUTE_MS);
      await rejectsWith(client.devices(), "sign-in");

      assert.equal(cloud.server.journal.length, 1);
    });
  }

  for (const [code, msg] of [
    [-20_004, "API rate limit exceeded"],
    [-10_200, "Too many requests"],
    [-29_997, "Access denied request in blackList"],
  ] as const) {
    it(`waits for a minute after ${code} (${msg})`, async () => {
      const { cloud, clock, client, respond } = await setUp();
      respond({ error_code: code, msg }, 200);
      await rejectsWith(client.devices(), "busy");
      await clock.advance(MINUTE_MS - 1);
      await rejectsWith(client.devices(), "busy");
      assert.equal(cloud.server.journal.length, 1);
      await clock.advance(1);

      assert.equal((await client.devices()).length, cloud.devices.length);
    });
  }

  it("goes on for the other devices when the cloud refuses the token for one of them", async () => {
    const { cloud, client } = await setUp();
    const devices = await client.devices();
    const [device] = devices;
    assert.ok(device);
    const when = ({ body }: { body: string }): boolean => body.includes(device.deviceId);
    cloud.server.injectFault({ kind: "response", body: { error_code: -20_651, msg: "?" } }, { times: 99, when });

    for (let message = 0; message < 5; message++) {
      await rejectsWith(client.control.fetchState(device, {}), "forbidden");
      await client.devices();
    }

    const refreshes = cloud.server.journal.filter(({ body }) => body.includes('"refreshToken","params"'));
    assert.deepEqual([cloud.loginAttempts(), refreshes.length], [1, 1]);
  });
});
