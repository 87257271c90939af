import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError } from "../../../src/core/errors";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import { parseSetting, type DeviceSetting } from "../../../src/kasa/device-setting";
import { DeviceControl } from "../../../src/kasa/devices/device-control";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { parseEnergy } from "../../../src/kasa/protocols/iot/energy";
import { FakeClock } from "../../support/fake-clock";
import { CloudDevice, product } from "../../support/simulators/kasa/devices";
import type { Json } from "../../support/simulators/kasa/firmware";
import { createHome } from "../../support/simulators/kasa/home";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";

const PLUG = product("IOT.SMARTPLUGSWITCH", "HS103(US)", "Small Plug", "5.0");
const BULB = product("IOT.SMARTBULB", "KL130(EU)", "Bulb", "1.0");

/** A device whose firmware says what a test wants it to. */
class Odd extends CloudDevice {
  constructor(
    readonly says: (request: Json) => Json,
    made = PLUG,
  ) {
    super(made, "Odd");
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    return this.says(request);
  }
}

/** Devices, and a driver that reaches them without any cloud between. */
function setUp(devices: CloudDevice[] = createHome()) {
  const clock = new FakeClock();
  const told: { command: object; effect: string }[] = [];
  const listed: unknown[] = [];
  const directory = new DeviceDirectory(
    {
      fetchDevices: async (options) => {
        listed.push(options);
        return devices.map((device) => parseListedDevice(ListedDevice.parse(device.toListEntry("https://cloud.example"))));
      },
    },
    clock,
  );
  const driver = new DeviceControl(directory, {
    send: async ({ deviceId }, command, effect) => {
      told.push({ command, effect });
      return devices.find((one) => one.deviceId === deviceId)?.respond(command as Json) ?? {};
    },
  });
  const find = <D extends CloudDevice>(kind: abstract new (...made: never[]) => D): D =>
    devices.find((device): device is D => device instanceof kind) ?? assert.fail(`no ${kind.name}`);
  const set = (name: string, setting: DeviceSetting, outlet = "") => driver.set(name, outlet, setting, {});
  const last = (): unknown => devices.flatMap(({ commands }) => commands).at(-1);
  return { driver, clock, devices, told, listed, find, set, last };
}

const sysinfoOf = (sysinfo: Json, rest: Json = {}): Json => ({ system: { get_sysinfo: sysinfo, ...rest } });

