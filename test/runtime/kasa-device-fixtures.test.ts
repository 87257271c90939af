import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { nodeRed, type FlowNode, type Message } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { CloudDevice, product } from "../support/simulators/kasa/devices";
import { isRecord, mapEntries, type Json } from "../support/simulators/kasa/firmware";

// What was taken from real devices. It is others' work: it is read where it lies, and never copied here.
const DUMPS = resolve("../shared/fixtures/kasa-devices");
const FILES = existsSync(DUMPS) ? readdirSync(DUMPS).filter((name) => name.endsWith(".json")) : [];

const section = (value: unknown, ...path: string[]): Json =>
  path.reduce<Json>((inner, name) => (isRecord(inner[name]) ? inner[name] : {}), isRecord(value) ? value : {});

const SHADES = ["brightness", "hue", "saturation", "color_temp"];

/** A real device as it was once: it starts from its dump, and can be set. */
class Dumped extends CloudDevice {
  readonly sysinfo: Json;
  readonly isLight: boolean;
  /** The module that lights it, and the method that does. */
  readonly lighting: string;

  constructor(readonly dump: Json) {
    const sysinfo = structuredClone(section(dump, "system", "get_sysinfo"));
    const { mic_type, type, model, hw_ver, dev_name, description } = sysinfo as Record<string, string>;
    super(
      product(mic_type ?? type ?? "", model ?? "", dev_name ?? description ?? "", hw_ver ?? ""),
      `${model} ${hw_ver}`,
    );
    this.sysinfo = Object.assign(sysinfo, { alias: this.alias, deviceId: this.deviceId });
    this.isLight = "light_state" in sysinfo;
    this.lighting =
      "length" in sysinfo
        ? "smartlife.iot.lightStrip set_light_state"
        : "smartlife.iot.smartbulb.lightingservice transition_light_state";
  }

  get children(): Json[] {
    return (this.sysinfo["children"] ?? []) as Json[];
  }

  get light(): Json {
    return section(this.sysinfo, "light_state");
  }

  get on(): boolean {
    const states = [this.sysinfo["relay_state"], this.light["on_off"], ...this.children.map(({ state }) => state)];
    return states.includes(1);
  }

  get meter(): Json {
    return section(this.dump, this.isLight ? "smartlife.iot.common.emeter" : "emeter", "get_realtime");
  }

  /** What it can be set to beside on and off. */
  get takes(): string[] {
    const { sysinfo, isLight } = this;
    return [
      ...("led_off" in sysinfo ? ["led"] : []),
      ...(sysinfo["is_dimmable"] === 1 || "brightness" in sysinfo ? ["brightness"] : []),
      ...(sysinfo["is_color"] === 1 ? ["hue", "saturation"] : []),
      ...(sysinfo["is_variable_color_temp"] === 1 ? ["colorTemp"] : []),
      ...(isLight || "brightness" in sysinfo ? ["transitionMs"] : []),
    ];
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    const { context, ...modules } = request;
    const ids = section(context)["child_ids"];
    return mapEntries(modules, (module, calls) => {
      const refused = section(this.dump, module);
      if ("err_code" in refused) return refused;
      return mapEntries(calls, (method, args) => this.#call(module, method, section({ args }, "args"), ids));
    });
  }

  #call(module: string, method: string, args: Json, ids: unknown): unknown {
    if (method === "get_sysinfo") return this.sysinfo;
    const done = this.#set(`${module} ${method}`, args, ids);
    if (done) return { err_code: 0 };
    return section(this.dump, module)[method] ?? { err_code: this.isLight ? -2000 : -2, err_msg: "not in the dump" };
  }

  #set(what: string, args: Json, ids: unknown): boolean {
    const { sysinfo, children } = this;
    const takes = (key: string): boolean => {
      if (key in sysinfo) sysinfo[key] = Object.values(args)[0];
      return key in sysinfo;
    };
    switch (what) {
      case "system set_relay_state":
        if (children.length === 0) return takes("relay_state");
        for (const child of children)
          if (!ids || (ids as unknown[]).includes(child["id"])) child["state"] = args["state"];
        return true;
      case "system set_led_off":
        return takes("led_off");
      case "system reboot":
        return !this.isLight;
      case "smartlife.iot.common.system reboot":
        return this.isLight;
      case "smartlife.iot.dimmer set_brightness":
        return takes("brightness");
      case "smartlife.iot.dimmer set_dimmer_transition":
        sysinfo["relay_state"] = Number(args["brightness"] !== 0);
        return args["brightness"] === 0 || takes("brightness");
      default:
        return this.isLight && what === this.lighting && this.#shine(args);
    }
  }

  // Flat while on; while off, what it would show lies one level deeper.
  #shine({ on_off, ignore_default, ...wanted }: Json): boolean {
    const { dft_on_state, on_off: was, ...flat } = this.light;
    const shade = { ...flat, ...section({ dft_on_state }, "dft_on_state") };
    for (const name of SHADES) if (ignore_default === 1 && name in wanted) shade[name] = wanted[name];
    const isOn = (on_off ?? was) === 1;
    this.sysinfo["light_state"] = isOn ? { on_off: 1, ...shade } : { on_off: 0, dft_on_state: shade };
    return true;
  }
}

