import assert from "node:assert/strict";
import { systemClock } from "../../../src/core/clock";
import { boundsOf, ListBudget } from "../../../src/omada/list-budget";
import { fetchPages, rowIdentity } from "../../../src/omada/pagination";
import { OmadaFixture, platformErrorOf } from "../../support/omada-fixture";

const SITES = /\/sites$/;
const CLIENTS = "sites/{siteId}/clients";

/** Lets every page of the lists whose path matches be full of new rows. */
function makeEndless({ omada }: OmadaFixture, pattern: RegExp, buildRow: (id: string) => object, rowsPerPage = 1000) {
  let rows = 0;
  omada.server.onResponse = ({ path }, response) => {
    if (!pattern.test(path) || omada.sites.some(({ siteId }) => path.endsWith(siteId))) return;
    const data = Array.from({ length: rowsPerPage }, () => buildRow(String(++rows)));
    Object.assign(response, { body: { errorCode: 0, result: { totalRows: 1e9, data } } });
  };
}

const client = (id: string): object => ({ mac: id, id });

describe("A list that never ends", () => {
  it("is an error after 200,000 rows", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, /clients$/, client);

    const error = await fixture.queryError(CLIENTS, { site: fixture.omada.site("Harbour").siteId });

    assert.equal(error.code, "protocol");
    assert.match(error.message, /does not end within 200,000 rows or 64 MB\. Filter it, set its "limit"/);
    assert.ok(fixture.omada.calls(/clients$/) < 220, String(fixture.omada.calls(/clients$/)));
  }).timeout(30_000);

  it("is an error after 64 MB, however few rows these are", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, /clients$/, (id) => ({ id, text: "x".repeat(4_000_000) }), 1);

    const error = await fixture.queryError(CLIENTS, { site: fixture.omada.site("Harbour").siteId });

    assert.match(error.message, /does not end within/);
    assert.ok(fixture.omada.calls(/clients$/) < 30, String(fixture.omada.calls(/clients$/)));
  }).timeout(30_000);

  for (const [length, concurrent] of [
    [100_000, 8],
    [4_000_000, 5],
    [16_000_000, 2],
  ] as const) {
    it(`is read with ${concurrent} pages at the same time if each has ${length} characters`, async () => {
      const budget = new ListBudget(boundsOf(0, true), systemClock);
      const requested: number[] = [];
      const fetchPage = async (page: number): Promise<{ totalRows: number; data: unknown[] }> => {
        requested.push(page);
        budget.addLength(length);
        return { totalRows: 100, data: [{ id: page }] };
      };
      const options = { firstPage: 1, pageSize: 1, limit: 0, identity: rowIdentity("rows"), budget };

      const pages = fetchPages(fetchPage, options, () => undefined);
      for (let page = 0; page < 2; page++) await pages.next();
      await pages.return();

      // The first page has been read, and the second one as well.
      assert.equal(requested.length, 1 + concurrent);
    });
  }

  it("is an error after a quarter of an hour", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, /clients$/, client, 1);
    fixture.omada.server.onRequest = () => void (fixture.clock.at += 60_000);

    const error = await fixture.queryError(CLIENTS, { site: fixture.omada.site("Harbour").siteId });

    assert.equal(error.code, "timeout");
    assert.match(error.message, /within 15 minutes/);
  });

  it("is read up to a limit, also if that is higher", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, /clients$/, client, 10_000);

    const query = { site: fixture.omada.site("Harbour").siteId, limit: 200_001, params: { pageSize: 1000 } };
    const { payload } = await fixture.query(CLIENTS, query);

    assert.equal((payload as unknown[]).length, 200_001);
  }).timeout(30_000);

  it("is an error with a page of a million rows", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, /clients$/, () => [], 1_000_000);

    const error = await fixture.queryError(CLIENTS, { site: fixture.omada.site("Harbour").siteId });

    assert.match(error.message, /does not end within/);
    assert.equal(fixture.omada.calls(/clients$/), 1);
  }).timeout(30_000);

  it("does not hold up the look-up of a site", async () => {
    const fixture = await OmadaFixture.start();
    makeEndless(fixture, SITES, (id) => ({ siteId: id, name: `Site ${id}` }), 1);
    fixture.omada.server.onRequest = () => void (fixture.clock.at += 30_000);

    const error = await platformErrorOf(fixture.client.siteId("Harbour"));

    assert.deepEqual([error.code, fixture.omada.calls(SITES) < 20], ["timeout", true]);
  });
});

describe("What lies beside the rows of a list", () => {
  it("is returned in the details, whatever it is", async () => {
    const fixture = await OmadaFixture.start();
    const site = fixture.omada.site("Harbour").siteId;

    const { details, beside } = await fixture.query(CLIENTS, { site, params: { pageSize: 3 }, limit: 5 });

    assert.deepEqual(details, { totalRows: 10, pages: 2 });
    assert.deepEqual(beside, { clientStat: { total: 10, wireless: 5 } });
  });

  it("are the limits of a voucher group beside its vouchers", async () => {
    const fixture = await OmadaFixture.start();
    const group = { id: "g1", name: "Guests", limitType: 1, limitNum: 2, duration: 60, unusedCount: 1 };
    const page = { totalRows: 1, currentPage: 1, currentSize: 1000, data: [{ id: "v1", code: "123456" }] };
    fixture.respondWith(/voucher-groups\/g1$/, { body: { errorCode: 0, result: { ...group, ...page } } });
    const query = { site: fixture.omada.site("Harbour").siteId, params: { groupId: "g1" } };

    const { payload, beside } = await fixture.query("sites/{siteId}/hotspot/voucher-groups/{groupId}", query);

    assert.deepEqual(payload, [{ id: "v1", code: "123456" }]);
    assert.deepEqual(beside, group);
  });

  it("is left out if there is nothing", async () => {
    const { beside } = await (await OmadaFixture.start()).query("sites");

    assert.equal(beside, undefined);
  });
});
