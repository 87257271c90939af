import assert from "node:assert/strict";
import { splitBrowserAddress } from "../../../src/omada/browser-address";

const ORIGIN = "https://controller.example:8043";
const ID = "8a1b2c3d4e5f60718293a4b5c6d7e8f9";

describe("The address of a controller's page in a browser", () => {
  for (const [path, prefix, omadacId] of [
    [`/${ID}/login`, "", ID],
    [`/${ID}`, "", ID],
    [`/${ID}/sites/one/dashboard`, "", ID],
    [`/behind/proxy/${ID}/login`, "/behind/proxy", ID],
    ["/behind/proxy", "/behind/proxy", ""],
    ["", "", ""],
    [`/${ID}0`, `/${ID}0`, ""],
  ] as const) {
    it(`gives the prefix "${prefix}" and ${omadacId ? "the controller's id" : "no id"} for "${path}"`, () => {
      assert.deepEqual(splitBrowserAddress({ origin: ORIGIN, prefix: path }), {
        server: { origin: ORIGIN, prefix },
        omadacId,
      });
    });
  }
});
