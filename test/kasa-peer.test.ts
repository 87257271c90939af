import assert from "node:assert/strict";
import { Device as Peer } from "tplink-smarthome-simulator";
import { systemClock } from "../src/clock";
import { KasaClient } from "../src/kasa/client";
import { readServer } from "../src/server";
import { Transport } from "../src/transport";
import { closing } from "./harness/platforms";
import { SimulatedServer } from "./simulators/serve";

/** All models that the peer knows. */
const PLUGS = ["hs100", "hs105", "hs110", "hs110v2", "hs200"];
const BULBS = ["lb100", "lb120", "lb130"];
const METERS = ["hs110", "hs110v2", "lb100", "lb120", "lb130", "kl430"];
const EVERY_MODEL = [...PLUGS, "hs220", "hs300", ...BULBS, "kl430"];

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- the peer's own JSON, looked at by hand

/** Somebody else's model of a device behind the simplest cloud there can be. */
async function setUp(model: string) {
  const peer = new Peer({ model, data: { alias: model } });
  const ask = (request: object): Json => {
    const { response } = peer.processMessage(JSON.stringify(request), (text: string) => Buffer.from(text));
    return JSON.parse(String(response)) as Json;
  };
  const sysinfo = (): Json => ask({ system: { get_sysinfo: {} } })["system"].get_sysinfo as Json;
  const { deviceId } = sysinfo();
  let passthroughs = 0;

  const answers: Record<string, (params: Json) => object> = {
    login: () => ({ token: "a-token" }),
    getDeviceList: () => ({
      deviceList: [{ deviceId, deviceType: sysinfo()["mic_type"] ?? sysinfo()["type"], alias: model, status: 1 }],
    }),
    passthrough: ({ requestData }) => {
      passthroughs++;
      return { responseData: JSON.stringify(ask(JSON.parse(requestData as string) as object)) };
    },
  };
  const cloud = closing(
    await SimulatedServer.start(({ body }) => {
      const { method, params } = JSON.parse(body) as { method: string; params: Json };
      return { body: { error_code: 0, result: answers[method]?.(params) } };
    }),
  );
  const transport = closing(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: systemClock }));
  const account = { server: readServer(cloud.url), appType: "Kasa_Android", terminalUUID: "one", refreshToken: "" };
  const kasa = new KasaClient({ ...account, email: "a@example.com", password: "b" }, transport, systemClock);
  return { driver: kasa.driver, sysinfo, ask, model, passthroughs: () => passthroughs };
}

const isOn = (sysinfo: Json): boolean => (sysinfo["relay_state"] ?? sysinfo["light_state"]?.on_off) === 1;

