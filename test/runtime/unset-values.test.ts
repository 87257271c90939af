import assert from "node:assert/strict";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { postTo } from "../support/simulators/omada/events";
import { webhook } from "./omada-webhook-fixture";

const ENV_NAMES = ["HOMENET_EMPTY", "HOMENET_FIVE"];

/** What a set field that yields nothing may look like: a field and its type. */
const NOTHING: [value: string, type: string, message?: object][] = [
  ["HOMENET_UNSET", "env"],
  ["${HOMENET_UNSET}", "env"],
  ["HOMENET_EMPTY", "env"],
  ["${HOMENET_UNSET}", "str"],
  ["${HOMENET_EMPTY}", "str"],
  ["$(HOMENET_UNSET)", "str"],
  ["absent", "msg"],
  ["a.b.c", "msg", { a: { b: { c: null } } }],
  ["text", "msg", { text: "" }],
  ["absent", "flow"],
  ["absent", "global"],
  ["nobody.there", "jsonata"],
  ["''", "jsonata"],
];

describe("A value that is set and yields nothing", () => {
  beforeEach(() => {
    process.env["HOMENET_EMPTY"] = "";
    process.env["HOMENET_FIVE"] = "5";
  });
  afterEach(async () => {
    await (await nodeRed()).deploy([]);
    for (const name of ENV_NAMES) delete process.env[name];
  });

  const kasaFields = { device: "Freezer", outlet: "", command: "set", value: "on" };
  const fields: [type: string, node: object, fields: string[]][] = [
    ["kasa-device", { account: "kasa", ...kasaFields }, ["device", "outlet", "value"]],
    [
      "omada-query",
      { controller: "omada", path: "sites/{siteId}/devices", site: "Harbour" },
      ["site", "path", "params"],
    ],
    [
      "omada-command",
      { controller: "omada", method: "PATCH", path: "sites/{siteId}/led", site: "Harbour", body: '{"enable":true}' },
      ["site", "path", "params", "body"],
    ],
    ["router-status", { router: "router", endpoint: "info.time" }, ["endpoint", "params"]],
    ["router-config-post", { router: "router", endpoint: "config.x", body: "{}" }, ["endpoint", "body"]],
  ];

  for (const [type, node, names] of fields) {
    it(`is an input error of ${type}, and causes no request`, async () => {
      const red = await nodeRed();
      const { cloud, account } = await kasaCloud();
      const { controller, config: omada } = await omadaController();
      const { router, config } = await peplinkRouter({ http: true });
      const cases = names.flatMap((name) => NOTHING.map(([value, kind, message]) => ({ name, value, kind, message })));
      const nodes = cases.map(({ name, value, kind }, index) => {
        return { id: `n${index}`, type, ...node, [name]: value, [`${name}Type`]: kind };
      });
      await red.deploy([account, omada, config, ...nodes]);

      for (const [index, { name, value, kind, message }] of cases.entries()) {
        // The message has a value that a blank field would read.
        const msg = { payload: { enable: false }, device: "Freezer", outlet: "0", [name]: "Harbour", ...message };
        const { error } = await red.send(`n${index}`, msg);
        assert.equal(error?.code, "input", `${name} = ${kind} ${value}: ${error?.message}`);
      }
      const sent = [cloud.server, controller.server, router.server].flatMap(({ journal }) => journal);
      assert.deepEqual(sent, []);
    });
  }

  for (const name of ["filter", "interval", "settle", "source"]) {
    for (const [value, variable] of [
      ["${HOMENET_UNSET}", "HOMENET_UNSET"],
      ["${HOMENET_EMPTY}", "HOMENET_EMPTY"],
      ["a${HOMENET_UNSET}", "HOMENET_UNSET"],
    ]) {
      it(`is an error of a trigger node that names the variable: ${name} ${value}`, async () => {
        const red = await nodeRed();
        const { router, config } = await peplinkRouter({ http: true });
        await red.deploy([
          config,
          { id: "event", type: "router-event", router: "router", source: "wan", [name]: value },
        ]);
        await red.until(() => red.caught().length > 0);
        const [{ error } = assert.fail()] = red.caught();
        assert.equal(error.code, "input");
        assert.match(error.message, new RegExp(`environment variable ${variable} is not set`));
        assert.deepEqual(router.server.journal, []);
      });
    }
  }

  it("is an error of a trigger node if its filter consists of commas", async () => {
    const red = await nodeRed();
    const { config } = await peplinkRouter({ http: true });
    await red.deploy([config, { id: "event", type: "router-event", router: "router", source: "wan", filter: " , " }]);
    await red.until(() => red.caught().length > 0);
    assert.match(red.caught()[0]?.error.message ?? "", /"filter"/);
  });

  for (const [settings, variable] of [
    [{ server: "${HOMENET_UNSET}" }, "HOMENET_UNSET"],
    [{ server: "$(HOMENET_UNSET)" }, "HOMENET_UNSET"],
    [{ server: "${HOMENET_EMPTY}" }, "HOMENET_EMPTY"],
    [{ server: "https://${HOMENET_UNSET}/" }, "HOMENET_UNSET"],
    [{ terminalUUID: "${HOMENET_UNSET}" }, "HOMENET_UNSET"],
    [{ timeout: "${HOMENET_EMPTY}" }, "HOMENET_EMPTY"],
    [{ credentials: { email: "a@b.example", password: "${HOMENET_UNSET}" } }, "HOMENET_UNSET"],
    [{ credentials: { email: "a@b.example", password: "${HOMENET_EMPTY}" } }, "HOMENET_EMPTY"],
    [{ credentials: { email: "a@b.example", password: "$(HOMENET_UNSET)" } }, "HOMENET_UNSET"],
  ] as const) {
    it(`is a config error of a config node that names the variable: ${JSON.stringify(settings)}`, async () => {
      const red = await nodeRed();
      const { cloud, account } = await kasaCloud();
      await red.deploy([
        { ...account, ...settings },
        { id: "list", type: "kasa-device-list", account: "kasa" },
      ]);
      const { error } = await red.send("list");
      assert.equal(error?.code, "config");
      assert.match(error.message, new RegExp(`environment variable ${variable} is not set`));
      assert.equal(cloud.server.connections, 0);
    });
  }

  it("does not break a config node whose name or description mentions a variable", async () => {
    const red = await nodeRed();
    const { account } = await kasaCloud({ name: "House of ${HOMENET_UNSET}", info: "Set ${HOMENET_UNSET}." });
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa" }]);
    assert.equal((await red.send("list")).error, undefined);
  });

  it("is a config error of a webhook, which accepts nothing and answers with 503", async () => {
    for (const [secret, said] of [
      ["${HOMENET_UNSET}", "HOMENET_UNSET"],
      ["${HOMENET_EMPTY}", "HOMENET_EMPTY"],
      ["$(HOMENET_UNSET)", "HOMENET_UNSET"],
    ] as const) {
      const red = await nodeRed();
      await red.deploy([webhook({}, { secret })]);
      await red.until(() => red.caught().length > 0);
      const [{ error } = assert.fail()] = red.caught();
      assert.equal(error.code, "config");
      assert.match(error.message, new RegExp(`environment variable ${said} is not set`));
      const hook = { url: `${red.hooksUrl}/omada`, secret };
      const response = await postTo(hook, { text: ["a"], shardSecret: secret }, { access_token: secret });
      assert.equal(response.status, 503);
      assert.deepEqual(red.sent("hook"), []);
      await red.deploy([]);
    }
  });
});

