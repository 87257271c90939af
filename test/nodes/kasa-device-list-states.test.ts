import assert from "node:assert/strict";
import { rowsOf } from "../support/harness/kasa-flow";
import type { Message } from "../support/harness/test-helper";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { CloudDevice } from "../support/simulators/kasa/devices";
import { isRecord, type Json } from "../support/simulators/kasa/firmware";
import { Bulb, LightStrip } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

const STATE = { list: { detail: "state" } };

/** The device with an alias in a message. */
const deviceNamed = (msg: Message | undefined, alias: string): Json =>
  rowsOf(msg).find((device) => device["alias"] === alias) ?? assert.fail(`There is no ${alias}.`);

const isPassthrough = ({ body }: { body: string }): boolean => body.includes('"passthrough"');

describe("kasa-device-list with device states", () => {
  afterEach(assertNoSecretLeaked);

  it("sends one request to each device that is online and supported, and none to the others", async () => {
    const { red, cloud } = await kasaFlow(STATE);

    const { msg } = await red.send("list");

    const commands = cloud.devices.map((device) => device.commands);
    const once = [{ system: { get_sysinfo: {} } }];
    assert.deepEqual(
      commands,
      rowsOf(msg).map(({ online, supported }) => (online && supported ? once : [])),
    );
    assert.equal(cloud.calls("passthrough"), 8);
    assert.deepEqual(
      ["Garden pump", "Heater"].map((alias) => "state" in deviceNamed(msg, alias)),
      [false, false],
    );
  });

  it("sends no request to an unsupported device, even if the cloud lists it as online", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const deviceList = [{ ...cloud.device(CloudDevice, "Heater").toListEntry(cloud.url), status: 1 }];
    const body = { error_code: 0, result: { deviceList } };
    cloud.server.injectFault({ kind: "response", body }, { when: (request) => request.body.includes("getDeviceList") });

    const { msg } = await red.send("list");

    const heater = deviceNamed(msg, "Heater");
    assert.deepEqual([heater["online"], heater["supported"], "state" in heater], [true, false, false]);
    assert.equal(cloud.calls("passthrough"), 0);
  });

  it("returns the state of a plug, a dimmer and a strip", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const strip = cloud.device(Strip, "Desk");
    if (strip.outlets[1]) strip.outlets[1].on = true;
    cloud.device(Plug, "Freezer").ledOff = true;

    const { msg } = await red.send("list");

    const common = (alias: string): Json => ({ deviceId: deviceNamed(msg, alias)["deviceId"], alias, rssi: -51 });
    const { onTimeS, ...modem } = deviceNamed(msg, "Modem")["state"] as Json;
    assert.ok(Number(onTimeS) >= 0 && Number(onTimeS) < 60, String(onTimeS));
    assert.deepEqual(modem, { ...common("Modem"), kind: "plug", on: true, led: true });
    assert.deepEqual(deviceNamed(msg, "Freezer")["state"], {
      ...common("Freezer"),
      kind: "plug",
      on: false,
      led: false,
      onTimeS: 0,
    });
    const { presets, ...porch } = deviceNamed(msg, "<b>Porch</b>")["state"] as Json;
    const dimmed = { kind: "dimmer", on: false, brightness: 60, led: true, onTimeS: 0 };
    assert.deepEqual(porch, { ...common("<b>Porch</b>"), ...dimmed });
    assert.deepEqual(
      presets,
      [90, 65, 40, 15].map((brightness) => ({ brightness })),
    );
    const outlets = ["Screen", "Printer", "Speakers", "Charger", "Lamp", "Fan"].map((alias, slot) => {
      return { id: `${strip.deviceId}0${slot}`, alias, on: slot === 1 };
    });
    assert.deepEqual(deviceNamed(msg, "Desk")["state"], {
      ...common("Desk"),
      kind: "strip",
      on: true,
      led: true,
      outlets,
    });
  });

  it("returns the state of bulbs and light strips, whether they are on or off", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const [hall, shelf] = [cloud.device(Bulb, "Hall lamp"), cloud.device(LightStrip, "Shelf")];
    Object.assign(hall.light, { hue: 240, saturation: 75, color_temp: 0, brightness: 35 });
    shelf.on = true;

    const { msg } = await red.send("list");

    const common = (alias: string): Json => ({ deviceId: deviceNamed(msg, alias)["deviceId"], alias, rssi: -51 });
    const blue = { hue: 240, saturation: 75, brightness: 35, colorTempRange: [2500, 9000] };
    const presets = [{ brightness: 90, colorTemp: 3000 }];
    assert.deepEqual(deviceNamed(msg, "Hall lamp")["state"], {
      ...common("Hall lamp"),
      kind: "bulb",
      on: false,
      ...blue,
      presets,
    });
    const white = {
      ...common("hall lamp"),
      kind: "bulb",
      on: false,
      brightness: 80,
      colorTemp: 2700,
      colorTempRange: [2700, 5000],
      presets,
    };
    assert.deepEqual(deviceNamed(msg, "hall lamp")["state"], white);
    const warm = {
      hue: 0,
      saturation: 0,
      colorTemp: 2700,
      brightness: 70,
      colorTempRange: [2500, 9000],
      effect: "Tide",
    };
    assert.deepEqual(deviceNamed(msg, "Shelf")["state"], { ...common("Shelf"), kind: "lightstrip", on: true, ...warm });
  });

  it("parses a state that comes as an object instead of JSON inside JSON", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Dimmer, "<b>Porch</b>").respondsWithObject = true;

    const { msg } = await red.send("list");

    assert.equal((deviceNamed(msg, "<b>Porch</b>")["state"] as Json)["brightness"], 60);
  });

  it("omits a device's coordinates", async () => {
    const { red } = await kasaFlow(STATE);

    const { msg } = await red.send("list");

    assert.doesNotMatch(JSON.stringify(msg?.payload), /latitude|longitude|123456|12\.3456/);
  });

  it("reports the error of a device that fails beside the states of the others", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Plug, "Modem").failWith = -3;

    const { msg } = await red.send("list");

    const { state, stateError } = deviceNamed(msg, "Modem");
    assert.deepEqual(
      [state, stateError],
      [null, { code: "rejected", message: "The device declined: failed by the test. (-3)" }],
    );
    const others = ["Freezer", "<b>Porch</b>", "Desk", "Hall lamp", "hall lamp", "Shelf"];
    assert.ok(
      others.every((alias) => isRecord(deviceNamed(msg, alias)["state"]) && !("stateError" in deviceNamed(msg, alias))),
    );
  });

  it("reports `unsupported` whether a device lacks the module or the method", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Plug, "Freezer").failWith = -2;

    const { msg } = await red.send("list");

    const errors = ["Driveway", "Freezer"].map((alias) => deviceNamed(msg, alias)["stateError"]);
    const unsupported = (words: string) => ({ code: "unsupported", message: `The device cannot do this: ${words}` });
    assert.deepEqual(errors, [unsupported("module not support. (-1)"), unsupported("failed by the test. (-2)")]);
  });

  for (const [what, code, body] of [
    ["is offline after all", "offline", { error_code: -20571, msg: "Device is offline" }],
    ["does not respond to the cloud", "offline", { error_code: -20002, msg: "Request timeout" }],
    ["was removed a moment ago", "not-found", { error_code: -20580, msg: "Account is not binded to the device" }],
    ["belongs to another account", "forbidden", { error_code: -20506, msg: "" }],
    ["responds with half a JSON text", "protocol", { error_code: 0, result: { responseData: '{"system":' } }],
    ["responds with an empty text", "protocol", { error_code: 0, result: { responseData: "" } }],
    ["responds with a list", "protocol", { error_code: 0, result: { responseData: "[]" } }],
    ["responds with null", "protocol", { error_code: 0, result: { responseData: "null" } }],
    ["responds with another module", "protocol", { error_code: 0, result: { responseData: '{"time":{}}' } }],
    ["responds without data", "protocol", { error_code: 0, result: {} }],
    [
      "has neither relay nor light",
      "unsupported",
      { error_code: 0, result: { responseData: { system: { get_sysinfo: { err_code: 0 } } } } },
    ],
  ] as const) {
    it(`reports "${code}" for a device that ${what}`, async () => {
      const { red, cloud } = await kasaFlow(STATE);
      const { deviceId } = cloud.device(Plug, "Modem");
      cloud.server.injectFault({ kind: "response", body }, { when: (request) => request.body.includes(deviceId) });

      const { msg } = await red.send("list");

      const { state, stateError } = deviceNamed(msg, "Modem");
      assert.deepEqual([state, (stateError as Json)["code"]], [null, code]);
      assert.match(String((stateError as Json)["message"]), /^[A-Z][^{}]+\.( \(-\d+\))?$/);
      assert.ok(isRecord(deviceNamed(msg, "Freezer")["state"]));
    });
  }

  it("reports an error for each device if the cloud forwards no request", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.server.injectFault(
      { kind: "response", status: 503, headers: { "retry-after": "90" } },
      { times: 99, when: isPassthrough },
    );

    const { msg } = await red.send("list");

    const errors = rowsOf(msg).flatMap(({ stateError }) => (isRecord(stateError) ? [stateError["code"]] : []));
    assert.deepEqual(errors, Array(8).fill("busy"));
    assert.equal(rowsOf(msg).length, cloud.devices.length);
  });

  it("sends the token only to the configured server and TP-Link's own, whatever address the cloud returns", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const foreign = closeAfterTest(await KasaCloud.start());
    for (const device of cloud.devices) device.appServerUrl = foreign.url;

    const { msg } = await red.send("list");

    assert.equal(foreign.server.connections, 0);
    assert.equal((deviceNamed(msg, "Modem")["state"] as Json)["on"], true);
  });
});
