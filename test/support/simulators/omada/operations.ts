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
  setInternet,
  setLed,
  setPoe,
  switchInfo,
  users,
  wlanGroups,
} from "./commands";
import {
  ACLS,
  CLIENTS,
  CLIENTS_V2,
  CUSTOMERS,
  DEVICES,
  KNOWN_CLIENTS,
  logs,
  SITES,
  VOUCHERS,
  type Listing,
} from "./listings";
import { omit } from "./rows";
import * as settings from "./settings";
import {
  CONNECTIONS,
  controllerLog,
  ipsecRows,
  portRows,
  PORTS,
  tunnelRows,
  wireguardRows,
  type OmadaTelemetry,
} from "./telemetry";

/** An operation that needs a token; `since` and `brokenSince` are controller versions. */
export interface Operation {
  method: string;
  path: string;
  id: string;
  run: (call: Call<OmadaTelemetry>) => unknown;
  list?: Listing;
  /** The parameters that it requires in its query. */
  query?: string[];
  /** The fields of the body. */
  body?: string[];
  since?: string;
  brokenSince?: string;
  codeModeOnly?: boolean;
}

const OWNER = "/openapi/v1/{omadacId}";
const SITE = `${OWNER}/sites/{siteId}`;
const SITE_V2 = "/openapi/v2/{omadacId}/sites/{siteId}";
const MSP = "/openapi/v1/msp/{mspId}";
const GATEWAY = `${SITE}/gateways/{gatewayMac}`;
const SWITCH = `${SITE}/switches/{switchMac}`;
const CLIENT = `${SITE}/clients/{clientMac}`;
const DEVICE = `${SITE}/devices/{deviceMac}`;
const VPNS_OF_TYPE = {
  list: { ...CONNECTIONS, filters: { vpnType: "vpnType" } },
  query: ["filters.vpnType"],
  since: "6",
};
const VPN_STATS = `${SITE}/setting/vpn/stats`;
const OVERRIDE = `${SITE_V2}/aps/{apMac}/override`;

