import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../../src/core/clock";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { KasaClient } from "../../../src/kasa/client";
import { errorFromCode } from "../../../src/kasa/cloud/error-codes";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { DeviceState } from "../../../src/kasa/device";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { CloudDevice, product } from "../../support/simulators/kasa/devices";
import { isRecord, type Json } from "../../support/simulators/kasa/firmware";

// What was taken from real devices and clouds. It is others' work: it is read where it lies, and never copied here.
const FIXTURES = resolve("../shared/fixtures");

async function setUp() {
  const cloud = closeAfterTest(await KasaCloud.start());
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: systemClock }));
  const { email, password } = cloud;
  const known = {
    server: parseServerAddress(cloud.url),
    appType: "Kasa_Android",
    terminalUUID: "one",
    email,
    password,
  };
  return { cloud, kasa: new KasaClient({ ...known, refreshToken: "" }, transport, systemClock) };
}

/** Answers the next request of a method with something else. */
function answerNext(cloud: KasaCloud, method: string, body: unknown): void {
  cloud.server.injectFault({ kind: "response", body }, { when: (asked) => asked.body.includes(`"${method}"`) });
}

/** Each file of a folder, by its name. */
function fixtures(folder: string, prefix: string): [name: string, content: Json][] {
  const path = join(FIXTURES, folder);
  const names = existsSync(path)
    ? readdirSync(path).filter((name) => name.startsWith(prefix) && name.endsWith(".json"))
    : [];
  return names.map((name) => [name, JSON.parse(readFileSync(join(path, name), "utf8")) as Json]);
}

const section = (value: unknown, ...path: string[]): Json =>
  path.reduce<Json>((inner, name) => (isRecord(inner[name]) ? inner[name] : {}), value as Json);

/** A device that answers what a real one did: a dump of its modules and methods. */
class Dumped extends CloudDevice {
  readonly sysinfo: Json;

  constructor(readonly dump: Json) {
    const sysinfo = section(dump, "system", "get_sysinfo");
    const { mic_type, type, model, hw_ver } = sysinfo;
    super(product(String(mic_type ?? type), String(model), "", String(hw_ver)), `${String(model)} ${String(hw_ver)}`);
    this.sysinfo = sysinfo;
  }

  override respond(request: Json): Json {
    return Object.fromEntries(Object.keys(request).map((module) => [module, this.dump[module]]));
  }
}

/** One device for each dump. */
const dumped = (): Dumped[] => fixtures("kasa-devices", "").map(([, dump]) => new Dumped(dump));

