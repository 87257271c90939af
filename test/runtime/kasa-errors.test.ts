import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import type { CaughtError } from "../support/harness/node-red";
import type { KasaCloud } from "../support/simulators/kasa/cloud";
import type { Fault } from "../support/simulators/simulated-server";
import { api, asked, kasaFlow, rows, secretsAreKept } from "./kasa-fixture";

/** Spoils every call, but no sign-in. */
function spoil(cloud: KasaCloud, fault: Fault): void {
  cloud.server.injectFault(fault, { times: 99, when: ({ body }) => body.includes('"getDeviceList"') });
}

const declining = (error_code: number, msg: string): Fault => ({ kind: "response", body: { error_code, msg } });

/** What the cloud's list comes to when it is asked for and something goes wrong. */
async function caughtFrom(fault: Fault, account: object = {}) {
  const { red, cloud } = await kasaFlow({ account });
  spoil(cloud, fault);
  const { error, caught } = await red.send("list");
  return { red, cloud, error: error as CaughtError, caught };
}

describe("a failure of the Kasa nodes", () => {
  afterEach(secretsAreKept);

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
    it(`reaches the Catch node as ${code} with the cloud's own number and words (${vendorCode})`, async () => {
      const { error, caught } = await caughtFrom(declining(vendorCode, vendorMessage));

      const { message, code: shown, cause } = error;
      const retryable = ["busy", "offline"].includes(code);
      const vendor = { statusCode: 200, vendorCode, vendorMessage };
      assert.deepEqual(cause, { platform: "kasa", operation: "getDeviceList", ...vendor, retryable });
      assert.equal(shown, code);
      assert.match(message, new RegExp(`^[A-Z].+\\.? \\(${vendorCode}\\)$`));
      const { attempts } = api(caught);
      assert.deepEqual([caught?.["statusCode"], attempts], [200, 1]);
    });
  }

  for (const [what, body] of [
    ["a web page", "<html><body>Please sign in to the hotel's network</body></html>"],
    ["nothing", ""],
    ["half an answer", '{"error_code":0,"result":{"deviceList":['],
    ["an answer without a verdict", { deviceList: [] }],
    ["an answer without its part", { error_code: 0 }],
    ["a list that is none", { error_code: 0, result: { deviceList: "none" } }],
    ["a device without an id", { error_code: 0, result: { deviceList: [{ alias: "Ghost" }] } }],
  ] as const) {
    it(`reaches the Catch node as protocol where the cloud answers ${what}`, async () => {
      const { cloud, error } = await caughtFrom({ kind: "response", body });

      assert.deepEqual([error.code, error.cause["statusCode"], error.cause["retryable"]], ["protocol", 200, false]);
      assert.match(error.message, /^The response cannot be read\. [^<{]+\.$/);
      assert.equal(cloud.calls("getDeviceList"), 1);
    });
  }

  it("reaches the Catch node as protocol where the cloud sends somewhere else, and nobody follows", async () => {
    const { cloud, error } = await caughtFrom({
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
    it(`reaches the Catch node as ${code} where all there is is HTTP ${status}`, async () => {
      const { error, caught } = await caughtFrom({ kind: "response", status, body: "-10000 Generic error" });

      assert.deepEqual([error.code, error.cause["statusCode"], caught?.["statusCode"]], [code, status, status]);
    });
  }

  it("is tried again where the cloud asks for a moment, and counted", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault(
      { kind: "response", status: 503 },
      { times: 2, when: ({ body }) => body.includes("getDeviceList") },
    );

    const { msg } = await red.send("list");

    assert.equal(rows(msg).length, cloud.devices.length);
    assert.deepEqual([api(msg)["attempts"], cloud.calls("getDeviceList")], [3, 3]);
  });

  it("is tried again where the connection breaks, and counted", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("login");
    cloud.server.injectFault({ kind: "reset" });

    const { msg } = await red.send("list");

    assert.equal(rows(msg).length, cloud.devices.length);
    assert.deepEqual([api(msg)["attempts"], cloud.calls("getDeviceList")], [2, 2]);
  });

  it("reaches the Catch node as busy where the cloud is still not ready at the third try", async () => {
    const { cloud, error, caught } = await caughtFrom({ kind: "response", status: 503 });

    assert.deepEqual([error.code, error.cause["statusCode"], error.cause["retryable"]], ["busy", 503, true]);
    assert.deepEqual([api(caught)["attempts"], cloud.calls("getDeviceList")], [3, 3]);
  });

  it("tells the flow how long the cloud wants to be left alone, and does not wait for it", async () => {
    const { cloud, error } = await caughtFrom({ kind: "response", status: 429, headers: { "retry-after": "120" } });

    assert.deepEqual([error.code, error.cause["retryAfterMs"], cloud.calls("getDeviceList")], ["busy", 120_000, 1]);
  });

  it("reaches the Catch node as busy where the queue is full", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 1, queue: 1 } });
    cloud.server.injectFault({ kind: "delay", ms: 100 });
    red.inject("list", {});
    red.inject("list", {});

    const { error } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["busy", true]);
    assert.match(error?.message ?? "", /queue is full/);
  });

  it("reaches the Catch node as network where nobody listens", async () => {
    const { red } = await kasaFlow({ account: { server: await deafAddress() } });

    const { error, caught } = await red.send("list");

    assert.deepEqual(error?.cause, { platform: "kasa", operation: "getDeviceList", retryable: true });
    assert.equal(error?.code, "network");
    assert.ok(!("statusCode" in (caught ?? {})));
  });

  it("reaches the Catch node as timeout where the cloud keeps silent", async () => {
    const { error } = await caughtFrom({ kind: "hang" }, { timeout: 0.05 });

    assert.deepEqual([error.code, error.cause["retryable"]], ["timeout", true]);
    assert.match(error.message, /0\.05 s/);
  });

  it("reaches the Catch node as timeout where a sign-in gets no answer", async () => {
    const { red, cloud } = await kasaFlow({ account: { timeout: 0.05 } });
    cloud.server.injectFault({ kind: "hang" }, { times: 99 });

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, error?.cause["operation"], cloud.signIns()], ["timeout", "login", 0]);
  });

  it("reaches the Catch node as cancelled where the node is deployed again before the answer", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { when: ({ body }) => body.includes("getDeviceList") });
    red.inject("list", { topic: "kept" });
    await red.until(() => red.statuses("list").length > 0);
    let last: { topic?: unknown; error: CaughtError } | undefined;
    const caught = red.until(() => (last = red.caught().at(-1)) !== undefined);

    await red.deploy(
      flow.map((node) => (node.id === "list" ? { ...node, name: "renamed" } : node)),
      "nodes",
    );

    await caught;
    assert.deepEqual([last?.error.code, last?.error.cause["retryable"], last?.topic], ["cancelled", false, "kept"]);
  });

  it("reaches the Catch node as config where no account is chosen", async () => {
    const { red } = await kasaFlow({ list: { account: "" } });

    const { error, caught } = await red.send("list");

    assert.equal(error?.code, "config");
    assert.ok(!("api" in (caught ?? {})) && !("statusCode" in (caught ?? {})));
    assert.equal(red.statuses("list").at(-1)?.fill, "grey");
  });

  it("shows in the status what went wrong, until the next message goes well", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault(declining(-20001, "Permission denied"), {
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

  it("shows no secret, even where the cloud quotes them all", async () => {
    const { red, cloud, account } = await kasaFlow();
    await red.send("login");
    const [, , token = "", refreshToken = ""] = cloud.secrets();
    const { email, password } = account.credentials ?? {};
    const quoted = `${password} of ${email}: ${token} and ${refreshToken} at https://127.0.0.1/?token=${token}`;
    spoil(cloud, declining(-20001, quoted));

    const { error } = await red.send("list");

    assert.equal(error?.cause["vendorMessage"], "*** of ***: *** and *** at ***");
    assert.equal(error?.message, "Kasa's cloud declined: *** of ***: *** and *** at ***. (-20001)");
  });

  it("shows no refresh token that its owner entered, even where the cloud quotes it", async () => {
    const refreshToken = "short and simple";
    const { red, cloud } = await kasaFlow({ account: { credentials: { refreshToken } } });
    cloud.server.injectFault(declining(-20656, `Refresh token ${refreshToken} incorrect`));

    const { error } = await red.send("login");

    assert.equal(error?.cause["vendorMessage"], "Refresh token *** incorrect");
    assert.deepEqual(asked(cloud), ["refreshToken"]);
  });
});

/** An address where nobody listens: that of a server that has just closed. */
async function deafAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}
