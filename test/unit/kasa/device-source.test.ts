import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { KasaClient } from "../../../src/kasa/client";
import type { Device, DeviceState } from "../../../src/kasa/device";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { diffDevice, type DeviceSnapshot } from "../../../src/kasa/devices/device-events";
import { DeviceSource } from "../../../src/kasa/devices/device-source";
import type { ChangeEvent } from "../../../src/polling/types";
import { FakeClock } from "../../support/fake-clock";
import { failure } from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { CloudDevice } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";
import type { RecordedRequest } from "../../support/simulators/simulated-server";

const MINUTE_MS = 60_000;

/** A cloud, and somebody who looks at its devices and remembers what was there. */
async function setUp() {
  const cloud = closeAfterTest(await KasaCloud.start());
  const clock = new FakeClock();
  // Retries rest by the machine's clock; ages count by the hands.
  const quick = { now: () => clock.now(), sleep: async () => {} };
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: quick }));
  const { email, password } = cloud;
  const settings = {
    server: parseServerAddress(cloud.url),
    appType: "Kasa_Android",
    terminalUUID: "one",
    email,
    password,
  };
  const { directory, control } = new KasaClient({ ...settings, refreshToken: "" }, transport, quick);
  const deviceSource = new DeviceSource(directory, control);

  let before: ReadonlyMap<string, DeviceSnapshot> = new Map();
  /** What has changed since the last look, or what is there at the first. */
  const look = async (...names: string[]): Promise<ChangeEvent[]> => {
    const wanted = names.length > 0 ? new Set(names.map((name) => name.toLowerCase())) : undefined;
    const after = await deviceSource.poll(wanted, before, {});
    const ids = new Set([...before.keys(), ...after.keys()]);
    const changes = [...ids].flatMap((id) => deviceSource.diff(before.get(id), after.get(id), id));
    before = after;
    return changes;
  };
  return { cloud, clock, deviceSource, look };
}

/** Each change in short: the event and whose it is. */
const short = (changes: ChangeEvent[]): string[] => changes.map(({ event, name }) => `${event} ${name}`);

/** How often a device was asked. */
const asked = (device: CloudDevice): number => device.commands.length;

const of =
  (device: CloudDevice) =>
  ({ body }: RecordedRequest): boolean =>
    body.includes(device.deviceId);

/** Lets the next requests for some devices fail; the last attempt of each fails too. */
function fail(cloud: KasaCloud, ...devices: CloudDevice[]): void {
  for (const device of devices)
    cloud.server.injectFault({ kind: "response", status: 503 }, { times: 3, when: of(device) });
}

