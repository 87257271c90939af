import assert from "node:assert/strict";
import { toId, toNumber, toText } from "../../../src/core/scalar";
import { parseEnergyOf } from "../../../src/kasa/protocols/iot/statistics";
import { parseWebhook } from "../../../src/omada/webhook";

/** Its conversion throws. */
const ODD: unknown = JSON.parse('{"toString": 1, "valueOf": 2, "then": 3}');

describe("A value of a platform", () => {
  it("is taken as a number, a text or an id only if it is one, whatever it is", () => {
    assert.deepEqual(["12", 12, "", " ", null, true, [1], ODD].map(toNumber), [12, 12, ...Array<number>(6).fill(NaN)]);
    assert.deepEqual([" a ", 1, ODD].map(toText), ["a", "", ""]);
    assert.deepEqual([" a ", 1, ODD].map(toId), ["a", "1", ""]);
  });

  it("is passed over in the statistics of a meter if it is no date", () => {
    const list = [
      { year: 2026, month: ODD, day: ODD, energy: 5 },
      { year: 2026, month: 1, day: 31, energy: 2 },
    ];
    const response = { emeter: { get_daystat: { err_code: 0, day_list: list } } };

    assert.equal(parseEnergyOf(response, "emeter", "day", Date.UTC(2026, 0, 31)), 2);
  });

  it("is replaced by the time of arrival in the message of a webhook if it is no time", () => {
    assert.equal(parseWebhook({ timestamp: ODD, text: ["a"] }, 0).at, "1970-01-01T00:00:00.000Z");
  });
});
