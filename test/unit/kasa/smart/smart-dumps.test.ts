import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { KasaClient } from "../../../../src/kasa/client";
import type { DeviceState } from "../../../../src/kasa/device";
import { parseSetting } from "../../../../src/kasa/device-setting";
import { rejectsWith } from "../../../support/http-fixture";
import { closeAfterTest } from "../../../support/mocha-hooks";
import { LanHouse } from "../../../support/simulators/kasa-local/house";
import { SmartUnit } from "../../../support/simulators/kasa-local/smart/unit";
import { KasaCloud } from "../../../support/simulators/kasa/cloud";
import { ABILITIES, createDumpedProducts, DUMPS } from "../../../support/smart-dumps";
import { createClient } from "../client-fixture";
import { FAST_CLOCK } from "../local/fixture";

type DumpedProducts = ReturnType<typeof createDumpedProducts>["products"];

/** All of them in one house, and a client that asks no cloud. */
async function setUp(): Promise<{ client: KasaClient; count: number; products: DumpedProducts }> {
  const { products, count } = createDumpedProducts();
  const cloud = closeAfterTest(await KasaCloud.start());
  const { email, password } = cloud;
  const house = closeAfterTest(await LanHouse.start(products, { email, password }));
  const discovery = { broadcast: [house.broadcast], ports: { xor: house.ports.xor, probe: house.ports.tdp } };
  const client = closeAfterTest(createClient(cloud, { reach: "local", discovery }, { clock: FAST_CLOCK }));
  await cloud.server.goOffline();
  return { client, count, products };
}

describe("The dumps of real SMART devices (skipped if ../shared/fixtures is missing)", () => {
  before(function () {
    if (!existsSync(DUMPS)) this.skip();
  });

  it("have a countdown, a schedule and presets where their components say so", async () => {
    const { client, products } = await setUp();
    const { control } = client;
    for (const { identity, smart } of products) {
      const name = identity.alias;
      const [kind] = ABILITIES[name] ?? [];
      if (!(smart instanceof SmartUnit) || kind === undefined || kind === "strip") continue;
      const has = smart.components;
      const { commands, settings } = (await control.abilities(name, {})).abilities;
      assert.deepEqual(
        [settings.includes("preset"), commands.includes("history")],
        ["preset" in has, "energy_monitoring" in has],
      );
      if ("countdown" in has) assert.equal((await control.countdown(name, "", undefined, {})).countdown, null);
      else await rejectsWith(control.countdown(name, "", undefined, {}), "unsupported");
      const none = { enabled: false, rules: [], away: { enabled: false, rules: 0 } };
      if ("schedule" in has) assert.deepEqual(await control.schedule(name, "", undefined, {}), none);
      else await rejectsWith(control.schedule(name, "", undefined, {}), "unsupported");
      if ("preset" in has && kind !== "lightstrip")
        assert.equal(typeof (await control.set(name, "", { preset: 1 }, {})).brightness, "number");
    }
  });

  it("are all listed and read without a cloud", async () => {
    const { client, count } = await setUp();

    const devices = await client.devicesWithState();

    assert.equal(count, 17);
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

  it("switch one outlet of a strip, and all of them", async () => {
    const { client } = await setUp();
    const set = (on: boolean, outlet: string): Promise<DeviceState> =>
      client.control.set("P300(EU)", outlet, { on }, {});
    const states = ({ outlets }: DeviceState): unknown => outlets?.map(({ on }) => on);

    assert.deepEqual(states(await set(false, "")), [false, false, false]);
    assert.deepEqual(states(await set(true, "1")), [false, true, false]);
  });

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
