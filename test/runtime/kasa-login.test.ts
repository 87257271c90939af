import assert from "node:assert/strict";
import { kasaCloud } from "../support/harness/platforms";
import {
  answer,
  api,
  asked,
  kasaFlow,
  parameters,
  refreshTokenFor,
  rows,
  secretsAreKept,
  withCloud,
} from "./kasa-fixture";

const TERMINAL = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

/** Node-RED with an account that has a refresh token, and of the other credentials those that are named. */
async function withRefreshToken(...others: ("email" | "password")[]) {
  const { cloud, account } = await kasaCloud({ terminalUUID: TERMINAL });
  const refreshToken = await refreshTokenFor(cloud, TERMINAL);
  const credentials = Object.fromEntries(others.map((name) => [name, cloud[name]]));
  return { ...(await withCloud(cloud, { ...account, credentials: { ...credentials, refreshToken } })), refreshToken };
}

describe("kasa-login", () => {
  afterEach(secretsAreKept);

  it("signs in, and hands on all that the cloud answers in the same message", async () => {
    const { red, cloud } = await kasaFlow();

    const { msg } = await red.send("login", { payload: "go", topic: "kept" });

    const { token, refreshToken, ...rest } = answer(msg);
    assert.deepEqual([token], cloud.liveTokens());
    assert.match(String(refreshToken), /^.{8}-.{23}$/);
    const known = { accountId: "20417365", regTime: "2021-05-09 07:41:26", countryCode: "IE", riskDetected: 0 };
    assert.deepEqual(rest, { ...known, nickname: "owner", email: cloud.email });
    const { durationMs, ...told } = api(msg);
    assert.deepEqual(told, { platform: "kasa", operation: "login", attempts: 1, reused: false });
    assert.ok(typeof durationMs === "number" && durationMs >= 0);
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
  });

  it("tells the cloud which app and terminal it is, and that it wants a refresh token", async () => {
    const { red, cloud } = await kasaFlow({ account: { appType: " Kasa_iOS ", terminalUUID: ` ${TERMINAL} ` } });

    await red.send("login");

    const credentials = { cloudUserName: cloud.email, cloudPassword: cloud.password };
    const app = { appType: "Kasa_iOS", terminalUUID: TERMINAL, refreshTokenNeeded: true };
    assert.deepEqual(parameters(cloud), [{ ...credentials, ...app }]);
  });

  it("hands out the live session without asking the cloud", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");

    const { msg: second } = await red.send("login");

    const { attempts, reused } = api(second);
    assert.deepEqual(second?.payload, first?.payload);
    assert.deepEqual([attempts, reused, asked(cloud)], [0, true, ["login"]]);
  });

  it("signs in with the password anew where its setting forces it", async () => {
    const { red, cloud } = await kasaFlow({ login: { force: true } });
    await red.send("login");

    const { msg } = await red.send("login");

    const { attempts, reused } = api(msg);
    assert.deepEqual([attempts, reused, asked(cloud)], [1, false, ["login", "login"]]);
  });

  it("signs in anew for a message whose force is true, and for nothing that only looks like it", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("login");
    for (const force of ["true", 1, "yes", {}, [true]]) await red.send("login", { force });
    const before = cloud.loginAttempts();

    const { msg } = await red.send("login", { force: true });

    assert.deepEqual([before, cloud.loginAttempts()], [1, 2]);
    assert.equal(answer(msg)["token"], cloud.liveTokens().at(-1));
  });

  it("lends the token of a forced sign-in to the other nodes", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("list");
    await red.send("login", { force: true });

    await red.send("list");

    assert.equal(cloud.server.journal.at(-1)?.query.get("token"), cloud.liveTokens().at(-1));
    assert.equal(cloud.liveTokens().length, 2);
  });

  it("leaves the tokens out where it is told to hide them, and keeps the session", async () => {
    const { red, cloud } = await kasaFlow({ login: { hideToken: true } });

    const { msg } = await red.send("login");

    const names = ["accountId", "countryCode", "email", "nickname", "regTime", "riskDetected"];
    assert.deepEqual(Object.keys(answer(msg)).sort(), names);
    await red.send("list");
    assert.equal(cloud.signIns(), 1);
  });

  it("hands out a result of its own each time, so that a flow may change it", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");
    answer(first)["token"] = "changed by the flow";

    const { msg: second } = await red.send("login");

    assert.equal(answer(second)["token"], cloud.liveTokens()[0]);
  });

  it("counts how often it had to ask", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.server.injectFault({ kind: "response", status: 503 });

    const { msg } = await red.send("login");

    assert.equal(api(msg)["attempts"], 2);
  });

  it("counts it for a sign-in that fails, too", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.password = "another by now";

    const { caught } = await red.send("login");

    assert.equal(api(caught)["attempts"], 1);
  });
});