describe("an independent model of the devices", () => {
  for (const model of EVERY_MODEL) {
    it(`agrees on switching a ${model} off, on and over`, async () => {
      const { driver, sysinfo } = await setUp(model);
      const outlets = (): boolean[] => (sysinfo()["children"] as Json[]).map((child) => child["state"] === 1);
      const on = (): boolean => (model === "hs300" ? outlets().every(Boolean) : isOn(sysinfo()));

      for (const wanted of [false, true, false, true]) {
        const state = await driver.set(model, "", { on: wanted }, {});
        assert.equal(state.on, wanted);
        assert.equal(on(), wanted);
      }
      const toggled = await driver.set(model, "", { on: "toggle" }, {});
      assert.equal(toggled.on, false);
      assert.equal(on(), false);
    });

    it(`agrees on the state of a ${model}, in one request`, async () => {
      const { driver, sysinfo, passthroughs } = await setUp(model);

      const state = await driver.state(model, "", {});

      assert.equal(passthroughs(), 1);
      assert.equal(state.alias, sysinfo()["alias"]);
      assert.equal(state.rssi, sysinfo()["rssi"]);
      assert.equal(state.outlets?.length, (sysinfo()["children"] as unknown[] | undefined)?.length);
    });
  }

  it("needs two requests for the first setting of a device, and one for each that follows", async () => {
    const { driver, passthroughs } = await setUp("hs100");

    await driver.set("hs100", "", { on: true }, {});
    await driver.set("hs100", "", { on: false }, {});

    assert.equal(passthroughs(), 3);
  });

  for (const outlet of [0, 3, 5]) {
    it(`agrees on switching outlet ${outlet} of a strip, and no other`, async () => {
      const { driver, sysinfo } = await setUp("hs300");
      await driver.set("hs300", "", { on: false }, {});

      const state = await driver.set("hs300", String(outlet), { on: true }, {});

      const expected = [0, 1, 2, 3, 4, 5].map((index) => index === outlet);
      assert.deepEqual(
        state.outlets?.map(({ on }) => on),
        expected,
      );
      assert.deepEqual(
        (sysinfo()["children"] as Json[]).map((child) => child["state"] === 1),
        expected,
      );
    });
  }

  it("agrees on dimming a wall switch while switching it on", async () => {
    const { driver, sysinfo } = await setUp("hs220");
    await driver.set("hs220", "", { on: false }, {});

    const state = await driver.set("hs220", "", { on: true, brightness: 37 }, {});

    assert.deepEqual([state.on, state.brightness], [true, 37]);
    assert.deepEqual([sysinfo()["relay_state"], sysinfo()["brightness"]], [1, 37]);
  });

  for (const model of [...BULBS, "kl430"]) {
    it(`agrees on dimming a ${model}`, async () => {
      const { driver, sysinfo } = await setUp(model);

      const state = await driver.set(model, "", { on: true, brightness: 23 }, {});

      assert.equal(state.brightness, 23);
      assert.equal(sysinfo()["light_state"].brightness, 23);
    });
  }

  for (const model of ["lb130", "kl430"]) {
    it(`agrees on the colour of a ${model}, and takes the colour temperature away for it`, async () => {
      const { driver, sysinfo } = await setUp(model);

      const state = await driver.set(model, "", { on: true, hue: 200, saturation: 80, brightness: 50 }, {});

      assert.deepEqual([state.hue, state.saturation, state.brightness], [200, 80, 50]);
      const light = sysinfo()["light_state"] as Json;
      assert.deepEqual([light["hue"], light["saturation"], light["color_temp"]], [200, 80, 0]);
    });
  }

  for (const model of ["lb120", "lb130", "kl430"]) {
    it(`agrees on the colour temperature of a ${model}`, async () => {
      const { driver, sysinfo } = await setUp(model);

      const state = await driver.set(model, "", { on: true, colorTemp: 3000 }, {});

      assert.equal(state.colorTemp, 3000);
      assert.equal(sysinfo()["light_state"].color_temp, 3000);
    });
  }

  for (const model of METERS) {
    it(`agrees on the meter of a ${model}`, async () => {
      const { driver, ask } = await setUp(model);

      const energy = await driver.energy(model, "", {});

      const module = model.startsWith("hs") ? "emeter" : "smartlife.iot.common.emeter";
      const theirs = ask({ [module]: { get_realtime: {} } })[module].get_realtime as Json;
      assert.ok(Math.abs(energy.powerW - (theirs["power"] ?? theirs["power_mw"] / 1000)) <= 5);
    });
  }

  it("agrees on the meter of one outlet, and adds up those of a strip", async () => {
    const { driver, passthroughs } = await setUp("hs300");

    const one = await driver.energy("hs300", "2", {});
    const all = await driver.energy("hs300", "", {});

    assert.ok(one.powerW > 0);
    assert.ok(all.powerW > one.powerW);
    assert.equal(passthroughs(), 1 + 1 + 6);
  });

  for (const model of PLUGS) {
    it(`agrees on the little light of a ${model}`, async () => {
      const { driver, sysinfo } = await setUp(model);

      const state = await driver.set(model, "", { led: false }, {});

      assert.equal(state.led, false);
      assert.equal(sysinfo()["led_off"], 1);
    });
  }

  for (const model of ["hs100", "hs105", "hs200", "hs220"]) {
    it(`agrees that a ${model} has no meter`, async () => {
      const { driver } = await setUp(model);

      await assert.rejects(driver.energy(model, "", {}), { code: "unsupported" });
    });
  }
});