/** By the eye of somebody who knows the products. */
const PRODUCTS: Record<string, string> = {
  plug: "EP10 HS100 HS103 HS105 HS110 HS200 KP115 P100 P105 P110",
  strip: "HS300 KP200 KP303 KP400",
  dimmer: "HS220",
  bulb: "KL120 KL130 L530",
  lightstrip: "KL420L5 KL430",
};
const kindOf = (model: unknown): string | undefined => {
  const bare = String(model).replace(/\(.*/, "");
  return Object.keys(PRODUCTS).find((kind) => PRODUCTS[kind]?.split(" ").includes(bare));
};

const FIELDS = new Set("deviceId alias kind on brightness hue saturation colorTemp outlets rssi led".split(" "));

/** Looks at a state with the eyes of somebody who has the device's own answer before them. */
function looksLike(state: DeviceState, sysinfo: Json): void {
  const light = section(sysinfo, "light_state");
  const shade = { ...light, ...section(light, "dft_on_state") };
  const children = Array.isArray(sysinfo["children"]) ? (sysinfo["children"] as Json[]) : undefined;
  const on = [sysinfo["relay_state"], light["on_off"], ...(children ?? []).map((child) => child["state"])].includes(1);
  assert.equal(state.kind, kindOf(sysinfo["model"]));
  assert.deepEqual([state.on, state.alias, state.rssi], [on, sysinfo["alias"], sysinfo["rssi"]]);
  assert.equal(state.led, "led_off" in sysinfo ? sysinfo["led_off"] === 0 : undefined);
  assert.equal(state.brightness, sysinfo["brightness"] ?? shade["brightness"]);
  const isColour = sysinfo["is_color"] === 1;
  assert.deepEqual(
    [state.hue, state.saturation],
    isColour ? [shade["hue"], shade["saturation"]] : [undefined, undefined],
  );
  assert.equal(state.colorTemp, shade["color_temp"]);
  assert.deepEqual(
    state.outlets?.map((outlet) => [outlet.alias, outlet.on]),
    children?.map((child) => [child["alias"], child["state"] === 1]),
  );
  assert.ok(Object.keys(state).every((name) => FIELDS.has(name)));
}

describe("what real Kasa devices and clouds answer (skipped where ../shared/fixtures is absent)", () => {
  before(function () {
    if (!existsSync(FIXTURES)) this.skip();
  });

  it("is read for every device of which there is a dump", async () => {
    const { cloud, kasa } = await setUp();
    const dumps = dumped();
    cloud.devices.splice(0, cloud.devices.length, ...dumps);

    const devices = await kasa.devicesWithState();

    assert.ok(dumps.length >= 13);
    for (const [index, { sysinfo, alias }] of dumps.entries())
      looksLike(devices[index]?.state ?? assert.fail(`no state of ${alias}`), sysinfo);
  });

  it("is of the kind that the list takes it for, even without a product name", () => {
    const devices = dumped().map((device) =>
      parseListedDevice(ListedDevice.parse(device.toListEntry("https://wap.tplinkcloud.com"))),
    );

    assert.deepEqual(
      devices.map(({ kind }) => kind),
      devices.map(({ deviceModel }) => kindOf(deviceModel)),
    );
  });

  it("is read out of every passthrough with a state in it that the cloud was seen to answer", async () => {
    const { cloud, kasa } = await setUp();
    const seen = fixtures("kasa-cloud", "piekstra-").filter(([name]) => name.includes("_get_sys_info_"));
    assert.ok(seen.length >= 4);
    for (const [, { body }] of seen) {
      const { responseData } = section(body, "result");
      const device = new Dumped(JSON.parse(String(responseData)) as Json);
      cloud.devices.splice(0, cloud.devices.length, device);
      answerNext(cloud, "passthrough", body);

      const [read] = await kasa.devicesWithState();

      looksLike(read?.state ?? assert.fail(`no state of ${device.alias}`), device.sysinfo);
    }
  });

  it("is no state where it is something else that a passthrough brings", async () => {
    const { cloud, kasa } = await setUp();
    cloud.devices.length = 1;
    const others = [
      ...fixtures("kasa-cloud", "v1-passthrough"),
      ...fixtures("kasa-cloud", "piekstra-get_device_").filter(([name]) => !name.includes("_list_")),
    ];
    const codes: unknown[] = [];
    for (const [, { body }] of others) {
      answerNext(cloud, "passthrough", body);
      codes.push((await kasa.devicesWithState())[0]?.stateError?.code);
    }

    assert.ok(others.length >= 6);
    assert.deepEqual(codes, Array(others.length).fill("protocol"));
  });

  it("is listed as it was seen, with what it means", async () => {
    const { cloud, kasa } = await setUp();
    const lists = [
      ...fixtures("kasa-cloud", "v1-devicelist"),
      ...fixtures("kasa-cloud", "piekstra-").filter(([name]) => name.includes("_list_")),
    ];
    const seen = lists.flatMap(([, { body }]) => {
      const { deviceEntry } = section(body);
      return isRecord(deviceEntry) ? [deviceEntry] : (section(body, "result")["deviceList"] as Json[]);
    });
    answerNext(cloud, "getDeviceList", { error_code: 0, result: { deviceList: seen } });

    const devices = await kasa.devices();

    assert.ok(seen.length >= 15);
    for (const [index, device] of devices.entries()) {
      const { alias: written, ...rest } = seen[index] ?? {};
      const { alias, online, supported, kind, ...own } = device;
      const text = String(written);
      assert.deepEqual(own, rest);
      assert.deepEqual([online, supported], [rest["status"] === 1, !String(rest["deviceType"]).startsWith("SMART.")]);
      assert.equal(alias, text.endsWith("==") ? Buffer.from(text, "base64").toString() : text);
      assert.equal(kind, kindOf(rest["deviceModel"]));
    }
  });

  it("is a sign-in with all that it brings", async () => {
    const logins = [...fixtures("kasa-cloud", "v1-login"), ...fixtures("kasa-cloud", "piekstra-v2_login")];
    assert.ok(logins.length >= 4);
    for (const [, { body }] of logins) {
      const { cloud, kasa } = await setUp();
      answerNext(cloud, "login", body);

      const { account } = await kasa.signIn(false);

      assert.deepEqual(account, section(body, "result"));
    }
  });

  it("is a refusal that says what to do", async () => {
    const { cloud, kasa } = await setUp();
    answerNext(cloud, "login", fixtures("kasa-cloud", "v2-login-mfa")[0]?.[1]["body"]);
    answerNext(cloud, "login", fixtures("kasa-cloud", "v2-login-wrong-region")[0]?.[1]["body"]);

    await assert.rejects(kasa.signIn(false), { code: "sign-in", message: /2-step verification/ });
    await assert.rejects(kasa.signIn(true), { code: "rejected", message: /\(-20212\)$/ });
  });

  it("is an error with a word for it", () => {
    const [, { body: seen }] = fixtures("kasa-cloud", "v1-errors")[0] ?? assert.fail();
    const words = (seen as { error_code: number; msg: string }[]).map(({ error_code, msg }) => {
      const { isInvalidToken, error } = errorFromCode(error_code, msg, 200);
      return `${error_code} ${isInvalidToken ? "spent" : error.code}`;
    });

    const expected =
      "-10100 rejected,-20103 unsupported,-20104 rejected,-20601 sign-in,-20601 sign-in,-20651 spent,-20571 offline," +
      "-20580 not-found,-20004 busy,-23003 sign-in,-20675 spent,-20002 offline,-20600 sign-in";
    assert.deepEqual(words, expected.split(","));
  });
});
