import assert from "node:assert/strict";
import { OmadaFixture } from "../../support/omada-fixture";

const LED = "sites/{siteId}/led";
const CLIENTS = "sites/{siteId}/clients";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";
const V1 = "GET v1/{id}/sites/{Harbour}/clients?page=1&pageSize=1000";
const V2 = "POST v2/{id}/sites/{Harbour}/clients";

describe("A site of the Omada client", () => {
  for (const site of ["Harbour", "harbour", "HARBOUR"]) {
    it(`is found by the name ${site}`, async () => {
      const fixture = await OmadaFixture.start();

      await fixture.query(LED, { site });

      assert.deepEqual(fixture.requests(), [SITES, "GET v1/{id}/sites/{Harbour}/led"]);
    });
  }

  it("is not looked up where its id is given", async () => {
    const fixture = await OmadaFixture.start();

    await fixture.query(LED, { site: fixture.omada.site("Depot").siteId });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
  });

  it("is not looked up where the path asks for none", async () => {
    const fixture = await OmadaFixture.start();

    await fixture.query("sites", { site: "Nowhere" });

    assert.deepEqual(fixture.requests(), [SITES]);
  });

  it("is remembered", async () => {
    const fixture = await OmadaFixture.start();

    for (const site of ["Harbour", "Depot", "Harbour"]) await fixture.query(LED, { site });

    assert.equal(fixture.omada.calls(/sites$/), 1);
  });

  it("is looked up once for all that ask at the same time", async () => {
    const fixture = await OmadaFixture.start();

    await Promise.all(["Harbour", "Depot", "harbour", "depot"].map((site) => fixture.query(LED, { site })));

    assert.equal(fixture.omada.calls(/sites$/), 1);
  });

  it("lets go of who gives up while the list is read, and of nobody else", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.server.injectFault({ kind: "hang" }, { times: 9, when: ({ path }) => path.endsWith("sites") });
    const query = { method: "GET", path: LED, site: "Harbour", params: {}, all: true, limit: 0 } as const;

    const given = fixture.client.query(query, { signal: AbortSignal.timeout(20) });
    const patient = fixture.queryError(LED, { site: "Depot" });

    await assert.rejects(given, { name: "TimeoutError" });
    await fixture.close();
    assert.equal((await patient).code, "cancelled");
  });

  it("is found by the exact name where others differ in case only", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.addSite("DEPOT");

    await fixture.query(LED, { site: "DEPOT" });

    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{DEPOT}/led");
  });

  it("is an input error with the ids when several have its name", async () => {
    const fixture = await OmadaFixture.start();
    const ids = [fixture.omada.site("Depot"), fixture.omada.addSite("DEPOT")].map(({ siteId }) => siteId);

    const error = await fixture.queryError(LED, { site: "depot" });

    assert.equal(error.code, "input");
    assert.ok(ids.every((id) => error.message.includes(id)));
    assert.equal(fixture.omada.calls(/led$/), 0);
  });

  it("is found by its id where another is called that, and by its name with the spaces around it", async () => {
    const fixture = await OmadaFixture.start();
    Object.assign(fixture.omada.addSite("Old"), { siteId: "old" });
    Object.assign(fixture.omada.addSite("old"), { siteId: "other" });
    Object.assign(fixture.omada.addSite(" Padded "), { siteId: "padded" });

    for (const site of ["old", "padded"]) await fixture.query(LED, { site });

    assert.equal(fixture.omada.calls(/sites\/old\/led$/), 1);
    assert.equal(fixture.omada.calls(/sites\/padded\/led$/), 1);
  });

  it("that does not exist is an error with the names that do", async () => {
    const fixture = await OmadaFixture.start();

    const error = await fixture.queryError(LED, { site: "Nowhere" });

    assert.equal(error.code, "not-found");
    assert.equal(error.message, 'There is no site "Nowhere". The sites are: "Harbour", "Depot".');
  });

  it("that does not exist is looked for again after a minute, not before", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.queryError(LED, { site: "Nowhere" });
    fixture.clock.at += 59_000;
    await fixture.queryError(LED, { site: "Nowhere" });
    const soon = fixture.omada.calls(/sites$/);
    fixture.omada.addSite("Nowhere");
    fixture.clock.at += 2_000;

    await fixture.query(LED, { site: "Nowhere" });

    assert.deepEqual([soon, fixture.omada.calls(/sites$/)], [1, 2]);
  });

  it("that was renamed keeps its old name for ten minutes at most", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.query(LED, { site: "Depot" });
    fixture.omada.site("Depot").name = "Barn";
    fixture.clock.at += 601_000;

    const error = await fixture.queryError(LED, { site: "Depot" });

    assert.equal(error.code, "not-found");
  });

  it("is found among many", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.maxPageSize = 10;
    for (let number = 1; number <= 40; number++) fixture.omada.addSite(`Branch ${number}`);

    await fixture.query(LED, { site: "branch 37" });

    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{Branch 37}/led");
  });

  it("is found where another has no name", async () => {
    const fixture = await OmadaFixture.start();
    Object.assign(fixture.omada.addSite("?"), { name: null });

    await fixture.query(LED, { site: "Harbour" });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("may be called what a path must not hold", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.addSite("Shop/Store? #1");

    await fixture.query(LED, { site: "Shop/Store? #1" });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("of a provider's customer is found by name in a provider's path", async () => {
    const fixture = await OmadaFixture.start({ msp: true });
    const { omada } = fixture;
    const path = "msp/{mspId}/customers/{customerId}/sites/{siteId}";

    await fixture.queryError(path, { site: "boatyard", params: { customerId: omada.customers[1]?.customerId } });

    assert.deepEqual(
      fixture.requests().map((asked) => asked.split("?")[0]),
      ["GET v1/msp/{id}/sites", `GET v1/msp/{id}/customers/${omada.customers[1]?.customerId}/sites/{Boatyard}`],
    );
  });

  it("is not found, and nothing remembered, when the list cannot be had", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/sites$/, { body: { errorCode: -1007, msg: "no" } });

    const error = await fixture.queryError(LED, { site: "Harbour" });
    await fixture.query(LED, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});

describe("A site's clients", () => {
  for (const [version, first, second] of [
    ["5.15.24.19", [V1], [V1]],
    ["6.0.0.36", [V1], [V1]],
    ["6.2.0.17", [V1, V2], [V2]],
  ] as const) {
    it(`are read from ${version}, which is decided once`, async () => {
      const fixture = await OmadaFixture.start({ version });

      const { names } = await fixture.query(CLIENTS, { site: "Harbour" });
      const begin = fixture.requests().length;
      const again = await fixture.query(CLIENTS, { site: "Harbour" });

      assert.deepEqual(fixture.requests(), [SITES, ...first, ...second]);
      assert.deepEqual([names.length, again.names.length, begin], [10, 10, 1 + first.length]);
    });
  }

  it("are those that are online, by default, in both versions", async () => {
    const [old, young] = [await OmadaFixture.start(), await OmadaFixture.start({ version: "6.2.0.17" })];

    const readings = [await old.query(CLIENTS, { site: "Harbour" }), await young.query(CLIENTS, { site: "Harbour" })];

    const sent = JSON.parse(young.omada.server.journal.at(-1)?.body ?? "") as object;
    assert.deepEqual(readings[0]?.names, readings[1]?.names);
    assert.ok(!readings[0]?.names.includes("Old phone"));
    assert.deepEqual(sent, { scope: 1, page: 1, pageSize: 1000 });
  });

  it("are filtered and sorted alike in both versions", async () => {
    const [old, young] = [await OmadaFixture.start(), await OmadaFixture.start({ version: "6.2.0.17" })];
    const mac = old.omada.device("Quay AP").mac.replaceAll("-", ":");
    const query = { site: "Harbour", params: { "filters.apMac": mac, sorts: { name: "desc" } } };

    const readings = [await old.query(CLIENTS, query), await young.query(CLIENTS, query)];

    const expected = ["Visitor", "Crane tablet", "Ben's laptop"];
    assert.deepEqual(
      readings.map(({ names }) => names),
      [expected, expected],
    );
  });

  it("of another scope are read where the controller has scopes", async () => {
    const fixture = await OmadaFixture.start({ version: "6.2.0.17" });

    const { names } = await fixture.query(CLIENTS, { site: "Harbour", params: { scope: 3 } });

    assert.deepEqual(names, ["Stranger"]);
  });

  it("are still read when the controller is updated meanwhile", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.query(CLIENTS, { site: "Harbour" });
    fixture.omada.version = "6.2.0.17";

    const readings = [
      await fixture.query(CLIENTS, { site: "Harbour" }),
      await fixture.query(CLIENTS, { site: "Harbour" }),
    ];

    assert.deepEqual(
      readings.map(({ names }) => names.length),
      [10, 10],
    );
    assert.deepEqual(fixture.requests(), [SITES, V1, V1, V2, V2]);
  });

  for (const [what, answer] of Object.entries({
    "-1600": { body: { errorCode: -1600, msg: "no path" } },
    "HTTP 404": { status: 404, body: "" },
    "HTTP 405": { status: 405, body: { status: 405 } },
  })) {
    it(`are read by the other version when one answers ${what}`, async () => {
      const fixture = await OmadaFixture.start({ version: "6.0.0.36" });
      fixture.respondWith(/v1.*clients$/, answer);

      const { names } = await fixture.query(CLIENTS, { site: "Harbour" });

      assert.equal(names.length, 10);
    });
  }

  it("fail with the first version's reason when neither is there, and nothing is decided", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/v1.*clients$/, { body: { errorCode: -1, msg: "General error." } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });
    const { names } = await fixture.query(CLIENTS, { site: "Harbour" });

    assert.deepEqual([error.code, error.details.vendorCode], ["rejected", -1]);
    assert.equal(names.length, 10);
    assert.deepEqual(fixture.requests(), [SITES, V1, V2, V1]);
  });

  it("fail at once with what does not speak of the version", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
    assert.deepEqual(fixture.requests(), [SITES, V1]);
  });

  it("fail with the second version's reason when it is there and declines", async () => {
    const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
    fixture.respondWith(/v2.*clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});
