import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import type { DeviceControl } from "../../../src/kasa/devices/device-control";
import type { Json } from "../../support/simulators/kasa/firmware";
import { Dimmer, Plug, Strip } from "../../support/simulators/kasa/plugs";
import { setUp, StubDevice, sysinfoResponse } from "./control-fixture";

describe("DeviceControl", () => {
  for (const [operation, call] of [
    ["set", (control: DeviceControl, options: object, name = "modem") => control.set(name, "", { on: true }, options)],
    ["state", (control: DeviceControl, options: object, name = "modem") => control.state(name, "", options)],
    ["energy", (control: DeviceControl, options: object, name = "modem") => control.energy(name, "", options)],
    ["reboot", (control: DeviceControl, options: object, name = "modem") => control.reboot(name, "", options)],
    ["raw", (control: DeviceControl, options: object, name = "modem") => control.raw(name, "", {}, options)],
  ] as const) {
    it(`names the operation of a call: ${operation}`, async () => {
      const trace = createTrace();

      await call(setUp().control, { trace });

      assert.equal(trace.operation, operation);
    });

    it(`asks for the family of a device no more than once: ${operation}`, async () => {
      const { control, sent, deviceOf } = setUp();
      await control.state("modem", "", {});

      await call(control, {}, deviceOf(Plug).deviceId);

      assert.equal(sent.length, 2);
    });
  }

  for (const [device, sysinfo, kind] of [
    ["a plug with a length", { relay_state: 1, length: 16 }, "plug"],
    ["a plug with effects", { relay_state: 1, lighting_effect_state: {} }, "plug"],
    ["a strip with a relay for all outlets", { children: [], relay_state: 1 }, "strip"],
    ["a light with a relay", { light_state: { on_off: 1 }, relay_state: 1, brightness: 5 }, "bulb"],
  ] as const) {
    it(`takes ${device} for a ${kind}`, async () => {
      const { control } = setUp([new StubDevice(() => sysinfoResponse(sysinfo))]);

      assert.equal((await control.state("stub", "", {})).kind, kind);
    });
  }

  it("remembers no response in which a device tells nothing of itself", async () => {
    let sysinfo: Json = { relay_state: 0 };
    const stub = new StubDevice((request) => ({
      system: { ...Object(request["system"]), get_sysinfo: sysinfo, set_relay_state: { err_code: 0 } },
    }));
    const { control } = setUp([stub]);
    await control.state(stub.deviceId, "", {});
    sysinfo = { err_code: 0 };
    await assert.rejects(control.state(stub.deviceId, "", {}), { code: "unsupported" });
    sysinfo = { relay_state: 1 };

    assert.equal((await control.set(stub.deviceId, "", { on: true }, {})).on, true);
  });

  for (const [what, result, code] of [
    ["an error whose code is text", { err_code: "-3", err_msg: "invalid argument" }, "rejected"],
    ["nothing", null, "protocol"],
    ["a number", 0, "protocol"],
  ] as const)
    it(`takes no response for a success that says ${what}`, async () => {
      const { control } = setUp([
        new StubDevice(() => sysinfoResponse({ relay_state: 1 }, { set_relay_state: result })),
      ]);

      await assert.rejects(control.set("stub", "", { on: true }, {}), { code });
    });

  it("does not support a device with a brightness but no relay and no light", async () => {
    const { control } = setUp([new StubDevice(() => sysinfoResponse({ brightness: 5 }))]);

    await assert.rejects(control.state("stub", "", {}), { code: "unsupported" });
  });
});

