import assert from "node:assert/strict";
import { until } from "../../support/http-fixture";
import type { Row } from "../../support/simulators/omada/rows";
import type { OmadaWorld } from "../../support/simulators/omada/world";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { addClientsFirst, CLIENTS, macsOf, pause, requestedPages, startWithClients } from "./list-fixture";

describe("A list of the Omada client", () => {
  it("is read to its end: 2,345 clients in order, without duplicates", async () => {
    const { fixture, site, macs } = await startWithClients(2345);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 2345, pages: 3 });
    assert.deepEqual(requestedPages(fixture), [1, 2, 3]);
  });

  for (const [what, firstHanging, expected] of [
    ["by requesting page 1 first", 1, [1]],
    ["by requesting up to eight further pages at the same time", 2, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ] as const) {
    it(`is read ${what}`, async () => {
      const { fixture, site } = await startWithClients(200);
      const hangs = ({ query }: RecordedRequest): boolean => Number(query.get("page")) >= firstHanging;
      fixture.omada.server.injectFault({ kind: "hang" }, { times: 99, when: hangs });

      const error = fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });
      await until(() => requestedPages(fixture).length >= expected.length);
      await pause(50);

      assert.deepEqual(requestedPages(fixture).toSorted(), expected);
      await fixture.close();
      assert.equal((await error).code, "cancelled");
    });
  }

  it("is returned in order although its pages arrive in another order", async () => {
    const { fixture, site, macs } = await startWithClients(50);
    fixture.omada.server.injectFault({ kind: "delay", ms: 60 }, { when: ({ query }) => query.get("page") === "2" });

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
  });

  it("returns a row once that moves to a later page meanwhile", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    const { omada } = fixture;
    omada.onPage = (page) => page === 2 && addClientsFirst(fixture, 1);

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    const readMacs = macsOf(payload);
    assert.deepEqual([readMacs.length, new Set(readMacs).size], [25, 25]);
    assert.deepEqual(readMacs, macs);
  });

  for (const [path, rows] of Object.entries({
    "sites/{siteId}/clients": ({ clients }: OmadaWorld) => clients,
    "sites/{siteId}/devices": ({ devices }: OmadaWorld) => devices,
    sites: ({ sites }: OmadaWorld) => sites,
    "sites/{siteId}/logs/events": ({ events }: OmadaWorld) => events,
  })) {
    it(`returns a row of ${path} once that changes while it moves`, async () => {
      const { fixture, site } = await startWithClients(25);
      const { omada } = fixture;
      const yard = omada.sites.at(-1);
      for (let number = 1; number <= 22; number++) {
        omada.addSite(`Branch ${number}`);
        omada.devices.push({ ...omada.device("Hall AP"), siteId: site, mac: `02-00-00-00-00-${number}` });
        omada.events.push({ siteId: site, id: `event ${number}`, key: "", module: "", time: omada.now() - number });
      }
      omada.onPage = (page) => {
        // The last row moves to the start, and all rows change.
        const all = rows(omada) as Row[];
        if (page === 2) all.unshift(...all.splice(-1));
        if (page === 2) for (const row of all) if (row !== yard) Object.assign(row, { changed: true });
      };
      const params = { pageSize: 10, "filters.timeStart": 0, "filters.timeEnd": omada.now() };

      const { payload } = await fixture.query(path, { site, params });

      const keys = (payload as Row[]).map(({ id, mac, siteId }) => id ?? mac ?? siteId);
      assert.equal(new Set(keys).size, keys.length);
      assert.ok(keys.length > 20);
    });
  }

  it("is read to its end although the id of each row is blank", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    for (const client of fixture.omada.clients) client["id"] = "";

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
  });

  it("returns equal rows of one page separately", async () => {
    const { fixture, site } = await startWithClients(0);
    const row = { name: "twin" };
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: 2, data: [row, { ...row }] } } });

    const { names } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(names, ["twin", "twin"]);
  });

  it("ends at the new total when it shrinks meanwhile", async () => {
    const { fixture, site, macs } = await startWithClients(95);
    fixture.omada.maxPageSize = 10;
    fixture.omada.reportTotal = (totalRows, page) => (page < 5 ? totalRows : 60);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs.slice(0, 60));
    assert.deepEqual(details, { totalRows: 60, pages: 6 });
  });

  it("continues to the new total when it grows meanwhile", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    const { omada } = fixture;
    omada.onPage = (page) => {
      if (page === 3) macs.push(...omada.addClients(omada.site("Yard"), 20).map(({ mac }) => mac));
    };

    const { payload, details } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 45, pages: 5 });
  });

  for (const total of [-1, 0, 7, "x", null, undefined, 2.5, 1e21, true]) {
    it(`is read to its end although the controller reports a total of ${JSON.stringify(total)}`, async () => {
      const { fixture, site, macs } = await startWithClients(25);
      fixture.omada.reportTotal = () => total;

      const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

      assert.deepEqual(macsOf(payload), macs);
    });
  }

  for (const total of ["many", 25.5, 1e21]) {
    it(`shows no total if the controller reports ${total}`, async () => {
      const { fixture, site } = await startWithClients(25);
      fixture.omada.reportTotal = () => total;

      const { details } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

      assert.deepEqual(details, { totalRows: null, pages: 4 });
    });
  }

  it("has the total that the controller reports as text", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    fixture.omada.reportTotal = (total) => String(total);

    const { payload, details } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 25, pages: 3 });
  });

  it("is read to its end although the controller reports a total of a billion", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    fixture.omada.reportTotal = () => 1e9;

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.ok(requestedPages(fixture).length <= 9);
  });

  it("is read to its end when the controller returns fewer rows per page than requested", async () => {
    const { fixture, site, macs } = await startWithClients(95);
    fixture.omada.maxPageSize = 10;

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 95, pages: 10 });
    assert.deepEqual(requestedPages(fixture).length, 10);
  });

  it("is read to its end when the controller returns fewer rows per page and no total", async () => {
    const { fixture, site, macs } = await startWithClients(25);
    fixture.omada.maxPageSize = 10;
    fixture.omada.reportTotal = () => undefined;

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
  });

  const page = (rows: number): object[] => Array.from({ length: rows }, (_, index) => ({ mac: `mac ${index}` }));
  for (const [what, result] of [
    ["and reports a larger total", { totalRows: 25, data: page(10) }],
    ["and reports a huge total", { totalRows: 1e9, data: page(10) }],
    ["and reports no total", { data: page(10) }],
  ] as const) {
    it(`fails when the controller sends the same page forever ${what}`, async () => {
      const { fixture, site } = await startWithClients(0);
      fixture.respondWith(/clients$/, { body: { errorCode: 0, result } }, 1000);

      const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

      assert.equal(error.code, "protocol");
      assert.ok(requestedPages(fixture).length < 20);
    });
  }

  it("is complete when a controller without pages sends the same rows again", async () => {
    const { fixture, site } = await startWithClients(0);
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { data: page(3) } } }, 1000);

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(payload, page(3));
  });

  it("may be empty", async () => {
    const { fixture, site } = await startWithClients(0);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual([payload, details], [[], { totalRows: 0, pages: 1 }]);
    assert.deepEqual(requestedPages(fixture), [1]);
  });

  for (const rows of [{}, { data: null }]) {
    it(`may be empty, with ${JSON.stringify(rows)} instead of rows`, async () => {
      const { fixture, site } = await startWithClients(0);
      fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: 0, ...rows } } });

      assert.deepEqual((await fixture.query(CLIENTS, { site })).payload, []);
    });
  }
});
