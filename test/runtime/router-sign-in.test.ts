import assert from "node:assert/strict";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { answering, asUser, routerFlow, secretsAreKept } from "./router-fixture";

const STATUS = "status.wan.connection";

/** A flow that signs in as the router's administrator. */
async function userFlow(listen: { http?: boolean } = {}) {
  const flow = await routerFlow({ listen });
  const user = { ...flow.config, ...asUser(flow.router) };
  await flow.red.deploy(flow.flow.map((node) => (node.id === "router" ? user : node)));
  return flow;
}

/** The requests that came with something to show: all but those of signing in. */
const shown = ({ server }: PeplinkRouter) => server.journal.filter(({ path }) => !/login|grant/.test(path));

describe("router sign-in", () => {
  afterEach(secretsAreKept);

  it("signs in once for three hundred messages at once", async () => {
    const { red, router } = await routerFlow();

    for (let i = 0; i < 300; i++) red.inject("status", { payload: i });
    await red.until(() => red.ended("status") === 300);

    assert.deepEqual([red.sent("status").length, router.signInAttempts(), router.calls(STATUS)], [300, 1, 300]);
  });

  it("shares one sign-in between the nodes of a router", async () => {
    const { red, router } = await routerFlow();
    await red.send("status");

    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    assert.equal(router.signInAttempts(), 1);
  });

  it("shows the token in the query of every request, and nowhere else", async () => {
    const { red, router } = await routerFlow();

    await red.send("status");
    await red.send("status", { endpoint: "status.cellularModule.temperature", params: { connId: 3 } });
    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    const requests = shown(router);
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

  it("shows its id and secret in the body of the grant, and nowhere else", async () => {
    const { red, router } = await routerFlow();

    await red.send("status");

    const [{ method, path, query, headers, body } = {}] = router.server.journal;
    const { clientId, clientSecret } = router;
    assert.deepEqual([method, path, query?.size], ["POST", "/api/auth.token.grant", 0]);
    assert.deepEqual(JSON.parse(body ?? ""), { clientId, clientSecret });
    assert.ok(!JSON.stringify(headers).includes(clientSecret));
  });

  it("signs a user in with a cookie called bauth over https, and shows it in the header alone", async () => {
    const { red, router } = await userFlow();

    await red.send("status");
    await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

    const { username, password } = router;
    assert.deepEqual(JSON.parse(router.server.journal[0]?.body ?? ""), { username, password });
    const requests = shown(router);
    assert.deepEqual([requests.length, router.calls("login")], [2, 1]);
    for (const { headers, query, body } of requests) {
      const [, value = "?"] = /^locale=en; bauth=([0-9a-f]{32})$/.exec(headers["cookie"] ?? "") ?? [];
      assert.ok(router.secrets().includes(value), headers["cookie"]);
      assert.ok(!`${query.toString()}${body}`.includes(value));
      assert.equal(query.get("accessToken"), null);
    }
  });

  it("signs a user in with a cookie called pauth over plain http", async () => {
    const { red, router } = await userFlow({ http: true });

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
    assert.match(shown(router)[0]?.headers["cookie"] ?? "", /; pauth=[0-9a-f]{32}$/);
  });

  it("keeps the last cookie of a name, when the one of before is cleared in the same answer", async () => {
    const { red, router } = await userFlow();
    const headers = { "set-cookie": ["bauth=; Max-Age=0", "bauth=flood; Path=/; HttpOnly", "locale="] };
    answering(router, "login", { stat: "ok" }, { headers });
    answering(router, "status.wan.connection", { stat: "ok" });

    await red.send("status");

    assert.equal(shown(router)[0]?.headers["cookie"], "bauth=flood");
  });

  it("sends an id and a secret without the spaces around them", async () => {
    const { red, router, config, flow } = await routerFlow();
    const credentials = { clientId: ` ${router.clientId}`, clientSecret: `${router.clientSecret}\n` };
    await red.deploy(flow.map((node) => (node.id === "router" ? { ...config, credentials } : node)));

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });

  it("sends a password as it is, and a user name without the spaces around it", async () => {
    const { red, router, config, flow } = await routerFlow();
    router.password = " spaces  count ";
    const credentials = { username: ` ${router.username} `, password: router.password };
    await red.deploy(flow.map((node) => (node.id === "router" ? { ...config, mode: "user", credentials } : node)));

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });

  it("asks below the path of a reverse proxy", async () => {
    const { red, router, flow } = await routerFlow();
    const server = `${router.url}/van/router/`;
    await red.deploy(flow.map((node) => (node.id === "router" ? { ...node, server } : node)));

    await red.send("status");

    assert.equal(router.server.journal[0]?.path, "/van/router/api/auth.token.grant");
  });

  for (const refusal of [
    { stat: "fail", code: 401, message: "Unauthorized" },
    { stat: "fail", code: 301, message: "Unauthorized" },
    { stat: "fail", code: 999 },
    { stat: "fail" },
  ]) {
    for (const [mode, start, endpoint] of [
      ["a client", routerFlow, "auth.token.grant"],
      ["a user", userFlow, "login"],
    ] as const) {
      it(`sends ${mode}'s credentials once that are refused with ${JSON.stringify(refusal)}`, async () => {
        const { red, router } = await start();
        answering(router, endpoint, refusal);
        for (let i = 0; i < 20; i++) red.inject("status", {});
        await red.until(() => red.caught().length === 20);

        const { error } = await red.send("post", { endpoint: "cmd.ap", payload: { enable: true } });

        assert.equal(error?.code, "sign-in");
        assert.deepEqual(new Set(red.caught().map(({ error }) => error.code)), new Set(["sign-in"]));
        assert.equal(router.server.journal.length, 1);
      });
    }
  }

  for (const status of [401, 403]) {
    it(`sends credentials once that are refused with HTTP ${status} and no words`, async () => {
      const { red, router } = await routerFlow();
      answering(router, "auth.token.grant", "", { status });
      await red.send("status");

      const { error } = await red.send("status");

      assert.deepEqual([error?.code, router.server.journal.length], ["sign-in", 1]);
    });
  }

  it("signs in with credentials that were corrected, and leaves the refusal of the others behind", async () => {
    const { red, router, config, flow } = await routerFlow({
      router: { credentials: { clientId: "0".repeat(32), clientSecret: "not-the-right-one" } },
    });
    await red.send("status");
    const { clientId, clientSecret } = router;
    const corrected = { ...config, credentials: { clientId, clientSecret } };
    await red.deploy(flow.map((node) => (node.id === "router" ? corrected : node)));

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });
});
