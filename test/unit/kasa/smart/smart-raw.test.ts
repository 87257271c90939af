import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import {
  smartDimmer,
  smartHub,
  smartPlug,
  smartPowerStrip,
} from "../../../support/simulators/kasa-local/smart/products";
import { setUp } from "./fixture";

describe("A raw command to a SMART device", () => {
  it("goes to it and comes back as it is", async () => {
    const { control, sent } = setUp(smartPlug("Fan"));
    const command = { method: "set_device_info", params: { device_on: true } };

    assert.deepEqual(await control.raw("Fan", "", command, {}), { error_code: 0 });
    assert.deepEqual(await control.raw("Fan", "", { method: "get_unknown" }, {}), { error_code: -1002 });

    const { effect, ...last } = sent.find(({ method }) => method === "set_device_info") ?? assert.fail();
    assert.deepEqual([last, effect], [command, "write"]);
  });

  it("may be short: the method with its parameters, or several of them", async () => {
    const { control, sent } = setUp(smartPlug("Fan"));

    await control.raw("Fan", "", { get_device_info: {} }, {});
    const several = await control.raw("Fan", "", { set_device_info: { device_on: true }, get_led_info: null }, {});

    assert.deepEqual(sent.at(-3)?.method, "get_device_info");
    assert.deepEqual(
      (several["result"] as { responses: { method: string; error_code: number }[] }).responses.map((one) => [
        one.method,
        one.error_code,
      ]),
      [
        ["set_device_info", 0],
        ["get_led_info", 0],
      ],
    );
  });

  it("sets what has no word of its own: the clock, a stored level, the alarm of a hub, a thermostat", async () => {
    const dimmer = smartDimmer("Stairs");
    const hub = smartHub("Hub", { Radiator: "thermostat" });
    const { control, state } = setUp(dimmer, hub);
    const tell = (name: string, method: string, params: object): Promise<unknown> =>
      control.raw(name, "", { method, params }, {});
    const { id } = (await state("Hub")).sensors?.[0] ?? assert.fail();
    const warmer = { method: "set_device_info", params: { target_temp: 24 } };

    await tell("Stairs", "set_device_time", { timestamp: 1_900_000_000, time_diff: 60, region: "Europe/Berlin" });
    await tell("Stairs", "set_preset_rules", { brightness: [90, 10] });
    await tell("Hub", "play_alarm", { alarm_type: "Alarm 1", alarm_volume: "low" });
    await tell("Hub", "control_child", { device_id: id, requestData: warmer });

    const { result } = (await tell("Stairs", "get_device_time", {})) as { result: { timestamp: number } };
    assert.ok(Math.abs(result.timestamp - 1_900_000_000) < 60);
    assert.deepEqual((await state("Stairs")).presets, [{ brightness: 90 }, { brightness: 10 }]);
    const { on, sensors } = await state("Hub");
    assert.deepEqual([on, sensors?.[0]?.targetTemperatureC], [true, 24]);
    const fade = { on_state: { enable: false, duration: 0 } };
    await tell("Stairs", "set_on_off_gradually_info", fade);
    const fades = (await tell("Stairs", "get_on_off_gradually_info", {})) as {
      result: { on_state: { enable: boolean } };
    };
    assert.equal(fades.result.on_state.enable, false);
    assert.deepEqual(await tell("Stairs", "set_on_off_gradually_info", { ...fade, off_state: fade.on_state }), {
      error_code: -1008,
    });
    await tell("Hub", "stop_alarm", {});
    assert.equal((await state("Hub")).on, false);
  });

  it("sets when a plug switches itself off, which its state tells", async () => {
    const { control, set, state } = setUp(smartPlug("Iron"));
    await set("Iron", true);

    await control.raw("Iron", "", { set_auto_off_config: { enable: true, delay_min: 5 } }, {});

    assert.equal((await state("Iron")).autoOffS, 300);
  });

  it("goes to an outlet of a strip", async () => {
    const strip = smartPowerStrip("Bench", ["Drill", "Vacuum"]);
    const { control } = setUp(strip);

    await control.raw("Bench", "Vacuum", { set_device_info: { device_on: true } }, {});

    assert.deepEqual(
      strip.smart.children.map(({ on }) => on),
      [true, false],
    );
  });

  for (const command of [
    { method: "device_reset" },
    { device_reset: {} },
    { Method: " Device_Reset" },
    { method: "multipleRequest", params: { requests: [{ method: "set_qs_info", params: {} }] } },
    { method: "control_child", params: { device_id: "1", requestData: { method: "device_reset" } } },
    { method: "fw_download" },
    { method: "unbind_device" },
    { method: "remove_child_device_list", params: {} },
  ])
    it(`does not take a device out of its owner's hands: ${JSON.stringify(command)}`, async () => {
      const { control, sent } = setUp(smartHub("Hub", {}));

      await rejectsWith(control.raw("Hub", "", command, {}), "input");

      assert.deepEqual(sent, []);
    });
});
