import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { isPlatformError } from "../../../src/core/errors";
import type { OmadaQuery } from "../../../src/omada/client";
import { idleDuring } from "../../support/http-fixture";
import { OmadaFixture } from "../../support/omada-fixture";
import type { Row } from "../../support/simulators/omada/rows";
import type { OmadaWorld } from "../../support/simulators/omada/world";
import type { RecordedRequest } from "../../support/simulators/simulated-server";

const CLIENTS = "sites/{siteId}/clients";

/** A site with so many clients, and its id. */
async function crowd(
  count: number,
  concurrency?: number,
): Promise<{ fixture: OmadaFixture; site: string; macs: string[] }> {
  const fixture = await OmadaFixture.start({}, {}, concurrency);
  const yard = fixture.omada.addSite("Yard");
  const macs = fixture.omada.addClients(yard, count).map(({ mac }) => mac);
  return { fixture, site: yard.siteId, macs };
}

const macsOf = (payload: unknown): unknown[] => (payload as { mac: string }[]).map(({ mac }) => mac);

/** Lets clients arrive that are listed before all others. */
function arrive({ omada }: OmadaFixture, count: number): void {
  const arrivals = omada.addClients(omada.site("Yard"), count);
  omada.clients = [...arrivals, ...omada.clients.slice(0, -count)];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const pagesAsked = (fixture: OmadaFixture, name: "page" | "pageSize" = "page"): number[] =>
  fixture.omada.server.journal.filter(({ query }) => query.has(name)).map(({ query }) => Number(query.get(name)));

describe("A list of the Omada client", () => {
  it("is read to its end: 2,345 clients in order, none twice", async () => {
    const { fixture, site, macs } = await crowd(2345);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 2345, pages: 3 });
    assert.deepEqual(pagesAsked(fixture), [1, 2, 3]);
  });

  for (const [what, hanging, asked] of [
    ["page 1 first", 1, [1]],
    ["the others side by side, at most eight of them", 2, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ] as const) {
    it(`is read ${what}`, async () => {
      const { fixture, site } = await crowd(200);
      const late = ({ query }: RecordedRequest): boolean => Number(query.get("page")) >= hanging;
      fixture.omada.server.injectFault({ kind: "hang" }, { times: 99, when: late });

      const reading = fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });
      while (pagesAsked(fixture).length < asked.length) await pause(5);
      await pause(50);

      assert.deepEqual(pagesAsked(fixture).toSorted(), asked);
      await fixture.close();
      assert.equal((await reading).code, "cancelled");
    });
  }

  it("comes in order although its pages come in another", async () => {
    const { fixture, site, macs } = await crowd(50);
    fixture.omada.server.injectFault({ kind: "delay", ms: 60 }, { when: ({ query }) => query.get("page") === "2" });

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
  });

  it("gives a row once that moved to a later page meanwhile", async () => {
    const { fixture, site, macs } = await crowd(25);
    const { omada } = fixture;
    omada.onPage = (page) => page === 2 && arrive(fixture, 1);

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    const read = macsOf(payload);
    assert.deepEqual([read.length, new Set(read).size], [25, 25]);
    assert.deepEqual(read, macs);
  });

  for (const [path, rows] of Object.entries({
    "sites/{siteId}/clients": ({ clients }: OmadaWorld) => clients,
    "sites/{siteId}/devices": ({ devices }: OmadaWorld) => devices,
    sites: ({ sites }: OmadaWorld) => sites,
    "sites/{siteId}/logs/events": ({ events }: OmadaWorld) => events,
  })) {
    it(`knows a row of ${path} again that changed while it moved`, async () => {
      const { fixture, site } = await crowd(25);
      const { omada } = fixture;
      const crowded = omada.sites.at(-1);
      for (let number = 1; number <= 22; number++) {
        omada.addSite(`Branch ${number}`);
        omada.devices.push({ ...omada.device("Hall AP"), siteId: site, mac: `02-00-00-00-00-${number}` });
        omada.events.push({ siteId: site, id: `event ${number}`, key: "", module: "", time: omada.now() - number });
      }
      omada.onPage = (page) => {
        // What came last is listed first now, and everything looks another way.
        const all = rows(omada) as Row[];
        if (page === 2) all.unshift(...all.splice(-1));
        if (page === 2) for (const row of all) if (row !== crowded) Object.assign(row, { seen: "lately" });
      };
      const params = { pageSize: 10, "filters.timeStart": 0, "filters.timeEnd": omada.now() };

      const { payload } = await fixture.query(path, { site, params });

      const keys = (payload as Row[]).map(({ id, mac, siteId }) => id ?? mac ?? siteId);
      assert.equal(new Set(keys).size, keys.length);
      assert.ok(keys.length > 20);
    });
  }

  it("is read to its end although the id of each row is blank", async () => {
    const { fixture, site, macs } = await crowd(25);
    for (const client of fixture.omada.clients) client["id"] = "";

    const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
  });

  it("keeps rows apart that look alike", async () => {
    const { fixture, site } = await crowd(0);
    const row = { name: "twin" };
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: 2, data: [row, { ...row }] } } });

    const { names } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(names, ["twin", "twin"]);
  });

  it("ends where the controller says so when it shrinks meanwhile", async () => {
    const { fixture, site, macs } = await crowd(95);
    fixture.omada.maxPageSize = 10;
    fixture.omada.reportTotal = (totalRows, page) => (page < 5 ? totalRows : 60);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs.slice(0, 60));
    assert.deepEqual(details, { totalRows: 60, pages: 6 });
  });

  it("goes on when it grows meanwhile", async () => {
    const { fixture, site, macs } = await crowd(25);
    const { omada } = fixture;
    omada.onPage = (page) => {
      if (page === 3) macs.push(...omada.addClients(omada.site("Yard"), 20).map(({ mac }) => mac));
    };

    const { payload, details } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 45, pages: 5 });
  });

  for (const said of [-1, 0, 7, "x", null, undefined, 2.5, 1e21, true]) {
    it(`is read to its end although the controller says that it has ${JSON.stringify(said)} rows`, async () => {
      const { fixture, site, macs } = await crowd(25);
      fixture.omada.reportTotal = () => said;

      const { payload } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

      assert.deepEqual(macsOf(payload), macs);
    });
  }

  for (const said of ["many", 25.5, 1e21]) {
    it(`shows no total where the controller says ${said}`, async () => {
      const { fixture, site } = await crowd(25);
      fixture.omada.reportTotal = () => said;

      const { details } = await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });

      assert.deepEqual(details, { totalRows: null, pages: 4 });
    });
  }

  it("is read to its end although the controller says that it has a milliard rows", async () => {
    const { fixture, site, macs } = await crowd(25);
    fixture.omada.reportTotal = () => 1e9;

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.ok(pagesAsked(fixture).length <= 9);
  });

  it("is read to its end when the controller gives less in a page than was asked for", async () => {
    const { fixture, site, macs } = await crowd(95);
    fixture.omada.maxPageSize = 10;

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
    assert.deepEqual(details, { totalRows: 95, pages: 10 });
    assert.deepEqual(pagesAsked(fixture).length, 10);
  });

  it("is read to its end when the controller gives less and says no total", async () => {
    const { fixture, site, macs } = await crowd(25);
    fixture.omada.maxPageSize = 10;
    fixture.omada.reportTotal = () => undefined;

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(macsOf(payload), macs);
  });

  const page = (rows: number): object[] => Array.from({ length: rows }, (_, index) => ({ mac: `mac ${index}` }));
  for (const [what, result] of [
    ["and says that there are more", { totalRows: 25, data: page(10) }],
    ["and says that there are very many more", { totalRows: 1e9, data: page(10) }],
    ["and says no total", { data: page(10) }],
  ] as const) {
    it(`is an error when the controller sends the same page for ever ${what}`, async () => {
      const { fixture, site } = await crowd(0);
      fixture.respondWith(/clients$/, { body: { errorCode: 0, result } }, 1000);

      const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

      assert.equal(error.code, "protocol");
      assert.ok(pagesAsked(fixture).length < 20);
    });
  }

  it("is whole when a controller that knows no pages sends it again", async () => {
    const { fixture, site } = await crowd(0);
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { data: page(3) } } }, 1000);

    const { payload } = await fixture.query(CLIENTS, { site });

    assert.deepEqual(payload, page(3));
  });

  it("may be empty", async () => {
    const { fixture, site } = await crowd(0);

    const { payload, details } = await fixture.query(CLIENTS, { site });

    assert.deepEqual([payload, details], [[], { totalRows: 0, pages: 1 }]);
    assert.deepEqual(pagesAsked(fixture), [1]);
  });

  for (const rows of [{}, { data: null }]) {
    it(`may be empty and have ${JSON.stringify(rows)} for rows`, async () => {
      const { fixture, site } = await crowd(0);
      fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: 0, ...rows } } });

      assert.deepEqual((await fixture.query(CLIENTS, { site })).payload, []);
    });
  }

  const some: [string, Partial<OmadaQuery>, [number, number], number[], number[]][] = [
    ["all from a page on", { params: { page: 3, pageSize: 10 } }, [20, 45], [3, 4, 5], [10, 10, 10]],
    ["all from the last page on", { params: { page: "5", pageSize: "10" } }, [40, 45], [5], [10]],
    ["one page", { all: false, params: { pageSize: 10 } }, [0, 10], [1], [10]],
    ["one page of its own", { all: false, params: { page: 2, pageSize: 10 } }, [10, 20], [2], [10]],
    ["the last page", { all: false, params: { page: 5, pageSize: 10 } }, [40, 45], [5], [10]],
    ["a page beyond its end", { all: false, params: { page: 9, pageSize: 10 } }, [0, 0], [9], [10]],
    ["part of one page", { all: false, limit: 7 }, [0, 7], [1], [7]],
    ["part of one page of its own", { all: false, limit: 7, params: { page: 2, pageSize: 10 } }, [10, 17], [2], [10]],
    ["its beginning", { limit: 7 }, [0, 7], [1], [7]],
    ["its beginning over several pages", { limit: 25, params: { pageSize: 10 } }, [0, 25], [1, 2, 3], [10, 10, 10]],
    ["all below a high limit", { limit: 900 }, [0, 45], [1], [900]],
    ["all below a limit beyond one page", { limit: 5000 }, [0, 45], [1], [1000]],
  ];
  for (const [what, query, [from, to], pages, sizes] of some) {
    it(`gives ${what}`, async () => {
      const { fixture, site, macs } = await crowd(45);

      const { payload, details } = await fixture.query(CLIENTS, { site, ...query });

      assert.deepEqual(macsOf(payload), macs.slice(from, to));
      assert.deepEqual(details, { totalRows: 45, pages: pages.length });
      assert.deepEqual([pagesAsked(fixture), pagesAsked(fixture, "pageSize")], [pages, sizes]);
    });
  }

  it("is asked for no further than its limit", async () => {
    const { fixture, site } = await crowd(60);
    await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });
    fixture.omada.server.journal.length = 0;

    await fixture.query(CLIENTS, { site, limit: 25, params: { pageSize: 10 } });

    await pause(100);
    assert.deepEqual(pagesAsked(fixture).toSorted(), [1, 2, 3]);
  });

  it("gives as many rows as wanted although some came twice", async () => {
    const { fixture, site, macs } = await crowd(45);
    const { omada } = fixture;
    omada.onPage = (page) => page === 2 && arrive(fixture, 2);

    const { payload } = await fixture.query(CLIENTS, { site, limit: 25, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs.slice(0, 25));
  });

  it("fails with the page that fails, and asks for no more", async () => {
    const { fixture, site } = await crowd(300);
    const third = ({ query }: RecordedRequest): boolean => query.get("page") === "3";
    fixture.omada.server.injectFault({ kind: "response", body: { errorCode: -30028, msg: "busy" } }, { when: third });

    const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    assert.equal(error.code, "busy");
    assert.ok(pagesAsked(fixture).length < 15);
  });

  it("fails in its turn when a page fails before an earlier one has come", async () => {
    const { fixture, site } = await crowd(30);
    const failing = { body: { errorCode: -30028, msg: "busy" } };
    fixture.omada.server.injectFault({ kind: "delay", ms: 60 }, { when: ({ query }) => query.get("page") === "2" });
    fixture.omada.server.injectFault(
      { kind: "response", ...failing },
      { when: ({ query }) => query.get("page") === "3" },
    );
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const reading = await fixture.client.query(query);
    assert.ok("pages" in reading);
    const pages = reading.pages[Symbol.asyncIterator]();
    const orphans: unknown[] = [];
    const orphaned = (error: unknown): unknown => orphans.push(error);
    process.on("unhandledRejection", orphaned);

    const lengths = [(await pages.next()).value.length, (await pages.next()).value.length];

    process.off("unhandledRejection", orphaned);
    assert.deepEqual([lengths, orphans], [[10, 10], []]);
    await assert.rejects(Promise.resolve(pages.next()), (error) => isPlatformError(error, "busy"));
  });

  it("fails when a later page is no page", async () => {
    const { fixture, site } = await crowd(30);
    const third = ({ query }: RecordedRequest): boolean => query.get("page") === "3";
    fixture.omada.server.injectFault(
      { kind: "response", body: { errorCode: 0, result: { total: 30 } } },
      { when: third },
    );

    const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    assert.equal(error.code, "protocol");
  });

  it("gives up the pages under way when one has failed", async () => {
    const { fixture, site } = await crowd(200, 1);
    const failing = { body: { errorCode: -30028, msg: "busy" } };
    fixture.omada.server.injectFault(
      { kind: "response", ...failing },
      { when: ({ query }) => query.get("page") === "2" },
    );
    fixture.omada.server.injectFault(
      { kind: "hang" },
      { times: 9, when: ({ query }) => Number(query.get("page")) > 2 },
    );
    await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    const idleMs = await idleDuring(() => fixture.query("sites/{siteId}/led", { site }));

    assert.ok(idleMs < 2500, "the line was still taken");
  });

  it("is asked for no further than it is read", async () => {
    const { fixture, site } = await crowd(200);
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const reading = await fixture.client.query(query);
    assert.ok("pages" in reading);

    for await (const rows of reading.pages) if (rows.length) break;

    await pause(20);
    assert.deepEqual(pagesAsked(fixture), [1]);
  });

  it("can be given up by its reader's signal", async () => {
    const { fixture, site } = await crowd(30);
    fixture.omada.server.injectFault({ kind: "hang" }, { when: ({ query }) => query.get("page") === "2" });
    const giveUp = new AbortController();
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const reading = await fixture.client.query(query, { signal: giveUp.signal, trace: createTrace() });
    assert.ok("pages" in reading);
    const rest = reading.pages[Symbol.asyncIterator]();
    await rest.next();

    const next = rest.next();
    giveUp.abort(new Error("enough"));

    await assert.rejects(next, /enough/);
  });

  it("of a log is read in pages that logs know", async () => {
    const { fixture, site } = await crowd(0);
    const { omada } = fixture;
    const now = omada.now();
    const log = { siteId: site, key: "DEV_CONN", module: "Device" };
    omada.events = Array.from({ length: 250 }, (_, index) => ({ ...log, id: `event ${index}`, time: now - index }));
    const params = { filters: { timeStart: now - 1000, timeEnd: now } };

    const { payload, details } = await fixture.query("sites/{siteId}/logs/events", { site, params, limit: 205 });

    const ids = (payload as { id: string }[]).map(({ id }) => id);
    assert.deepEqual(
      ids,
      omada.events.slice(0, 205).map(({ id }) => id),
    );
    assert.deepEqual(details, { totalRows: 250, pages: 3 });
    assert.deepEqual(pagesAsked(fixture, "pageSize"), [100, 100, 100]);
    assert.equal(omada.calls(/events$/), 3);
  });

  it("of a log gives its beginning in pages that logs know", async () => {
    const { fixture } = await crowd(0);
    const params = { "filters.timeStart": 0, "filters.timeEnd": fixture.omada.now() };

    const { payload } = await fixture.query("sites/{siteId}/logs/events", { site: "Harbour", params, limit: 3 });

    assert.equal((payload as object[]).length, 3);
  });

  it("of a log in a page of its own is read in the owner's size", async () => {
    const { fixture } = await crowd(0);
    const params = { "filters.timeStart": 0, "filters.timeEnd": fixture.omada.now(), pageSize: 10 };

    const { payload } = await fixture.query("sites/{siteId}/logs/alerts", { site: "Harbour", params });

    assert.equal((payload as object[]).length, 2);
    assert.deepEqual(pagesAsked(fixture, "pageSize").slice(-1), [10]);
  });
});

