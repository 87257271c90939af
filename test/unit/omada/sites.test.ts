import assert from "node:assert/strict";
import { OmadaFixture } from "../../support/omada-fixture";

const LED = "sites/{siteId}/led";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";

describe("A site of the Omada client", () => {
  it("is found by a name whose accents are composed in another way", async () => {
    const fixture = await OmadaFixture.start();
    const decomposed = fixture.omada.addSite("Cafe\u0301 Mu\u0308nchen");
    const composed = fixture.omada.addSite("\u00c5land");

    assert.equal(await fixture.client.siteId("caf\u00e9 m\u00fcnchen"), decomposed.siteId);
    assert.equal(await fixture.client.siteId("A\u030aland"), composed.siteId);
  });

  for (const site of ["Harbour", "harbour", "HARBOUR"]) {
    it(`is found by the name ${site}`, async () => {
      const fixture = await OmadaFixture.start();

      await fixture.query(LED, { site });

      assert.deepEqual(fixture.requests(), [SITES, "GET v1/{id}/sites/{Harbour}/led"]);
    });
  }

  it("is not looked up if its id is set", async () => {
    const fixture = await OmadaFixture.start();

    await fixture.query(LED, { site: fixture.omada.site("Depot").siteId });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
  });

  it("is not looked up if the path has no placeholder for it", async () => {
    const fixture = await OmadaFixture.start();

    await fixture.query("sites", { site: "Nowhere" });

    assert.deepEqual(fixture.requests(), [SITES]);
  });

  it("is cached", async () => {
    const fixture = await OmadaFixture.start();

    for (const site of ["Harbour", "Depot", "Harbour"]) await fixture.query(LED, { site });

    assert.equal(fixture.omada.calls(/sites$/), 1);
  });

  it("is looked up once for all concurrent queries", async () => {
    const fixture = await OmadaFixture.start();

    await Promise.all(["Harbour", "Depot", "harbour", "depot"].map((site) => fixture.query(LED, { site })));

    assert.equal(fixture.omada.calls(/sites$/), 1);
  });

  it("is awaited by other queries when one of them is aborted", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.server.injectFault({ kind: "hang" }, { times: 9, when: ({ path }) => path.endsWith("sites") });
    const query = { method: "GET", path: LED, site: "Harbour", params: {}, all: true, limit: 0 } as const;

    const aborted = fixture.client.query(query, { signal: AbortSignal.timeout(20) });
    const waiting = fixture.queryError(LED, { site: "Depot" });

    await assert.rejects(aborted, { name: "TimeoutError" });
    await fixture.close();
    assert.equal((await waiting).code, "cancelled");
  });

  it("is found by its exact name if others differ in case only", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.addSite("DEPOT");

    await fixture.query(LED, { site: "DEPOT" });

    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{DEPOT}/led");
  });

  it("is an input error with the ids if several sites have its name", async () => {
    const fixture = await OmadaFixture.start();
    const ids = [fixture.omada.site("Depot"), fixture.omada.addSite("DEPOT")].map(({ siteId }) => siteId);

    const error = await fixture.queryError(LED, { site: "depot" });

    assert.equal(error.code, "input");
    assert.ok(ids.every((id) => error.message.includes(id)));
    assert.equal(fixture.omada.calls(/led$/), 0);
  });

  it("is found by its id if another has that name, and by its name without the spaces around it", async () => {
    const fixture = await OmadaFixture.start();
    Object.assign(fixture.omada.addSite("Old"), { siteId: "old" });
    Object.assign(fixture.omada.addSite("old"), { siteId: "other" });
    Object.assign(fixture.omada.addSite(" Padded "), { siteId: "padded" });

    for (const site of ["old", "padded"]) await fixture.query(LED, { site });

    assert.equal(fixture.omada.calls(/sites\/old\/led$/), 1);
    assert.equal(fixture.omada.calls(/sites\/padded\/led$/), 1);
  });

  it("that does not exist is an error with the names of the others", async () => {
    const fixture = await OmadaFixture.start();

    const error = await fixture.queryError(LED, { site: "Nowhere" });

    assert.equal(error.code, "not-found");
    assert.equal(error.message, 'There is no site "Nowhere". The sites are: "Harbour", "Depot".');
  });

  it("that does not exist is looked up again after a minute, not before", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.queryError(LED, { site: "Nowhere" });
    fixture.clock.at += 59_000;
    await fixture.queryError(LED, { site: "Nowhere" });
    const callsBefore = fixture.omada.calls(/sites$/);
    fixture.omada.addSite("Nowhere");
    fixture.clock.at += 2_000;

    await fixture.query(LED, { site: "Nowhere" });

    assert.deepEqual([callsBefore, fixture.omada.calls(/sites$/)], [1, 2]);
  });

  it("that was renamed is found by its old name for ten minutes at most", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.query(LED, { site: "Depot" });
    fixture.omada.site("Depot").name = "Barn";
    fixture.clock.at += 601_000;

    const error = await fixture.queryError(LED, { site: "Depot" });

    assert.equal(error.code, "not-found");
  });

  it("that was made anew is looked up again as soon as the controller does not know its former id", async () => {
    const fixture = await OmadaFixture.start();
    const { omada } = fixture;
    await fixture.query(LED, { site: "Depot" });
    omada.removeSite(omada.site("Depot"));
    omada.addSite("Depot");
    fixture.clock.at += 61_000;

    await Promise.all([1, 2, 3].map(() => fixture.query(LED, { site: "Depot" })));

    assert.deepEqual([omada.calls(/sites$/), omada.calls(/led$/)], [2, 7]);
  });

  it("whose id the controller does not know is looked up once a minute at most", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/led$/, { body: { errorCode: -33000, msg: "no" } }, 99);

    const errors = [await fixture.queryError(LED, { site: "Depot" }), await fixture.queryError(LED, { site: "Depot" })];

    assert.deepEqual(
      errors.map(({ code }) => code),
      ["not-found", "not-found"],
    );
    assert.deepEqual([fixture.omada.calls(/sites$/), fixture.omada.calls(/led$/)], [1, 2]);
  });

  it("is asked for twice at most, whatever its id looks like", async () => {
    const fixture = await OmadaFixture.start();
    Object.assign(fixture.omada.addSite("Barn"), { siteId: "a barn" });
    fixture.respondWith(/led$/, { body: { errorCode: -33000, msg: "no" } }, 9);

    const error = await fixture.queryError(LED, { site: "Barn" });

    assert.equal(error.code, "not-found");
    assert.equal(fixture.omada.calls(/led$/), 2);
  });

  it("that does not exist is looked up again although the clock was set back", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.queryError(LED, { site: "Nowhere" });
    fixture.omada.addSite("Nowhere");
    fixture.clock.at -= 86_400_000;

    await fixture.query(LED, { site: "Nowhere" });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("is found in a list of several pages", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.maxPageSize = 10;
    for (let number = 1; number <= 40; number++) fixture.omada.addSite(`Branch ${number}`);

    await fixture.query(LED, { site: "branch 37" });

    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{Branch 37}/led");
  });

  it("is found although other rows of the list are none, and if its id is a number", async () => {
    const fixture = await OmadaFixture.start();
    const { omada } = fixture;
    const rows = [null, "site", { name: "No id" }, { siteId: 17, name: "Numbered" }, ...omada.sites];
    const result = { totalRows: rows.length, currentPage: 1, currentSize: 1000, data: rows };
    fixture.respondWith(/sites$/, { body: { errorCode: 0, result } });

    await fixture.query(LED, { site: "Harbour" });
    const error = await fixture.queryError(LED, { site: "Numbered" });

    assert.equal(error.details.vendorCode, -33000);
    assert.match(omada.server.journal.at(-1)?.path ?? "", /\/sites\/17\/led$/);
  });

  it("is found if another has no name", async () => {
    const fixture = await OmadaFixture.start();
    Object.assign(fixture.omada.addSite("?"), { name: null });

    await fixture.query(LED, { site: "Harbour" });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("may have a name with characters that a path must not contain", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.addSite("Shop/Store? #1");

    await fixture.query(LED, { site: "Shop/Store? #1" });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("of a customer is found by its name in the path of a service provider", async () => {
    const fixture = await OmadaFixture.start({ msp: true });
    const { omada } = fixture;
    const path = "msp/{mspId}/customers/{customerId}/sites/{siteId}";

    await fixture.queryError(path, { site: "boatyard", params: { customerId: omada.customers[1]?.customerId } });

    assert.deepEqual(
      fixture.requests().map((request) => request.split("?")[0]),
      ["GET v1/msp/{id}/sites", `GET v1/msp/{id}/customers/${omada.customers[1]?.customerId}/sites/{Boatyard}`],
    );
  });

  it("is not found, and nothing is cached, when the list cannot be fetched", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/sites$/, { body: { errorCode: -1007, msg: "no" } });

    const error = await fixture.queryError(LED, { site: "Harbour" });
    await fixture.query(LED, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});