describe("a deviceSource of Kasa devices", () => {
  it("asks the watched devices and no other, each once per look", async () => {
    const { cloud, look } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];

    await look("modem", freezer.deviceId);
    await look("modem", freezer.deviceId);

    assert.deepEqual([asked(modem), asked(freezer)], [2, 2]);
    assert.equal(cloud.calls("passthrough"), 4);
    assert.equal(cloud.calls("getDeviceList"), 1);
  });

  it("watches every supported device where none is named, and leaves cameras alone after the first try", async () => {
    const { cloud, look } = await setUp();

    const first = short(await look());
    await look();

    assert.deepEqual(
      first.filter((one) => !/Screen|Printer|Speakers|Charger|Lamp|Fan/.test(one)),
      ["on Modem", "offline Garden pump", "off Freezer", "off <b>Porch</b>"].concat([
        "off Hall lamp",
        "off hall lamp",
        "off Shelf",
      ]),
    );
    assert.equal(asked(cloud.device(CloudDevice, "Driveway")), 1);
    assert.equal(asked(cloud.device(CloudDevice, "Heater")), 0);
  });

  it("tries a camera once more with a new list: it may be another device by then", async () => {
    const { cloud, clock, look } = await setUp();
    await look();
    await clock.advance(30 * MINUTE_MS);
    await look();
    await look();

    assert.equal(asked(cloud.device(CloudDevice, "Driveway")), 2);
  });

  it("tells what is switched, and what else changes of a device", async () => {
    const { cloud, look } = await setUp();
    await look();

    cloud.device(Plug, "Modem").on = false;
    const porch = cloud.device(Dimmer, "<b>Porch</b>");
    porch.on = true;
    porch.brightness = 20;
    cloud.device(Plug, "Freezer").ledOff = true;
    cloud.device(Bulb, "Hall lamp").light.brightness = 5;
    cloud.device(LightStrip, "Shelf").light.hue = 200;

    assert.deepEqual(short(await look()), [
      "off Modem",
      "changed Freezer",
      "on <b>Porch</b>",
      "changed <b>Porch</b>",
      "changed Hall lamp",
      "changed Shelf",
    ]);
    assert.deepEqual(await look(), []);
  });

  it("hands on the states as they are and were", async () => {
    const { cloud, look } = await setUp();
    await look("Modem");
    cloud.device(Plug, "Modem").on = false;

    const [change] = await look("Modem");

    const { deviceId } = cloud.device(Plug, "Modem");
    const state = { deviceId, alias: "Modem", kind: "plug", on: false, rssi: -51, led: true };
    assert.deepEqual([change?.id, change?.current, change?.previous], [deviceId, state, { ...state, on: true }]);
  });

  it("takes a weaker Wi-Fi for no change", async () => {
    const { cloud, look } = await setUp();
    await look();

    for (const device of cloud.devices) device.rssi -= 7;

    assert.deepEqual(await look(), []);
  });

  it("tells of an outlet by itself, also to those who deviceSource the strip", async () => {
    const { cloud, look } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await look("Desk");
    const printer = desk.outlets[1];
    assert.ok(printer);
    printer.on = true;

    const [change, ...others] = await look("Desk");

    assert.deepEqual(others, []);
    assert.deepEqual([change?.event, change?.id, change?.name], ["on", printer.id, "Printer"]);
    assert.ok(change?.aliases?.includes("Desk") && change.aliases.includes(desk.deviceId));
    assert.deepEqual((change?.current as DeviceState | undefined)?.outlets?.[1], {
      id: printer.id,
      alias: "Printer",
      on: true,
    });
  });

  it("finds the strip of an outlet that is watched by its name or id, and asks no other device", async () => {
    const { cloud, look } = await setUp();
    const desk = cloud.device(Strip, "Desk");

    await look("printer");
    await look(desk.outlets[2]?.id ?? "");

    assert.deepEqual([asked(desk), cloud.calls("passthrough")], [2, 2]);
  });

  it("finds a device and an outlet whose names end in a space that nobody sees", async () => {
    const { cloud, look } = await setUp();
    const [modem, desk] = [cloud.device(Plug, "Modem"), cloud.device(Strip, "Desk")];
    modem.alias = "Modem ";
    Object.assign(desk.outlets[0] ?? {}, { alias: "Screen " });

    await look("modem", "screen");
    await look("modem", "screen");

    assert.deepEqual([asked(modem), asked(desk), cloud.calls("getDeviceList")], [2, 2, 1]);
  });

  it("tells of a rename once, and to those who know only the old name", async () => {
    const { cloud, look } = await setUp();
    await look("Freezer", "Desk");
    cloud.device(Plug, "Freezer").alias = "Ice box";
    const [screen] = cloud.device(Strip, "Desk").outlets;
    assert.ok(screen);
    screen.alias = "Monitor";

    const changes = await look("Freezer", "Desk");

    assert.deepEqual(short(changes).toSorted(), ["changed Ice box", "changed Monitor"]);
    const told = changes.map(({ name, aliases }) => [
      name,
      aliases?.includes(name === "Monitor" ? "Screen" : "Freezer"),
    ]);
    assert.deepEqual(
      told.map(([, found]) => found),
      [true, true],
    );
    assert.deepEqual(await look("Freezer", "Desk"), []);
  });

  it("tells of a rename to those who know only the old name, though the list has the new one already", async () => {
    const { cloud, clock, look } = await setUp();
    await look("Freezer");
    cloud.device(Plug, "Freezer").alias = "Ice box";
    await clock.advance(30 * MINUTE_MS);

    const [change] = await look("Freezer");

    assert.equal(change?.event, "changed");
    assert.ok(change.aliases?.includes("Freezer"));
  });
});

