import assert from "node:assert/strict";
import type { DeviceTransport } from "../../../../src/kasa/transports/device-transport";
import { rejectsWith } from "../../../support/http-fixture";
import { smartMeterPlug, smartPlug, smartPowerStrip } from "../../../support/simulators/kasa-local/smart/products";
import { createControl, setUp } from "./fixture";

const METER = { powerMw: 46_812, voltageMv: 231_400, currentMa: 202, todayWh: 310, monthWh: 6266 };

describe("The meter of a SMART device", () => {
  it("tells the power, what it was used for today, and this month", async () => {
    const { control } = setUp(smartMeterPlug("Washer"));

    assert.deepEqual(await control.energy("Washer", "", {}), {
      powerW: 46.812,
      voltageV: 231.4,
      currentA: 0.202,
      todayKwh: 0.31,
      monthKwh: 6.266,
    });
  });

  it("tells what an older firmware knows, which is not asked again for what it does not have", async () => {
    const plug = smartMeterPlug("Dryer", { has: "usage" });
    const { control, sent } = setUp(plug);
    const { deviceId } = plug.identity;

    assert.deepEqual(await control.energy(deviceId, "", {}), { powerW: 46.812, todayKwh: 0.31, monthKwh: 6.266 });
    sent.length = 0;
    await control.energy(deviceId, "", {});

    assert.deepEqual(
      sent.map(({ method }) => method),
      ["get_energy_usage"],
    );
  });

  it("tells more once the device is reached at home, although a cloud had passed on only a part of it", async () => {
    const plug = smartMeterPlug("Washer");
    const passedOn = new Set(["get_device_info", "get_energy_usage"]);
    let isAtHome = false;
    const sendLocally: DeviceTransport["send"] = async (_, command) => ({
      ...plug.smart.answer(command as { method: string }),
    });
    const { control } = createControl([plug], {
      send: async (device, command, ...rest) =>
        isAtHome || passedOn.has((command as { method: string }).method)
          ? sendLocally(device, command, ...rest)
          : { error_code: -1002 },
      sendLocally: async (...all) => (isAtHome ? sendLocally(...all) : undefined),
    });
    const { deviceId } = plug.identity;
    assert.equal((await control.energy(deviceId, "", {})).voltageV, undefined);
    assert.ok(!(await control.abilities(deviceId, {})).abilities.settings.includes("led"));
    isAtHome = true;

    assert.equal((await control.energy(deviceId, "", {})).voltageV, 231.4);
    assert.ok((await control.abilities(deviceId, {})).abilities.settings.includes("led"));
  });

  it("is asked anew after the firmware was updated", async () => {
    const plug = smartMeterPlug("Dryer", { has: "usage" });
    const { control, state, sent } = setUp(plug);
    await control.energy("Dryer", "", {});
    plug.smart.info["fw_ver"] = "1.3.0";
    await state("Dryer");
    sent.length = 0;

    await control.energy("Dryer", "", {});

    assert.ok(sent.some(({ method }) => method === "get_emeter_data"));
  });

  it("tells whole watts where that is all that a firmware tells", async () => {
    const plug = smartMeterPlug("Dryer");
    plug.smart.refusals.set("get_energy_usage", -1002).set("get_emeter_data", -1008);
    const { control } = setUp(plug);

    assert.deepEqual(await control.energy("Dryer", "", {}), { powerW: 46 });
  });

  it("of a strip is in each outlet", async () => {
    const meters = [METER, { ...METER, powerMw: 3188, todayWh: 90 }];
    const { control } = setUp(smartPowerStrip("Bench", ["Drill", "Vacuum"], { meters }));

    const one = await control.energy("Bench", "Vacuum", {});
    const all = await control.energy("Bench", "", {});

    assert.deepEqual([one.powerW, one.todayKwh, one.voltageV], [3.188, 0.09, 231.4]);
    assert.equal(all.powerW, 50);
  });

  it("is missing in a plug whose components name none, which is not asked for a reading", async () => {
    const { control, sent } = setUp(smartPlug("Fan"));

    await rejectsWith(control.energy("Fan", "", {}), "unsupported");

    assert.deepEqual(
      sent.map(({ method }) => method),
      ["get_device_info", "component_nego"],
    );
  });

  it("is missing in the outlets of most strips", async () => {
    const { control } = setUp(smartPowerStrip("Bench", ["Drill", "Vacuum"]));

    const { message } = await rejectsWith(control.energy("Bench", "Drill", {}), "unsupported");

    assert.match(message, /no energy meter/);
  });

  it("is asked for in a device that does not tell its components", async () => {
    const plug = smartMeterPlug("Washer");
    plug.smart.refusals.set("component_nego", -1002);
    const { control } = setUp(plug);

    assert.equal((await control.energy("Washer", "", {})).powerW, 46.812);
  });
});
