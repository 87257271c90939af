import assert from "node:assert/strict";
import { codesOf, setUpSignedIn, type TestResponse } from "./test-client";

const DAY_MS = 86_400_000;

describe("A list of the simulated Omada controller", () => {
  it("is split into pages without lost or repeated rows, and echoes the page size", async () => {
    const { omada, client } = await setUpSignedIn();
    omada.addClients(omada.site("Depot"), 25);
    const path = `sites/${omada.site("Depot").siteId}/clients`;

    const pages = await Promise.all([1, 2, 3].map((page) => client.call("GET", `${path}?page=${page}&pageSize=10`)));

    const results = pages.map(({ body }) => body.result);
    assert.deepEqual(
      results.map(({ totalRows, currentPage, currentSize }) => [totalRows, currentPage, currentSize]),
      [
        [25, 1, 10],
        [25, 2, 10],
        [25, 3, 10],
      ],
    );
    assert.equal(new Set(results.flatMap(({ data }) => data.map(({ mac }) => mac))).size, 25);
  });

  it("has an empty page beyond its end", async () => {
    const { client } = await setUpSignedIn();

    const { body } = await client.call("GET", "sites?page=9&pageSize=10");

    assert.equal(body.errorCode, 0);
    assert.deepEqual([body.result.totalRows, body.result.data], [2, []]);
  });

  it("can have small pages and a false total, and change between two pages", async () => {
    const { omada, client } = await setUpSignedIn();
    omada.maxPageSize = 2;
    omada.reportTotal = (totalRows, page) => (page === 1 ? totalRows : "many");
    omada.onPage = (page) => page === 2 && omada.forgetDevice(omada.device("Harbour gateway"));

    const pages = [
      await client.inHarbour("GET", "devices?page=1&pageSize=10"),
      await client.inHarbour("GET", "devices?page=2&pageSize=10"),
    ];

    assert.deepEqual(
      pages.map(({ body }) => [body.result.totalRows, body.result.data.map(({ name }) => name)]),
      [
        [4, ["Harbour gateway", "Harbour switch"]],
        ["many", ["Quay AP"]],
      ],
    );
  });

  it("responds to a missing page size with HTTP 400 on 5.x, and with an error number on 6", async () => {
    const [v5, v6] = [await setUpSignedIn(), await setUpSignedIn({ version: "6.0.0.36" })];

    const on5 = await v5.client.call("GET", "sites?page=1");
    const on6 = await v6.client.call("GET", "sites?page=1");

    assert.deepEqual([on5.status, on5.body.errorCode, on5.body.error], [400, undefined, "Bad Request"]);
    assert.deepEqual([on6.status, on6.body.errorCode], [200, -1001]);
  });

  it("counts pages from 1, with 1 to 1000 rows each", async () => {
    const { client } = await setUpSignedIn();

    const queries = ["page=0&pageSize=10", "page=1&pageSize=0", "page=1&pageSize=1001", "page=1&pageSize=1000"];
    const responses = await Promise.all(queries.map((query) => client.call("GET", `sites?${query}`)));

    assert.deepEqual(codesOf(responses), [-1001, -1001, -1001, 0]);
  });

  it("can be searched, filtered and sorted", async () => {
    const { omada, client } = await setUpSignedIn();
    const names = async (query: string): Promise<unknown[]> => {
      const { body } = await client.inHarbour("GET", `clients?page=1&pageSize=100&${query}`);
      return body.result.data.map(({ name }) => name);
    };

    assert.deepEqual(await names("searchKey=PRINTER"), ["Office printer"]);
    assert.deepEqual(await names("searchKey=onerror"), ["<img src=x onerror=alert(1)>"]);
    assert.deepEqual(await names(`filters.gatewayMac=${omada.device("Harbour gateway").mac}`), ["Modem page"]);
    assert.deepEqual((await names("filters.wireless=false&sorts.name=desc"))[0], "Till");
  });

  it("of log lines requires a time range and one of the page sizes of logs, and starts with the newest line", async () => {
    const { omada, client } = await setUpSignedIn();
    const [at, siteId] = [omada.now() - DAY_MS, omada.site("Harbour").siteId];
    const log = { siteId, key: "DEV_REBOOT", module: "System", content: "Hm." };
    omada.events = [3, 9, 5].map((later) => ({ ...log, id: `event-${later}`, time: at + later }));
    const events = (query: string): Promise<TestResponse> => client.inHarbour("GET", `logs/events?page=1&${query}`);

    const [withoutTime, withOtherSize, valid] = [
      await events("pageSize=10"),
      await events(`pageSize=25&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
      await events(`pageSize=10&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
    ];

    assert.deepEqual([withoutTime.status, withOtherSize.body.errorCode], [400, -1001]);
    assert.deepEqual(
      valid.body.result.data.map(({ id }) => id),
      ["event-5", "event-3"],
    );
  });

  it("of alerts can be filtered by whether they are resolved", async () => {
    const { client } = await setUpSignedIn();

    const query = `page=1&pageSize=10&filters.timeStart=0&filters.timeEnd=${Date.now()}&filters.resolved=false`;
    const { body } = await client.inHarbour("GET", `logs/alerts?${query}`);

    assert.deepEqual(
      body.result.data.map(({ key, level }) => [key, level]),
      [["OSW_DET_LOOP", "Warning"]],
    );
  });

  it("of clients is read by GET up to version 6.1, and by POST from version 6 on", async () => {
    const codes = [];
    for (const version of ["5.15.24.19", "6.0.0.36", "6.2.0.17"]) {
      const { client } = await setUpSignedIn({ version });
      const first = await client.inHarbour("GET", "clients?page=1&pageSize=10");
      codes.push(codesOf([first, await client.inHarbourV2("POST", "clients", { page: 1, pageSize: 10 })]));
    }

    assert.deepEqual(codes, [
      [0, -1600],
      [0, 0],
      [-1, 0],
    ]);
  });

  it("of clients has a scope: all, online, offline or blocked", async () => {
    const { client } = await setUpSignedIn({ version: "6.2.0.17" });

    const count = async (scope?: number): Promise<number> => {
      const body = { page: 1, pageSize: 100, scope, filters: {}, sorts: { name: "asc" } };
      return (await client.inHarbourV2("POST", "clients", body)).body.result.totalRows;
    };

    assert.deepEqual(
      [await count(), await count(0), await count(1), await count(2), await count(3)],
      [10, 12, 10, 1, 1],
    );
  });

  it("of devices is read by page or at once, with the fields of the Open API only", async () => {
    const { client } = await setUpSignedIn();

    const paged = (await client.inHarbour("GET", "devices?page=1&pageSize=100")).body.result.data;
    const all = (await client.inHarbour("GET", "devices/all")).body.result;

    assert.deepEqual(paged, all);
    assert.deepEqual(
      paged.map(({ type, status, detailStatus, uptime }) => [type, status, detailStatus, typeof uptime]),
      ["gateway", "switch", "ap", "ap"].map((type) => [type, 1, 14, "string"]),
    );
    assert.ok(paged.every((row) => !("siteId" in row) && !("ports" in row)));
  });
});