describe("kasa-login with a refresh token", () => {
  afterEach(secretsAreKept);

  it("signs in with it alone, without a password", async () => {
    const { red, cloud, refreshToken } = await withRefreshToken();

    const { msg } = await red.send("login");

    const token = cloud.liveTokens().at(-1);
    assert.deepEqual(msg?.payload, { token, refreshToken });
    assert.deepEqual(asked(cloud), ["refreshToken"]);
    assert.deepEqual(parameters(cloud), [{ appType: "Kasa_Android", terminalUUID: TERMINAL, refreshToken }]);
  });

  it("signs in with it while 2-step verification is on", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.requireTwoStep = true;

    const { msg } = await red.send("list");

    assert.equal(rows(msg).length, cloud.devices.length);
  });

  it("tries it before the password", async () => {
    const { red, cloud } = await withRefreshToken("email", "password");

    await red.send("login");

    assert.deepEqual(asked(cloud), ["refreshToken"]);
  });

  for (const [what, error_code] of [
    ["has expired", -20655],
    ["is not accepted", -20656],
    ["is taken for a spent token", -20651],
    ["is declined for a reason of its own", -20104],
    ["is nothing that this cloud knows", -20103],
  ] as const) {
    it(`falls back to the password where it ${what}`, async () => {
      const { red, cloud } = await withRefreshToken("email", "password");
      cloud.server.injectFault({ kind: "response", body: { error_code, msg: "" } });

      const { msg } = await red.send("login");

      assert.equal(answer(msg)["email"], cloud.email);
      assert.deepEqual(asked(cloud), ["refreshToken", "login"]);
    });
  }

  it("does not try the password where the cloud is only busy", async () => {
    const { red, cloud } = await withRefreshToken("email", "password");
    cloud.limitSignIns = true;

    const { error } = await red.send("login");

    assert.deepEqual([error?.code, asked(cloud)], ["busy", ["refreshToken"]]);
  });

  it("says what to do where it has expired and there is no password", async () => {
    const { red, cloud } = await withRefreshToken("email");
    cloud.expireRefreshTokens();

    const { error } = await red.send("login");

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /refresh token has expired.*password, or a new refresh token.*\(-20655\)/);
    assert.deepEqual(asked(cloud), ["refreshToken"]);
  });

  it("sends no password without an e-mail address to go with it", async () => {
    const { red, cloud } = await withRefreshToken("password");
    cloud.expireRefreshTokens();

    const { error } = await red.send("login");

    assert.deepEqual([error?.cause["vendorCode"], asked(cloud)], [-20655, ["refreshToken"]]);
  });

  it("points to the terminal UUID where the token was made with another", async () => {
    const { cloud, account } = await kasaCloud({ terminalUUID: TERMINAL });
    const refreshToken = await refreshTokenFor(cloud, "00000000-0000-4000-8000-000000000000");
    const { red } = await withCloud(cloud, { ...account, credentials: { refreshToken } });

    const { error } = await red.send("login");

    assert.equal(error?.code, "sign-in");
    assert.match(error?.message ?? "", /terminal UUID.*\(-20656\)/);
  });

  it("renews with the one refresh token again and again where the cloud brings no other", async () => {
    const { red, cloud, refreshToken } = await withRefreshToken();
    await red.send("list");
    cloud.expireTokens();
    await red.send("list");
    cloud.expireTokens();

    await red.send("list");

    const sent = parameters(cloud).flatMap((params) => params["refreshToken"] ?? []);
    assert.deepEqual(sent, [refreshToken, refreshToken, refreshToken]);
  });

  it("renews with the newest refresh token where the cloud puts another in its place", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.rotateRefreshTokens = true;
    await red.send("list");
    cloud.expireTokens();
    await red.send("list");
    cloud.expireTokens();

    const { msg } = await red.send("list");

    const sent = parameters(cloud).flatMap((params) => params["refreshToken"] ?? []);
    assert.equal(rows(msg).length, cloud.devices.length);
    assert.equal(new Set(sent).size, 3);
  });

  it("forces a sign-in with the newest refresh token, because the owner's may be worth nothing any more", async () => {
    const { red, cloud } = await withRefreshToken();
    cloud.rotateRefreshTokens = true;
    await red.send("login");

    const { msg } = await red.send("login", { force: true });

    assert.deepEqual(api(msg)["reused"], false);
    assert.deepEqual(asked(cloud), ["refreshToken", "refreshToken"]);
  });

  it("keeps what is known of the account when a renewal brings only a token", async () => {
    const { red, cloud } = await kasaFlow();
    const { msg: first } = await red.send("login");
    cloud.expireTokens();
    await red.send("list");

    const { msg: second } = await red.send("login");

    assert.deepEqual(second?.payload, { ...answer(first), token: cloud.liveTokens()[0] });
    assert.deepEqual(asked(cloud).slice(-2), ["refreshToken", "getDeviceList"]);
  });
});