describe("a device that goes and comes", () => {
  it("is offline when the cloud says so, and back with what has changed meanwhile", async () => {
    const { cloud, look } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await look("Modem");

    modem.online = false;
    const gone = await look("Modem");
    const still = await look("Modem");
    modem.online = true;
    modem.on = false;
    const back = await look("Modem");

    assert.deepEqual([short(gone), still, short(back)], [["offline Modem"], [], ["online Modem", "off Modem"]]);
    assert.equal(gone[0]?.current, null);
    assert.equal((gone[0]?.previous as DeviceState | undefined)?.on, true);
    assert.equal(back[0]?.previous, null);
    assert.equal((back[1]?.previous as DeviceState | undefined)?.on, true);
  });

  it("is news for those who deviceSource one of its outlets", async () => {
    const { cloud, look } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await look("Printer");
    desk.online = false;

    const [change] = await look("Printer");

    assert.equal(change?.event, "offline");
    assert.ok(change.aliases?.includes("Printer") && change.aliases.includes(desk.outlets[1]?.id ?? ""));
  });

  it("is a strip that goes and comes as one, though its outlets tell what has changed", async () => {
    const { cloud, look } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await look("Desk");
    desk.online = false;
    const gone = [await look("Desk"), await look("Desk")];
    desk.online = true;
    const printer = desk.outlets[1];
    assert.ok(printer);
    printer.on = true;

    const back = [await look("Desk"), await look("Desk")];

    assert.deepEqual(gone.map(short), [["offline Desk"], []]);
    assert.deepEqual(back.map(short), [["online Desk", "on Printer"], []]);
  });

  it("tells no switching when it was away from the beginning", async () => {
    const { cloud, look } = await setUp();
    const first = await look("Garden pump");
    cloud.device(Plug, "Garden pump").online = true;

    assert.deepEqual(
      [short(first), short(await look("Garden pump"))],
      [["offline Garden pump"], ["online Garden pump"]],
    );
  });

  it("is offline only when it does not answer the cloud twice", async () => {
    const { cloud, look } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await look("Modem", "Freezer");
    const declined = { error_code: -20002, msg: "Request timeout" };
    cloud.server.injectFault({ kind: "response", body: declined }, { when: of(modem) });

    const once = await look("Modem", "Freezer");
    modem.silent = true;
    const twice = await look("Modem", "Freezer");

    assert.deepEqual([once, short(twice)], [[], ["offline Modem"]]);
  });

  it("changes nothing when it cannot be asked, whatever becomes of the others", async () => {
    const { cloud, look } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    await look("Modem", "Freezer");
    modem.on = false;
    freezer.on = true;
    fail(cloud, modem);

    const [one, two] = [await look("Modem", "Freezer"), await look("Modem", "Freezer")];

    assert.deepEqual([short(one), short(two)], [["on Freezer"], ["off Modem"]]);
  });

  it("says nothing by being asked with success at last", async () => {
    const { cloud, look } = await setUp();
    fail(cloud, cloud.device(Plug, "Modem"));

    const first = await look("Modem", "Freezer");
    const second = await look("Modem", "Freezer");
    cloud.device(Plug, "Modem").on = false;

    assert.deepEqual(
      [short(first), second, short(await look("Modem", "Freezer"))],
      [["off Freezer"], [], ["off Modem"]],
    );
  });

  it("brings no outlets as news when it is a strip that can be read at last", async () => {
    const { cloud, look } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    desk.online = false;
    const offline = [await look("Desk"), await look("Desk")];
    desk.online = true;
    const back = [await look("Desk"), await look("Desk")];
    const { cloud: other, look: lookThere } = await setUp();
    fail(other, other.device(Strip, "Desk"));
    const failed = [await lookThere("Desk", "Modem"), await lookThere("Desk", "Modem"), await lookThere("Desk")];

    assert.deepEqual(
      [offline.map(short), back.map(short)],
      [
        [["offline Desk"], []],
        [["online Desk"], []],
      ],
    );
    assert.deepEqual(failed.map(short), [["on Modem"], [], []]);
  });

  it("is offline when it has left the account, which is no mistake in the filter", async () => {
    const { cloud, clock, look } = await setUp();
    await look("Modem");
    cloud.remove(cloud.device(Plug, "Modem"));

    const declined = await look("Modem");
    await clock.advance(5 * MINUTE_MS);
    const searched = await look("Modem");

    assert.deepEqual([short(declined), searched], [["offline Modem"], []]);
    assert.equal(cloud.calls("getDeviceList"), 2);
    assert.deepEqual(await look("Modem"), []);
  });

  it("is told when it leaves the list between two looks", async () => {
    const { cloud, clock, look } = await setUp();
    await look("Modem", "Freezer");
    cloud.remove(cloud.device(Plug, "Modem"));
    await clock.advance(30 * MINUTE_MS);

    assert.deepEqual(short(await look("Modem", "Freezer")), ["offline Modem"]);
  });
});

