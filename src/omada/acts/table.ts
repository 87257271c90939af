import { z } from "zod";
import type { Act } from "../../acts/act";
import { noValue, switchValue, textValue } from "../../acts/values";
import { isPlatformError, PlatformError } from "../../core/errors";
import { toNumber } from "../../core/scalar";
import { Id, Mac } from "../schemas";
import type { OmadaActContext, OmadaRequest } from "./context";
import { cycleRequest, poeRequests, port, portNow, switchPortOf } from "./ports";
import { patch, post, put } from "./requests";
import { isSetTo, overrideRequests, ssid } from "./ssid";
import {
  acl,
  client,
  current,
  device,
  unless,
  vpn,
  wan,
  wansOf,
  type Client,
  type Device,
  type Listed,
} from "./targets";
import { isSameRateLimit, rateValue, toRateLimit, voucherValue } from "./values";

type OmadaAct<Target, Value> = Act<OmadaActContext, OmadaRequest, Target, Value>;

const ClientDetail = z.looseObject({
  name: z.string().catch(""),
  blocked: z.boolean().catch(false),
  rateLimit: z.unknown().optional(),
});
const KnownClient = z.looseObject({ mac: Mac, block: z.boolean().catch(false) });
const GeneralConfig = z.looseObject({ ledSetting: z.number().optional().catch(undefined) });
/** What it does not say is left for the upgrade itself to say. */
const Firmware = z.looseObject({ curFwVer: z.string().nullish(), lastFwVer: z.string().nullish() }).nullable();
const Created = z.looseObject({ id: Id });
const Voucher = z.looseObject({ code: z.string().optional() });

const CLIENT = "sites/{siteId}/clients/{clientMac}";
const DEVICE = "sites/{siteId}/devices/{deviceMac}";
const SWITCH = "sites/{siteId}/switches/{switchMac}";
const GATEWAY = "sites/{siteId}/gateways/{gatewayMac}";
const VOUCHERS = "sites/{siteId}/hotspot/voucher-groups";

/** Where a device has its own settings, by its type. */
const GENERAL_CONFIG: Readonly<Record<string, [path: string, placeholder: string]>> = {
  switch: [`${SWITCH}/general-config`, "switchMac"],
  gateway: [`${GATEWAY}/general-config`, "gatewayMac"],
  ap: ["sites/{siteId}/aps/{apMac}/general-config", "apMac"],
};
/** `detailStatus` of a device that is upgrading, and of one that restarts after it. */
const UPGRADING = [12, 13];
const SINCE_5_15 = "a controller 5.15 or later";

const clientOf = ({ mac }: Client): { clientMac: string } => ({ clientMac: mac });
const deviceOf = ({ mac }: Device): { deviceMac: string } => ({ deviceMac: mac });

/** Checks the types of a row; the table holds rows of all types. */
const row = <Target, Value>(act: OmadaAct<Target, Value>): OmadaAct<unknown, unknown> => act;

