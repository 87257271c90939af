import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
import type { Json } from "../support/simulators/kasa/firmware";
import { RecordedDevice, section } from "./recorded-device";

// What real devices reported. It is the work of others: it is read from there, and never copied into this repository.
const RECORDINGS = resolve("../shared/fixtures/kasa-devices");
const FILES = existsSync(RECORDINGS) ? readdirSync(RECORDINGS).filter((name) => name.endsWith(".json")) : [];

/** Puts a recorded device behind the simulated cloud, and deploys a node for each command to it. */
async function setUp(file: string) {
  const device = new RecordedDevice(JSON.parse(readFileSync(join(RECORDINGS, file), "utf8")) as Json);
  const { cloud, account } = await kasaCloud();
  cloud.devices.splice(0, cloud.devices.length, device);
  const red = await testHelper();
  const nodes: FlowNode[] = ["set", "state", "energy", "reboot"].map((command) => {
    return { id: command, type: "kasa-device", account: "kasa", device: device.deviceId, command };
  });
  const list: FlowNode = { id: "list", type: "kasa-device-list", account: "kasa", detail: "state" };
  await red.deploy([account, list, ...nodes]);

  /** Sends a message to a node; returns its payload, and how many requests the device got. */
  const send = async (node: string, msg: Message = {}) => {
    const before = cloud.calls("passthrough");
    const { msg: result, error } = await red.send(node, msg);
    assert.equal(error, undefined);
    return { payload: result?.payload as Json, requests: cloud.calls("passthrough") - before };
  };
  const set = (payload: unknown, outlet?: unknown) => send("set", { payload, outlet });
  const errorCode = async (node: string, msg: Message) => (await red.send(node, msg)).error?.code;
  return { device, send, set, errorCode };
}

/** Fails unless a state is that of the device. */
function assertState(state: Json, { sysinfo, light, on, children, alias, deviceId, accepts }: RecordedDevice): void {
  const fields: Json = { ...section(light, "dft_on_state"), ...light };
  const effect = section(sysinfo, "lighting_effect_state");
  const [isColour, isTunable] = [accepts.includes("hue"), accepts.includes("colorTemp")];
  const expected = {
    deviceId,
    alias,
    on,
    rssi: sysinfo["rssi"],
    led: "led_off" in sysinfo ? sysinfo["led_off"] === 0 : undefined,
    brightness: sysinfo["brightness"] ?? (effect["enable"] === 1 ? effect : fields)["brightness"],
    hue: isColour ? fields["hue"] : undefined,
    saturation: isColour ? fields["saturation"] : undefined,
    colorTemp: isTunable ? fields["color_temp"] || undefined : undefined,
    outlets: children.length
      ? children.map((child) => ({ id: child["id"], alias: child["alias"], on: child["state"] === 1 }))
      : undefined,
  };
  const { kind: _, onTimeS: __, colorTempRange: ___, effect: ____, presets: _____, ...reported } = state;
  const known = Object.entries(expected).filter(([, value]) => value !== undefined);
  assert.deepEqual(reported, Object.fromEntries(known));
}

/** The settings of lights and plugs: a device accepts each of them or has to refuse it. */
const SETTINGS: Record<string, unknown> = {
  led: false,
  brightness: 33,
  hue: 111,
  saturation: 44,
  colorTemp: 3456,
  transitionMs: 250,
};