describe("An answer without pages", () => {
  it("is an array where the controller sends one", async () => {
    const fixture = await OmadaFixture.start();

    const { names, details } = await fixture.query("sites/{siteId}/devices/all", { site: "Harbour" });

    assert.deepEqual(names, ["Harbour gateway", "Harbour switch", "Hall AP", "Quay AP"]);
    assert.deepEqual(details, {});
    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{Harbour}/devices/all");
  });

  it("is an object where the controller sends one", async () => {
    const fixture = await OmadaFixture.start();

    const { payload } = await fixture.query("sites/{siteId}", { site: "Harbour" });

    assert.equal((payload as { name: string }).name, "Harbour");
  });

  it("comes also from an operation that wants a page and sends no rows", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/devices$/, { body: { errorCode: 0, result: { count: 4 } } });

    const { payload } = await fixture.query("sites/{siteId}/devices", { site: "Harbour" });

    assert.deepEqual(payload, { count: 4 });
  });
});

describe("A list of vouchers", () => {
  const groups = "GET v1/{id}/sites/{Harbour}/hotspot/voucher-groups";

  it("is paged, and what stands beside it is not", async () => {
    const fixture = await OmadaFixture.start();
    const site = fixture.omada.site("Harbour").siteId;
    const path = "sites/{siteId}/hotspot/voucher-groups";

    await fixture.queryError(`${path}/{groupId}`, { site, params: { groupId: "g1" } });
    await fixture.queryError(`${path}/currency-list`, { site });

    assert.deepEqual(fixture.requests(), [`${groups}/g1?page=1&pageSize=1000`, `${groups}/currency-list`]);
  });
});

