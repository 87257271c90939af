import assert from "node:assert/strict";
import type { Device, DeviceState } from "../../../src/kasa/device";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { DeviceSource } from "../../../src/kasa/devices/device-source";
import { FakeClock } from "../../support/fake-clock";
import { rejectsWith } from "../../support/http-fixture";
import { Plug } from "../../support/simulators/kasa/plugs";
import { isFor, setUp, summarize } from "./source-fixture";

describe("A poll of DeviceSource", () => {
  it("rejects if no device of the first group can be asked, and does not ask the others", async () => {
    const { cloud, poll } = await setUp();
    await poll();
    const before = cloud.calls("passthrough");
    cloud.server.injectFault({ kind: "response", status: 503 }, { times: 100 });

    await rejectsWith(poll(), "network").catch(() => rejectsWith(poll(), "busy"));

    assert.ok(cloud.calls("passthrough") - before <= 24);
  });

  it("rejects if the rate limit of the account is exceeded, and emits the changes after the next poll", async () => {
    const { cloud, poll } = await setUp();
    await poll("Modem", "Freezer");
    cloud.device(Plug, "Modem").on = false;
    const limited = { error_code: -20004, msg: "API rate limit exceeded" };
    cloud.server.injectFault({ kind: "response", body: limited }, { when: isFor(cloud.device(Plug, "Freezer")) });

    await rejectsWith(poll("Modem", "Freezer"), "busy");

    assert.deepEqual(summarize(await poll("Modem", "Freezer")), ["off Modem"]);
  });

  it("rejects if the filter names no device, and quotes three short names of it at most", async () => {
    const { poll } = await setUp();

    const error = await rejectsWith(poll("Modme"), "not-found");

    assert.match(error.message, /"modme"/);
    await rejectsWith(poll("Modme"), "not-found");
    const long = await rejectsWith(poll("a".repeat(99), "b", "c", "d"), "not-found");
    assert.match(long.message, /^The account has no device "a{40}" or "b" or "c"\./);
  });

  it("rejects with an unexpected error, which says nothing about a device", async () => {
    const device = { deviceId: "A", alias: "Lamp", supported: true } as Device;
    const fetchState = async (): Promise<DeviceState> => {
      throw new TypeError("unexpected");
    };
    const directory = new DeviceDirectory({ fetchDevices: async () => [device] }, new FakeClock());
    const source = new DeviceSource(directory, { fetchState });

    await assert.rejects(source.poll(undefined, new Map(), {}), TypeError);
  });

  it("rejects if the filter names only Tapo devices or cameras", async () => {
    const { poll } = await setUp();

    assert.match((await rejectsWith(poll("Heater"), "unsupported")).message, /Tapo/);
    await rejectsWith(poll("Driveway"), "unsupported");
    await rejectsWith(poll("Driveway"), "unsupported");
  });

  it("rejects at once if it is aborted", async () => {
    const { cloud, source } = await setUp();
    cloud.server.injectFault({ kind: "hang" }, { times: 100, when: ({ body }) => body.includes("passthrough") });
    const controller = new AbortController();
    const poll = source.poll(undefined, new Map(), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("aborted by the test")), 50);

    await assert.rejects(poll, /aborted by the test/);
  });
});
