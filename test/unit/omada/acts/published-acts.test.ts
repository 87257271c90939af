import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { RecordedRequest } from "../../../support/simulators/simulated-server";
import { EXAMPLES, setUpActs } from "./act-fixture";

// TP-Link's own descriptions. They have no license, so they are not part of this repository.
const LOCAL = resolve("../shared/data/omada-openapi-5.15.24.json");
const CLOUD = resolve("../shared/data/omada-operations-cloud-2026-04.json");

interface Schema {
  $ref?: string;
  type?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}
interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** What is wrong with a value, by the schema that it should have. */
function problems(value: unknown, schema: Schema | undefined, { components }: Description, at: string): string[] {
  const {
    type,
    items,
    properties,
    required = [],
  } = schema?.$ref ? (components.schemas[decodeURIComponent(schema.$ref.split("/").at(-1)!)] ?? {}) : (schema ?? {});
  if (Array.isArray(value))
    return value.flatMap((item, index) => problems(item, items, { components } as Description, `${at}[${index}]`));
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value);
    const missing = required.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`);
    const unknown = fields
      .filter(([name]) => properties && !(name in properties))
      .map(([name]) => `${at}.${name} is unknown`);
    const inner = fields.flatMap(([name, each]) =>
      problems(each, properties?.[name], { components } as Description, `${at}.${name}`),
    );
    return [...missing, ...unknown, ...inner];
  }
  const is = { integer: "number", number: "number", boolean: "boolean", string: "string" }[type ?? ""] ?? typeof value;
  return typeof value === is ? [] : [`${at} is no ${type}`];
}

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.*+?^$|()[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}$`);

/** The requests of all acts, with their reads. */
async function requestsOf(
  version: string,
  { since = "", ...example }: (typeof EXAMPLES)[number],
): Promise<RecordedRequest[]> {
  if (since > version) return [];
  const { omada, act } = await setUpActs({ version });
  await act(example.act, example.order);
  return omada.server.journal.filter(({ path }) => path.startsWith("/openapi/v"));
}

describe("The requests of the acts", () => {
  for (const example of EXAMPLES) {
    const title = `${example.act} (${JSON.stringify(example.order)})`;

    it(`are in TP-Link's description of 5.15, with all that is required and nothing else: ${title}`, async function () {
      if (!existsSync(LOCAL)) this.skip();
      const description = json(LOCAL) as Description;
      for (const { method, path, query, body } of await requestsOf("5.15.24.19", example)) {
        const [, methods] = Object.entries(description.paths).find(
          ([template, each]) => pattern(template).test(path) && each[method.toLowerCase()],
        ) ?? [path, undefined];
        const operation = methods?.[method.toLowerCase()];
        assert.ok(operation, `${method} ${path}`);
        const parameters = (operation.parameters ?? []).filter((one) => one.in === "query");
        const required = parameters.filter((one) => one.required).map(({ name }) => name);
        assert.deepEqual(
          required.filter((name) => !query.has(name)),
          [],
          path,
        );
        assert.deepEqual(
          [...query.keys()].filter((name) => !parameters.some((one) => one.name === name)),
          [],
          path,
        );
        const [content] = Object.values(operation.requestBody?.content ?? {});
        assert.equal(body !== "", content !== undefined, path);
        if (content) assert.deepEqual(problems(JSON.parse(body), content.schema, description, "body"), [], path);
      }
    });

    it(`are among the operations of the cloud of April 2026: ${title}`, async function () {
      if (!existsSync(CLOUD)) this.skip();
      const { operations } = json(CLOUD) as {
        operations: { method: string; path: string; bodyModel: string | null }[];
      };
      for (const { method, path, body } of await requestsOf("6.2.0", example)) {
        const operation = operations.find((one) => one.method === method && pattern(one.path).test(path));
        // Version 1 of the client list is tried first.
        assert.ok(operation, `${method} ${path}`);
        assert.equal(body !== "", operation.bodyModel !== null, path);
      }
    });
  }
});
