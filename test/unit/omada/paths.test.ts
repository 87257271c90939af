import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import type { OmadaQuery } from "../../../src/omada/client";
import { OmadaFixture } from "../../support/omada-fixture";

const MAC = "02-00-5E-AB-CD-0F";
const SPELLINGS = [MAC, MAC.toLowerCase(), "02:00:5e:ab:cd:0f", "02:00:5E:AB:CD:0F", "0200.5eab.cd0f", "02005EabCD0F"];
SPELLINGS.push("0200-5eab-cd0f", "02005E-ABCD0F", " 02 00 5e ab cd 0f");
const HARBOUR = { site: "Harbour" };

/** The requests of a query, without those for the list of sites, whether it succeeds or not. */
async function requestsOf(path: string, query: Partial<OmadaQuery> = {}): Promise<string[]> {
  const fixture = await OmadaFixture.start({ msp: path.includes("msp") });
  await fixture.query(path, { site: "Harbour", ...query }).catch(() => undefined);
  return fixture
    .requests()
    .filter((request, index) => index > 0 || !/sites\?/.test(request) || !path.includes("{siteId}"));
}

/** The body of a query by POST. */
async function bodyOf(params: object): Promise<unknown> {
  const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
  const path = "/openapi/v2/{omadacId}/sites/{siteId}/clients";
  await fixture.query(path, { ...HARBOUR, method: "POST", params: { ...params } });
  return JSON.parse(fixture.omada.server.journal.at(-1)?.body ?? "");
}