describe("finding a Kasa device", () => {
  it("asks for a name before it asks anybody", async () => {
    const { driver, listed } = setUp();

    await assert.rejects(driver.state("", "", {}), { code: "input", message: /"device" is empty/ });
    assert.equal(listed.length, 0);
  });

  it("looks for a new name once a minute, and no more often", async () => {
    const { driver, clock, devices, listed } = setUp();
    await driver.state("modem", "", {});
    devices.push(new Plug(PLUG, "Newcomer"));
    await clock.advance(59_999);
    await assert.rejects(driver.state("newcomer", "", {}), { code: "not-found" });
    assert.equal(listed.length, 1);
    await clock.advance(1);

    const { alias } = await driver.state("newcomer", "", {});

    assert.deepEqual([alias, listed.length], ["Newcomer", 2]);
    await clock.advance(59_999);
    await assert.rejects(driver.state("nobody", "", {}), { code: "not-found" });
    assert.equal(listed.length, 2);
  });

  it("asks for the list again after half an hour, because a name may have moved", async () => {
    const { driver, clock, find, devices, listed } = setUp();
    await driver.state("modem", "", {});
    find(Plug).alias = "Old modem";
    devices.push(new Plug(PLUG, "Modem"));
    await clock.advance(1_799_999);
    await driver.state("modem", "", {});
    assert.equal(listed.length, 1);
    await clock.advance(1);

    const { deviceId } = await driver.state("modem", "", {});

    assert.equal(deviceId, devices.at(-1)?.deviceId);
    assert.equal(listed.length, 2);
  });

  it("prefers an id to an alias that reads like it", async () => {
    const { driver, devices, find } = setUp();
    const { deviceId } = find(Plug);
    devices.unshift(new Plug(PLUG, deviceId));

    const { alias } = await driver.state(deviceId, "", {});

    assert.equal(alias, "Modem");
  });

  it("quotes no more of a name than anybody reads", async () => {
    const { driver } = setUp();

    await assert.rejects(driver.state("x".repeat(500), "", {}), { message: /"x{80}"/ });
  });

  it("reads the list once for all who need it at the same time, and does not let it tell what a call is about", async () => {
    const { driver, listed } = setUp();
    const records = [createTrace(), createTrace(), createTrace()];

    await Promise.all(records.map((trace) => driver.state("modem", "", { trace })));

    assert.deepEqual(listed, [{}]);
    for (const { operation } of records) assert.equal(operation, "state");
  });

  it("gives up waiting for the list with the call, and leaves it to the others", async () => {
    const { driver, listed } = setUp();
    const giveUp = new AbortController();
    const givenUp = driver.state("modem", "", { signal: giveUp.signal });
    const other = driver.state("modem", "", {});

    giveUp.abort(cancelledError());

    await assert.rejects(givenUp, { code: "cancelled" });
    assert.equal((await other).alias, "Modem");
    assert.equal(listed.length, 1);
  });

  it("asks for the list again when the clock was set back behind it", async () => {
    const { driver, clock, devices } = setUp();
    await driver.state("modem", "", {});
    devices.push(new Plug(PLUG, "Newcomer"));
    clock.set(-86_400_000);

    assert.equal((await driver.state("newcomer", "", {})).alias, "Newcomer");
  });

  it("sees no difference in the space that a phone's keyboard leaves behind a name", async () => {
    const { driver, find } = setUp();
    const [first, second] = find(Strip).outlets;
    find(Strip).alias = "Desk ";
    Object.assign(first ?? {}, { alias: "Screen ", on: false });
    Object.assign(second ?? {}, { on: false });

    for (const name of ["Desk", "desk "]) await driver.set(name, "screen", { on: "toggle" }, {});
    await driver.set("Desk", "Screen ", { on: true }, {});

    assert.deepEqual([first?.on, second?.on], [true, false]);
  });

  for (const [operation, act] of [
    ["set", (driver: DeviceControl, options: object) => driver.set("modem", "", { on: true }, options)],
    ["state", (driver: DeviceControl, options: object) => driver.state("modem", "", options)],
    ["energy", (driver: DeviceControl, options: object) => driver.energy("modem", "", options)],
    ["reboot", (driver: DeviceControl, options: object) => driver.reboot("modem", "", options)],
    ["raw", (driver: DeviceControl, options: object) => driver.raw("modem", "", {}, options)],
  ] as const) {
    it(`says that a call is ${operation}`, async () => {
      const trace = createTrace();

      await act(setUp().driver, { trace });

      assert.equal(trace.operation, operation);
    });

    it(`asks for the family at most once, for ${operation} too`, async () => {
      const { driver, told } = setUp();
      await driver.state("modem", "", {});

      await act(driver, {});

      assert.equal(told.length, 2);
    });
  }
});