describe("a look that brings nothing", () => {
  it("fails when no device could be asked, and does not ask all of them", async () => {
    const { cloud, look } = await setUp();
    await look();
    const before = cloud.calls("passthrough");
    cloud.server.injectFault({ kind: "response", status: 503 }, { times: 100 });

    await failure(look(), "network").catch(() => failure(look(), "busy"));

    assert.ok(cloud.calls("passthrough") - before <= 24);
  });

  it("fails whole when the account is refused, or asks too often", async () => {
    const { cloud, look } = await setUp();
    await look("Modem", "Freezer");
    cloud.device(Plug, "Modem").on = false;
    const limited = { error_code: -20004, msg: "API rate limit exceeded" };
    cloud.server.injectFault({ kind: "response", body: limited }, { when: of(cloud.device(Plug, "Freezer")) });

    await failure(look("Modem", "Freezer"), "busy");

    assert.deepEqual(short(await look("Modem", "Freezer")), ["off Modem"]);
  });

  it("fails when the filter means nothing", async () => {
    const { look } = await setUp();

    const error = await failure(look("Modme"), "not-found");

    assert.match(error.message, /"modme"/);
    await failure(look("Modme"), "not-found");
    const long = await failure(look("a".repeat(99), "b", "c", "d"), "not-found");
    assert.match(long.message, /^The account has no device "a{40}" or "b" or "c"\./);
  });

  it("fails when it is our own mistake: that is no state of a device", async () => {
    const device = { deviceId: "A", alias: "Lamp", supported: true } as Device;
    const fetchState = async (): Promise<DeviceState> => {
      throw new TypeError("ours");
    };
    const directory = new DeviceDirectory({ fetchDevices: async () => [device] }, new FakeClock());
    const deviceSource = new DeviceSource(directory, { fetchState });

    await assert.rejects(deviceSource.poll(undefined, new Map(), {}), TypeError);
  });

  it("fails when only Tapo devices or cameras are named", async () => {
    const { look } = await setUp();

    assert.match((await failure(look("Heater"), "unsupported")).message, /Tapo/);
    await failure(look("Driveway"), "unsupported");
    await failure(look("Driveway"), "unsupported");
  });

  it("is given up at once", async () => {
    const { cloud, deviceSource } = await setUp();
    cloud.server.injectFault({ kind: "hang" }, { times: 100, when: ({ body }) => body.includes("passthrough") });
    const giveUp = new AbortController();
    const look = deviceSource.poll(undefined, new Map(), { signal: giveUp.signal });
    setTimeout(() => giveUp.abort(new Error("given up")), 50);

    await assert.rejects(look, /given up/);
  });
});

