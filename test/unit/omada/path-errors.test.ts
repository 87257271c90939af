import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import type { OmadaQuery } from "../../../src/omada/client";
import { OmadaFixture } from "../../support/omada-fixture";

type Query = Partial<OmadaQuery>;

const MAC = "02-00-5E-AB-CD-0F";
const LED = "sites/{siteId}/led";
const HARBOUR = { site: "Harbour" };

const circular: Record<string, unknown> = { name: "loop" };
circular["self"] = circular;

describe("An invalid path or parameter of the Omada client", () => {
  const filled = (params: object): [string, Query] => ["things/{thing}", { params: { ...params } }];
  const queried = (params: object): [string, Query] => [
    "sites/{siteId}/clients",
    { ...HARBOUR, params: { ...params } },
  ];
  const posted = (params: object): [string, Query] => [
    "/openapi/v2/{omadacId}/sites/{siteId}/clients",
    { ...HARBOUR, method: "POST", params: { ...params } },
  ];
  const invalid: Record<string, [string, Query]> = {
    "no characters": ["", {}],
    "nothing but spaces": ["  ", {}],
    "nothing but a slash": ["/", {}],
    "two dots": ["sites/../users", {}],
    "two dots at the end": ["sites/..", {}],
    "two dots in a name": ["things/a..b", {}],
    "a single dot as a segment": ["sites/./led", {}],
    "two slashes": ["sites//led", {}],
    "another host": ["https://example.org/sites", {}],
    "a backslash": ["sites\\led", {}],
    "a question mark": ["sites?page=1", {}],
    "a hash": ["sites#led", {}],
    "a line break": ["sites/\nled", {}],
    "a null": ["sites/\0/led", {}],
    "a control character beyond ASCII": ["sites/\u0085/led", {}],
    "a lone surrogate": ["sites/\ud800/led", {}],
    "the path of the sign-in": ["/openapi/authorize/token", {}],
    "no version": ["/openapi", {}],
    "a version only": ["/openapi/v1/", {}],
    "an invalid version": ["/openapi/vX/{omadacId}/sites", {}],
    "a placeholder without a value": ["things/{thing}", {}],
    "a placeholder for a site that is not set": ["sites/{siteId}/led", {}],
    "a placeholder with an invalid name": ["things/{the-thing}", { params: { "the-thing": "x" } }],
    "an incomplete placeholder": ["things/{thing", { params: { thing: "x" } }],
    "a placeholder after other text": ["things/x{thing}", { params: { thing: "x" } }],
    "a value of two dots": filled({ thing: ".." }),
    "a value of a dot": filled({ thing: "." }),
    "a value with a control character": filled({ thing: "a\r\nb" }),
    "a value with a lone surrogate": filled({ thing: "\udfff" }),
    ...Object.fromEntries(
      [
        "a/b",
        "a\\b",
        "../../../x",
        "a%2fb",
        "a%2Fb",
        "a%5Cb",
        "a%252fb",
        "%2e%2e",
        "%252E",
        "..;x",
        ".%2e",
        "50%%2f",
      ].map((thing) => [`a value of ${thing}`, filled({ thing })]),
    ),
    "an encoded slash": ["things/a%2Fb", {}],
    "an empty value": filled({ thing: "" }),
    "a value of null": filled({ thing: null }),
    "a value that is an object": filled({ thing: { a: 1 } }),
    "a value that is a list": filled({ thing: ["a"] }),
    "a value of NaN": filled({ thing: Number.NaN }),
    "a placeholder named like a built-in property": ["things/{constructor}", {}],
    "a query with a lone surrogate": queried({ searchKey: "\ud800" }),
    "a query with a lone surrogate in a name": queried({ "\ud800": "x" }),
    "a query nested too deeply": queried({ filters: { a: { b: 1 } } }),
    "a query nested too deeply by dotted names": queried({ "filters.a": { b: 1 } }),
    "a query with a date": queried({ start: new Date() }),
    "a query with a buffer": queried({ key: Buffer.from("x") }),
    "a query with objects in a list": queried({ list: [{ a: 1 }] }),
    "a query with Infinity": queried({ start: Infinity }),
    "page 0": queried({ page: 0 }),
    "a page that is not a number": queried({ page: "first" }),
    "a fractional page": queried({ page: 1.5 }),
    "a blank page": queried({ page: " " }),
    "a page of true": queried({ page: true }),
    "a page size of 0": queried({ pageSize: 0 }),
    "a circular body": posted({ filters: circular }),
    "a body with a BigInt": posted({ filters: { id: 1n } }),
    "a POST to a list that is read by GET": ["sites/{siteId}/devices", { ...HARBOUR, method: "POST" }],
    "a POST that changes something": [
      "sites/{siteId}/devices/{deviceMac}/reboot",
      { ...HARBOUR, method: "POST", params: { deviceMac: MAC } },
    ],
    "a POST of a batch of commands": ["batch", { method: "POST" }],
    "a POST with part of its path in a placeholder": [
      "sites/{siteId}/{what}",
      { ...HARBOUR, method: "POST", params: { what: "dhcp-lease-time" } },
    ],
  };
  for (const [what, [path, query]] of Object.entries(invalid)) {
    it(`is refused before any request if it has ${what}`, async () => {
      const fixture = await OmadaFixture.start({}, { omadacId: "" });

      const error = await fixture.queryError(path, query);

      assert.equal(error.code, "input");
      assert.deepEqual(fixture.omada.server.journal, []);
    });
  }

  for (const [message, ...paths] of [
    [/"path" is empty\. Enter one such as sites/, "", "  "],
    [/"path" must not contain "\.\."/, "sites/../users", "sites//led", "sites?page=1", "sites/\0"],
    [/needs a site\. Set "site"/, LED],
    [/needs a value for \{thing\}\. Add it to "params"/, "things/{thing}"],
  ] as const) {
    for (const path of paths) {
      it(`is refused with a helpful message if it is ${JSON.stringify(path)}`, async () => {
        const fixture = await OmadaFixture.start();

        const error = await fixture.queryError(path);

        assert.match(error.message, message);
      });
    }
  }

  for (const thing of [null, "", undefined]) {
    it(`is refused with the name of the placeholder if its value is ${JSON.stringify(thing)}`, async () => {
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
    it(`is refused before any request if it is destructive and not confirmed: ${path}`, async () => {
      const fixture = await OmadaFixture.start();
      const destructive = { ...command, path, params: { ...params, what: "forget" }, confirm: false };

      const result = fixture.client.command(destructive);

      await assert.rejects(result, (error) => isPlatformError(error, "input"));
      assert.deepEqual(fixture.omada.server.journal, []);
    });
  }

  it("is refused before any request if its body is circular", async () => {
    const fixture = await OmadaFixture.start();
    const withCircularBody = {
      ...command,
      path: "sites/{siteId}/led",
      method: "PUT",
      params: {},
      body: circular,
      confirm: false,
    };

    const result = fixture.client.command(withCircularBody);

    await assert.rejects(result, (error) => isPlatformError(error, "input"));
    assert.deepEqual(fixture.omada.server.journal, []);
  });

  it("is not refused for the names of its placeholders", async () => {
    const fixture = await OmadaFixture.start();
    const { mac } = fixture.omada.device("Hall AP");
    const path = "sites/{siteId}/devices/{forget}/reboot";

    await fixture.client.command({ ...command, path, params: { forget: mac }, confirm: false });

    assert.equal(fixture.omada.calls(/reboot$/), 1);
  });
});
