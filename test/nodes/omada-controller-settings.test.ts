import assert from "node:assert/strict";
import { codesOf, namesOf } from "../support/harness/omada-flow";
import { closeAfterTest } from "../support/mocha-hooks";
import { selfSigned } from "../support/simulators/certificate";
import { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, omadaFlow } from "./omada-fixture";

const LED = { path: "sites/{siteId}/led", site: "Harbour" };
const SITES = { path: "sites" };

/** The most requests within a second, or nearly so: on a busy machine, requests arrive late that were sent in time. */
function maxRequestsPerSecond({ server }: OmadaController): number {
  const times = server.journal.map(({ at }) => at);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 900).length));
}

/** A flow that has sent its first request already, so that nothing has to be loaded or connected any more. */
async function warmFlow(omada: object) {
  const { red, controller } = await omadaFlow({ listen: { http: true }, omada });
  const message = { ...LED, site: controller.site("Harbour").siteId };
  await red.send("query", message);
  controller.server.journal.length = 0;
  const sendTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) red.inject("query", message);
    await red.until(() => red.ended("query") === times + 1);
  };
  return { red, controller, sendTimes };
}

describe("omada-controller limits its requests", () => {
  afterEach(assertNoSecretLeaked);

  it("to ten per second by default", async () => {
    const { red, controller, sendTimes } = await warmFlow({ rate: "" });

    await sendTimes(25);

    assert.deepEqual([red.sent("query").length, controller.server.journal.length], [26, 25]);
    assert.equal(maxRequestsPerSecond(controller), 10);
  });

  it("to the rate that is set", async () => {
    const { controller, sendTimes } = await warmFlow({ rate: "3" });

    await sendTimes(6);

    assert.equal(maxRequestsPerSecond(controller), 3);
  });

  it("to no rate if it is set to 0", async () => {
    const { controller, sendTimes } = await warmFlow({ rate: 0 });

    await sendTimes(30);

    assert.ok(maxRequestsPerSecond(controller) > 25);
  });
});

describe("omada-controller accepts", () => {
  afterEach(assertNoSecretLeaked);

  it("no self-signed certificate", async () => {
    const { red, controller } = await omadaFlow({ omada: { fingerprint: "" } });

    const { error } = await red.send("query", SITES);

    assert.equal(error?.code, "tls");
    assert.match(error.message, /self-signed/);
    assert.deepEqual(controller.server.journal, []);
  });

  it("no certificate other than the pinned one", async () => {
    const { red, controller } = await omadaFlow({ omada: { fingerprint: selfSigned().fingerprint } });

    const { error } = await red.send("query", SITES);

    assert.equal(error?.code, "tls");
    assert.deepEqual(controller.server.journal, []);
  });

  it("the pinned certificate", async () => {
    const { red, controller } = await omadaFlow();

    const { msg } = await red.send("query", SITES);

    assert.deepEqual(namesOf(msg), ["Harbour", "Depot"]);
    assert.ok(controller.server.journal.every(({ secure }) => secure));
  });
});

describe('omada-controller fails with "config"', () => {
  afterEach(assertNoSecretLeaked);

  const credentials = (overrides: object) => (controller: OmadaController) => {
    const { clientId, clientSecret } = controller;
    return { credentials: { clientId, clientSecret, ...overrides } };
  };
  for (const [what, omada, words] of [
    ["without a server", { server: "" }, /server address/],
    ["with an invalid address", { server: "controller.local" }, /controller address is not an address/],
    ["with plain http to a public host", { server: "http://omada.example.org", fingerprint: "" }, /https/],
    ["with a user name in the address", { server: "https://me:pw@127.0.0.1" }, /user name or password/],
    ["without a client id", credentials({ clientId: " " }), /client id/],
    ["without a client secret", credentials({ clientSecret: "" }), /client secret/],
    ["in mode code without a user", { mode: "code" }, /user name and password/],
    ["with a rate that is not a number", { rate: "many" }, /"rate"/],
    ["with a negative rate", { rate: -1 }, /"rate"/],
    ["with a timeout that is not a number", { timeout: "soon" }, /"timeout"/],
    ["with a concurrency of 0", { concurrency: 0 }, /"concurrency"/],
    ["with an invalid fingerprint", { fingerprint: "AB:CD" }, /SHA-256/],
    ["with a TLS configuration that does not exist", { tls: "gone" }, /TLS configuration/],
  ] as const) {
    it(`${what}, without a request`, async () => {
      const { red, controller } = await omadaFlow({ omada });

      const { error } = await red.send("query", SITES);

      assert.equal(error?.code, "config");
      assert.match(error.message, words);
      assert.deepEqual(controller.server.journal, []);
      assert.equal(red.statuses("query").at(-1)?.fill, "grey");
    });
  }

  it("with an Omada ID that the controller does not know", async () => {
    const { red } = await omadaFlow({ omada: { omadacId: "0".repeat(32) } });

    const { error } = await red.send("query", SITES);

    assert.deepEqual(codesOf(error), ["config", -7131]);
    assert.equal(red.statuses("query").at(-1)?.fill, "red");
  });
});

describe("omada-controller", () => {
  afterEach(assertNoSecretLeaked);

  it("expands environment variables in its settings", async () => {
    const controller = closeAfterTest(await OmadaController.start({ http: true }));
    process.env["OMADA_TEST_SERVER"] = controller.url;
    process.env["OMADA_TEST_SECRET"] = controller.clientSecret;
    const { omadacId, clientId } = controller;
    const credentials = { clientId, clientSecret: "${OMADA_TEST_SECRET}" };
    const { red } = await omadaFlow({
      omada: { server: "${OMADA_TEST_SERVER}", omadacId, fingerprint: "", credentials },
    });

    const { msg } = await red.send("query", SITES);

    delete process.env["OMADA_TEST_SERVER"];
    delete process.env["OMADA_TEST_SECRET"];
    assert.deepEqual(namesOf(msg), ["Harbour", "Depot"]);
  });

  it("serves as many messages in parallel as its concurrency, and queues no more than its queue holds", async () => {
    const { red, controller } = await omadaFlow({ omada: { concurrency: 2, queue: 3 } });
    const site = controller.site("Harbour").siteId;
    await red.send("query", { ...LED, site });
    controller.server.injectFault({ kind: "delay", ms: 300 }, { times: 9 });

    for (let message = 0; message < 6; message++) red.inject("query", { ...LED, site });
    await red.until(() => red.ended("query") === 7);

    const [first = 0, second = 0, third = 0] = controller.server.journal.slice(2).map(({ at }) => at);
    assert.ok(second - first < 290 && third - first >= 290, `${second - first} ms, ${third - first} ms`);
    assert.deepEqual(
      red.caught().map(({ error }) => error.code),
      ["busy"],
    );
  });
});
