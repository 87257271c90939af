import type { Listing } from "./listings";
import type { Operation } from "./operations";
import type { Row } from "./rows";

/** The OpenAPI description of a controller at `url`: the real shape, with our own texts. */
export function buildSpec(url: string, operations: Operation[]): Row {
  const paths: Record<string, Row> = {};
  for (const operation of operations) {
    const methods = (paths[operation.path] ??= {});
    methods[operation.method.toLowerCase()] = describe(operation);
  }
  // The real one does not reveal its version either (omada.md section 5).
  return {
    openapi: "3.0.1",
    info: { title: "Omada Open API", description: "Omada Open API", version: "v0.1" },
    servers: [{ url, description: "Generated server url" }],
    paths,
    components: { schemas: SCHEMAS },
  };
}

function describe({ method, path, id, list, body }: Operation): Row {
  const inQuery = method === "GET" && list ? queryOf(list) : [];
  // The real one does not declare some of its placeholders (omada.md section 5).
  const declared = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name).filter((name) => name !== "port");
  const inPath = declared.map((name) => parameter(name, "path", true, { type: "string" }));
  const summary = SUMMARIES[id] ?? toWords(id);
  const schema = body && (BODIES[id] ? refer(BODIES[id]) : { type: "object", properties: textProperties(body) });
  return {
    tags: [tagOf(path)],
    summary,
    description: `${summary}.`,
    operationId: id,
    parameters: [...inPath, ...inQuery],
    ...(schema && { requestBody: { content: { "application/json": { schema } }, required: true } }),
    responses: { 200: { description: "OK", content: { "*/*": { schema: refer("Response") } } } },
  };
}

function queryOf({ search, sorts = [], filters = {}, pageSizes }: Listing): Row[] {
  const size = pageSizes ? `Rows per page: ${pageSizes.join(", ")}.` : "Rows per page, from 1 to 1000.";
  return [
    parameter("page", "query", true, NUMBER, "Counted from 1."),
    parameter("pageSize", "query", true, NUMBER, size),
    ...(pageSizes ? ["filters.timeStart", "filters.timeEnd"] : []).map((name) =>
      parameter(name, "query", true, { type: "integer", format: "int64" }, "Milliseconds since 1970."),
    ),
    ...sorts.map((field) => parameter(`sorts.${field}`, "query", false, TEXT, "Ascending or descending.")),
    ...Object.keys(filters).map((field) => parameter(`filters.${field}`, "query", false, FILTERS[field] ?? TEXT)),
    ...(search ? [parameter("searchKey", "query", false, TEXT, `Part of ${search.join(", ")}.`)] : []),
  ];
}

function parameter(name: string, where: "path" | "query", required: boolean, schema: Row, description = ""): Row {
  const text =
    description || (/mac$/i.test(name) ? "A MAC address, such as AA-BB-CC-00-11-22." : `The ${toWords(name)}.`);
  return { name, in: where, description: text, required, schema };
}

const TEXT = { type: "string" };
const NUMBER = { type: "integer", format: "int32" };
const FLAG = { type: "boolean" };
const refer = (name: string): Row => ({ $ref: `#/components/schemas/${name}` });
const textProperties = (fields: string[]): Row => Object.fromEntries(fields.map((field) => [field, TEXT]));

/** Filters that are not text. */
const FILTERS: Record<string, Row> = {
  wireless: FLAG,
  resolved: FLAG,
  type: { ...NUMBER, enum: [0, 1] },
  module: { type: "string", enum: ["System", "Device", "Client"] },
};

/** The schema of an operation's body. */
const BODIES: Record<string, string> = {
  updateSiteLedSetting: "Led setting",
  changeInternetState: "InternetState",
  modifyWlansConfigV2: "SsidOverrides",
  setPoeModeForGivenPort_1: "PortPoe",
  setProfileOverrideForGivenPort_1: "PortOverride",
  getGridAllClients: "ClientQuery",
};

