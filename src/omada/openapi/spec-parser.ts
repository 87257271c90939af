import { setImmediate } from "node:timers/promises";
import { allOperations } from "../operations";
import { NODE_PLACEHOLDERS, type Method, type OperationSpec } from "./operation-spec";
import { SchemaResolver, toObject, toText, type BodySpec, type Field, type JsonObject } from "./schema-fields";

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const PATH = /^\/openapi\/v\d+(\/(\w[\w.~-]*|\{\w{1,64}\}))+$/;
const MAX_PATH_LENGTH = 400;
/** The largest controller known has a fifth of it. */
const MAX_OPERATIONS = 10_000;
/** Paths that are parsed at a time, so that messages can pass in between. */
const PATHS_PER_TICK = 10;
const MAX_SUMMARY_LENGTH = 160;
const MAX_PARAMETERS = 200;
/** Operations may share a body. */
type BodyCache = Map<JsonObject, OperationSpec["body"]>;

const NO_FIELDS: BodySpec = { fields: [], partial: false };

/**
 * Parses a controller's OpenAPI description, as it serves it at `/v3/api-docs`.
 * Anything invalid is left out, because it may contain anything.
 * @returns its operations; none if it is not a description at all
 */
export async function parseSpec(value: unknown): Promise<OperationSpec[]> {
  const { paths, components } = toObject(value);
  const schemas = new SchemaResolver(components);
  const bodies: BodyCache = new Map();
  const operations: OperationSpec[] = [];
  for (const [index, [path, pathItem]] of Object.entries(toObject(paths)).entries()) {
    if (index % PATHS_PER_TICK === PATHS_PER_TICK - 1) await setImmediate();
    if (path.length > MAX_PATH_LENGTH || !PATH.test(path)) continue;
    const { parameters: shared, ...methods } = toObject(pathItem);
    for (const method of METHODS) {
      const operation = methods[method.toLowerCase()];
      if (operation === undefined || operations.length >= MAX_OPERATIONS) continue;
      operations.push(parseOperation(method, path, toObject(operation), shared, schemas, bodies));
    }
  }
  return operations;
}

function parseOperation(
  method: Method,
  path: string,
  operation: JsonObject,
  sharedParameters: unknown,
  schemas: SchemaResolver,
  bodies: BodyCache,
): OperationSpec {
  const declared = [sharedParameters, operation["parameters"]].flatMap((list) => (Array.isArray(list) ? list : []));
  const fields = declared.slice(0, MAX_PARAMETERS).flatMap((parameter) => schemas.parameter(parameter));
  const [tag] = Array.isArray(operation["tags"]) ? operation["tags"] : [];
  const id = toText(operation["operationId"], MAX_SUMMARY_LENGTH).replace(/_\d+$/, "");
  return {
    method,
    path,
    tag: toText(tag, MAX_SUMMARY_LENGTH),
    summary: toText(operation["summary"], MAX_SUMMARY_LENGTH) || id,
    id,
    deprecated: operation["deprecated"] === true,
    parameters: completeParameters(path, fields),
    body: parseBody(schemas.resolve(operation["requestBody"]), schemas, bodies),
  };
}

// Some operations have placeholders in their path that they do not declare (omada.md section 5).
function completeParameters(path: string, declared: Field[]): Field[] {
  const placeholders = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
  const inPath = placeholders
    .filter((name) => !NODE_PLACEHOLDERS.has(name))
    .map(
      (name): Field =>
        declared.find((field) => field.in === "path" && field.at[0] === name) ?? {
          in: "path",
          at: [name],
          type: "string",
          required: true,
        },
    );
  return [...inPath, ...declared.filter((field) => field.in === "query")];
}

function parseBody(body: JsonObject, schemas: SchemaResolver, bodies: BodyCache): OperationSpec["body"] {
  if (bodies.has(body)) return bodies.get(body);
  const parsed = parseContent(body, schemas);
  bodies.set(body, parsed);
  return parsed;
}

function parseContent(body: JsonObject, schemas: SchemaResolver): OperationSpec["body"] {
  const content = toObject(body["content"]);
  const [type] = Object.keys(content);
  if (type === undefined) return undefined;
  const file = type.startsWith("multipart/");
  const { schema } = toObject(content[type]);
  return { required: body["required"] === true, file, ...(file ? NO_FIELDS : schemas.body(schema)) };
}

let bundled: OperationSpec[] | undefined;

/** The operations that are known without a controller: methods, paths and names of parameters. */
export function bundledSpec(): OperationSpec[] {
  bundled ??= allOperations().map(({ method, path, id, label, query, body }) => ({
    method: method as Method,
    path,
    tag: "",
    summary: label,
    id,
    deprecated: false,
    parameters: completeParameters(path, query.map(toQueryField)),
    body: body === "none" ? undefined : { required: body === "required", file: false, ...NO_FIELDS, partial: true },
  }));
  return bundled;
}

function toQueryField(name: string): Field {
  const field: Field = { in: "query", at: [name], type: "string", required: false };
  return name.startsWith("sorts.") ? { ...field, choices: ["asc", "desc"] } : field;
}
