import assert from "node:assert/strict";
import {
  apiOf,
  calledMethods,
  fetchRefreshToken,
  payloadOf,
  rowsOf,
  sentParameters,
} from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { assertNoSecretLeaked, kasaFlow, kasaFlowOf } from "./kasa-fixture";

const TERMINAL = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

/** A flow whose account has a refresh token, and only those of the other credentials that are listed. */
async function withRefreshToken(...others: ("email" | "password")[]) {
  const { cloud, account } = await kasaCloud({ terminalUUID: TERMINAL });
  const refreshToken = await fetchRefreshToken(cloud, TERMINAL);
  const credentials = Object.fromEntries(others.map((name) => [name, cloud[name]]));
  return { ...(await kasaFlowOf(cloud, { ...account, credentials: { ...credentials, refreshToken } })), refreshToken };
}

describe("kasa-login", () => {
  afterEach(assertNoSecretLeaked);

  it("signs in, and returns all fields of the cloud's response in the same message", async () => {
    const { red, cloud } = await kasaFlow();

    const { msg } = await red.send("login", { payload: "go", topic: "kept" });

    const { token, refreshToken, ...rest } = payloadOf(msg);
    assert.deepEqual([token], cloud.liveTokens());
    assert.match(String(refreshToken), /^.{8}-.{23}$/);
    const account = { accountId: "20417365", regTime: "2021-05-09 07:41:26", countryCode: "IE", riskDetected: 0 };
    assert.deepEqual(rest, { ...account, nickname: "owner", email: cloud.email });
    const { durationMs, ...call } = apiOf(msg);
    assert.deepEqual(call, { platform: "kasa", operation: "login", attempts: 1, reused: false });
    assert.ok(typeof durationMs === "number" && durationMs >= 0);
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
  });

  it("sends the app type and the terminal UUID, and asks for a refresh token", async () => {
    const { red, cloud } = await kasaFlow({ account: { appType: " Kasa_iOS ", terminalUUID: ` ${TERMINAL} ` } });

    await red.send("login");

    const credentials = { cloudUserName: cloud.email, cloudPassword: cloud.password };
    const app = { appType: "Kasa_iOS", terminalUUID: TERMINAL, refreshTokenNeeded: true };
    assert.deepEqual(sentParameters(cloud), [{ ...credentials, ...app }]);
  });

  it("returns the live session without a request", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");

    const { msg: second } = await red.send("login");

    const { attempts, reused } = apiOf(second);
    assert.deepEqual(second?.payload, first?.payload);
    assert.deepEqual([attempts, reused, calledMethods(cloud)], [0, true, ["login"]]);
  });

  it("signs in again for every message if `force` is set", async () => {
    const { red, cloud } = await kasaFlow({ login: { force: true } });
    await red.send("login");

    const { msg } = await red.send("login");

    const { attempts, reused } = apiOf(msg);
    assert.deepEqual([attempts, reused, calledMethods(cloud)], [1, false, ["login", "login"]]);
  });

  it("signs in again for a message whose `force` is true, and for no other value", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("login");
    for (const force of ["true", 1, "yes", {}, [true]]) await red.send("login", { force });
    const before = cloud.loginAttempts();

    const { msg } = await red.send("login", { force: true });

    assert.deepEqual([before, cloud.loginAttempts()], [1, 2]);
    assert.equal(payloadOf(msg)["token"], cloud.liveTokens().at(-1));
  });

  it("shares the token of a forced sign-in with the other nodes", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("list");
    await red.send("login", { force: true });

    await red.send("list");

    assert.equal(cloud.server.journal.at(-1)?.query.get("token"), cloud.liveTokens().at(-1));
    assert.equal(cloud.liveTokens().length, 2);
  });

  it("omits the tokens if `hideToken` is set, and keeps the session", async () => {
    const { red, cloud } = await kasaFlow({ login: { hideToken: true } });

    const { msg } = await red.send("login");

    const names = ["accountId", "countryCode", "email", "nickname", "regTime", "riskDetected"];
    assert.deepEqual(Object.keys(payloadOf(msg)).sort(), names);
    await red.send("list");
    assert.equal(cloud.signIns(), 1);
  });

  it("returns a new object each time, so that a flow may change it", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");
    payloadOf(first)["token"] = "changed by the flow";

    const { msg: second } = await red.send("login");

    assert.equal(payloadOf(second)["token"], cloud.liveTokens()[0]);
  });

  it("counts the attempts in `msg.api`", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault({ kind: "response", status: 503 });

    const { msg } = await red.send("login");

    assert.equal(apiOf(msg)["attempts"], 2);
  });

  it("counts the attempts of a sign-in that fails as well", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.password = "another by now";

    const { caught } = await red.send("login");

    assert.equal(apiOf(caught)["attempts"], 1);
  });
});

