import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { isPlatformError } from "../../../src/core/errors";
import type { OmadaQuery } from "../../../src/omada/client";
import { OmadaFixture } from "../../support/omada-fixture";

type Query = Partial<OmadaQuery>;

const MAC = "02-00-5E-AB-CD-0F";
const SPELLINGS = [MAC, MAC.toLowerCase(), "02:00:5e:ab:cd:0f", "02:00:5E:AB:CD:0F", "0200.5eab.cd0f", "02005EabCD0F"];
SPELLINGS.push("0200-5eab-cd0f", "02005E-ABCD0F", " 02 00 5e ab cd 0f");
const LED = "sites/{siteId}/led";
const HARBOUR = { site: "Harbour" };

/** What is asked for a query, the list of sites left aside; whether the controller likes it does not matter. */
async function asks(path: string, query: Query = {}): Promise<string[]> {
  const fixture = await OmadaFixture.start({ msp: path.includes("msp") });
  await fixture.query(path, { site: "Harbour", ...query }).catch(() => undefined);
  return fixture.requests().filter((asked, index) => index > 0 || !/sites\?/.test(asked) || !path.includes("{siteId}"));
}

/** The body that a POST carries. */
async function body(params: object): Promise<unknown> {
  const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
  const path = "/openapi/v2/{omadacId}/sites/{siteId}/clients";
  await fixture.query(path, { ...HARBOUR, method: "POST", params: { ...params } });
  return JSON.parse(fixture.omada.server.journal.at(-1)?.body ?? "");
}

