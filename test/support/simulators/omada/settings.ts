import { fail, type Call } from "./call";
import { CLIENTS } from "./listings";
import { isRow, omit, toRows, type Acl, type Row } from "./rows";
import { siteSsids } from "./world";

export const RATE_LIMIT = "rateLimitId enable upEnable upUnit upLimit downEnable downUnit downLimit".split(" ");

const ACL_RULE = "description status policy protocols sourceIds sourceType destinationType".split(" ");
/** What the body of a rule must have, by the kind of device that applies it. */
export const ACL_FIELDS = {
  osg: [...ACL_RULE, "syslog", "direction", "stateMode"],
  osw: [...ACL_RULE, "bindingType", "etherType"],
  eap: ACL_RULE,
};
export const ACL_NAMES = { osg: "OsgAcl", osw: "OswAcl", eap: "EapAcl" };

export const VOUCHER_FIELDS = (
  "name amount codeLength codeForm limitType durationType duration timingType rateLimit trafficLimitEnable " +
  "applyToAllPortals"
).split(" ");

const BUSY_MS = 60_000;

export function clientDetail(call: Call): Row {
  const client = call.client(-41011);
  if (client.blocked && call.world.forgetsBlockedClients) fail(-41011, "The site has no such client.");
  return { ...omit(client, CLIENTS.hidden), rateLimit: client.rateLimit };
}

export function renameClient(call: Call): void {
  const { name } = call.body;
  if (typeof name !== "string" || name === "" || name.length > 128) return fail(-1001, "The name is not valid.");
  call.change(call.client(-41011), { name });
}

export function limitClient(call: Call): void {
  const client = call.client(-41011);
  const limit = { ...call.body };
  const isLimited = call.boolean("enable");
  for (const direction of isLimited ? ["up", "down"] : []) {
    if (limit[`${direction}Enable`] !== true) continue;
    call.oneOf(`${direction}Unit`, [1, 2]);
    call.oneOf(
      `${direction}Limit`,
      Array.from({ length: 1024 }, (_, index) => index + 1),
    );
  }
  // Where one is left out it stays what it was.
  call.change(client, { rateLimit: { ...client.rateLimit, ...limit } });
}

// The list of all that ever came, which has other names for the same things.
export function knownClients(call: Call): Row[] {
  return call.inSite(call.world.clients).map(({ name, mac, wireless, guest, blocked, lastSeen }) => {
    return { name, mac, wireless, guest, block: blocked, lastSeen, manager: false, lockToAp: false };
  });
}

export function locate(call: Call): void {
  const device = call.device(-39006);
  if (device.status !== 1) fail(-39005, "The device is not connected.");
  call.change(device, { isLocating: call.boolean("locateEnable") });
}

export function firmware(call: Call): Row {
  const { firmwareVersion: curFwVer, latestFirmware: lastFwVer } = call.device(-39050);
  return { curFwVer, lastFwVer, fwReleaseLog: "Fixes." };
}

export function upgrade(call: Call): void {
  const device = call.device(-39006);
  if (device.status !== 1) fail(-39007, "The device is not connected.");
  call.change(device, { upgradingUntil: call.world.now() + BUSY_MS });
}

export function generalConfig(call: Call): Row {
  return call.device(-39700).general;
}

export function setGeneralConfig(call: Call): void {
  const device = call.device(-39700);
  const ledSetting = call.body["ledSetting"] === undefined ? undefined : call.oneOf("ledSetting", [0, 1, 2]);
  if (device.type === "gateway" && ledSetting === undefined) fail(-1001, '"ledSetting" is missing.');
  call.change(device, { general: { ...device.general, ...call.body } });
}

export function setPortStatus(call: Call): void {
  call.change(call.port(), { status: call.oneOf("status", [0, 1]) });
}

