import assert from "node:assert/strict";
import type { Message } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { CloudDevice } from "../support/simulators/kasa/devices";
import { isRecord, type Json } from "../support/simulators/kasa/firmware";
import { Bulb, LightStrip } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";
import { api, kasaFlow, rows, secretsAreKept } from "./kasa-fixture";

const STATE = { list: { detail: "state" } };
const MESSAGES = { list: { output: "messages" } };

/** One of the devices that a node sent on. */
const named = (msg: Message | undefined, alias: string): Json =>
  rows(msg).find((device) => device["alias"] === alias) ?? assert.fail(`no ${alias}`);

const aliases = (some: Json[]): unknown[] => some.map(({ alias }) => alias);

const isPassthrough = ({ body }: { body: string }): boolean => body.includes('"passthrough"');

describe("kasa-device-list", () => {
  afterEach(secretsAreKept);

  it("lists the devices with the cloud's own fields and what they mean, in the same message", async () => {
    const { red, cloud } = await kasaFlow();

    const { msg } = await red.send("list", { topic: "kept", detail: "state" });

    const meanings = [
      ["Modem", true, true, "plug"],
      ["Garden pump", false, true, "plug"],
      ["Freezer", true, true, "plug"],
      ["<b>Porch</b>", true, true, "dimmer"],
      ["Desk", true, true, "strip"],
      ["Hall lamp", true, true, "bulb"],
      ["hall lamp", true, true, "bulb"],
      ["Shelf", true, true, "lightstrip"],
      ["Driveway", true, true, "camera"],
      ["Heater", false, false, "plug"],
    ];
    const expected = meanings.map(([alias, online, supported, kind], index) => {
      return { ...cloud.devices[index]?.toListEntry(cloud.url), alias, online, supported, kind };
    });
    assert.deepEqual(msg?.payload, expected);
    const { durationMs, ...told } = api(msg);
    assert.deepEqual(told, { platform: "kasa", operation: "getDeviceList", attempts: 1 });
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"], typeof durationMs], ["kept", 200, "number"]);
  });

  it("shows an alias that comes in base64 as it was written", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.device(CloudDevice, "Heater").alias = "Heizung Küche ☕";

    const { msg } = await red.send("list");

    assert.equal(rows(msg).at(-1)?.["alias"], "Heizung Küche ☕");
  });

  it("leaves the alias of a device alone that only looks like base64", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.device(Plug, "Modem").alias = "SGVsbG8h";

    const { msg } = await red.send("list");

    assert.equal(rows(msg)[0]?.["alias"], "SGVsbG8h");
  });

  it("brings an empty list for an account without devices", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.devices.length = 0;

    const { msg } = await red.send("list");

    assert.deepEqual(msg?.payload, []);
  });

  it("shows how many it brought, and that it was at work before", async () => {
    const { red, cloud } = await kasaFlow();

    await red.send("list");
    await red.until(() => red.statuses("list").length === 2);

    const [working, done] = red.statuses("list");
    assert.deepEqual([working?.fill, working?.shape], ["blue", "ring"]);
    assert.deepEqual(
      [done?.fill, done?.shape, done?.text?.match(/\d+/)?.[0]],
      ["green", "dot", `${cloud.devices.length}`],
    );
  });

  it("puts the token into the query and nowhere else", async () => {
    const { red, cloud } = await kasaFlow(STATE);

    await red.send("list");

    const [token = ""] = cloud.liveTokens();
    const [login, ...calls] = cloud.server.journal;
    assert.equal(login?.query.size, 0);
    for (const call of calls) {
      const { query, path, body, headers } = call;
      assert.deepEqual([...query], [["token", token]]);
      assert.ok(!JSON.stringify([path, body, headers]).includes(token));
    }
  });
});