describe("DeviceControl.set", () => {
  it("toggles the current state, not the last known one", async () => {
    const { deviceOf, set } = setUp();
    await set("modem", { on: true });
    deviceOf(Plug).on = false;

    const { on } = await set("modem", { on: "toggle" });

    assert.deepEqual([on, deviceOf(Plug).on], [true, true]);
  });

  it("toggles an outlet whatever the state of the others", async () => {
    const { deviceOf, set } = setUp();
    const { outlets } = deviceOf(Strip);
    for (const outlet of outlets) outlet.on = true;
    const [, second] = outlets;
    Object.assign(second ?? {}, { on: false });

    await set("desk", { on: "toggle" }, "1");

    assert.ok(outlets.every(({ on }) => on));
  });

  for (const setting of [{ led: true }, { on: true, led: false }, { brightness: 40 }]) {
    it(`does not support ${Object.keys(setting).join(" and ")} for one outlet`, async () => {
      const { set, sent } = setUp();

      await assert.rejects(set("desk", setting, "1"), { code: "unsupported", message: /^This outlet has no / });
      assert.ok(sent.every(({ effect }) => effect === "read"));
    });
  }

  it("rejects if any part of the response is an error", async () => {
    const stub = new StubDevice(({ system }) => ({
      ...sysinfoResponse({ relay_state: 1, brightness: 10 }, { set_relay_state: { err_code: 0 } }),
      ...(JSON.stringify(system).includes("relay") && { "smartlife.iot.dimmer": { set_brightness: { err_code: -3 } } }),
    }));
    const { set } = setUp([stub]);

    await assert.rejects(set("stub", { on: true, brightness: 40 }), { code: "rejected", details: { vendorCode: -3 } });
  });

  it("rejects if any part of the command is missing from the response", async () => {
    const { set } = setUp([new StubDevice(() => sysinfoResponse({ relay_state: 1 }))]);

    await assert.rejects(set("stub", { on: true }), { code: "protocol", message: /set_relay_state/ });
  });

  it("asks a device for its state if the response does not contain it", async () => {
    let on = 0;
    const stub = new StubDevice(({ system }) => {
      if (!(system as Json)["set_relay_state"]) return sysinfoResponse({ relay_state: on });
      on = 1;
      return { system: { set_relay_state: { err_code: 0 } } };
    });
    const { set, sent } = setUp([stub]);

    assert.equal((await set("stub", { on: true })).on, true);
    assert.deepEqual(
      sent.map(({ effect }) => effect),
      ["read", "write", "read"],
    );
  });

  for (const [form, ids] of [
    ["whole ids", ["800600", "800601"]],
    ["ids of two digits", ["00", "01"]],
  ] as const) {
    it(`returns the state of the whole strip if the response describes one outlet of it, with ${form}`, async () => {
      const children = ids.map((id, index) => ({ id, alias: `outlet ${index}`, state: 1 }));
      const stub = new StubDevice(({ context }) =>
        context
          ? sysinfoResponse({ alias: "outlet 1", relay_state: 0 }, { set_relay_state: { err_code: 0 } })
          : sysinfoResponse({ children }),
      );
      const { set, sent } = setUp([stub]);

      const { deviceId } = stub;
      const { kind, outlets } = await set(deviceId, { on: false }, "1");
      const next = await set(deviceId, { on: true }, "1");

      assert.equal(kind, "strip");
      assert.deepEqual(
        outlets?.map(({ on }) => on),
        [true, false],
      );
      assert.deepEqual(
        next.outlets?.map(({ on }) => on),
        [true, true],
      );
      assert.equal(sent.length, 3);
    });
  }

  it("returns the reported state of all outlets of a strip", async () => {
    const { deviceOf, set } = setUp();
    await set("desk", { on: false });
    const [, , , fourth] = deviceOf(Strip).outlets;
    Object.assign(fourth ?? {}, { on: true });

    const { outlets } = await set("desk", { on: true }, "1");

    assert.deepEqual(
      outlets?.map(({ on }) => on),
      [false, true, false, true, false, false],
    );
  });

  it("builds a command from the last reported state", async () => {
    const { set, deviceOf } = setUp();
    await set("<b>Porch</b>", { on: true, brightness: 20 });
    deviceOf(Dimmer).brightness = 70;
    await set("<b>Porch</b>", { led: true });

    await set("<b>Porch</b>", { on: true, transitionMs: 100 });

    assert.deepEqual((deviceOf(Dimmer).commands.at(-1) as Json)["smartlife.iot.dimmer"], {
      set_dimmer_transition: { brightness: 70, mode: "gentle_on_off", duration: 100 },
    });
  });
});
