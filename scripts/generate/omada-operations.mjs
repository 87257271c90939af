// Generates src/omada/operations.json, the bundled table of the Open API's operations, from the vendor's own descriptions.
// It contains facts alone (methods, paths, ids, names of parameters), none of the vendor's texts.
//
//   node scripts/generate/omada-operations.mjs <openapi-5.15.json> <cloud-operations.json>
//
// The table is a tree of path segments; a leaf is "<operation id> <flags> <query names>", with these flags:
//   2 in 5.12   5 in 5.15   c in the cloud of 2026-04
//   p paged     l paged, with the page sizes of logs     q paged by its POSTed body     r a POST that only reads
//   b takes a body   B requires one
import { readFileSync, writeFileSync } from "node:fs";

const [local, cloud] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
if (!cloud) {
  console.error("Two files are required: the controller's OpenAPI document and the cloud's list of operations.");
  process.exit(2);
}

/** Confirmed for a 5.12 controller (omada.md section 6). Its whole description is not available. */
const IDS_IN_5_12 = new Set(
  (
    "getSiteList getSiteEntity getDeviceList getOverviewDetail getRadiosDetail getSwitchInfo getGatewayInfo getWanStatus rebootDevice " +
    "locateDevice getSiteLedSetting updateSiteLedSetting getFirmwareInfo onlineUpgrade getOnlineUpgradeRes onlineCheckUpgrade " +
    "getGridActiveClients getClientDetail blockClient unblockClient reconnectClient updateClientName updateClientRateLimitSetting " +
    "setPoeModeForGivenPort setProfileOverrideForGivenPort batchSetPoeModeForGivenPorts getPoeUsage getOverview getWifiSummary " +
    "getTrafficActivities getIspLoad authClient cancelAuthClient"
  ).split(" "),
);
// POSTs with page and pageSize in their body (omada.md section 3).
const PAGED_POST =
  /\/(stat\/dpi\/clients\/trafficList|dashboard\/clientTraffic|speedTestResult\/dateList|sdwan-group\/candidate\/devices|networks\/switches|lan-networks\/es|lan-networks\/es-native|clients\/stat\/devices)$|^\/openapi\/v2\/[^/]+\/sites\/[^/]+\/clients$/;

const operations = new Map();

function addOperation({ method, path, id, query, body, source }) {
  const key = `${method} ${path}`;
  const operation = operations.get(key) ?? { method, path, id, query: [], flags: new Set() };
  operations.set(key, operation);
  for (const parameter of query)
    if (!operation.query.some(({ name }) => name === parameter.name)) operation.query.push(parameter);
  operation.flags.add(source);
  if (body) operation.flags.add(body);
}

// Some lists declare their whole query as one parameter: the properties of its schema are the real ones.
function expandParameter(parameter) {
  const name = parameter.schema?.$ref?.split("/").pop();
  const { properties, required = [] } = (name && local.components.schemas[name]) ?? {};
  if (!properties) return [parameter];
  return Object.keys(properties).map((property) => ({ name: property, required: required.includes(property) }));
}

for (const [path, methods] of Object.entries(local.paths)) {
  for (const [method, { operationId, parameters = [], requestBody }] of Object.entries(methods)) {
    const query = parameters.filter((parameter) => parameter.in === "query").flatMap(expandParameter);
    const body = requestBody ? (requestBody.required ? "B" : "b") : undefined;
    addOperation({
      method: method.toUpperCase(),
      path,
      id: operationId.replace(/_\d+$/, ""),
      query,
      body,
      source: "5",
    });
  }
}
for (const { method, path, operationId, query, bodyModel } of cloud.operations) {
  if (path.startsWith("/openapi/authorize")) continue;
  const body = bodyModel ? "b" : undefined;
  addOperation({ method, path, id: operationId.replace(/\d+$/, ""), query: query ?? [], body, source: "c" });
}

const tree = {};
for (const { method, path, id, query, flags } of operations.values()) {
  if (IDS_IN_5_12.has(id)) flags.add("2");
  if (flags.has("B")) flags.delete("b");
  const isPaged = ["page", "pageSize"].every((page) => query.some(({ name, required }) => name === page && required));
  const isLog = query.some(({ name, description = "" }) => name === "pageSize" && /10,15,20/.test(description));
  if (method === "GET" && isPaged) flags.add(isLog ? "l" : "p");
  if (method === "POST" && PAGED_POST.test(path)) flags.add("q");
  else if (method === "POST" && /^(get|query|list)/.test(id)) flags.add("r");
  const names = query.map(({ name }) => name).filter((name) => name !== "page" && name !== "pageSize");
  let node = tree;
  for (const segment of path.replace(/^\/openapi\//, "").split("/")) node = node[segment] ??= {};
  node[method] = [id, [...flags].sort().join(""), names.join(",")].join(" ").trim();
}
writeFileSync(new URL("../../src/omada/operations.json", import.meta.url), `${JSON.stringify(tree, null, 1)}\n`);
console.log(`${operations.size} operations`);
