import { z } from "zod";
import type { TargetKind, TargetRow } from "../../acts/act";
import { isPlainObject } from "../../core/encoding";
import { inputError, isPlatformError, PlatformError } from "../../core/errors";
import { findByName, nameNotFound, type NamedKind } from "../../core/named";
import { parseRows } from "../../http/response";
import type { OmadaActContext, OmadaRequest } from "./context";
import { post, put } from "./requests";
import { device, devices, type Device } from "./targets";

const text = z.string().catch("");
const SWITCH = "sites/{siteId}/switches/{switchMac}";
const GATEWAY = "sites/{siteId}/gateways/{gatewayMac}";

const SwitchPort = z.looseObject({
  port: z.number(),
  name: text,
  poeMode: z.number().optional().catch(undefined),
  status: z.number().optional().catch(undefined),
  profileOverrideEnable: z.boolean().catch(false),
});
type SwitchPort = z.infer<typeof SwitchPort>;

const GatewayPort = z.looseObject({ port: z.number(), name: text });
const GatewayPorts = z.looseObject({ osgPortInfos: z.array(z.unknown()) });
const SwitchInfo = z.looseObject({ portList: z.array(z.unknown()) });

/** A port of a device. */
export interface Port {
  device: Device;
  port: number;
}

/** A port of a switch or a gateway: `Core switch/7`. */
export const port: TargetKind<OmadaActContext, Port> = {
  hint: 'a device and the number or the name of its port, such as "Core switch/7"',
  async find(context, name) {
    const [owner, label] = await findOwner(context, name);
    const ports = await portsOf(context, owner);
    const found = findByName(label, ports, PORTS);
    if (!found) throw nameNotFound(label, ports, PORTS);
    return { device: owner, port: found.port };
  },
  async list(context) {
    const rows: TargetRow[] = [];
    for (const owner of (await devices(context)).filter(({ type }) => type === "switch" || type === "gateway")) {
      if (rows.length >= MAX_ROWS) break;
      for (const { port: number, name } of await portsOf(context, owner)) {
        rows.push({ value: `${owner.name || owner.mac}/${number}`, detail: name });
      }
    }
    return rows;
  },
};

/** Nobody scrolls through more; a list of ports costs a request for each device. */
const MAX_ROWS = 500;

const PORTS: NamedKind<{ port: number; name: string }> = {
  one: "port",
  many: "ports of this device",
  id: (each) => String(each.port),
  name: ({ name }) => name,
};

// A name may contain a slash itself: the last one is tried first.
async function findOwner(context: OmadaActContext, name: string): Promise<[device: Device, label: string]> {
  const slash = name.lastIndexOf("/");
  if (slash <= 0 || slash === name.length - 1) throw inputError(`"target" must be ${port.hint}.`);
  try {
    return [await device.find(context, name.slice(0, slash).trim()), name.slice(slash + 1).trim()];
  } catch (error) {
    const earlier = name.lastIndexOf("/", slash - 1);
    if (earlier <= 0 || !isPlatformError(error, "not-found")) throw error;
    return [await device.find(context, name.slice(0, earlier).trim()), name.slice(earlier + 1).trim()];
  }
}

async function portsOf(context: OmadaActContext, { type, mac }: Device): Promise<{ port: number; name: string }[]> {
  if (type === "switch") return switchPorts(context, mac);
  if (type !== "gateway") throw inputError("Only switches and gateways have ports that can be named here.");
  const { osgPortInfos } = await context.get(GatewayPorts, `${GATEWAY}/ports`, { gatewayMac: mac });
  return parseRows(GatewayPort, osgPortInfos);
}

async function switchPorts(context: OmadaActContext, switchMac: string): Promise<SwitchPort[]> {
  return parseRows(SwitchPort, (await context.get(SwitchInfo, SWITCH, { switchMac })).portList);
}

/** The placeholders of a path to the port of a switch. */
export function switchPortOf({ device: { type, mac }, port: number }: Port): { switchMac: string; port: string } {
  if (type === "switch") return { switchMac: mac, port: String(number) };
  throw new PlatformError("unsupported", "The controller offers this for the ports of switches only.");
}

/** A port of a switch, as it is now. */
export async function portNow(context: OmadaActContext, target: Port): Promise<SwitchPort> {
  const ports = await switchPorts(context, switchPortOf(target).switchMac);
  const found = ports.find((each) => each.port === target.port);
  if (found) return found;
  throw new PlatformError("not-found", `The switch has no port ${target.port} any more.`);
}

/** A port that follows its profile declines its own PoE mode with -39737 (omada.md section 6). */
export async function poeRequests(context: OmadaActContext, target: Port, on: boolean): Promise<OmadaRequest[]> {
  const params = switchPortOf(target);
  const { profileOverrideEnable } = await portNow(context, target);
  const override = put(`${SWITCH}/ports/{port}/profile-override`, params, { profileOverrideEnable: true });
  const poe = put(`${SWITCH}/ports/{port}/poe-mode`, params, { poeMode: on ? 1 : 0 });
  return profileOverrideEnable ? [poe] : [override, poe];
}

/** Takes the power of a port away for some seconds. */
export function cycleRequest({ device: { type, mac }, port: number }: Port): OmadaRequest {
  if (type === "gateway") return post(`${GATEWAY}/ports/{port}/restart`, { gatewayMac: mac, port: String(number) });
  return {
    ...post(`${SWITCH}/multi-ports/poe-recovery`, { switchMac: mac }, { ports: [number] }),
    check: checkCycled,
  };
}

// Its success is one of the request; the device's own is inside.
function checkCycled(result: unknown): void {
  const outcome = isPlainObject(result) ? result["deviceResult"] : undefined;
  if (!isPlainObject(outcome) || outcome["status"] !== 1) return;
  throw new PlatformError(
    "rejected",
    "The switch did not cycle the port. Check that the port powers something by PoE.",
  );
}