/** All operations, of any version. */
export const OPERATIONS: Operation[] = [
  operation(`GET ${MSP}/customers`, "getCustomerList", ({ world }) => world.customers, { list: CUSTOMERS }),
  operation(`GET ${MSP}/sites`, "getSiteList_1", ({ world }) => world.sites, { list: SITES }),
  operation(`GET ${OWNER}/users`, "getGridUsers", users, { list: { hidden: [] }, codeModeOnly: true }),
  operation(`GET ${OWNER}/sites`, "getSiteList", ownSites, { list: SITES }),
  operation(`GET ${SITE}`, "getSiteEntity", ({ site }) => omit(site, SITES.hidden)),
  operation(`DELETE ${SITE}`, "deleteSite", ({ world, site }) => world.removeSite(site)),
  operation(`GET ${SITE}/led`, "getSiteLedSetting", ({ site }) => ({ enable: site.ledEnable })),
  operation(`PUT ${SITE}/led`, "updateSiteLedSetting", setLed, { body: ["enable"] }),
  operation(`GET ${SITE}/dashboard/overview-diagram`, "getOverview", overview),
  operation(`GET ${SITE}/wireless-network/wlans`, "getWlanGroupList", wlanGroups),
  operation(`GET ${SITE}/logs/alerts`, "getAlertLogsForSite", (call) => call.inSite(call.world.alerts), {
    list: logs("alertLogStat", "module", "resolved"),
    since: "5.15",
  }),
  operation(`GET ${SITE}/logs/events`, "getEventLogsForSite", (call) => call.inSite(call.world.events), {
    list: logs("eventLogStat", "module"),
    since: "5.15",
  }),
  operation(`GET ${OWNER}/logs/alerts`, "getAlertLogsForGlobal", controllerLog("alerts"), {
    list: logs("alertLogStat", "module", "resolved"),
    since: "5.15",
  }),
  operation(`GET ${OWNER}/logs/events`, "getEventLogsForGlobal", controllerLog("events"), {
    list: logs("eventLogStat", "module"),
    since: "5.15",
  }),
  operation(`GET ${VPN_STATS}/tunnel`, "getGridVpnTunnel", tunnelRows, { list: CONNECTIONS, since: "5.15" }),
  operation(`GET ${VPN_STATS}/ipsec`, "getGridVpnIpSec", ipsecRows, { list: CONNECTIONS, since: "5.15" }),
  operation(`GET ${VPN_STATS}/s2s`, "getGridVpnS2SStatus", wireguardRows, VPNS_OF_TYPE),
  operation(`GET ${VPN_STATS}/client`, "getGridVpnClientStatus", () => [], VPNS_OF_TYPE),
  operation(`GET ${SITE}/switches/ports/poe-info`, "getGridSwitchesPortsPoe", portRows, { list: PORTS, since: "6" }),
  operation(`GET ${SITE}/devices`, "getDeviceList", deviceRows, { list: DEVICES }),
  operation(`GET ${SITE}/devices/all`, "getAllDeviceBySite", allDevices),
  operation(`POST ${SITE}/devices/{deviceMac}/reboot`, "rebootDevice", reboot),
  operation(`POST ${SITE}/devices/{deviceMac}/forget`, "forgetDevice", (call) =>
    call.world.forgetDevice(call.device(-39013)),
  ),
  operation(`GET ${GATEWAY}/wan-status`, "getWanStatus", (call) => call.device(-39501, "gateway").wans),
  operation(`POST ${GATEWAY}/internet-state`, "changeInternetState", setInternet, { body: ["portId", "operation"] }),
  operation(`GET ${SITE}/aps/{apMac}`, "getOverviewDetail", accessPoint),
  operation(`GET ${OVERRIDE}`, "getWlansConfigV2", (call) => ({ ssidOverrides: call.device(-39303, "ap").ssids })),
  operation(`PATCH ${OVERRIDE}`, "modifyWlansConfigV2", overrideSsids, { body: ["ssidOverrides"] }),
  operation(`GET ${SWITCH}`, "getSwitchInfo", switchInfo),
  operation(`PUT ${SWITCH}/ports/{port}/profile-override`, "setProfileOverrideForGivenPort_1", overrideProfile, {
    body: ["profileOverrideEnable"],
  }),
  operation(`PUT ${SWITCH}/ports/{port}/poe-mode`, "setPoeModeForGivenPort_1", setPoe, { body: ["poeMode"] }),
  operation(`GET ${SITE}/clients`, "getGridActiveClients", onlineClients, { list: CLIENTS, brokenSince: "6.2" }),
  operation(`POST ${SITE_V2}/clients`, "getGridAllClients", clientsInScope, {
    list: CLIENTS_V2,
    since: "6",
    body: ["page", "pageSize", "scope", "searchKey", "sorts", "filters"],
  }),
  operation(`GET ${CLIENT}`, "getClientDetail", settings.clientDetail),
  operation(`POST ${CLIENT}/block`, "blockClient", (call) =>
    call.change(call.client(-41002), { blocked: true, active: false }),
  ),
  operation(`POST ${CLIENT}/unblock`, "unblockClient", (call) =>
    call.change(call.client(-41004), { blocked: false, active: true }),
  ),
  operation(`PATCH ${CLIENT}/name`, "updateClientName", settings.renameClient, { body: ["name"] }),
  operation(`PATCH ${CLIENT}/ratelimit`, "updateClientRateLimitSetting", settings.limitClient, {
    body: settings.RATE_LIMIT,
  }),
  operation(`GET ${SITE}/insight/clients`, "getGridKnownClients", settings.knownClients, {
    list: KNOWN_CLIENTS,
    since: "5.15",
  }),
  operation(`POST ${DEVICE}/locate`, "locateDevice", settings.locate, { body: ["locateEnable"] }),
  operation(`GET ${DEVICE}/latest-firmware-info`, "getFirmwareInfo", settings.firmware),
  operation(`POST ${DEVICE}/start-online-upgrade`, "onlineUpgrade", settings.upgrade),
  ...(
    [
      ["switches/{switchMac}", ""],
      ["gateways/{gatewayMac}", "_1"],
      ["aps/{apMac}", "_2"],
    ] as const
  ).flatMap(([path, suffix]) => [
    operation(`GET ${SITE}/${path}/general-config`, `getGeneralConfig${suffix}`, settings.generalConfig),
    operation(`PATCH ${SITE}/${path}/general-config`, `modifyGeneralConfig${suffix}`, settings.setGeneralConfig, {
      body: ["name", "ledSetting", "tagIds"],
    }),
  ]),
  operation(`PUT ${SWITCH}/ports/{port}/status`, "setPortModeForGivenPort_1", settings.setPortStatus, {
    body: ["status"],
    since: "5.15",
  }),
  operation(`POST ${SWITCH}/multi-ports/poe-recovery`, "batchPortPoERecovery", settings.recoverPoe, {
    body: ["ports"],
    since: "5.15",
  }),
  operation(`GET ${GATEWAY}/ports`, "getPorts", settings.gatewayPorts),
  operation(`POST ${GATEWAY}/ports/{port}/restart`, "recoveryPoePort", settings.restartGatewayPort, { since: "5.15" }),
  operation(`GET ${SITE}/wireless-network/ssids`, "getSsidsBySite", settings.ssids, { query: ["type"] }),
  operation(`GET ${SITE}/vpn`, "getAllVpnList", settings.vpns),
  operation(`PATCH ${SITE}/vpn/{vpnId}/status`, "modifyClientStatus", settings.setVpn, {
    body: ["status"],
    since: "6",
  }),
  ...(["osg", "osw", "eap"] as const).flatMap((list) => [
    operation(`GET ${SITE}/acls/${list}-acls`, `get${settings.ACL_NAMES[list]}List`, settings.aclsOf(list), {
      list: ACLS,
    }),
    operation(`PUT ${SITE}/acls/${list}-acls/{aclId}`, `modify${settings.ACL_NAMES[list]}`, settings.setAcl(list), {
      body: settings.ACL_FIELDS[list],
    }),
  ]),
  operation(`POST ${SITE}/hotspot/voucher-groups`, "createVoucherGroup", settings.createVouchers, {
    body: settings.VOUCHER_FIELDS,
    since: "5.15",
  }),
  operation(`GET ${SITE}/hotspot/voucher-groups/{groupId}`, "getVoucherGroupDetail", settings.vouchers, {
    list: VOUCHERS,
    since: "5.15",
  }),
  operation(`POST ${CLIENT}/reconnect`, "reconnectClient", reconnect),
];

function operation(route: string, id: string, run: Operation["run"], options: Partial<Operation> = {}): Operation {
  const [method = "", path = ""] = route.split(" ");
  return { method, path, id, run, ...options };
}
