import assert from "node:assert/strict";
import dns from "node:dns";
import { systemClock, type Clock } from "../../../src/core/clock";
import type { PlatformError } from "../../../src/core/errors";
import { parseServerAddress } from "../../../src/http/server-address";
import type { TlsSettings } from "../../../src/http/tls";
import { Transport } from "../../../src/http/transport";
import { KasaClient, type DeviceWithState, type KasaSettings } from "../../../src/kasa/client";
import { errorFromCode } from "../../../src/kasa/cloud/error-codes";
import { errorFromDeviceCode } from "../../../src/kasa/protocols/iot/error-codes";
import { closeAfterTest } from "../../support/mocha-hooks";
import { selfSigned } from "../../support/simulators/certificate";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Plug } from "../../support/simulators/kasa/plugs";
import type { SimulatedResponse } from "../../support/simulators/simulated-server";

const MINUTE_MS = 60_000;

/** A client of a cloud, for the owner of its account. */
function clientOf(
  cloud: KasaCloud,
  settings: Partial<KasaSettings> = {},
  { tls = {}, clock = systemClock }: { tls?: TlsSettings; clock?: Clock } = {},
): KasaClient {
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls, concurrency: 8, clock }));
  const { email, password } = cloud;
  const known = {
    server: parseServerAddress(cloud.url),
    appType: "Kasa_Android",
    terminalUUID: "one",
    email,
    password,
  };
  return new KasaClient({ ...known, refreshToken: "", ...settings }, transport, clock);
}

async function setUp(settings: Partial<KasaSettings> = {}) {
  const cloud = closeAfterTest(await KasaCloud.start());
  return { cloud, kasa: clientOf(cloud, settings) };
}

/** A clock whose hands are turned by the test; nobody waits for it. */
function handClock() {
  let ms = 1_700_000_000_000;
  return { now: () => ms, sleep: async () => {}, turn: (byMs: number) => void (ms += byMs) };
}

/** Answers the next request of a method with something else. */
function answerNext(cloud: KasaCloud, method: string, body: SimulatedResponse["body"]): void {
  cloud.server.injectFault({ kind: "response", body }, { when: (asked) => asked.body.includes(`"${method}"`) });
}

const states = (devices: DeviceWithState[]): unknown[] => devices.flatMap(({ state }) => (state ? [state.alias] : []));

