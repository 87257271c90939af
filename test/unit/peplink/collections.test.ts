import assert from "node:assert/strict";
import { parseCollection, toList } from "../../../src/peplink/collections";

describe("A collection of a router", () => {
  it("is listed without the entries that its order names but that it does not have", () => {
    const invalidIds = JSON.parse('[{"toString":1},null,[2],true,"x","__proto__"]') as unknown[];
    assert.deepEqual(toList({ "1": { name: "a" }, "2": "b", order: [2, ...invalidIds, "1"] }), [
      { id: 2, value: "b" },
      { id: "1", name: "a" },
    ]);
  });

  it("is listed with each entry once, however often its order names it", () => {
    const order = Array.from({ length: 2_000_000 }, (_, i) => (i % 2 ? 1 : "1"));
    assert.deepEqual(toList({ 1: { name: "a" }, order }), [{ name: "a", id: "1" }]);
  });

  it("names a few of the entries that its order misses, and no more", () => {
    const order = Array.from({ length: 10_000 }, (_, id) => id);
    const collection = parseCollection({ 3: { name: "a" }, order });
    assert.deepEqual([collection?.entries.length, collection?.missing.length], [1, 10]);
  });
});
