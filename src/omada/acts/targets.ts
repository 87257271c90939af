import { z } from "zod";
import type { TargetKind, TargetRow } from "../../acts/act";
import { isPlatformError, PlatformError, type ErrorCode } from "../../core/errors";
import { toMacAddress } from "../../core/mac-address";
import { findByName, nameNotFound, type NamedKind } from "../../core/named";
import { Id, Mac } from "../schemas";
import type { OmadaActContext } from "./context";

const text = z.string().catch("");

const NamedMac = z
  .looseObject({ mac: Mac, name: text, hostName: text })
  .transform(({ mac, name, hostName }) => ({ mac, name: name || hostName || mac }));

/** A client of a site. */
export type Client = z.infer<typeof NamedMac>;

/** A device of a site. */
export const Device = z.looseObject({ mac: Mac, name: text, type: text, status: z.number().catch(1) });
export type Device = z.infer<typeof Device>;

/** A WAN link, as its gateway reports it. */
const WanPort = z.looseObject({
  port: z.number(),
  name: text,
  portDesc: text,
  mode: z.number().optional().catch(undefined),
  internetState: z.number().optional().catch(undefined),
});
/** A WAN link and the gateway that has it. */
export interface Wan extends z.infer<typeof WanPort> {
  gateway: Device;
}

const Listed = z.looseObject({
  id: Id,
  name: text,
  description: text,
  status: z.boolean().catch(false),
});
/** A VPN, or a rule of an access control list with the list that it is in. */
export interface Listed extends z.infer<typeof Listed> {
  list: string;
}

const macOf = ({ mac }: { mac: string }): string => mac;
const nameOf = ({ name }: { name: string }): string => name;
const CLIENTS: NamedKind<Client> = { one: "client", many: "clients", id: macOf, name: nameOf };
const DEVICES: NamedKind<Device> = { one: "device", many: "devices", id: macOf, name: nameOf };
const VPNS: NamedKind<Listed> = { one: "VPN", many: "VPNs", id: ({ id }) => id, name: nameOf };
const ACLS: NamedKind<Listed> = {
  one: "ACL rule",
  many: "ACL rules",
  id: ({ id }) => id,
  name: (rule) => rule.description,
};

const memoryKey = (context: OmadaActContext, kind: string): string => `${kind} ${context.site}`;

/** Reads something that is optional: undefined where the controller declines it with one of these codes. */
export async function unless<T>(codes: ErrorCode[], read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isPlatformError(error, ...codes)) return undefined;
    throw error;
  }
}

/** A client, online or not. */
export const client: TargetKind<OmadaActContext, Client> = {
  hint: "the name or the MAC address of a client",
  async find(context, name) {
    const mac = toMacAddress(name);
    if (mac) return { mac, name: mac };
    return context.memory.find(memoryKey(context, "client"), name, CLIENTS, {
      list: () => clients(context),
      refresh: (clientMac) =>
        unless(["not-found"], context.get(NamedMac, "sites/{siteId}/clients/{clientMac}", { clientMac })),
    });
  },
  list: async (context) => (await clients(context)).map(toRow),
};

// A client that is blocked or offline is in the list of known clients only, which controllers have from 5.15 on.
async function clients(context: OmadaActContext): Promise<Client[]> {
  const online = await context.rows(NamedMac, "sites/{siteId}/clients");
  const known = (await unless(["unsupported"], context.rows(NamedMac, "sites/{siteId}/insight/clients"))) ?? [];
  return [...new Map([...known, ...online].map((each) => [each.mac, each])).values()];
}

// What has no name of its own, or one that others have as well, is chosen by its address all the same.
const toRow = ({ mac, name }: { mac: string; name: string }): TargetRow => ({ value: name || mac, detail: mac });