describe("the Kasa client", () => {
  it("tries a refused password once more after a quarter of an hour, then after half an hour", async () => {
    const cloud = closeAfterTest(await KasaCloud.start());
    const clock = handClock();
    const kasa = clientOf(cloud, { password: "wrong" }, { clock });
    const attemptsAfter = async (minutes: number) => {
      clock.turn(minutes * MINUTE_MS);
      await assert.rejects(kasa.devices(), { code: "sign-in" });
      return cloud.loginAttempts();
    };

    const attempts = [await attemptsAfter(0), await attemptsAfter(14), await attemptsAfter(2), await attemptsAfter(29)];

    assert.deepEqual([...attempts, await attemptsAfter(2)], [1, 1, 2, 2, 3]);
  });

  it("asks again a minute after the cloud had enough of sign-ins", async () => {
    const cloud = closeAfterTest(await KasaCloud.start());
    const clock = handClock();
    const kasa = clientOf(cloud, {}, { clock });
    cloud.limitSignIns = true;
    await assert.rejects(kasa.devices(), { code: "busy" });
    cloud.limitSignIns = false;
    clock.turn(MINUTE_MS);

    const devices = await kasa.devices();

    assert.equal(devices.length, cloud.devices.length);
  });

  it("gives up all of a list's states when it is told to, and takes that for no device's failure", async () => {
    const { cloud, kasa } = await setUp();
    const giveUp = new AbortController();
    const reason = new Error("enough");
    cloud.server.injectFault({ kind: "hang" }, { times: 99, when: ({ body }) => body.includes("passthrough") });
    setTimeout(() => giveUp.abort(reason), 50);

    await assert.rejects(kasa.devicesWithState({ signal: giveUp.signal }), reason);
  });

  it("takes a close for no device's failure, either", async () => {
    const { cloud, kasa } = await setUp();
    await kasa.devices();
    cloud.expireTokens();
    answerNext(cloud, "getDeviceList", {
      error_code: 0,
      result: { deviceList: [cloud.devices[0]?.toListEntry(cloud.url)] },
    });
    cloud.server.injectFault({ kind: "hang" }, { when: ({ body }) => body.includes("refreshToken") });
    const devices = kasa.devicesWithState();
    while (cloud.calls("refreshToken") === 0) await new Promise((resolve) => setTimeout(resolve, 5));

    kasa.close();

    await assert.rejects(devices, { code: "cancelled" });
  });

  for (const [what, refreshToken] of [
    ["an empty one", ""],
    ["none", null],
  ]) {
    it(`signs in without a refresh token where the cloud brings ${what}`, async () => {
      const { cloud, kasa } = await setUp();
      answerNext(cloud, "login", { error_code: 0, result: { token: "spent already", refreshToken } });

      const devices = await kasa.devices();

      assert.equal(devices.length, cloud.devices.length);
      assert.deepEqual([cloud.loginAttempts(), cloud.calls("refreshToken")], [2, 0]);
    });
  }

  for (const [what, refreshToken] of [
    ["an empty one", ""],
    ["none", null],
  ]) {
    it(`keeps its refresh token where a renewal brings ${what}`, async () => {
      const { cloud, kasa } = await setUp();
      const { account: before } = await kasa.signIn(false);
      answerNext(cloud, "getDeviceList", { error_code: -20651, msg: "Token expired" });
      answerNext(cloud, "refreshToken", { error_code: 0, result: { token: "new", refreshToken } });
      answerNext(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [] } });
      await kasa.devices();

      const { account: after } = await kasa.signIn(false);

      assert.deepEqual(after, { ...before, token: "new" });
    });
  }

  it("shows neither a token nor a refresh token that the cloud quotes, however short it is", async () => {
    const { cloud, kasa } = await setUp();
    answerNext(cloud, "login", { error_code: 0, result: { token: "tik", refreshToken: "tok" } });
    await kasa.signIn(false);
    answerNext(cloud, "getDeviceList", { error_code: -20001, msg: "no tik, no tok" });

    await assert.rejects(kasa.devices(), { message: "Kasa's cloud declined: no ***, no ***. (-20001)" });
  });

  it("takes an answer without a token for unreadable", async () => {
    const { cloud, kasa } = await setUp();
    answerNext(cloud, "login", { error_code: 0, result: { token: "", email: cloud.email } });

    await assert.rejects(kasa.signIn(false), { code: "protocol" });
  });

  it("lists a device that lacks all but its id, or has odd things in their place, beside the others", async () => {
    const { cloud, kasa } = await setUp();
    const odd = {
      deviceType: null,
      deviceModel: 7,
      deviceName: [],
      alias: null,
      appServerUrl: 1,
      status: "?",
      role: 0,
    };
    const deviceList = [cloud.devices[0]?.toListEntry(cloud.url), { deviceId: "bare" }, { deviceId: "odd", ...odd }];
    answerNext(cloud, "getDeviceList", { error_code: 0, result: { deviceList } });

    const [modem, bare, strange] = await kasa.devices();

    const nothing = { deviceType: "", deviceModel: "", deviceName: "", alias: "" };
    const read = { ...nothing, online: false, supported: true, kind: "other" };
    assert.equal(modem?.alias, "Modem");
    assert.deepEqual(bare, { deviceId: "bare", ...read });
    assert.deepEqual(strange, { deviceId: "odd", role: 0, appServerUrl: undefined, status: undefined, ...read });
  });

  it("reads a status that comes as text", async () => {
    const { cloud, kasa } = await setUp();
    const listed = { ...cloud.devices[0]?.toListEntry(cloud.url), status: "1" };
    answerNext(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [listed] } });

    const [modem] = await kasa.devices();

    assert.equal(modem?.online, true);
  });
});

