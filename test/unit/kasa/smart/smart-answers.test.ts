import assert from "node:assert/strict";
import * as fc from "fast-check";
import { PlatformError } from "../../../../src/core/errors";
import { parseSetting } from "../../../../src/kasa/device-setting";
import { rejectsWith } from "../../../support/http-fixture";
import {
  smartBulb,
  smartHub,
  smartMeterPlug,
  type SmartProduct,
} from "../../../support/simulators/kasa-local/smart/products";
import type { SmartUnit } from "../../../support/simulators/kasa-local/smart/unit";
import { setUp } from "./fixture";

const CREATE = [
  () => smartBulb("Thing"),
  () => smartMeterPlug("Thing"),
  () => smartHub("Thing", { Door: "contact", Bed: "button" }),
] as const;

const unitsOf = ({ smart }: SmartProduct): SmartUnit[] => [smart, ...smart.children];
const keys = [...new Set(CREATE.flatMap((create) => unitsOf(create()).flatMap(({ info }) => Object.keys(info))))];
/** Values that no device should send, and some that are only strange. */
const value = fc.oneof(fc.jsonValue(), fc.constantFrom(null, -1, 0, 1e21, "", "AA==", [], {}, [9000], [1, "2"]));
const oddities = fc.dictionary(fc.constantFrom(...keys, "child_device_list", "sum", "logs", "rule_list"), value, {
  maxKeys: 6,
});

const settle = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => assert.ok(error instanceof PlatformError, String(error)));

describe("The answers of a SMART device", () => {
  it("end in a state or in a sentence, however odd they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CREATE), fc.array(oddities, { maxLength: 3 }), async (create, odd) => {
        const product = create();
        const { control, set } = setUp(product);
        const { deviceId } = product.identity;
        await settle(control.state(deviceId, "", {}));
        for (const [index, unit] of unitsOf(product).entries()) Object.assign(unit.info, odd[index]);
        for (const method of ["get_emeter_data", "get_led_info", "get_child_device_list", "get_trigger_logs"])
          if (odd.length > 2) product.smart.methods[method] = () => odd[2];

        await settle(control.state(deviceId, "", {}));
        await settle(control.energy(deviceId, "", {}));
        for (const setting of [true, "toggle", { brightness: 5 }, { hue: 3, led: true }, { effect: "Party" }])
          await settle(set(deviceId, parseSetting(setting)));
      }),
      { numRuns: 300 },
    );
  });

  it("that tell nothing of the device do not replace what is known of it", async () => {
    const bulb = smartBulb("Lamp");
    const { set, state } = setUp(bulb);
    const { deviceId } = bulb.identity;
    await state(deviceId);
    bulb.smart.methods["get_device_info"] = () => ({});
    await rejectsWith(state(deviceId), "unsupported");
    delete bulb.smart.methods["get_device_info"];

    assert.equal((await set(deviceId, false)).on, false);
  });

  it("are refusals also where the code of an error is text", async () => {
    const bulb = smartBulb("Lamp");
    const { set, state } = setUp(bulb);
    await state("Lamp");
    const answer = bulb.smart.answer.bind(bulb.smart);
    const answerWith = (code: unknown) => (request: { method: string }) =>
      request.method === "set_device_info" ? { error_code: code as number } : answer(request);
    bulb.smart.answer = answerWith("-1301");
    await rejectsWith(set("Lamp", false), "busy");
    bulb.smart.answer = answerWith("0");

    assert.equal((await set("Lamp", false)).on, false);
  });
});
