import assert from "node:assert/strict";
import type { OperationSpec } from "../../../../src/omada/openapi/operation-spec";
import { parseSpec } from "../../../../src/omada/openapi/spec-parser";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";

/** A description of one operation, with schemas that its body may refer to. */
function one(operation: object, schemas: object = {}, path = `${SITE}/led`): object {
  return { paths: { [path]: { post: operation } }, components: { schemas } };
}

const body = (schema: object): object => ({ requestBody: { content: { "application/json": { schema } } } });

async function bodyOf(schema: object, schemas: object = {}): Promise<OperationSpec["body"]> {
  return (await parseSpec(one(body(schema), schemas)))[0]?.body;
}

const refer = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

describe("An invalid or malicious OpenAPI description", () => {
  for (const value of [undefined, null, 7, "text", [], {}, { paths: [] }, { paths: { a: null } }, { paths: 1 }]) {
    it(`has no operations if it is ${JSON.stringify(value)}`, async () => {
      assert.deepEqual(await parseSpec(value), []);
    });
  }

  it("is parsed as far as it is valid", async () => {
    const invalid = { tags: 1, summary: {}, operationId: [], parameters: "none", requestBody: 7, deprecated: "yes" };
    const parameters = [
      null,
      1,
      { name: 1, in: "query" },
      { name: "x", in: "header" },
      { name: "__proto__", in: "query" },
    ];

    const operations = await parseSpec({
      paths: {
        [`${SITE}/led`]: { get: invalid, put: { parameters }, post: null, trace: {} },
        "/api/info": { get: {} },
      },
    });

    assert.deepEqual(
      operations.map((operation) => [operation.method, operation.summary, operation.parameters]),
      [
        ["GET", "", []],
        ["POST", "", []],
        ["PUT", "", []],
      ],
    );
  });

  it("does not contain paths that the nodes would refuse", async () => {
    const paths = [
      "/openapi/v1/../x",
      "/openapi/v1//x",
      "/openapi/v1/a?b",
      "/openapi/v1/{a b}",
      "/openapi/v1/x{y}",
      "/x",
    ];
    const operations = await parseSpec({ paths: Object.fromEntries(paths.map((path) => [path, { get: {} }])) });

    assert.deepEqual(operations, []);
  });

  it("may contain references that are circular, dangling, external or named like built-in properties", async () => {
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

  it("is cut to 120 fields per body, and marked as partial", async () => {
    const properties = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, { type: "string" }]));
    const bodySpec = await bodyOf({ properties });

    assert.deepEqual([bodySpec?.fields.length, bodySpec?.partial], [120, true]);
  });

  it("is not expanded again for every operation that shares a body", async () => {
    const shared = {
      properties: Object.fromEntries(Array.from({ length: 110 }, (_, index) => [`f${index}`, { type: "string" }])),
    };
    const paths = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`${SITE}/thing${index}`, { post: body(refer("Shared")) }]),
    );

    const operations = await parseSpec({ paths, components: { schemas: { Shared: shared } } });

    assert.equal(operations.at(-1)?.body?.fields.length, 110);
  });

  it("is cut to a hundred allowed values per field", async () => {
    const choices = Array.from({ length: 200 }, (_, index) => `choice ${index}`);

    const bodySpec = await bodyOf({ properties: { one: { type: "string", enum: choices } } });

    assert.equal(bodySpec?.fields[0]?.choices?.length, 100);
  });

  it("is cut to 100,000 fields if a few lines expand to millions", async () => {
    const schemaOf = (to: string) => ({
      properties: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, refer(to)])),
    });
    const schemas = { A: schemaOf("B"), B: schemaOf("C"), C: schemaOf("D"), D: schemaOf("A") };
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

  it("is parsed within a second or two although thousands of schemas refer to each other", async function () {
    this.timeout(10_000);
    const count = 1500;
    const referTo = (index: number) => refer(`S${index % count}`);
    const large = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`q${index}`, { type: "string" }]));
    const schemas: Record<string, object> = { Large: { properties: large, required: Object.keys(large) } };
    const paths: Record<string, object> = {};
    for (let index = 0; index < count; index++) {
      const properties = Array.from({ length: 40 }, (_, key) => [`p${key}`, referTo(index * 7 + key * 13)] as const);
      schemas[`S${index}`] = { properties: Object.fromEntries(properties), allOf: Array(10).fill(refer("Large")) };
      const parameters = Array.from({ length: 60 }, (_, key) => ({
        in: "query",
        name: `n${key}`,
        schema: referTo(index + key),
      }));
      paths[`/openapi/v1/x${index}`] = { post: { ...body(referTo(index)), parameters } };
    }
    const startedAt = performance.now();

    const operations = await parseSpec({ paths, components: { schemas } });

    const tookMs = performance.now() - startedAt;
    assert.equal(operations.length, count);
    assert.ok(tookMs < 5000, `${tookMs} ms`);
  });

  it("has its texts cut to 400 characters on one line", async () => {
    const long = "a\n\tb ".repeat(5000);
    const parameters = [{ name: "x", in: "query", description: long }];

    const [operation] = await parseSpec(one({ tags: [long], summary: long, operationId: long, parameters }));

    const { tag = "", summary = "", id = "" } = operation ?? {};
    for (const text of [tag, summary, id, operation?.parameters[0]?.description ?? ""]) {
      assert.ok(text.length > 50 && text.length <= 400, String(text.length));
      assert.doesNotMatch(text, /[\n\t]/);
    }
  });

  it("does not block the event loop while it is parsed", async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`/openapi/v1/x${index}`, { get: {} }]),
    );
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    try {
      await parseSpec({ paths });
    } finally {
      clearInterval(timer);
    }

    assert.ok(ticks > 0);
  });
});
