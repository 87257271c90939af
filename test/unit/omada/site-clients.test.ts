import assert from "node:assert/strict";
import { OmadaFixture } from "../../support/omada-fixture";

const CLIENTS = "sites/{siteId}/clients";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";
const V1 = "GET v1/{id}/sites/{Harbour}/clients?page=1&pageSize=1000";
const V2 = "POST v2/{id}/sites/{Harbour}/clients";

describe("The clients of a site", () => {
  for (const [version, first, second] of [
    ["5.15.24.19", [V1], [V1]],
    ["6.0.0.36", [V1], [V1]],
    ["6.2.0.17", [V1, V2], [V2]],
  ] as const) {
    it(`are read from a controller ${version}, whose version of the list is detected once`, async () => {
      const fixture = await OmadaFixture.start({ version });

      const { names } = await fixture.query(CLIENTS, { site: "Harbour" });
      const firstRequests = fixture.requests().length;
      const again = await fixture.query(CLIENTS, { site: "Harbour" });

      assert.deepEqual(fixture.requests(), [SITES, ...first, ...second]);
      assert.deepEqual([names.length, again.names.length, firstRequests], [10, 10, 1 + first.length]);
    });
  }

  it("are those that are online, in both versions of the list", async () => {
    const [v1, v2] = [await OmadaFixture.start(), await OmadaFixture.start({ version: "6.2.0.17" })];

    const results = [await v1.query(CLIENTS, { site: "Harbour" }), await v2.query(CLIENTS, { site: "Harbour" })];

    const body = JSON.parse(v2.omada.server.journal.at(-1)?.body ?? "") as object;
    assert.deepEqual(results[0]?.names, results[1]?.names);
    assert.ok(!results[0]?.names.includes("Old phone"));
    assert.deepEqual(body, { scope: 1, page: 1, pageSize: 1000 });
  });

  it("are filtered and sorted in the same way in both versions of the list", async () => {
    const [v1, v2] = [await OmadaFixture.start(), await OmadaFixture.start({ version: "6.2.0.17" })];
    const mac = v1.omada.device("Quay AP").mac.replaceAll("-", ":");
    const query = { site: "Harbour", params: { "filters.apMac": mac, sorts: { name: "desc" } } };

    const results = [await v1.query(CLIENTS, query), await v2.query(CLIENTS, query)];

    const expected = ["Visitor", "Crane tablet", "Ben's laptop"];
    assert.deepEqual(
      results.map(({ names }) => names),
      [expected, expected],
    );
  });

  it("may be those of another scope in version 2 of the list", async () => {
    const fixture = await OmadaFixture.start({ version: "6.2.0.17" });

    const { names } = await fixture.query(CLIENTS, { site: "Harbour", params: { scope: 3 } });

    assert.deepEqual(names, ["Stranger"]);
  });

  it("are still read after the controller has been updated", async () => {
    const fixture = await OmadaFixture.start();
    await fixture.query(CLIENTS, { site: "Harbour" });
    fixture.omada.version = "6.2.0.17";

    const results = [
      await fixture.query(CLIENTS, { site: "Harbour" }),
      await fixture.query(CLIENTS, { site: "Harbour" }),
    ];

    assert.deepEqual(
      results.map(({ names }) => names.length),
      [10, 10],
    );
    assert.deepEqual(fixture.requests(), [SITES, V1, V1, V2, V2]);
  });

  for (const [what, response] of Object.entries({
    "-1600": { body: { errorCode: -1600, msg: "no path" } },
    "HTTP 404": { status: 404, body: "" },
    "HTTP 405": { status: 405, body: { status: 405 } },
  })) {
    it(`are read from version 2 of the list when version 1 responds with ${what}`, async () => {
      const fixture = await OmadaFixture.start({ version: "6.0.0.36" });
      fixture.respondWith(/v1.*clients$/, response);

      const { names } = await fixture.query(CLIENTS, { site: "Harbour" });

      assert.equal(names.length, 10);
    });
  }

  it("are an error of version 1 when neither version exists, and nothing is cached", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/v1.*clients$/, { body: { errorCode: -1, msg: "General error." } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });
    const { names } = await fixture.query(CLIENTS, { site: "Harbour" });

    assert.deepEqual([error.code, error.details.vendorCode], ["rejected", -1]);
    assert.equal(names.length, 10);
    assert.deepEqual(fixture.requests(), [SITES, V1, V2, V1]);
  });

  it("are an error at once when it is not about the version", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
    assert.deepEqual(fixture.requests(), [SITES, V1]);
  });

  it("are an error of version 2 when only version 2 exists", async () => {
    const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
    fixture.respondWith(/v2.*clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await fixture.queryError(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});
