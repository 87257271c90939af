import type { SavedNode } from "./flow";
import type { MarkedMessage, MessageKind } from "./ledger";
import { oneOf } from "./random";
import type { PlatformAddresses } from "./types";

type House = PlatformAddresses["house"];

/** Accounts of the same devices: one asks no cloud, the other one asks it where a device does not answer. */
const REACHES = ["local", "auto"] as const;
/** Shorter than the pause in which a device is searched for. */
const TIMEOUT_S = 1;

/** The config nodes of the house. The last one watches a single device: the others cannot delay its polls. */
export function houseAccounts({ url, email, password, hosts, witnessHost }: House): SavedNode[] {
  const settings = { server: url, hosts, credentials: { email, password }, timeout: TIMEOUT_S, concurrency: 8 };
  return [
    ...REACHES.map((reach) => ({ id: `home-${reach}`, type: "kasa-account", reach, ...settings })),
    { id: "home-witness", type: "kasa-account", reach: "local", ...settings, hosts: witnessHost },
  ];
}

/** The nodes of the house: each account sets and reads, and the local one tells what changes. */
export function houseNodes(): SavedNode[] {
  const events = { type: "kasa-event", account: "home-local", source: "devices", interval: 1 };
  return [
    ...REACHES.flatMap((account) => [
      { id: `${account}-light`, type: "kasa-device", account: `home-${account}` },
      { id: `${account}-plug`, type: "kasa-device", account: `home-${account}`, command: "raw" },
      { id: `${account}-state`, type: "kasa-device", account: `home-${account}`, command: "state" },
    ]),
    { id: "house", ...events },
    { id: "witness", ...events, account: "home-witness" },
  ];
}

/** The messages to the house. The mark says which device is meant, so that it must not reach another one. */
export function houseKinds({ lights, plugs, still }: House): MessageKind[] {
  const deviceOf = (ids: readonly string[], mark: number): string => ids[mark % ids.length] as string;
  return REACHES.flatMap((account): MessageKind[] => [
    {
      node: `${account}-light`,
      weight: 2,
      writes: true,
      target: (mark) => deviceOf(lights, mark),
      message: (mark) => ({ device: deviceOf(lights, mark), payload: { on: true, ...colorOf(mark) } }),
      matches: ({ payload }, mark) => markOfColor(payload as Color) === mark,
    },
    {
      node: `${account}-plug`,
      weight: 1,
      writes: true,
      target: (mark) => deviceOf(plugs, mark),
      message: (mark) => ({
        device: deviceOf(plugs, mark),
        payload: { system: { set_relay_state: { state: 1, mark } } },
      }),
      matches: ({ payload }) => JSON.stringify(payload) === '{"system":{"set_relay_state":{"err_code":0}}}',
    },
    {
      node: `${account}-state`,
      weight: 1,
      message: (_, random) => ({ device: oneOf([...lights, ...plugs, still], random) }),
      matches: ({ payload, device }: MarkedMessage) => (payload as { deviceId?: unknown }).deviceId === device,
    },
  ]);
}

/** Part of the state of a light. */
interface Color {
  hue?: unknown;
  saturation?: unknown;
  brightness?: unknown;
}

/** A mark as a colour: no light shows the same one twice. */
const colorOf = (mark: number): Required<Color> => ({
  hue: mark % 360,
  saturation: 1 + (Math.floor(mark / 360) % 100),
  brightness: 1 + (Math.floor(mark / 36_000) % 100),
});

/** The mark in a colour; undefined where a command sets none. */
export function markOfColor({ hue, saturation, brightness }: Color): number | undefined {
  const mark = Number(hue) + (Number(saturation) - 1) * 360 + (Number(brightness) - 1) * 36_000;
  return Number.isNaN(mark) ? undefined : mark;
}
