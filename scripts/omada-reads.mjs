// Makes src/omada/reads.json: which of the controller's reads are paged, and which of its POSTs only read.
// Facts alone (methods and paths) are taken out of the vendor's descriptions; none of their texts.
//
//   node scripts/omada-reads.mjs <openapi-5.15.json> <cloud-operations.json>
import { readFileSync, writeFileSync } from "node:fs";

const [local, cloud] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
if (!cloud) {
  console.error("Two files are needed: the controller's OpenAPI document and the cloud's list of operations.");
  process.exit(2);
}

const operations = [
  ...Object.entries(local.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      id: operation.operationId,
      query: (operation.parameters ?? []).filter((parameter) => parameter.in === "query"),
    })),
  ),
  ...cloud.operations.map(({ method, path, operationId, query }) => ({ method, path, id: operationId, query })),
];

const isPaged = ({ query }) => ["page", "pageSize"].every((name) => query.some((parameter) => parameter.name === name));
const isLog = ({ query }) =>
  query.some(({ name, description = "" }) => name === "pageSize" && /10,15,20/.test(description));
// POSTs that carry page and pageSize in their body (omada.md section 3).
const PAGED_POST =
  /\/(stat\/dpi\/clients\/trafficList|dashboard\/clientTraffic|speedTestResult\/dateList|sdwan-group\/candidate\/devices|networks\/switches|lan-networks\/es|lan-networks\/es-native|clients\/stat\/devices)$|^\/openapi\/v2\/[^/]+\/sites\/[^/]+\/clients$/;

const shapes = (wanted) =>
  [
    ...new Set(
      operations.filter(wanted).map(({ path }) => path.replace(/^\/openapi\//, "").replace(/\{[^}]+\}/g, "*")),
    ),
  ].sort();
const table = {
  paged: shapes((operation) => operation.method === "GET" && isPaged(operation) && !isLog(operation)),
  pagedLogs: shapes((operation) => operation.method === "GET" && isLog(operation)),
  pagedPosts: shapes(({ method, path }) => method === "POST" && PAGED_POST.test(path)),
  posts: shapes(({ method, path, id }) => method === "POST" && /^(get|query|list)/.test(id) && !PAGED_POST.test(path)),
};
writeFileSync(new URL("../src/omada/reads.json", import.meta.url), `${JSON.stringify(table, null, 2)}\n`);
