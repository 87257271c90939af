import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock, type Clock } from "../../../src/core/clock";
import { searchOperations, shortPath, type Purpose } from "../../../src/omada/openapi/operation-search";
import { findOperationSpec, isReadOperation, type OperationSpec } from "../../../src/omada/openapi/operation-spec";
import type { Field } from "../../../src/omada/openapi/schema-fields";
import { SpecCache } from "../../../src/omada/openapi/spec-cache";
import { bundledSpec, parseSpec } from "../../../src/omada/openapi/spec-parser";
import { expandPath } from "../../../src/omada/path";
import { idleDuring } from "../../support/http-fixture";
import { OmadaFixture } from "../../support/omada-fixture";
import { OPERATIONS } from "../../support/simulators/omada/operations";
import { buildSpec } from "../../support/simulators/omada/spec";

// TP-Link's own description of a controller. It has no licence, so it is not in this repository.
const FILE = resolve("../shared/data/omada-openapi-5.15.24.json");
const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";

const ours = (): Promise<OperationSpec[]> => parseSpec(buildSpec("https://10.0.0.2", OPERATIONS));

function find(operations: readonly OperationSpec[], method: string, path: string): OperationSpec {
  return findOperationSpec(operations, method, path) ?? assert.fail(`no ${method} ${path}`);
}

const names = (fields: readonly Field[] = []): string[] =>
  fields.map(({ at, required }) => at.join(".") + (required ? "*" : ""));

/** A description of one operation, with schemas that its body may refer to. */
function one(operation: object, schemas: object = {}, path = `${SITE}/led`): object {
  return { paths: { [path]: { post: operation } }, components: { schemas } };
}

const body = (schema: object): object => ({ requestBody: { content: { "application/json": { schema } } } });

async function bodyOf(schema: object, schemas: object = {}): Promise<OperationSpec["body"]> {
  return (await parseSpec(one(body(schema), schemas)))[0]?.body;
}

const refer = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

