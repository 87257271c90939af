import assert from "node:assert/strict";
import { request } from "node:https";
import { TLSSocket } from "node:tls";
import { PeplinkRouter } from "./peplink";

/** An answer as somebody else's client reads it: nothing about it is known beforehand. */
interface Reply {
  stat?: string;
  code?: number;
  message?: string;
  notice?: { status: string };
  response: Record<string, Record<string, unknown>> & {
    accessToken: string;
    order: number[];
    list: Record<string, unknown>[];
  };
}

describe("the Peplink simulator", () => {
  const running: PeplinkRouter[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((router) => router.close()));
  });

  async function setUp(who: "own" | "read-only" = "own"): Promise<Setup> {
    const router = await PeplinkRouter.start({ http: true });
    running.push(router);
    const { clientId, clientSecret } = who === "own" ? router : router.readOnlyClient;
    const granted = await post(router, "auth.token.grant", { clientId, clientSecret });
    const { accessToken } = granted.response;
    return {
      router,
      accessToken,
      get: (endpoint, query = {}) =>
        read(`${router.url}/api/${endpoint}?${new URLSearchParams({ ...query, accessToken }).toString()}`),
      post: (endpoint, body) => post(router, `${endpoint}?accessToken=${accessToken}`, body),
    };
  }

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
    const router = await PeplinkRouter.start();
    running.push(router);

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

    assert.equal(reply.response.gps, true);
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

    assert.deepEqual([response.expiresIn, response.authorizationType], ["172800", "3"]);
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
      (await withCookie(router, "auth.client", admin, { action: "add", ...client })).response.name,
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

  it("knows neither unknown endpoints nor the wrong method", async () => {
    const { get, post } = await setUp();

    assert.deepEqual(await get("status.weather"), { stat: "fail", code: 999, message: "unknown function" });
    assert.equal((await get("cmd.config.apply")).message, "Unsupported request");
    assert.equal((await post("info.time", {})).message, "Unsupported request");
  });

  it("takes a list as one value with spaces, and neither with commas nor as a repeated key", async () => {
    const { router, accessToken, get } = await setUp();
    const repeated = `${router.url}/api/status.wan.connection?id=1&id=2&accessToken=${accessToken}`;

    assert.deepEqual((await get("status.wan.connection", { id: "1 2" })).response.order, [2, 1]);
    assert.deepEqual((await get("status.wan.connection", { id: "1,2" })).response.order, []);
    assert.deepEqual((await read(repeated)).response.order, []);
  });

  it("lists WANs in an order that is not that of their ids, and tells how each one is", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection");

    const seen = response.order.map((id) => response[id] ?? {}).map((wan) => [wan.name, wan.statusLed, wan.message]);
    assert.deepEqual(seen, [
      ["Starlink", "yellow", "Standby"],
      ["Fibre", "green", "Connected"],
      ["Cellular", "yellow", "Standby"],
      ["Harbour Wi-Fi", "gray", "Disabled"],
    ]);
  });

  it("gives a waiting WAN an address and no uptime, and a disabled one neither address nor priority", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection");

    assert.deepEqual([response[2]?.uptime, response[2]?.ip], [0, "100.64.7.20"]);
    assert.deepEqual(["ip" in (response[4] ?? {}), "priority" in (response[4] ?? {})], [false, false]);
  });

  it("lets the next best WAN carry when a cable is pulled", async () => {
    const { router, get } = await setUp();
    router.wan("Fibre").takeDown();

    const { response } = await get("status.wan.connection");

    assert.deepEqual([response[1]?.message, response[1]?.uptime], ["No Cable Detected", 0]);
    assert.deepEqual([response[2]?.statusLed, response[2]?.uptime], ["green", 1]);
  });

  it("answers the allowance flat for a cable, and for each SIM of a cellular WAN", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection.allowance");

    assert.equal(response[1]?.percent, 21);
    const sim = { enable: true, usage: 31_000, limit: 50_000, percent: 62, start: 15, unit: "MB" };
    assert.deepEqual(response[3]?.[1], sim);
  });

  it("lists clients, the active ones or those of a kind when asked", async () => {
    const { get } = await setUp();

    assert.equal((await get("status.client")).response.list.length, 5);
    assert.equal((await get("status.client", { activeOnly: "yes" })).response.list.length, 4);
    const cabled = await get("status.client", { connectionType: "ethernet" });
    assert.deepEqual(
      cabled.response.list.map(({ name }) => name),
      ["chart-plotter"],
    );
  });

  it("measures signals only when asked for everything", async () => {
    const { get } = await setUp();

    const normal = await get("status.client");
    const full = await get("status.client", { outputWeight: "full" });

    assert.ok(!normal.response.list.some((client) => "signal" in client));
    assert.ok(full.response.list.some((client) => "signal" in client));
  });

  it("says nothing of SpeedFusion unless told what, and calls it beta", async () => {
    const { get } = await setUp();

    assert.deepEqual(await get("status.pepvpn"), { stat: "ok", response: {}, notice: { status: "beta" } });
    const { response } = await get("status.pepvpn", { infoType: "profile peer" });
    assert.deepEqual([response.profile?.order, response.peer?.length], [[2, 1], 2]);
  });

  it("keeps a change of a WAN pending until it is applied", async () => {
    const { router, post } = await setUp();
    await post("config.wan.connection", {
      action: "update",
      list: [{ id: 1, enable: false, connection: { priority: 5 } }],
    });
    assert.equal(router.pending().length, 1);
    assert.equal(router.wan("Fibre").enable, true);

    await post("cmd.config.apply");

    assert.deepEqual([router.wan("Fibre").enable, router.wan("Fibre").priority], [false, 5]);
    assert.deepEqual([router.pending().length, router.applied()], [0, 1]);
  });

  it("drops what is pending when told to discard", async () => {
    const { router, post } = await setUp();
    await post("config.wan.connection.priority", { list: [{ connId: 2, priority: 1 }] });

    await post("cmd.config.discard");
    await post("cmd.config.apply");

    assert.equal(router.wan("Starlink").priority, 2);
  });

  it("refuses a change of WANs without action or list", async () => {
    const { router, post } = await setUp();

    assert.equal((await post("config.wan.connection", { list: [{ id: 1, enable: false }] })).stat, "fail");
    assert.equal((await post("config.wan.connection", { action: "update", id: 1, enable: false })).stat, "fail");
    assert.deepEqual(router.pending(), []);
  });

  it("puts a priority in force at once when asked to, and silently ignores an id in place of a connId", async () => {
    const { router, post } = await setUp();
    const list = [
      { connId: 3, priority: 1 },
      { id: 1, enable: false },
    ];

    const reply = await post("config.wan.connection.priority", { instantActive: true, list });

    assert.deepEqual(reply.response.order, [3]);
    assert.deepEqual([router.wan("Cellular").priority, router.wan("Fibre").enable], [1, true]);
  });

  it("hides one secret of a WAN and shows another", async () => {
    const { get } = await setUp();

    const text = JSON.stringify(await get("config.wan.connection"));

    assert.match(text, /"password":"@~HiDdEn~@"/);
    assert.match(text, /"password":"apn-secret"/);
    assert.doesNotMatch(text, /ddns-secret/);
  });

  it("changes one Wi-Fi network by an id at the top, and shows its key in clear", async () => {
    const { router, get, post } = await setUp();
    const security = { wpa2Personal: { key: "fog-horn-at-dawn" } };
    await post("config.ssid.profile", { action: "update", id: "2", security });

    await post("cmd.config.apply");

    assert.equal(router.ssids[1]?.security.wpa2Personal.key, "fog-horn-at-dawn");
    assert.equal(router.ssids[1]?.security.policy, "WPA2 Personal");
    assert.match(JSON.stringify(await get("config.ssid.profile", { id: "1" })), /keeper-of-the-light/);
  });

  it("returns to its first configuration only with the time it names", async () => {
    const { router, get, post } = await setUp();
    router.wan("Fibre").name = "Copper";

    assert.equal((await post("cmd.config.restore", {})).stat, "fail");
    assert.equal((await post("cmd.config.restore", { timestamp: (await get("info.time")).response.time })).stat, "ok");

    assert.equal(router.wan("Fibre").id, 1);
  });

  it("switches the access point at once", async () => {
    const { router, post } = await setUp();

    const reply = await post("cmd.ap", { enable: false });

    assert.deepEqual(reply, { stat: "ok", response: { support: true, enable: false }, notice: { status: "alpha" } });
    assert.equal(router.world.ap, false);
  });

  it("sends a text message only to an address that starts with a plus", async () => {
    const { router, post } = await setUp();

    assert.equal((await post("cmd.sms.sendMessage", { connId: 3, address: "0999155501", content: "hi" })).stat, "fail");
    assert.equal((await post("cmd.sms.sendMessage", { connId: 3, address: "+999155501", content: "hi" })).stat, "ok");

    assert.equal(router.world.sentMessages.length, 1);
  });

  it("searches for carriers while the clock runs", async () => {
    const { router, get, post } = await setUp();
    router.world.carrierScanMs = 60_000;
    await post("cmd.carrier.scan", { action: "start", connId: 3 });
    const early = await get("cmd.carrier.scan", { connId: "3" });
    router.now = () => Date.now() + 61_000;

    const late = await get("cmd.carrier.scan", { connId: "3" });

    assert.deepEqual([early.response.scanStatus, late.response.scanStatus], ["scanning", "done"]);
    assert.deepEqual([early.response.list.length, late.response.list.length], [0, 2]);
  });

  it("powers the ports it is told to", async () => {
    const { router, post } = await setUp();

    await post("cmd.port.poe.enable", { port: [2, { id: 3 }] });

    assert.deepEqual(
      router.ports.map(({ poe }) => poe),
      [true, true, true, false],
    );
  });

  it("answers a bare array where the real one does, and reads a temperature by POST alone", async () => {
    const { get, post } = await setUp();

    assert.ok(Array.isArray((await get("cmd.wifi.scan", { connId: "4" })).response));
    assert.equal((await post("status.cellularModule.temperature", { connId: 3 })).response.temperature, 43);
    assert.equal((await get("status.cellularModule.temperature", { connId: "3" })).message, "Unsupported request");
  });

  it("stumbles once without carrying out what it was asked", async () => {
    const { router, post } = await setUp();
    router.answerInternalError();

    assert.equal((await post("cmd.system.reboot")).message, "Internal Error");
    assert.equal((await post("cmd.system.reboot")).stat, "ok");

    assert.deepEqual([router.world.reboots, router.calls("cmd.system.reboot")], [1, 2]);
  });

  it("drops connections while it restarts, and knows nobody afterwards", async () => {
    const { router, get, post } = await setUp();
    router.rebootMs = 150;
    assert.equal((await post("cmd.system.reboot")).stat, "ok");

    await assert.rejects(get("info.time"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await get("info.time")).code, 401);
  });
});

