import assert from "node:assert/strict";
import { z } from "zod";
import { readableArray } from "../../../src/kasa/array-schemas";

describe("An array of which only a part can be read", () => {
  it("has the items that can be read, in their order", () => {
    assert.deepEqual(readableArray(z.number()).parse([1, null, 2, "3", 4]), [1, 2, 4]);
    assert.deepEqual(readableArray(z.number()).parse([]), []);
  });

  it("is none if no item can be read", () => {
    assert.equal(readableArray(z.number()).safeParse([null, "1"]).success, false);
  });

  it("ends after a hundred items that cannot be read, however many there are", () => {
    let parsed = 0;
    const item = z.unknown().refine((value) => {
      parsed++;
      return value === 1;
    });

    assert.deepEqual(readableArray(item).parse([1, ...Array.from({ length: 100_000 }, () => 0), 1]), [1]);
    assert.ok(parsed < 110, `${parsed}`);
  });
});
