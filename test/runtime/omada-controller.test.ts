import assert from "node:assert/strict";
import { closeAfterTest } from "../support/mocha-hooks";
import { selfSigned } from "../support/simulators/certificate";
import { OmadaController } from "../support/simulators/omada/controller";
import { answering, asked, asUser, codeOf, names, omadaFlow, rows, secretsAreKept } from "./omada-fixture";

const LED = { path: "sites/{siteId}/led", site: "Harbour" };
const SITES = { path: "sites" };

/** Kinds of sign-in requests, in order. */
const atTheDoor = ({ server }: OmadaController): unknown[] =>
  server.journal
    .filter(({ path }) => path.includes("/authorize/"))
    .map(({ path, query }) => query.get("grant_type") ?? path.split("/").at(-1));

/** How many requests came in the busiest second, or nearly so: a busy machine brings late what was sent in time. */
function busiestSecond({ server }: OmadaController): number {
  const times = server.journal.map(({ at }) => at);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 900).length));
}

/** A flow that has asked already, so that nothing has to be loaded or connected, and how it asks so many times more. */
async function warmedUp(omada: object) {
  const { red, controller } = await omadaFlow({ listen: { http: true }, omada });
  const message = { ...LED, site: controller.site("Harbour").siteId };
  await red.send("query", message);
  controller.server.journal.length = 0;
  const ask = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) red.inject("query", message);
    await red.until(() => red.ended("query") === times + 1);
  };
  return { red, controller, ask };
}