describe("kasa-device with recordings of real devices (skipped if ../shared/fixtures is absent)", () => {
  before("needs ../shared/fixtures/kasa-devices", function () {
    if (FILES.length === 0) this.skip();
  });

  it("has a recording of every family", () => {
    assert.ok(FILES.length >= 13);
  });

  for (const file of FILES) {
    describe(`A ${file.replace(/\.json$/, "")}`, () => {
      it("is listed with its state, which takes one request", async () => {
        const { device, send } = await setUp(file);

        const { payload: list, requests: first } = await send("list");
        const { payload: state, requests: second } = await send("state");

        const [row] = list as unknown as Json[];
        assertState(section(row, "state"), device);
        assertState(state, device);
        assert.deepEqual([first, second], [1, 1]);
        assert.deepEqual([row?.["supported"], row?.["kind"]], [true, state["kind"]]);
        assert.doesNotMatch(JSON.stringify(state), /latitude|longitude/);
      });

      it("is switched and toggled, with two requests at first and one once its family is known", async () => {
        const { device, set } = await setUp(file);

        const requestCounts: number[] = [];
        for (const on of [false, true, false, true]) {
          const { payload, requests } = await set(on);
          assert.equal(device.on, on);
          assertState(payload, device);
          requestCounts.push(requests);
        }
        for (const on of [false, true]) {
          const { payload, requests } = await set("toggle");
          assert.equal(device.on, on);
          assertState(payload, device);
          requestCounts.push(requests);
        }

        assert.deepEqual(requestCounts, [2, 1, 1, 1, 2, 2]);
      });

      it("is set with one request after it was listed with its state", async () => {
        const { send, set } = await setUp(file);
        await send("list");

        const { requests } = await set(true);

        assert.equal(requests, 1);
      });

      it("has its outlets switched one by one, or has no outlets", async () => {
        const { device, set, errorCode } = await setUp(file);
        if (device.children.length === 0) {
          assert.equal(await errorCode("set", { payload: true, outlet: 0 }), "input");
          return;
        }
        await set(false);
        for (const [index, child] of device.children.entries()) {
          for (const name of [index, child["alias"], child["id"]]) {
            const { payload, requests } = await set("toggle", name);
            assertState(payload, device);
            assert.equal(requests, 2);
          }
          const states = device.children.map(({ state }) => state);
          assert.deepEqual(states, [...Array(index + 1).fill(1), ...Array(states.length - index - 1).fill(0)]);
        }
        assert.equal(await errorCode("set", { payload: true, outlet: device.children.length }), "input");
        assert.equal(await errorCode("set", { payload: { led: true }, outlet: 0 }), "unsupported");
      });

      for (const [name, value] of Object.entries(SETTINGS)) {
        it(`accepts ${name}, or refuses it and does not change`, async () => {
          const { device, set, errorCode } = await setUp(file);
          const setting = { on: true, [name]: value };
          if (!device.accepts.includes(name)) {
            const before = structuredClone(device.sysinfo);
            assert.equal(await errorCode("set", { payload: setting }), "unsupported");
            assert.deepEqual(device.sysinfo, before);
            return;
          }

          const { payload, requests } = await set(setting);

          assert.equal(device.on, true);
          assertState(payload, device);
          // A light strip that plays an effect has to end it first.
          assert.ok(requests <= (name === "colorTemp" && payload["kind"] === "lightstrip" ? 3 : 2));
          if (name !== "transitionMs") assert.equal(payload[name], value);
          if (name === "hue") assert.ok(!("colorTemp" in payload));
        });
      }

      it("is dimmed while it stays off, and reports the brightness that it would have", async () => {
        const { device, set } = await setUp(file);
        if (!device.isLight) return;

        const { payload } = await set({ on: false, brightness: 12 });

        assert.equal(device.on, false);
        assert.equal(section(device.light, "dft_on_state")["brightness"], 12);
        assertState(payload, device);
      });

      it("reports its energy in the same units whichever it uses, or has no meter", async () => {
        const { device, send, errorCode } = await setUp(file);
        const { power, power_mw, voltage, voltage_mv, current, current_ma, total, total_wh } = device.meter;
        if (power === undefined && power_mw === undefined) {
          assert.equal(await errorCode("energy", {}), "unsupported");
          return;
        }
        const outlets = device.children.length;

        const { payload: whole, requests } = await send("energy");
        const parts = outlets ? [(await send("energy", { outlet: 0 })).payload] : [];

        // The recording has one meter for all outlets.
        for (const [energy, times] of [[whole, outlets || 1] as const, ...parts.map((part) => [part, 1] as const)]) {
          assertNear(energy["powerW"], times, power, power_mw);
          assertNear(energy["voltageV"], 1, voltage, voltage_mv);
          assertNear(energy["currentA"], times, current, current_ma);
          assertNear(energy["totalKwh"], times, total, total_wh);
        }
        assert.equal(requests, 1 + (outlets || 1));
      });

      it("restarts, and keeps its state", async () => {
        const { device, send } = await setUp(file);

        const { payload } = await send("reboot");

        assertState(payload, device);
        assert.match(JSON.stringify(device.commands.at(-1)), /"reboot"/);
      });
    });
  }
});

/** Fails unless a value is a recorded quantity, which is either whole or in thousandths. */
function assertNear(value: unknown, times: number, whole: unknown, thousandths: unknown): void {
  if (whole === undefined && thousandths === undefined) {
    assert.equal(value, undefined);
    return;
  }
  const expected = times * (whole === undefined ? Number(thousandths) / 1000 : Number(whole));
  assert.ok(Math.abs(Number(value) - expected) < 1e-9, `${String(value)} is not ${expected}`);
}
