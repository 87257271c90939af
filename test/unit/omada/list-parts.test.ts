import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { isPlatformError } from "../../../src/core/errors";
import type { OmadaQuery } from "../../../src/omada/client";
import { idleMsDuring } from "../../support/http-fixture";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { addClientsFirst, CLIENTS, macsOf, pause, requestedPages, startWithClients } from "./list-fixture";

describe("A list of the Omada client that is read in part", () => {
  const parts: [string, Partial<OmadaQuery>, [number, number], number[], number[]][] = [
    ["all rows from a page on", { params: { page: 3, pageSize: 10 } }, [20, 45], [3, 4, 5], [10, 10, 10]],
    ["the rows from the last page on", { params: { page: "5", pageSize: "10" } }, [40, 45], [5], [10]],
    ["one page", { all: false, params: { pageSize: 10 } }, [0, 10], [1], [10]],
    ["one chosen page", { all: false, params: { page: 2, pageSize: 10 } }, [10, 20], [2], [10]],
    ["the last page", { all: false, params: { page: 5, pageSize: 10 } }, [40, 45], [5], [10]],
    ["a page beyond its end", { all: false, params: { page: 9, pageSize: 10 } }, [0, 0], [9], [10]],
    ["part of one page", { all: false, limit: 7 }, [0, 7], [1], [7]],
    ["part of one chosen page", { all: false, limit: 7, params: { page: 2, pageSize: 10 } }, [10, 17], [2], [10]],
    ["its first rows", { limit: 7 }, [0, 7], [1], [7]],
    ["its first rows over several pages", { limit: 25, params: { pageSize: 10 } }, [0, 25], [1, 2, 3], [10, 10, 10]],
    ["all rows below a high limit", { limit: 900 }, [0, 45], [1], [900]],
    ["all rows below a limit larger than a page", { limit: 5000 }, [0, 45], [1], [1000]],
  ];
  for (const [what, query, [from, to], pages, sizes] of parts) {
    it(`returns ${what}`, async () => {
      const { fixture, site, macs } = await startWithClients(45);

      const { payload, details } = await fixture.query(CLIENTS, { site, ...query });

      assert.deepEqual(macsOf(payload), macs.slice(from, to));
      assert.deepEqual(details, { totalRows: 45, pages: pages.length });
      assert.deepEqual([requestedPages(fixture), requestedPages(fixture, "pageSize")], [pages, sizes]);
    });
  }

  it("is not requested beyond its limit", async () => {
    const { fixture, site } = await startWithClients(60);
    await fixture.query(CLIENTS, { site, params: { pageSize: 10 } });
    fixture.omada.server.journal.length = 0;

    await fixture.query(CLIENTS, { site, limit: 25, params: { pageSize: 10 } });

    await pause(100);
    assert.deepEqual(requestedPages(fixture).toSorted(), [1, 2, 3]);
  });

  it("returns as many rows as its limit although some arrive twice", async () => {
    const { fixture, site, macs } = await startWithClients(45);
    const { omada } = fixture;
    omada.onPage = (page) => page === 2 && addClientsFirst(fixture, 2);

    const { payload } = await fixture.query(CLIENTS, { site, limit: 25, params: { pageSize: 10 } });

    assert.deepEqual(macsOf(payload), macs.slice(0, 25));
  });
});

