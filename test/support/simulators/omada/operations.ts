import type { Call } from "./call";
import {
  accessPoint,
  allDevices,
  clientsInScope,
  deviceRows,
  onlineClients,
  overrideProfile,
  overrideSsids,
  overview,
  ownSites,
  reboot,
  reconnect,
  set,
  setInternet,
  setLed,
  setPoe,
  switchInfo,
  users,
  wlanGroups,
} from "./commands";
import { CLIENTS, CUSTOMERS, DEVICES, logs, PLACES, type Listing } from "./listings";
import { without } from "./rows";

/** What can be asked with a token; `from` and `brokenFrom` are controller versions. */
export interface Operation {
  method: string;
  path: string;
  id: string;
  run: (call: Call) => unknown;
  list?: Listing;
  /** Fields of the body. */
  body?: string[];
  from?: string;
  brokenFrom?: string;
  codeModeOnly?: boolean;
}

const OWNER = "/openapi/v1/{omadacId}";
const SITE = `${OWNER}/sites/{siteId}`;
const SITE_V2 = "/openapi/v2/{omadacId}/sites/{siteId}";
const MSP = "/openapi/v1/msp/{mspId}";
const GATEWAY = `${SITE}/gateways/{gatewayMac}`;
const SWITCH = `${SITE}/switches/{switchMac}`;
const CLIENT = `${SITE}/clients/{clientMac}`;
const OVERRIDE = `${SITE_V2}/aps/{apMac}/override`;

/** All that this controller can do, of whatever version. */
export const OPERATIONS: Operation[] = [
  on(`GET ${MSP}/customers`, "getCustomerList", ({ world }) => world.customers, { list: CUSTOMERS }),
  on(`GET ${MSP}/sites`, "getSiteList_1", ({ world }) => world.sites, { list: PLACES }),
  on(`GET ${OWNER}/users`, "getGridUsers", users, { list: { hides: [] }, codeModeOnly: true }),
  on(`GET ${OWNER}/sites`, "getSiteList", ownSites, { list: PLACES }),
  on(`GET ${SITE}`, "getSiteEntity", ({ site }) => without(site, PLACES.hides)),
  on(`DELETE ${SITE}`, "deleteSite", ({ world, site }) => world.removeSite(site)),
  on(`GET ${SITE}/led`, "getSiteLedSetting", ({ site }) => ({ enable: site.ledEnable })),
  on(`PUT ${SITE}/led`, "updateSiteLedSetting", setLed, { body: ["enable"] }),
  on(`GET ${SITE}/dashboard/overview-diagram`, "getOverview", overview),
  on(`GET ${SITE}/wireless-network/wlans`, "getWlanGroupList", wlanGroups),
  on(`GET ${SITE}/logs/alerts`, "getAlertLogsForSite", (call) => call.here(call.world.alerts), {
    list: logs("alertLogStat", "module", "resolved"),
    from: "5.15",
  }),
  on(`GET ${SITE}/logs/events`, "getEventLogsForSite", (call) => call.here(call.world.events), {
    list: logs("eventLogStat", "module"),
    from: "5.15",
  }),
  on(`GET ${SITE}/devices`, "getDeviceList", deviceRows, { list: DEVICES }),
  on(`GET ${SITE}/devices/all`, "getAllDeviceBySite", allDevices),
  on(`POST ${SITE}/devices/{deviceMac}/reboot`, "rebootDevice", reboot),
  on(`POST ${SITE}/devices/{deviceMac}/forget`, "forgetDevice", (call) => call.world.forget(call.device(-39013))),
  on(`GET ${GATEWAY}/wan-status`, "getWanStatus", (call) => call.device(-39501, "gateway").wans),
  on(`POST ${GATEWAY}/internet-state`, "changeInternetState", setInternet, { body: ["portId", "operation"] }),
  on(`GET ${SITE}/aps/{apMac}`, "getOverviewDetail", accessPoint),
  on(`GET ${OVERRIDE}`, "getWlansConfigV2", (call) => ({ ssidOverrides: call.device(-39303, "ap").ssids })),
  on(`PATCH ${OVERRIDE}`, "modifyWlansConfigV2", overrideSsids, { body: ["ssidOverrides"] }),
  on(`GET ${SWITCH}`, "getSwitchInfo", switchInfo),
  on(`PUT ${SWITCH}/ports/{port}/profile-override`, "setProfileOverrideForGivenPort_1", overrideProfile, {
    body: ["profileOverrideEnable"],
  }),
  on(`PUT ${SWITCH}/ports/{port}/poe-mode`, "setPoeModeForGivenPort_1", setPoe, { body: ["poeMode"] }),
  on(`GET ${SITE}/clients`, "getGridActiveClients", onlineClients, { list: CLIENTS, brokenFrom: "6.2" }),
  on(`POST ${SITE_V2}/clients`, "getGridAllClients", clientsInScope, {
    list: CLIENTS,
    from: "6",
    body: ["page", "pageSize", "scope", "searchKey", "sorts", "filters"],
  }),
  on(`GET ${CLIENT}`, "getClientDetail", (call) => without(call.client(-41011), CLIENTS.hides)),
  on(`POST ${CLIENT}/block`, "blockClient", (call) => set(call.client(-41002), { blocked: true, active: false })),
  on(`POST ${CLIENT}/unblock`, "unblockClient", (call) => set(call.client(-41004), { blocked: false, active: true })),
  on(`POST ${CLIENT}/reconnect`, "reconnectClient", reconnect),
];

function on(route: string, id: string, run: Operation["run"], more: Partial<Operation> = {}): Operation {
  const [method = "", path = ""] = route.split(" ");
  return { method, path, id, run, ...more };
}
