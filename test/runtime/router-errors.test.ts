import assert from "node:assert/strict";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { answering, apiOf, asUser, routerFlow, secretsAreKept } from "./router-fixture";

type Flow = Awaited<ReturnType<typeof routerFlow>>;

/** One way to fail: how the flow is made, what happens to the router, what is asked, and what Catch then sees. */
interface Failure {
  flow?: Parameters<typeof routerFlow>[0];
  spoil?: (router: PeplinkRouter) => void | Promise<void>;
  ask?: { node: "status" | "post"; msg: object };
  code: string;
  message: RegExp;
  cause: object;
}

const STATUS = "status.wan.connection";
const PRIORITY = "config.wan.connection.priority";
const READ_CONFIG = { node: "status", msg: { endpoint: "config.ssid.profile" } } as const;
const ALWAYS = { times: Infinity };

const FAILURES: Record<string, Failure> = {
  "an endpoint that cannot be right": {
    ask: { node: "status", msg: { endpoint: "../login" } },
    code: "input",
    message: /^"endpoint" must be a name such as/,
    cause: { operation: "" },
  },
  "no config node": {
    flow: { status: { router: "" } },
    code: "config",
    message: /^No config node is chosen/,
    cause: { operation: "" },
  },
  "a client without a secret": {
    flow: { router: { credentials: { clientId: "panel", clientSecret: " " } } },
    code: "config",
    message: /^Enter the client id and the client secret/,
    cause: { operation: "" },
  },
  "a user without a password": {
    flow: { router: { mode: "user", credentials: { username: "admin" } } },
    code: "config",
    message: /^Enter the user name and password/,
    cause: { operation: "" },
  },
  "no server address": {
    flow: { router: { server: " " } },
    code: "config",
    message: /^Enter the server address/,
    cause: { operation: "" },
  },
  "plain http to a public address": {
    flow: { router: { server: "http://198.51.100.7", fingerprint: "" } },
    code: "config",
    message: /must begin with https/,
    cause: { operation: "" },
  },
  "a fingerprint that is none": {
    flow: { router: { fingerprint: "AB:CD" } },
    code: "config",
    message: /^The fingerprint is not a SHA-256/,
    cause: { operation: "" },
  },
  "a wrong client secret": {
    flow: { router: { credentials: { clientId: "0".repeat(32), clientSecret: "not-the-right-one" } } },
    code: "sign-in",
    message: /^The router refuses the client id or the client secret\. Correct it/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Unauthorized" },
  },
  "a wrong password": {
    flow: { router: asUser({ username: "admin", password: "not-the-right-one" }) },
    code: "sign-in",
    message: /^The router refuses the user name or the password\. Correct it/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Unauthorized" },
  },
  "sessions that are refused as soon as they are granted": {
    spoil: (router) => void (router.refuseEverySession = true),
    code: "sign-in",
    message: /^The router refuses a session that it has just granted/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Invalid access token" },
  },
  "an endpoint for which nobody has the right": {
    spoil: (router) => answering(router, "config.ssid.profile", "", { status: 403 }),
    ask: READ_CONFIG,
    code: "forbidden",
    message: /^The platform forbids this/,
    cause: { operation: "config.ssid.profile", statusCode: 403 },
  },
  "nothing at this address": {
    spoil: (router) => answering(router, STATUS, "", { status: 404 }),
    code: "not-found",
    message: /^There is nothing at this address/,
    cause: { operation: STATUS, statusCode: 404 },
  },
  "nothing at this address, in the router's own words": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: 404, message: "No such" }, { status: 404 }),
    code: "not-found",
    message: /^There is nothing at this address/,
    cause: { operation: STATUS, statusCode: 404, vendorCode: 404, vendorMessage: "No such" },
  },
  "a parameter that the router declines": {
    ask: { node: "status", msg: { endpoint: "cmd.sms.get", params: { connId: 1 } } },
    code: "rejected",
    message: /^The router declined: Invalid connId\. Check the endpoint's parameters/,
    cause: { operation: "cmd.sms.get", statusCode: 200, vendorCode: 999, vendorMessage: "Invalid connId" },
  },
  "a refusal that gives no reason": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: 999, message: null }),
    code: "rejected",
    message: /^The router declined \(999\)\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999 },
  },
  "a refusal that gives nothing at all": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: "?" }),
    code: "rejected",
    message: /^The router declined\./,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a parameter whose name only sounds like a passing failure": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: 999, message: "Invalid timeout" }),
    code: "rejected",
    message: /^The router declined: Invalid timeout\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "Invalid timeout" },
  },
  "a function that the firmware does not know": {
    ask: { node: "status", msg: { endpoint: "status.weather" } },
    code: "unsupported",
    message: /^This router or its firmware does not have this endpoint: unknown function\./,
    cause: { operation: "status.weather", statusCode: 200, vendorCode: 999, vendorMessage: "unknown function" },
  },
  "a request that this model does not offer": {
    ask: { node: "status", msg: { endpoint: "cmd.wifi.result" } },
    spoil: (router) =>
      answering(router, "cmd.wifi.result", { stat: "fail", code: 999, message: "Unsupported request" }),
    code: "unsupported",
    message: /does not have this endpoint: Unsupported request/,
    cause: { operation: "cmd.wifi.result", statusCode: 200, vendorCode: 999, vendorMessage: "Unsupported request" },
  },
  "a router that stumbles": {
    spoil: (router) => router.failWithInternalError(),
    code: "busy",
    message: /^The router cannot answer just now: Internal Error\. Try again later/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "Internal Error", retryable: true },
  },
  "a router that is busy": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: 999, message: "System busy" }),
    code: "busy",
    message: /^The router cannot answer just now: System busy\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "System busy", retryable: true },
  },
  "a router that is just starting": {
    spoil: (router) => answering(router, STATUS, { stat: "fail", code: 999, message: "timeout" }),
    code: "busy",
    message: /^The router cannot answer just now: timeout\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "timeout", retryable: true },
  },
  "a router that wants to be left alone for long": {
    spoil: (router) => answering(router, STATUS, "", { status: 429, headers: { "retry-after": "60" } }),
    code: "busy",
    message: /HTTP 429/,
    cause: { operation: STATUS, statusCode: 429, retryAfterMs: 60_000, retryable: true },
  },
  "a router that is not there": {
    spoil: (router) => router.close(),
    code: "network",
    message: /^The connection was refused/,
    cause: { operation: STATUS, retryable: true },
  },
  "a connection that breaks each time": {
    spoil: (router) => router.server.injectFault({ kind: "cut" }, ALWAYS),
    code: "network",
    message: /^The connection broke while reading the response/,
    cause: { operation: STATUS, statusCode: 200, retryable: true },
  },
  "a certificate that nobody vouches for": {
    flow: { router: { fingerprint: "" } },
    code: "tls",
    message: /self-signed\. Pin its SHA-256 fingerprint/,
    cause: { operation: STATUS },
  },
  "another certificate than the pinned one": {
    flow: { router: { fingerprint: "AB".repeat(32) } },
    code: "tls",
    message: /another certificate than the pinned one/,
    cause: { operation: STATUS },
  },
  "an answer that never comes": {
    flow: { router: { timeout: 0.2 } },
    spoil: (router) => router.server.injectFault({ kind: "hang" }, ALWAYS),
    code: "timeout",
    message: /^No complete response within 0\.2 s/,
    cause: { operation: STATUS, retryable: true },
  },
  "an answer that comes a byte at a time": {
    flow: { router: { timeout: 0.2 } },
    spoil: (router) => router.server.injectFault({ kind: "drip", everyMs: 20 }, ALWAYS),
    code: "timeout",
    message: /reading the response/,
    cause: { operation: STATUS, retryable: true },
  },
  "the Web Admin's page in place of the API": {
    spoil: (router) => void (router.isApiDisabled = true),
    code: "protocol",
    message: /^The response cannot be read\. It is a web page: check the address and the port, and that the API/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "half an answer": {
    spoil: (router) => answering(router, STATUS, '{"stat":"ok","response":{"1"'),
    code: "protocol",
    message: /^The response cannot be read\. It is not complete JSON/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "an answer that is somebody else's": {
    spoil: (router) => answering(router, STATUS, { error_code: 0, result: {} }),
    code: "protocol",
    message: /another shape than expected \(at stat\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "an answer that says it went well, in a failure": {
    spoil: (router) => answering(router, STATUS, { stat: "ok", response: {} }, { status: 500 }),
    code: "protocol",
    message: /HTTP 500/,
    cause: { operation: STATUS, statusCode: 500 },
  },
  "a redirect": {
    spoil: (router) => answering(router, STATUS, "", { status: 302, headers: { location: "https://192.0.2.1/" } }),
    code: "protocol",
    message: /redirect/,
    cause: { operation: STATUS, statusCode: 302 },
  },
  "an answer without end": {
    spoil: (router) => router.server.injectFault({ kind: "endless" }, { when: ({ path }) => path.endsWith(STATUS) }),
    code: "protocol",
    message: /larger than 16 MiB/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that grants no token": {
    spoil: (router) => answering(router, "auth.token.grant", { stat: "ok", response: { scope: "api" } }),
    code: "protocol",
    message: /another shape than expected \(at accessToken\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that grants an empty token": {
    spoil: (router) => answering(router, "auth.token.grant", { stat: "ok", response: { accessToken: "" } }),
    code: "protocol",
    message: /another shape than expected \(at accessToken\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that gives no cookie": {
    flow: { router: asUser({ username: "admin", password: "any" }) },
    spoil: (router) => answering(router, "login", { stat: "ok" }),
    code: "protocol",
    message: /without giving a session cookie/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a firmware that knows no API clients": {
    spoil: (router) => answering(router, "auth.token.grant", { stat: "fail", code: 999, message: "unknown function" }),
    code: "unsupported",
    message: /unknown function/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "unknown function" },
  },
};

describe("router errors", () => {
  afterEach(secretsAreKept);

  for (const [what, { flow, spoil, ask, code, message, cause }] of Object.entries(FAILURES)) {
    it(`tells of ${what} as ${code}`, async () => {
      const { red, router } = await routerFlow(flow);
      await spoil?.(router);

      const { error } = await red.send(ask?.node ?? "status", { topic: "kept", ...ask?.msg });

      assert.equal(error?.code, code);
      assert.match(error.message, message);
      assert.deepEqual(error.cause, { platform: "router", retryable: false, ...cause });
      await red.until(() => red.ended(error.source.id) === 1);
      const shown = red.statuses(error.source.id).at(-1);
      const text = code === "config" ? "not configured" : error.message.replace(/\. .*/s, "");
      assert.deepEqual([shown?.fill, shown?.shape], [code === "config" ? "grey" : "red", "ring"]);
      assert.ok(text.startsWith(shown?.text?.replace(/…$/, "") ?? "?"), shown?.text);
    });
  }

  describe("for want of a scope", () => {
    async function asReadOnly(): Promise<Flow> {
      const flow = await routerFlow();
      const { clientId, clientSecret } = flow.router.readOnlyClient;
      const config = { ...flow.config, credentials: { clientId, clientSecret } };
      await flow.red.deploy(flow.flow.map((node) => (node.id === "router" ? config : node)));
      return flow;
    }

    for (const [what, node, msg] of [
      ["read the configuration", "status", { endpoint: "config.ssid.profile" }],
      ["POST a read", "status", { endpoint: "status.cellularModule.temperature", params: { connId: 3 } }],
      ["change the configuration", "post", { endpoint: PRIORITY, payload: { list: [] } }],
      ["give a command", "post", { endpoint: "cmd.ap", payload: { enable: true } }],
    ] as const) {
      it(`tells a read-only client that may not ${what} which scope it needs`, async () => {
        const { red, router } = await asReadOnly();

        const { error } = await red.send(node, msg);

        assert.equal(error?.code, "forbidden");
        assert.match(error.message, /needs the scope "api", not "api\.read-only"/);
        assert.equal(error.cause["vendorCode"], 401);
        assert.equal(router.calls(msg.endpoint), 2);
      });
    }

    it("does not sign in for each of many refusals", async () => {
      const { red, router } = await asReadOnly();

      for (let i = 0; i < 5; i++) await red.send("status", READ_CONFIG.msg);

      assert.equal(router.signInAttempts(), 2);
    });

    it("goes on reading the status", async () => {
      const { red } = await asReadOnly();
      await red.send("status", READ_CONFIG.msg);

      const { msg } = await red.send("status");

      assert.equal(msg?.["statusCode"], 200);
    });
  });

  it("tells a message that finds the queue full, and no other", async () => {
    const { red, router } = await routerFlow({ router: { concurrency: 1, queue: 1 } });
    router.server.injectFault({ kind: "delay", ms: 50 });

    for (let i = 0; i < 3; i++) red.inject("status", { payload: i });
    await red.until(() => red.ended("status") === 3);

    const [caught] = red.caught();
    assert.equal(red.sent("status").length, 2);
    assert.deepEqual([red.caught().length, caught?.payload, caught?.error.code], [1, 2, "busy"]);
    assert.match(caught?.error.message ?? "", /queue is full/);
  });

  it("gives up what is under way and what waits when its node is deployed again", async () => {
    const { red, router, flow } = await routerFlow();
    router.server.injectFault({ kind: "hang" }, ALWAYS);
    for (let i = 0; i < 6; i++) red.inject("status", { payload: i });
    await red.until(() => red.statuses("status").length > 0);
    let codes: string[] = [];
    const told = red.until(() => (codes = red.caught().map(({ error }) => error.code)).length === 6);

    // A deploy of everything would close the Catch node too.
    await red.deploy(
      flow.map((node) => (node.id === "status" ? { ...node, name: "changed" } : node)),
      "nodes",
    );
    await told;

    assert.deepEqual(codes, Array(6).fill("cancelled"));
  });

  it("brings a read through two broken connections, and counts the attempts", async () => {
    const { red, router } = await routerFlow();
    await red.send("status");
    router.server.injectFault({ kind: "reset" }, { times: 2 });

    const { msg } = await red.send("status");

    assert.equal(apiOf(msg)["attempts"], 3);
  });

  it("gives a read up after three attempts", async () => {
    const { red, router } = await routerFlow();
    await red.send("status");
    answering(router, STATUS, "", { status: 503 });

    const { caught, error } = await red.send("status");

    assert.deepEqual([error?.code, apiOf(caught)["attempts"], router.calls(STATUS)], ["busy", 3, 4]);
  });

  it("waits as long as the router asks for, and shows that it waits", async () => {
    const { red, router } = await routerFlow();
    router.server.injectFault(
      { kind: "response", status: 503, headers: { "retry-after": "1" } },
      { when: ({ path }) => path.endsWith(STATUS) },
    );
    const started = Date.now();

    const { msg } = await red.send("status");
    await red.until(() => red.ended("status") === 1);

    assert.ok(Date.now() - started >= 990);
    assert.equal(apiOf(msg)["attempts"], 2);
    const colours = red.statuses("status").map(({ fill, shape }) => `${fill} ${shape}`);
    assert.deepEqual(colours, ["blue ring", "yellow ring", "blue ring", "green dot"]);
  });

  it("clears an error from its status with the next success", async () => {
    const { red, router } = await routerFlow();
    router.failWithInternalError();
    await red.send("status");

    await red.send("status");
    await red.until(() => red.ended("status") === 2);

    assert.deepEqual(red.statuses("status").at(-1), { fill: "green", shape: "dot", text: "done" });
  });

  it("leaves no status code and no api of an earlier node on a message that asked nothing", async () => {
    const { red } = await routerFlow();

    const { caught } = await red.send("status", { endpoint: "login", statusCode: 200, api: { platform: "kasa" } });

    assert.deepEqual([caught?.["statusCode"], caught?.["api"]], [undefined, undefined]);
  });

  describe("in which the router quotes what is secret", () => {
    it("hold no client id, client secret, token or e-mail address", async () => {
      const credentials = { clientId: "panel", clientSecret: "between us" };
      const { red, router } = await routerFlow({ router: { credentials } });
      answering(router, "auth.token.grant", { stat: "ok", response: { accessToken: "a b c" } });
      const message = "panel, between us, a b c, keeper@lighthouse.example: no";
      answering(router, STATUS, { stat: "fail", code: 999, message });

      const { error } = await red.send("status");

      assert.equal(error?.cause["vendorMessage"], "***, ***, ***, *** no");
      assert.match(error.message, /^The router declined: \*\*\*, \*\*\*, \*\*\*, \*\*\* no\./);
    });

    it("hold no user name and no password", async () => {
      const credentials = { username: "keeper", password: "mind the steps" };
      const { red, router } = await routerFlow({ router: { mode: "user", credentials } });
      answering(router, "login", { stat: "fail", code: 301, message: "keeper: mind the steps" });

      const { error } = await red.send("status");

      assert.equal(error?.cause["vendorMessage"], "***: ***");
    });

    it("hold no cookie", async () => {
      const { red, router } = await routerFlow({ router: asUser({ username: "keeper", password: "any" }) });
      const headers = { "set-cookie": ["locale=en", "bauth=tide-table; Path=/"] };
      answering(router, "login", { stat: "ok" }, { headers });
      answering(router, STATUS, { stat: "fail", message: "locale=en; bauth=tide-table: tide-table is over" });

      const { error } = await red.send("status");

      assert.equal(error?.cause["vendorMessage"], "***: *** is over");
    });
  });
});