describe("kasa-login with a refresh token", () => {
  afterEach(assertNoSecretLeaked);

  it("signs in without a password", async () => {
    const { red, cloud, refreshToken } = await withRefreshToken();

    const { msg } = await red.send("login");

    const token = cloud.liveTokens().at(-1);
    assert.deepEqual(msg?.payload, { token, refreshToken });
    assert.deepEqual(calledMethods(cloud), ["refreshToken"]);
    assert.deepEqual(sentParameters(cloud), [{ appType: "Kasa_Android", terminalUUID: TERMINAL, refreshToken }]);
  });

  it("signs in while 2-step verification is on", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.requireTwoStep = true;

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
  });

  it("uses it before the password", async () => {
    const { red, cloud } = await withRefreshToken("email", "password");

    await red.send("login");

    assert.deepEqual(calledMethods(cloud), ["refreshToken"]);
  });

  for (const [what, error_code] of [
    ["has expired", -20655],
    ["is not accepted", -20656],
    ["is reported as an invalid access token", -20651],
    ["is rejected because of a parameter", -20104],
    ["is not supported by this cloud", -20103],
  ] as const) {
    it(`falls back to the password if the token ${what}`, async () => {
      const { red, cloud } = await withRefreshToken("email", "password");
      cloud.server.injectFault({ kind: "response", body: { error_code, msg: "" } });

      const { msg } = await red.send("login");

      assert.equal(payloadOf(msg)["email"], cloud.email);
      assert.deepEqual(calledMethods(cloud), ["refreshToken", "login"]);
    });
  }

  it("does not send the password while the cloud is only busy", async () => {
    const { red, cloud } = await withRefreshToken("email", "password");
    cloud.limitSignIns = true;

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, calledMethods(cloud)], ["busy", ["refreshToken"]]);
  });

  it("says what to do if the token has expired and there is no password", async () => {
    const { red, cloud } = await withRefreshToken("email");
    cloud.expireRefreshTokens();

    const { error } = await red.send("login");

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /refresh token has expired.*password, or a new refresh token.*\(-20655\)/);
    assert.deepEqual(calledMethods(cloud), ["refreshToken"]);
  });

  it("does not send a password that has no e-mail address", async () => {
    const { red, cloud } = await withRefreshToken("password");
    cloud.expireRefreshTokens();

    const { error } = await red.send("login");

    assert.deepEqual([error?.cause["vendorCode"], calledMethods(cloud)], [-20655, ["refreshToken"]]);
  });

  it("points to the terminal UUID if the token was issued for another one", async () => {
    const { cloud, account } = await kasaCloud({ terminalUUID: TERMINAL });
    const refreshToken = await fetchRefreshToken(cloud, "00000000-0000-4000-8000-000000000000");
    const { red } = await kasaFlowOf(cloud, { ...account, credentials: { refreshToken } });

    const { error } = await red.send("login");

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /terminal UUID.*\(-20656\)/);
  });

  it("keeps renewing with the same refresh token if the cloud returns no other", async () => {
    const { red, cloud, refreshToken } = await withRefreshToken();
    await red.send("list");
    cloud.expireTokens();
    await red.send("list");
    cloud.expireTokens();

    await red.send("list");

    const sent = sentParameters(cloud).flatMap((params) => params["refreshToken"] ?? []);
    assert.deepEqual(sent, [refreshToken, refreshToken, refreshToken]);
  });

  it("renews with the newest refresh token if the cloud rotates it", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.rotateRefreshTokens = true;
    await red.send("list");
    cloud.expireTokens();
    await red.send("list");
    cloud.expireTokens();

    const { msg } = await red.send("list");

    const sent = sentParameters(cloud).flatMap((params) => params["refreshToken"] ?? []);
    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.equal(new Set(sent).size, 3);
  });

  it("forces a sign-in with the newest refresh token, because the configured one may have been replaced", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.rotateRefreshTokens = true;
    await red.send("login");

    const { msg } = await red.send("login", { force: true });

    assert.deepEqual(apiOf(msg)["reused"], false);
    assert.deepEqual(calledMethods(cloud), ["refreshToken", "refreshToken"]);
  });

  it("keeps the account's details when a renewal returns only a token", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");
    cloud.expireTokens();
    await red.send("list");

    const { msg: second } = await red.send("login");

    assert.deepEqual(second?.payload, { ...payloadOf(first), token: cloud.liveTokens()[0] });
    assert.deepEqual(calledMethods(cloud).slice(-2), ["refreshToken", "getDeviceList"]);
  });
});
