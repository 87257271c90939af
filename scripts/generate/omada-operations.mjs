// Makes src/omada/operations.json, the bundled table of the Open API's operations, from the vendor's own descriptions.
// Facts alone are taken (methods, paths, ids, names of parameters); none of their texts.
//
//   node scripts/generate/omada-operations.mjs <openapi-5.15.json> <cloud-operations.json>
//
// The table is a tree of path segments; a leaf is "<operation id> <flags> <query names>", with these flags:
//   2 in 5.12   5 in 5.15   c in the cloud of 2026-04
//   p paged     l paged, with the page sizes of logs     q paged by its POSTed body     r a POST that only reads
//   b takes a body   B demands one
import { readFileSync, writeFileSync } from "node:fs";

const [local, cloud] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
if (!cloud) {
  console.error("Two files are needed: the controller's OpenAPI document and the cloud's list of operations.");
  process.exit(2);
}

/** Seen in a 5.12 controller (omada.md section 6); that version's whole description is not at hand. */
const IN_5_12 = new Set(
  (
    "getSiteList getSiteEntity getDeviceList getOverviewDetail getRadiosDetail getSwitchInfo getGatewayInfo getWanStatus rebootDevice " +
    "locateDevice getSiteLedSetting updateSiteLedSetting getFirmwareInfo onlineUpgrade getOnlineUpgradeRes onlineCheckUpgrade " +
    "getGridActiveClients getClientDetail blockClient unblockClient reconnectClient updateClientName updateClientRateLimitSetting " +
    "setPoeModeForGivenPort setProfileOverrideForGivenPort batchSetPoeModeForGivenPorts getPoeUsage getOverview getWifiSummary " +
    "getTrafficActivities getIspLoad authClient cancelAuthClient"
  ).split(" "),
);
// POSTs that carry page and pageSize in their body (omada.md section 3).
const PAGED_POST =
  /\/(stat\/dpi\/clients\/trafficList|dashboard\/clientTraffic|speedTestResult\/dateList|sdwan-group\/candidate\/devices|networks\/switches|lan-networks\/es|lan-networks\/es-native|clients\/stat\/devices)$|^\/openapi\/v2\/[^/]+\/sites\/[^/]+\/clients$/;

const found = new Map();
const add = ({ method, path, id, query, body, source }) => {
  const key = `${method} ${path}`;
  const known = found.get(key) ?? { method, path, id, query: [], flags: new Set() };
  found.set(key, known);
  for (const parameter of query)
    if (!known.query.some(({ name }) => name === parameter.name)) known.query.push(parameter);
  known.flags.add(source);
  if (body) known.flags.add(body);
};

// One list describes its query as a whole, by a schema: its properties are the parameters.
const spread = (parameter) => {
  const name = parameter.schema?.$ref?.split("/").pop();
  const { properties, required = [] } = (name && local.components.schemas[name]) ?? {};
  if (!properties) return [parameter];
  return Object.keys(properties).map((property) => ({ name: property, required: required.includes(property) }));
};

for (const [path, methods] of Object.entries(local.paths)) {
  for (const [method, { operationId, parameters = [], requestBody }] of Object.entries(methods)) {
    const query = parameters.filter((parameter) => parameter.in === "query").flatMap(spread);
    const body = requestBody ? (requestBody.required ? "B" : "b") : undefined;
    add({ method: method.toUpperCase(), path, id: operationId.replace(/_\d+$/, ""), query, body, source: "5" });
  }
}
for (const { method, path, operationId, query, bodyModel } of cloud.operations) {
  if (path.startsWith("/openapi/authorize")) continue;
  add({
    method,
    path,
    id: operationId.replace(/\d+$/, ""),
    query: query ?? [],
    body: bodyModel ? "b" : undefined,
    source: "c",
  });
}

const tree = {};
for (const { method, path, id, query, flags } of found.values()) {
  if (IN_5_12.has(id)) flags.add("2");
  if (flags.has("B")) flags.delete("b");
  const names = query.map(({ name }) => name);
  const paged = ["page", "pageSize"].every((page) => query.some(({ name, required }) => name === page && required));
  const log = query.some(({ name, description = "" }) => name === "pageSize" && /10,15,20/.test(description));
  if (method === "GET" && paged) flags.add(log ? "l" : "p");
  if (method === "POST" && PAGED_POST.test(path)) flags.add("q");
  else if (method === "POST" && /^(get|query|list)/.test(id)) flags.add("r");
  const others = names.filter((name) => name !== "page" && name !== "pageSize");
  let place = tree;
  for (const segment of path.replace(/^\/openapi\//, "").split("/")) place = place[segment] ??= {};
  place[method] = [id, [...flags].sort().join(""), others.join(",")].join(" ").trim();
}
writeFileSync(new URL("../../src/omada/operations.json", import.meta.url), `${JSON.stringify(tree, null, 1)}\n`);
console.log(`${found.size} operations`);
