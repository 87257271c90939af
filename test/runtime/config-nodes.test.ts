import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeRed, type Caught, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { closing, kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { selfSigned } from "../support/simulators/certificate";
import { PeplinkRouter } from "../support/simulators/peplink/router";

const STATUS = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
const PIN = "0123456789abcdef".repeat(4);

/** Deploys a config node "router" with a node "status" of it, sends that a message, and tells how it ended. */
async function ask(config: FlowNode, ...more: FlowNode[]): Promise<{ red: NodeRed; error: Caught | undefined }> {
  const red = await nodeRed();
  await red.deploy([...more, config, STATUS]);
  return { red, error: (await red.send("status")).error };
}

/** Asks, and expects it to be refused for this, without a request. */
async function refused(router: PeplinkRouter, expected: RegExp, config: FlowNode, ...more: FlowNode[]): Promise<void> {
  const { red, error } = await ask(config, ...more);
  assert.equal(error?.code, "config", error?.message);
  assert.match(error.message, expected);
  assert.doesNotMatch(error.message, /sesame/);
  assert.deepEqual(error.cause, { platform: "router", operation: "", retryable: false });
  assert.equal(red.statuses("status").at(-1)?.fill, "grey");
  assert.equal(router.server.connections, 0);
}

/** A node as the editor names it again when its credentials did not change: without them. */
function unchanged(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

function tlsConfig(settings: object, credentials: Record<string, string> = {}): FlowNode {
  return { id: "tls", type: "tls-config", cert: "", key: "", ca: "", verifyservercert: true, ...settings, credentials };
}

afterEach(async function () {
  // Hooks outside of a describe run after the tests of all files.
  if (this.currentTest?.file === __filename) await (await nodeRed()).deploy([]);
});

describe("A config node's settings", () => {
  const wrong: [string, object, RegExp][] = [
    ...["soon", 0, "0", -1, "1e999", "NaN", {}].map((timeout): [string, object, RegExp] => [
      "timeout",
      { timeout },
      /^"timeout" must be a number from 0\.001 to 86400\. Correct it in the config node/,
    ]),
    ...["many", 0, "0.5", -4, "4 5"].map((concurrency): [string, object, RegExp] => [
      "concurrency",
      { concurrency },
      /^"concurrency" must be a whole number from 1 to 1000/,
    ]),
    ...["long", -1].map((queue): [string, object, RegExp] => [
      "queue",
      { queue },
      /^"queue" must be a whole number from 0 to 1000000/,
    ]),
    ...["fast", -1, "10/s"].map((rate): [string, object, RegExp] => [
      "rate",
      { rate },
      /^"rate" must be a number of at least 0/,
    ]),
    ["server", { server: "" }, /^Enter the server address/],
    ["server", { server: undefined }, /^Enter the server address/],
    ["server", { server: "sesame" }, /is not an address/],
    ["server", { server: "http://203.0.113.9" }, /must begin with https/],
    ["server", { server: "http://sesame.example" }, /must begin with https/],
    ["server", { server: "https://admin:sesame@10.0.0.1" }, /user name or password/],
    ["fingerprint", { server: "https://127.0.0.1:9", fingerprint: "sesame" }, /is not a SHA-256/],
    ["fingerprint", { fingerprint: PIN }, /does not begin with https/],
    ["tls", { tls: "nobody" }, /TLS configuration is missing/],
    ["credentials", { credentials: {} }, /^Enter the client id and the client secret/],
    [
      "credentials",
      { credentials: { clientId: " ", clientSecret: " " } },
      /^Enter the client id and the client secret/,
    ],
    ["credentials", { mode: "user" }, /^Enter the user name and password/],
  ];
  for (const [name, settings, expected] of wrong) {
    it(`that cannot be right are told by each message: ${JSON.stringify(settings)}`, async () => {
      const { router, config } = await peplinkRouter({ http: true });
      const { name: _, ...complete } = { ...config, ...settings, name };
      await refused(router, expected, complete);
    });
  }

  for (const settings of [
    { server: 5 },
    { server: { href: "sesame" } },
    { fingerprint: 123 },
    { tls: { id: "sesame" } },
    { credentials: { clientId: 5, clientSecret: 6 } },
  ]) {
    it(`of a type that they cannot have never throw: ${JSON.stringify(settings)}`, async () => {
      const { router, config } = await peplinkRouter({ http: true });
      const { red, error } = await ask({ ...config, ...settings } as FlowNode);
      assert.equal(error?.code, "config");
      assert.ok(red.node("router"), "it was made");
      assert.equal(router.server.connections, 0);
    });
  }

  it("may all be missing but those that are needed", async () => {
    const { router } = await peplinkRouter({ http: true });
    const { clientId, clientSecret, url } = router;
    const { error } = await ask({
      id: "router",
      type: "peplink-router",
      server: url,
      credentials: { clientId, clientSecret },
    });
    assert.equal(error, undefined);
  });

  it("may all be blank but those that are needed", async () => {
    const blank = { timeout: "", concurrency: "", queue: "", rate: "", store: "", tls: "", fingerprint: " ", mode: "" };
    const { config } = await peplinkRouter({ http: true }, { ...blank, name: "" });
    assert.equal((await ask(config)).error, undefined);
  });

  it("may be environment variables, all of them", async () => {
    const { router, config } = await peplinkRouter();
    const values: Record<string, string> = {
      HOMENET_SERVER: router.url,
      HOMENET_PIN: router.fingerprint ?? "",
      HOMENET_ID: router.clientId,
      HOMENET_SECRET: router.clientSecret,
      HOMENET_TIMEOUT: "0.1",
      HOMENET_NUMBER: "1",
      HOMENET_RATE: "50",
    };
    Object.assign(process.env, values);
    const { error, red } = await ask({
      ...config,
      server: "${HOMENET_SERVER}",
      fingerprint: "${HOMENET_PIN}",
      timeout: "${HOMENET_TIMEOUT}",
      concurrency: "${HOMENET_NUMBER}",
      queue: "${HOMENET_NUMBER}",
      rate: "${HOMENET_RATE}",
      credentials: { clientId: "${HOMENET_ID}", clientSecret: "${HOMENET_SECRET}" },
    });
    for (const name of Object.keys(values)) delete process.env[name];
    assert.equal(error, undefined);

    router.server.spoil({ kind: "hang" }, { times: 100 });
    for (let message = 0; message < 3; message++) red.inject("status");
    await red.until(() => red.caught().length === 1);
    assert.equal(red.caught()[0]?.error.code, "busy");
    await red.until(() => red.caught().length === 2);
    assert.match(red.caught()[1]?.error.message ?? "", /within 0\.1 s/);
  });

  it("that name a missing environment variable are told by each message, without the name of it", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    await refused(router, /Enter the server address/, { ...config, server: "${HOMENET_SESAME_sesame}" });
  });

  it("may hold an environment variable as a part of an address", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    const red = await nodeRed();
    process.env["HOMENET_TEST_PORT"] = new URL(router.url).port;

    await red.deploy([
      { ...config, server: "http://127.0.0.1:${HOMENET_TEST_PORT}/" },
      { id: "status", type: "router-status", router: "router" },
    ]);
    const { error } = await red.send("status");

    delete process.env["HOMENET_TEST_PORT"];
    assert.equal(error, undefined);
  });

  it("say for how long one call may take", async () => {
    const { router, config } = await peplinkRouter({ http: true }, { timeout: "0.1" });
    const red = await nodeRed();
    await red.deploy([config, STATUS]);
    router.server.spoil({ kind: "hang" }, { times: 9 });
    const { error } = await red.send("status");
    assert.equal(error?.code, "timeout");
    assert.match(error.message, /0\.1 s/);
  });

  it("keep the path of a reverse proxy", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    await ask({ ...config, server: `${router.url}/behind/a%20proxy/` });
    assert.equal(router.server.journal[0]?.path, "/behind/a%20proxy/api/auth.token.grant");
  });

  it("of Kasa and Omada are looked at in the same way", async () => {
    const red = await nodeRed();
    const { cloud, account } = await kasaCloud({ credentials: { email: "a@example.com" } });
    const { controller, config } = await omadaController({}, { credentials: { clientId: "a" } });
    await red.deploy([
      { ...account },
      { ...config },
      { id: "list", type: "kasa-device-list", account: "kasa" },
      { id: "query", type: "omada-query", controller: "omada", path: "sites" },
    ]);
    const errors = [(await red.send("list")).error, (await red.send("query")).error];
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["config", "config"],
    );
    assert.match(errors[0]?.message ?? "", /password of the Kasa account, or a refresh token/);
    assert.match(errors[1]?.message ?? "", /client secret/);
    assert.deepEqual([cloud.server.connections, controller.server.connections], [0, 0]);
  });
});

