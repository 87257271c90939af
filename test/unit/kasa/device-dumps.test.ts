import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorFromCode } from "../../../src/kasa/cloud/error-codes";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { DeviceState } from "../../../src/kasa/device";
import { CloudDevice, describeProduct } from "../../support/simulators/kasa/devices";
import { isRecord, type Json } from "../../support/simulators/kasa/firmware";
import { respondOnce, setUp } from "./client-fixture";

// Recorded responses of real devices and clouds. They are the work of others: read from there, and never copied here.
const FIXTURES = resolve("../shared/fixtures");

/** The files of a folder whose names begin with a prefix. */
function readFixtures(folder: string, prefix: string): [name: string, content: Json][] {
  const path = join(FIXTURES, folder);
  const names = existsSync(path)
    ? readdirSync(path).filter((name) => name.startsWith(prefix) && name.endsWith(".json"))
    : [];
  return names.map((name) => [name, JSON.parse(readFileSync(join(path, name), "utf8")) as Json]);
}

/** The object at the end of a path of property names; empty if there is none. */
const objectAt = (value: unknown, ...path: string[]): Json =>
  path.reduce<Json>((inner, name) => (isRecord(inner[name]) ? inner[name] : {}), value as Json);

/** A device that responds as a real one did. A dump contains the response of each module and method. */
class DumpedDevice extends CloudDevice {
  readonly sysinfo: Json;

  constructor(readonly dump: Json) {
    const sysinfo = objectAt(dump, "system", "get_sysinfo");
    const { mic_type, type, model, hw_ver } = sysinfo;
    super(
      describeProduct(String(mic_type ?? type), String(model), "", String(hw_ver)),
      `${String(model)} ${String(hw_ver)}`,
    );
    this.sysinfo = sysinfo;
  }

  override respond(request: Json): Json {
    return Object.fromEntries(Object.keys(request).map((module) => [module, this.dump[module]]));
  }
}

const createDumpedDevices = (): DumpedDevice[] =>
  readFixtures("kasa-devices", "").map(([, dump]) => new DumpedDevice(dump));