describe("A controller's description", () => {
  it("is read as what a form needs: where each value goes, its type, and what it can be", async () => {
    const operations = await ours();

    const devices = find(operations, "GET", `${SITE}/devices`);
    assert.deepEqual([devices.tag, devices.summary], ["Device", "List the devices of a site"]);
    assert.deepEqual(names(devices.parameters), [
      "page*",
      "pageSize*",
      "sorts.name",
      "sorts.status",
      "sorts.ip",
      "filters.tag",
      "searchKey",
    ]);
    assert.deepEqual(devices.parameters[2]?.choices, ["asc", "desc"]);

    const poe = find(operations, "PUT", `${SITE}/switches/{switchMac}/ports/{port}/poe-mode`);
    assert.deepEqual(names(poe.parameters), ["switchMac*", "port*"], "undeclared places are places too");
    const [mode] = poe.body?.fields ?? [];
    assert.deepEqual([mode?.at, mode?.type, mode?.required, mode?.choices], [["poeMode"], "integer", true, [0, 1]]);
  });

  it("flattens objects in a body, and ends where a schema holds itself", async () => {
    const clients = find(await ours(), "POST", "/openapi/v2/{omadacId}/sites/{siteId}/clients").body;

    assert.deepEqual(
      clients?.fields.map(({ at, type, items }) => `${at.join(".")} ${items ?? ""}${type}`),
      [
        "page integer",
        "pageSize integer",
        "scope integer",
        "searchKey string",
        "sorts json",
        "filters.wireless boolean",
        "filters.apMacs stringlist",
        "filters.not json",
      ],
    );
    assert.deepEqual(
      clients.fields.slice(1, 3).map(({ minimum, maximum, default: standard }) => [minimum, maximum, standard]),
      [
        [1, 1000, undefined],
        [undefined, undefined, 1],
      ],
    );
  });

  it("calls required only what has to be given whatever else is", async () => {
    const inner = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
    const properties = { given: inner, left: inner };

    assert.deepEqual(names((await bodyOf({ required: ["given"], properties }))?.fields), ["given.name*", "left.name"]);
  });

  it("takes a schema together that is made of others, and a type that may be null", async () => {
    const schemas = { A: { required: ["a"], properties: { a: { type: ["null", "integer"] } } } };
    const schema = { allOf: [refer("A"), { properties: { b: { enum: ["x", "y"] } } }], required: ["b"] };

    const fields = (await bodyOf(schema, schemas))?.fields;

    assert.deepEqual(names(fields), ["a*", "b*"]);
    assert.deepEqual(
      fields?.map(({ type }) => type),
      ["integer", "string"],
    );
  });

  it("spreads a parameter that stands for several", async () => {
    const query = { required: ["page"], properties: { page: { type: "integer" }, searchKey: { type: "string" } } };
    const parameters = [{ name: "arg4", in: "query", required: true, schema: refer("Query") }];

    const [operation] = await parseSpec(one({ parameters }, { Query: query }));

    assert.deepEqual(names(operation?.parameters), ["page*", "searchKey"]);
  });

  it("knows a file where one is wanted", async () => {
    const [operation] = await parseSpec(
      one({ requestBody: { content: { "multipart/form-data": { schema: { properties: { file: {} } } } } } }),
    );

    assert.deepEqual(operation?.body, { required: false, file: true, fields: [], partial: false });
  });

  describe("that is broken or hostile", () => {
    for (const value of [undefined, null, 7, "text", [], {}, { paths: [] }, { paths: { a: null } }, { paths: 1 }]) {
      it(`has no operations: ${JSON.stringify(value)}`, async () => {
        assert.deepEqual(await parseSpec(value), []);
      });
    }

    it("is read as far as it makes sense", async () => {
      const odd = { tags: 1, summary: {}, operationId: [], parameters: "none", requestBody: 7, deprecated: "yes" };
      const parameters = [
        null,
        1,
        { name: 1, in: "query" },
        { name: "x", in: "header" },
        { name: "__proto__", in: "query" },
      ];

      const operations = await parseSpec({
        paths: { [`${SITE}/led`]: { get: odd, put: { parameters }, post: null, trace: {} }, "/api/info": { get: {} } },
      });

      assert.deepEqual(
        operations.map(({ method, summary, parameters }) => [method, summary, parameters]),
        [
          ["GET", "", []],
          ["POST", "", []],
          ["PUT", "", []],
        ],
      );
    });

    it("leads to no path that the nodes would refuse", async () => {
      const paths = [
        "/openapi/v1/../x",
        "/openapi/v1//x",
        "/openapi/v1/a?b",
        "/openapi/v1/{a b}",
        "/openapi/v1/x{y}",
        "/x",
      ];
      const described = await parseSpec({ paths: Object.fromEntries(paths.map((path) => [path, { get: {} }])) });

      assert.deepEqual(described, []);
    });

    it("ends with references that lead in a circle, nowhere, or into the language itself", async () => {
      const schemas = {
        A: refer("B"),
        B: refer("A"),
        C: { properties: { c: refer("C") } },
        "D/E": { type: "integer" },
      };
      const properties = {
        circle: refer("A"),
        self: refer("C"),
        nowhere: refer("toString"),
        outside: { $ref: "https://example.org/x" },
        slash: refer("D~1E"),
        ["__proto__"]: { type: "string" },
      };

      const fields = (await bodyOf({ properties }, schemas))?.fields ?? [];

      assert.deepEqual(
        fields.map(({ at, type }) => [at.join("."), type]),
        [
          ["circle", "json"],
          ["self.c", "json"],
          ["nowhere", "json"],
          ["outside", "json"],
          ["slash", "integer"],
        ],
      );
    });

    it("asks for no more than anybody fills in, and says so", async () => {
      const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, { type: "string" }]));
      const cut = await bodyOf({ properties: wide });

      assert.deepEqual([cut?.fields.length, cut?.partial], [120, true]);
    });

    it("is read once, however many operations share it", async () => {
      const shared = {
        properties: Object.fromEntries(Array.from({ length: 110 }, (_, index) => [`f${index}`, { type: "string" }])),
      };
      const paths = Object.fromEntries(
        Array.from({ length: 1000 }, (_, index) => [`${SITE}/thing${index}`, { post: body(refer("Shared")) }]),
      );

      const operations = await parseSpec({ paths, components: { schemas: { Shared: shared } } });

      assert.equal(operations.at(-1)?.body?.fields.length, 110);
    });

    it("offers a hundred choices at most", async () => {
      const many = Array.from({ length: 200 }, (_, index) => `choice ${index}`);

      const read = await bodyOf({ properties: { one: { type: "string", enum: many } } });

      assert.equal(read?.fields[0]?.choices?.length, 100);
    });

    it("ends soon, and small, where a few lines stand for millions", async () => {
      const wide = (to: string) => ({
        properties: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, refer(to)])),
      });
      const schemas = { A: wide("B"), B: wide("C"), C: wide("D"), D: wide("A") };
      const paths = Object.fromEntries(
        Array.from({ length: 3000 }, (_, index) => [
          `/openapi/v1/{omadacId}/x${index}`,
          { post: body({ allOf: [refer("A")], title: index }) },
        ]),
      );

      const operations = await parseSpec({ paths, components: { schemas } });

      const fields = operations.reduce((sum, operation) => sum + (operation.body?.fields.length ?? 0), 0);
      assert.deepEqual([operations.length, fields], [3000, 100_000]);
    });

    it("has its texts cut to a length that fits a dialog, on one line", async () => {
      const long = "a\n\tb ".repeat(5000);
      const parameters = [{ name: "x", in: "query", description: long }];

      const [operation] = await parseSpec(one({ tags: [long], summary: long, operationId: long, parameters }));

      const { tag = "", summary = "", id = "" } = operation ?? {};
      for (const text of [tag, summary, id, operation?.parameters[0]?.description ?? ""]) {
        assert.ok(text.length > 50 && text.length <= 400, String(text.length));
        assert.doesNotMatch(text, /[\n\t]/);
      }
    });

    it("lets messages pass while it is read", async () => {
      const paths = Object.fromEntries(
        Array.from({ length: 1000 }, (_, index) => [`/openapi/v1/x${index}`, { get: {} }]),
      );
      let passed = 0;
      const passing = setInterval(() => passed++, 0);
      try {
        await parseSpec({ paths });
      } finally {
        clearInterval(passing);
      }

      assert.ok(passed > 0);
    });
  });

  describe("of TP-Link's", () => {
    let operations: OperationSpec[];

    before(async function () {
      if (!existsSync(FILE)) this.skip(); // a fresh clone has no ../shared/data beside it
      operations = await parseSpec(JSON.parse(readFileSync(FILE, "utf8")));
    });

    it("is read whole", () => {
      assert.equal(operations.length, 1679);
      for (const { path, summary, parameters } of operations) {
        assert.notEqual(summary, "", path);
        const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
        const own = places.filter((name) => !["omadacId", "mspId", "siteId"].includes(name));
        assert.deepEqual(
          parameters.filter((field) => field.in === "path").map(({ at }) => at[0]),
          own,
          path,
        );
      }
      assert.ok(operations.filter(({ body }) => body?.partial).length <= 6);
    });

    it("names a short path that leads back to the operation", () => {
      for (const { method, path } of operations) {
        assert.equal(expandPath(shortPath(path)), path);
        assert.equal(findOperationSpec(operations, method, path)?.path, path);
      }
    });
  });
});