describe("A list of the Omada client that cannot be read to its end", () => {
  it("fails with the first failing page, and requests no further pages", async () => {
    const { fixture, site } = await startWithClients(300);
    const isThirdPage = ({ query }: RecordedRequest): boolean => query.get("page") === "3";
    fixture.omada.server.injectFault(
      { kind: "response", body: { errorCode: -30028, msg: "busy" } },
      { when: isThirdPage },
    );

    const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    assert.equal(error.code, "busy");
    assert.ok(requestedPages(fixture).length < 15);
  });

  it("returns earlier pages before it fails with a later one that failed first", async () => {
    const { fixture, site } = await startWithClients(30);
    const failure = { body: { errorCode: -30028, msg: "busy" } };
    fixture.omada.server.injectFault({ kind: "delay", ms: 60 }, { when: ({ query }) => query.get("page") === "2" });
    fixture.omada.server.injectFault(
      { kind: "response", ...failure },
      { when: ({ query }) => query.get("page") === "3" },
    );
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const result = await fixture.client.query(query);
    assert.ok("pages" in result);
    const pages = result.pages[Symbol.asyncIterator]();
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): unknown => unhandled.push(error);
    process.on("unhandledRejection", onUnhandled);

    const lengths = [(await pages.next()).value.length, (await pages.next()).value.length];

    process.off("unhandledRejection", onUnhandled);
    assert.deepEqual([lengths, unhandled], [[10, 10], []]);
    await assert.rejects(Promise.resolve(pages.next()), (error) => isPlatformError(error, "busy"));
  });

  it("fails when a later page has the wrong shape", async () => {
    const { fixture, site } = await startWithClients(30);
    const isThirdPage = ({ query }: RecordedRequest): boolean => query.get("page") === "3";
    fixture.omada.server.injectFault(
      { kind: "response", body: { errorCode: 0, result: { total: 30 } } },
      { when: isThirdPage },
    );

    const error = await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    assert.equal(error.code, "protocol");
  });

  it("aborts the pages in flight when one has failed", async () => {
    const { fixture, site } = await startWithClients(200, 1);
    const failure = { body: { errorCode: -30028, msg: "busy" } };
    fixture.omada.server.injectFault(
      { kind: "response", ...failure },
      { when: ({ query }) => query.get("page") === "2" },
    );
    fixture.omada.server.injectFault(
      { kind: "hang" },
      { times: 9, when: ({ query }) => Number(query.get("page")) > 2 },
    );
    await fixture.queryError(CLIENTS, { site, params: { pageSize: 10 } });

    const idleMs = await idleMsDuring(() => fixture.query("sites/{siteId}/led", { site }));

    assert.ok(idleMs < 2500, "the connection was still in use");
  });

  it("is not requested beyond the page that was read last", async () => {
    const { fixture, site } = await startWithClients(200);
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const result = await fixture.client.query(query);
    assert.ok("pages" in result);

    for await (const rows of result.pages) if (rows.length) break;

    await pause(20);
    assert.deepEqual(requestedPages(fixture), [1]);
  });

  it("can be aborted by a signal while it is read", async () => {
    const { fixture, site } = await startWithClients(30);
    fixture.omada.server.injectFault({ kind: "hang" }, { when: ({ query }) => query.get("page") === "2" });
    const controller = new AbortController();
    const query = { method: "GET", path: CLIENTS, site, params: { pageSize: 10 }, all: true, limit: 0 } as const;
    const result = await fixture.client.query(query, { signal: controller.signal, trace: createTrace() });
    assert.ok("pages" in result);
    const pages = result.pages[Symbol.asyncIterator]();
    await pages.next();

    const next = pages.next();
    controller.abort(new Error("aborted"));

    await assert.rejects(next, /aborted/);
  });
});

describe("A list of log lines", () => {
  it("is read with the page sizes of logs", async () => {
    const { fixture, site } = await startWithClients(0);
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
    assert.deepEqual(requestedPages(fixture, "pageSize"), [100, 100, 100]);
    assert.equal(omada.calls(/events$/), 3);
  });

  it("returns its first rows with the page sizes of logs", async () => {
    const { fixture } = await startWithClients(0);
    const params = { "filters.timeStart": 0, "filters.timeEnd": fixture.omada.now() };

    const { payload } = await fixture.query("sites/{siteId}/logs/events", { site: "Harbour", params, limit: 3 });

    assert.equal((payload as object[]).length, 3);
  });

  it("is read with the page size of the parameters", async () => {
    const { fixture } = await startWithClients(0);
    const params = { "filters.timeStart": 0, "filters.timeEnd": fixture.omada.now(), pageSize: 10 };

    const { payload } = await fixture.query("sites/{siteId}/logs/alerts", { site: "Harbour", params });

    assert.equal((payload as object[]).length, 2);
    assert.deepEqual(requestedPages(fixture, "pageSize").slice(-1), [10]);
  });
});
