import { fail, type Call } from "./call";
import { DEVICES } from "./listings";
import { isRow, omit, toRows, type Client, type Device, type Row } from "./rows";
import { siteSsids, toId } from "./world";

export function ownSites({ world, ownerId }: Call): Row[] {
  return world.sites.filter((site) => site.ownerId === ownerId);
}

export function users({ world, ownerId }: Call): Row[] {
  const role = { type: 0, roleId: "admin", roleName: "Administrator", userLevel: 0, allSite: true };
  return [{ id: toId("a", 1), name: world.username, email: "admin@example.org", omadacId: ownerId, ...role }];
}

export function setLed(call: Call): void {
  call.change(call.site, { ledEnable: call.boolean("enable") });
}

export function wlanGroups({ site }: Call): Row[] {
  return [{ wlanId: toId("b", 1), name: `${site.name} WLANs`, primary: true }];
}

export function overview(call: Call): Row {
  const devices = call.inSite(call.world.devices);
  const clients = call.inSite(call.world.clients).filter(({ active }) => active);
  const count = (type: Device["type"], isConnected?: boolean): number =>
    devices.filter(
      (device) => device.type === type && (isConnected === undefined || (device.status === 1) === isConnected),
    ).length;
  const wireless = clients.filter((client) => client.wireless).length;
  return {
    totalGatewayNum: count("gateway"),
    connectedGatewayNum: count("gateway", true),
    disconnectedGatewayNum: count("gateway", false),
    totalSwitchNum: count("switch"),
    connectedSwitchNum: count("switch", true),
    disconnectedSwitchNum: count("switch", false),
    totalApNum: count("ap"),
    connectedApNum: count("ap", true),
    disconnectedApNum: count("ap", false),
    totalClientNum: clients.length,
    wirelessClientNum: wireless,
    wiredClientNum: clients.length - wireless,
    guestNum: clients.filter(({ guest }) => guest).length,
  };
}

export function deviceRows(call: Call): Row[] {
  const now = call.world.now();
  return call.inSite(call.world.devices).map((device) => {
    const detailStatus = [0, 14, 20, 30, 40][device.status];
    const isBusy = now < device.upgradingUntil ? 12 : now < device.rebootingUntil ? 13 : detailStatus;
    return { ...device, detailStatus: isBusy };
  });
}

export function allDevices(call: Call): Row[] {
  return deviceRows(call).map((row) => omit(row, DEVICES.hidden));
}

export function reboot(call: Call): void {
  const device = call.device(-39006);
  const now = call.world.now();
  if (device.status !== 1) fail(-39007, "The device is not connected.");
  if (now < device.rebootingUntil) fail(-39009, "The device is rebooting already.");
  call.change(device, { rebootingUntil: now + 60_000, uptime: "0s" });
}

export function setInternet(call: Call): void {
  const { wans } = call.device(-39501, "gateway");
  const port = call.oneOf(
    "portId",
    wans.map((wan) => wan.port),
  );
  const internetState = call.oneOf("operation", [0, 1]);
  for (const wan of wans) if (wan.port === port) call.change(wan, { internetState });
}

export function accessPoint(call: Call): Row {
  const { type, mac, name, ip, model, firmwareVersion, cpuUtil, memUtil } = call.device(-39303, "ap");
  const group = { "wlan group id": toId("b", 1) }; // with spaces, as in the real description
  return { type, mac, name, ip, ...group, model, firmwareVersion, cpuUtil, memoryUtil: memUtil, uptimeLong: 1_047_845 };
}

