import { refuse, type Call } from "./call";
import { DEVICES } from "./listings";
import { rowsIn, without, type Device, type Row } from "./rows";
import { identifier } from "./world";

/** Changes what is named. */
export function set<Thing extends object>(thing: Thing, to: Partial<Thing>): void {
  Object.assign(thing, to);
}

export function ownSites({ world, ownerId }: Call): Row[] {
  return world.sites.filter((site) => site.ownerId === ownerId);
}

export function users({ world, ownerId }: Call): Row[] {
  const role = { type: 0, roleId: "admin", roleName: "Administrator", userLevel: 0, allSite: true };
  return [{ id: identifier("a", 1), name: world.username, email: "admin@example.org", omadacId: ownerId, ...role }];
}

export function setLed(call: Call): void {
  set(call.site, { ledEnable: call.boolean("enable") });
}

export function wlanGroups({ site }: Call): Row[] {
  return [{ wlanId: identifier("b", 1), name: `${site.name} WLANs`, primary: true }];
}

export function overview(call: Call): Row {
  const devices = call.here(call.world.devices);
  const clients = call.here(call.world.clients).filter(({ active }) => active);
  const count = (type: Device["type"], up?: boolean): number =>
    devices.filter((device) => device.type === type && (up === undefined || (device.status === 1) === up)).length;
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
  return call.here(call.world.devices).map((device) => {
    const settled = [0, 14, 20, 30, 40][device.status];
    return { ...device, detailStatus: now < device.rebootingUntil ? 13 : settled };
  });
}

export function allDevices(call: Call): Row[] {
  return deviceRows(call).map((row) => without(row, DEVICES.hides));
}

export function reboot(call: Call): void {
  const device = call.device(-39006);
  const now = call.world.now();
  if (device.status !== 1) refuse(-39007, "The device is not connected.");
  if (now < device.rebootingUntil) refuse(-39009, "The device is rebooting already.");
  set(device, { rebootingUntil: now + 60_000, uptime: "0s" });
}

export function setInternet(call: Call): void {
  const { wans } = call.device(-39501, "gateway");
  const port = call.oneOf(
    "portId",
    wans.map(({ port }) => port),
  );
  const internetState = call.oneOf("operation", [0, 1]);
  for (const wan of wans) if (wan.port === port) set(wan, { internetState });
}

export function accessPoint(call: Call): Row {
  const { type, mac, name, ip, model, firmwareVersion, cpuUtil, memUtil } = call.device(-39303, "ap");
  const group = { "wlan group id": identifier("b", 1) }; // with spaces, as the description has it
  return { type, mac, name, ip, ...group, model, firmwareVersion, cpuUtil, memoryUtil: memUtil, uptimeLong: 1_047_845 };
}

// The whole list is wanted, even for one change (omada.md section 6, row 33).
export function overrideSsids(call: Call): void {
  const { ssids } = call.device(-39303, "ap");
  const asked = rowsIn(call.body["ssidOverrides"]);
  const flags = ["overrideSsidEnable", "overrideVlanEnable"];
  const changes = ssids.map(({ ssidEntryId }) => {
    const one = asked.find((one) => one["ssidEntryId"] === ssidEntryId);
    return one && flags.every((flag) => typeof one[flag] === "boolean")
      ? one
      : refuse(-1001, "List every SSID in full.");
  });
  for (const [index, ssid] of ssids.entries()) {
    const { ssidEnable, overrideSsidEnable, overrideSsidName } = changes[index] ?? {};
    if (typeof ssidEnable === "boolean") set(ssid, { ssidEnable });
    if (overrideSsidEnable === true && typeof overrideSsidName === "string") set(ssid, { ssidName: overrideSsidName });
  }
}

export function switchInfo(call: Call): Row {
  const { mac, ip, model, firmwareVersion, modelVersion, cpuUtil, memUtil, uptime, ports } = call.device(
    -39050,
    "switch",
  );
  const portList = ports.map((port) => without(port, ["poe"]));
  return { mac, ip, model, firmwareVersion, hwVersion: modelVersion, cpuUtil, memUtil, uptime, portList };
}

export function overrideProfile(call: Call): void {
  set(call.port(), { profileOverrideEnable: call.boolean("profileOverrideEnable") });
}

export function setPoe(call: Call): void {
  const port = call.port();
  const poeMode = call.oneOf("poeMode", [0, 1]);
  if (!port.poe) refuse(-39747, "This switch has no PoE.");
  if (!port.profileOverrideEnable) refuse(-39737, "The port follows its profile; override that first.");
  set(port, { poeMode });
}

export function onlineClients(call: Call): Row[] {
  return call.here(call.world.clients).filter(({ active }) => active);
}

export function clientsInScope(call: Call): Row[] {
  const scope = call.body["scope"] === undefined ? 1 : call.oneOf("scope", [0, 1, 2, 3]);
  return call.here(call.world.clients).filter(({ active, blocked }) => {
    return scope === 0 || scope === (blocked ? 3 : active ? 1 : 2);
  });
}

export function reconnect(call: Call): void {
  const client = call.client(-41011);
  if (!client.wireless) refuse(-41025, "A wired client cannot be reconnected.");
  set(client, { uptime: 0 });
}
