import assert from "node:assert/strict";
import { apiOf, calledMethods, rowsOf } from "../support/harness/kasa-flow";
import type { CaughtError } from "../support/harness/test-helper";
import { unusedPort } from "../support/http-fixture";
import type { KasaCloud } from "../support/simulators/kasa/cloud";
import type { Fault } from "../support/simulators/simulated-server";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

/** Makes every call fail, but no sign-in. */
function failCalls(cloud: KasaCloud, fault: Fault): void {
  cloud.server.injectFault(fault, { times: 99, when: ({ body }) => body.includes('"getDeviceList"') });
}

const refusal = (error_code: number, msg: string): Fault => ({ kind: "response", body: { error_code, msg } });

/** The error of kasa-device-list when its calls fail. */
async function errorOf(fault: Fault, account: object = {}) {
  const { red, cloud } = await kasaFlow({ account });
  failCalls(cloud, fault);
  const { error, caught } = await red.send("list");
  return { red, cloud, error: error as CaughtError, caught };
}

describe("a Kasa node", () => {
  afterEach(assertNoSecretLeaked);

  for (const [code, vendorCode, vendorMessage] of [
    ["rejected", -20104, "Parameter doesn't exist"],
    ["rejected", -29999, "something new"],
    ["forbidden", -20001, "Permission denied"],
    ["not-found", -20501, "Device not found"],
    ["unsupported", -20103, "The method does not exist or is not available"],
    ["offline", -20571, "Device is offline"],
    ["busy", -20004, "API rate limit exceeded"],
    ["busy", -20000, "Server internal error"],
    ["busy", -1, "Access denied request in blackList"],
  ] as const) {
    it(`fails with "${code}" and the cloud's own number and message for ${vendorCode}`, async () => {
      const { error, caught } = await errorOf(refusal(vendorCode, vendorMessage));

      const { message, cause } = error;
      const retryable = ["busy", "offline"].includes(code);
      const vendor = { statusCode: 200, vendorCode, vendorMessage };
      assert.deepEqual(cause, { platform: "kasa", operation: "getDeviceList", ...vendor, retryable });
      assert.equal(error.code, code);
      assert.match(message, new RegExp(`^[A-Z].+\\.? \\(${vendorCode}\\)$`));
      const { attempts } = apiOf(caught);
      assert.deepEqual([caught?.["statusCode"], attempts], [200, 1]);
    });
  }

  for (const [what, body] of [
    ["a web page", "<html><body>Please sign in to the hotel's network</body></html>"],
    ["an empty body", ""],
    ["half a response", '{"error_code":0,"result":{"deviceList":['],
    ["a response without a code", { deviceList: [] }],
    ["a response without a result", { error_code: 0 }],
    ["a text for a list", { error_code: 0, result: { deviceList: "none" } }],
    ["a device without an id", { error_code: 0, result: { deviceList: [{ alias: "Ghost" }] } }],
  ] as const) {
    it(`fails with "protocol" if the cloud responds with ${what}`, async () => {
      const { cloud, error } = await errorOf({ kind: "response", body });

      assert.deepEqual([error.code, error.cause["statusCode"], error.cause["retryable"]], ["protocol", 200, false]);
      assert.match(error.message, /^The response cannot be read\. [^<{]+\.$/);
      assert.equal(cloud.calls("getDeviceList"), 1);
    });
  }

  it("fails with `protocol` if the cloud redirects, and does not follow", async () => {
    const { cloud, error } = await errorOf({
      kind: "response",
      status: 302,
      headers: { location: "https://evil.test" },
    });

    assert.deepEqual([error.code, error.cause["statusCode"]], ["protocol", 302]);
    assert.equal(cloud.calls("getDeviceList"), 1);
  });

  for (const [code, status] of [
    ["forbidden", 403],
    ["unsupported", 405],
    ["protocol", 500],
  ] as const) {
    it(`fails with "${code}" for a plain HTTP status ${status}`, async () => {
      const { error, caught } = await errorOf({ kind: "response", status, body: "-10000 Generic error" });

      assert.deepEqual([error.code, error.cause["statusCode"], caught?.["statusCode"]], [code, status, status]);
    });
  }

  it("retries a call while the cloud is unavailable, and counts the attempts", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault(
      { kind: "response", status: 503 },
      { times: 2, when: ({ body }) => body.includes("getDeviceList") },
    );

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.deepEqual([apiOf(msg)["attempts"], cloud.calls("getDeviceList")], [3, 3]);
  });

  it("retries a call whose connection breaks, and counts the attempts", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("login");
    cloud.server.injectFault({ kind: "reset" });

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.deepEqual([apiOf(msg)["attempts"], cloud.calls("getDeviceList")], [2, 2]);
  });

  it("fails with `busy` if the cloud is unavailable for the third attempt as well", async () => {
    const { cloud, error, caught } = await errorOf({ kind: "response", status: 503 });

    assert.deepEqual([error.code, error.cause["statusCode"], error.cause["retryable"]], ["busy", 503, true]);
    assert.deepEqual([apiOf(caught)["attempts"], cloud.calls("getDeviceList")], [3, 3]);
  });

  it("returns how long the cloud asks to wait, and does not wait itself", async () => {
    const { cloud, error } = await errorOf({ kind: "response", status: 429, headers: { "retry-after": "120" } });

    assert.deepEqual([error.code, error.cause["retryAfterMs"], cloud.calls("getDeviceList")], ["busy", 120_000, 1]);
  });

  it("fails with `busy` if the queue is full", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 1, queue: 1 } });
    cloud.server.injectFault({ kind: "delay", ms: 100 });
    red.inject("list", {});
    red.inject("list", {});

    const { error } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["busy", true]);
    assert.match(error?.message ?? "", /queue is full/);
  });

  it("fails with `network` if nothing listens at the address", async () => {
    const { red } = await kasaFlow({ account: { server: `http://127.0.0.1:${await unusedPort()}` } });

    const { error, caught } = await red.send("list");

    assert.deepEqual(error?.cause, { platform: "kasa", operation: "getDeviceList", retryable: true });
    assert.equal(error?.code, "network");
    assert.ok(!("statusCode" in (caught ?? {})));
  });

  it("fails with `timeout` if the cloud does not respond", async () => {
    const { error } = await errorOf({ kind: "hang" }, { timeout: 0.05 });

    assert.deepEqual([error.code, error.cause["retryable"]], ["timeout", true]);
    assert.match(error.message, /0\.05 s/);
  });

  it("fails with `timeout` if the cloud does not respond to the sign-in", async () => {
    const { red, cloud } = await kasaFlow({ account: { timeout: 0.05 } });
    cloud.server.injectFault({ kind: "hang" }, { times: 99 });

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, error?.cause["operation"], cloud.signIns()], ["timeout", "login", 0]);
  });

  it("fails with `config` if no account is selected", async () => {
    const { red } = await kasaFlow({ list: { account: "" } });

    const { error, caught } = await red.send("list");

    assert.equal(error?.code, "config");
    assert.ok(!("api" in (caught ?? {})) && !("statusCode" in (caught ?? {})));
    assert.equal(red.statuses("list").at(-1)?.fill, "grey");
  });

  it("shows an error as its status until the next message succeeds", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault(refusal(-20001, "Permission denied"), {
      when: ({ body }) => body.includes("getDeviceList"),
    });
    await red.send("list");
    await red.until(() => red.statuses("list").length === 2);
    const failed = red.statuses("list").at(-1);

    await red.send("list");
    await red.until(() => red.statuses("list").length === 4);

    assert.deepEqual(
      [failed?.fill, failed?.shape, failed?.text],
      ["red", "ring", "Kasa's cloud declined: Permission denied"],
    );
    assert.equal(red.statuses("list").at(-1)?.fill, "green");
  });

  it("reveals no secret, even if the cloud quotes them all", async () => {
    const { red, cloud, account } = await kasaFlow();
    await red.send("login");
    const [, , token = "", refreshToken = ""] = cloud.secrets();
    const { email, password } = account.credentials ?? {};
    const quoted = `${password} of ${email}: ${token} and ${refreshToken} at https://127.0.0.1/?token=${token}`;
    failCalls(cloud, refusal(-20001, quoted));

    const { error } = await red.send("list");

    assert.equal(error?.cause["vendorMessage"], "*** of ***: *** and *** at ***");
    assert.equal(error?.message, "Kasa's cloud declined: *** of ***: *** and *** at ***. (-20001)");
  });

  it("reveals no configured refresh token, even if the cloud quotes it", async () => {
    const refreshToken = "short and simple";
    const { red, cloud } = await kasaFlow({ account: { credentials: { refreshToken } } });
    cloud.server.injectFault(refusal(-20656, `Refresh token ${refreshToken} incorrect`));

    const { error } = await red.send("login");

    assert.equal(error?.cause["vendorMessage"], "Refresh token *** incorrect");
    assert.deepEqual(calledMethods(cloud), ["refreshToken"]);
  });
});