/** The device of a dump behind the simulated cloud, and the real Node-RED with a node for each command to it. */
async function setUp(file: string) {
  const device = new Dumped(JSON.parse(readFileSync(join(DUMPS, file), "utf8")) as Json);
  const { cloud, account } = await kasaCloud();
  cloud.devices.splice(0, cloud.devices.length, device);
  const red = await nodeRed();
  const nodes: FlowNode[] = ["set", "state", "energy", "reboot"].map((command) => {
    return { id: command, type: "kasa-device", account: "kasa", device: device.alias, command };
  });
  const list: FlowNode = { id: "list", type: "kasa-device-list", account: "kasa", detail: "state" };
  await red.deploy([account, list, ...nodes]);

  /** What a node answers, and how many requests reached a device meanwhile. */
  const ask = async (node: string, msg: Message = {}) => {
    const before = cloud.calls("passthrough");
    const { msg: answered, error } = await red.send(node, msg);
    assert.equal(error, undefined);
    return { answer: answered?.payload as Json, requests: cloud.calls("passthrough") - before };
  };
  const set = (payload: unknown, outlet?: unknown) => ask("set", { payload, outlet });
  const refusal = async (node: string, msg: Message) => (await red.send(node, msg)).error?.code;
  return { device, ask, set, refusal };
}

/** Looks at a state with the eyes of somebody who sees the device itself. */
function looksLike(state: Json, { sysinfo, light, on, children, alias, deviceId, takes }: Dumped): void {
  const shade: Json = { ...section(light, "dft_on_state"), ...light };
  const [isColour, isTunable] = [takes.includes("hue"), takes.includes("colorTemp")];
  const expected = {
    deviceId,
    alias,
    on,
    rssi: sysinfo["rssi"],
    led: "led_off" in sysinfo ? sysinfo["led_off"] === 0 : undefined,
    brightness: sysinfo["brightness"] ?? shade["brightness"],
    hue: isColour ? shade["hue"] : undefined,
    saturation: isColour ? shade["saturation"] : undefined,
    colorTemp: isTunable ? shade["color_temp"] : undefined,
    outlets: children.length
      ? children.map((child) => ({ id: child["id"], alias: child["alias"], on: child["state"] === 1 }))
      : undefined,
  };
  const { kind: _, ...shown } = state;
  const told = Object.entries(expected).filter(([, value]) => value !== undefined);
  assert.deepEqual(shown, Object.fromEntries(told));
}

/** What can be asked of lights and plugs; what a device does not take, it must refuse. */
const SETTINGS: Record<string, unknown> = {
  led: false,
  brightness: 33,
  hue: 111,
  saturation: 44,
  colorTemp: 3456,
  transitionMs: 250,
};

