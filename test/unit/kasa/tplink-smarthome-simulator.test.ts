import assert from "node:assert/strict";
import { Device as Peer } from "tplink-smarthome-simulator";
import { nodeRed, type FlowNode, type Message } from "../../support/harness/node-red";
import { kasaCloud } from "../../support/harness/platforms";
import { CloudDevice, product } from "../../support/simulators/kasa/devices";

/** All models that the peer knows. */
const PLUGS = ["hs100", "hs105", "hs110", "hs110v2", "hs200"];
const BULBS = ["lb100", "lb120", "lb130"];
const LIGHTS = [...BULBS, "kl430"];
const COLOURS = ["lb130", "kl430"];
const WITH_LED = [...PLUGS, "hs220", "hs300"];
const METERS = ["hs110", "hs110v2", ...LIGHTS];
const METERLESS = ["hs100", "hs105", "hs200", "hs220"];
const OUTLETS = [0, 1, 2, 3, 4, 5];

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- the peer's own JSON, looked at by hand

/** Somebody else's model of a device, as Kasa's cloud lists it and passes requests through to it. */
class Modelled extends CloudDevice {
  readonly #peer: Peer;

  constructor(readonly model: string) {
    const { system } = new Peer({ model }).data as Json;
    const { mic_type, type, dev_name, hw_ver, model: printed } = system.sysinfo as Record<string, string>;
    super(product(mic_type ?? type ?? "", printed ?? "", dev_name ?? "", hw_ver ?? ""), `my ${model}`);
    const data: object = { alias: this.alias, deviceId: this.deviceId };
    this.#peer = new Peer({ model, data });
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    return this.ask(request);
  }

  /** Asks the peer past the cloud. */
  ask(request: object): Json {
    const { response } = this.#peer.processMessage(JSON.stringify(request), (text: string) => Buffer.from(text));
    return JSON.parse(String(response)) as Json;
  }

  get sysinfo(): Json {
    return this.ask({ system: { get_sysinfo: {} } })["system"].get_sysinfo as Json;
  }

  get on(): boolean {
    const { relay_state, light_state, children } = this.sysinfo;
    return [relay_state, light_state?.on_off].includes(1) || (children ?? []).some((one: Json) => one["state"] === 1);
  }

  get outlets(): boolean[] {
    return (this.sysinfo["children"] as Json[]).map((child) => child["state"] === 1);
  }

  get light(): Json {
    return this.sysinfo["light_state"] as Json;
  }
}

/** The model behind the simulated cloud, and the real Node-RED with a node for each command to it. */
async function setUp(model: string) {
  const { cloud, account } = await kasaCloud();
  const device = new Modelled(model);
  cloud.devices.splice(0, cloud.devices.length, device);
  const red = await nodeRed();
  const nodes: FlowNode[] = ["set", "state", "energy", "reboot", "raw"].map((command) => {
    return { id: command, type: "kasa-device", account: "kasa", device: device.alias, command };
  });
  const list: FlowNode = { id: "list", type: "kasa-device-list", account: "kasa", detail: "state" };
  await red.deploy([account, list, ...nodes]);

  /** What a node answers; it must not fail. */
  const ask = async (node: string, msg: Message = {}): Promise<Json> => {
    const { msg: answered, error } = await red.send(node, msg);
    assert.equal(error, undefined);
    return answered?.payload as Json;
  };
  /** What a node fails with; it must. */
  const refusal = async (node: string, msg: Message = {}) => {
    const { error } = await red.send(node, msg);
    return { code: error?.code, vendorCode: error?.cause["vendorCode"] };
  };
  const set = (payload: unknown, outlet?: unknown): Promise<Json> => ask("set", { payload, outlet });
  return { device, ask, set, refusal, passthroughs: () => cloud.calls("passthrough") };
}

