import assert from "node:assert/strict";
import { closeAfterTest } from "../../mocha-hooks";
import { PeplinkRouter } from "./router";
import {
  callWithCookie,
  credentialsOf,
  fetchEnvelope,
  fetchSessionCookie,
  login,
  loginOverTls,
  post,
  setUp,
} from "./test-client";

describe("Signing in to the Peplink simulator", () => {
  it("fails for a wrong password with code 401 inside an HTTP 200", async () => {
    const { router } = await setUp();

    const response = await login(router, router.username, "wrong");

    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { stat: "fail", code: 401, message: "Unauthorized" });
  });

  it("sets the session cookie pauth over plain HTTP, after another cookie", async () => {
    const { router } = await setUp();

    const response = await login(router);

    assert.match(
      response.headers.getSetCookie().join("\n"),
      /^locale=en.*\npauth=[0-9a-f]{32};.*HttpOnly; SameSite=Strict$/,
    );
  });

  it("sets the session cookie bauth over HTTPS, with the certificate whose fingerprint it exposes", async () => {
    const router = closeAfterTest(await PeplinkRouter.start());

    const { cookies, fingerprint } = await loginOverTls(router);

    assert.match(cookies.join("\n"), /^bauth=/m);
    assert.equal(fingerprint, router.fingerprint);
  });

  it("identifies a user by the cookie", async () => {
    const { router } = await setUp();

    const envelope = await callWithCookie(router, "status.wan.connection", await fetchSessionCookie(router));

    assert.equal(envelope.stat, "ok");
  });

  it("refuses a cookie with the right value and the wrong name", async () => {
    const { router } = await setUp();
    const cookie = await fetchSessionCookie(router);

    const envelope = await callWithCookie(router, "status.wan.connection", cookie.replace("pauth", "bauth"));

    assert.equal(envelope.code, 401);
  });

  it("invalidates a cookie at logout", async () => {
    const { router } = await setUp();
    const cookie = await fetchSessionCookie(router);
    await callWithCookie(router, "logout", cookie, {});

    const envelope = await callWithCookie(router, "info.time", cookie);

    assert.deepEqual(envelope, { stat: "fail", code: 401, message: "Unauthorized" });
  });

  it("expires a cookie that was idle for four hours", async () => {
    const { router } = await setUp();
    const cookie = await fetchSessionCookie(router);
    router.now = () => Date.now() + 4 * 3_600_000;

    const envelope = await callWithCookie(router, "info.time", cookie);

    assert.equal(envelope.code, 401);
  });

  it("refuses a bearer header", async () => {
    const { router, accessToken } = await setUp();

    const envelope = await fetchEnvelope(`${router.url}/api/info.time`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });

    assert.equal(envelope.code, 401);
  });

  it("takes the token and the arguments from a form", async () => {
    const { router, accessToken } = await setUp();

    const envelope = await fetchEnvelope(`${router.url}/api/info.location`, {
      method: "POST",
      body: new URLSearchParams({ accessToken }),
    });

    assert.equal(envelope.response["gps"], true);
  });

  it("expires a token after two days", async () => {
    const { router, get } = await setUp();
    router.now = () => Date.now() + 172_800_000;

    assert.deepEqual(await get("info.time"), { stat: "fail", code: 401, message: "Invalid access token" });
  });

  it("returns the numbers of a grant as strings on request", async () => {
    const { router } = await setUp();
    router.numbersAsStrings = true;

    const { response } = await post(router, "auth.token.grant", credentialsOf(router));

    assert.deepEqual([response["expiresIn"], response["authorizationType"]], ["172800", "3"]);
  });

  it("refuses a wrong client secret and counts the attempt, but no sign-in", async () => {
    const { router } = await setUp();

    const envelope = await post(router, "auth.token.grant", { ...credentialsOf(router), clientSecret: "0".repeat(32) });

    assert.equal(envelope.code, 401);
    assert.deepEqual([router.signInAttempts(), router.signIns()], [2, 1]);
  });

  it("refuses tokens from before sessions expired, and grants new ones", async () => {
    const { router, get } = await setUp();
    router.expireSessions();

    assert.equal((await get("info.time")).message, "Invalid access token");
    assert.equal((await post(router, "auth.token.grant", credentialsOf(router))).stat, "ok");
  });

  it("refuses even fresh tokens, with HTTP status 401, on request", async () => {
    const { router, accessToken } = await setUp();
    router.refuseEverySession = true;
    router.uses401Status = true;

    const response = await fetch(`${router.url}/api/info.time?accessToken=${accessToken}`);

    assert.equal(response.status, 401);
  });

  it("revokes a token on its own request", async () => {
    const { accessToken, post: call, get } = await setUp();

    assert.equal((await call("auth.token.revoke", { accessToken })).stat, "ok");
    assert.equal((await get("info.time")).code, 401);
  });

  it("manages API clients only for the admin, and only with an action", async () => {
    const { router, post: call } = await setUp();
    const admin = await fetchSessionCookie(router);
    const client = { name: "dashboard", scope: "api.read-only" };

    assert.equal((await call("auth.client", { action: "add", ...client })).code, 401);
    assert.equal((await callWithCookie(router, "auth.client", admin, client)).message, "unsupported action");
    assert.equal(
      (await callWithCookie(router, "auth.client", admin, { action: "add", ...client })).response["name"],
      "dashboard",
    );
    assert.equal(Object.keys((await callWithCookie(router, "auth.client", admin)).response).length, 3);
  });

  it("lets a read-only client read the status, but neither read nor change the configuration", async () => {
    const { get, post: call } = await setUp("api.read-only");

    assert.equal((await get("status.wan.connection")).stat, "ok");
    assert.equal((await get("config.ssid.profile")).code, 401);
    assert.equal((await call("cmd.config.apply")).code, 401);
  });

  it("lets the read-only user read, and states at login that it may not POST", async () => {
    const { router } = await setUp();
    const { username, password } = router.readOnlyUser;

    const response = await login(router, username, password);

    assert.deepEqual(await response.json(), { stat: "ok", response: { permission: { GET: 1, POST: 0 } } });
    const cookie = response.headers.getSetCookie()[1] ?? "";
    assert.equal((await callWithCookie(router, "status.client", cookie)).stat, "ok");
    assert.equal((await callWithCookie(router, "cmd.system.reboot", cookie, {})).code, 401);
  });

  it("lists the running firmware for anonymous callers, and every firmware for others", async () => {
    const { router, get } = await setUp();

    assert.deepEqual((await fetchEnvelope(`${router.url}/api/info.firmware`)).response.order, [2]);
    assert.deepEqual((await get("info.firmware")).response.order, [1, 2]);
  });

  it("returns an HTML page outside of the API, and everywhere once the API is disabled", async () => {
    const { router, accessToken } = await setUp();
    const outside = await fetch(`${router.url}/cgi-bin/MANGA/index.cgi`);
    router.isApiDisabled = true;

    const disabled = await fetch(`${router.url}/api/info.time?accessToken=${accessToken}`);

    for (const page of [outside, disabled]) assert.match(await page.text(), /^<!DOCTYPE html>/);
    assert.deepEqual([outside.status, disabled.status], [200, 200]);
  });
});