describe("A config node trusts", () => {
  it("nobody by itself: a self-signed router gets no byte of a credential", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "" });
    const { error } = await ask(config);
    assert.equal(error?.code, "tls");
    assert.match(error.message, /self-signed.*Nothing was sent/);
    assert.deepEqual(router.server.journal, []);
  });

  it("the pinned certificate, however it is written", async () => {
    const { router, config } = await peplinkRouter();
    const fingerprint = router.fingerprint?.replaceAll(":", "").toLowerCase();
    assert.equal((await ask({ ...config, fingerprint })).error, undefined);
  });

  it("no other than the pinned certificate", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: PIN });
    const { error } = await ask(config);
    assert.equal(error?.code, "tls");
    assert.ok(error.message.includes(`seen ${router.fingerprint}`));
    assert.deepEqual(router.server.journal, []);
  });

  it("a CA that a TLS configuration holds", async () => {
    const { router, config } = await peplinkRouter({ certificate: selfSigned() }, { fingerprint: "", tls: "tls" });
    const { error } = await ask(config, tlsConfig({}, { cadata: router.certificate?.cert ?? "" }));
    assert.equal(error, undefined);
  });

  it("a CA whose file a TLS configuration names", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homenet-ca-"));
    const { router, config } = await peplinkRouter({ certificate: selfSigned() }, { fingerprint: "", tls: "tls" });
    writeFileSync(join(folder, "ca.pem"), router.certificate?.cert ?? "");
    const { error } = await ask(config, tlsConfig({ ca: join(folder, "ca.pem") }));
    rmSync(folder, { recursive: true });
    assert.equal(error, undefined);
  });

  it("anybody where the TLS configuration says so, and only there", async () => {
    const { config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    assert.equal((await ask(config, tlsConfig({ verifyservercert: false }))).error, undefined);
    assert.equal((await ask(config, tlsConfig({ verifyservercert: true }))).error?.code, "tls");
  });

  it("nobody where the TLS configuration does not say", async () => {
    const { config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    assert.equal((await ask(config, tlsConfig({ verifyservercert: undefined }))).error?.code, "tls");
  });

  it("the name that a TLS configuration sets", async () => {
    const certificate = selfSigned({ names: ["router.example"] });
    const { config } = await peplinkRouter({ certificate }, { fingerprint: "", tls: "tls" });
    const ca = { cadata: certificate.cert };
    assert.equal((await ask(config, tlsConfig({}, ca))).error?.code, "tls");
    assert.equal((await ask(config, tlsConfig({ servername: "router.example" }, ca))).error, undefined);
  });

  it("no message: one that says otherwise changes nothing", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "" });
    const red = await nodeRed();
    await red.deploy([config, STATUS]);
    const { error } = await red.send("status", {
      rejectUnauthorized: false,
      fingerprint: router.fingerprint,
      server: "http://127.0.0.1:9",
      url: "http://127.0.0.1:9",
    });
    assert.equal(error?.code, "tls");
  });

  it("no TLS configuration that is incomplete", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    const incomplete = tlsConfig({ ca: join(tmpdir(), "homenet-there-is-no-such-file.pem") });
    await refused(router, /TLS configuration is missing or incomplete/, config, incomplete);
  });

  it("no TLS configuration that is disabled", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    await refused(router, /TLS configuration is missing or incomplete/, config, tlsConfig({ d: true }));
  });
});