/** A device that the controller manages. */
export const device: TargetKind<OmadaActContext, Device> = {
  hint: "the name or the MAC address of a device",
  find: (context, name) =>
    context.memory.find(memoryKey(context, "device"), toMacAddress(name) ?? name, DEVICES, {
      list: () => devices(context),
      refresh: async (mac) => (await devices(context, { searchKey: mac })).find((each) => each.mac === mac),
    }),
  list: async (context) =>
    (await devices(context)).map((each) => ({ ...toRow(each), detail: `${each.type} · ${each.mac}` })),
};

/** The devices of a site. */
export function devices(context: OmadaActContext, params: Readonly<Record<string, unknown>> = {}): Promise<Device[]> {
  return context.rows(Device, "sites/{siteId}/devices", params);
}

/** A WAN link: `WAN1`, the number of its port, or `Gateway/WAN1`. */
export const wan: TargetKind<OmadaActContext, Wan> = {
  hint: 'the name of a WAN link, such as "WAN1"',
  async find(context, name) {
    const wans = await allWans(context);
    const kind: NamedKind<Wan> = { one: "WAN link", many: "WAN links", id: wanId, name: nameOf };
    // What it is called most often first; a description and a number may belong to another link's name.
    const names = [
      nameOf,
      (each: Wan) => each.portDesc,
      (each: Wan) => String(each.port),
      (each: Wan) => wanPath(each),
    ];
    const [found] = names.flatMap((nameFrom) => findByName(name, wans, { ...kind, name: nameFrom }) ?? []);
    if (!found) throw nameNotFound(name, wans, kind);
    return found;
  },
  list: async (context) => (await allWans(context)).map((each) => ({ value: each.name, detail: each.gateway.name })),
};

async function allWans(context: OmadaActContext): Promise<Wan[]> {
  const gateways = (await devices(context)).filter(({ type }) => type === "gateway");
  return (await Promise.all(gateways.map((gateway) => wansOf(context, gateway)))).flat();
}

const wanId = (each: Wan): string => `${each.gateway.mac}/${each.port}`;
const wanPath = (each: Wan): string => `${each.gateway.name}/${each.name}`;

/** The WAN links of a gateway, as they are now; a port may as well be one of the LAN. */
export async function wansOf(context: OmadaActContext, gateway: Device): Promise<Wan[]> {
  const path = "sites/{siteId}/gateways/{gatewayMac}/wan-status";
  const ports = await context.rows(WanPort, path, { gatewayMac: gateway.mac });
  return ports.filter(({ mode = 0 }) => mode === 0).map((each) => ({ ...each, gateway }));
}

/** A VPN of the site. */
export const vpn = listedTarget(VPNS, "the name of a VPN", ["vpn"]);

/** A rule of the access control lists of gateway, switches and access points. */
export const acl = listedTarget(ACLS, "the description of an ACL rule", [
  "acls/osg-acls",
  "acls/osw-acls",
  "acls/eap-acls",
]);

// Read anew each time: an object that is written whole must not be an old one.
function listedTarget(
  kind: NamedKind<Listed>,
  hint: string,
  lists: readonly string[],
): TargetKind<OmadaActContext, Listed> {
  const all = async (context: OmadaActContext): Promise<Listed[]> =>
    (await Promise.all(lists.map((list) => listed(context, list)))).flat();
  return {
    hint,
    async find(context, name) {
      const things = await all(context);
      const found = findByName(name, things, kind);
      if (!found) throw nameNotFound(name, things, kind);
      return found;
    },
    list: async (context) =>
      (await all(context)).map((each) => ({ value: kind.name(each) || each.id, detail: each.id })),
  };
}

/** The rows of such a list, as they are now. */
export async function listed(context: OmadaActContext, list: string): Promise<Listed[]> {
  return (await context.rows(Listed, `sites/{siteId}/${list}`)).map((row) => ({ ...row, list }));
}

/** The row of the same id. @throws `not-found` where it is gone */
export async function current(context: OmadaActContext, { id, list }: Listed): Promise<Listed> {
  const found = (await listed(context, list)).find((row) => row.id === id);
  if (found) return found;
  throw new PlatformError(
    "not-found",
    "The controller no longer lists what was to be changed. Check that it still exists.",
  );
}