describe("where the Kasa client sends a token", () => {
  const { lookup } = dns;
  const certificate = selfSigned({ names: ["*.tplinkcloud.com"] });
  let lookedUp: string[] = [];

  afterEach(() => {
    dns.lookup = lookup;
  });

  /** TP-Link's own cloud as it were, behind a proxy maybe, whose devices are all sent to some server. */
  async function sendingTo(appServerUrl: (port: string) => string, prefix = "") {
    const cloud = closeAfterTest(await KasaCloud.start({ certificate }));
    const { port } = new URL(cloud.url);
    for (const device of cloud.devices) device.appServerUrl = appServerUrl(port);
    const server = parseServerAddress(`https://wap.tplinkcloud.com:${port}${prefix}`);
    const kasa = clientOf(cloud, { server }, { tls: { fingerprint: certificate.fingerprint } });
    lookedUp = [];
    // The world outside this machine: every name leads to the simulator, and is written down.
    dns.lookup = ((host: string, options: { all?: boolean }, found: (...result: unknown[]) => void) => {
      lookedUp.push(host);
      if (options.all) found(null, [{ address: "127.0.0.1", family: 4 }]);
      else found(null, "127.0.0.1", 4);
    }) as typeof dns.lookup;
    return { cloud, kasa, port };
  }

  it("asks a device at the host that the cloud names, where that is TP-Link's own", async () => {
    const { cloud, kasa, port } = await sendingTo((port) => `https://use1-wap.tplinkcloud.com:${port}`);

    const devices = await kasa.devicesWithState();

    const asked = cloud.server.journal.map(({ body, headers }) => [JSON.parse(body).method, headers["host"]]);
    assert.equal(states(devices).length, 7);
    assert.deepEqual(asked.slice(0, 3), [
      ["login", `wap.tplinkcloud.com:${port}`],
      ["getDeviceList", `wap.tplinkcloud.com:${port}`],
      ["passthrough", `use1-wap.tplinkcloud.com:${port}`],
    ]);
  });

  it("does not take over a path or a name and password from there", async () => {
    const { cloud, kasa } = await sendingTo((port) => `https://user:word@use1-wap.tplinkcloud.com:${port}/path?x=1`);

    const devices = await kasa.devicesWithState();

    const { path, query, headers } = cloud.server.journal.at(-1) ?? assert.fail();
    assert.deepEqual([path, query.has("x"), headers["authorization"]], ["/", false, undefined]);
    assert.equal(states(devices).length, 7);
  });

  for (const [what, appServerUrl] of [
    ["that only begins like TP-Link's", "https://tplinkcloud.com.evil.test:PORT"],
    ["that only ends like TP-Link's", "https://eviltplinkcloud.com:PORT"],
    ["that has TP-Link's in its path", "https://evil.test:PORT/.tplinkcloud.com"],
    ["that has TP-Link's behind a backslash", "https://evil.test:PORT\\.tplinkcloud.com"],
    ["that has TP-Link's as a user name", "https://use1-wap.tplinkcloud.com@evil.test:PORT"],
    ["of TP-Link's without encryption", "http://use1-wap.tplinkcloud.com:PORT"],
    ["on this machine", "https://127.0.0.1:PORT"],
    ["that is no address", "use1-wap.tplinkcloud.com"],
    ["that is blank", ""],
  ] as const) {
    it(`asks a device at the configured host instead of one ${what}`, async () => {
      const { cloud, kasa, port } = await sendingTo((port) => appServerUrl.replace("PORT", port));

      const devices = await kasa.devicesWithState();

      const hosts = new Set(cloud.server.journal.map(({ headers }) => headers["host"]));
      assert.deepEqual([...hosts], [`wap.tplinkcloud.com:${port}`]);
      assert.deepEqual([...new Set(lookedUp)], ["wap.tplinkcloud.com"]);
      assert.equal(states(devices).length, 7);
    });
  }

  it("keeps the path of a reverse proxy in front of the host that the cloud names", async () => {
    const { cloud, kasa } = await sendingTo((port) => `https://wap.tplinkcloud.com:${port}`, "/proxy");
    const listed = cloud.device(Plug, "Modem").toListEntry(cloud.url);
    answerNext(cloud, "login", { error_code: 0, result: { token: "of the proxy" } });
    answerNext(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [listed] } });

    await kasa.devicesWithState();

    const last = cloud.server.journal.at(-1);
    assert.deepEqual([last?.path, last?.body.includes("passthrough")], ["/proxy/", true]);
  });
});

