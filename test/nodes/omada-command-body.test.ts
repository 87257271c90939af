import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { respondWith } from "../support/harness/omada-flow";
import type { Message } from "../support/harness/test-helper";
import type { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };
const SWITCH = "02-00-5E-00-00-03";

const areLedsOn = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

describe("omada-command sends as its body", () => {
  afterEach(assertNoSecretLeaked);

  const bodies: [what: string, settings: object, msg: Message][] = [
    ["JSON", { body: '{"enable": false}', bodyType: "json" }, {}],
    ["JSON from a flow that saved no type", { body: '{"enable": false}' }, {}],
    ["a part of the message", { body: "payload.led", bodyType: "msg" }, { payload: { led: { enable: false } } }],
    ["the result of a JSONata expression", { body: '{"enable": payload > 5}', bodyType: "jsonata" }, { payload: 4 }],
    ["JSON from an environment variable", { body: "HOMENET_TEST_BODY", bodyType: "env" }, {}],
    ["the payload", {}, OFF],
    ["a payload that is JSON text", {}, { payload: '{"enable": false}' }],
    ["an object that a Function node created", {}, { payload: runInNewContext("({ enable: false })") as object }],
  ];
  for (const [what, settings, msg] of bodies) {
    it(what, async () => {
      process.env["HOMENET_TEST_BODY"] = '{"enable": false}';
      const { send, controller, journal } = await commandFlow({ ...PUT_LED, ...settings });

      const { error } = await send(msg);

      assert.equal(error, undefined);
      assert.deepEqual(JSON.parse(journal.at(-1)?.body ?? ""), { enable: false });
      assert.equal(areLedsOn(controller), false);
    });
  }

  it("an array if the API takes one", async () => {
    const { send, controller, journal } = await commandFlow({
      path: "sites/{siteId}/olts/{deviceMac}/pon/auto-service-ports/edit",
    });
    respondWith(controller, /edit$/, { body: { errorCode: 0 } });

    const { msg } = await send({ payload: [{ id: 1 }], params: { deviceMac: SWITCH } });

    assert.equal(journal.at(-1)?.body, '[{"id":1}]');
    assert.equal(msg?.payload, null);
  });

  it("an object for an unknown operation, but no text", async () => {
    const { send, controller, journal } = await commandFlow({ path: "brand/new", confirm: true });
    respondWith(controller, /new$/, { body: { errorCode: 0, result: { id: "n1" } } }, 2);

    const { msg } = await send({ payload: { name: "Slip" } });
    const sent = journal.at(-1)?.body;
    await send({ payload: "Slip" });

    assert.deepEqual([msg?.payload, sent, journal.at(-1)?.body], [{ id: "n1" }, '{"name":"Slip"}', ""]);
  });

  it("a configured body even if the operation takes none", async () => {
    const { send, journal } = await commandFlow({
      path: "sites/{siteId}/clients/{clientMac}/reconnect",
      body: '{"gently": true}',
    });

    await send({ params: { clientMac: "02005e00000a" } });

    assert.equal(journal.at(-1)?.body, '{"gently":true}');
  });

  it("no object that refers to itself, and fails before any request", async () => {
    const { send, journal } = await commandFlow(PUT_LED);
    const payload: Record<string, unknown> = {};
    payload["self"] = payload;

    const { error } = await send({ payload });

    assert.equal(error?.code, "input");
    assert.equal(journal.length, 0);
  });
});