/** What can be done by name on a controller. */
export const ACTS: Readonly<Record<string, OmadaAct<unknown, unknown>>> = {
  "client-block": row({
    target: client,
    value: switchValue,
    requests: (_context, target, block) => [post(`${CLIENT}/${block ? "block" : "unblock"}`, clientOf(target))],
    read: isBlocked,
  }),
  "client-reconnect": row({
    target: client,
    value: noValue,
    requests: (_context, target) => [post(`${CLIENT}/reconnect`, clientOf(target))],
  }),
  "client-rate": row({
    target: client,
    value: rateValue,
    requests: (_context, target, rate) => [patch(`${CLIENT}/ratelimit`, clientOf(target), toRateLimit(rate))],
    read: async (context, target) => (await context.get(ClientDetail, CLIENT, clientOf(target))).rateLimit,
    shows: (now, rate) => isSameRateLimit(now, toRateLimit(rate)),
  }),
  "client-name": row({
    target: client,
    value: textValue("a name", 128),
    requests(context, target, name) {
      context.memory.clear();
      return [patch(`${CLIENT}/name`, clientOf(target), { name })];
    },
    read: async (context, target) => (await context.get(ClientDetail, CLIENT, clientOf(target))).name,
  }),
  "device-reboot": row({
    target: device,
    value: noValue,
    confirmFor: ({ type }) => (type === "gateway" ? "interrupt the internet connection of the whole site" : undefined),
    requests: (_context, target) => [post(`${DEVICE}/reboot`, deviceOf(target))],
  }),
  "device-locate": row({
    target: device,
    value: switchValue,
    requests: (_context, target, on) => [post(`${DEVICE}/locate`, deviceOf(target), { locateEnable: on })],
  }),
  "device-led": row({
    target: device,
    value: switchValue,
    requests: (_context, target, on) => [patch(...generalConfigOf(target), { ledSetting: on ? 1 : 0 })],
    read: readLed,
  }),
  "port-poe": row({
    target: port,
    value: switchValue,
    requests: poeRequests,
    read: async (context, target) => (await portNow(context, target)).poeMode === 1,
  }),
  "port-cycle": row({
    target: port,
    value: noValue,
    since: SINCE_5_15,
    requests: (_context, target) => [cycleRequest(target)],
  }),
  "port-enable": row({
    target: port,
    value: switchValue,
    since: SINCE_5_15,
    requests: (_context, target, enable) => [
      put(`${SWITCH}/ports/{port}/status`, switchPortOf(target), { status: enable ? 1 : 0 }),
    ],
    read: async (context, target) => (await portNow(context, target)).status === 1,
  }),
  "ssid-enable": row({
    target: ssid,
    value: switchValue,
    since: SINCE_5_15,
    requests: (_context, target, enable) => overrideRequests(target, enable),
    read: async (context, target, enable) => ((await isSetTo(enable, context, target)) ? enable : !enable),
  }),
  "wan-connect": row({
    target: wan,
    value: switchValue,
    since: SINCE_5_15,
    requests: (_context, { gateway, port: portId }, connect) => [
      post(`${GATEWAY}/internet-state`, { gatewayMac: gateway.mac }, { portId, operation: connect ? 1 : 0 }),
    ],
    read: async (context, { gateway, port: portId }) =>
      (await wansOf(context, gateway)).some((each) => each.port === portId && each.internetState === 1),
  }),
  "vpn-enable": row({
    target: vpn,
    value: switchValue,
    since: "a controller 6.0 or later",
    requests: (_context, { id }, enable) => [
      patch("sites/{siteId}/vpn/{vpnId}/status", { vpnId: id }, { status: enable }),
    ],
    read: async (context, target) => (await current(context, target)).status,
  }),
  "acl-enable": row({
    target: acl,
    value: switchValue,
    since: SINCE_5_15,
    requests: (_context, target, enable) => [aclRequest(target, enable)],
    read: async (context, target) => (await current(context, target)).status,
  }),
  "firmware-upgrade": row({
    target: device,
    value: noValue,
    confirm: "replace the firmware of the device and restart it",
    requests: upgradeRequests,
    read: async (context, target) => {
      const { detailStatus, firmwareVersion } = await device.find(context, target.mac);
      return { detailStatus, firmwareVersion };
    },
    shows: (now, _value, before) => {
      const { detailStatus, firmwareVersion } = now as Record<string, unknown>;
      return UPGRADING.includes(toNumber(detailStatus)) || firmwareVersion !== before["firmwareVersion"];
    },
  }),
  "voucher-create": row<unknown, { amount: number }>({
    value: voucherValue,
    since: SINCE_5_15,
    requests: (_context, _target, group) => [post(VOUCHERS, {}, group)],
    read: readVouchers,
    shows: (now, { amount }) => (now as { data: unknown[] }).data.length >= amount,
  }),
};

// A client that is blocked may leave the list of those that the controller tells details of (omada.md section 6).
async function isBlocked(context: OmadaActContext, target: Client): Promise<boolean> {
  try {
    return (await context.get(ClientDetail, CLIENT, clientOf(target))).blocked;
  } catch (error) {
    if (!isPlatformError(error, "not-found")) throw error;
    const known = await context.rows(KnownClient, "sites/{siteId}/insight/clients", { searchKey: target.mac });
    return known.some(({ mac, block }) => mac === target.mac && block);
  }
}

function generalConfigOf({ type, mac }: Device): [path: string, params: Record<string, string>] {
  const place = Object.hasOwn(GENERAL_CONFIG, type) ? GENERAL_CONFIG[type] : undefined;
  if (!place) throw new PlatformError("unsupported", `This device is of the type "${type}", whose LED cannot be set.`);
  return [place[0], { [place[1]]: mac }];
}

// 2 follows the setting of the site.
async function readLed(context: OmadaActContext, target: Device): Promise<unknown> {
  const { ledSetting } = await context.get(GeneralConfig, ...generalConfigOf(target));
  return [false, true, "site"][ledSetting ?? 2] ?? null;
}

// The rule is written whole, as it was read.
function aclRequest({ list, id, ...rule }: Listed, enable: boolean): OmadaRequest {
  const { index: _index, name: _name, ...fields } = rule;
  const body = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  return put(`sites/{siteId}/${list}/{aclId}`, { aclId: id }, { ...body, status: enable });
}

async function upgradeRequests(context: OmadaActContext, target: Device): Promise<OmadaRequest[]> {
  const info = context.get(Firmware, `${DEVICE}/latest-firmware-info`, deviceOf(target));
  const { curFwVer, lastFwVer } = (await unless(["unsupported"], info)) ?? {};
  if (curFwVer && curFwVer === lastFwVer) {
    throw new PlatformError("rejected", `The device has the latest firmware that the controller knows: ${curFwVer}.`);
  }
  return [post(`${DEVICE}/start-online-upgrade`, deviceOf(target))];
}

async function readVouchers(context: OmadaActContext, _target: unknown, _value: unknown, results: readonly unknown[]) {
  const { data: created } = Created.safeParse(results[0]);
  if (!created) throw new PlatformError("protocol", "The controller did not say which group of vouchers it created.");
  return { id: created.id, data: await context.rows(Voucher, `${VOUCHERS}/{groupId}`, { groupId: created.id }) };
}
