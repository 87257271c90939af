import assert from "node:assert/strict";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { createClient, respondOnce, setUp } from "./client-fixture";

const MINUTE_MS = 60_000;

/** A clock that only the test moves on; nobody waits for it. */
function manualClock() {
  let now = 1_700_000_000_000;
  return { now: () => now, sleep: async () => {}, advance: (ms: number) => void (now += ms) };
}

describe("KasaClient", () => {
  it("tries a refused password again after a quarter of an hour, then after half an hour", async () => {
    const cloud = closeAfterTest(await KasaCloud.start());
    const clock = manualClock();
    const client = createClient(cloud, { password: "wrong" }, { clock });
    const loginsAfter = async (minutes: number) => {
      clock.advance(minutes * MINUTE_MS);
      await assert.rejects(client.devices(), { code: "sign-in" });
      return cloud.loginAttempts();
    };

    const logins = [await loginsAfter(0), await loginsAfter(14), await loginsAfter(2), await loginsAfter(29)];

    assert.deepEqual([...logins, await loginsAfter(2)], [1, 1, 2, 2, 3]);
  });

  it("signs in again a minute after the cloud has limited sign-ins", async () => {
    const cloud = closeAfterTest(await KasaCloud.start());
    const clock = manualClock();
    const client = createClient(cloud, {}, { clock });
    cloud.limitSignIns = true;
    await assert.rejects(client.devices(), { code: "busy" });
    cloud.limitSignIns = false;
    clock.advance(MINUTE_MS);

    const devices = await client.devices();

    assert.equal(devices.length, cloud.devices.length);
  });

  it("rejects the whole list of states if the call is aborted, instead of one device", async () => {
    const { cloud, client } = await setUp();
    const controller = new AbortController();
    const reason = new Error("aborted by the test");
    cloud.server.injectFault({ kind: "hang" }, { times: 99, when: ({ body }) => body.includes("passthrough") });
    setTimeout(() => controller.abort(reason), 50);

    await assert.rejects(client.devicesWithState({ signal: controller.signal }), reason);
  });

  it("rejects the whole list of states if the client is closed, instead of one device", async () => {
    const { cloud, client } = await setUp();
    await client.devices();
    cloud.expireTokens();
    respondOnce(cloud, "getDeviceList", {
      error_code: 0,
      result: { deviceList: [cloud.devices[0]?.toListEntry(cloud.url)] },
    });
    cloud.server.injectFault({ kind: "hang" }, { when: ({ body }) => body.includes("refreshToken") });
    const devices = client.devicesWithState();
    while (cloud.calls("refreshToken") === 0) await new Promise((resolve) => setTimeout(resolve, 5));

    client.close();

    await assert.rejects(devices, { code: "cancelled" });
  });

  for (const [what, refreshToken] of [
    ["an empty one", ""],
    ["null", null],
  ]) {
    it(`logs in without a refresh token if the cloud has returned ${what}`, async () => {
      const { cloud, client } = await setUp();
      respondOnce(cloud, "login", { error_code: 0, result: { token: "expired", refreshToken } });

      const devices = await client.devices();

      assert.equal(devices.length, cloud.devices.length);
      assert.deepEqual([cloud.loginAttempts(), cloud.calls("refreshToken")], [2, 0]);
    });

    it(`keeps its refresh token if a refresh returns ${what}`, async () => {
      const { cloud, client } = await setUp();
      const { account: before } = await client.signIn(false);
      respondOnce(cloud, "getDeviceList", { error_code: -20651, msg: "Token expired" });
      respondOnce(cloud, "refreshToken", { error_code: 0, result: { token: "new", refreshToken } });
      respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [{ deviceId: "8006" }] } });
      await client.devices();

      const { account: after } = await client.signIn(false);

      assert.deepEqual(after, { ...before, token: "new" });
    });
  }

  it("hides a token and a refresh token that the cloud quotes, even short ones", async () => {
    const { cloud, client } = await setUp();
    respondOnce(cloud, "login", { error_code: 0, result: { token: "tik", refreshToken: "tok" } });
    await client.signIn(false);
    respondOnce(cloud, "getDeviceList", { error_code: -20001, msg: "no tik, no tok" });

    await assert.rejects(client.devices(), { message: "Kasa's cloud declined: no ***, no ***. (-20001)" });
  });

  it("rejects a login response with an empty token", async () => {
    const { cloud, client } = await setUp();
    respondOnce(cloud, "login", { error_code: 0, result: { token: "", email: cloud.email } });

    await assert.rejects(client.signIn(false), { code: "protocol" });
  });

  it("lists a device with missing or invalid fields beside the others", async () => {
    const { cloud, client } = await setUp();
    const invalid = {
      deviceType: null,
      deviceModel: 7,
      deviceName: [],
      alias: null,
      appServerUrl: 1,
      status: "?",
      role: 0,
    };
    const modemEntry = cloud.devices[0]?.toListEntry(cloud.url);
    const deviceList = [modemEntry, { deviceId: "missing" }, { deviceId: "invalid", ...invalid }];
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList } });

    const [modem, withMissing, withInvalid] = await client.devices();

    const empty = { deviceType: "", deviceModel: "", deviceName: "", alias: "" };
    const derived = { ...empty, online: false, supported: true, kind: "other", protocol: "iot", reach: ["cloud"] };
    assert.equal(modem?.alias, "Modem");
    assert.deepEqual(withMissing, { deviceId: "missing", ...derived });
    assert.deepEqual(withInvalid, {
      deviceId: "invalid",
      role: 0,
      appServerUrl: undefined,
      status: undefined,
      ...derived,
    });
  });

  it("lists the other devices where an entry cannot be read, and a device that is listed twice once", async () => {
    const { cloud, client } = await setUp();
    const entry = cloud.devices[0]?.toListEntry(cloud.url) ?? {};
    const twin = { ...entry, deviceId: String(entry["deviceId"]).toLowerCase() };
    const deviceList = [null, { alias: "Nameless" }, entry, { ...entry, deviceId: 7 }, entry, twin];
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList } });

    const devices = await client.devices();

    assert.deepEqual(
      devices.map(({ alias }) => alias),
      ["Modem"],
    );
  });

  it("takes a list in which no entry can be read for no empty list", async () => {
    const { cloud, client } = await setUp();
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [null, {}] } });

    await assert.rejects(client.devices(), { code: "protocol" });
  });

  it("understands error codes that are text", async () => {
    const { cloud, client } = await setUp();
    respondOnce(cloud, "getDeviceList", { error_code: "-20651", msg: "Token expired" });

    assert.equal((await client.devices()).length, cloud.devices.length);
    assert.equal(cloud.calls("refreshToken"), 1);
    respondOnce(cloud, "getDeviceList", { error_code: "-20004", msg: "API rate limit exceeded" });
    await assert.rejects(client.devices(), { code: "busy" });
  });

  it("accepts a status that is text", async () => {
    const { cloud, client } = await setUp();
    const entry = { ...cloud.devices[0]?.toListEntry(cloud.url), status: "1" };
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [entry] } });

    const [modem] = await client.devices();

    assert.equal(modem?.online, true);
  });
});
