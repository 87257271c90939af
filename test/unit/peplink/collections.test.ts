import assert from "node:assert/strict";
import { toList } from "../../../src/peplink/collections";

describe("A collection of a router", () => {
  it("is listed without the entries that its order names but that it does not have", () => {
    const invalidIds = JSON.parse('[{"toString":1},null,[2],true,"x","__proto__"]') as unknown[];
    assert.deepEqual(toList({ "1": { name: "a" }, "2": "b", order: [2, ...invalidIds, "1"] }), [
      { id: 2, value: "b" },
      { id: "1", name: "a" },
    ]);
  });
});