describe("The bundled description", () => {
  it("has every operation of the table, with its places and the names of its query", () => {
    const events = find(bundledSpec(), "GET", `${SITE}/logs/events`);

    assert.ok(bundledSpec().length > 2000);
    assert.ok(names(events.parameters).includes("filters.timeStart"));
    const poe = find(bundledSpec(), "PUT", `${SITE}/switches/{switchMac}/ports/{port}/poe-mode`);
    assert.deepEqual([names(poe.parameters), poe.body?.required], [["switchMac*", "port*"], true]);
  });
});

describe("An operation", () => {
  it("is found by a path with its places filled, or called otherwise", async () => {
    const operations = await ours();
    const called = (path: string): string | undefined => findOperationSpec(operations, "GET", expandPath(path))?.id;

    assert.equal(called("sites/{siteId}/clients/{mac}"), "getClientDetail");
    assert.equal(called("sites/0123456789abcdef01234567/clients/AA-BB-CC-00-11-22"), "getClientDetail");
    assert.equal(called("sites/{siteId}/devices/all"), "getAllDeviceBySite");
    assert.equal(called("sites/{siteId}/nothing/like/it"), undefined);
    assert.equal(findOperationSpec(operations, "DELETE", expandPath("sites/{siteId}/devices")), undefined);
  });

  it("is found by its name before it is taken for a place", async () => {
    for (const last of [
      ["all", "{deviceMac}"],
      ["{deviceMac}", "all"],
    ]) {
      const paths = Object.fromEntries(last.map((name) => [`${SITE}/devices/${name}`, { get: { operationId: name } }]));
      const operations = await parseSpec({ paths });

      const [all, one] = ["all", "AA-BB-CC-00-11-22"].map((name) =>
        findOperationSpec(operations, "GET", `/openapi/v1/{omadacId}/sites/1/devices/${name}`),
      );
      assert.deepEqual([all?.id, one?.id], ["all", "{deviceMac}"]);
    }
  });

  it("reads by GET, and by those POSTs that the query node sends", async () => {
    const operations = await ours();
    const posts = operations.filter((operation) => operation.method === "POST" && isReadOperation(operation));

    assert.deepEqual(
      posts.map(({ id }) => id),
      ["getGridAllClients"],
    );
    assert.ok(!isReadOperation(find(operations, "POST", `${SITE}/clients/{clientMac}/block`)));
  });
});

