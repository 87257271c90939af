import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { shortPath } from "../../../../src/omada/openapi/operation-search";
import { findOperationSpec, type OperationSpec } from "../../../../src/omada/openapi/operation-spec";
import type { Field } from "../../../../src/omada/openapi/schema-fields";
import { bundledSpec, parseSpec } from "../../../../src/omada/openapi/spec-parser";
import { expandPath } from "../../../../src/omada/path";
import { OPERATIONS } from "../../../support/simulators/omada/operations";
import { buildSpec } from "../../../support/simulators/omada/spec";

// TP-Link's own description of a controller. It has no license, so it is not part of this repository.
const FILE = resolve("../shared/data/omada-openapi-5.15.24.json");
const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";

const simulatedSpec = (): Promise<OperationSpec[]> => parseSpec(buildSpec("https://10.0.0.2", OPERATIONS));

function find(operations: readonly OperationSpec[], method: string, path: string): OperationSpec {
  return findOperationSpec(operations, method, path) ?? assert.fail(`no ${method} ${path}`);
}

const names = (fields: readonly Field[] = []): string[] =>
  fields.map(({ at, required }) => at.join(".") + (required ? "*" : ""));

/** A description of one operation, with schemas for its references. */
function one(operation: object, schemas: object = {}, path = `${SITE}/led`): object {
  return { paths: { [path]: { post: operation } }, components: { schemas } };
}

const body = (schema: object): object => ({ requestBody: { content: { "application/json": { schema } } } });

async function bodyOf(schema: object, schemas: object = {}): Promise<OperationSpec["body"]> {
  return (await parseSpec(one(body(schema), schemas)))[0]?.body;
}

const refer = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

describe("The OpenAPI description of a controller", () => {
  it("is parsed to fields with their place, their type and their allowed values", async () => {
    const operations = await simulatedSpec();

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
    assert.deepEqual(names(poe.parameters), ["switchMac*", "port*"], "undeclared placeholders included");
    const [mode] = poe.body?.fields ?? [];
    assert.deepEqual([mode?.at, mode?.type, mode?.required, mode?.choices], [["poeMode"], "integer", true, [0, 1]]);
  });

  it("is flattened where a body contains objects, up to a schema that contains itself", async () => {
    const clients = find(await simulatedSpec(), "POST", "/openapi/v2/{omadacId}/sites/{siteId}/clients").body;

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
      clients.fields.slice(1, 3).map(({ minimum, maximum, default: defaultValue }) => [minimum, maximum, defaultValue]),
      [
        [1, 1000, undefined],
        [undefined, undefined, 1],
      ],
    );
  });

  it("makes a field required only if every object around it is required", async () => {
    const inner = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
    const properties = { needed: inner, optional: inner };

    assert.deepEqual(names((await bodyOf({ required: ["needed"], properties }))?.fields), [
      "needed.name*",
      "optional.name",
    ]);
  });

  it("may compose a schema of others, and allow null as a type", async () => {
    const schemas = { A: { required: ["a"], properties: { a: { type: ["null", "integer"] } } } };
    const schema = { allOf: [refer("A"), { properties: { b: { enum: ["x", "y"] } } }], required: ["b"] };

    const fields = (await bodyOf(schema, schemas))?.fields;

    assert.deepEqual(names(fields), ["a*", "b*"]);
    assert.deepEqual(
      fields?.map(({ type }) => type),
      ["integer", "string"],
    );
  });

  it("may declare several parameters as the properties of one", async () => {
    const query = { required: ["page"], properties: { page: { type: "integer" }, searchKey: { type: "string" } } };
    const parameters = [{ name: "arg4", in: "query", required: true, schema: refer("Query") }];

    const [operation] = await parseSpec(one({ parameters }, { Query: query }));

    assert.deepEqual(names(operation?.parameters), ["page*", "searchKey"]);
  });

  it("may require an uploaded file", async () => {
    const [operation] = await parseSpec(
      one({ requestBody: { content: { "multipart/form-data": { schema: { properties: { file: {} } } } } } }),
    );

    assert.deepEqual(operation?.body, { required: false, file: true, fields: [], partial: false });
  });
});

describe("The OpenAPI description by TP-Link", () => {
  let operations: OperationSpec[];

  before(async function () {
    if (!existsSync(FILE)) this.skip(); // not part of this repository
    operations = await parseSpec(JSON.parse(readFileSync(FILE, "utf8")));
  });

  it("is parsed completely", () => {
    assert.equal(operations.length, 1679);
    for (const { path, summary, parameters } of operations) {
      assert.notEqual(summary, "", path);
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
      const expected = placeholders.filter((name) => !["omadacId", "mspId", "siteId"].includes(name));
      assert.deepEqual(
        parameters.filter((field) => field.in === "path").map(({ at }) => at[0]),
        expected,
        path,
      );
    }
    assert.ok(operations.filter((operation) => operation.body?.partial).length <= 6);
  });

  it("has a short path for each operation, which expands to its full path", () => {
    for (const { method, path } of operations) {
      assert.equal(expandPath(shortPath(path)), path);
      assert.equal(findOperationSpec(operations, method, path)?.path, path);
    }
  });
});

describe("The bundled table as an OpenAPI description", () => {
  it("has every operation, with its placeholders and the names of its query", () => {
    const events = find(bundledSpec(), "GET", `${SITE}/logs/events`);

    assert.ok(bundledSpec().length > 2000);
    assert.ok(names(events.parameters).includes("filters.timeStart"));
    const poe = find(bundledSpec(), "PUT", `${SITE}/switches/{switchMac}/ports/{port}/poe-mode`);
    assert.deepEqual([names(poe.parameters), poe.body?.required], [["switchMac*", "port*"], true]);
  });
});
