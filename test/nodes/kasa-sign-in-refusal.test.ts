import assert from "node:assert/strict";
import { calledMethods, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

const MFA = {
  errorCode: "-20677",
  errorMsg: "MFA feature enabled",
  MFAProcessId: "2d9e5b1c-0000-4000-8000-000000000000",
  supportedMFATypes: [1, 2],
  mfaEmail: "o***@example.com",
};

/** A flow whose account has a password that the cloud refuses. */
async function withWrongPassword() {
  const flow = await kasaFlow();
  flow.cloud.password = "changed in the app";
  return flow;
}

describe("a refused Kasa sign-in", () => {
  afterEach(assertNoSecretLeaked);

  it("says that the e-mail address or the password is wrong", async () => {
    const { red } = await withWrongPassword();

    const { error, caught } = await red.send("login", { payload: "kept" });

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /^Kasa's cloud refuses the e-mail address or the password\. .* \(-20601\)$/);
    const vendor = { vendorCode: -20601, vendorMessage: "Incorrect email or password" };
    assert.deepEqual(error?.cause, {
      platform: "kasa",
      operation: "login",
      statusCode: 200,
      ...vendor,
      retryable: false,
    });
    assert.deepEqual([caught?.payload, caught?.["statusCode"], red.sent("login").length], ["kept", 200, 0]);
  });

  it("sends a wrong password once, and lets later messages of all nodes fail without a request", async () => {
    const { red, cloud } = await withWrongPassword();
    const first = await red.send("login");

    const later = [await red.send("login"), await red.send("list"), await red.send("list")];

    assert.deepEqual(calledMethods(cloud), ["login"]);
    for (const { error } of later)
      assert.deepEqual([error?.code, error?.message], [first.error?.code, first.error?.message]);
  });

  it("sends a wrong password once for fifty messages at the same time", async () => {
    const { red, cloud } = await withWrongPassword();

    for (let count = 0; count < 50; count++) red.inject("list", {});
    await red.until(() => red.caught().length === 50);

    assert.deepEqual(calledMethods(cloud), ["login"]);
    assert.deepEqual(new Set(red.caught().map(({ error }) => error.code)), new Set(["sign-in"]));
  });

  it("is repeated once for a message that forces it, and not by itself", async () => {
    const { red, cloud } = await withWrongPassword();
    await red.send("list");

    const { error } = await red.send("login", { force: true });

    await red.send("list");
    assert.equal(error?.code, "sign-in");
    assert.deepEqual(calledMethods(cloud), ["login", "login"]);
  });

  it("is over for all nodes once a forced sign-in succeeds", async () => {
    const { red, cloud, account } = await withWrongPassword();
    await red.send("list");
    cloud.password = account.credentials?.["password"] ?? "";
    await red.send("login", { force: true });

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
  });

  it("points to the refresh token if 2-step verification is on", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.requireTwoStep = true;

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["sign-in", -23003]);
    assert.match(error?.message ?? "", /2-step verification.*refresh token.*\(-23003\)/);
  });

  it("points to the refresh token if the refusal is hidden as text in the result of a success", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault({ kind: "response", body: { error_code: 0, result: MFA } });

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["sign-in", -20677]);
    assert.match(error?.message ?? "", /2-step verification.*refresh token.*\(-20677\)/);
    assert.equal(error?.cause["vendorMessage"], "MFA feature enabled");
  });

  it("is detected in the result of a success, and the password is not sent again", async () => {
    const { red, cloud } = await withWrongPassword();
    cloud.nestErrors = true;
    await red.send("login");

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["sign-in", -20601]);
    assert.deepEqual(calledMethods(cloud), ["login"]);
  });

  it("is not mistaken for a success code that a gateway adds", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.nestErrors = true;

    const { msg } = await red.send("login");

    assert.equal(payloadOf(msg)["errorCode"], "0");
  });

  for (const [where, body] of [
    ["comes", { error_code: -20601, msg: null }],
    ["is hidden in a result", { error_code: 0, result: { errorCode: "-20601", errorMsg: null } }],
  ] as const) {
    it(`does not send the password again if the refusal ${where} without a message`, async () => {
      const { red, cloud } = await kasaFlow();
      cloud.server.injectFault({ kind: "response", body });
      await red.send("login");

      const { error } = await red.send("login");

      assert.deepEqual([error?.code, "vendorMessage" in (error?.cause ?? {})], ["sign-in", false]);
      assert.deepEqual(calledMethods(cloud), ["login"]);
    });
  }

  it("distinguishes a locked account from a wrong password, and leaves it alone", async () => {
    const { red, cloud } = await kasaFlow();
    const body = { error_code: -20661, msg: "Account is locked" };
    cloud.server.injectFault({ kind: "response", body });
    const { error } = await red.send("login");

    const { error: later } = await red.send("list");

    assert.match(error?.message ?? "", /locked.*Wait.*\(-20661\)/);
    assert.deepEqual([error?.code, later?.cause["vendorCode"]], ["sign-in", -20661]);
    assert.deepEqual(calledMethods(cloud), ["login"]);
  });

  it("sends a wrong password at most twice for a hundred messages that force it", async () => {
    const { red, cloud } = await withWrongPassword();
    await red.send("list");

    for (let count = 0; count < 100; count++) red.inject("login", { force: true });
    await red.until(() => red.caught().length === 101);
    for (let count = 0; count < 3; count++) await red.send("login", { force: true });

    assert.deepEqual(calledMethods(cloud), ["login", "login"]);
    assert.deepEqual(new Set(red.caught().map(({ error }) => error.code)), new Set(["sign-in"]));
  });

  it("is `busy` if the cloud limits sign-ins, and is not repeated at once", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.limitSignIns = true;
    const { error } = await red.send("login");
    cloud.limitSignIns = false;

    const { error: later } = await red.send("list");

    const { vendorCode, retryable } = error?.cause ?? {};
    assert.deepEqual([error?.code, vendorCode, retryable, later?.code], ["busy", -20004, true, "busy"]);
    assert.match(error?.message ?? "", /Ask less often/);
    assert.deepEqual(calledMethods(cloud), ["login"]);
  });

  it("names the app type if the cloud does not know it", async () => {
    const { red, cloud } = await kasaFlow({ account: { appType: "Toaster" } });
    await red.send("login");

    const { error } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["config", -23001]);
    assert.match(error?.message ?? "", /app type.*leave it blank/);
    assert.deepEqual(calledMethods(cloud), ["login"]);
  });

  it("says that the e-mail address is unknown, perhaps only to this app type", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.email = "moved@example.com";

    const { error } = await red.send("login");

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /e-mail address.*app type.*\(-20600\)/);
  });
});
