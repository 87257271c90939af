import assert from "node:assert/strict";
import { nodeRed } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { assertConfigError, PIN, sendStatus, STATUS } from "./config-node-fixture";

describe("The settings of a config node", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  const wrong: [object, RegExp][] = [
    ...["soon", 0, "0", -1, "1e999", "NaN", {}].map((timeout): [object, RegExp] => [
      { timeout },
      /^"timeout" must be a number from 0\.001 to 86400\. Correct it in the config node/,
    ]),
    ...["many", 0, "0.5", -4, "4 5"].map((concurrency): [object, RegExp] => [
      { concurrency },
      /^"concurrency" must be a whole number from 1 to 1000/,
    ]),
    ...["long", -1].map((queue): [object, RegExp] => [{ queue }, /^"queue" must be a whole number from 0 to 1000000/]),
    ...["fast", -1, "10/s"].map((rate): [object, RegExp] => [{ rate }, /^"rate" must be a number of at least 0/]),
    [{ server: "" }, /^Enter the server address/],
    [{ server: undefined }, /^Enter the server address/],
    [{ server: "sesame" }, /is not an address/],
    [{ server: "http://203.0.113.9" }, /must begin with https/],
    [{ server: "http://sesame.example" }, /must begin with https/],
    [{ server: "https://admin:sesame@10.0.0.1" }, /user name or password/],
    [{ server: "https://127.0.0.1:9", fingerprint: "sesame" }, /is not a SHA-256/],
    [{ fingerprint: PIN }, /does not begin with https/],
    [{ tls: "nobody" }, /TLS configuration is not deployed/],
    [{ credentials: {} }, /^Enter the client id and the client secret/],
    [{ credentials: { clientId: " ", clientSecret: " " } }, /^Enter the client id and the client secret/],
    [{ mode: "user" }, /^Enter the user name and password/],
  ];
  for (const [settings, expected] of wrong) {
    it(`fail every message with a config error if one is wrong: ${JSON.stringify(settings)}`, async () => {
      const { router, config } = await peplinkRouter({ http: true });
      await assertConfigError(router, expected, { ...config, ...settings });
    });
  }

  for (const settings of [
    { server: 5 },
    { server: { href: "sesame" } },
    { fingerprint: 123 },
    { tls: { id: "sesame" } },
  ]) {
    it(`fail every message with a config error if one has the wrong type: ${JSON.stringify(settings)}`, async () => {
      const { router, config } = await peplinkRouter({ http: true });
      const { red, error } = await sendStatus({ ...config, ...settings });
      assert.equal(error?.code, "config");
      assert.ok(red.node("router"), "the node exists");
      assert.equal(router.server.connections, 0);
    });
  }

  it("may be missing, except for the required ones", async () => {
    const { router } = await peplinkRouter({ http: true });
    const { clientId, clientSecret, url } = router;
    const { error } = await sendStatus({
      id: "router",
      type: "peplink-router",
      server: url,
      credentials: { clientId, clientSecret },
    });
    assert.equal(error, undefined);
  });

  it("may be blank, except for the required ones", async () => {
    const blank = { timeout: "", concurrency: "", queue: "", rate: "", store: "", tls: "", fingerprint: " ", mode: "" };
    const { config } = await peplinkRouter({ http: true }, { ...blank, name: "" });
    assert.equal((await sendStatus(config)).error, undefined);
  });

  it("may all be environment variables", async () => {
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
    const { error, red } = await sendStatus({
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

    router.server.injectFault({ kind: "hang" }, { times: 100 });
    for (let message = 0; message < 3; message++) red.inject("status");
    await red.until(() => red.caught().length === 1);
    assert.equal(red.caught()[0]?.error.code, "busy");
    await red.until(() => red.caught().length === 2);
    assert.match(red.caught()[1]?.error.message ?? "", /within 0\.1 s/);
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

  it("include a timeout for a call", async () => {
    const { router, config } = await peplinkRouter({ http: true }, { timeout: "0.1" });
    const red = await nodeRed();
    await red.deploy([config, STATUS]);
    router.server.injectFault({ kind: "hang" }, { times: 9 });
    const { error } = await red.send("status");
    assert.equal(error?.code, "timeout");
    assert.match(error.message, /0\.1 s/);
  });

  it("may include the path of a reverse proxy in the server address", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    await sendStatus({ ...config, server: `${router.url}/behind/a%20proxy/` });
    assert.equal(router.server.journal[0]?.path, "/behind/a%20proxy/api/auth.token.grant");
  });

  it("are validated in the same way for Kasa and Omada", async () => {
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
