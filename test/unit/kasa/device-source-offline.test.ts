import assert from "node:assert/strict";
import type { DeviceState } from "../../../src/kasa/device";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { failOnce, isFor, MINUTE_MS, setUp, summarize } from "./source-fixture";

describe("DeviceSource for a device that goes offline", () => {
  it("emits an offline event once, and later an online event together with what has changed meanwhile", async () => {
    const { cloud, poll } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await poll("Modem");

    modem.online = false;
    const offline = await poll("Modem");
    const stillOffline = await poll("Modem");
    modem.online = true;
    modem.on = false;
    const online = await poll("Modem");

    assert.deepEqual(
      [summarize(offline), stillOffline, summarize(online)],
      [["offline Modem"], [], ["online Modem", "off Modem"]],
    );
    assert.equal(offline[0]?.current, null);
    assert.equal((offline[0]?.previous as DeviceState | undefined)?.on, true);
    assert.equal(online[0]?.previous, null);
    assert.equal((online[1]?.previous as DeviceState | undefined)?.on, true);
  });

  it("emits an event that matches the names of the outlets of a strip", async () => {
    const { cloud, poll } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await poll("Printer");
    desk.online = false;

    const [change] = await poll("Printer");

    assert.equal(change?.event, "offline");
    assert.ok(change.aliases?.includes("Printer") && change.aliases.includes(desk.outlets[1]?.id ?? ""));
  });

  it("emits one event for a whole strip, and then the changes of its outlets", async () => {
    const { cloud, poll } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await poll("Desk");
    desk.online = false;
    const offline = [await poll("Desk"), await poll("Desk")];
    desk.online = true;
    const printer = desk.outlets[1];
    assert.ok(printer);
    printer.on = true;

    const online = [await poll("Desk"), await poll("Desk")];

    assert.deepEqual(offline.map(summarize), [["offline Desk"], []]);
    assert.deepEqual(online.map(summarize), [["online Desk", "on Printer"], []]);
  });

  it("emits no first state for a device that was offline from the beginning", async () => {
    const { cloud, poll } = await setUp();
    const first = await poll("Garden pump");
    cloud.device(Plug, "Garden pump").online = true;

    assert.deepEqual(
      [summarize(first), summarize(await poll("Garden pump"))],
      [["offline Garden pump"], ["online Garden pump"]],
    );
  });

  it("emits an offline event only if a second request times out as well", async () => {
    const { cloud, poll } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await poll("Modem", "Freezer");
    const timeout = { error_code: -20002, msg: "Request timeout" };
    cloud.server.injectFault({ kind: "response", body: timeout }, { when: isFor(modem) });

    const afterOne = await poll("Modem", "Freezer");
    modem.silent = true;
    const afterTwo = await poll("Modem", "Freezer");

    assert.deepEqual([afterOne, summarize(afterTwo)], [[], ["offline Modem"]]);
  });

  it("emits nothing for a device whose request fails, but the events of the others", async () => {
    const { cloud, poll } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    await poll("Modem", "Freezer");
    modem.on = false;
    freezer.on = true;
    failOnce(cloud, modem);

    const [first, second] = [await poll("Modem", "Freezer"), await poll("Modem", "Freezer")];

    assert.deepEqual([summarize(first), summarize(second)], [["on Freezer"], ["off Modem"]]);
  });

  it("emits nothing when a device responds for the first time", async () => {
    const { cloud, poll } = await setUp();
    failOnce(cloud, cloud.device(Plug, "Modem"));

    const first = await poll("Modem", "Freezer");
    const second = await poll("Modem", "Freezer");
    cloud.device(Plug, "Modem").on = false;

    assert.deepEqual(
      [summarize(first), second, summarize(await poll("Modem", "Freezer"))],
      [["off Freezer"], [], ["off Modem"]],
    );
  });

  it("emits no outlets when a strip that was offline responds for the first time", async () => {
    const { cloud, poll } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    desk.online = false;
    const offline = [await poll("Desk"), await poll("Desk")];
    desk.online = true;
    const online = [await poll("Desk"), await poll("Desk")];

    assert.deepEqual(offline.map(summarize), [["offline Desk"], []]);
    assert.deepEqual(online.map(summarize), [["online Desk"], []]);
  });

  it("emits no outlets when a strip whose requests failed responds for the first time", async () => {
    const { cloud, poll } = await setUp();
    failOnce(cloud, cloud.device(Strip, "Desk"));

    const events = [await poll("Desk", "Modem"), await poll("Desk", "Modem"), await poll("Desk")];

    assert.deepEqual(events.map(summarize), [["on Modem"], [], []]);
  });

  it("emits an offline event when the device is removed from the account, and accepts its name in the filter from then on", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Modem");
    cloud.remove(cloud.device(Plug, "Modem"));

    const refused = await poll("Modem");
    await clock.advance(5 * MINUTE_MS);
    const searched = await poll("Modem");

    assert.deepEqual([summarize(refused), searched], [["offline Modem"], []]);
    assert.equal(cloud.calls("getDeviceList"), 2);
    assert.deepEqual(await poll("Modem"), []);
  });

  it("emits an offline event when the device is missing from a new list", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Modem", "Freezer");
    cloud.remove(cloud.device(Plug, "Modem"));
    await clock.advance(30 * MINUTE_MS);

    assert.deepEqual(summarize(await poll("Modem", "Freezer")), ["offline Modem"]);
  });
});