describe("kasa-device with what real devices said of themselves (skipped where ../shared/fixtures is absent)", () => {
  before("need ../shared/fixtures/kasa-devices", function () {
    if (FILES.length === 0) this.skip();
  });

  it("has a dump of every family before it", () => {
    assert.ok(FILES.length >= 13);
  });

  for (const file of FILES) {
    describe(file.replace(/\.json$/, ""), () => {
      it("is listed with its state, and read in one request", async () => {
        const { device, ask } = await setUp(file);

        const { answer: listed, requests: first } = await ask("list");
        const { answer: state, requests: second } = await ask("state");

        const [line] = listed as unknown as Json[];
        looksLike(section(line, "state"), device);
        looksLike(state, device);
        assert.deepEqual([first, second], [1, 1]);
        assert.deepEqual([line?.["supported"], line?.["kind"]], [true, state["kind"]]);
        assert.doesNotMatch(JSON.stringify(state), /latitude|longitude/);
      });

      it("is switched off, on and over: in two requests at first, in one where its family is known", async () => {
        const { device, set } = await setUp(file);

        const spent: number[] = [];
        for (const wanted of [false, true, false, true]) {
          const { answer, requests } = await set(wanted);
          assert.equal(device.on, wanted);
          looksLike(answer, device);
          spent.push(requests);
        }
        for (const wanted of [false, true]) {
          const { answer, requests } = await set("toggle");
          assert.equal(device.on, wanted);
          looksLike(answer, device);
          spent.push(requests);
        }

        assert.deepEqual(spent, [2, 1, 1, 1, 2, 2]);
      });

      it("is set in one request after it was listed with its state", async () => {
        const { ask, set } = await setUp(file);
        await ask("list");

        const { requests } = await set(true);

        assert.equal(requests, 1);
      });

      it("has its outlets switched one by one, or has none", async () => {
        const { device, set, refusal } = await setUp(file);
        if (device.children.length === 0) {
          assert.equal(await refusal("set", { payload: true, outlet: 0 }), "input");
          return;
        }
        await set(false);
        for (const [index, child] of device.children.entries()) {
          for (const name of [index, child["alias"], child["id"]]) {
            const { answer, requests } = await set("toggle", name);
            looksLike(answer, device);
            assert.equal(requests, 2);
          }
          const states = device.children.map(({ state }) => state);
          assert.deepEqual(states, [...Array(index + 1).fill(1), ...Array(states.length - index - 1).fill(0)]);
        }
        assert.equal(await refusal("set", { payload: true, outlet: device.children.length }), "input");
        assert.equal(await refusal("set", { payload: { led: true }, outlet: 0 }), "unsupported");
      });

      for (const [name, value] of Object.entries(SETTINGS)) {
        it(`takes ${name}, or refuses it and stays as it is`, async () => {
          const { device, set, refusal } = await setUp(file);
          const payload = { on: true, [name]: value };
          if (!device.takes.includes(name)) {
            const before = structuredClone(device.sysinfo);
            assert.equal(await refusal("set", { payload }), "unsupported");
            assert.deepEqual(device.sysinfo, before);
            return;
          }

          const { answer, requests } = await set(payload);

          assert.equal(device.on, true);
          looksLike(answer, device);
          assert.ok(requests <= 2);
          if (name !== "transitionMs") assert.equal(answer[name], value);
          if (name === "hue") assert.equal(answer["colorTemp"], 0);
        });
      }

      it("is dimmed while it stays off, and shows what it would shine like", async () => {
        const { device, set } = await setUp(file);
        if (!device.isLight) return;

        const { answer } = await set({ on: false, brightness: 12 });

        assert.equal(device.on, false);
        assert.equal(section(device.light, "dft_on_state")["brightness"], 12);
        looksLike(answer, device);
      });

      it("is metered in the same units whichever it has, or has no meter", async () => {
        const { device, ask, refusal } = await setUp(file);
        const { power, power_mw, voltage, voltage_mv, current, current_ma, total, total_wh } = device.meter;
        if (power === undefined && power_mw === undefined) {
          assert.equal(await refusal("energy", {}), "unsupported");
          return;
        }
        const outlets = device.children.length;

        const { answer: whole, requests } = await ask("energy");
        const parts = outlets ? [(await ask("energy", { outlet: 0 })).answer] : [];

        // Its outlets were dumped with one meter for all.
        for (const [energy, times] of [[whole, outlets || 1] as const, ...parts.map((part) => [part, 1] as const)]) {
          isNear(energy["powerW"], times, power, power_mw);
          isNear(energy["voltageV"], 1, voltage, voltage_mv);
          isNear(energy["currentA"], times, current, current_ma);
          isNear(energy["totalKwh"], times, total, total_wh);
        }
        assert.equal(requests, 1 + (outlets || 1));
      });

      it("restarts, and is its old self", async () => {
        const { device, ask } = await setUp(file);

        const { answer } = await ask("reboot");

        looksLike(answer, device);
        assert.match(JSON.stringify(device.commands.at(-1)), /"reboot"/);
      });
    });
  }
});

/** Compares with a quantity that was dumped whole or in thousandths. */
function isNear(value: unknown, times: number, whole: unknown, thousandths: unknown): void {
  if (whole === undefined && thousandths === undefined) {
    assert.equal(value, undefined);
    return;
  }
  const expected = times * (whole === undefined ? Number(thousandths) / 1000 : Number(whole));
  assert.ok(Math.abs(Number(value) - expected) < 1e-9, `${String(value)} is not ${expected}`);
}