const SCHEMAS: Record<string, Row> = {
  Response: { type: "object", properties: { errorCode: NUMBER, msg: TEXT, result: { type: "object" } } },
  // Some of the real names contain spaces as well.
  "Led setting": {
    required: ["enable"],
    type: "object",
    properties: { enable: { ...FLAG, description: "Whether the lights of the devices are on." } },
  },
  InternetState: {
    required: ["operation", "portId"],
    type: "object",
    properties: {
      portId: { ...NUMBER, description: "Which port, by its number." },
      operation: { ...NUMBER, enum: [0, 1], description: "1 connects, 0 disconnects." },
      virtualWanId: { type: "string", description: "Only for a virtual WAN." },
    },
  },
  PortPoe: {
    required: ["poeMode"],
    type: "object",
    properties: { poeMode: { ...NUMBER, enum: [0, 1], description: "1 feeds the device at the port, 0 does not." } },
  },
  PortOverride: {
    required: ["profileOverrideEnable"],
    type: "object",
    properties: { profileOverrideEnable: { ...FLAG, description: "Whether the port has its own settings." } },
  },
  SsidOverrides: {
    required: ["ssidOverrides"],
    type: "object",
    properties: { ssidOverrides: { type: "array", items: refer("SsidOverride"), description: "All SSIDs in full." } },
  },
  SsidOverride: {
    required: ["overrideSsidEnable", "overrideVlanEnable", "ssidEntryId"],
    type: "object",
    properties: { ssidEntryId: NUMBER, ssidEnable: FLAG, overrideSsidEnable: FLAG, overrideVlanEnable: FLAG },
  },
  ClientQuery: {
    required: ["page", "pageSize"],
    type: "object",
    properties: {
      page: { minimum: 1, ...NUMBER, description: "Counted from 1." },
      pageSize: { maximum: 1000, minimum: 1, ...NUMBER, description: "Rows per page, from 1 to 1000." },
      scope: { ...NUMBER, enum: [0, 1, 2, 3], default: 1, description: "0 all, 1 online, 2 offline, 3 blocked." },
      searchKey: { type: "string", description: "Part of a name or an address." },
      sorts: { type: "object", additionalProperties: TEXT, description: "Fields to sort by: asc or desc." },
      filters: refer("ClientFilter"),
    },
  },
  // It refers to itself, as some real schemas do.
  ClientFilter: {
    type: "object",
    properties: {
      wireless: { ...FLAG, description: "Whether the client is wireless." },
      apMacs: { type: "array", items: TEXT, description: "Only those at these access points." },
      not: refer("ClientFilter"),
    },
  },
};

const SUMMARIES: Record<string, string> = {
  getSiteList: "List the sites",
  getDeviceList: "List the devices of a site",
  getAllDeviceBySite: "List all devices of a site at once",
  getGridActiveClients: "List the clients that are online",
  getGridAllClients: "List the clients of a site",
  getWanStatus: "Show the state of a gateway's WAN ports",
  changeInternetState: "Connect or disconnect a WAN port",
  getSiteLedSetting: "Show whether the lights are on",
  updateSiteLedSetting: "Switch the lights of a site",
  setPoeModeForGivenPort_1: "Switch the PoE of a port",
  setProfileOverrideForGivenPort_1: "Let a port have its own settings",
  rebootDevice: "Restart a device",
  forgetDevice: "Forget a device",
  deleteSite: "Delete a site",
};

function tagOf(path: string): string {
  const [, topic = "sites"] = /\{siteId\}\/([a-z]+)/.exec(path) ?? [];
  const tags: Record<string, string> = { led: "Site Configuration", logs: "Log", aps: "Ap", sites: "Site" };
  return tags[topic] ?? toWords(topic).replace(/s$/, "");
}

function toWords(name: string): string {
  const words = name.replace(/_\d+$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
