import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LanProduct } from "./simulators/kasa-local/device";
import { bulbEffectMethods, stripEffectMethods } from "./simulators/kasa-local/smart/abilities";
import { unitOf } from "./simulators/kasa-local/smart/products";
import { SmartUnit } from "./simulators/kasa-local/smart/unit";
import type { LanTransport } from "./simulators/kasa-local/types";
import { CloudDevice, describeProduct } from "./simulators/kasa/devices";
import type { Json } from "./simulators/kasa/firmware";

// What real devices told about themselves. It is the work of others: read from there, and never copied here.
export const DUMPS = resolve("../shared/fixtures/smart-devices");

type Dump = Record<string, Json>;

/** What each device is and can, written by hand: the model is in the name of its file. */
export const ABILITIES: Readonly<Record<string, readonly [kind: string, ...abilities: string[]]>> = {
  "P100(US)": ["plug", "on"],
  "P110M(EU)": ["plug", "on", "energy"],
  "P115(EU)": ["plug", "on", "energy"],
  "EP25(US)": ["plug", "on", "energy"],
  "KP125M(US)": ["plug", "on", "energy"],
  "P300(EU)": ["strip", "on"],
  "KS240(US)": ["strip", "on"],
  "KS225(US)": ["dimmer", "on", "brightness"],
  "S500D(US)": ["dimmer", "on", "brightness"],
  "L510E(US)": ["bulb", "on", "brightness"],
  "L530E(EU)": ["bulb", "on", "brightness", "hue", "colorTemp", "effect"],
  "L900-5(EU)": ["lightstrip", "on", "brightness", "hue", "effect"],
  "L930-5(US)": ["lightstrip", "on", "brightness", "hue", "colorTemp", "effect"],
  "H100(EU)": ["hub"],
};
/** A value of each ability. */
export const VALUES = { on: true, brightness: 37, hue: 211, colorTemp: 3000, effect: "" } as const;

function readDumps(): Map<string, Dump> {
  const names = existsSync(DUMPS) ? readdirSync(DUMPS).filter((name) => name.endsWith(".json")) : [];
  return new Map(names.map((name) => [name.replace(/_.*/, ""), JSON.parse(readFileSync(join(DUMPS, name), "utf8"))]));
}

function components(dump: Dump): Record<string, number> {
  const { component_list: list = [] } = (dump["component_nego"] ?? {}) as {
    component_list?: { id: string; ver_code: number }[];
  };
  return Object.fromEntries(list.map(({ id, ver_code }) => [id, ver_code]));
}

/** A device that is as the dump says, and does what it is told from then on. */
function fromDump(name: string, dump: Dump, sensors: readonly Dump[]): LanProduct {
  const announced = (dump["discovery_result"] as { result: Json }).result;
  const scheme = announced["mgt_encrypt_schm"] as { encrypt_type: string; lv?: number };
  const info = dump["get_device_info"] ?? {};
  const product = describeProduct(String(announced["device_type"]), String(announced["device_model"]), "", "1.0");
  const identity = new CloudDevice(product, name);
  const { device_id: _, mac: __, nickname: ___, ...own } = info;
  const smart = unitOf(identity, own, components(dump));
  const told = Object.entries(dump).filter(
    ([method]) => method.startsWith("get_") && !/device_info|child/.test(method),
  );
  for (const [method, result] of told) smart.methods[method] ??= () => result;
  if ("lighting_effect" in info) Object.assign(smart.methods, stripEffectMethods(smart));
  if ("dynamic_light_effect_enable" in info) Object.assign(smart.methods, bulbEffectMethods(smart));
  const children = (dump["get_child_device_list"]?.["child_device_list"] ?? []) as Json[];
  smart.children.push(...children.map((child) => new SmartUnit({ ...child }, {})));
  if (info["type"] === "SMART.TAPOHUB")
    smart.children.push(...sensors.map((one) => new SmartUnit({ ...one["get_device_info"] }, components(one))));
  const transport: LanTransport = scheme.encrypt_type === "KLAP" ? "klap2" : scheme.lv === 2 ? "aes2" : "aes1";
  return { identity, transport, smart };
}

/** A plug of the first generation, in the envelope of newer ones. */
class DumpedPlug extends CloudDevice {
  constructor(
    readonly sysinfo: Json,
    name: string,
  ) {
    super(describeProduct("IOT.SMARTPLUGSWITCH", String(sysinfo["model"]), "", "4.1"), name);
  }

  override respond({ system }: Json): Json {
    const { set_relay_state: relay } = (system ?? {}) as { set_relay_state?: { state: number } };
    if (relay) this.sysinfo["relay_state"] = relay.state;
    const own = { ...this.sysinfo, deviceId: this.deviceId, alias: this.alias, mac: this.mac };
    return { system: { ...(relay && { set_relay_state: { err_code: 0 } }), get_sysinfo: own } };
  }
}

/** All of them, as they are at home; the sensors are connected to the hub. */
export function createDumpedProducts(): { products: LanProduct[]; count: number } {
  const dumps = readDumps();
  const sensors = ["T110(EU)", "T310(EU)"].map((name) => dumps.get(name) ?? assert.fail(name));
  const hs100 = (dumps.get("HS100(UK)")?.["system"]?.["get_sysinfo"] ?? {}) as Json;
  const products = [
    ...Object.keys(ABILITIES).map((name) => fromDump(name, dumps.get(name) ?? assert.fail(name), sensors)),
    { identity: new DumpedPlug({ ...hs100 }, "HS100(UK)"), transport: "klap1" as const },
  ];
  return { products, count: dumps.size };
}