describe("omada-controller", () => {
  afterEach(secretsAreKept);

  describe("signs in", () => {
    it("as an application, once for all messages", async () => {
      const { red, controller } = await omadaFlow();

      const answers = [await red.send("query", LED), await red.send("query", LED)];

      assert.deepEqual(
        answers.map(({ msg }) => msg?.payload),
        [{ enable: true }, { enable: true }],
      );
      assert.deepEqual(atTheDoor(controller), ["client_credentials"]);
    });

    it("as a user in mode code", async () => {
      const { red, controller } = await omadaFlow({ omada: asUser });

      const { msg } = await red.send("query", { path: "users" });

      assert.deepEqual(names(msg), ["harbourmaster"]);
      assert.deepEqual(atTheDoor(controller), ["login", "code", "authorization_code"]);
      const token = controller.server.journal.find(({ path }) => path.endsWith("token"));
      assert.ok(!token?.body.includes("omadacId") && !token?.query.has("omadac_id"));
    });

    it("with credentials that were copied with blanks around them", async () => {
      const { red } = await omadaFlow({
        omada: ({ omadacId, clientId, clientSecret, url }: OmadaController) => ({
          server: ` ${url}/ `,
          omadacId: ` ${omadacId} `,
          credentials: { clientId: ` ${clientId}`, clientSecret: `${clientSecret}\t` },
        }),
      });

      const { msg } = await red.send("query", LED);

      assert.deepEqual(msg?.payload, { enable: true });
    });

    it("without an Omada ID, which it discovers once", async () => {
      const { red, controller } = await omadaFlow({ omada: { omadacId: "" } });

      await red.send("query", LED);
      await red.send("query", LED);

      assert.equal(controller.calls(/^GET \/api\/info$/), 1);
    });

    it("with an Omada ID, and discovers nothing", async () => {
      const { red, controller } = await omadaFlow();

      await red.send("query", LED);

      assert.equal(controller.calls(/info/), 0);
    });

    it("as a provider, who has customers, and sites by name", async () => {
      const { red, controller } = await omadaFlow({ listen: { msp: true } });

      const customers = await red.send("query", { path: "msp/{mspId}/customers" });
      const sites = await red.send("query", { path: "msp/{mspId}/sites" });
      const led = await red.send("query", { ...LED, site: "depot" });

      assert.equal(rows(customers.msg).length, 2);
      assert.deepEqual(names(sites.msg), ["Harbour", "Depot", "Lighthouse", "Boatyard"]);
      assert.deepEqual(led.msg?.payload, { enable: true });
      assert.equal(asked(controller)[0], "GET v1/msp/{id}/customers?page=1&pageSize=1000");
    });

    it("as a provider's customer", async () => {
      const { red } = await omadaFlow({
        listen: { msp: true },
        omada: ({ customers }: OmadaController) => ({ omadacId: customers[0]?.customerId }),
      });

      const { msg } = await red.send("query", SITES);

      assert.deepEqual(names(msg), ["Lighthouse"]);
    });

    it("exactly once for 300 messages that come at once", async () => {
      const { red, controller } = await omadaFlow();
      const site = controller.site("Harbour").siteId;

      for (let message = 0; message < 300; message++) red.inject("query", { ...LED, site });
      await red.until(() => red.ended("query") === 300);

      assert.deepEqual([red.sent("query").length, controller.tokenRequests()], [300, 1]);
    });

    it("once more for 300 messages when all tokens die under them", async () => {
      const { red, controller } = await omadaFlow();
      const site = controller.site("Harbour").siteId;
      controller.lastTokenOnly = true;
      await red.send("query", { ...LED, site });

      for (let message = 0; message < 300; message++) red.inject("query", { ...LED, site });
      await red.until(() => red.ended("query") > 100);
      controller.expireTokens();
      await red.until(() => red.ended("query") === 301);

      assert.deepEqual([red.sent("query").length, controller.tokenRequests()], [301, 2]);
    });

    for (const [what, spend] of Object.entries({
      "-44112": (controller: OmadaController) => controller.expireTokens(),
      "-44113": (controller: OmadaController) => controller.invalidateTokens(),
      "HTTP 401": (controller: OmadaController) => answering(controller, /led$/, { status: 401, body: "" }),
    })) {
      it(`anew once, with its refresh token, after ${what}`, async () => {
        const { red, controller } = await omadaFlow();
        await red.send("query", LED);
        spend(controller);

        const { msg } = await red.send("query", LED);

        assert.deepEqual(msg?.payload, { enable: true });
        assert.deepEqual(atTheDoor(controller), ["client_credentials", "refresh_token"]);
        assert.equal(controller.calls(/led$/), 3);
      });
    }

    it("anew with its credentials when the refresh token is refused with -44114", async () => {
      const { red, controller } = await omadaFlow();
      await red.send("query", LED);
      controller.expireTokens();
      controller.expireRefreshTokens();

      const { msg } = await red.send("query", LED);

      assert.deepEqual(msg?.payload, { enable: true });
      assert.deepEqual(atTheDoor(controller), ["client_credentials", "refresh_token", "client_credentials"]);
    });

    it("with a wrong secret once, and never again by itself", async () => {
      const { red, controller } = await omadaFlow({
        omada: ({ clientId }: OmadaController) => ({ credentials: { clientId, clientSecret: "wrong-secret" } }),
      });

      const first = await red.send("query", LED);
      for (let message = 0; message < 20; message++) red.inject("query", LED);
      await red.until(() => red.ended("query") === 21);

      const codes = [first.error, ...red.caught().map(({ error }) => error)].map(codeOf);
      assert.ok(codes.every(([code, vendorCode]) => code === "sign-in" && vendorCode === -44106));
      assert.equal(controller.server.journal.length, 1);
      assert.ok(!red.log.join("\n").includes("wrong-secret"));
    });

    it("with a corrected secret at once", async () => {
      const { red, controller, config, flow } = await omadaFlow({
        omada: ({ clientId }: OmadaController) => ({ credentials: { clientId, clientSecret: "wrong-secret" } }),
      });
      await red.send("query", LED);
      const { clientId, clientSecret } = controller;
      await red.deploy([{ ...config, credentials: { clientId, clientSecret } }, ...flow.slice(1)], "nodes");

      const { msg } = await red.send("query", LED);

      assert.deepEqual(msg?.payload, { enable: true });
    });
  });

  describe("keeps the controller's budget", () => {
    it("of ten requests per second when no rate is set", async () => {
      const { red, controller, ask } = await warmedUp({ rate: "" });

      await ask(25);

      assert.deepEqual([red.sent("query").length, controller.server.journal.length], [26, 25]);
      assert.equal(busiestSecond(controller), 10);
    });

    it("that its owner sets", async () => {
      const { controller, ask } = await warmedUp({ rate: "3" });

      await ask(6);

      assert.equal(busiestSecond(controller), 3);
    });

    it("or none, where the rate is 0", async () => {
      const { controller, ask } = await warmedUp({ rate: 0 });

      await ask(30);

      assert.ok(busiestSecond(controller) > 25);
    });
  });

  describe("trusts", () => {
    it("no certificate that is self-signed", async () => {
      const { red, controller } = await omadaFlow({ omada: { fingerprint: "" } });

      const { error } = await red.send("query", SITES);

      assert.equal(error?.code, "tls");
      assert.match(error.message, /self-signed/);
      assert.deepEqual(controller.server.journal, []);
    });

    it("no other certificate than the pinned one", async () => {
      const { red, controller } = await omadaFlow({ omada: { fingerprint: selfSigned().fingerprint } });

      const { error } = await red.send("query", SITES);

      assert.equal(error?.code, "tls");
      assert.deepEqual(controller.server.journal, []);
    });

    it("the certificate that is pinned", async () => {
      const { red, controller } = await omadaFlow();

      const { msg } = await red.send("query", SITES);

      assert.deepEqual(names(msg), ["Harbour", "Depot"]);
      assert.ok(controller.server.journal.every(({ secure }) => secure));
    });
  });

  describe("is not configured", () => {
    const credentials = (more: object) => (controller: OmadaController) => {
      const { clientId, clientSecret } = controller;
      return { credentials: { clientId, clientSecret, ...more } };
    };
    for (const [what, omada, words] of [
      ["without a server", { server: "" }, /server address/],
      ["with an address that is none", { server: "controller.local" }, /server address/],
      ["with plain http to a public host", { server: "http://omada.example.org", fingerprint: "" }, /https/],
      ["with a user name in the address", { server: "https://me:pw@127.0.0.1" }, /user name or password/],
      ["without a client id", credentials({ clientId: " " }), /client id/],
      ["without a client secret", credentials({ clientSecret: "" }), /client secret/],
      ["in mode code without a user", { mode: "code" }, /user name and password/],
      ["with a rate that is no number", { rate: "many" }, /"rate"/],
      ["with a negative rate", { rate: -1 }, /"rate"/],
      ["with a timeout that is no number", { timeout: "soon" }, /"timeout"/],
      ["with a concurrency of nothing", { concurrency: 0 }, /"concurrency"/],
      ["with a fingerprint that is none", { fingerprint: "AB:CD" }, /SHA-256/],
      ["with a TLS configuration that is gone", { tls: "gone" }, /TLS configuration/],
    ] as const) {
      it(`${what}, and says so to each message`, async () => {
        const { red, controller } = await omadaFlow({ omada });

        const { error } = await red.send("query", SITES);

        assert.equal(error?.code, "config");
        assert.match(error.message, words);
        assert.deepEqual(controller.server.journal, []);
        assert.equal(red.statuses("query").at(-1)?.fill, "grey");
      });
    }

    it("with an id that nobody knows, as the controller says", async () => {
      const { red } = await omadaFlow({ omada: { omadacId: "0".repeat(32) } });

      const { error } = await red.send("query", SITES);

      assert.deepEqual(codeOf(error), ["config", -7131]);
      assert.equal(red.statuses("query").at(-1)?.fill, "red");
    });
  });

  it("takes its settings out of the environment", async () => {
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
    assert.deepEqual(names(msg), ["Harbour", "Depot"]);
  });

  it("lets messages pass side by side up to its concurrency, and no more wait than its queue holds", async () => {
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
