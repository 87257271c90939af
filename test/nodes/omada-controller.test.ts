import assert from "node:assert/strict";
import { asUser, codesOf, namesOf, respondWith, rowsOf, sentRequests } from "../support/harness/omada-flow";
import type { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, omadaFlow } from "./omada-fixture";

const LED = { path: "sites/{siteId}/led", site: "Harbour" };
const SITES = { path: "sites" };

/** The kinds of the sign-in requests, in order. */
const signInRequests = ({ server }: OmadaController): unknown[] =>
  server.journal
    .filter(({ path }) => path.includes("/authorize/"))
    .map(({ path, query }) => query.get("grant_type") ?? path.split("/").at(-1));

describe("omada-controller signs in", () => {
  afterEach(assertNoSecretLeaked);

  it("as an application, once for all messages", async () => {
    const { red, controller } = await omadaFlow();

    const outcomes = [await red.send("query", LED), await red.send("query", LED)];

    assert.deepEqual(
      outcomes.map(({ msg }) => msg?.payload),
      [{ enable: true }, { enable: true }],
    );
    assert.deepEqual(signInRequests(controller), ["client_credentials"]);
  });

  it("as a user in mode code", async () => {
    const { red, controller } = await omadaFlow({ omada: asUser });

    const { msg } = await red.send("query", { path: "users" });

    assert.deepEqual(namesOf(msg), ["harbourmaster"]);
    assert.deepEqual(signInRequests(controller), ["login", "code", "authorization_code"]);
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

  it("with an Omada ID without discovering it", async () => {
    const { red, controller } = await omadaFlow();

    await red.send("query", LED);

    assert.equal(controller.calls(/info/), 0);
  });

  it("as a provider, who has customers and can name their sites", async () => {
    const { red, controller } = await omadaFlow({ listen: { msp: true } });

    const customers = await red.send("query", { path: "msp/{mspId}/customers" });
    const sites = await red.send("query", { path: "msp/{mspId}/sites" });
    const led = await red.send("query", { ...LED, site: "depot" });

    assert.equal(rowsOf(customers.msg).length, 2);
    assert.deepEqual(namesOf(sites.msg), ["Harbour", "Depot", "Lighthouse", "Boatyard"]);
    assert.deepEqual(led.msg?.payload, { enable: true });
    assert.equal(sentRequests(controller)[0], "GET v1/msp/{id}/customers?page=1&pageSize=1000");
  });

  it("as a provider's customer", async () => {
    const { red } = await omadaFlow({
      listen: { msp: true },
      omada: ({ customers }: OmadaController) => ({ omadacId: customers[0]?.customerId }),
    });

    const { msg } = await red.send("query", SITES);

    assert.deepEqual(namesOf(msg), ["Lighthouse"]);
  });

  it("once for 300 messages at the same time", async () => {
    const { red, controller } = await omadaFlow();
    const site = controller.site("Harbour").siteId;

    for (let message = 0; message < 300; message++) red.inject("query", { ...LED, site });
    await red.until(() => red.ended("query") === 300);

    assert.deepEqual([red.sent("query").length, controller.tokenRequests()], [300, 1]);
  });

  it("once more for 300 messages when all tokens expire under them", async () => {
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

  for (const [what, expire] of Object.entries({
    "-44112": (controller: OmadaController) => controller.expireTokens(),
    "-44113": (controller: OmadaController) => controller.invalidateTokens(),
    "HTTP 401": (controller: OmadaController) => respondWith(controller, /led$/, { status: 401, body: "" }),
  })) {
    it(`again with its refresh token, once, after ${what}`, async () => {
      const { red, controller } = await omadaFlow();
      await red.send("query", LED);
      expire(controller);

      const { msg } = await red.send("query", LED);

      assert.deepEqual(msg?.payload, { enable: true });
      assert.deepEqual(signInRequests(controller), ["client_credentials", "refresh_token"]);
      assert.equal(controller.calls(/led$/), 3);
    });
  }

  it("again with its credentials if the refresh token is refused with -44114", async () => {
    const { red, controller } = await omadaFlow();
    await red.send("query", LED);
    controller.expireTokens();
    controller.expireRefreshTokens();

    const { msg } = await red.send("query", LED);

    assert.deepEqual(msg?.payload, { enable: true });
    assert.deepEqual(signInRequests(controller), ["client_credentials", "refresh_token", "client_credentials"]);
  });

  it("with a wrong secret once, and not again by itself", async () => {
    const { red, controller } = await omadaFlow({
      omada: ({ clientId }: OmadaController) => ({ credentials: { clientId, clientSecret: "wrong-secret" } }),
    });

    const first = await red.send("query", LED);
    for (let message = 0; message < 20; message++) red.inject("query", LED);
    await red.until(() => red.ended("query") === 21);

    const codes = [first.error, ...red.caught().map(({ error }) => error)].map(codesOf);
    assert.ok(codes.every(([code, vendorCode]) => code === "sign-in" && vendorCode === -44106));
    assert.equal(controller.server.journal.length, 1);
    assert.ok(!red.log.join("\n").includes("wrong-secret"));
  });
});