describe("A path of the Omada client", () => {
  const sites = "GET v1/{id}/sites?page=1&pageSize=1000";
  for (const [path, expected] of Object.entries({
    sites,
    "/sites/": sites,
    " sites ": sites,
    "openapi/v1/{omadacId}/sites": sites,
    "/openapi/v1/{omadacId}/sites": sites,
    "sites/{siteId}/led": "GET v1/{id}/sites/{Harbour}/led",
    "/openapi/v2/{omadacId}/sites/{siteId}/topology": "GET v2/{id}/sites/{Harbour}/topology",
    "/openapi/v3/{omadacId}/sites/{siteId}/topology": "GET v3/{id}/sites/{Harbour}/topology",
    "msp/{mspId}/customers": "GET v1/msp/{id}/customers?page=1&pageSize=1000",
    "/openapi/v1/msp/{mspId}/customers": "GET v1/msp/{id}/customers?page=1&pageSize=1000",
    "things/Ümlaut & co": "GET v1/{id}/things/%C3%9Cmlaut%20%26%20co",
    "things/%2e%2e": "GET v1/{id}/things/%252e%252e",
    "clients/02:00:5e:ab:cd:0f/x": `GET v1/{id}/clients/${MAC}/x`,
  })) {
    it(`that is ${JSON.stringify(path)} requests ${expected}`, async () => {
      const requests = await requestsOf(path);

      assert.deepEqual(requests, [expected]);
    });
  }

  it("may already contain the ids of the controller and the site", async () => {
    const fixture = await OmadaFixture.start();
    const { omadacId } = fixture.omada;
    const { siteId } = fixture.omada.site("Depot");

    const { payload, operation } = await fixture.query(`/openapi/v1/${omadacId}/sites/${siteId}/led`);

    assert.deepEqual(payload, { enable: true });
    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
    assert.equal(operation, `GET sites/${siteId}/led`);
  });

  it("has an operation name without the controller's id and the values of its placeholders", async () => {
    const fixture = await OmadaFixture.start();

    const { operation } = await fixture.query("/openapi/v1/{omadacId}/sites/{siteId}/led", HARBOUR);

    assert.equal(operation, "GET sites/{siteId}/led");
  });

  it("is filled with percent-encoded parameters, and the others become the query", async () => {
    const params = { name: "50% off? #1 é", port: 4, flag: true, searchKey: "a&b=c", omadacId: "nobody" };

    const requests = await requestsOf("things/{name}/{port}/{flag}", { params: Object.freeze(params) });

    assert.deepEqual(requests, ["GET v1/{id}/things/50%25%20off%3F%20%231%20%C3%A9/4/true?searchKey=a%26b%3Dc"]);
  });

  it("is filled with the site id of the parameters if no site is set", async () => {
    const fixture = await OmadaFixture.start();
    const { siteId } = fixture.omada.site("Depot");

    await fixture.query("sites/{siteId}/led", { params: { siteId } });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
  });

  it("is filled with the site that is set rather than that of the parameters", async () => {
    const requests = await requestsOf("sites/{siteId}/led", { params: { siteId: "6".repeat(24) } });

    assert.deepEqual(requests, ["GET v1/{id}/sites/{Harbour}/led"]);
  });

  for (const mac of SPELLINGS) {
    it(`may be filled with the MAC address spelled ${mac}`, async () => {
      const params = { clientMac: mac, apMac: mac, filters: { gatewayMac: mac }, searchMacs: [mac, mac] };

      const requests = await requestsOf("sites/{siteId}/clients/{clientMac}", { params });

      const query = `apMac=${MAC}&filters.gatewayMac=${MAC}&searchMacs=${MAC}%2C${MAC}`;
      assert.deepEqual(requests, [`GET v1/{id}/sites/{Harbour}/clients/${MAC}?${query}`]);
    });
  }

  it("is filled with twelve hex digits as they are if their name is not that of a MAC address", async () => {
    const requests = await requestsOf("things/{thing}", {
      params: { thing: "02005eabcd0f", searchKey: "02005eabcd0f" },
    });

    assert.deepEqual(requests, ["GET v1/{id}/things/02005eabcd0f?searchKey=02005eabcd0f"]);
  });

  it("has a query of dotted names for nested parameters, without those that are undefined or null", async () => {
    const params = {
      searchKey: "ada",
      filters: { wireless: true, radioId: 1, ssid: undefined },
      "sorts.name": "asc",
      scope: null,
      levels: ["a", 2],
    };

    const requests = await requestsOf("things", { params });

    assert.deepEqual(requests, [
      "GET v1/{id}/things?searchKey=ada&filters.wireless=true&filters.radioId=1&sorts.name=asc&levels=a%2C2",
    ]);
  });

  it("has a query of parameters from another realm, such as a Function node", async () => {
    const params = runInNewContext("({ filters: { wireless: true } })") as object;

    const requests = await requestsOf("things", { params: { ...params } });

    assert.deepEqual(requests, ["GET v1/{id}/things?filters.wireless=true"]);
  });

  it("is not affected by a parameter named __proto__", async () => {
    const params = JSON.parse('{"__proto__": {"page": 7}, "searchKey": "x"}') as Record<string, unknown>;

    const requests = await requestsOf("things", { params });

    assert.deepEqual(requests, ["GET v1/{id}/things?__proto__.page=7&searchKey=x"]);
    assert.equal(({} as Record<string, unknown>)["page"], undefined);
  });

  it("has a nested body of dotted names for a list that is read by POST", async () => {
    const params = { "filters.wireless": true, filters: { radioId: [1] }, "sorts.name": "asc", searchKey: "x" };

    const body = await bodyOf(params);

    assert.deepEqual(body, {
      page: 1,
      pageSize: 1000,
      filters: { wireless: true, radioId: [1] },
      sorts: { name: "asc" },
      searchKey: "x",
    });
  });

  it("has a body with MAC addresses in the spelling of the controller", async () => {
    const params = { filters: { apMac: "02005eabcd0f" }, macs: ["0200.5eab.cd0f", "02005eabcd0f"], searchKey: "x" };

    const body = (await bodyOf(params)) as Record<string, unknown>;

    assert.deepEqual([body["filters"], body["macs"]], [{ apMac: MAC }, [MAC, MAC]]);
  });

  it("has an unchanged body for a POST that reads without pages", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/device-info$/, { body: { errorCode: 0, result: [{ name: "Harbour switch" }] } });
    const path = "sites/{siteId}/switch-qos/qos-rule/device-info";

    const { names } = await fixture.query(path, { ...HARBOUR, method: "POST", params: { macs: [MAC] } });

    assert.deepEqual(names, ["Harbour switch"]);
    assert.deepEqual(JSON.parse(fixture.omada.server.journal.at(-1)?.body ?? ""), { macs: [MAC] });
  });
});
