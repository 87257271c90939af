import type { Listing } from "./omada-listings";
import type { Operation } from "./omada-operations";
import type { Row } from "./omada-rows";

/** What a controller at `url` says of its operations. */
export function description(url: string, operations: Operation[]): Row {
  const paths: Record<string, Row> = {};
  for (const operation of operations) {
    const methods = (paths[operation.path] ??= {});
    methods[operation.method.toLowerCase()] = described(operation);
  }
  // The real one never says more about its version either (omada.md section 5).
  return {
    openapi: "3.0.1",
    info: { title: "Omada Open API", version: "v0.1" },
    servers: [{ url }],
    paths,
  };
}

function described({ method, path, id, list, body }: Operation): Row {
  const inQuery = method === "GET" && list ? queryOf(list) : [];
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => parameter(name, "path", true));
  const properties = Object.fromEntries((body ?? []).map((field) => [field, {}]));
  const content = { "application/json": { schema: { type: "object", properties } } };
  return {
    operationId: id,
    summary: id.replace(/_\d+$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { content, required: true } }),
    responses: { 200: { description: "OK" } },
  };
}

function queryOf({ search, sorts = [], filters = {}, sizes }: Listing): Row[] {
  const needed = ["page", "pageSize", ...(sizes ? ["filters.timeStart", "filters.timeEnd"] : [])];
  const fields = [
    ...sorts.map((field) => `sorts.${field}`),
    ...Object.keys(filters).map((field) => `filters.${field}`),
  ];
  return [
    ...needed.map((name) => parameter(name, "query", true)),
    ...[...(search ? ["searchKey"] : []), ...fields].map((name) => parameter(name, "query", false)),
  ];
}

function parameter(name: string, where: "path" | "query", required: boolean): Row {
  const type = /^page|time/.test(name) ? "integer" : "string";
  return { name, in: where, required, schema: { type } };
}
