import assert from "node:assert/strict";
import { BULBS, LIGHTS, MODELS, PLUGS, setUp, type Json } from "./tplink-smarthome-fixture";

const KINDS: Readonly<Record<string, string>> = { hs220: "dimmer", hs300: "strip", kl430: "lightstrip" };

const kindOf = (model: string): string => KINDS[model] ?? (BULBS.includes(model) ? "bulb" : "plug");

describe("The comparison with tplink-smarthome-simulator", () => {
  it("includes all of its models", () => {
    assert.deepEqual([...PLUGS, "hs220", "hs300", ...LIGHTS].toSorted(), MODELS.toSorted());
  });

  for (const model of MODELS) {
    it(`shows the same kind of device in the list: ${model}`, async () => {
      const { device, client, commandCount } = await setUp(model);

      const [listed] = await client.devicesWithState();

      assert.equal(commandCount(), 1);
      assert.deepEqual([listed?.online, listed?.supported], [true, true]);
      assert.deepEqual([listed?.alias, listed?.state?.alias], [device.alias, device.alias]);
      assert.equal(listed?.state?.kind, kindOf(model));
    });

    it(`shows the same state, after one request: ${model}`, async () => {
      const { device, state: fetchState, commandCount } = await setUp(model);

      const state = await fetchState();

      const { alias, rssi, led_off, children, brightness } = device.sysinfo;
      assert.equal(commandCount(), 1);
      assert.deepEqual([state.alias, state.rssi, state.on], [alias, rssi, device.on]);
      assert.equal(state.led, led_off === undefined ? undefined : led_off === 0);
      if (model === "hs220") assert.equal(state.brightness, brightness);
      const outlets = (children as Json[] | undefined)?.map((child) => {
        return { id: child["id"] as string, alias: child["alias"] as string, on: child["state"] === 1 };
      });
      assert.deepEqual(state.outlets, outlets);
    });

    it(`shows the same state after switching, with two requests at first and one each later: ${model}`, async () => {
      const { device, setById: set, commandCount } = await setUp(model);

      for (const [index, on] of [false, true, false, true].entries()) {
        assert.deepEqual([(await set(on)).on, device.on], [on, on]);
        assert.equal(commandCount(), 2 + index);
      }
      for (const on of [false, true]) assert.deepEqual([(await set("toggle")).on, device.on], [on, on]);
      assert.equal(commandCount(), 5 + 2 * 2);
    });

    it(`shows that the command to restart is understood: ${model}`, async () => {
      const { device, reboot } = await setUp(model);

      await reboot();

      const module = LIGHTS.includes(model) ? "smartlife.iot.common.system" : "system";
      const command = device.commands.at(-1) ?? {};
      assert.deepEqual(command, { [module]: { reboot: { delay: 1 } } });
      assert.deepEqual(device.ask(command), { [module]: { reboot: { err_code: 0 } } });
    });

    for (const [what, command] of [
      ["an unknown module", { nonsense: { get: {} } }],
      ["an unknown method", { system: { nonsense: {} } }],
      ["the meter of a plug", { emeter: { get_realtime: {} } }],
      ["the meter of a light", { "smartlife.iot.common.emeter": { get_realtime: {} } }],
      ["the light of a bulb", { "smartlife.iot.smartbulb.lightingservice": { get_light_state: {} } }],
      ["the light of a light strip", { "smartlife.iot.lightStrip": { get_light_state: {} } }],
      ["a brightness of 0", { "smartlife.iot.dimmer": { set_brightness: { brightness: 0 } } }],
      ["an unknown outlet", { context: { child_ids: ["none"] }, system: { set_relay_state: { state: 0 } } }],
    ] as const) {
      it(`shows the same response to a raw command for ${what}: ${model}`, async () => {
        const { device, raw } = await setUp(model);

        const response = await raw(command);

        assert.deepEqual(response, device.ask(command));
        if (what === "an unknown module" || what === "an unknown method")
          assert.match(JSON.stringify(response), /"err_code":-[12]/);
      });
    }
  }
});
