import assert from "node:assert/strict";
import { asUser, respondWith } from "../support/harness/peplink-flow";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const STATUS = "status.wan.connection";

/** The requests that carried a token or a cookie: all but the sign-ins. */
const authorizedRequests = ({ server }: PeplinkRouter) =>
  server.journal.filter(({ path }) => !/login|grant/.test(path));

describe("peplink-router", () => {
  afterEach(assertNoSecretLeaked);

  it("signs in once for three hundred messages at the same time", async () => {
    const { red, router } = await peplinkFlow();

    for (let i = 0; i < 300; i++) red.inject("status", { payload: i });
    await red.until(() => red.ended("status") === 300);

    assert.deepEqual([red.sent("status").length, router.signInAttempts(), router.calls(STATUS)], [300, 1, 300]);
  });

  it("shares one session between its nodes", async () => {
    const { red, router } = await peplinkFlow();
    await red.send("status");

    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    assert.equal(router.signInAttempts(), 1);
  });

  it("sends the token in the query of every request, and nowhere else", async () => {
    const { red, router } = await peplinkFlow();

    await red.send("status");
    await red.send("status", { endpoint: "status.cellularModule.temperature", params: { connId: 3 } });
    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    const requests = authorizedRequests(router);
    const token = requests[0]?.query.get("accessToken") ?? "?";
    assert.deepEqual(
      requests.map(({ method, query }) => [method, query.getAll("accessToken")]),
      ["GET", "POST", "POST"].map((method) => [method, [token]]),
    );
    for (const { path, headers, body } of requests)
      assert.ok(!JSON.stringify([path, headers, body]).includes(token), path);
    for (const { headers } of requests)
      assert.deepEqual([headers["cookie"], headers["authorization"]], [undefined, undefined]);
  });

  it("sends the client id and the secret in the body of the sign-in, and nowhere else", async () => {
    const { red, router } = await peplinkFlow();

    await red.send("status");

    const [{ method, path, query, headers, body } = {}] = router.server.journal;
    const { clientId, clientSecret } = router;
    assert.deepEqual([method, path, query?.size], ["POST", "/api/auth.token.grant", 0]);
    assert.deepEqual(JSON.parse(body ?? ""), { clientId, clientSecret });
    assert.ok(!JSON.stringify(headers).includes(clientSecret));
  });

  it("signs a user in over https with the cookie bauth, and sends it only in the header", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });

    await red.send("status");
    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    const { username, password } = router;
    assert.deepEqual(JSON.parse(router.server.journal[0]?.body ?? ""), { username, password });
    const requests = authorizedRequests(router);
    assert.deepEqual([requests.length, router.calls("login")], [2, 1]);
    for (const { headers, query, body } of requests) {
      const [, value = "?"] = /^locale=en; bauth=([0-9a-f]{32})$/.exec(headers["cookie"] ?? "") ?? [];
      assert.ok(router.secrets().includes(value), headers["cookie"]);
      assert.ok(!`${query.toString()}${body}`.includes(value));
      assert.equal(query.get("accessToken"), null);
    }
  });

  it("signs a user in over http with the cookie pauth", async () => {
    const { red, router } = await peplinkFlow({ listen: { http: true }, router: asUser });

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
    assert.match(authorizedRequests(router)[0]?.headers["cookie"] ?? "", /; pauth=[0-9a-f]{32}$/);
  });

  it("keeps the last cookie of a name if the same response clears an earlier one", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });
    const headers = { "set-cookie": ["bauth=; Max-Age=0", "bauth=flood; Path=/; HttpOnly", "locale="] };
    respondWith(router, "login", { stat: "ok" }, { headers });
    respondWith(router, "status.wan.connection", { stat: "ok" });

    await red.send("status");

    assert.equal(authorizedRequests(router)[0]?.headers["cookie"], "bauth=flood");
  });

  it("trims spaces around the client id and the secret", async () => {
    const { red } = await peplinkFlow({
      router: ({ clientId, clientSecret }: PeplinkRouter) => ({
        credentials: { clientId: ` ${clientId}`, clientSecret: `${clientSecret}\n` },
      }),
    });

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });

  it("trims spaces around the user name, and none of the password", async () => {
    const password = " spaces  count ";
    const { red, router } = await peplinkFlow({
      router: ({ username }: PeplinkRouter) => asUser({ username: ` ${username} `, password }),
    });
    router.password = password;

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });

  it("sends its requests below the path of a reverse proxy", async () => {
    const { red, router } = await peplinkFlow({
      router: ({ url }: PeplinkRouter) => ({ server: `${url}/van/router/` }),
    });

    await red.send("status");

    assert.equal(router.server.journal[0]?.path, "/van/router/api/auth.token.grant");
  });

  for (const refusal of [
    { stat: "fail", code: 401, message: "Unauthorized" },
    { stat: "fail", code: 301, message: "Unauthorized" },
    { stat: "fail", code: 999, message: "Invalid client secret" },
  ]) {
    for (const [mode, settings, endpoint] of [
      ["a client", {}, "auth.token.grant"],
      ["a user", asUser, "login"],
    ] as const) {
      it(`sends the credentials of ${mode} only once if they are refused with ${JSON.stringify(refusal)}`, async () => {
        const { red, router } = await peplinkFlow({ router: settings });
        respondWith(router, endpoint, refusal);
        for (let i = 0; i < 20; i++) red.inject("status", {});
        await red.until(() => red.caught().length === 20);

        const { error } = await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

        assert.equal(error?.code, "sign-in");
        assert.deepEqual(new Set(red.caught().map((caught) => caught.error.code)), new Set(["sign-in"]));
        assert.equal(router.server.journal.length, 1);
      });
    }
  }

  it("sends credentials only once if they are refused with a plain HTTP status 401", async () => {
    const { red, router } = await peplinkFlow();
    respondWith(router, "auth.token.grant", "", { status: 401 });
    await red.send("status");

    const { error } = await red.send("status");

    assert.deepEqual([error?.code, router.server.journal.length], ["sign-in", 1]);
  });

  it("works a second after a sign-in that a starting router answered with a timeout", async () => {
    const { red, router } = await peplinkFlow();
    router.server.injectFault({ kind: "response", body: { stat: "fail", response: "timeout" } });
    const { error } = await red.send("status");
    await new Promise((resolve) => setTimeout(resolve, 1100));

    const { msg } = await red.send("status");

    assert.deepEqual([error?.code, error?.cause["vendorMessage"], msg?.["statusCode"]], ["busy", "timeout", 200]);
  });
});
