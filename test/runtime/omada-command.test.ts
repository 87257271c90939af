import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import type { Message } from "../support/harness/node-red";
import type { OmadaController } from "../support/simulators/omada/controller";
import type { Fault, RecordedRequest } from "../support/simulators/simulated-server";
import { answering, apiOf, asked, asUser, codeOf, endings, omadaFlow, secretsAreKept } from "./omada-fixture";

type Settings = Parameters<typeof omadaFlow>[0];

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };
const SWITCH = "02-00-5E-00-00-03";
const VISITOR = "02:00:5e:00:00:0f";

/** A flow whose one node is an omada-command. */
async function setUp(settings: object = {}, more: Settings = {}) {
  const flow = await omadaFlow({ ...more, query: { type: "omada-command", site: "Harbour", ...settings } });
  const { red, controller } = flow;
  const { journal } = controller.server;
  return { ...flow, journal, send: (msg: Message = {}) => red.send("query", { ...msg }) };
}

const isWrite = ({ method, path }: RecordedRequest): boolean => method !== "GET" && !path.includes("/authorize/");

/** What was written, in order. */
const writes = (controller: OmadaController): string[] => asked(controller).filter((one) => !one.startsWith("GET "));

const ledsOf = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("omada-command", () => {
  afterEach(secretsAreKept);

  it("blocks a client, with plain values in the message", async () => {
    const { send, controller } = await setUp({ path: "sites/{siteId}/clients/{clientMac}/block" });

    const { msg, error } = await send({ topic: "kept", payload: 1234, params: { clientMac: VISITOR } });

    assert.equal(error, undefined);
    assert.equal(msg?.payload, null);
    assert.equal(msg?.["topic"], "kept");
    assert.equal(msg?.["statusCode"], 200);
    assert.deepEqual(apiOf(msg), {
      platform: "omada",
      operation: "POST sites/{siteId}/clients/{clientMac}/block",
      attempts: 1,
    });
    assert.equal(controller.client("Visitor").blocked, true);
  });

  it("sends no body where the operation takes none, whatever the payload is", async () => {
    const { send, journal } = await setUp({ path: "sites/{siteId}/clients/{clientMac}/reconnect" });

    await send({ payload: { left: "over" }, params: { clientMac: "02005e00000a" } });

    assert.equal(journal.at(-1)?.body, "");
  });

  it("puts the site's LEDs out with the payload as the body", async () => {
    const { send, controller } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });

    const { error } = await send({ payload: { enable: false } });

    assert.equal(error, undefined);
    assert.equal(ledsOf(controller), false);
  });

  it("takes the power from a port once its profile override is on", async () => {
    const port = `sites/{siteId}/switches/${SWITCH}/ports/2`;
    const command = { type: "omada-command", controller: "omada", site: "harbour", method: "PUT" };
    const { red, controller } = await omadaFlow({
      nodes: [
        { id: "override", ...command, path: `${port}/profile-override`, body: '{"profileOverrideEnable": true}' },
        { id: "poe", ...command, path: `${port}/poe-mode`, body: '{"poeMode": 0}' },
      ],
    });

    const tooEarly = await red.send("poe");
    await red.send("override");
    const { error } = await red.send("poe");

    assert.equal(tooEarly.error?.cause["vendorCode"], -39737);
    assert.equal(error, undefined);
    const { ports } = controller.device("Harbour switch");
    assert.equal(ports.find((one) => one.port === 2)?.poeMode, 0);
  });

  it("lets the field win over the payload", async () => {
    const { send, journal } = await setUp({ method: "PUT", path: "sites/{siteId}/led", body: '{"enable": true}' });

    await send({ payload: { enable: false } });

    assert.deepEqual(JSON.parse(journal.at(-1)?.body ?? ""), { enable: true });
  });

  for (const [method, path] of [
    ["DELETE", "sites/{siteId}"],
    ["POST", "sites/{siteId}/devices/{deviceMac}/forget"],
    ["POST", "maintenance/restore/self-server"],
    ["PATCH", "sites/{siteId}/firewall/reset"],
    ["POST", "sites/{siteId}/multi-devices/sn-unbind"],
    ["POST", "batch"],
    ["POST", "msp/{mspId}/cmd/cloud/unbind"],
    ["POST", "sites/{siteId}/clients/delete"],
    ["POST", "sites/{siteId}/ips/threat"],
    ["POST", "owner/transfer"],
    ["DELETE", "something/that/nobody/knows"],
  ] as const) {
    it(`refuses ${method} ${path} without "confirm", and asks nothing`, async () => {
      const { send, journal } = await setUp({ method, path });

      const { error } = await send({ payload: {}, params: { deviceMac: SWITCH } });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.equal(journal.length, 0);
    });
  }

  for (const confirm of ["true", "false", 1]) {
    it(`takes ${JSON.stringify(confirm)} for no confirmation`, async () => {
      const { send, journal } = await setUp({ method: "DELETE", path: "sites/{siteId}", site: "Depot", confirm });

      const { error } = await send();

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  }

  it("deletes a site when that is confirmed", async () => {
    const { send, controller } = await setUp({
      method: "DELETE",
      path: "sites/{siteId}",
      site: "Depot",
      confirm: true,
    });

    const { error } = await send();

    assert.equal(error, undefined);
    assert.deepEqual(
      controller.sites.map(({ name }) => name),
      ["Harbour"],
    );
  });

  for (const payload of [undefined, null, "off", 7, true, Buffer.from("{}")]) {
    it(`refuses ${JSON.stringify(payload) ?? "nothing"} as the body of an operation that needs one, and asks nothing`, async () => {
      const { send, journal } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });

      const { error } = await send({ payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /object/);
      assert.equal(journal.length, 0);
    });
  }

  for (const settings of [
    { method: "GET", path: "sites" },
    { method: "TRACE", path: "sites" },
    { path: "" },
    { path: "sites/../controllers" },
    { path: "sites/{siteId}/clients/{clientMac}/block" },
  ]) {
    it(`asks nothing for ${JSON.stringify(settings)}`, async () => {
      const { send, journal } = await setUp(settings);

      const { error } = await send({ payload: {} });

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  }

  describe("finds its site", () => {
    for (const [what, site, msg] of [
      ["by its name", "Depot", {}],
      ["by its name in other letters", " dEPOT ", {}],
      ["by its id", "600000000000000000000018", {}],
      ["in the message where the field is blank", "", { site: "Depot" }],
      ["in the field rather than in the message", "Depot", { site: "Harbour" }],
    ] as const) {
      it(what, async () => {
        const { send, controller } = await setUp({ ...PUT_LED, site });
        assert.equal(controller.site("Depot").siteId, "600000000000000000000018");

        const { error } = await send({ ...OFF, ...msg });

        assert.equal(error, undefined);
        assert.deepEqual([ledsOf(controller, "Depot"), ledsOf(controller)], [false, true]);
      });
    }

    it("or says that it needs one, and asks nothing", async () => {
      const { send, journal } = await setUp({ ...PUT_LED, site: " " });

      const { error } = await send(OFF);

      assert.equal(error?.code, "input");
      assert.match(error.message, /needs a site/);
      assert.equal(journal.length, 0);
    });

    it("or writes nothing where nobody knows the site", async () => {
      const { send, controller } = await setUp({ ...PUT_LED, site: "Nowhere" });

      const { error } = await send(OFF);

      assert.equal(error?.code, "not-found");
      assert.deepEqual(writes(controller), []);
    });
  });

  describe("fills its path", () => {
    const BLOCK = "sites/{siteId}/clients/{clientMac}/block";
    for (const mac of [
      "02:00:5e:00:00:0f",
      "02-00-5e-00-00-0F",
      "0200.5E00.000f",
      "02005e00000F",
      " 02:00:5e:00:00:0f ".trim(),
    ]) {
      it(`with the MAC ${mac}`, async () => {
        const { send, controller } = await setUp({ path: BLOCK });

        await send({ params: { clientMac: mac } });

        assert.equal(controller.client("Visitor").blocked, true);
        assert.deepEqual(writes(controller), ["POST v1/{id}/sites/{Harbour}/clients/02-00-5E-00-00-0F/block"]);
      });
    }

    it("and asks with the parameters that are left over", async () => {
      const { send, journal } = await setUp(PUT_LED);

      await send({ ...OFF, params: { dry: true, filters: { level: 3 }, siteId: "ignored" } });

      const { query, body } = journal.at(-1) as RecordedRequest;
      assert.equal(query.toString(), "dry=true&filters.level=3");
      assert.deepEqual(JSON.parse(body), { enable: false });
    });

    it("with parameters that come as JSON text, and without changing those that come as an object", async () => {
      const { send, controller } = await setUp({ path: BLOCK });
      const params = Object.freeze({ clientMac: VISITOR });

      const { msg } = await send({ params });
      await send({ params: '{"clientMac": "02:00:5e:00:00:0a"}' });

      assert.equal(msg?.["params"], params);
      assert.equal(writes(controller).length, 2);
      assert.match(writes(controller)[1] ?? "", /02-00-5E-00-00-0A/);
    });

    it("with what a value holds, encoded, and nothing that leads elsewhere", async () => {
      const { send, controller } = await setUp({ path: "sites/{siteId}/things/{id}" });

      await send({ payload: {}, params: { id: "a b?c#d" } });
      const { error } = await send({ payload: {}, params: { id: "../../forget" } });

      assert.deepEqual(writes(controller), ["POST v1/{id}/sites/{Harbour}/things/a%20b%3Fc%23d"]);
      assert.equal(error?.code, "input");
    });

    it("with its typed fields", async () => {
      process.env["HOMENET_TEST_SITE"] = "Depot";
      const { send, controller } = await setUp({
        method: "PUT",
        site: "HOMENET_TEST_SITE",
        siteType: "env",
        path: "what",
        pathType: "msg",
        params: '{"level": 1 + 1}',
        paramsType: "jsonata",
      });

      await send({ ...OFF, what: LED });

      assert.deepEqual(writes(controller), ["PUT v1/{id}/sites/{Depot}/led?level=2"]);
    });

    it("with the API's own path", async () => {
      const { send, controller } = await setUp({ method: "PUT", path: `/openapi/v1/{omadacId}/${LED}` });

      const { msg } = await send(OFF);

      assert.equal(apiOf(msg)["operation"], `PUT ${LED}`);
      assert.equal(ledsOf(controller), false);
    });

    it("with a provider's id", async () => {
      const { send, controller, journal } = await setUp(
        { path: "msp/{mspId}/logs/alerts/resolve" },
        { listen: { msp: true } },
      );
      answering(controller, /resolve$/, { body: { errorCode: 0, result: null } });

      const { msg, error } = await send({ payload: { logs: [] } });

      assert.equal(error, undefined);
      assert.equal(journal.at(-1)?.path, `/openapi/v1/msp/${controller.omadacId}/logs/alerts/resolve`);
      assert.equal(apiOf(msg)["operation"], "POST v1/msp/{mspId}/logs/alerts/resolve");
    });
  });

  describe("sends as its body", () => {
    const bodies: [what: string, settings: object, msg: Message][] = [
      ["JSON", { body: '{"enable": false}', bodyType: "json" }, {}],
      ["JSON of a flow that saved no type", { body: '{"enable": false}' }, {}],
      ["a part of the message", { body: "payload.led", bodyType: "msg" }, { payload: { led: { enable: false } } }],
      ["what JSONata makes", { body: '{"enable": payload > 5}', bodyType: "jsonata" }, { payload: 4 }],
      ["JSON in the environment", { body: "HOMENET_TEST_BODY", bodyType: "env" }, {}],
      ["the payload", {}, OFF],
      ["a payload that is JSON text", {}, { payload: '{"enable": false}' }],
      ["a Function node's own object", {}, { payload: runInNewContext("({ enable: false })") as object }],
    ];
    for (const [what, settings, msg] of bodies) {
      it(what, async () => {
        process.env["HOMENET_TEST_BODY"] = '{"enable": false}';
        const { send, controller, journal } = await setUp({ ...PUT_LED, ...settings });

        const { error } = await send(msg);

        assert.equal(error, undefined);
        assert.deepEqual(JSON.parse(journal.at(-1)?.body ?? ""), { enable: false });
        assert.equal(ledsOf(controller), false);
      });
    }

    it("an array, where the API wants one", async () => {
      const { send, controller, journal } = await setUp({
        path: "sites/{siteId}/olts/{deviceMac}/pon/auto-service-ports/edit",
      });
      answering(controller, /edit$/, { body: { errorCode: 0 } });

      const { msg } = await send({ payload: [{ id: 1 }], params: { deviceMac: SWITCH } });

      assert.equal(journal.at(-1)?.body, '[{"id":1}]');
      assert.equal(msg?.payload, null);
    });

    it("an object to an operation that nobody knows, and no text", async () => {
      const { send, controller, journal } = await setUp({ path: "brand/new" });
      answering(controller, /new$/, { body: { errorCode: 0, result: { id: "n1" } } }, 2);

      const { msg } = await send({ payload: { name: "Slip" } });
      const sent = journal.at(-1)?.body;
      await send({ payload: "Slip" });

      assert.deepEqual([msg?.payload, sent, journal.at(-1)?.body], [{ id: "n1" }, '{"name":"Slip"}', ""]);
    });

    it("a chosen body even where none is known to be taken", async () => {
      const { send, journal } = await setUp({
        path: "sites/{siteId}/clients/{clientMac}/reconnect",
        body: '{"gently": true}',
      });

      await send({ params: { clientMac: "02005e00000a" } });

      assert.equal(journal.at(-1)?.body, '{"gently":true}');
    });

    it("nothing that refers to itself, and asks nothing", async () => {
      const { send, journal } = await setUp(PUT_LED);
      const payload: Record<string, unknown> = {};
      payload["self"] = payload;

      const { error } = await send({ payload });

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  });

  describe("signed in as a user", () => {
    it("does what an application may do", async () => {
      const { send, controller } = await setUp(PUT_LED, { omada: asUser });

      const { error } = await send(OFF);

      assert.equal(error, undefined);
      assert.equal(ledsOf(controller), false);
      assert.equal(controller.calls(/^POST .*\/authorize\/(login|code|token)$/), 3);
    });

    it("is what an operation may want: -44118 says so", async () => {
      const { send, controller } = await setUp({ path: "users" });
      answering(controller, /users$/, { body: { errorCode: -44118, msg: "Authorization code mode only." } });

      const { error } = await send({ payload: { name: "mate" } });

      assert.deepEqual(codeOf(error), ["forbidden", -44118]);
      assert.match(error?.message ?? "", /mode "authorization code"/);
      assert.equal(writes(controller).length, 1);
    });
  });

  describe("tells a Catch node", () => {
    const refusals: [code: string, errorCode: number, msg: string][] = [
      ["sign-in", -44116, "Open API Authorized failed."],
      ["config", -7131, "Controller ID not exist."],
      ["forbidden", -1005, "Operation forbidden."],
      ["not-found", -33000, "No such site."],
      ["rejected", -1001, "Invalid request parameters."],
      ["unsupported", -44119, "Omada Pro only."],
      ["offline", -39007, "Not connected."],
      ["busy", -30028, "Busy."],
    ];
    for (const [code, vendorCode, vendorMessage] of refusals) {
      it(`"${code}", with what the controller said`, async () => {
        const { send, controller } = await setUp(PUT_LED);
        answering(controller, /led$/, { body: { errorCode: vendorCode, msg: vendorMessage } }, 9);

        const { error, caught } = await send({ ...OFF, topic: "kept" });

        assert.equal(error?.code, code);
        assert.deepEqual(error.cause, {
          platform: "omada",
          operation: `PUT ${LED}`,
          statusCode: 200,
          vendorCode,
          vendorMessage,
          retryable: code === "offline" || code === "busy",
        });
        const attempts = code === "sign-in" ? 2 : 1;
        assert.deepEqual(apiOf(caught), { platform: "omada", operation: `PUT ${LED}`, attempts });
        assert.deepEqual([caught?.["topic"], caught?.["statusCode"]], ["kept", 200]);
        assert.equal(controller.calls(/^PUT /), attempts);
        assert.equal(ledsOf(controller), true);
      });
    }

    const own: [code: string, what: string, settings: object, flow: Settings, message: RegExp][] = [
      ["config", "no config node", { controller: "" }, {}, /^No config node is chosen/],
      ["config", "no credentials", {}, { omada: { credentials: {} } }, /^Enter the client id/],
      [
        "sign-in",
        "a wrong secret",
        {},
        {
          omada: ({ clientId }: OmadaController) => ({ credentials: { clientId, clientSecret: "not-the-right-one" } }),
        },
        /refuses the client id or the client secret/,
      ],
      ["tls", "another certificate", {}, { omada: { fingerprint: "ab".repeat(32) } }, /certificate/],
    ];
    for (const [code, what, settings, flow, message] of own) {
      it(`"${code}" for ${what}, and writes nothing`, async () => {
        const { send, controller } = await setUp({ ...PUT_LED, ...settings }, flow);

        const { error } = await send(OFF);

        assert.equal(error?.code, code);
        assert.match(error.message, message);
        assert.deepEqual([error.cause["platform"], error.cause["retryable"]], ["omada", false]);
        assert.deepEqual(writes(controller), []);
      });
    }

    const answers: [code: string, what: string, answer: object, statusCode: number][] = [
      ["protocol", "a web page", { headers: { "content-type": "text/html" }, body: "<html></html>" }, 200],
      ["protocol", "half an answer", { body: '{"errorCode":0,"resu' }, 200],
      ["protocol", "a redirect", { status: 307, headers: { location: "https://example.org/" }, body: "" }, 307],
      ["rejected", "HTTP 400", { status: 400, body: "Bad Request" }, 400],
      ["forbidden", "HTTP 403", { status: 403, body: "" }, 403],
      ["not-found", "HTTP 404", { status: 404, body: "" }, 404],
      ["unsupported", "HTTP 405", { status: 405, body: "" }, 405],
      ["busy", "HTTP 429", { status: 429, body: "" }, 429],
      ["busy", "HTTP 503", { status: 503, body: "" }, 503],
    ];
    for (const [code, what, answer, statusCode] of answers) {
      it(`"${code}" for ${what}, and writes once`, async () => {
        const { send, controller } = await setUp(PUT_LED);
        answering(controller, /led$/, answer, 9);

        const { error, caught } = await send(OFF);

        assert.deepEqual([error?.code, error?.cause["statusCode"]], [code, statusCode]);
        assert.equal(error?.cause["retryable"], code === "busy");
        assert.deepEqual([caught?.["statusCode"], apiOf(caught)["attempts"]], [statusCode, 1]);
        assert.equal(controller.calls(/^PUT /), 1);
      });
    }

    it("what the controller really says of a device", async () => {
      const reboot = { path: "sites/{siteId}/devices/{deviceMac}/reboot" };
      const { send, controller } = await setUp(reboot);
      const hall = controller.device("Hall AP");
      const msg = { params: { deviceMac: hall.mac } };

      const [first, second] = [await send(msg), await send(msg)];
      hall.status = 0;
      const third = await send(msg);
      const fourth = await send({ params: { deviceMac: "AA-AA-AA-AA-AA-AA" } });

      assert.deepEqual(
        [first, second, third, fourth].map(({ error }) => codeOf(error)),
        [
          [undefined, undefined],
          ["busy", -39009],
          ["offline", -39007],
          ["not-found", -39006],
        ],
      );
    });

    it('"unsupported" for a path that this controller does not have', async () => {
      const { send } = await setUp({ path: "brand/new" });

      const { error } = await send({ payload: {} });

      assert.deepEqual(codeOf(error), ["unsupported", -1600]);
    });

    it('"busy" for how long the controller wants to be left alone, and does not write again', async () => {
      for (const seconds of [1, 90]) {
        const { send, controller } = await setUp(PUT_LED);
        answering(controller, /led$/, { status: 429, headers: { "retry-after": `${seconds}` }, body: "" }, 9);

        const { error, caught } = await send(OFF);

        assert.equal(error?.code, "busy");
        assert.equal(error.cause["retryAfterMs"], seconds * 1000);
        assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [1, 1]);
      }
    });

    it('"busy" for a full queue', async () => {
      const { red, send, controller } = await setUp(PUT_LED, { omada: { concurrency: 1, queue: 1 } });
      controller.server.injectFault({ kind: "delay", ms: 200 }, { when: isWrite });
      red.inject("query", { ...OFF });
      red.inject("query", { ...OFF });

      const { error } = await send(OFF);
      await red.until(() => red.ended("query") === 3);

      assert.equal(error?.code, "busy");
      assert.match(error.message, /queue is full/);
      assert.equal(controller.calls(/^PUT /), 2);
    });

    it("nothing that is secret, although the controller repeats all it knows", async () => {
      const { red, send, controller } = await setUp(PUT_LED, { omada: asUser });
      await send(OFF);
      const msg = `Refused: ${controller.secrets().join(" ")} https://x.example/?token=abc harbour@example.org`;
      answering(controller, /led$/, { body: { errorCode: -1, msg } });

      const { error, caught } = await send(OFF);

      assert.equal(error?.code, "rejected");
      const readable = JSON.stringify([error, caught?.["api"], red.statuses("query"), red.log]);
      for (const secret of [...controller.secrets(), "x.example", "harbour@example.org", controller.omadacId])
        assert.ok(!readable.includes(secret), secret);
    });
  });

  describe("writes", () => {
    const lost: [code: string, fault: Fault, carriedOut: boolean][] = [
      ["network", { kind: "reset" }, true],
      ["network", { kind: "cut" }, true],
      ["timeout", { kind: "hang" }, false],
      ["timeout", { kind: "drip", everyMs: 100 }, true],
    ];
    for (const [code, fault, carriedOut] of lost) {
      it(`once although the answer is lost (${fault.kind})`, async () => {
        const { send, controller } = await setUp(PUT_LED, { omada: { timeout: 0.4 } });
        controller.server.injectFault(fault, { times: 9, when: isWrite });

        const { error, caught } = await send(OFF);

        assert.deepEqual([error?.code, error?.cause["retryable"]], [code, true]);
        assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [1, 1]);
        assert.equal(ledsOf(controller), !carriedOut);
      });
    }

    for (const status of [429, 502, 503, 504]) {
      it(`once although the controller puts it off with HTTP ${status}`, async () => {
        const { send, controller } = await setUp(PUT_LED);
        answering(controller, /led$/, { status, headers: { "retry-after": "0" }, body: "" }, 9);

        const { error } = await send(OFF);

        assert.equal(error?.cause["retryable"], true);
        assert.equal(controller.calls(/^PUT /), 1);
      });
    }

    it("again where the connection was refused, three times in all", async () => {
      const { send, controller } = await setUp(PUT_LED);
      await send(OFF);
      await controller.close();

      const { error, caught } = await send(OFF);

      assert.deepEqual([error?.code, error?.cause["retryable"]], ["network", true]);
      assert.equal(apiOf(caught)["attempts"], 3);
    });

    for (const [what, spend] of [
      ["-44112", (controller: OmadaController) => controller.expireTokens()],
      ["-44113", (controller: OmadaController) => controller.invalidateTokens()],
    ] as const) {
      it(`once more after a token that is spent (${what}), because nothing was done`, async () => {
        const { send, controller } = await setUp(PUT_LED);
        await send({ payload: { enable: true } });
        spend(controller);

        const { msg } = await send(OFF);

        assert.equal(apiOf(msg)["attempts"], 2);
        assert.deepEqual([controller.calls(/^PUT /), ledsOf(controller)], [3, false]);
      });
    }

    it("no third time when a fresh token is refused as well", async () => {
      const { send, controller } = await setUp({ ...PUT_LED, site: "600000000000000000000001" });
      await send({ payload: { enable: true } });
      controller.refuseEveryToken = true;

      const { error, caught } = await send(OFF);

      assert.deepEqual(codeOf(error), ["sign-in", -44112]);
      assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [3, 2]);
      assert.equal(ledsOf(controller), true);
    });

    it("no second time when the answer to the replay is lost", async () => {
      const { send, controller } = await setUp(PUT_LED);
      await send({ payload: { enable: true } });
      controller.expireTokens();
      let seen = 0;
      controller.server.injectFault({ kind: "reset" }, { when: (one) => isWrite(one) && ++seen === 2 });

      const { error } = await send(OFF);

      assert.equal(error?.code, "network");
      assert.deepEqual([controller.calls(/^PUT /), ledsOf(controller)], [3, false]);
    });
  });

  describe("shows", () => {
    it("that it asks, what went wrong, and that all is well again", async () => {
      const { red, send, controller } = await setUp(PUT_LED);
      answering(controller, /led$/, { body: { errorCode: -33004, msg: "Busy now." } });

      await send(OFF);
      await send(OFF);
      await red.until(() => red.statuses("query").length === 4);

      assert.deepEqual(
        red.statuses("query").map(({ fill, shape, text }) => [fill, shape, text]),
        [
          ["blue", "ring", "requesting"],
          ["red", "ring", "The controller declined: Busy now"],
          ["blue", "ring", "requesting"],
          ["green", "dot", "done"],
        ],
      );
    });

    it("that it waits for the controller's budget", async () => {
      const { red } = await setUp(PUT_LED, { omada: { rate: 2 } });

      for (let message = 0; message < 2; message++) red.inject("query", { ...OFF });
      await red.until(() => red.ended("query") === 2);

      const shown = red.statuses("query").map(({ fill, shape }) => `${fill} ${shape}`);
      assert.ok(shown.includes("yellow ring"), shown.join());
    });

    it("that it is not configured", async () => {
      const { red, send } = await setUp({ ...PUT_LED, controller: "" });

      await send(OFF);

      assert.deepEqual(red.statuses("query").at(-1), { fill: "grey", shape: "ring", text: "not configured" });
    });
  });

  describe("overtaken by a deploy", () => {
    it("ends every message with `cancelled`, and writes nothing for those that still wait", async () => {
      const { red, controller, flow } = await setUp(PUT_LED, { omada: { concurrency: 2 } });
      controller.server.injectFault({ kind: "hang" }, { times: 9, when: isWrite });

      const ended = await endings(async () => {
        for (let message = 0; message < 5; message++) red.inject("query", { ...OFF });
        while (controller.calls(/^PUT /) < 2) await pause(5);
        await red.deploy(
          flow.map((node) => ({ ...node, name: "renamed" })),
          "nodes",
        );
      });
      await pause(50);

      assert.deepEqual(
        ended.map((error) => [error?.code, error?.cause["retryable"]]),
        Array.from({ length: 5 }, () => ["cancelled", false]),
      );
      assert.equal(controller.calls(/^PUT /), 2);
      assert.equal(ledsOf(controller), true);
    });

    it("may have written: the controller carries out what it has received", async () => {
      const { red, controller, flow } = await setUp(PUT_LED);
      controller.server.injectFault({ kind: "delay", ms: 200 }, { when: isWrite });

      const ended = await endings(async () => {
        red.inject("query", { ...OFF });
        while (controller.calls(/^PUT /) < 1) await pause(5);
        await red.deploy(
          flow.map((node) => ({ ...node, name: "renamed" })),
          "nodes",
        );
      });
      while (ledsOf(controller)) await pause(5);

      assert.deepEqual(
        ended.map((error) => error?.code),
        ["cancelled"],
      );
      assert.equal(controller.calls(/^PUT /), 1);
    });
  });

  it("says when a device is not there", async () => {
    const { send } = await setUp({ path: "sites/{siteId}/devices/{deviceMac}/reboot" });

    const { error } = await send({ params: { deviceMac: "AA-AA-AA-AA-AA-AA" } });

    assert.equal(error?.code, "not-found");
  });
});