describe("A list that is in no table", () => {
  const PAGES = { totalRows: 25, data: Array.from({ length: 10 }, (_, index) => ({ id: index })) };
  const isUnpaged = ({ path, query }: RecordedRequest): boolean => path.endsWith("novelties") && !query.has("page");

  /** A controller with a list that came with a later version; `refusal` is what it answers without a page. */
  async function novelties(refusal: object): Promise<OmadaFixture> {
    const fixture = await OmadaFixture.start();
    fixture.omada.server.injectFault({ kind: "response", ...refusal }, { times: 9, when: isUnpaged });
    fixture.omada.server.injectFault(
      { kind: "response", body: { errorCode: 0, result: { ...PAGES, totalRows: 10 } } },
      { times: 9, when: ({ path }) => path.endsWith("novelties") },
    );
    return fixture;
  }

  for (const [what, refusal] of Object.entries({
    "Spring's HTTP 400": { status: 400, body: { status: 400, error: "Bad Request" } },
    "plain HTTP 400": { status: 400, headers: { "content-type": "text/plain" }, body: "Bad Request" },
    "-1001": { body: { errorCode: -1001, msg: "Invalid request parameters." } },
  })) {
    it(`is found out by ${what}, and remembered, for other sites too`, async () => {
      const fixture = await novelties(refusal);
      const [harbour, depot] = ["Harbour", "Depot"].map((name) => ({ site: fixture.omada.site(name).siteId }));

      const readings = [
        await fixture.query("sites/{siteId}/novelties", harbour),
        await fixture.query("sites/{siteId}/novelties", depot),
      ];

      assert.deepEqual(
        readings.map(({ payload, details }) => [(payload as object[]).length, details]),
        Array.from({ length: 2 }, () => [10, { totalRows: 10, pages: 1 }]),
      );
      assert.deepEqual(fixture.requests(), [
        "GET v1/{id}/sites/{Harbour}/novelties",
        "GET v1/{id}/sites/{Harbour}/novelties?page=1&pageSize=1000",
        "GET v1/{id}/sites/{Depot}/novelties?page=1&pageSize=1000",
      ]);
    });
  }

  it("is paged at once where a page is asked for", async () => {
    const fixture = await novelties({ status: 400, body: "" });

    await fixture.query("novelties", { params: { pageSize: 50 } });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/novelties?pageSize=50&page=1"]);
  });

  it("is not asked for twice when it is refused for another reason", async () => {
    const fixture = await novelties({ body: { errorCode: -1005, msg: "no" } });

    const error = await fixture.queryError("novelties");

    assert.equal(error.code, "forbidden");
    assert.equal(fixture.requests().length, 1);
  });

  it("is not asked for twice when it is read by POST", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/statistic$/, { body: { errorCode: -1001, msg: "no" } });

    const error = await fixture.queryError("sites/statistic", { method: "POST" });

    assert.deepEqual([error.code, fixture.requests().length], ["rejected", 1]);
  });

  it("is not remembered as paged when the page does not help", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/novelties$/, { body: { errorCode: -1001, msg: "no" } }, 9);

    await fixture.queryError("novelties");
    await fixture.queryError("novelties");

    const bare = fixture.requests().filter((asked) => asked === "GET v1/{id}/novelties");
    assert.equal(bare.length, 2);
  });
});