describe("Two config nodes", () => {
  async function two(): Promise<{ red: NodeRed; one: PeplinkRouter; other: PeplinkRouter; flow: FlowNode[] }> {
    const red = await nodeRed();
    const { router: one, config } = await peplinkRouter({ http: true }, { concurrency: 1 });
    const other = closing(await PeplinkRouter.start({ http: true }));
    const credentials = { clientId: other.clientId, clientSecret: other.clientSecret };
    const flow: FlowNode[] = [
      config,
      { id: "router2", type: "peplink-router", server: other.url, concurrency: 1, credentials },
      STATUS,
      { ...STATUS, id: "status2", router: "router2" },
    ];
    await red.deploy(flow);
    return { red, one, other, flow };
  }

  it("have a session each", async () => {
    const { red, one, other } = await two();
    await Promise.all([red.send("status"), red.send("status2")]);
    one.expireSessions();
    await red.send("status");
    await red.send("status2");
    assert.deepEqual([one.signIns(), other.signIns()], [2, 1]);
  });

  it("have a queue each: one that is stuck does not stop the other", async () => {
    const { red, one } = await two();
    one.server.spoil({ kind: "hang" }, { times: 9 });
    red.inject("status");
    red.inject("status");
    assert.equal((await red.send("status2")).error, undefined);
  });

  it("have a refusal each", async () => {
    const { red, one, flow } = await two();
    await red.deploy(
      flow.map((node) =>
        node.id === "router" ? { ...node, credentials: { clientId: "a", clientSecret: "wrong" } } : node,
      ),
    );
    assert.equal((await red.send("status")).error?.code, "sign-in");
    assert.equal((await red.send("status")).error?.code, "sign-in");
    assert.equal((await red.send("status2")).error, undefined);
    assert.equal(one.signInAttempts(), 1);
  });

  it("have connections each: one that is removed leaves the other at work", async () => {
    const { red, other, flow } = await two();
    await red.send("status2");
    const rest = flow.filter(({ id }) => id !== "router" && id !== "status");
    await red.deploy(rest.map(unchanged), "nodes");
    assert.equal((await red.send("status2")).error, undefined);
    assert.equal(other.signIns(), 1);
  });

  it("of the same router have a session each, too", async () => {
    const red = await nodeRed();
    const { router, config } = await peplinkRouter({ http: true });
    await red.deploy([config, { ...config, id: "router2" }, STATUS, { ...STATUS, id: "status2", router: "router2" }]);
    await red.send("status");
    await red.send("status2");
    assert.equal(router.signIns(), 2);
  });

  it("of the same account are told to their owner, but not those of two accounts, or of none", async () => {
    const red = await nodeRed();
    const { config } = await peplinkRouter({ http: true });
    const told = async (...nodes: FlowNode[]): Promise<number> => {
      await red.deploy(nodes);
      return red.deployLog.filter((text) => text.startsWith("Another config node signs in")).length;
    };
    const twin = { ...config, id: "router2" };
    assert.equal(await told(config, twin), 1);
    assert.equal(await told(config, { ...twin, credentials: { clientId: "b", clientSecret: "c" } }), 0);
    const blank = { clientId: "", clientSecret: "" };
    assert.equal(await told({ ...config, credentials: blank }, { ...twin, credentials: blank }), 0);
    assert.equal(await told(config), 0);
    assert.equal(await told(twin), 0);
  });
});
