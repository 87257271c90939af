import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { OmadaQuery } from "../../../src/omada/client";
import { listKind } from "../../../src/omada/operations";
import { OmadaFixture } from "../../support/omada-fixture";
import type { RecordedRequest } from "../../support/simulators/simulated-server";

// TP-Link's own description of a controller. It has no license, so it is not part of this repository.
const FILE = resolve("../shared/data/omada-openapi-5.15.24.json");

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: { $ref?: string };
}
interface Operation {
  operationId: string;
  parameters?: Parameter[];
}
interface Schema {
  properties?: object;
  required?: string[];
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const MAC = "02:00:5e:00:00:0a";
const [START, END] = [1_700_000_000, 1_700_086_400];
const TIME = { filters: { timeStart: START * 1000, timeEnd: END * 1000 } };
const CHART = { start: START, end: END };

type Query = [path: string, params?: Record<string, unknown>, options?: Partial<OmadaQuery>];

/** Typical queries of the owner of one controller. */
const OWNER_QUERIES: Query[] = [
  ["sites"],
  ["sites", { searchKey: "har", sorts: { name: "asc" }, filters: { type: 0 } }],
  ["sites/{siteId}"],
  ["sites/{siteId}/devices"],
  ["sites/{siteId}/devices", { searchKey: "hall", "sorts.name": "desc", filters: { tag: "quay" } }],
  ["sites/{siteId}/devices", { page: 2, pageSize: 10 }, { all: false }],
  ["sites/{siteId}/devices/all"],
  ["devices", { searchKey: MAC }],
  ["devices/known-devices", { searchMacs: [MAC, MAC] }],
  ["sites/{siteId}/aps/{apMac}", { apMac: MAC }],
  ["sites/{siteId}/aps/{apMac}/radios", { apMac: MAC }],
  ["/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override", { apMac: MAC }],
  ["sites/{siteId}/switches/{switchMac}", { switchMac: MAC }],
  ["sites/{siteId}/switches/{switchMac}/networks", { switchMac: MAC }],
  ["sites/{siteId}/gateways/{gatewayMac}", { gatewayMac: MAC }],
  ["sites/{siteId}/gateways/{gatewayMac}/wan-status", { gatewayMac: MAC }],
  ["sites/{siteId}/devices/{deviceMac}/latest-firmware-info", { deviceMac: MAC }],
  ["sites/{siteId}/clients"],
  ["sites/{siteId}/clients", { filters: { wireless: true, apMac: MAC, radioId: 1 }, sorts: { mac: "asc" } }],
  ["sites/{siteId}/clients/{clientMac}", { clientMac: MAC }],
  ["sites/{siteId}/clients/{clientMac}/client-history", { clientMac: MAC }],
  ["sites/{siteId}/insight/clients", { ...TIME, sorts: { lastSeen: "desc" } }],
  ["sites/{siteId}/insight/past-connection", TIME],
  ["sites/{siteId}/insight/rogueaps"],
  ["sites/{siteId}/logs/alerts", { filters: { ...TIME.filters, resolved: false } }],
  ["sites/{siteId}/logs/events", TIME, { limit: 5 }],
  ["sites/{siteId}/audit-logs"],
  ["logs/alerts", TIME],
  ["logs/events", TIME],
  ["audit-logs", { sorts: { time: "desc" } }],
  ["sites/{siteId}/dashboard/overview-diagram"],
  ["sites/{siteId}/dashboard/traffic-activities", CHART],
  ["sites/{siteId}/dashboard/isp-load", CHART],
  ["sites/{siteId}/led"],
  ["sites/{siteId}/wireless-network/wlans"],
  ["sites/{siteId}/wireless-network/wlans/{wlanId}/ssids", { wlanId: "b".repeat(24) }],
  ["sites/{siteId}/wireless-network/ssids", { type: 3 }],
  ["sites/{siteId}/lan-networks"],
  ["/openapi/v2/{omadacId}/sites/{siteId}/lan-networks"],
  ["/openapi/v2/{omadacId}/sites/{siteId}/topology"],
  ["sites/{siteId}/setting/service/dhcp", { sorts: { ip: "asc" } }],
  ["sites/{siteId}/nat/port-forwardings"],
  ["sites/{siteId}/acls/osg-acls"],
  ["sites/{siteId}/vpn/users"],
  ["sites/{siteId}/hotspot/voucher-groups", {}, { limit: 3 }],
  ["sites/{siteId}/insight/routing/{type}", { type: "gateway" }],
  ["webhook/settings/dispatch-logs", { filters: { ...TIME.filters, webhookId: "w1" } }],
  ["system/setting/controller-status"],
  ["users"],
  ["sites/statistic", { siteIds: ["6".repeat(24)] }, { method: "POST" }],
  ["sites/{siteId}/lan-networks/es", { searchKey: "switch" }, { method: "POST" }],
];

/** Typical queries of a managed service provider. */
const PROVIDER_QUERIES: Query[] = [
  ["msp/{mspId}/customers", { searchKey: "boat" }],
  ["msp/{mspId}/sites", { sorts: { name: "asc" } }],
  ["/openapi/v1/msp/{mspId}/devices/known-devices"],
  ["msp/{mspId}/logs/alerts", TIME],
  ["msp/{mspId}/logs/events", TIME],
  ["msp/{mspId}/audit-logs"],
  ["msp/{mspId}/users"],
  ["msp/{mspId}/webhook/settings"],
];

describe("TP-Link's description of a controller", function () {
  let description: Description;

  before(function () {
    if (existsSync(FILE)) description = JSON.parse(readFileSync(FILE, "utf8")) as Description;
    // Not part of this repository.
    else this.skip();
  });

  /** The parameters of the query; some are declared as one object with a property each. */
  function queryOf({ parameters = [] }: Operation): { name: string; required: boolean }[] {
    return parameters
      .filter((parameter) => parameter.in === "query")
      .flatMap(({ name, required = false, schema }) => {
        const { properties, required: requiredNames = [] } = description.components.schemas[nameOf(schema?.$ref)] ?? {};
        if (!properties) return [{ name, required }];
        return Object.keys(properties).map((inner) => ({ name: inner, required: requiredNames.includes(inner) }));
      });
  }

  /** All operations of a method, with their paths. */
  function operations(method: string): [path: string, operation: Operation][] {
    return Object.entries(description.paths).flatMap(([path, methods]): [string, Operation][] => {
      const operation = methods[method];
      return operation ? [[path, operation]] : [];
    });
  }

  /** The differences between a request and the description. */
  function differences({ method, path, query }: RecordedRequest): string[] {
    const candidates = operations(method.toLowerCase()).filter(([template]) => matches(path, template));
    // Literal segments win: "devices/all" is not a device.
    const [best] = candidates.sort(([one], [other]) => one.split("{").length - other.split("{").length);
    if (!best) return [`${method} ${path} does not exist`];
    const declared = queryOf(best[1]);
    const missing = declared.filter(({ name, required }) => required && !query.has(name)).map(({ name }) => name);
    const unknown = [...query.keys()].filter((name) => !declared.some((parameter) => parameter.name === name));
    const macs = best[0].split("/").flatMap((segment, index) => {
      return /mac\}$/i.test(segment) && !IS_MAC.test(path.split("/")[index] ?? "") ? [segment] : [];
    });
    for (const [name, value] of query)
      if (/^(?!sorts).*macs?$/i.test(name) && !value.split(",").every(isMac)) macs.push(name);
    return [
      ...missing.map((name) => `${method} ${best[0]} lacks ${name}`),
      ...unknown.map((name) => `${method} ${best[0]} does not declare ${name}`),
      ...macs.map((name) => `${method} ${best[0]} requires another spelling of ${name}`),
    ];
  }

  for (const [user, msp, queries] of [
    ["an owner", false, OWNER_QUERIES],
    ["a provider", true, PROVIDER_QUERIES],
  ] as const) {
    it(`declares every request that the client sends for ${user}`, async () => {
      const fixture = await OmadaFixture.start({ msp });
      for (const [path, params = {}, options = {}] of queries)
        // The simulator does not support all of them; their requests are checked all the same.
        await fixture.query(path, { params, site: "Harbour", ...options }).catch(() => undefined);

      const requests = fixture.omada.server.journal.filter(({ path }) => !path.includes("/authorize/"));

      assert.ok(requests.length >= queries.length, `${requests.length} requests for ${queries.length} queries`);
      assert.deepEqual(requests.flatMap(differences), []);
    });
  }

  it("requires a page for exactly the lists that are paged in the bundled table", () => {
    const reads = operations("get");

    const expected = reads.filter(([, operation]) => {
      const required = queryOf(operation).filter((parameter) => parameter.required);
      return ["page", "pageSize"].every((page) => required.some(({ name }) => name === page));
    });

    const paged = reads.filter(([path]) => ["paged", "log"].includes(listKind("GET", path)));
    assert.deepEqual(pathsOf(paged), pathsOf(expected));
    assert.equal(paged.length, 191);
  });

  it("has other page sizes for exactly the lists that are logs in the bundled table", () => {
    const reads = operations("get");

    const expected = reads.filter(([path]) => /\/(logs\/(alerts|events)|audit-logs)$/.test(path));

    const logs = reads.filter(([path]) => listKind("GET", path) === "log");
    assert.deepEqual(pathsOf(logs), pathsOf(expected));
  });

  it("has the id of a read for every POST that is a read in the bundled table", () => {
    const reads = operations("post").filter(([path]) => listKind("POST", path) !== "unknown");

    const writes = reads.filter(([, { operationId }]) => !/^(get|query|list)/.test(operationId));

    assert.ok(reads.length >= 18);
    assert.deepEqual(pathsOf(writes), []);
  });
});

const IS_MAC = /^[0-9A-F]{2}(-[0-9A-F]{2}){5}$/;
const isMac = (text: string): boolean => IS_MAC.test(text);

const nameOf = (reference = ""): string => reference.split("/").at(-1) ?? "";

const pathsOf = (operations: [string, Operation][]): string[] => operations.map(([path]) => path).sort();

function matches(path: string, template: string): boolean {
  const [segments, parts] = [path.split("/"), template.split("/")];
  return (
    segments.length === parts.length && parts.every((part, index) => part.startsWith("{") || part === segments[index])
  );
}