describe("the numbers of Kasa's cloud", () => {
  const codes: Record<string, number[]> = {
    "sign-in": [-20200, -20600, -20601, -20602, -20607, -20615, -20655, -20656, -20661, -20662, -20676, -20677, -20708],
    config: [-23001],
    busy: [-10200, -10201, -20000, -20003, -20004, -21001],
    offline: [-20002, -20571],
    forbidden: [-20001, -20506, -20507, -20509],
    "not-found": [-20500, -20501, -20522, -20580],
    unsupported: [-20103],
    rejected: [-1, -10000, -10100, -20104, -20212, -20573, -99999],
  };

  for (const [code, numbers] of Object.entries(codes)) {
    it(`come to ${code}: ${numbers.join(", ")}`, () => {
      const verdicts = numbers.map((number) => errorFromCode(number, "", 200));

      assert.deepEqual(
        new Set(verdicts.map(({ error, isInvalidToken }) => `${error.code} ${isInvalidToken}`)),
        new Set([`${code} false`]),
      );
    });
  }

  it("come to a spent token: -20651, -20652, -20675", () => {
    const verdicts = [-20651, -20652, -20675].map((number) => errorFromCode(number, "", 200));

    assert.deepEqual(
      verdicts.map(({ isInvalidToken, error }) => `${isInvalidToken} ${error.code}`),
      Array(3).fill("true sign-in"),
    );
  });

  it("give way to the word blacklist, which comes with no number of its own", () => {
    const { error } = errorFromCode(-20651, "Access denied request in blackList", 200);

    assert.deepEqual([error.code, error.retryable], ["busy", true]);
  });

  it("of a sign-in that nobody has words for say what to do, beside the cloud's own words", () => {
    const { message } = errorFromCode(-20602, "Account is inactive", 200).error;

    assert.equal(
      message,
      "Kasa's cloud declined: Account is inactive. Correct the account in the config node; until then no further sign-in is tried. (-20602)",
    );
  });

  it("of a device come with a word on what to do", () => {
    const words = [-20571, -20002, -20580].map(
      (number) => errorFromCode(number, "Device is offline", 200).error.message,
    );

    const [offline = "", silent = "", unknown = ""] = words;
    assert.match(offline, /^The device is offline.*power.*Wi-Fi\. \(-20571\)$/);
    assert.match(silent, /^The device did not answer.*Wi-Fi\. \(-20002\)$/);
    assert.match(unknown, /no such device.*device list.*strip\. \(-20580\)$/);
  });

  it("of a device tell what it cannot do from what it declines", () => {
    const failures = [-1, -2, -2000, -2001, -3, -5, -10, -14, -10000].map((number) => errorFromDeviceCode(number));

    const words = failures.map(({ code, details }: PlatformError) => `${details.vendorCode} ${code}`);
    const cannot = ["-1 unsupported", "-2 unsupported", "-2000 unsupported", "-2001 unsupported"];
    assert.deepEqual(words, [
      ...cannot,
      "-3 rejected",
      "-5 rejected",
      "-10 rejected",
      "-14 rejected",
      "-10000 rejected",
    ]);
  });
});
