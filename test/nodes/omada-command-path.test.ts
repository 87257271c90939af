import assert from "node:assert/strict";
import { apiOf, asUser, codesOf, respondWith, sentWrites } from "../support/harness/omada-flow";
import type { OmadaController } from "../support/simulators/omada/controller";
import type { RecordedRequest } from "../support/simulators/simulated-server";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };
const VISITOR = "02:00:5e:00:00:0f";

const areLedsOn = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

describe("omada-command", () => {
  afterEach(assertNoSecretLeaked);

  const BLOCK = "sites/{siteId}/clients/{clientMac}/block";
  for (const mac of [
    "02:00:5e:00:00:0f",
    "02-00-5e-00-00-0F",
    "0200.5E00.000f",
    "02005e00000F",
    " 02:00:5e:00:00:0f ".trim(),
  ]) {
    it(`inserts the MAC address "${mac}" into the path`, async () => {
      const { send, controller } = await commandFlow({ path: BLOCK });

      await send({ params: { clientMac: mac } });

      assert.equal(controller.client("Visitor").blocked, true);
      assert.deepEqual(sentWrites(controller), ["POST v1/{id}/sites/{Harbour}/clients/02-00-5E-00-00-0F/block"]);
    });
  }

  it("sends the parameters that are not in the path as the query", async () => {
    const { send, journal } = await commandFlow(PUT_LED);

    await send({ ...OFF, params: { dry: true, filters: { level: 3 }, siteId: "ignored" } });

    const { query, body } = journal.at(-1) as RecordedRequest;
    assert.equal(query.toString(), "dry=true&filters.level=3");
    assert.deepEqual(JSON.parse(body), { enable: false });
  });

  it("accepts parameters as JSON text, and does not change those of an object", async () => {
    const { send, controller } = await commandFlow({ path: BLOCK });
    const params = Object.freeze({ clientMac: VISITOR });

    const { msg } = await send({ params });
    await send({ params: '{"clientMac": "02:00:5e:00:00:0a"}' });

    assert.equal(msg?.["params"], params);
    assert.equal(sentWrites(controller).length, 2);
    assert.match(sentWrites(controller)[1] ?? "", /02-00-5E-00-00-0A/);
  });

  it("encodes what it inserts into the path, and refuses what would lead elsewhere", async () => {
    const { send, controller } = await commandFlow({ path: "sites/{siteId}/things/{id}", confirm: true });

    await send({ payload: {}, params: { id: "a b?c#d" } });
    const { error } = await send({ payload: {}, params: { id: "../../forget" } });

    assert.deepEqual(sentWrites(controller), ["POST v1/{id}/sites/{Harbour}/things/a%20b%3Fc%23d"]);
    assert.equal(error?.code, "input");
  });

  it("evaluates its typed settings", async () => {
    process.env["HOMENET_TEST_SITE"] = "Depot";
    const { send, controller } = await commandFlow({
      method: "PUT",
      site: "HOMENET_TEST_SITE",
      siteType: "env",
      path: "operation",
      pathType: "msg",
      params: '{"level": 1 + 1}',
      paramsType: "jsonata",
    });

    await send({ ...OFF, operation: LED });

    assert.deepEqual(sentWrites(controller), ["PUT v1/{id}/sites/{Depot}/led?level=2"]);
  });

  it("accepts the API's own path", async () => {
    const { send, controller } = await commandFlow({ method: "PUT", path: `/openapi/v1/{omadacId}/${LED}` });

    const { msg } = await send(OFF);

    assert.equal(apiOf(msg)["operation"], `PUT ${LED}`);
    assert.equal(areLedsOn(controller), false);
  });

  it("inserts the id of a provider into the path", async () => {
    const { send, controller, journal } = await commandFlow(
      { path: "msp/{mspId}/logs/alerts/resolve" },
      { listen: { msp: true } },
    );
    respondWith(controller, /resolve$/, { body: { errorCode: 0, result: null } });

    const { msg, error } = await send({ payload: { logs: [] } });

    assert.equal(error, undefined);
    assert.equal(journal.at(-1)?.path, `/openapi/v1/msp/${controller.omadacId}/logs/alerts/resolve`);
    assert.equal(apiOf(msg)["operation"], "POST v1/msp/{mspId}/logs/alerts/resolve");
  });
});

describe("omada-command signed in as a user", () => {
  afterEach(assertNoSecretLeaked);

  it("does what an application may do", async () => {
    const { send, controller } = await commandFlow(PUT_LED, { omada: asUser });

    const { error } = await send(OFF);

    assert.equal(error, undefined);
    assert.equal(areLedsOn(controller), false);
    assert.equal(controller.calls(/^POST .*\/authorize\/(login|code|token)$/), 3);
  });

  it("is what it asks for if the controller refuses an application with -44118", async () => {
    const { send, controller } = await commandFlow({ path: "users" });
    respondWith(controller, /users$/, { body: { errorCode: -44118, msg: "Authorization code mode only." } });

    const { error } = await send({ payload: { name: "mate" } });

    assert.deepEqual(codesOf(error), ["forbidden", -44118]);
    assert.match(error?.message ?? "", /mode "authorization code"/);
    assert.equal(sentWrites(controller).length, 1);
  });
});
