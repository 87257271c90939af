import type { ActOrder, ActOutcome } from "../../../../src/acts/act";
import { createTrace } from "../../../../src/core/call-context";
import type { PlatformError } from "../../../../src/core/errors";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import type { ControllerOptions, OmadaController } from "../../../support/simulators/omada/controller";

type Order = Partial<ActOrder>;

/** Runs acts on the site "Harbour" of a simulated controller. */
export async function setUpActs(options: ControllerOptions = {}) {
  const fixture = await OmadaFixture.start(options);
  const { omada, client } = fixture;
  /** Runs one; by default it reads back. */
  async function act(
    name: string,
    order: Order = {},
    site = "Harbour",
  ): Promise<ActOutcome & { api: Record<string, unknown> }> {
    const trace = createTrace();
    const complete = { target: "", value: undefined, verify: true, dryRun: false, confirm: false, ...order, act: name };
    const outcome = await client.acts.run(complete, site, { trace });
    return { ...outcome, api: { operation: trace.operation, attempts: trace.attempts, ...trace.details } };
  }
  const actError = (name: string, order: Order = {}): Promise<PlatformError> => platformErrorOf(act(name, order));
  return { fixture, omada, act, actError, writes: () => writesOf(fixture) };
}

/** The requests that changed something, in order: method and path below `sites/{Harbour}`. */
export function writesOf(fixture: OmadaFixture): string[] {
  const requests = fixture.requests().filter((request) => !request.startsWith("GET "));
  const isList = (request: string): boolean => request.startsWith("POST v2/") && request.endsWith("/clients");
  return requests
    .filter((request) => !isList(request))
    .map((request) =>
      request.replace(/v(\d)\/\{id\}\/sites\/\{Harbour\}\//, (_, version) => (version === "1" ? "" : "v2 ")),
    );
}

/** One order for each act, what the world is like after it, and what is read back. */
export interface ActExample {
  act: string;
  order?: Order;
  /** What of the world has changed, and to what. */
  changed: (omada: OmadaController) => unknown;
  to: unknown;
  payload?: unknown;
  /** Whether it is `true`, which it is by default, or null for an act after which there is nothing to read. */
  verified?: null;
  steps: string[];
  /** The first version that has it. */
  since?: string;
}

const port = (omada: OmadaController, number: number) =>
  omada.device("Harbour switch").ports.find((one) => one.port === number);
const guest = (omada: OmadaController, device: string) =>
  omada.device(device).ssids.find(({ ssidName }) => ssidName === "Harbour Guest");
const acl = (omada: OmadaController, description: string) =>
  omada.acls.find((rule) => rule.description === description)?.status;
const CORE = "sites/{siteId}/switches/02-00-5E-00-00-03";

/** Every act at least once. */
export const EXAMPLES: ActExample[] = [
  {
    act: "client-block",
    order: { target: "Till" },
    changed: (omada) => omada.client("Till").blocked,
    to: true,
    payload: true,
    steps: ["POST sites/{siteId}/clients/02-00-5E-00-00-06/block"],
  },
  {
    act: "client-block",
    order: { target: "stranger", value: false },
    changed: (omada) => omada.client("Stranger").blocked,
    to: false,
    payload: false,
    steps: ["POST sites/{siteId}/clients/02-00-5E-00-00-11/unblock"],
  },
  {
    act: "client-reconnect",
    order: { target: "Ada's phone" },
    changed: (omada) => omada.client("Ada's phone").uptime,
    to: 0,
    verified: null,
    steps: ["POST sites/{siteId}/clients/02-00-5E-00-00-0A/reconnect"],
  },
  {
    act: "client-rate",
    order: { target: "Visitor", value: { downKbps: 2000, upKbps: 512 } },
    changed: (omada) => omada.client("Visitor").rateLimit,
    to: { enable: true, downEnable: true, downUnit: 2, downLimit: 2, upEnable: true, upUnit: 1, upLimit: 512 },
    payload: { enable: true, downEnable: true, downUnit: 2, downLimit: 2, upEnable: true, upUnit: 1, upLimit: 512 },
    steps: ["PATCH sites/{siteId}/clients/02-00-5E-00-00-0F/ratelimit"],
  },
  {
    act: "client-name",
    order: { target: "02:00:5e:00:00:07", value: "Laser" },
    changed: (omada) => omada.clients.find(({ mac }) => mac === "02-00-5E-00-00-07")?.name,
    to: "Laser",
    payload: "Laser",
    steps: ["PATCH sites/{siteId}/clients/02-00-5E-00-00-07/name"],
  },
  {
    act: "device-reboot",
    order: { target: "Hall AP" },
    changed: (omada) => omada.device("Hall AP").rebootingUntil > omada.now(),
    to: true,
    verified: null,
    steps: ["POST sites/{siteId}/devices/02-00-5E-00-00-04/reboot"],
  },
  {
    act: "device-locate",
    order: { target: "Quay AP", value: "on" },
    changed: (omada) => omada.device("Quay AP").isLocating,
    to: true,
    verified: null,
    steps: ["POST sites/{siteId}/devices/02-00-5E-00-00-05/locate"],
  },
  {
    act: "device-led",
    order: { target: "Harbour gateway", value: false },
    changed: (omada) => omada.device("Harbour gateway").general.ledSetting,
    to: 0,
    payload: false,
    steps: ["PATCH sites/{siteId}/gateways/02-00-5E-00-00-02/general-config"],
  },
  {
    act: "port-poe",
    order: { target: "Harbour switch/2", value: false },
    changed: (omada) => port(omada, 2)?.poeMode,
    to: 0,
    payload: false,
    steps: [`PUT ${CORE}/ports/2/profile-override`, `PUT ${CORE}/ports/2/poe-mode`],
  },
  {
    act: "port-cycle",
    order: { target: "Harbour switch/Port3" },
    changed: (omada) => port(omada, 3)?.["poeCycles"],
    to: 1,
    verified: null,
    steps: [`POST ${CORE}/multi-ports/poe-recovery`],
    since: "5.15",
  },
  {
    act: "port-enable",
    order: { target: "Harbour switch/4", value: false },
    changed: (omada) => port(omada, 4)?.["status"],
    to: 0,
    payload: false,
    steps: [`PUT ${CORE}/ports/4/status`],
    since: "5.15",
  },
  {
    act: "ssid-enable",
    order: { target: "Harbour Guest", value: false },
    changed: (omada) => [guest(omada, "Hall AP")?.ssidEnable, guest(omada, "Quay AP")?.ssidEnable],
    to: [false, false],
    payload: false,
    steps: ["04", "05"].map(
      (last) => `PATCH /openapi/v2/{omadacId}/sites/{siteId}/aps/02-00-5E-00-00-${last}/override`,
    ),
  },
  {
    act: "wan-connect",
    order: { target: "WAN2", value: false },
    changed: (omada) => omada.device("Harbour gateway").wans.map(({ internetState }) => internetState),
    to: [1, 0],
    payload: false,
    steps: ["POST sites/{siteId}/gateways/02-00-5E-00-00-02/internet-state"],
  },
  {
    act: "vpn-enable",
    order: { target: "Depot tunnel", value: false },
    changed: (omada) => omada.vpns.map(({ status }) => status),
    to: [false],
    payload: false,
    steps: ["PATCH sites/{siteId}/vpn/800000000000000000000001/status"],
    since: "6",
  },
  ...(
    [
      ["osg", "No printing from abroad", 1],
      ["osw", "Cameras stay inside", 2],
      ["eap", "Guests see no office", 3],
    ] as const
  ).map(([list, description, number]) => ({
    act: "acl-enable",
    order: { target: description, value: false },
    changed: (omada: OmadaController) => acl(omada, description),
    to: false,
    payload: false,
    steps: [`PUT sites/{siteId}/acls/${list}-acls/70000000000000000000000${number}`],
  })),
  {
    act: "firmware-upgrade",
    order: { target: "Hall AP", confirm: true },
    changed: (omada) => omada.device("Hall AP").upgradingUntil > omada.now(),
    to: true,
    payload: { detailStatus: 12, firmwareVersion: "1.3.0 Build 20240115" },
    steps: ["POST sites/{siteId}/devices/02-00-5E-00-00-04/start-online-upgrade"],
  },
  {
    act: "voucher-create",
    order: { value: { name: "Today", amount: 2, duration: 1440 } },
    changed: (omada) => omada.voucherGroups.map(({ name, vouchers }) => [name, vouchers.length]),
    to: [["Today", 2]],
    steps: ["POST sites/{siteId}/hotspot/voucher-groups"],
    since: "5.15",
  },
];
