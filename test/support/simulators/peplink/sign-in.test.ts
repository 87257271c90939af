import assert from "node:assert/strict";
import { closeAfterTest } from "../../mocha-hooks";
import { PeplinkRouter } from "./router";
import { grantOf, login, post, read, secureLogin, setUp, signedIn, withCookie } from "./test-client";

describe("the Peplink simulator, and who asks it", () => {
  it("tells a wrong password by code 401 inside an HTTP 200", async () => {
    const { router } = await setUp();

    const answer = await login(router, router.username, "wrong");

    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { stat: "fail", code: 401, message: "Unauthorized" });
  });

  it("calls the session cookie pauth over plain http, and sets another one first", async () => {
    const { router } = await setUp();

    const answer = await login(router);

    assert.match(
      answer.headers.getSetCookie().join("\n"),
      /^locale=en.*\npauth=[0-9a-f]{32};.*HttpOnly; SameSite=Strict$/,
    );
  });

  it("calls the session cookie bauth over https, with the certificate whose fingerprint it names", async () => {
    const router = closeAfterTest(await PeplinkRouter.start());

    const { cookies, fingerprint } = await secureLogin(router);

    assert.match(cookies.join("\n"), /^bauth=/m);
    assert.equal(fingerprint, router.fingerprint);
  });

  it("knows a signed-in user by the cookie", async () => {
    const { router } = await setUp();

    const reply = await withCookie(router, "status.wan.connection", await signedIn(router));

    assert.equal(reply.stat, "ok");
  });

  it("refuses a cookie of the right value and the wrong name", async () => {
    const { router } = await setUp();
    const cookie = await signedIn(router);

    const reply = await withCookie(router, "status.wan.connection", cookie.replace("pauth", "bauth"));

    assert.equal(reply.code, 401);
  });

  it("forgets a cookie at logout", async () => {
    const { router } = await setUp();
    const cookie = await signedIn(router);
    await withCookie(router, "logout", cookie, {});

    const reply = await withCookie(router, "info.time", cookie);

    assert.deepEqual(reply, { stat: "fail", code: 401, message: "Unauthorized" });
  });

  it("ends a cookie that was idle for four hours", async () => {
    const { router } = await setUp();
    const cookie = await signedIn(router);
    router.now = () => Date.now() + 4 * 3_600_000;

    const reply = await withCookie(router, "info.time", cookie);

    assert.equal(reply.code, 401);
  });

  it("refuses a bearer header", async () => {
    const { router, accessToken } = await setUp();

    const reply = await read(`${router.url}/api/info.time`, { headers: { authorization: `Bearer ${accessToken}` } });

    assert.equal(reply.code, 401);
  });

  it("reads the token, and what it is asked, from a form", async () => {
    const { router, accessToken } = await setUp();

    const reply = await read(`${router.url}/api/info.location`, {
      method: "POST",
      body: new URLSearchParams({ accessToken }),
    });

    assert.equal(reply.response["gps"], true);
  });

  it("ends a token after two days", async () => {
    const { router, get } = await setUp();
    router.now = () => Date.now() + 172_800_000;

    assert.deepEqual(await get("info.time"), { stat: "fail", code: 401, message: "Invalid access token" });
  });

  it("answers the numbers of a grant as text when told to", async () => {
    const { router } = await setUp();
    router.stringNumbers = true;

    const { response } = await post(router, "auth.token.grant", grantOf(router));

    assert.deepEqual([response["expiresIn"], response["authorizationType"]], ["172800", "3"]);
  });

  it("refuses a wrong client secret and counts the attempt, not a sign-in", async () => {
    const { router } = await setUp();

    const reply = await post(router, "auth.token.grant", { ...grantOf(router), clientSecret: "0".repeat(32) });

    assert.equal(reply.code, 401);
    assert.deepEqual([router.signInAttempts(), router.signIns()], [2, 1]);
  });

  it("refuses what it lent before sessions expired, and lends anew", async () => {
    const { router, get } = await setUp();
    router.expireSessions();

    assert.equal((await get("info.time")).message, "Invalid access token");
    assert.equal((await post(router, "auth.token.grant", grantOf(router))).stat, "ok");
  });

  it("refuses even fresh tokens, honestly, when told to", async () => {
    const { router, accessToken } = await setUp();
    router.refuseEverySession = true;
    router.honest401 = true;

    const answer = await fetch(`${router.url}/api/info.time?accessToken=${accessToken}`);

    assert.equal(answer.status, 401);
  });

  it("lets a token revoke itself", async () => {
    const { accessToken, post, get } = await setUp();

    assert.equal((await post("auth.token.revoke", { accessToken })).stat, "ok");
    assert.equal((await get("info.time")).code, 401);
  });

  it("manages API clients for the admin alone, and only with an action", async () => {
    const { router, post } = await setUp();
    const admin = await signedIn(router);
    const client = { name: "dashboard", scope: "api.read-only" };

    assert.equal((await post("auth.client", { action: "add", ...client })).code, 401);
    assert.equal((await withCookie(router, "auth.client", admin, client)).message, "unsupported action");
    assert.equal(
      (await withCookie(router, "auth.client", admin, { action: "add", ...client })).response["name"],
      "dashboard",
    );
    assert.equal(Object.keys((await withCookie(router, "auth.client", admin)).response).length, 3);
  });

  it("shows a read-only client the status, but neither reads nor changes of the configuration", async () => {
    const { get, post } = await setUp("read-only");

    assert.equal((await get("status.wan.connection")).stat, "ok");
    assert.equal((await get("config.ssid.profile")).code, 401);
    assert.equal((await post("cmd.config.apply")).code, 401);
  });

  it("lets the read-only user read, and tells at login that it may not POST", async () => {
    const { router } = await setUp();
    const { username, password } = router.readOnlyUser;

    const answer = await login(router, username, password);

    assert.deepEqual(await answer.json(), { stat: "ok", response: { permission: { GET: 1, POST: 0 } } });
    const cookie = answer.headers.getSetCookie()[1] ?? "";
    assert.equal((await withCookie(router, "status.client", cookie)).stat, "ok");
    assert.equal((await withCookie(router, "cmd.system.reboot", cookie, {})).code, 401);
  });

  it("names the running firmware to strangers, and every firmware to callers it knows", async () => {
    const { router, get } = await setUp();

    assert.deepEqual((await read(`${router.url}/api/info.firmware`)).response.order, [2]);
    assert.deepEqual((await get("info.firmware")).response.order, [1, 2]);
  });

  it("answers an HTML page outside of the API, and everywhere once the API is off", async () => {
    const { router, accessToken } = await setUp();
    const outside = await fetch(`${router.url}/cgi-bin/MANGA/index.cgi`);
    router.apiOff = true;

    const off = await fetch(`${router.url}/api/info.time?accessToken=${accessToken}`);

    for (const answer of [outside, off]) assert.match(await answer.text(), /^<!DOCTYPE html>/);
    assert.deepEqual([outside.status, off.status], [200, 200]);
  });
});