describe("The search for an operation", () => {
  async function search(words: string, purpose: Purpose = "read", most = 50): Promise<string[]> {
    const { matches } = searchOperations(await ours(), purpose, words, most);
    return matches.map(({ method, path }) => `${method} ${path}`);
  }

  it("wants every word, in the method, the path, the tag or the summary", async () => {
    assert.deepEqual(await search("wan gateway"), ["GET sites/{siteId}/gateways/{gatewayMac}/wan-status"]);
    assert.deepEqual(await search("LIGHTS put", "write"), ["PUT sites/{siteId}/led"]);
    assert.deepEqual(await search("log alert"), ["GET sites/{siteId}/logs/alerts"]);
    assert.deepEqual(await search("nothing of the kind"), []);
  });

  it("puts first what owners ask for most", async () => {
    assert.deepEqual((await search("")).slice(0, 3), [
      "GET sites",
      "GET sites/{siteId}/devices",
      "GET sites/{siteId}/clients",
    ]);
    assert.equal((await search("devices"))[0], "GET sites/{siteId}/devices");
    assert.equal((await search("", "write"))[0], "PUT sites/{siteId}/led");
  });

  it("shows what reads to those who read, and what writes to those who write", async () => {
    const [toRead, toWrite] = [await search(""), await search("", "write")];

    assert.ok(toRead.includes("POST /openapi/v2/{omadacId}/sites/{siteId}/clients"));
    assert.ok(toWrite.every((operation) => /^(POST|PUT|PATCH|DELETE) /.test(operation)));
    assert.equal(toRead.length + toWrite.length, OPERATIONS.length);
  });

  it("says what destroys, and what", async () => {
    const { matches } = searchOperations(await ours(), "write", "", 50);
    const destroying = matches.filter(({ destroys }) => destroys).map(({ path, destroys }) => `${path}: ${destroys}`);

    assert.deepEqual(destroying.toSorted(), [
      "sites/{siteId}/devices/{deviceMac}/forget: forget a device",
      "sites/{siteId}: delete something",
    ]);
  });

  it("answers with the best alone, and tells how many there are", async () => {
    const { matches, total } = searchOperations(bundledSpec(), "read", "get", 20);

    assert.equal(matches.length, 20);
    assert.ok(total > 200);
  });

  it("takes any text for words", async () => {
    for (const words of ["(", "[a-", "\\", "*".repeat(10_000), " \n\t ", "__proto__", "{siteid}"]) await search(words);
    assert.ok((await search("{siteId}")).length > 5);
  });
});