describe("kasa-device-list with states", () => {
  afterEach(secretsAreKept);

  it("asks each device that is online and supported once, and no other", async () => {
    const { red, cloud } = await kasaFlow(STATE);

    const { msg } = await red.send("list");

    const commands = cloud.devices.map((device) => device.commands);
    const once = [{ system: { get_sysinfo: {} } }];
    assert.deepEqual(
      commands,
      rows(msg).map(({ online, supported }) => (online && supported ? once : [])),
    );
    assert.equal(cloud.calls("passthrough"), 8);
    assert.deepEqual(
      ["Garden pump", "Heater"].map((alias) => "state" in named(msg, alias)),
      [false, false],
    );
  });

  it("does not ask a device that this cloud cannot drive, even where it lists it as online", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const deviceList = [{ ...cloud.device(CloudDevice, "Heater").toListEntry(cloud.url), status: 1 }];
    const answer = { error_code: 0, result: { deviceList } };
    cloud.server.injectFault(
      { kind: "response", body: answer },
      { when: ({ body }) => body.includes("getDeviceList") },
    );

    const { msg } = await red.send("list");

    const heater = named(msg, "Heater");
    assert.deepEqual([heater["online"], heater["supported"], "state" in heater], [true, false, false]);
    assert.equal(cloud.calls("passthrough"), 0);
  });

  it("tells the state of a plug, a dimmer and a strip", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const strip = cloud.device(Strip, "Desk");
    if (strip.outlets[1]) strip.outlets[1].on = true;
    cloud.device(Plug, "Freezer").ledOff = true;

    const { msg } = await red.send("list");

    const of = (alias: string): Json => ({ deviceId: named(msg, alias)["deviceId"], alias, rssi: -51 });
    assert.deepEqual(named(msg, "Modem")["state"], { ...of("Modem"), kind: "plug", on: true, led: true });
    assert.deepEqual(named(msg, "Freezer")["state"], { ...of("Freezer"), kind: "plug", on: false, led: false });
    const porch = { ...of("<b>Porch</b>"), kind: "dimmer", on: false, brightness: 60, led: true };
    assert.deepEqual(named(msg, "<b>Porch</b>")["state"], porch);
    const outlets = ["Screen", "Printer", "Speakers", "Charger", "Lamp", "Fan"].map((alias, slot) => {
      return { id: `${strip.deviceId}0${slot}`, alias, on: slot === 1 };
    });
    assert.deepEqual(named(msg, "Desk")["state"], { ...of("Desk"), kind: "strip", on: true, led: true, outlets });
  });

  it("tells the state of bulbs and light strips, whether they are on or off", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const [hall, shelf] = [cloud.device(Bulb, "Hall lamp"), cloud.device(LightStrip, "Shelf")];
    Object.assign(hall.light, { hue: 240, saturation: 75, color_temp: 0, brightness: 35 });
    shelf.on = true;

    const { msg } = await red.send("list");

    const of = (alias: string): Json => ({ deviceId: named(msg, alias)["deviceId"], alias, rssi: -51 });
    const blue = { hue: 240, saturation: 75, colorTemp: 0, brightness: 35 };
    assert.deepEqual(named(msg, "Hall lamp")["state"], { ...of("Hall lamp"), kind: "bulb", on: false, ...blue });
    const white = { ...of("hall lamp"), kind: "bulb", on: false, brightness: 80, colorTemp: 2700 };
    assert.deepEqual(named(msg, "hall lamp")["state"], white);
    const warm = { hue: 0, saturation: 0, colorTemp: 2700, brightness: 80 };
    assert.deepEqual(named(msg, "Shelf")["state"], { ...of("Shelf"), kind: "lightstrip", on: true, ...warm });
  });

  it("reads a state that comes as an object instead of JSON inside JSON", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Dimmer, "<b>Porch</b>").respondsWithObject = true;

    const { msg } = await red.send("list");

    assert.equal((named(msg, "<b>Porch</b>")["state"] as Json)["brightness"], 60);
  });

  it("does not tell where a device stands", async () => {
    const { red } = await kasaFlow(STATE);

    const { msg } = await red.send("list");

    assert.doesNotMatch(JSON.stringify(msg?.payload), /latitude|longitude|123456|12\.3456/);
  });

  it("tells of a device that fails beside the others, and spoils nothing", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Plug, "Modem").failWith = -3;

    const { msg } = await red.send("list");

    const { state, stateError } = named(msg, "Modem");
    assert.deepEqual([state, stateError], [null, { code: "rejected", message: "The device declined. (-3)" }]);
    const others = ["Freezer", "<b>Porch</b>", "Desk", "Hall lamp", "hall lamp", "Shelf"];
    assert.ok(others.every((alias) => isRecord(named(msg, alias)["state"]) && !("stateError" in named(msg, alias))));
  });

  it("says that a device cannot do it, whether its module or its method declines", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.device(Plug, "Freezer").failWith = -2;

    const { msg } = await red.send("list");

    const cannot = ["Driveway", "Freezer"].map((alias) => named(msg, alias)["stateError"]);
    const words = (number: number) => ({ code: "unsupported", message: `The device cannot do this. (${number})` });
    assert.deepEqual(cannot, [words(-1), words(-2)]);
  });

  for (const [what, code, answer] of [
    ["is offline after all", "offline", { error_code: -20571, msg: "Device is offline" }],
    ["does not answer the cloud", "offline", { error_code: -20002, msg: "Request timeout" }],
    ["was removed a moment ago", "not-found", { error_code: -20580, msg: "Account is not binded to the device" }],
    ["belongs to somebody else by now", "forbidden", { error_code: -20506, msg: "" }],
    ["answers no JSON inside", "protocol", { error_code: 0, result: { responseData: '{"system":' } }],
    ["answers nothing inside", "protocol", { error_code: 0, result: { responseData: "" } }],
    ["answers a list inside", "protocol", { error_code: 0, result: { responseData: "[]" } }],
    ["answers null inside", "protocol", { error_code: 0, result: { responseData: "null" } }],
    ["answers something else", "protocol", { error_code: 0, result: { responseData: '{"time":{}}' } }],
    ["answers without its part", "protocol", { error_code: 0, result: {} }],
    [
      "has neither relay nor light",
      "unsupported",
      { error_code: 0, result: { responseData: { system: { get_sysinfo: { err_code: 0 } } } } },
    ],
  ] as const) {
    it(`says of a device that ${what}: ${code}`, async () => {
      const { red, cloud } = await kasaFlow(STATE);
      const { deviceId } = cloud.device(Plug, "Modem");
      cloud.server.injectFault({ kind: "response", body: answer }, { when: ({ body }) => body.includes(deviceId) });

      const { msg } = await red.send("list");

      const { state, stateError } = named(msg, "Modem");
      assert.deepEqual([state, (stateError as Json)["code"]], [null, code]);
      assert.match(String((stateError as Json)["message"]), /^[A-Z][^{}]+\.( \(-\d+\))?$/);
      assert.ok(isRecord(named(msg, "Freezer")["state"]));
    });
  }

  it("says so of each device where the way to all of them is blocked", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    cloud.server.injectFault(
      { kind: "response", status: 503, headers: { "retry-after": "90" } },
      { times: 99, when: isPassthrough },
    );

    const { msg } = await red.send("list");

    const errors = rows(msg).flatMap(({ stateError }) => (isRecord(stateError) ? [stateError["code"]] : []));
    assert.deepEqual(errors, Array(8).fill("busy"));
    assert.equal(rows(msg).length, cloud.devices.length);
  });

  it("sends the token to no server but the configured one and TP-Link's own, whatever the cloud says", async () => {
    const { red, cloud } = await kasaFlow(STATE);
    const stranger = closeAfterTest(await KasaCloud.start());
    for (const device of cloud.devices) device.appServerUrl = stranger.url;

    const { msg } = await red.send("list");

    assert.equal(stranger.server.connections, 0);
    assert.equal((named(msg, "Modem")["state"] as Json)["on"], true);
  });
});