/** The kinds of all models in the fixtures, written by hand. */
const MODELS: Record<string, string> = {
  plug: "EP10 HS100 HS103 HS105 HS110 HS200 KP115 P100 P105 P110",
  strip: "HS300 KP200 KP303 KP400",
  dimmer: "HS220",
  bulb: "KL120 KL130 L530",
  lightstrip: "KL420L5 KL430",
};
const kindOf = (model: unknown): string | undefined => {
  const withoutRegion = String(model).replace(/\(.*/, "");
  return Object.keys(MODELS).find((kind) => MODELS[kind]?.split(" ").includes(withoutRegion));
};

const FIELDS = new Set(
  (
    "deviceId alias kind on brightness hue saturation colorTemp outlets rssi led colorTempRange effect onTimeS " +
    "presets away"
  ).split(" "),
);

function presetOf({ brightness, hue, saturation, color_temp }: Json, hasColour: boolean): unknown[] {
  if (color_temp) return [brightness, undefined, undefined, color_temp];
  return hasColour ? [brightness, hue, saturation, undefined] : [brightness, undefined, undefined, undefined];
}

/** Compares a state with the sysinfo that it was derived from. */
function assertStateOf(sysinfo: Json, state: DeviceState): void {
  const light = objectAt(sysinfo, "light_state");
  const settings = { ...light, ...objectAt(light, "dft_on_state") };
  const children = Array.isArray(sysinfo["children"]) ? (sysinfo["children"] as Json[]) : undefined;
  const on = [sysinfo["relay_state"], light["on_off"], ...(children ?? []).map((child) => child["state"])].includes(1);
  assert.equal(state.kind, kindOf(sysinfo["model"]));
  assert.deepEqual([state.on, state.alias, state.rssi], [on, sysinfo["alias"], sysinfo["rssi"]]);
  assert.equal(state.led, "led_off" in sysinfo ? sysinfo["led_off"] === 0 : undefined);
  const effect = objectAt(sysinfo, "lighting_effect_state");
  const isPlaying = effect["enable"] === 1;
  assert.equal(state.effect, "enable" in effect ? (isPlaying ? effect["name"] : null) : undefined);
  const shown = isPlaying ? effect["brightness"] : settings["brightness"];
  assert.equal(state.brightness, sysinfo["brightness"] ?? shown);
  const hasColour = sysinfo["is_color"] === 1;
  assert.deepEqual(
    [state.hue, state.saturation],
    hasColour ? [settings["hue"], settings["saturation"]] : [undefined, undefined],
  );
  assert.equal(state.colorTemp, settings["color_temp"] || undefined);
  assert.deepEqual(
    state.outlets?.map((outlet) => [outlet.alias, outlet.on]),
    children?.map((child) => [child["alias"], child["state"] === 1]),
  );
  const stored = (sysinfo["preferred_state"] ?? []) as Json[];
  assert.deepEqual(
    state.presets?.map(({ brightness: level, hue, saturation, colorTemp }) => [level, hue, saturation, colorTemp]),
    stored.length === 0 ? undefined : stored.map((preset) => presetOf(preset, hasColour)),
  );
  assert.equal(state.away, undefined);
  assert.ok(Object.keys(state).every((name) => FIELDS.has(name)));
}

describe("KasaClient with recorded responses (skipped if ../shared/fixtures is missing)", () => {
  before(function () {
    if (!existsSync(FIXTURES)) this.skip();
  });

  it("derives the state of every dumped device", async () => {
    const { cloud, client } = await setUp();
    const dumps = createDumpedDevices();
    cloud.devices.splice(0, cloud.devices.length, ...dumps);

    const devices = await client.devicesWithState();

    assert.ok(dumps.length >= 13);
    for (const [index, { sysinfo, alias }] of dumps.entries())
      assertStateOf(sysinfo, devices[index]?.state ?? assert.fail(`no state of ${alias}`));
  });

  it("derives the kind of every dumped device from its model alone", () => {
    const devices = createDumpedDevices().map((device) =>
      parseListedDevice(ListedDevice.parse(device.toListEntry("https://wap.tplinkcloud.com"))),
    );

    assert.deepEqual(
      devices.map(({ kind }) => kind),
      devices.map(({ deviceModel }) => kindOf(deviceModel)),
    );
  });

  it("derives a state from every recorded passthrough with a sysinfo", async () => {
    const { cloud, client } = await setUp();
    const recorded = readFixtures("kasa-cloud", "piekstra-").filter(([name]) => name.includes("_get_sys_info_"));
    assert.ok(recorded.length >= 4);
    for (const [, { body }] of recorded) {
      const { responseData } = objectAt(body, "result");
      const device = new DumpedDevice(JSON.parse(String(responseData)) as Json);
      cloud.devices.splice(0, cloud.devices.length, device);
      respondOnce(cloud, "passthrough", body);

      const [listed] = await client.devicesWithState();

      assertStateOf(device.sysinfo, listed?.state ?? assert.fail(`no state of ${device.alias}`));
    }
  });

  it("rejects every recorded passthrough without a sysinfo", async () => {
    const { cloud, client } = await setUp();
    cloud.devices.length = 1;
    const recorded = [
      ...readFixtures("kasa-cloud", "v1-passthrough"),
      ...readFixtures("kasa-cloud", "piekstra-get_device_").filter(([name]) => !name.includes("_list_")),
    ];
    const codes: unknown[] = [];
    for (const [, { body }] of recorded) {
      respondOnce(cloud, "passthrough", body);
      codes.push((await client.devicesWithState())[0]?.stateError?.code);
    }

    assert.ok(recorded.length >= 6);
    assert.deepEqual(codes, Array(recorded.length).fill("protocol"));
  });

  it("lists every recorded device with all of its fields", async () => {
    const { cloud, client } = await setUp();
    const lists = [
      ...readFixtures("kasa-cloud", "v1-devicelist"),
      ...readFixtures("kasa-cloud", "piekstra-").filter(([name]) => name.includes("_list_")),
    ];
    const recorded = lists.flatMap(([, { body }]) => {
      const { deviceEntry } = objectAt(body);
      return isRecord(deviceEntry) ? [deviceEntry] : (objectAt(body, "result")["deviceList"] as Json[]);
    });
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList: recorded } });

    const devices = await client.devices();

    assert.ok(recorded.length >= 15);
    for (const [index, device] of devices.entries()) {
      const { alias: recordedAlias, ...recordedFields } = recorded[index] ?? {};
      const { alias, online, supported, kind, protocol, reach, ...fields } = device;
      const text = String(recordedAlias);
      assert.deepEqual(fields, recordedFields);
      assert.deepEqual([protocol, reach], supported ? ["iot", ["cloud"]] : ["smart", []]);
      assert.deepEqual(
        [online, supported],
        [recordedFields["status"] === 1, !String(recordedFields["deviceType"]).startsWith("SMART.")],
      );
      assert.equal(alias, text.endsWith("==") ? Buffer.from(text, "base64").toString() : text);
      assert.equal(kind, kindOf(recordedFields["deviceModel"]));
    }
  });

  it("returns the whole result of every recorded login", async () => {
    const logins = [...readFixtures("kasa-cloud", "v1-login"), ...readFixtures("kasa-cloud", "piekstra-v2_login")];
    assert.ok(logins.length >= 4);
    for (const [, { body }] of logins) {
      const { cloud, client } = await setUp();
      respondOnce(cloud, "login", body);

      const { account } = await client.signIn(false);

      assert.deepEqual(account, objectAt(body, "result"));
    }
  });

  it("rejects a recorded login that was refused, with a sentence on what to do", async () => {
    const { cloud, client } = await setUp();
    respondOnce(cloud, "login", readFixtures("kasa-cloud", "v2-login-mfa")[0]?.[1]["body"]);
    respondOnce(cloud, "login", readFixtures("kasa-cloud", "v2-login-wrong-region")[0]?.[1]["body"]);

    await assert.rejects(client.signIn(false), { code: "sign-in", message: /2-step verification/ });
    await assert.rejects(client.signIn(true), { code: "rejected", message: /\(-20212\)$/ });
  });

  it("has a code for every recorded error", async () => {
    const [, { body: recorded }] = readFixtures("kasa-cloud", "v1-errors")[0] ?? assert.fail();
    const codes = (recorded as { error_code: number; msg: string }[]).map(({ error_code, msg }) => {
      const { isInvalidToken, error } = errorFromCode(error_code, msg, 200);
      return `${error_code} ${isInvalidToken ? "token" : error.code}`;
    });

    const expected =
      "-10100 rejected,-20103 unsupported,-20104 rejected,-20601 sign-in,-20601 sign-in,-20651 token,-20571 offline," +
      "-20580 not-found,-20004 busy,-23003 sign-in,-20675 token,-20002 offline,-20600 sign-in";
    assert.deepEqual(codes, expected.split(","));
  });
});