const circular: Record<string, unknown> = { name: "loop" };
circular["self"] = circular;

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
    it(`"${path}" asks for ${expected}`, async () => {
      const asked = await asks(path);

      assert.deepEqual(asked, [expected]);
    });
  }

  it("may hold ids already, the controller's and the site's", async () => {
    const fixture = await OmadaFixture.start();
    const { omadacId } = fixture.omada;
    const { siteId } = fixture.omada.site("Depot");

    const { payload, operation } = await fixture.query(`/openapi/v1/${omadacId}/sites/${siteId}/led`);

    assert.deepEqual(payload, { enable: true });
    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
    assert.equal(operation, `GET sites/${siteId}/led`);
  });

  it("has a name without the controller's id or the values of its placeholders", async () => {
    const fixture = await OmadaFixture.start();

    const { operation } = await fixture.query("/openapi/v1/{omadacId}/sites/{siteId}/led", HARBOUR);

    assert.equal(operation, "GET sites/{siteId}/led");
  });

  it("takes its placeholders out of the parameters, percent-encoded, and leaves the others in the query", async () => {
    const params = { name: "50% off? #1 é a/b\\c", port: 4, flag: true, searchKey: "a&b=c", omadacId: "nobody" };

    const asked = await asks("things/{name}/{port}/{flag}", { params: Object.freeze(params) });

    assert.deepEqual(asked, [
      "GET v1/{id}/things/50%25%20off%3F%20%231%20%C3%A9%20a%2Fb%5Cc/4/true?searchKey=a%26b%3Dc",
    ]);
  });

  it("takes a site id out of the parameters where no site is named", async () => {
    const fixture = await OmadaFixture.start();
    const { siteId } = fixture.omada.site("Depot");

    await fixture.query("sites/{siteId}/led", { params: { siteId } });

    assert.deepEqual(fixture.requests(), ["GET v1/{id}/sites/{Depot}/led"]);
  });

  it("takes the named site where the parameters hold another, which does not come into the query", async () => {
    const asked = await asks("sites/{siteId}/led", { params: { siteId: "6".repeat(24) } });

    assert.deepEqual(asked, ["GET v1/{id}/sites/{Harbour}/led"]);
  });

  for (const mac of SPELLINGS) {
    it(`understands the MAC ${mac}`, async () => {
      const params = { clientMac: mac, apMac: mac, filters: { gatewayMac: mac }, searchMacs: [mac, mac] };

      const asked = await asks("sites/{siteId}/clients/{clientMac}", { params });

      const query = `apMac=${MAC}&filters.gatewayMac=${MAC}&searchMacs=${MAC}%2C${MAC}`;
      assert.deepEqual(asked, [`GET v1/{id}/sites/{Harbour}/clients/${MAC}?${query}`]);
    });
  }

  it("leaves twelve hex digits alone that are no MAC by their name", async () => {
    const asked = await asks("things/{thing}", { params: { thing: "02005eabcd0f", searchKey: "02005eabcd0f" } });

    assert.deepEqual(asked, ["GET v1/{id}/things/02005eabcd0f?searchKey=02005eabcd0f"]);
  });

  it("turns nested parameters into dotted names, and leaves out what is not set", async () => {
    const params = {
      searchKey: "ada",
      filters: { wireless: true, radioId: 1, ssid: undefined },
      "sorts.name": "asc",
      scope: null,
      levels: ["a", 2],
    };

    const asked = await asks("things", { params });

    assert.deepEqual(asked, [
      "GET v1/{id}/things?searchKey=ada&filters.wireless=true&filters.radioId=1&sorts.name=asc&levels=a%2C2",
    ]);
  });

  it("reads objects of a Function node, which come from another realm", async () => {
    const params = runInNewContext("({ filters: { wireless: true } })") as object;

    const asked = await asks("things", { params: { ...params } });

    assert.deepEqual(asked, ["GET v1/{id}/things?filters.wireless=true"]);
  });

  it("passes over a poisoned key", async () => {
    const params = JSON.parse('{"__proto__": {"page": 7}, "searchKey": "x"}') as Record<string, unknown>;

    const asked = await asks("things", { params });

    assert.deepEqual(asked, ["GET v1/{id}/things?__proto__.page=7&searchKey=x"]);
    assert.equal(({} as Record<string, unknown>)["page"], undefined);
  });

  it("turns dotted names into a nested body for a list that reads by POST", async () => {
    const params = { "filters.wireless": true, filters: { radioId: 1 }, "sorts.name": "asc", searchKey: "x" };

    const sent = await body(params);

    assert.deepEqual(sent, {
      page: 1,
      pageSize: 1000,
      filters: { wireless: true, radioId: 1 },
      sorts: { name: "asc" },
      searchKey: "x",
    });
  });

  it("spells MACs in a body as the controller does", async () => {
    const params = { filters: { apMac: "02005eabcd0f" }, macs: ["0200.5eab.cd0f", "02005eabcd0f"], searchKey: "x" };

    const sent = (await body(params)) as Record<string, unknown>;

    assert.deepEqual([sent["filters"], sent["macs"]], [{ apMac: MAC }, [MAC, MAC]]);
  });

  it("sends the body of a POST that reads without pages as it is", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/device-info$/, { body: { errorCode: 0, result: [{ name: "Harbour switch" }] } });
    const path = "sites/{siteId}/switch-qos/qos-rule/device-info";

    const { names } = await fixture.query(path, { ...HARBOUR, method: "POST", params: { macs: [MAC] } });

    assert.deepEqual(names, ["Harbour switch"]);
    assert.deepEqual(JSON.parse(fixture.omada.server.journal.at(-1)?.body ?? ""), { macs: [MAC] });
  });

  const filled = (params: object): [string, Query] => ["things/{thing}", { params: { ...params } }];
  const queried = (params: object): [string, Query] => [
    "sites/{siteId}/clients",
    { ...HARBOUR, params: { ...params } },
  ];
  const posted = (params: object): [string, Query] => [
    "/openapi/v2/{omadacId}/sites/{siteId}/clients",
    { ...HARBOUR, method: "POST", params: { ...params } },
  ];
  const refused: Record<string, [string, Query]> = {
    nothing: ["", {}],
    blanks: ["  ", {}],
    "a slash": ["/", {}],
    "two dots": ["sites/../users", {}],
    "two dots at its end": ["sites/..", {}],
    "two dots in a name": ["things/a..b", {}],
    "a dot alone": ["sites/./led", {}],
    "two slashes": ["sites//led", {}],
    "another host": ["https://example.org/sites", {}],
    "a backslash": ["sites\\led", {}],
    "a question mark": ["sites?page=1", {}],
    "a hash": ["sites#led", {}],
    "a line break": ["sites/\nled", {}],
    "a null": ["sites/\0/led", {}],
    "a control character beyond ASCII": ["sites/\u0085/led", {}],
    "half a character": ["sites/\ud800/led", {}],
    "the door": ["/openapi/authorize/token", {}],
    "the API alone": ["/openapi", {}],
    "a version alone": ["/openapi/v1/", {}],
    "a version that is none": ["/openapi/vX/{omadacId}/sites", {}],
    "a placeholder that nothing fills": ["things/{thing}", {}],
    "a site that nobody names": ["sites/{siteId}/led", {}],
    "a placeholder with a name that is none": ["things/{the-thing}", { params: { "the-thing": "x" } }],
    "half a placeholder": ["things/{thing", { params: { thing: "x" } }],
    "a placeholder with something before it": ["things/x{thing}", { params: { thing: "x" } }],
    "a value of two dots": filled({ thing: ".." }),
    "a value of a dot": filled({ thing: "." }),
    "a value with a control character": filled({ thing: "a\r\nb" }),
    "a value with half a character": filled({ thing: "\udfff" }),
    "an empty value": filled({ thing: "" }),
    "a value of null": filled({ thing: null }),
    "a value that is an object": filled({ thing: { a: 1 } }),
    "a value that is a list": filled({ thing: ["a"] }),
    "a value that is no number": filled({ thing: Number.NaN }),
    "a value that is a method of every object": ["things/{constructor}", {}],
    "a query with half a character": queried({ searchKey: "\ud800" }),
    "a query with half a character in a name": queried({ "\ud800": "x" }),
    "a query nested too deeply": queried({ filters: { a: { b: 1 } } }),
    "a query nested too deeply by its names": queried({ "filters.a": { b: 1 } }),
    "a query with a date": queried({ start: new Date() }),
    "a query with a buffer": queried({ key: Buffer.from("x") }),
    "a query with objects in a list": queried({ list: [{ a: 1 }] }),
    "a query with an endless number": queried({ start: Infinity }),
    "page 0": queried({ page: 0 }),
    "a page that is no number": queried({ page: "first" }),
    "half a page": queried({ page: 1.5 }),
    "a page in blanks": queried({ page: " " }),
    "a page of true": queried({ page: true }),
    "a page size of 0": queried({ pageSize: 0 }),
    "a body that refers to itself": posted({ filters: circular }),
    "a body with a number that JSON does not know": posted({ filters: { id: 1n } }),
    "a POST to a list that is read by GET": ["sites/{siteId}/devices", { ...HARBOUR, method: "POST" }],
    "a POST that changes something": [
      "sites/{siteId}/devices/{deviceMac}/reboot",
      { ...HARBOUR, method: "POST", params: { deviceMac: MAC } },
    ],
    "a POST of several commands": ["batch", { method: "POST" }],
    "a POST that hides its path in a placeholder": [
      "sites/{siteId}/{what}",
      { ...HARBOUR, method: "POST", params: { what: "dhcp-lease-time" } },
    ],
  };
  for (const [what, [path, query]] of Object.entries(refused)) {
    it(`is refused before anything is asked with ${what}`, async () => {
      const fixture = await OmadaFixture.start({}, { omadacId: "" });

      const error = await fixture.queryError(path, query);

      assert.equal(error.code, "input");
      assert.deepEqual(fixture.omada.server.journal, []);
    });
  }

  for (const [words, ...paths] of [
    [/"path" is empty\. Enter one such as sites/, "", "  "],
    [/"path" must not contain "\.\."/, "sites/../users", "sites//led", "sites?page=1", "sites/\0"],
    [/needs a site\. Set "site"/, LED],
    [/needs a value for \{thing\}\. Add it to "params"/, "things/{thing}"],
  ] as const) {
    for (const path of paths) {
      it(`${JSON.stringify(path)} is refused with words that help`, async () => {
        const fixture = await OmadaFixture.start();

        const error = await fixture.queryError(path);

        assert.match(error.message, words);
      });
    }
  }

  for (const thing of [null, "", undefined]) {
    it(`is told which value is missing when it is ${JSON.stringify(thing)}`, async () => {
      const fixture = await OmadaFixture.start();

      const error = await fixture.queryError("things/{thing}", { params: { thing } });

      assert.match(error.message, /needs a value for \{thing\}/);
    });
  }
});