describe("what the cloud bears", () => {
  it("is a list every half hour", async () => {
    const { cloud, clock, look } = await setUp();
    for (let minute = 0; minute < 91; minute++) {
      await look("Modem");
      await clock.advance(MINUTE_MS);
    }

    assert.deepEqual([cloud.calls("getDeviceList"), cloud.calls("passthrough")], [4, 91]);
  });

  it("is no old list for a day because a clock was set back", async () => {
    const { cloud, clock, look } = await setUp();
    await look("Modem");
    clock.set(-24 * 60 * MINUTE_MS);
    await look("Modem");
    await look("Modem");

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("is one list more when a device may not be asked any more", async () => {
    const { cloud, clock, look } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await look("Modem", "Freezer");
    const declined = { error_code: -20507, msg: "The device is bound to another account" };
    cloud.server.injectFault({ kind: "response", body: declined }, { times: 9, when: of(modem) });
    for (let minute = 0; minute < 9; minute++) {
      await look("Modem", "Freezer");
      await clock.advance(MINUTE_MS);
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("is one list more when a device goes missing, and no more while it stays away", async () => {
    const { cloud, clock, look } = await setUp();
    await look("Modem");
    cloud.device(Plug, "Modem").online = false;
    for (let minute = 0; minute < 30; minute++) {
      await clock.advance(MINUTE_MS);
      await look("Modem");
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("is one list more each time that a device goes missing", async () => {
    const { cloud, clock, look } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    for (const online of [true, false, true, false]) {
      modem.online = online;
      await look("Modem");
      await clock.advance(5 * MINUTE_MS);
      await look("Modem");
    }

    assert.equal(cloud.calls("getDeviceList"), 3);
  });

  it("is one list more for a name that nobody has", async () => {
    const { cloud, clock, look } = await setUp();
    for (let minute = 0; minute < 30; minute++) {
      await look("Modem", "Attic");
      await clock.advance(MINUTE_MS);
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
    // It might have been an outlet's, so the strip was asked once.
    assert.equal(asked(cloud.device(Strip, "Desk")), 1);
  });

  it("is a look the more rarely, the more devices are watched", async () => {
    const { deviceSource, look } = await setUp();

    await look("Modem");
    const one = deviceSource.minIntervalMs();
    await look("Modem", "Freezer", "Shelf");

    assert.deepEqual([one, deviceSource.minIntervalMs()], [3000, 9000]);
  });

  it("is four requests side by side at most", async () => {
    const { cloud, look } = await setUp();
    let [now, most] = [0, 0];
    cloud.server.injectFault(
      { kind: "delay", ms: 30 },
      {
        times: 100,
        when: ({ body }) => {
          if (!body.includes("passthrough")) return false;
          most = Math.max(most, ++now);
          setTimeout(() => now--, 25);
          return true;
        },
      },
    );

    await look();

    assert.ok(most > 1 && most <= 4, `${most}`);
  });
});

describe("what a change means", () => {
  it("is told completely: the events add up to the state, whatever cannot be asked in between", () => {
    const state = fc.record({ on: fc.boolean(), brightness: fc.integer({ min: 1, max: 3 }) });
    const moment = fc.record({ online: fc.constantFrom(true, true, false), state });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 30 }), (moments) => {
        const device = { deviceId: "A", alias: "Lamp" } as Device;
        let before: DeviceSnapshot = {
          device,
          isOutlet: false,
          online: true,
          state: { ...LAMP, on: false, brightness: 1 },
        };
        const heard = { online: true, on: false, brightness: 1 };
        for (const { online, state } of moments) {
          const after = { device, isOutlet: false, online, state: online ? { ...LAMP, ...state } : before.state };
          for (const { event, current } of diffDevice(before, after, "A")) {
            if (event === "on" || event === "off") assert.notEqual(heard.on, (heard.on = event === "on"));
            else if (event === "changed") heard.brightness = (current as DeviceState).brightness ?? 0;
            else assert.notEqual(heard.online, (heard.online = event === "online"));
          }
          const last = after.state;
          assert.deepEqual(heard, { online, on: last?.on, brightness: last?.brightness });
          before = after;
        }
      }),
    );
  });
});

const LAMP: DeviceState = { deviceId: "A", alias: "Lamp", kind: "bulb", on: false };