describe("finding an outlet", () => {
  it("says that there is none, for a device that has none", async () => {
    const { driver } = setUp();

    await assert.rejects(driver.state("modem", "0", {}), { code: "input", message: /no separate outlets/ });
  });

  it("says that there is none, for a device that is neither plug nor light", async () => {
    const { driver } = setUp([new Odd(() => sysinfoOf({ alias: "Odd" }))]);

    await assert.rejects(driver.raw("odd", "0", {}, {}), { code: "input", message: /no separate outlets/ });
  });

  it("says that there is none, for a strip that lists none", async () => {
    const { driver } = setUp([new Odd(() => sysinfoOf({ children: [] }))]);

    await assert.rejects(driver.state("odd", "0", {}), { code: "input", message: /no separate outlets/ });
  });

  for (const name of ["6", "-1", "1.5", "005", "0x1", "1e0", "toaster"]) {
    it(`names those there are for ${name}`, async () => {
      const { driver } = setUp();

      await assert.rejects(driver.state("desk", name, {}), { code: "input", message: /There are: 0 "Screen", 1 "P/ });
    });
  }

  it("asks for a number where several have the name, and switches none", async () => {
    const { driver, find, set } = setUp();
    const [first, second] = find(Strip).outlets;
    Object.assign(first ?? {}, { alias: "twin", on: false });
    Object.assign(second ?? {}, { alias: "Twin", on: false });

    await assert.rejects(set("desk", { on: true }, "twin"), { code: "input", message: /number from 0 to 5/ });
    await driver.set("desk", "1", { on: true }, {});

    assert.deepEqual([first?.on, second?.on], [false, true]);
  });

  it("takes an id before an alias, whatever its case, and an alias before a number", async () => {
    const { find, set } = setUp();
    const { outlets } = find(Strip);
    const [zero, one, two, three] = outlets;
    for (const outlet of outlets) outlet.on = false;
    for (const twin of [one, three]) Object.assign(twin ?? {}, { alias: String(zero?.id) });
    Object.assign(two ?? {}, { alias: "5" });

    await set("desk", { on: true }, String(zero?.id).toLowerCase());
    await set("desk", { on: true }, "5");

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [true, false, true, false, false, false],
    );
  });

  it("quotes no more of its name than anybody reads", async () => {
    const { driver } = setUp();

    await assert.rejects(driver.state("desk", "x".repeat(500), {}), { message: /"x{80}"/ });
  });
});

describe("the family of a Kasa device", () => {
  for (const [what, sysinfo, kind] of [
    ["a plug with a length", { relay_state: 1, length: 16 }, "plug"],
    ["a plug with effects", { relay_state: 1, lighting_effect_state: {} }, "plug"],
    ["a strip with a relay for all", { children: [], relay_state: 1 }, "strip"],
    ["a light with a relay", { light_state: {}, relay_state: 1, brightness: 5 }, "bulb"],
  ] as const) {
    it(`is ${kind} for ${what}`, async () => {
      const { driver } = setUp([new Odd(() => sysinfoOf(sysinfo))]);

      assert.equal((await driver.state("odd", "", {})).kind, kind);
    });
  }

  it("is none for what has brightness alone", async () => {
    const { driver } = setUp([new Odd(() => sysinfoOf({ brightness: 5 }))]);

    await assert.rejects(driver.state("odd", "", {}), { code: "unsupported" });
  });
});

describe("setting a Kasa device", () => {
  it("toggles what is so now, not what was so when it was last asked", async () => {
    const { find, set } = setUp();
    await set("modem", { on: true });
    find(Plug).on = false;

    const { on } = await set("modem", { on: "toggle" });

    assert.deepEqual([on, find(Plug).on], [true, true]);
  });

  it("toggles an outlet by itself, whatever the others are", async () => {
    const { find, set } = setUp();
    const { outlets } = find(Strip);
    for (const outlet of outlets) outlet.on = true;
    const [, second] = outlets;
    Object.assign(second ?? {}, { on: false });

    await set("desk", { on: "toggle" }, "1");

    assert.ok(outlets.every(({ on }) => on));
  });

  for (const setting of [{ led: true }, { on: true, led: false }, { brightness: 40 }]) {
    it(`knows no ${Object.keys(setting).join(" and ")} of one outlet`, async () => {
      const { set, told } = setUp();

      await assert.rejects(set("desk", setting, "1"), { code: "unsupported", message: /^This outlet has no / });
      assert.ok(told.every(({ effect }) => effect === "read"));
    });
  }

  it("tells what of a device's answer went wrong, though the rest went well", async () => {
    const odd = new Odd(({ system }) => ({
      ...sysinfoOf({ relay_state: 1, brightness: 10 }, { set_relay_state: { err_code: 0 } }),
      ...(JSON.stringify(system).includes("relay") && { "smartlife.iot.dimmer": { set_brightness: { err_code: -3 } } }),
    }));
    const { set } = setUp([odd]);

    await assert.rejects(set("odd", { on: true, brightness: 40 }), { code: "rejected", details: { vendorCode: -3 } });
  });

  it("asks how a device is that does not tell beside its answer", async () => {
    let on = 0;
    const odd = new Odd(({ system }) => {
      if (!(system as Json)["set_relay_state"]) return sysinfoOf({ relay_state: on });
      on = 1;
      return { system: { set_relay_state: { err_code: 0 } } };
    });
    const { set, told } = setUp([odd]);

    assert.equal((await set("odd", { on: true })).on, true);
    assert.deepEqual(
      told.map(({ effect }) => effect),
      ["read", "write", "read"],
    );
  });

  for (const [what, ids] of [
    ["whole ids", ["800600", "800601"]],
    ["two digits", ["00", "01"]],
  ] as const) {
    it(`shows the whole strip though it tells of the outlet alone, with ${what}`, async () => {
      const children = ids.map((id, index) => ({ id, alias: `outlet ${index}`, state: 1 }));
      const odd = new Odd(({ context }) =>
        context
          ? sysinfoOf({ alias: "outlet 1", relay_state: 0 }, { set_relay_state: { err_code: 0 } })
          : sysinfoOf({ children }),
      );
      const { set, told } = setUp([odd]);

      const { kind, outlets } = await set("odd", { on: false }, "1");
      const again = await set("odd", { on: true }, "1");

      assert.equal(kind, "strip");
      assert.deepEqual(
        outlets?.map(({ on }) => on),
        [true, false],
      );
      assert.deepEqual(
        again.outlets?.map(({ on }) => on),
        [true, true],
      );
      assert.equal(told.length, 3);
    });
  }

  it("believes a strip that tells of all its outlets", async () => {
    const { find, set } = setUp();
    await set("desk", { on: false });
    const [, , , fourth] = find(Strip).outlets;
    Object.assign(fourth ?? {}, { on: true });

    const { outlets } = await set("desk", { on: true }, "1");

    assert.deepEqual(
      outlets?.map(({ on }) => on),
      [false, true, false, true, false, false],
    );
  });

  it("goes by what a device said last", async () => {
    const { set, find } = setUp();
    await set("<b>Porch</b>", { on: true, brightness: 20 });
    find(Dimmer).brightness = 70;
    await set("<b>Porch</b>", { led: true });

    await set("<b>Porch</b>", { on: true, transitionMs: 100 });

    assert.deepEqual((find(Dimmer).commands.at(-1) as Json)["smartlife.iot.dimmer"], {
      set_dimmer_transition: { brightness: 70, mode: "gentle_on_off", duration: 100 },
    });
  });
});

describe("a Kasa device's own words", () => {
  const GET = { get_sysinfo: {} };
  const ON = { set_relay_state: { state: 1 } };
  const OFF = { set_relay_state: { state: 0 } };
  const DIMMER = "smartlife.iot.dimmer";
  const fade = (brightness: number) => ({
    [DIMMER]: { set_dimmer_transition: { brightness, mode: "gentle_on_off", duration: 900 } },
  });
  const level = (brightness: number) => ({ [DIMMER]: { set_brightness: { brightness } } });
  const bulb = (state: object) => ({
    "smartlife.iot.smartbulb.lightingservice": { transition_light_state: state },
    system: GET,
  });
  const strip = (state: object) => ({ "smartlife.iot.lightStrip": { set_light_state: state }, system: GET });

  for (const [kind, setting, words] of [
    [Plug, { on: false }, { system: { ...OFF, ...GET } }],
    [Plug, { on: true, led: true }, { system: { ...ON, set_led_off: { off: 0 }, ...GET } }],
    [Plug, { led: false }, { system: { set_led_off: { off: 1 }, ...GET } }],
    [Strip, { on: true }, { system: { ...ON, ...GET } }],
    [Dimmer, { on: true }, { system: { ...ON, ...GET } }],
    [Dimmer, { brightness: 40 }, { ...level(40), system: { ...ON, ...GET } }],
    [Dimmer, { on: false, brightness: 40 }, { ...level(40), system: { ...OFF, ...GET } }],
    [Dimmer, { led: true }, { system: { set_led_off: { off: 0 }, ...GET } }],
    [Dimmer, { brightness: 40, transitionMs: 900 }, { ...fade(40), system: GET }],
    [Dimmer, { on: true, transitionMs: 900 }, { ...fade(60), system: GET }],
    [Dimmer, { on: false, transitionMs: 900 }, { ...fade(0), system: GET }],
    [Dimmer, { on: false, transitionMs: 900, led: false }, { ...fade(0), system: { set_led_off: { off: 1 }, ...GET } }],
    [Bulb, { on: true }, bulb({ on_off: 1, ignore_default: 0 })],
    [Bulb, { on: false, transitionMs: 900 }, bulb({ on_off: 0, transition_period: 900, ignore_default: 0 })],
    [Bulb, { brightness: 40 }, bulb({ on_off: 1, brightness: 40, ignore_default: 1 })],
    [Bulb, { on: false, brightness: 40 }, bulb({ on_off: 0, brightness: 40, ignore_default: 1 })],
    [Bulb, { hue: 10 }, bulb({ on_off: 1, hue: 10, color_temp: 0, ignore_default: 1 })],
    [Bulb, { saturation: 10 }, bulb({ on_off: 1, saturation: 10, color_temp: 0, ignore_default: 1 })],
    [Bulb, { colorTemp: 3000 }, bulb({ on_off: 1, color_temp: 3000, ignore_default: 1 })],
    [LightStrip, { hue: 10 }, strip({ on_off: 1, hue: 10, color_temp: 0, ignore_default: 1 })],
  ] as const) {
    it(`are right for a ${kind.name.toLowerCase()} and ${JSON.stringify(setting)}`, async () => {
      const { driver, find } = setUp();
      const device = find<CloudDevice>(kind);

      await driver.set(device.deviceId, "", setting, {});

      assert.deepEqual(device.commands.at(-1), words);
    });
  }

  it("fade a dimmer that has level 0, as far as it goes: a fade to 0 would switch off", async () => {
    const done = { [DIMMER]: { set_dimmer_transition: { err_code: 0 } } };
    const odd = new Odd(() => ({ ...sysinfoOf({ relay_state: 0, brightness: 0 }), ...done }));
    const { set, last } = setUp([odd]);

    await set("odd", { on: true, transitionMs: 900 });

    assert.deepEqual((last() as Json)[DIMMER], fade(100)[DIMMER]);
  });

  for (const kind of [Dimmer, Bulb]) {
    for (const setting of [{ transitionMs: 900 }, { transitionMs: 0 }]) {
      it(`want something to change for ${JSON.stringify(setting)} (${kind.name})`, async () => {
        const { driver, find, told } = setUp();
        const { deviceId } = find<CloudDevice>(kind);

        await assert.rejects(driver.set(deviceId, "", setting, {}), { code: "input", message: /to change beside it/ });
        assert.ok(told.every(({ effect }) => effect === "read"));
      });
    }
  }

  it("of a bulb that cannot be dimmed hold no brightness", async () => {
    const odd = new Odd(() => sysinfoOf({ light_state: { on_off: 1 }, is_dimmable: 0 }), BULB);
    const { set } = setUp([odd]);

    await assert.rejects(set("odd", { brightness: 40 }), {
      code: "unsupported",
      message: "This bulb has no brightness. It has: on, transitionMs.",
    });
  });

  it("of a bulb that does not say whether it can be dimmed may hold brightness", async () => {
    const done = { "smartlife.iot.smartbulb.lightingservice": { transition_light_state: { err_code: 0 } } };
    const { set } = setUp([new Odd(() => ({ ...sysinfoOf({ light_state: { on_off: 1 } }), ...done }), BULB)]);

    assert.equal((await set("odd", { brightness: 40 })).kind, "bulb");
  });

  it("are for the device's own keys to judge where the list's type is one that nobody has heard of", async () => {
    const lantern = product("IOT.LANTERN", "KX100(EU)", "Lantern", "1.0");
    const { set } = setUp([new Bulb(lantern, "Lantern", { kelvin: [2500, 9000], colour: true })]);

    const { hue } = await set("lantern", { hue: 200 });

    assert.equal(hue, 200);
  });

  it("name all that a device cannot do, and what it can", async () => {
    const { set } = setUp();

    await assert.rejects(set("modem", { brightness: 5, transitionMs: 5 }), {
      code: "unsupported",
      message: "This plug has no brightness, no transitionMs. It has: on, led.",
    });
  });

  it("restart a light through its own module, and tell when it declines", async () => {
    const { driver, find, told } = setUp();
    const { deviceId } = find(Bulb);
    await driver.reboot(deviceId, "", {});
    assert.deepEqual(told.at(-1), {
      command: { "smartlife.iot.common.system": { reboot: { delay: 1 } } },
      effect: "write",
    });
    find(Bulb).failWith = -3;

    await assert.rejects(driver.reboot(deviceId, "", {}), { code: "rejected", details: { vendorCode: -3 } });
  });
});

describe("a Kasa device's meter", () => {
  for (const [what, sysinfo] of [
    ["a plug that tells no feature", { relay_state: 1 }],
    ["a plug with another feature", { relay_state: 1, feature: "TIM" }],
    ["a plug whose features are no text", { relay_state: 1, feature: ["ENE"] }],
    ["a strip without meters", { children: [{ id: "00", state: 1 }], feature: "TIM" }],
  ] as const) {
    it(`is missing in ${what}, and not asked`, async () => {
      const { driver, told } = setUp([new Odd(() => sysinfoOf(sysinfo))]);

      await assert.rejects(driver.energy("odd", "", {}), { code: "unsupported", message: /no energy meter/ });
      assert.equal(told.length, 1);
    });
  }

  it("is that of the outlet which is asked for, and no other", async () => {
    const { driver, find } = setUp();
    const [first, second] = find(Strip).outlets;
    Object.assign(first ?? {}, { on: true });
    Object.assign(second ?? {}, { on: true });
    Object.assign(second?.meter ?? {}, { watts: 50 });

    const { powerW } = await driver.energy("desk", "1", {});

    assert.equal(powerW, 50);
    await assert.rejects(driver.energy("desk", "9", {}), { code: "input" });
  });

  it("adds up what outlets tell, and leaves out what they do not", async () => {
    const realtime: Json[] = [
      { power_mw: 1000, voltage_mv: 230_000 },
      { power: 2, total: 0.5 },
    ];
    const children = [{ id: "00" }, { id: "01" }];
    const odd = new Odd((request) => {
      const { context } = request as { context?: { child_ids: string[] } };
      if (!context) return sysinfoOf({ children, feature: "TIM:ENE" });
      return { emeter: { get_realtime: realtime[Number(context.child_ids[0]?.slice(-2))] } };
    });
    const { driver } = setUp([odd]);

    assert.deepEqual(await driver.energy("odd", "", {}), { powerW: 3, voltageV: 230, totalKwh: 0.5 });
  });

  it("draws nothing, for a strip that lists no outlets", async () => {
    const { driver } = setUp([new Odd(() => sysinfoOf({ children: [], feature: "TIM:ENE" }))]);

    assert.deepEqual(await driver.energy("odd", "", {}), { powerW: 0 });
  });

  it("tells a refusal", async () => {
    const odd = new Odd(() => ({ ...sysinfoOf({ relay_state: 1, feature: "TIM:ENE" }), emeter: { err_code: -1 } }));
    const { driver } = setUp([odd]);

    await assert.rejects(driver.energy("odd", "", {}), { code: "unsupported", details: { vendorCode: -1 } });
  });

  it("is read whole or in thousandths, each quantity by itself", () => {
    assert.deepEqual(parseEnergy({ power: 0, voltage_mv: 1, current: 0.5, total_wh: 1500, err_code: 0 }), {
      powerW: 0,
      voltageV: 0.001,
      currentA: 0.5,
      totalKwh: 1.5,
    });
    assert.deepEqual(parseEnergy({ power: 1.5, power_mw: 1500 }), { powerW: 1.5 });
    assert.deepEqual(parseEnergy({ power: null, power_mw: 1500 }), { powerW: 1.5 });
  });

  for (const answer of [undefined, null, "5 W", {}, { power: "5" }, { power: null }, { voltage: 230 }]) {
    it(`cannot be read out of ${JSON.stringify(answer)}`, () => {
      assert.throws(() => parseEnergy(answer), { code: "protocol", message: /no power/ });
    });
  }
});

describe("a Kasa device's own JSON", () => {
  for (const [what, command] of [
    ...[undefined, null, "{}", 5, [], [{}], new Date(0)].map((one) => [JSON.stringify(one), one] as const),
    ["a Buffer", Buffer.from("{}")],
    ["a date that is none", new Date(Number.NaN)],
    ["an object that writes itself as a text", { toJSON: () => "{}" }],
  ] as const) {
    it(`is not ${what}`, async () => {
      const { driver, told } = setUp();

      await assert.rejects(driver.raw("modem", "", command, {}), { code: "input", message: /own JSON/ });
      assert.equal(told.length, 0);
    });
  }

  it("is what it is when it is written, however it looked before", async () => {
    const { driver, told } = setUp();
    const command = { time: {}, toJSON: () => ({ system: { reset: {} } }) };

    await assert.rejects(driver.raw("modem", "", command, {}), { code: "input", message: /out of your hands/ });
    assert.equal(told.length, 0);
  });

  for (const method of ["reset", "bind", "unbind", "set_server_url"]) {
    for (const module of ["system", "cnCloud", "smartlife.iot.common.cloud", "smartlife.iot.common.system"]) {
      it(`is not passed on with ${module}.${method}, in whatever company`, async () => {
        const { driver, listed } = setUp();
        const command = { time: null, netif: { get_stainfo: {} }, [module]: { get_info: {}, [method]: null } };

        await assert.rejects(driver.raw("modem", "", command, {}), { code: "input", message: /out of your hands/ });
        assert.equal(listed.length, 0);
      });
    }
  }

  it("is passed on where it only sounds alike, or is null", async () => {
    const { driver, last } = setUp();
    const command = { system: null, cnCloud: { get_info: {}, reset_not: {}, rebind: {} } };

    await driver.raw("modem", "", command, {});

    assert.deepEqual(last(), command);
  });

  it("is a change as far as anybody knows, and never sent twice", async () => {
    const { driver, told } = setUp();

    await driver.raw("modem", "", { system: { get_sysinfo: {} } }, {});

    assert.deepEqual(told, [{ command: { system: { get_sysinfo: {} } }, effect: "write" }]);
  });

  it("goes to one outlet where one is named", async () => {
    const { driver, find, last } = setUp();
    const { outlets } = find(Strip);

    await driver.raw("desk", "2", { system: { set_relay_state: { state: 1 } } }, {});

    assert.deepEqual(last(), {
      context: { child_ids: [outlets[2]?.id] },
      system: { set_relay_state: { state: 1 } },
    });
    await assert.rejects(driver.raw("desk", "9", {}, {}), { code: "input" });
  });

  it("is answered with the device's own refusal", async () => {
    const { driver } = setUp();

    assert.deepEqual(await driver.raw("modem", "", { nonsense: { get: {} } }, {}), {
      nonsense: { err_code: -1, err_msg: "module not support" },
    });
  });
});

describe("what a message may set", () => {
  for (const [value, setting] of [
    [" On ", { on: true }],
    ["TOGGLE", { on: "toggle" }],
    [{ on: " toggle" }, { on: "toggle" }],
    [
      { on: 0, led: "off" },
      { on: false, led: false },
    ],
    [{ on: undefined, brightness: 1 }, { brightness: 1 }],
    [
      { brightness: 100, hue: 0, saturation: 0, transitionMs: 0 },
      { brightness: 100, hue: 0, saturation: 0, transitionMs: 0 },
    ],
    [
      { hue: 360, saturation: 100, transitionMs: 3_600_000 },
      { hue: 360, saturation: 100, transitionMs: 3_600_000 },
    ],
    [{ colorTemp: 1000 }, { colorTemp: 1000 }],
    [{ colorTemp: 12_000 }, { colorTemp: 12_000 }],
  ] as const) {
    it(`is ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseSetting(value), setting);
    });
  }

  for (const [value, message] of [
    [null, /must be true, false, "on"/],
    [undefined, /must be true, false, "on"/],
    ["", /must be true, false, "on"/],
    ["1", /must be true, false, "on"/],
    [Number.NaN, /must be true, false, "on"/],
    [[{ on: true }], /must be true, false, "on"/],
    [Buffer.from("on"), /must be true, false, "on"/],
    [{}, /is empty/],
    [{ on: undefined }, /is empty/],
    [{ on: null }, /value\.on" must be/],
    [{ on: "perhaps" }, /value\.on" must be/],
    [{ led: "toggle" }, /value\.led" must be/],
    [{ led: 2 }, /value\.led" must be/],
    [{ brightness: 0 }, /value\.brightness" must be a whole number from 1 to 100/],
    [{ brightness: 101 }, /from 1 to 100/],
    [{ brightness: 1.5 }, /from 1 to 100/],
    [{ brightness: "50" }, /from 1 to 100/],
    [{ brightness: null }, /from 1 to 100/],
    [{ hue: -1 }, /from 0 to 360/],
    [{ hue: 361 }, /from 0 to 360/],
    [{ saturation: -1 }, /from 0 to 100/],
    [{ saturation: 101 }, /from 0 to 100/],
    [{ colorTemp: 999 }, /from 1000 to 12000/],
    [{ colorTemp: 12_001 }, /from 1000 to 12000/],
    [{ transitionMs: -1 }, /from 0 to 3600000/],
    [{ transitionMs: 3_600_001 }, /from 0 to 3600000/],
    [{ toString: 5 }, /but not "toString"/],
    [{ constructor: 5 }, /but not "constructor"/],
    [{ ["x".repeat(500)]: 5 }, /but not "x{40}"/],
    [{ colorTemp: 3000, hue: 5 }, /at once: choose one/],
    [{ colorTemp: 3000, saturation: 5 }, /at once: choose one/],
  ] as const) {
    it(`is not ${Buffer.isBuffer(value) ? "a Buffer" : JSON.stringify(value)}`, () => {
      assert.throws(() => parseSetting(value), { code: "input", message });
    });
  }
});
