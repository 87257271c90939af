import { z } from "zod";
import type { TargetKind } from "../../acts/act";
import { PlatformError } from "../../core/errors";
import { findByName, nameNotFound, type NamedKind } from "../../core/named";
import { parseRows } from "../../http/response";
import { Id } from "../schemas";
import type { OmadaActContext, OmadaRequest } from "./context";
import { device, devices, unless, type Device } from "./targets";

const WlanGroup = z.looseObject({ ssidList: z.array(z.unknown()).catch([]) });
const SiteSsid = z.looseObject({ ssidId: Id, ssidName: z.string().catch("") });

/** A network as one access point has it. Its password is passed on, and never shown. */
const Override = z.looseObject({
  ssidEntryId: z.number(),
  ssidId: Id.catch(""),
  ssidName: z.string().catch(""),
  ssidPassword: z.string().optional().catch(undefined),
  /** Where it is left out, the network follows the site, and so is on. */
  ssidEnable: z.boolean().optional().catch(undefined),
  vlanEnable: z.boolean().catch(false),
  vlanId: z.number().optional().catch(undefined),
  vlanPoolIds: z.string().optional().catch(undefined),
  overrideSsidEnable: z.boolean().optional().catch(undefined),
  overrideVlanEnable: z.boolean().optional().catch(undefined),
});
type Override = z.infer<typeof Override>;
const Overrides = z.looseObject({ ssidOverrides: z.array(Override) });

interface Named {
  id: string;
  name: string;
}

/** A wireless network, and the access points that have it. */
export interface Ssid extends Named {
  /** The names of all networks of the site by their ids. */
  names: ReadonlyMap<string, string>;
  accessPoints: { mac: string; overrides: Override[] }[];
}

const SSIDS: NamedKind<Named> = { one: "SSID", many: "SSIDs", id: ({ id }) => id, name: ({ name }) => name };
const OVERRIDE = "/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override";
/** Access points that are read at the same time. */
const BATCH = 8;
const FOR_ACCESS_POINTS = 1;
const PENDING = 2;
const CONNECTED = 1;

/** A wireless network of the site, on all access points that have it, or on one: `Guest`, `Hall AP/Guest`. */
export const ssid: TargetKind<OmadaActContext, Ssid> = {
  hint: 'the name of an SSID, such as "Guest", or "Hall AP/Guest" for one access point',
  async find(context, name) {
    const ssids = await ssidsOf(context);
    const ofSite = findByName(name, ssids, SSIDS);
    const [found, accessPoints] = ofSite ? [ofSite, await managed(context)] : await onOne(context, name, ssids);
    const withSsid = (await readOverrides(context, accessPoints)).filter(({ overrides }) => has(overrides, found));
    if (withSsid.length > 0) {
      return { ...found, names: new Map(ssids.map((each) => [each.id, each.name])), accessPoints: withSsid };
    }
    throw new PlatformError("not-found", `No access point of the site has the SSID "${found.name.slice(0, 80)}".`);
  },
  list: async (context) => (await ssidsOf(context)).map(({ id, name }) => ({ value: name, detail: id })),
};

// Whoever may manage devices may not always read the settings of the site; the access points have the networks as well.
async function ssidsOf(context: OmadaActContext): Promise<Named[]> {
  const path = "sites/{siteId}/wireless-network/ssids";
  const groups = await unless(["unsupported", "forbidden"], context.rows(WlanGroup, path, { type: FOR_ACCESS_POINTS }));
  const all = groups
    ? parseRows(
        SiteSsid,
        groups.flatMap(({ ssidList }) => ssidList),
      )
    : (await readOverrides(context, await managed(context))).flatMap(({ overrides }) => overrides);
  return [...new Map(all.map(({ ssidId: id, ssidName: name }) => [id, { id, name }])).values()];
}

/** Whether each of its access points has it enabled or disabled, as asked. */
export async function isSetTo(enable: boolean, context: OmadaActContext, target: Ssid): Promise<boolean> {
  const current = await readOverrides(context, target.accessPoints);
  return current.every(({ overrides }) =>
    overrides.every(({ ssidId, ssidEnable = true }) => ssidId !== target.id || ssidEnable === enable),
  );
}

/** The list of an access point is written whole: a network that it left out would lose its settings (omada.md section 6). */
export function overrideRequests({ id, names, accessPoints }: Ssid, enable: boolean): OmadaRequest[] {
  return accessPoints.map(({ mac, overrides }) => ({
    method: "PATCH",
    path: OVERRIDE,
    params: { apMac: mac },
    body: {
      ssidOverrides: overrides.map((each) => toBody(each, names, each.ssidId === id ? enable : each.ssidEnable)),
    },
  }));
}

// The list that is read leaves the flags out which the list that is written must have: a network whose name differs from
// the site's has an override of its name, and the VLAN that is shown is kept.
function toBody(override: Override, names: ReadonlyMap<string, string>, ssidEnable: boolean | undefined): object {
  const { ssidEntryId, ssidId, ssidName, ssidPassword, vlanEnable, vlanId, vlanPoolIds } = override;
  const isRenamed = ssidName !== (names.get(ssidId) ?? ssidName);
  const hasVlan = vlanEnable && (vlanId !== undefined || vlanPoolIds !== undefined);
  const { overrideSsidEnable = isRenamed, overrideVlanEnable = hasVlan } = override;
  return {
    ssidEntryId,
    overrideSsidEnable,
    ...(overrideSsidEnable ? { overrideSsidName: ssidName, overrideSsidPassword: ssidPassword } : {}),
    overrideVlanEnable,
    ...(overrideVlanEnable ? { vlanId, vlanPoolIds } : {}),
    ssidEnable,
  };
}

const has = (overrides: Override[], { id }: Named): boolean => overrides.some(({ ssidId }) => ssidId === id);

// One that is offline may decline: it comes last, so that the others are done by then.
async function managed(context: OmadaActContext): Promise<Device[]> {
  const accessPoints = (await devices(context)).filter(({ type, status }) => type === "ap" && status !== PENDING);
  const isOffline = ({ status }: Device): number => (status === CONNECTED ? 0 : 1);
  return accessPoints.toSorted((one, other) => isOffline(one) - isOffline(other));
}

// A name may contain a slash itself: only what is no network of the site names an access point.
async function onOne(context: OmadaActContext, name: string, ssids: Named[]): Promise<[Named, Device[]]> {
  const slash = name.lastIndexOf("/");
  const found = slash > 0 ? findByName(name.slice(slash + 1).trim(), ssids, SSIDS) : undefined;
  if (!found) throw nameNotFound(name, ssids, SSIDS);
  const accessPoint = await device.find(context, name.slice(0, slash).trim());
  if (accessPoint.type === "ap") return [found, [accessPoint]];
  throw new PlatformError(
    "not-found",
    `"${accessPoint.name.slice(0, 80)}" is not an access point. Name one of the site's access points before the slash.`,
  );
}

async function readOverrides(
  context: OmadaActContext,
  accessPoints: readonly { mac: string }[],
): Promise<Ssid["accessPoints"]> {
  const all: Ssid["accessPoints"] = [];
  for (let start = 0; start < accessPoints.length; start += BATCH) {
    const batch = accessPoints.slice(start, start + BATCH);
    all.push(...(await Promise.all(batch.map(({ mac }) => readOverride(context, mac)))));
  }
  return all;
}

async function readOverride(context: OmadaActContext, mac: string): Promise<Ssid["accessPoints"][number]> {
  return { mac, overrides: (await context.get(Overrides, OVERRIDE, { apMac: mac })).ssidOverrides };
}
