import assert from "node:assert/strict";
import { bodyOf, OmadaFixture } from "../../support/omada-fixture";

const CLIENTS = "sites/{siteId}/clients";
const V1 = /^GET .*\/v1\/\w+\/sites\/\w+\/clients$/;
const V2 = /^POST .*\/v2\/\w+\/sites\/\w+\/clients$/;
const AP = "02-00-5E-00-00-04";

/** The body that a controller 6.2 receives for a query of the clients. */
async function filtersFor(params: Record<string, unknown>): Promise<unknown> {
  const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
  await fixture.query(CLIENTS, { site: "Harbour", params });
  return (bodyOf(fixture.omada.server.journal.at(-1)) as { filters?: unknown }).filters;
}

describe("A filter of the client list on a controller 6.2", () => {
  for (const [params, filters] of [
    [{ "filters.apMac": AP }, { deviceMac: [AP] }],
    [{ filters: { switchMac: AP.toLowerCase().replaceAll("-", ":") } }, { deviceMac: [AP] }],
    [{ "filters.gatewayMac": [AP, "02-00-5E-00-00-05"] }, { deviceMac: [AP, "02-00-5E-00-00-05"] }],
    [{ "filters.apMac": `${AP},02-00-5E-00-00-05` }, { deviceMac: [AP, "02-00-5E-00-00-05"] }],
    [
      { "filters.radioId": "1", "filters.wireless": "true" },
      { radioId: [1], wireless: true },
    ],
    [{ filters: { radioId: 0, wireless: false } }, { radioId: [0], wireless: false }],
    [{ "filters.radioId": "1,2" }, { radioId: [1, 2] }],
    [{ "filters.ssid": "Hall, upstairs" }, { ssid: ["Hall, upstairs"] }],
    [
      { "filters.guest": "true", "filters.vid": 20, "filters.health": "3" },
      { guest: [true], vid: "20", health: 3 },
    ],
    [{ "filters.apMac": AP, "filters.deviceMac": AP }, { deviceMac: [AP] }],
    [{ "filters.apMac": null, filters: { wireless: undefined } }, undefined],
  ] as const) {
    it(`is translated: ${JSON.stringify(params)}`, async () => {
      assert.deepEqual(await filtersFor({ ...params }), filters);
    });
  }

  for (const [params, pattern] of [
    [{ "filters.colour": "red" }, /"params\.filters\.colour" is no filter .*deviceMac/],
    [{ "filters.constructor": "x" }, /is no filter/],
    [{ "filters.apMac": AP, "filters.switchMac": "02-00-5E-00-00-05" }, /cannot be combined/],
    [{ "filters.apMac": "Hall AP" }, /must be a MAC address/],
    [{ "filters.apMac": "" }, /must be a MAC address/],
    [{ "filters.apMac": [] }, /at least one value/],
    [{ "filters.wireless": "maybe" }, /must be true or false/],
    [{ "filters.wireless": [true, false] }, /exactly one value/],
    [{ "filters.radioId": "5G" }, /must be a whole number/],
    [{ "filters.ssid": "" }, /must be text/],
  ] as const) {
    it(`is refused rather than ignored: ${JSON.stringify(params)}`, async () => {
      const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
      await fixture.query(CLIENTS, { site: "Harbour" });
      const requests = fixture.requests().length;

      const error = await fixture.queryError(CLIENTS, { site: "Harbour", params: { ...params } });

      assert.equal(error.code, "input");
      assert.match(error.message, pattern);
      assert.equal(fixture.requests().length, requests);
    });
  }

  it("returns the same clients as on a controller 5.15", async () => {
    const fixtures = [await OmadaFixture.start(), await OmadaFixture.start({ version: "6.2.0.17" })];
    for (const params of [{ "filters.radioId": "1" }, { "filters.wireless": "false" }, { filters: { apMac: AP } }]) {
      const [v1, v2] = await Promise.all(fixtures.map((each) => each.query(CLIENTS, { site: "Harbour", params })));

      assert.deepEqual(v1?.names, v2?.names);
      assert.ok(v1?.names.length && v1.names.length < 10, String(v1?.names));
    }
  });
});

describe("A filter that only version 2 of the client list has", () => {
  for (const params of [{ scope: 3 }, { "filters.ssid": "Harbour Guest" }, { filters: { deviceMac: AP } }]) {
    it(`is read from version 2 at once where both exist: ${JSON.stringify(params)}`, async () => {
      const fixture = await OmadaFixture.start({ version: "6.0.0.36" });

      const { names } = await fixture.query(CLIENTS, { site: "Harbour", params });

      assert.ok(names.length < 10);
      assert.deepEqual([fixture.omada.calls(V1), fixture.omada.calls(V2)], [0, 1]);
    });

    it(`is refused by a controller without version 2: ${JSON.stringify(params)}`, async () => {
      const fixture = await OmadaFixture.start();

      const error = await fixture.queryError(CLIENTS, { site: "Harbour", params });

      assert.equal(error.code, "input");
      assert.match(error.message, /does not know "params\.(scope|filters\.\w+)"/);
      assert.equal(fixture.omada.calls(V1), 0);
    });
  }
});
