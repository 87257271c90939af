import assert from "node:assert/strict";
import type { DeviceState } from "../../../src/kasa/device";
import { CloudDevice } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";
import { commandCount, MINUTE_MS, setUp, summarize } from "./source-fixture";

describe("DeviceSource", () => {
  it("polls the devices that the filter names and no others, each of them once", async () => {
    const { cloud, poll } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];

    await poll("modem", freezer.deviceId);
    await poll("modem", freezer.deviceId);

    assert.deepEqual([commandCount(modem), commandCount(freezer)], [2, 2]);
    assert.equal(cloud.calls("passthrough"), 4);
    assert.equal(cloud.calls("getDeviceList"), 1);
  });

  it("polls every supported device without a filter, and cameras only once", async () => {
    const { cloud, poll } = await setUp();

    const first = summarize(await poll());
    await poll();

    assert.deepEqual(
      first.filter((event) => !/Screen|Printer|Speakers|Charger|Lamp|Fan/.test(event)),
      ["on Modem", "offline Garden pump", "off Freezer", "off <b>Porch</b>"].concat([
        "off Hall lamp",
        "off hall lamp",
        "off Shelf",
      ]),
    );
    assert.equal(commandCount(cloud.device(CloudDevice, "Driveway")), 1);
    assert.equal(commandCount(cloud.device(CloudDevice, "Heater")), 0);
  });

  it("polls a camera again after it has fetched a new list", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll();
    await clock.advance(30 * MINUTE_MS);
    await poll();
    await poll();

    assert.equal(commandCount(cloud.device(CloudDevice, "Driveway")), 2);
  });

  it("goes on with a device that for once reports nothing that can be read", async () => {
    const { cloud, poll } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await poll("Modem");
    const respond = modem.respond.bind(modem);
    modem.respond = () => ({ system: { get_sysinfo: { err_code: 0 } } });
    assert.deepEqual(await poll("Modem"), []);
    modem.respond = respond;
    modem.on = false;

    assert.deepEqual(summarize(await poll("Modem")), ["off Modem"]);
  });

  it("does not take a light for off that for once does not say whether it is on", async () => {
    const { cloud, poll } = await setUp();
    const shelf = cloud.device(LightStrip, "Shelf");
    shelf.on = true;
    await poll("Modem", "Shelf");
    const respond = shelf.respond.bind(shelf);
    shelf.respond = () => ({ system: { get_sysinfo: { light_state: {}, err_code: 0 } } });
    assert.deepEqual(await poll("Modem", "Shelf"), []);
    shelf.respond = respond;

    assert.deepEqual(await poll("Modem", "Shelf"), []);
  });

  it("emits that devices were switched, and that their other properties have changed", async () => {
    const { cloud, poll } = await setUp();
    await poll();

    cloud.device(Plug, "Modem").on = false;
    const porch = cloud.device(Dimmer, "<b>Porch</b>");
    porch.on = true;
    porch.brightness = 20;
    cloud.device(Plug, "Freezer").ledOff = true;
    cloud.device(Bulb, "Hall lamp").light.brightness = 5;
    cloud.device(LightStrip, "Shelf").effect.enable = 0;

    assert.deepEqual(summarize(await poll()), [
      "off Modem",
      "changed Freezer",
      "on <b>Porch</b>",
      "changed <b>Porch</b>",
      "changed Hall lamp",
      "changed Shelf",
    ]);
    assert.deepEqual(await poll(), []);
  });

  it("emits the states before and after a change", async () => {
    const { cloud, poll } = await setUp();
    await poll("Modem");
    cloud.device(Plug, "Modem").on = false;

    const [change] = await poll("Modem");

    const { deviceId } = cloud.device(Plug, "Modem");
    const state = { deviceId, alias: "Modem", kind: "plug", on: false, rssi: -51, led: true, onTimeS: 0 };
    assert.deepEqual([change?.id, change?.current, change?.previous], [deviceId, state, { ...state, on: true }]);
  });

  it("emits nothing for a weaker Wi-Fi signal", async () => {
    const { cloud, poll } = await setUp();
    await poll();

    for (const device of cloud.devices) device.rssi -= 7;

    assert.deepEqual(await poll(), []);
  });

  it("emits an event of an outlet that matches the names of its strip, too", async () => {
    const { cloud, poll } = await setUp();
    const desk = cloud.device(Strip, "Desk");
    await poll("Desk");
    const printer = desk.outlets[1];
    assert.ok(printer);
    printer.on = true;

    const [change, ...others] = await poll("Desk");

    assert.deepEqual(others, []);
    assert.deepEqual([change?.event, change?.id, change?.name], ["on", printer.id, "Printer"]);
    assert.ok(change?.aliases?.includes("Desk") && change.aliases.includes(desk.deviceId));
    assert.deepEqual((change?.current as DeviceState | undefined)?.outlets?.[1], {
      id: printer.id,
      alias: "Printer",
      on: true,
    });
  });

  it("polls the strip of an outlet that the filter names, and no other device", async () => {
    const { cloud, poll } = await setUp();
    const desk = cloud.device(Strip, "Desk");

    await poll("printer");
    await poll(desk.outlets[2]?.id ?? "");

    assert.deepEqual([commandCount(desk), cloud.calls("passthrough")], [2, 2]);
  });

  it("matches a device and an outlet whose names end in a space", async () => {
    const { cloud, poll } = await setUp();
    const [modem, desk] = [cloud.device(Plug, "Modem"), cloud.device(Strip, "Desk")];
    modem.alias = "Modem ";
    Object.assign(desk.outlets[0] ?? {}, { alias: "Screen " });

    await poll("modem", "screen");
    await poll("modem", "screen");

    assert.deepEqual([commandCount(modem), commandCount(desk), cloud.calls("getDeviceList")], [2, 2, 1]);
  });

  it("emits a rename once, with the old name among the aliases", async () => {
    const { cloud, poll } = await setUp();
    await poll("Freezer", "Desk");
    cloud.device(Plug, "Freezer").alias = "Ice box";
    const [screen] = cloud.device(Strip, "Desk").outlets;
    assert.ok(screen);
    screen.alias = "Monitor";

    const changes = await poll("Freezer", "Desk");

    assert.deepEqual(summarize(changes).toSorted(), ["changed Ice box", "changed Monitor"]);
    for (const { name, aliases } of changes)
      assert.ok(aliases?.includes(name === "Monitor" ? "Screen" : "Freezer"), String(name));
    assert.deepEqual(await poll("Freezer", "Desk"), []);
  });

  it("emits a rename with the old name among the aliases even if the list has the new name already", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Freezer");
    cloud.device(Plug, "Freezer").alias = "Ice box";
    await clock.advance(30 * MINUTE_MS);

    const [change] = await poll("Freezer");

    assert.equal(change?.event, "changed");
    assert.ok(change.aliases?.includes("Freezer"));
  });

  it("emits a rename with the old name among the aliases even if a command has read the new name before", async () => {
    const { cloud, clock, control, poll } = await setUp();
    await poll("Freezer");
    cloud.device(Plug, "Freezer").alias = "Ice box";
    await clock.advance(30 * MINUTE_MS);
    await control.state("Ice box", "", {});

    const [change] = await poll("Freezer");

    assert.equal(change?.event, "changed");
    assert.ok(change.aliases?.includes("Freezer"));
  });
});
