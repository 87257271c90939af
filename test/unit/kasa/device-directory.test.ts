import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError } from "../../../src/core/errors";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import type { Device } from "../../../src/kasa/device";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { DeviceSource } from "../../../src/kasa/devices/device-source";
import { FakeClock } from "../../support/fake-clock";
import { describeProduct } from "../../support/simulators/kasa/devices";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { PLUG, setUp, StubDevice, sysinfoResponse } from "./control-fixture";

const MINUTE_MS = 60_000;

describe("DeviceDirectory", () => {
  it("rejects an empty name without a request", async () => {
    const { control, listRequests } = setUp();

    await assert.rejects(control.state("", "", {}), { code: "input", message: /"device" is empty/ });
    assert.equal(listRequests.length, 0);
  });

  for (const [type, appServerUrl, message] of [
    ["SMART.IPCAMERA", "https://cloud.example", /^This is a camera \(SMART\.IPCAMERA\): this package lists cameras/],
    ["SMART.TAPODOORBELL", "https://cloud.example", /^This is a camera/],
    [
      "SMART.TAPOROBOVAC",
      "https://cloud.example",
      /only listed: this package controls plugs, switches, lights and hubs/,
    ],
    ["SMART.TAPOSENSOR", "https://cloud.example", /^This is a sensor .* read the state of its hub/],
    ["SMART.TAPOHUB", "https://cloud.example", /Enter a Tapo server in the account, or set its reach/],
    ["SMART.TAPOHUB", undefined, /^This hub .* on the local network .* reach of the account to auto/],
  ] as const)
    it(`says why it does not control a ${type} that ${appServerUrl ? "the cloud lists" : "answers at home"}`, async () => {
      const product = describeProduct(type, "X1", "", "1.0");
      const listed = parseListedDevice({ ...product, deviceId: "1", alias: "Thing", appServerUrl, status: 1 });
      const directory = new DeviceDirectory({ fetchDevices: async () => [listed] }, new FakeClock());

      await assert.rejects(directory.find("Thing", {}), { code: "unsupported", message });
    });

  it("fetches the list for an unknown name at most once a minute", async () => {
    const { control, clock, devices, listRequests } = setUp();
    await control.state("modem", "", {});
    devices.push(new Plug(PLUG, "Newcomer"));
    await clock.advance(MINUTE_MS - 1);
    await assert.rejects(control.state("newcomer", "", {}), { code: "not-found" });
    assert.equal(listRequests.length, 1);
    await clock.advance(1);

    const { alias } = await control.state("newcomer", "", {});

    assert.deepEqual([alias, listRequests.length], ["Newcomer", 2]);
    await clock.advance(MINUTE_MS - 1);
    await assert.rejects(control.state("nobody", "", {}), { code: "not-found" });
    assert.equal(listRequests.length, 2);
  });

  it("lets no call to a known device at home wait for a new list, which is fetched in the meantime", async () => {
    const clock = new FakeClock();
    const lists: ((devices: Device[]) => void)[] = [];
    const fetchDevices = (): Promise<Device[]> => new Promise((resolve) => lists.push(resolve));
    const directory = new DeviceDirectory({ fetchDevices }, clock, true);
    const lamp = (deviceId: string): Device =>
      parseListedDevice({ ...PLUG, deviceId, alias: "Lamp", appServerUrl: undefined, status: 1 });
    const found = directory.find("Lamp", {});
    lists[0]?.([lamp("1")]);
    await found;
    await clock.advance(30 * MINUTE_MS);

    assert.equal(directory.findListed("lamp")?.deviceId, "1");
    assert.equal(directory.findListed("Lamp")?.deviceId, "1");
    assert.equal(directory.findListed("Fan"), undefined);
    assert.equal(lists.length, 2);
    lists[1]?.([lamp("2")]);
    await clock.advance(0);
    assert.equal(directory.findListed("Lamp")?.deviceId, "2");
    assert.equal(lists.length, 2);
  });

  it("fetches the list again after half an hour, because a name may have moved to another device", async () => {
    const { control, clock, devices, listRequests } = setUp();
    const nameless = new StubDevice(() => sysinfoResponse({ relay_state: 1 }));
    devices.push(nameless);
    await control.state("stub", "", {});
    nameless.alias = "Old stub";
    devices.push(new Plug(PLUG, "Stub"));
    await clock.advance(30 * MINUTE_MS - 1);
    await control.state("stub", "", {});
    assert.equal(listRequests.length, 1);
    await clock.advance(1);

    const { deviceId } = await control.state("stub", "", {});

    assert.equal(deviceId, devices.at(-1)?.deviceId);
    assert.equal(listRequests.length, 2);
  });

  it("fetches the list again if the clock was set back", async () => {
    const { control, clock, devices } = setUp();
    await control.state("modem", "", {});
    devices.push(new Plug(PLUG, "Newcomer"));
    clock.shift(-24 * 60 * MINUTE_MS);

    assert.equal((await control.state("newcomer", "", {})).alias, "Newcomer");
  });

  it("fetches the list once for concurrent calls, and leaves the operation in their traces alone", async () => {
    const { control, listRequests } = setUp();
    const traces = [createTrace(), createTrace(), createTrace()];

    await Promise.all(traces.map((trace) => control.state("modem", "", { trace })));

    assert.deepEqual(listRequests, [{}]);
    for (const { operation } of traces) assert.equal(operation, "state");
  });

  it("goes on with a request for the list if one of its callers is aborted", async () => {
    const { control, listRequests } = setUp();
    const controller = new AbortController();
    const aborted = control.state("modem", "", { signal: controller.signal });
    const other = control.state("modem", "", {});

    controller.abort(cancelledError());

    await assert.rejects(aborted, { code: "cancelled" });
    assert.equal((await other).alias, "Modem");
    assert.equal(listRequests.length, 1);
  });

  it("serves commands and polls with the same list", async () => {
    const { control, directory, clock, devices, listRequests } = setUp();
    const source = new DeviceSource(directory, control);
    await source.poll(undefined, new Map(), {});
    await control.state("modem", "", {});
    assert.equal(listRequests.length, 1);
    devices.push(new Plug(PLUG, "Newcomer"));
    await clock.advance(MINUTE_MS);
    await control.state("newcomer", "", {});

    const snapshot = await source.poll(undefined, new Map(), {});

    assert.ok(snapshot.has(devices.at(-1)?.deviceId ?? ""));
    assert.equal(listRequests.length, 2);
  });

  it("knows the outlets of a strip that a command has read, so that a poll need not ask for them", async () => {
    const { control, directory, deviceOf, sent } = setUp();
    await control.state("desk", "", {});
    const source = new DeviceSource(directory, control);

    await source.poll(new Set(["modem", "attic"]), new Map(), {});

    assert.deepEqual([deviceOf(Strip).commands.length, deviceOf(Plug).commands.length, sent.length], [1, 1, 2]);
  });

  it("prefers an id to an alias with the same text", async () => {
    const { control, devices, deviceOf } = setUp();
    const { deviceId } = deviceOf(Plug);
    devices.unshift(new Plug(PLUG, deviceId));

    const { alias } = await control.state(deviceId, "", {});

    assert.equal(alias, "Modem");
  });

  it("ignores the space that a phone's keyboard leaves at the end of a name", async () => {
    const { control, deviceOf } = setUp();
    const [first, second] = deviceOf(Strip).outlets;
    deviceOf(Strip).alias = "Desk ";
    Object.assign(first ?? {}, { alias: "Screen ", on: false });
    Object.assign(second ?? {}, { on: false });

    for (const name of ["Desk", "desk "]) await control.set(name, "screen", { on: "toggle" }, {});
    await control.set("Desk", "Screen ", { on: true }, {});

    assert.deepEqual([first?.on, second?.on], [true, false]);
  });

  it("quotes at most 80 characters of an unknown name", async () => {
    const { control } = setUp();

    await assert.rejects(control.state("x".repeat(500), "", {}), { message: /"x{80}"/ });
  });
});