describe("A command of the Omada client", () => {
  const params = { deviceMac: MAC };
  const command = { method: "POST", path: "", params, site: "Harbour", body: undefined, isBodySet: false };

  for (const path of ["sites/{siteId}/devices/{deviceMac}/forget", "sites/{siteId}/devices/{deviceMac}/{what}"]) {
    it(`that destroys is refused before anything is asked, unless confirmed: ${path}`, async () => {
      const fixture = await OmadaFixture.start();
      const asked = { ...command, path, params: { ...params, what: "forget" }, confirm: false };

      const sent = fixture.client.command(asked);

      await assert.rejects(sent, (error) => isPlatformError(error, "input"));
      assert.deepEqual(fixture.omada.server.journal, []);
    });
  }

  it("whose body refers to itself is refused before anything is asked", async () => {
    const fixture = await OmadaFixture.start();
    const asked = { ...command, path: "sites/{siteId}/led", method: "PUT", params: {}, body: circular, confirm: false };

    const sent = fixture.client.command(asked);

    await assert.rejects(sent, (error) => isPlatformError(error, "input"));
    assert.deepEqual(fixture.omada.server.journal, []);
  });

  it("is not refused for what its parameters are called", async () => {
    const fixture = await OmadaFixture.start();
    const { mac } = fixture.omada.device("Hall AP");
    const path = "sites/{siteId}/devices/{forget}/reboot";

    await fixture.client.command({ ...command, path, params: { forget: mac }, confirm: false });

    assert.equal(fixture.omada.calls(/reboot$/), 1);
  });
});