interface Setup {
  router: PeplinkRouter;
  accessToken: string;
  get: (endpoint: string, query?: Record<string, string>) => Promise<Reply>;
  post: (endpoint: string, body?: object) => Promise<Reply>;
}

const JSON_BODY = { "content-type": "application/json" };

async function read(url: string, init?: RequestInit): Promise<Reply> {
  const reply: Reply = JSON.parse(await (await fetch(url, init)).text());
  return reply;
}

function post({ url }: PeplinkRouter, endpoint: string, body?: object): Promise<Reply> {
  return read(
    `${url}/api/${endpoint}`,
    body ? { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) } : { method: "POST" },
  );
}

function grantOf({ clientId, clientSecret }: PeplinkRouter): { clientId: string; clientSecret: string } {
  return { clientId, clientSecret };
}

function login(router: PeplinkRouter, username = router.username, password = router.password): Promise<Response> {
  return fetch(`${router.url}/api/login`, {
    method: "POST",
    headers: JSON_BODY,
    body: JSON.stringify({ username, password }),
  });
}

async function signedIn(router: PeplinkRouter): Promise<string> {
  const cookies = (await login(router)).headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
  return cookies.join("; ");
}

function withCookie({ url }: PeplinkRouter, endpoint: string, cookie: string, body?: object): Promise<Reply> {
  const headers = { ...JSON_BODY, cookie };
  return read(`${url}/api/${endpoint}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
}

function secureLogin({
  url,
  username,
  password,
  certificate,
}: PeplinkRouter): Promise<{ cookies: string[]; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: JSON_BODY, ca: certificate?.cert ?? "", agent: false as const };
    const asked = request(`${url}/api/login`, options, (answer) => {
      assert.ok(answer.socket instanceof TLSSocket);
      const { fingerprint256 } = answer.socket.getPeerCertificate();
      answer
        .resume()
        .on("end", () => resolve({ cookies: answer.headers["set-cookie"] ?? [], fingerprint: fingerprint256 }));
    });
    asked.on("error", reject).end(JSON.stringify({ username, password }));
  });
}