describe("A variable of the type number", () => {
  const env = [{ name: "HOMENET_FIVE", value: "5", type: "num" }];
  const five = { id: "five", type: "global-config", env } as FlowNode;
  afterEach(async () => (await nodeRed()).deploy([]));

  it("is text in a credential and in a setting", async () => {
    const red = await nodeRed();
    const { router, config } = await peplinkRouter({ http: true });
    const credentials = { clientId: "${HOMENET_FIVE}", clientSecret: "${HOMENET_FIVE}" };
    await red.deploy([
      five,
      { ...config, timeout: "${HOMENET_FIVE}", credentials },
      { id: "status", type: "router-status", router: "router" },
    ]);
    const { error } = await red.send("status");
    assert.equal(error?.code, "sign-in");
    const { body = "" } = router.server.journal[0] ?? {};
    assert.match(body, /"clientId":"5","clientSecret":"5"/);
  });

  it("is text in the secret of a webhook", async () => {
    const red = await nodeRed();
    await red.deploy([five, webhook({}, { secret: "${HOMENET_FIVE}" })]);
    await red.until(() => red.statuses("hook").length > 0);
    const hook = { url: `${red.hooksUrl}/omada`, secret: "" };
    assert.equal((await postTo(hook, { text: ["a"] }, { access_token: "5" })).status, 200);
    assert.equal((await postTo(hook, { text: ["a"] }, { access_token: "6" })).status, 401);
  });
});
