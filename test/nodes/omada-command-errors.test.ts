import assert from "node:assert/strict";
import {
  apiOf,
  asUser,
  codesOf,
  isWrite,
  respondWith,
  sentWrites,
  type OmadaFlowSettings,
} from "../support/harness/omada-flow";
import type { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };

const areLedsOn = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

describe("omada-command fails with", () => {
  afterEach(assertNoSecretLeaked);

  const refusals: [code: string, errorCode: number, msg: string][] = [
    ["forbidden", -44116, "Open API Authorized failed."],
    ["config", -7131, "Controller ID not exist."],
    ["forbidden", -1005, "Operation forbidden."],
    ["not-found", -33000, "No such site."],
    ["rejected", -1001, "Invalid request parameters."],
    ["unsupported", -44119, "Omada Pro only."],
    ["offline", -39007, "Not connected."],
    ["busy", -30028, "Busy."],
  ];
  for (const [code, vendorCode, vendorMessage] of refusals) {
    it(`"${code}" and the controller's own number and message for ${vendorCode}`, async () => {
      const { send, controller } = await commandFlow(PUT_LED);
      respondWith(controller, /led$/, { body: { errorCode: vendorCode, msg: vendorMessage } }, 9);

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
      const attempts = vendorCode === -44116 ? 2 : 1;
      assert.deepEqual(apiOf(caught), { platform: "omada", operation: `PUT ${LED}`, attempts });
      assert.deepEqual([caught?.["topic"], caught?.["statusCode"]], ["kept", 200]);
      assert.equal(controller.calls(/^PUT /), attempts);
      assert.equal(areLedsOn(controller), true);
    });
  }

  const settingErrors: [code: string, what: string, settings: object, flow: OmadaFlowSettings, message: RegExp][] = [
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
  for (const [code, what, settings, flow, message] of settingErrors) {
    it(`"${code}" for ${what}, and writes nothing`, async () => {
      const { send, controller } = await commandFlow({ ...PUT_LED, ...settings }, flow);

      const { error } = await send(OFF);

      assert.equal(error?.code, code);
      assert.match(error.message, message);
      assert.deepEqual([error.cause["platform"], error.cause["retryable"]], ["omada", false]);
      assert.deepEqual(sentWrites(controller), []);
    });
  }

  const responses: [code: string, what: string, response: object, statusCode: number][] = [
    ["protocol", "a web page", { headers: { "content-type": "text/html" }, body: "<html></html>" }, 200],
    ["protocol", "half a response", { body: '{"errorCode":0,"resu' }, 200],
    ["protocol", "a redirect", { status: 307, headers: { location: "https://example.org/" }, body: "" }, 307],
    ["rejected", "HTTP 400", { status: 400, body: "Bad Request" }, 400],
    ["forbidden", "HTTP 403", { status: 403, body: "" }, 403],
    ["not-found", "HTTP 404", { status: 404, body: "" }, 404],
    ["unsupported", "HTTP 405", { status: 405, body: "" }, 405],
    ["busy", "HTTP 429", { status: 429, body: "" }, 429],
    ["busy", "HTTP 503", { status: 503, body: "" }, 503],
  ];
  for (const [code, what, response, statusCode] of responses) {
    it(`"${code}" for ${what}, after one attempt`, async () => {
      const { send, controller } = await commandFlow(PUT_LED);
      respondWith(controller, /led$/, response, 9);

      const { error, caught } = await send(OFF);

      assert.deepEqual([error?.code, error?.cause["statusCode"]], [code, statusCode]);
      assert.equal(error?.cause["retryable"], code === "busy");
      assert.deepEqual([caught?.["statusCode"], apiOf(caught)["attempts"]], [statusCode, 1]);
      assert.equal(controller.calls(/^PUT /), 1);
    });
  }

  it("the controller's own numbers for a device that is busy, offline or unknown", async () => {
    const reboot = { path: "sites/{siteId}/devices/{deviceMac}/reboot" };
    const { send, controller } = await commandFlow(reboot);
    const hall = controller.device("Hall AP");
    const msg = { params: { deviceMac: hall.mac } };

    const [first, second] = [await send(msg), await send(msg)];
    hall.status = 0;
    const third = await send(msg);
    const fourth = await send({ params: { deviceMac: "AA-AA-AA-AA-AA-AA" } });

    assert.deepEqual(
      [first, second, third, fourth].map(({ error }) => codesOf(error)),
      [
        [undefined, undefined],
        ["busy", -39009],
        ["offline", -39007],
        ["not-found", -39006],
      ],
    );
  });

  it('"unsupported" for a path that this controller does not have', async () => {
    const { send } = await commandFlow({ path: "brand/new", confirm: true });

    const { error } = await send({ payload: {} });

    assert.deepEqual(codesOf(error), ["unsupported", -1600]);
  });

  it('"busy" and how long the controller asks to wait, and does not write again', async () => {
    for (const seconds of [1, 90]) {
      const { send, controller } = await commandFlow(PUT_LED);
      respondWith(controller, /led$/, { status: 429, headers: { "retry-after": `${seconds}` }, body: "" }, 9);

      const { error, caught } = await send(OFF);

      assert.equal(error?.code, "busy");
      assert.equal(error.cause["retryAfterMs"], seconds * 1000);
      assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [1, 1]);
    }
  });

  it('"busy" if the queue is full', async () => {
    const { red, send, controller } = await commandFlow(PUT_LED, { omada: { concurrency: 1, queue: 1 } });
    controller.server.injectFault({ kind: "delay", ms: 200 }, { when: isWrite });
    red.inject("command", { ...OFF });
    red.inject("command", { ...OFF });

    const { error } = await send(OFF);
    await red.until(() => red.ended("command") === 3);

    assert.equal(error?.code, "busy");
    assert.match(error.message, /queue is full/);
    assert.equal(controller.calls(/^PUT /), 2);
  });

  it("no secret, even if the controller quotes all of them", async () => {
    const { red, send, controller } = await commandFlow(PUT_LED, { omada: asUser });
    await send(OFF);
    const msg = `Refused: ${controller.secrets().join(" ")} https://x.example/?token=abc harbour@example.org`;
    respondWith(controller, /led$/, { body: { errorCode: -1, msg } });

    const { error, caught } = await send(OFF);

    assert.equal(error?.code, "rejected");
    const readable = JSON.stringify([error, caught?.["api"], red.statuses("command"), red.log]);
    for (const secret of [...controller.secrets(), "x.example", "harbour@example.org", controller.omadacId])
      assert.ok(!readable.includes(secret), secret);
  });
});