// The success of the request is not that of the ports, which is inside.
export function recoverPoe(call: Call): Row {
  const { mac, ports } = call.device(-39700, "switch");
  const wanted = Array.isArray(call.body["ports"]) ? call.body["ports"] : fail(-1001, '"ports" must be a list.');
  const failed = wanted.filter((port) => !ports.some((one) => one.port === port && one.poe));
  for (const port of ports) {
    if (wanted.includes(port.port) && port.poe) call.change(port, { poeCycles: Number(port["poeCycles"] ?? 0) + 1 });
  }
  const successPorts = wanted.filter((port) => !failed.includes(port));
  return { process: 100, deviceResult: { mac, status: failed.length > 0 ? 1 : 0, successPorts, selectPorts: wanted } };
}

export function gatewayPorts(call: Call): Row {
  const { wans } = call.device(-39501, "gateway");
  return { osgPortInfos: wans.map(({ port, name, type, mode }) => ({ port, name, type, mode, physicalType: 0 })) };
}

export function restartGatewayPort(call: Call): void {
  const { wans } = call.device(-39501, "gateway");
  const wan = wans.find(({ port }) => String(port) === call.placeholders["port"]);
  if (!wan?.["poe"]) return fail(-39508, "The port has no PoE.");
  call.change(wan, { poeCycles: Number(wan["poeCycles"] ?? 0) + 1 });
}

export function ssids({ site }: Call): Row[] {
  return [{ wlanId: "b".padEnd(24, "0"), wlanName: `${site.name} WLANs`, ssidList: siteSsids() }];
}

// Its description says nothing of pages, but its result looks like one.
export function vpns(call: Call): Row {
  const data = call.inSite(call.world.vpns).map((vpn) => omit(vpn, ["siteId"]));
  return { totalRows: data.length, currentPage: 1, currentSize: data.length, data, supportL2TP: true };
}

export function setVpn(call: Call): void {
  const vpn = call.inSite(call.world.vpns).find(({ id }) => id === call.placeholders["vpnId"]);
  call.change(vpn ?? fail(-1600, "There is no such VPN."), { status: call.boolean("status") });
}

export const aclsOf =
  (list: Acl["list"]) =>
  (call: Call): Row[] =>
    call.inSite(call.world.acls).filter((acl) => acl.list === list);

export const setAcl =
  (list: Acl["list"]) =>
  (call: Call): void => {
    const acl = aclsOf(list)(call).find(({ id }) => id === call.placeholders["aclId"]);
    for (const name of ACL_FIELDS[list]) if (call.body[name] === undefined) fail(-1001, `"${name}" is missing.`);
    call.boolean("status");
    call.change(acl ?? fail(-33000, "There is no such rule."), call.body);
  };

export function createVouchers(call: Call): Row {
  const { body, world, site } = call;
  for (const name of VOUCHER_FIELDS) if (body[name] === undefined) fail(-1001, `"${name}" is missing.`);
  if (body["limitType"] !== 2 && typeof body["limitNum"] !== "number") fail(-1001, '"limitNum" is missing.');
  if (!isRow(body["rateLimit"]) || typeof body["rateLimit"]["mode"] !== "number") fail(-1001, '"rateLimit" is wrong.');
  const isTaken = call.inSite(world.voucherGroups).some(({ name }) => name === body["name"]);
  if (isTaken) fail(-42059, "Duplicated voucher group name.");
  const id = world.nextId("9");
  const codes = Array.from({ length: Number(body["amount"]) }, () => ({ id: world.nextId("9"), status: 0 }));
  const group = { ...body, siteId: site.siteId, id, vouchers: [] as Row[] };
  world.voucherGroups.push(group);
  const start = 10 ** (Number(body["codeLength"]) - 1);
  call.change(group, { vouchers: codes.map((voucher, index) => ({ ...voucher, code: String(start + index * 7) })) });
  return { id };
}

export function vouchers(call: Call): Row[] {
  const group = call.inSite(call.world.voucherGroups).find(({ id }) => id === call.placeholders["groupId"]);
  return toRows((group ?? fail(-1, "General error.")).vouchers);
}
