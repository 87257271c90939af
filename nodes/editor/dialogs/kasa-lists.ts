// Lists of what a Kasa account has.
import { fetchList, text } from "../core";
import type { Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";

interface Device {
  deviceId: string;
  alias: string;
  model: string;
  online: boolean;
  /** Whether this package can drive it. */
  supported: boolean;
  /** `cloud` and `local`. */
  reach?: string[];
}

interface Outlet {
  alias?: string;
  on: boolean;
}

/** The devices of an account, those first that can be used. */
export async function fetchDevices(account: string): Promise<Rows> {
  const response = await fetchList<{ devices: Device[] }>("kasa-account", account, "devices");
  if (response.error) return response;
  const { devices } = response;
  const aliases = devices.map(({ alias }) => alias);
  const sorted = [...devices].sort((a, b) => rank(a) - rank(b) || a.alias.localeCompare(b.alias));
  return { rows: sorted.map((device) => deviceRow(device, aliases)) };
}

function rank({ online, supported }: Device): number {
  if (!supported) return 2;
  return online ? 0 : 1;
}

// People know a device by its alias, but where that is not unique only the ID finds it.
function deviceRow({ deviceId, alias, model, online, supported, reach }: Device, aliases: readonly string[]): Row {
  const present = reach?.includes("local") ? "kasa.local" : "kasa.online";
  const state = supported ? (online ? present : "kasa.offline") : "kasa.unsupported";
  return {
    value: isUsableName(alias, aliases) ? alias : deviceId,
    label: alias || deviceId,
    detail: `${model}  ${text(state)}`.trim(),
    dim: !online || !supported,
  };
}

/** The outlets of a strip. */
export async function fetchOutlets(account: string, device: string): Promise<Rows> {
  if (!device) return { rows: [], empty: text("kasa.chooseDevice") };
  const response = await fetchList<{ outlets: Outlet[] }>("kasa-account", account, "outlets", { device });
  if (response.error) return response;
  const { outlets } = response;
  if (outlets.length === 0) return { rows: [], empty: text("kasa.noOutlets") };
  const aliases = outlets.map(({ alias = "" }) => alias);
  return {
    rows: outlets.map(({ alias = "", on }, index) => {
      const value = alias && isUnique(alias, aliases) ? alias : String(index);
      return { value, label: alias || value, detail: `${index}  ${text(on ? "kasa.outletOn" : "kasa.outletOff")}` };
    }),
  };
}

/** Whether a name finds what it belongs to, also in a list of names that are separated by commas. */
function isUsableName(name: string, all: readonly string[]): boolean {
  return name !== "" && name.trim() === name && !name.includes(",") && isUnique(name, all);
}

/** Whether no other of these names is the same, in upper or lower case. */
export function isUnique(name: string, all: readonly string[]): boolean {
  return all.filter((other) => other.toLowerCase() === name.toLowerCase()).length === 1;
}