describe("an independent model of the devices, through the nodes", () => {
  it("is asked about every model that it knows", () => {
    assert.deepEqual([...PLUGS, "hs220", "hs300", ...LIGHTS].toSorted(), Peer.models.toSorted());
  });

  for (const model of Peer.models) {
    it(`agrees on what a ${model} is, in the list`, async () => {
      const { device, ask, passthroughs } = await setUp(model);

      const [listed] = (await ask("list")) as Json[];

      const kind =
        { hs220: "dimmer", hs300: "strip", kl430: "lightstrip" }[model] ?? (BULBS.includes(model) ? "bulb" : "plug");
      assert.equal(passthroughs(), 1);
      assert.deepEqual([listed?.["online"], listed?.["supported"]], [true, true]);
      assert.deepEqual([listed?.["alias"], listed?.["state"].alias], [device.alias, device.alias]);
      assert.equal(listed?.["state"].kind, kind);
    });

    it(`agrees on the state of a ${model}, in one request`, async () => {
      const { device, ask, passthroughs } = await setUp(model);

      const state = await ask("state");

      const { alias, rssi, led_off, children, brightness } = device.sysinfo;
      assert.equal(passthroughs(), 1);
      assert.deepEqual([state["alias"], state["rssi"], state["on"]], [alias, rssi, device.on]);
      assert.equal(state["led"], led_off === undefined ? undefined : led_off === 0);
      if (model === "hs220") assert.equal(state["brightness"], brightness);
      const outlets = (children as Json[] | undefined)?.map((one) => {
        return { id: one["id"] as string, alias: one["alias"] as string, on: one["state"] === 1 };
      });
      assert.deepEqual(state["outlets"], outlets);
    });

    it(`agrees on switching a ${model} off, on and over, in two requests and then one each`, async () => {
      const { device, set, passthroughs } = await setUp(model);

      for (const [index, wanted] of [false, true, false, true].entries()) {
        const { on } = await set(wanted);
        assert.deepEqual([on, device.on], [wanted, wanted]);
        assert.equal(passthroughs(), 2 + index);
      }
      for (const wanted of [false, true]) {
        const { on } = await set("toggle");
        assert.deepEqual([on, device.on], [wanted, wanted]);
      }
      assert.equal(passthroughs(), 5 + 2 * 2);
    });

    it(`agrees on restarting a ${model}`, async () => {
      const { device, ask } = await setUp(model);

      await ask("reboot");

      const module = LIGHTS.includes(model) ? "smartlife.iot.common.system" : "system";
      const restart = device.commands.at(-1) ?? {};
      assert.deepEqual(restart, { [module]: { reboot: { delay: 1 } } });
      assert.deepEqual(device.ask(restart), { [module]: { reboot: { err_code: 0 } } });
    });

    for (const [what, command] of [
      ["a module that it does not know", { nonsense: { get: {} } }],
      ["a method that it does not know", { system: { nonsense: {} } }],
      ["a plug's meter", { emeter: { get_realtime: {} } }],
      ["a light's meter", { "smartlife.iot.common.emeter": { get_realtime: {} } }],
      ["brightness as to a bulb", { "smartlife.iot.smartbulb.lightingservice": { get_light_state: {} } }],
      ["brightness as to a light strip", { "smartlife.iot.lightStrip": { get_light_state: {} } }],
      ["no brightness at all", { "smartlife.iot.dimmer": { set_brightness: { brightness: 0 } } }],
      ["an outlet of another", { context: { child_ids: ["none"] }, system: { set_relay_state: { state: 0 } } }],
    ] as const) {
      it(`agrees on what a ${model} says to ${what}`, async () => {
        const { device, ask } = await setUp(model);

        const answer = await ask("raw", { payload: command });

        assert.deepEqual(answer, device.ask(command));
        if (what.includes("does not know")) assert.match(JSON.stringify(answer), /"err_code":-[12]/);
      });
    }
  }

  for (const outlet of OUTLETS) {
    it(`agrees on switching outlet ${outlet} of a strip, and no other, by its number, alias and id`, async () => {
      const { device, set } = await setUp("hs300");
      const child = device.sysinfo["children"][outlet] as Json;
      const { outlets: before } = await set(false);
      assert.deepEqual(device.outlets, Array(6).fill(false));

      for (const [name, wanted] of [
        [outlet, true],
        [child["alias"], false],
        [child["id"], true],
      ]) {
        const { outlets, on } = await set(wanted, name);
        const expected = OUTLETS.map((index) => wanted && index === outlet);
        assert.deepEqual([device.outlets, on], [expected, wanted]);
        const shown = before.map((one: Json, index: number) => ({ ...one, on: expected[index] }));
        assert.deepEqual(outlets, shown);
      }
    });

    it(`agrees on toggling outlet ${outlet} of a strip`, async () => {
      const { device, set } = await setUp("hs300");
      const before = device.outlets;

      await set("toggle", outlet);

      assert.deepEqual(
        device.outlets,
        before.map((on, index) => (index === outlet ? !on : on)),
      );
    });
  }

  it("agrees on dimming a wall switch while switching it on", async () => {
    const { device, set } = await setUp("hs220");
    await set(false);

    const state = await set({ on: true, brightness: 37 });

    assert.deepEqual([state["on"], state["brightness"]], [true, 37]);
    assert.deepEqual([device.sysinfo["relay_state"], device.sysinfo["brightness"]], [1, 37]);
  });

  // The peer's transition stores the level, but does not switch.
  it("agrees on the level that a wall switch fades to", async () => {
    const { device, set } = await setUp("hs220");

    const state = await set({ brightness: 61, transitionMs: 500 });

    assert.deepEqual([state["brightness"], device.sysinfo["brightness"]], [61, 61]);
  });

  for (const model of LIGHTS) {
    it(`agrees on dimming a ${model}`, async () => {
      const { device, set } = await setUp(model);

      const state = await set({ on: true, brightness: 23 });

      assert.deepEqual([state["on"], state["brightness"]], [true, 23]);
      assert.deepEqual([device.light["on_off"], device.light["brightness"]], [1, 23]);
    });
  }

  for (const model of COLOURS) {
    it(`agrees on the colour of a ${model}, and takes the colour temperature away for it`, async () => {
      const { device, set } = await setUp(model);

      const state = await set({ on: true, hue: 200, saturation: 80, brightness: 50 });

      assert.deepEqual([state["hue"], state["saturation"], state["brightness"]], [200, 80, 50]);
      const { hue, saturation, color_temp } = device.light;
      assert.deepEqual([hue, saturation, color_temp], [200, 80, 0]);
    });
  }

  for (const model of ["lb120", ...COLOURS]) {
    it(`agrees on the colour temperature of a ${model}, and on one that it cannot show`, async () => {
      const { device, set, refusal } = await setUp(model);

      const state = await set({ on: true, colorTemp: 3000 });
      const refused = await refusal("set", { payload: { colorTemp: 1000 } });

      assert.equal(state["colorTemp"], 3000);
      assert.deepEqual(refused, { code: "rejected", vendorCode: -10_000 });
      assert.equal(device.light["color_temp"], 3000);
    });
  }

  for (const model of METERS) {
    it(`agrees on the meter of a ${model}`, async () => {
      const { device, ask } = await setUp(model);

      const energy = await ask("energy");

      const module = model.startsWith("hs") ? "emeter" : "smartlife.iot.common.emeter";
      assert.deepEqual(energy, inWholeUnits(device.ask({ [module]: { get_realtime: {} } })[module].get_realtime));
    });
  }

  it("agrees on the meter of each outlet, and adds up those of a strip", async () => {
    const { device, ask, passthroughs } = await setUp("hs300");

    const each: Json[] = [];
    for (const outlet of OUTLETS) each.push(await ask("energy", { outlet }));
    const asked = passthroughs();
    const all = await ask("energy");

    for (const [index, { id }] of (device.sysinfo["children"] as Json[]).entries()) {
      const request = { context: { child_ids: [id as string] }, emeter: { get_realtime: {} } };
      assert.deepEqual(each[index], inWholeUnits(device.ask(request)["emeter"].get_realtime));
    }
    const sum = (name: string): number => each.reduce((total, outlet) => total + (outlet[name] as number), 0);
    assert.deepEqual(all, {
      powerW: sum("powerW"),
      voltageV: each[0]?.["voltageV"],
      currentA: sum("currentA"),
      totalKwh: sum("totalKwh"),
    });
    assert.deepEqual([asked, passthroughs()], [1 + 6, 1 + 6 + 6]);
  });

  for (const model of WITH_LED) {
    it(`agrees on the little light of a ${model}`, async () => {
      const { device, set } = await setUp(model);

      for (const wanted of [false, true]) {
        const { led } = await set({ led: wanted });
        assert.deepEqual([led, device.sysinfo["led_off"]], [wanted, Number(!wanted)]);
      }
    });
  }

  for (const model of METERLESS) {
    it(`agrees that a ${model} has no meter, and does not ask it`, async () => {
      const { device, refusal } = await setUp(model);

      assert.deepEqual(await refusal("energy"), { code: "unsupported", vendorCode: undefined });
      assert.ok(!JSON.stringify(device.commands).includes("emeter"));
      assert.ok(!String(device.sysinfo["feature"]).includes("ENE"));
    });
  }

  for (const [models, payload] of [
    [PLUGS, { brightness: 40 }],
    [["hs300"], { brightness: 40 }],
    [WITH_LED, { hue: 120 }],
    [WITH_LED, { colorTemp: 3000 }],
    [LIGHTS, { led: false }],
    [["lb100", "lb120"], { hue: 120 }],
    [["lb100"], { colorTemp: 3000 }],
  ] as const) {
    for (const model of models) {
      it(`agrees that ${JSON.stringify(payload)} is nothing for a ${model}, and changes nothing`, async () => {
        const { device, refusal } = await setUp(model);
        const before = device.sysinfo;

        assert.deepEqual(await refusal("set", { payload }), { code: "unsupported", vendorCode: undefined });
        assert.deepEqual(device.sysinfo, before);
        assert.ok(device.commands.every((command) => JSON.stringify(command) === '{"system":{"get_sysinfo":{}}}'));
      });
    }
  }
});

/** The peer's own reading, by hand. */
function inWholeUnits(theirs: Json): Json {
  const read = (name: string, whole: string, thousandths: string): Json => {
    if (whole in theirs) return { [name]: theirs[whole] as number };
    return thousandths in theirs ? { [name]: theirs[thousandths] / 1000 } : {};
  };
  return {
    ...read("powerW", "power", "power_mw"),
    ...read("voltageV", "voltage", "voltage_mv"),
    ...read("currentA", "current", "current_ma"),
    ...read("totalKwh", "total", "total_wh"),
  };
}
