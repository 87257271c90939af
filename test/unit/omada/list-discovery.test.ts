import assert from "node:assert/strict";
import { OmadaFixture } from "../../support/omada-fixture";
import type { RecordedRequest } from "../../support/simulators/simulated-server";

describe("A response without pages", () => {
  it("is an array if the controller sends one", async () => {
    const fixture = await OmadaFixture.start();

    const { names, details } = await fixture.query("sites/{siteId}/devices/all", { site: "Harbour" });

    assert.deepEqual(names, ["Harbour gateway", "Harbour switch", "Hall AP", "Quay AP"]);
    assert.deepEqual(details, {});
    assert.equal(fixture.requests().at(-1), "GET v1/{id}/sites/{Harbour}/devices/all");
  });

  it("is an object if the controller sends one", async () => {
    const fixture = await OmadaFixture.start();

    const { payload } = await fixture.query("sites/{siteId}", { site: "Harbour" });

    assert.equal((payload as { name: string }).name, "Harbour");
  });

  it("may be a text of several megabytes where a list was expected", async () => {
    const fixture = await OmadaFixture.start();
    const text = "a".repeat(8_000_000);
    fixture.respondWith(/sites$/, { body: { errorCode: 0, result: text } });

    const { payload } = await fixture.query("sites");

    assert.equal(payload === text, true);
  });

  it("may come from an operation that requires a page but returns no rows", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/devices$/, { body: { errorCode: 0, result: { count: 4 } } });

    const { payload } = await fixture.query("sites/{siteId}/devices", { site: "Harbour" });

    assert.deepEqual(payload, { count: 4 });
  });
});

describe("A list of vouchers", () => {
  const GROUPS = "GET v1/{id}/sites/{Harbour}/hotspot/voucher-groups";

  it("is paged, and its other operations are not", async () => {
    const fixture = await OmadaFixture.start();
    const site = fixture.omada.site("Harbour").siteId;
    const path = "sites/{siteId}/hotspot/voucher-groups";

    await fixture.queryError(`${path}/{groupId}`, { site, params: { groupId: "g1" } });
    await fixture.queryError(`${path}/currency-list`, { site });

    assert.deepEqual(fixture.requests(), [`${GROUPS}/g1?page=1&pageSize=1000`, `${GROUPS}/currency-list`]);
  });
});

describe("A list that is not in the bundled table", () => {
  const RESULT = { totalRows: 25, data: Array.from({ length: 10 }, (_, index) => ({ id: index })) };
  const isUnpaged = ({ path, query }: RecordedRequest): boolean => path.endsWith("novelties") && !query.has("page");

  /** A controller with a list of a later version; `error` is its response to a request without a page. */
  async function startWithNewList(error: object): Promise<OmadaFixture> {
    const fixture = await OmadaFixture.start();
    fixture.omada.server.injectFault({ kind: "response", ...error }, { times: 9, when: isUnpaged });
    fixture.omada.server.injectFault(
      { kind: "response", body: { errorCode: 0, result: { ...RESULT, totalRows: 10 } } },
      { times: 9, when: ({ path }) => path.endsWith("novelties") },
    );
    return fixture;
  }

  for (const [what, error] of Object.entries({
    "an HTTP 400 with JSON": { status: 400, body: { status: 400, error: "Bad Request" } },
    "an HTTP 400 with text": { status: 400, headers: { "content-type": "text/plain" }, body: "Bad Request" },
    "-1001": { body: { errorCode: -1001, msg: "Invalid request parameters." } },
  })) {
    it(`is discovered by ${what}, and cached for other sites as well`, async () => {
      const fixture = await startWithNewList(error);
      const [harbour, depot] = ["Harbour", "Depot"].map((name) => ({ site: fixture.omada.site(name).siteId }));

      const results = [
        await fixture.query("sites/{siteId}/novelties", harbour),
        await fixture.query("sites/{siteId}/novelties", depot),
      ];

      assert.deepEqual(
        results.map(({ payload, details }) => [(payload as object[]).length, details]),
        Array.from({ length: 2 }, () => [10, { totalRows: 10, pages: 1 }]),
      );
      assert.deepEqual(fixture.requests(), [
        "GET v1/{id}/sites/{Harbour}/novelties",
        "GET v1/{id}/sites/{Harbour}/novelties?page=1&pageSize=1000",
        "GET v1/{id}/sites/{Depot}/novelties?page=1&pageSize=1000",
      ]);
    });
  }

  it("is paged at once if a page is requested", async () => {
    const fixture = await startWithNewList({ status: 400, body: "" });

    await fixture.query("novelties", { params: { pageSize: 50 } });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/novelties?pageSize=50&page=1"]);
  });

  it("is not requested again when it fails for another reason", async () => {
    const fixture = await startWithNewList({ body: { errorCode: -1005, msg: "no" } });

    const error = await fixture.queryError("novelties");

    assert.equal(error.code, "forbidden");
    assert.equal(fixture.requests().length, 1);
  });

  it("is not requested again when it is read by POST", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/statistic$/, { body: { errorCode: -1001, msg: "no" } });

    const error = await fixture.queryError("sites/statistic", { method: "POST" });

    assert.deepEqual([error.code, fixture.requests().length], ["rejected", 1]);
  });

  it("is not cached as paged when a page does not help", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/novelties$/, { body: { errorCode: -1001, msg: "no" } }, 9);

    await fixture.queryError("novelties");
    await fixture.queryError("novelties");

    const unpaged = fixture.requests().filter((request) => request === "GET v1/{id}/novelties");
    assert.equal(unpaged.length, 2);
  });
});
