import { setImmediate } from "node:timers/promises";
import { allOperations, listKind } from "../operations";
import { rowOf, Schemas, textOf, type Body, type Field, type Row } from "./schema-fields";

/** An operation as a form needs it. Its texts are the controller's own: they must be shown as text. */
export interface OperationSpec {
  method: Method;
  /** From `/openapi/` on, with its placeholders. */
  path: string;
  /** The vendor's word for what it is about; blank where nobody says. */
  tag: string;
  /** What it does, in a few words. */
  summary: string;
  id: string;
  deprecated: boolean;
  /** What goes into the path and the query, but for what the node itself fills in. */
  parameters: readonly Field[];
  /** None where it takes none; `file` where it wants one, which no node can send. */
  body?: (Body & { required: boolean; file: boolean }) | undefined;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** The node knows which controller and which site. */
const OWN_PLACES = new Set(["omadacId", "mspId", "siteId"]);
const PATH = /^\/openapi\/v\d+(\/(\w[\w.~-]*|\{\w{1,64}\}))+$/;
const LONGEST_PATH = 400;
/** The largest controller known has a fifth of it. */
const MOST_OPERATIONS = 10_000;
/** Paths that are read in one go: messages want to pass in between. */
const PATHS_IN_A_GO = 50;
const LONGEST_SUMMARY = 160;

/**
 * Reads a controller's description of itself, as it serves it at `/v3/api-docs`.
 * Whatever in it makes no sense is left out: it may hold anything.
 * @returns its operations; none when it is no description at all
 */
export async function parseSpec(value: unknown): Promise<OperationSpec[]> {
  const { paths, components } = rowOf(value);
  const schemas = new Schemas(components);
  const operations: OperationSpec[] = [];
  for (const [index, [path, methods]] of Object.entries(rowOf(paths)).entries()) {
    if (index % PATHS_IN_A_GO === PATHS_IN_A_GO - 1) await setImmediate();
    if (path.length > LONGEST_PATH || !PATH.test(path)) continue;
    for (const method of METHODS) {
      const operation = rowOf(methods)[method.toLowerCase()];
      if (operation === undefined || operations.length >= MOST_OPERATIONS) continue;
      operations.push(described(method, path, rowOf(operation), rowOf(methods)["parameters"], schemas));
    }
  }
  return operations;
}

function described(method: Method, path: string, operation: Row, shared: unknown, schemas: Schemas): OperationSpec {
  const said = [shared, operation["parameters"]].flatMap((list) => (Array.isArray(list) ? list : []));
  const [tag] = Array.isArray(operation["tags"]) ? operation["tags"] : [];
  const id = textOf(operation["operationId"], LONGEST_SUMMARY).replace(/_\d+$/, "");
  return {
    method,
    path,
    tag: textOf(tag, LONGEST_SUMMARY),
    summary: textOf(operation["summary"], LONGEST_SUMMARY) || id,
    id,
    deprecated: operation["deprecated"] === true,
    parameters: complete(
      path,
      said.slice(0, 200).flatMap((parameter) => schemas.parameter(parameter)),
    ),
    body: bodyOf(schemas.resolve(operation["requestBody"]), schemas),
  };
}

// Some operations name places in their path and never say what they are (omada.md section 5).
function complete(path: string, said: Field[]): Field[] {
  const places = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name).filter(
    (name) => !OWN_PLACES.has(name),
  );
  const inPath = places.map((name): Field => {
    const known = said.find((field) => field.in === "path" && field.at[0] === name);
    return known ?? { in: "path", at: [name], type: "string", required: true };
  });
  return [...inPath, ...said.filter((field) => field.in === "query")];
}

function bodyOf(body: Row, schemas: Schemas): OperationSpec["body"] {
  const content = rowOf(body["content"]);
  const [type] = Object.keys(content);
  if (type === undefined) return undefined;
  const file = type.startsWith("multipart/");
  const { schema } = rowOf(content[type]);
  return { required: body["required"] === true, file, ...(file ? NO_FIELDS : schemas.body(schema)) };
}

const NO_FIELDS: Body = { fields: [], partial: false };

let table: OperationSpec[] | undefined;

/** What is known of operations without asking a controller: methods, paths and names of parameters. */
export function bundledSpec(): OperationSpec[] {
  table ??= allOperations().map(({ method, path, id, label, query, body }) => ({
    method: method as Method,
    path,
    tag: "",
    summary: label,
    id,
    deprecated: false,
    parameters: complete(path, query.map(queryField)),
    body: body === "none" ? undefined : { required: body === "needs", file: false, ...NO_FIELDS, partial: true },
  }));
  return table;
}

function queryField(name: string): Field {
  const sorts = name.startsWith("sorts.");
  return { in: "query", at: [name], type: "string", required: false, ...(sorts ? { choices: ["asc", "desc"] } : {}) };
}

/** Whether an operation only reads, be it by POST. */
export function isReadOperation({ method, path }: Pick<OperationSpec, "method" | "path">): boolean {
  if (method !== "POST") return method === "GET";
  const kind = listKind(method, path);
  return kind === "posted" || kind === "post";
}

/**
 * Finds the operation that a path leads to.
 * @param path from `/openapi/` on; its places filled, or with placeholders of any name
 */
export function findOperationSpec(
  operations: readonly OperationSpec[],
  method: string,
  path: string,
): OperationSpec | undefined {
  const asked = path.split("/");
  let best: { operation: OperationSpec; literals: number } | undefined;
  for (const operation of operations) {
    if (operation.method !== method) continue;
    if (operation.path === path) return operation;
    const places = operation.path.split("/");
    if (places.length !== asked.length || !places.every((place, index) => leads(asked[index], place))) continue;
    // `devices/all` is no device.
    const literals = places.filter((place) => !isPlace(place)).length;
    if (literals > (best?.literals ?? -1)) best = { operation, literals };
  }
  return best?.operation;
}

const isPlace = (segment = ""): boolean => segment.startsWith("{");

function leads(segment: string | undefined, place: string): boolean {
  return isPlace(place) ? segment !== "" : segment === place;
}
