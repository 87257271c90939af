import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Device, DeviceState } from "../../../src/kasa/device";
import { diffDevice, type DeviceSnapshot } from "../../../src/kasa/devices/device-events";

const LAMP: DeviceState = { deviceId: "A", alias: "Lamp", kind: "bulb", on: false };

describe("diffDevice", () => {
  it("returns events that add up to the last state, whatever happens in between", () => {
    const stateArbitrary = fc.record({ on: fc.boolean(), brightness: fc.integer({ min: 1, max: 3 }) });
    const pollArbitrary = fc.record({ online: fc.constantFrom(true, true, false), state: stateArbitrary });
    fc.assert(
      fc.property(fc.array(pollArbitrary, { maxLength: 30 }), (polls) => {
        const device = { deviceId: "A", alias: "Lamp" } as Device;
        let before: DeviceSnapshot = {
          device,
          online: true,
          state: { ...LAMP, on: false, brightness: 1 },
        };
        const received = { online: true, on: false, brightness: 1 };
        for (const { online, state } of polls) {
          const after = { device, online, state: online ? { ...LAMP, ...state } : before.state };
          for (const { event, current } of diffDevice(before, after, "A")) {
            if (event === "on" || event === "off") assert.notEqual(received.on, (received.on = event === "on"));
            else if (event === "changed") received.brightness = (current as DeviceState).brightness ?? 0;
            else assert.notEqual(received.online, (received.online = event === "online"));
          }
          const last = after.state;
          assert.deepEqual(received, { online, on: last?.on, brightness: last?.brightness });
          before = after;
        }
      }),
    );
  });
});
