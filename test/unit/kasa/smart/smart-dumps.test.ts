import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { KasaClient } from "../../../../src/kasa/client";
import type { DeviceState } from "../../../../src/kasa/device";
import { parseSetting } from "../../../../src/kasa/device-setting";
import { rejectsWith } from "../../../support/http-fixture";
import { closeAfterTest } from "../../../support/mocha-hooks";
import type { LanProduct } from "../../../support/simulators/kasa-local/device";
import { LanHouse } from "../../../support/simulators/kasa-local/house";
import { bulbEffectMethods, stripEffectMethods } from "../../../support/simulators/kasa-local/smart/abilities";
import { unitOf } from "../../../support/simulators/kasa-local/smart/products";
import { SmartUnit } from "../../../support/simulators/kasa-local/smart/unit";
import type { LanTransport } from "../../../support/simulators/kasa-local/types";
import { KasaCloud } from "../../../support/simulators/kasa/cloud";
import { CloudDevice, describeProduct } from "../../../support/simulators/kasa/devices";
import type { Json } from "../../../support/simulators/kasa/firmware";
import { createClient } from "../client-fixture";
import { FAST_CLOCK } from "../local/fixture";

// What real devices told about themselves. It is the work of others: read from there, and never copied here.
const FOLDER = resolve("../shared/fixtures/smart-devices");

type Dump = Record<string, Json>;

/** What each device is and can, written by hand: the model is in the name of its file. */
const ABILITIES: Readonly<Record<string, readonly [kind: string, ...abilities: string[]]>> = {
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
const VALUES = { on: true, brightness: 37, hue: 211, colorTemp: 3000, effect: "" } as const;

function readDumps(): Map<string, Dump> {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];
  return new Map(names.map((name) => [name.replace(/_.*/, ""), JSON.parse(readFileSync(join(FOLDER, name), "utf8"))]));
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

/** All of them in one house, and a client that asks no cloud. */
async function setUp(): Promise<{ client: KasaClient; names: string[] }> {
  const dumps = readDumps();
  const sensors = ["T110(EU)", "T310(EU)"].map((name) => dumps.get(name) ?? assert.fail(name));
  const hs100 = (dumps.get("HS100(UK)")?.["system"]?.["get_sysinfo"] ?? {}) as Json;
  const products = [
    ...Object.keys(ABILITIES).map((name) => fromDump(name, dumps.get(name) ?? assert.fail(name), sensors)),
    { identity: new DumpedPlug({ ...hs100 }, "HS100(UK)"), transport: "klap1" as const },
  ];
  const cloud = closeAfterTest(await KasaCloud.start());
  const { email, password } = cloud;
  const house = closeAfterTest(await LanHouse.start(products, { email, password }));
  const discovery = { broadcast: [house.broadcast], ports: { xor: house.ports.xor, probe: house.ports.tdp } };
  const client = closeAfterTest(createClient(cloud, { reach: "local", discovery }, { clock: FAST_CLOCK }));
  await cloud.server.goOffline();
  return { client, names: [...dumps.keys()] };
}

describe("The dumps of real SMART devices (skipped if ../shared/fixtures is missing)", () => {
  before(function () {
    if (!existsSync(FOLDER)) this.skip();
  });

  it("are all listed and read without a cloud", async () => {
    const { client, names } = await setUp();

    const devices = await client.devicesWithState();

    assert.equal(names.length, 17);
    assert.equal(devices.length, 15);
    for (const { alias, kind, state, stateError, supported, reach, protocol } of devices) {
      assert.deepEqual([alias, stateError], [alias, undefined]);
      assert.deepEqual([supported, reach], [true, ["local"]]);
      assert.equal(protocol, alias === "HS100(UK)" ? "iot" : "smart");
      assert.equal(kind, ABILITIES[alias]?.[0] ?? "plug");
      assert.equal(state?.kind, kind);
    }
    const sensors = devices.find(({ alias }) => alias === "H100(EU)")?.state?.sensors;
    assert.deepEqual(
      sensors?.map(({ kind, temperatureC, humidity, open }) => [kind, temperatureC, humidity, open]),
      [
        ["thermostat", 22.9, undefined, undefined],
        ["temperature", 24, 62, undefined],
        ["contact", undefined, undefined, false],
        ["temperature", 19.3, 54, undefined],
      ],
    );
  });

  for (const [name, [kind, ...abilities]] of Object.entries(ABILITIES)) {
    it(`can do what the device can, and refuse the rest: ${name}`, async () => {
      const { client } = await setUp();
      const { control } = client;
      const set = (value: object, outlet = ""): Promise<DeviceState> =>
        control.set(name, outlet, parseSetting(value), {});
      for (const [property, value] of Object.entries(VALUES)) {
        const given = property === "effect" ? (kind === "bulb" ? "Party" : "Rainbow") : value;
        const setting = { [property]: given };
        if (!abilities.includes(property)) await rejectsWith(set(setting), "unsupported");
        else assert.equal((await set(setting))[property as keyof DeviceState], given, property);
      }
      if (kind === "strip") {
        const { outlets } = await set({ on: false }, "1");
        assert.deepEqual([outlets?.[0]?.on, outlets?.[1]?.on], [true, false]);
      }
      if (abilities.includes("on")) assert.equal((await set({ on: false })).on, false);
      const energy = control.energy(name, "", {});
      if (abilities.includes("energy")) {
        const { powerW, todayKwh, monthKwh } = await energy;
        assert.ok(powerW >= 0 && todayKwh !== undefined && monthKwh !== undefined);
      } else await rejectsWith(energy, "unsupported");
    });
  }

  it("dim the light of a fan switch, and not its fan", async () => {
    const { client } = await setUp();
    const dim = (outlet: string): Promise<DeviceState> =>
      client.control.set("KS240(US)", outlet, parseSetting({ brightness: 40 }), {});

    const { outlets } = await client.control.state("KS240(US)", "", {});
    const light = outlets?.findIndex(({ brightness }) => brightness !== undefined) ?? -1;
    const after = await dim(String(light));

    assert.equal(after.outlets?.[light]?.brightness, 40);
    await rejectsWith(dim(String(1 - light)), "unsupported");
  });

  it("switch a plug with the language of the first generation in a newer envelope", async () => {
    const { client } = await setUp();

    assert.equal((await client.control.set("HS100(UK)", "", parseSetting(true), {})).on, true);
  });
});