describe("The keeper of descriptions", () => {
  async function setUp(options: Parameters<typeof OmadaFixture.start>[0] = {}) {
    const fixture = await OmadaFixture.start(options);
    // Its hours are turned by the test, its waiting is real.
    const clock: Clock = { now: () => fixture.clock.at, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
    const descriptions = new SpecCache(clock);
    return {
      fixture,
      descriptions,
      of: (key = "a", waitMs = 30_000) => descriptions.get(key, fixture.client, waitMs),
      asked: (): string[] => {
        const paths = fixture.omada.server.journal.map(({ path }) => path);
        return paths.filter((path) => !path.startsWith("/openapi/"));
      },
    };
  }

  it("reads a controller's own once, without signing in", async () => {
    const { fixture, of, asked } = await setUp({ version: "6.1.0" });

    const [one, other] = await Promise.all([of(), of()]);
    const later = await of();

    assert.deepEqual([one.own, one.version, one.pending, one.error], [true, "6.1.0", false, undefined]);
    assert.equal(other.operations, one.operations);
    assert.equal(later.operations, one.operations);
    assert.deepEqual(asked(), ["/api/info", "/v3/api-docs"]);
    assert.equal(fixture.omada.tokenRequests(), 0);
  });

  it("asks after a while whether the controller was updated, and reads again only then", async () => {
    const { fixture, of, asked } = await setUp({ version: "5.15.24" });
    const before = await of();

    fixture.clock.at += 61_000;
    fixture.omada.server.injectFault({ kind: "late", ms: 2000 });
    const idleMs = await idleDuring(async () => assert.equal((await of()).operations, before.operations));
    assert.ok(idleMs < 1000, "nobody waits for the look again");
    await until(() => asked().length === 3);
    fixture.omada.version = "6.1.0";
    await until(async () => {
      fixture.clock.at += 61_000;
      return (await of()).version === "6.1.0";
    });

    assert.deepEqual(asked().slice(0, 3), ["/api/info", "/v3/api-docs", "/api/info"]);
    assert.equal(asked().filter((path) => path === "/v3/api-docs").length, 2);
    assert.notEqual((await of()).operations, before.operations);
  });

  it("takes an answer without operations for none", async () => {
    const { fixture, of } = await setUp();
    fixture.respondWith(/api-docs$/, { body: { openapi: "3.0.1", paths: {} } });

    const { own, error } = await of();

    assert.deepEqual([own, error?.code], [false, "protocol"]);
  });

  it("asks one that is down for nothing more", async () => {
    const { fixture, of, asked } = await setUp();
    fixture.omada.server.injectFault({ kind: "reset" }, { times: 9 });

    const { own, error } = await of();

    assert.deepEqual([own, error?.code], [false, "network"]);
    assert.ok(!asked().includes("/v3/api-docs"));
  });

  it("keeps what it has when the config node is another one, if the controller is the same", async () => {
    const { fixture, descriptions, of, asked } = await setUp();
    const before = await of();

    const next = { info: () => fixture.client.info(), spec: () => fixture.client.spec() };
    const after = await descriptions.get("a", next, 5000);

    assert.equal(after.operations, before.operations);
    assert.deepEqual(asked(), ["/api/info", "/v3/api-docs", "/api/info"]);
  });

  it("does not take one controller's for another's", async () => {
    const [one, other] = [await setUp({ version: "5.15.24" }), await setUp({ version: "6.1.0" })];
    const before = await one.of();

    const after = await one.descriptions.get("a", other.fixture.client, 5000);

    assert.notEqual(after.operations, before.operations);
    assert.equal(after.version, "6.1.0");
  });

  it("finds the cloud's in its group, and reads it anew only after an hour", async () => {
    const { fixture, of, asked } = await setUp();
    const own = buildSpec("https://cloud", OPERATIONS);
    fixture.respondWith(/\/api\/info$/, { status: 404, body: "<html>" }, 9);
    fixture.respondWith(/\/v3\/api-docs$/, { status: 404, body: "<html>" }, 9);
    fixture.respondWith(/\/00%20All$/, { body: own }, 9);

    const known = await of();
    fixture.clock.at += 600_000;
    await of();

    assert.deepEqual([known.own, known.version], [true, ""]);
    assert.deepEqual(asked(), ["/api/info", "/v3/api-docs", "/v3/api-docs/00%20All"]);
    fixture.clock.at += 3_000_000;
    await of();
    await until(() => asked().length > 3);
  });

  const BROKEN: Record<string, { answer: object; code: string }> = {
    "a web page": { answer: { body: "<!doctype html>" }, code: "protocol" },
    "cut JSON": { answer: { body: '{"paths": {' }, code: "protocol" },
    "no description": { answer: { body: { openapi: "3.0.1", paths: {} } }, code: "protocol" },
    "more than 16 MiB": { answer: { body: `"${"x".repeat(17 * 2 ** 20)}"` }, code: "protocol" },
    "a refusal": { answer: { status: 403, body: {} }, code: "forbidden" },
  };
  for (const [what, { answer, code }] of Object.entries(BROKEN)) {
    it(`falls back to the bundled table, and says why, for ${what}`, async () => {
      const { fixture, of, asked } = await setUp();
      fixture.respondWith(/\/v3\/api-docs/, answer, 2);

      const known = await of();

      assert.deepEqual([known.own, known.operations, known.error?.code], [false, bundledSpec(), code]);
      await of();
      assert.equal(asked().length, 3, "not asked again at once");
      fixture.clock.at += 21_000;
      assert.equal((await of()).own, true);
    });
  }

  it("waits no longer than it is told, and goes on reading", async () => {
    const { fixture, of } = await setUp();
    fixture.omada.server.injectFault({ kind: "delay", ms: 400 }, { when: ({ path }) => path === "/v3/api-docs" });

    const first = await of("a", 50);
    assert.deepEqual([first.own, first.pending], [false, true]);
    await until(async () => (await of("a", 50)).own);
  });

  it("says what is wrong when nobody answers", async () => {
    const { fixture, of } = await setUp();
    await fixture.omada.close();

    const known = await of();

    assert.deepEqual([known.own, known.error?.code], [false, "network"]);
    assert.ok(known.operations.length > 2000);
  });

  it("keeps four of them", async () => {
    const { of, asked } = await setUp();
    for (const key of ["a", "b", "c", "d", "e"]) await of(key);
    assert.equal(asked().length, 10);

    await of("e");
    await of("b");
    assert.equal(asked().length, 10);
    await of("a");
    assert.equal(asked().length, 12);
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  assert.fail("waited in vain");
}