describe("kasa-device-list that sends messages", () => {
  afterEach(secretsAreKept);

  it("sends one message per device, each with its place in the list", async () => {
    const { red, cloud } = await kasaFlow(MESSAGES);
    const count = cloud.devices.length;

    red.inject("list", { topic: "kept" });
    await red.until(() => red.ended("list") === 1);

    const sent = red.sent("list");
    const [id] = sent.map((msg) => (msg["parts"] as Json)["id"]);
    assert.deepEqual(
      sent.map((msg) => msg["parts"]),
      cloud.devices.map((_, index) => ({ id, type: "array", len: 1, index, count })),
    );
    for (const msg of sent)
      assert.deepEqual([msg["topic"], msg["statusCode"], api(msg)["operation"]], ["kept", 200, "getDeviceList"]);
  });

  it("is put together again by a Join node", async () => {
    const join = { id: "join", type: "join", mode: "auto", build: "object" };
    const { red, cloud } = await kasaFlow({
      list: { output: "messages", detail: "state", wires: [["join"]] },
      nodes: [join],
    });

    red.inject("list", {});
    await red.until(() => red.sent("join").length === 1);

    const [joined] = red.sent("join");
    assert.equal(rows(joined).length, cloud.devices.length);
    assert.deepEqual(aliases(rows(joined)).slice(0, 3), ["Modem", "Garden pump", "Freezer"]);
    assert.equal((named(joined, "Modem")["state"] as Json)["on"], true);
  });

  it("keeps the parts of a Split node before it for a second Join node", async () => {
    const nodes = [
      { id: "split", type: "split", arraySplt: 1, arraySpltType: "len", wires: [["list"]] },
      { id: "inner", type: "join", mode: "auto", wires: [["outer"]] },
      { id: "outer", type: "join", mode: "auto" },
    ];
    const { red, cloud } = await kasaFlow({ list: { output: "messages", wires: [["inner"]] }, nodes });

    red.inject("split", { payload: ["first", "second"] });
    await red.until(() => red.sent("outer").length === 1);

    const [first, second] = rows(red.sent("outer")[0]).map((inner) => aliases(Object.values(inner) as Json[]));
    assert.equal(first?.length, cloud.devices.length);
    assert.deepEqual(second, first);
  });

  it("sends nothing for an account without devices, and ends well", async () => {
    const { red, cloud } = await kasaFlow(MESSAGES);
    cloud.devices.length = 0;

    red.inject("list", {});
    await red.until(() => red.ended("list") === 1);

    assert.deepEqual([red.sent("list"), red.caught()], [[], []]);
  });
});