// The whole list is required, even for one change, with flags that the list that is read leaves out (omada.md section 6).
export function overrideSsids(call: Call): void {
  const { ssids } = call.device(-39303, "ap");
  const overrides = toRows(call.body["ssidOverrides"]);
  const flags = ["overrideSsidEnable", "overrideVlanEnable"];
  const changes = ssids.map(({ ssidEntryId }) => {
    const override = overrides.find((row) => row["ssidEntryId"] === ssidEntryId);
    return override && flags.every((flag) => typeof override[flag] === "boolean")
      ? override
      : fail(-1001, "List every SSID in full.");
  });
  for (const [index, ssid] of ssids.entries()) {
    const override = changes[index] ?? {};
    const ofSite = siteSsids().find(({ ssidId }) => ssidId === ssid.ssidId);
    const isRenamed = override["overrideSsidEnable"] === true;
    if (isRenamed && typeof override["overrideSsidName"] !== "string") fail(-1001, "The name is missing.");
    if (isRenamed && ssid["security"] === 3 && !override["overrideSsidPassword"]) fail(-1001, "The key is missing.");
    const isTagged = override["overrideVlanEnable"] === true;
    if (isTagged && typeof override["vlanId"] !== "number") fail(-1001, "The VLAN is missing.");
    call.change(ssid, {
      ...(typeof override["ssidEnable"] === "boolean" ? { ssidEnable: override["ssidEnable"] } : {}),
      ssidName: isRenamed ? String(override["overrideSsidName"]) : (ofSite?.ssidName ?? ssid.ssidName),
      vlanEnable: isTagged,
      vlanId: isTagged ? Number(override["vlanId"]) : undefined,
    });
  }
}

export function switchInfo(call: Call): Row {
  const { mac, ip, model, firmwareVersion, modelVersion, cpuUtil, memUtil, uptime, ports } = call.device(
    -39050,
    "switch",
  );
  const portList = ports.map((port) => omit(port, ["poe"]));
  return { mac, ip, model, firmwareVersion, hwVersion: modelVersion, cpuUtil, memUtil, uptime, portList };
}

export function overrideProfile(call: Call): void {
  call.change(call.port(), { profileOverrideEnable: call.boolean("profileOverrideEnable") });
}

export function setPoe(call: Call): void {
  const port = call.port();
  const poeMode = call.oneOf("poeMode", [0, 1]);
  if (!port.poe) fail(-39747, "This switch has no PoE.");
  if (!port.profileOverrideEnable) fail(-39737, "The port follows its profile; override that first.");
  call.change(port, { poeMode });
}

export function onlineClients(call: Call): Row[] {
  return call.inSite(call.world.clients).filter(({ active }) => active);
}

export function clientsInScope(call: Call): Row[] {
  const scope = call.body["scope"] === undefined ? 1 : call.oneOf("scope", [0, 1, 2, 3]);
  const clients = call.inSite(call.world.clients).filter(({ active, blocked }) => {
    return scope === 0 || scope === (blocked ? 3 : active ? 1 : 2);
  });
  return filterClients(clients, isRow(call.body["filters"]) ? call.body["filters"] : {});
}

// Lists where they are lists, and no text for a number or a boolean; a filter of another name is ignored.
function filterClients(clients: Client[], { wireless, radioId, deviceMac, ssid }: Row): Client[] {
  if (wireless !== undefined && typeof wireless !== "boolean") return fail(-1001, "Invalid request parameters.");
  for (const [list, type] of [
    [radioId, "number"],
    [deviceMac, "string"],
    [ssid, "string"],
  ] as const) {
    const isValid = Array.isArray(list) && list.every((value) => typeof value === type);
    if (list !== undefined && !isValid) return fail(-1001, "Invalid request parameters.");
  }
  const includes = (list: unknown, ...values: unknown[]): boolean =>
    list === undefined || values.some((value) => (list as unknown[]).includes(value));
  return clients.filter(
    (client) =>
      (wireless === undefined || client.wireless === wireless) &&
      includes(radioId, client["radioId"]) &&
      includes(ssid, client["ssid"]) &&
      includes(deviceMac, client["apMac"], client["switchMac"], client["gatewayMac"]),
  );
}

export function reconnect(call: Call): void {
  const client = call.client(-41011);
  if (!client.wireless) fail(-41025, "A wired client cannot be reconnected.");
  call.change(client, { uptime: 0 });
}
