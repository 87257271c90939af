import assert from "node:assert/strict";
import { memoize } from "../../../src/core/memoize";

describe("A memoized function", () => {
  it("is called once for each text, even if its result is false or empty", () => {
    const computed: string[] = [];
    const isLong = memoize((text) => (computed.push(text), text.length > 3));
    const upper = memoize((text) => (computed.push(text), text.toUpperCase()));
    assert.deepEqual([isLong("a"), isLong("abcd"), isLong("a"), upper(""), upper("")], [false, true, false, "", ""]);
    assert.deepEqual(computed, ["a", "abcd", ""]);
  });

  it("forgets its results when there are too many", () => {
    let calls = 0;
    const length = memoize((text) => (calls++, String(text.length)));
    for (let number = 0; number < 5000; number++) length(`text ${number}`);
    assert.equal(length("text 0"), "6");
    assert.equal(calls, 5001);
  });

  it("is called each time for a long text", () => {
    let calls = 0;
    const length = memoize((text) => (calls++, String(text.length)));
    assert.deepEqual(
      [length("x".repeat(501)), length("x".repeat(501)), length("x".repeat(500))],
      ["501", "501", "500"],
    );
    assert.equal(calls, 3);
  });

  it("is called again if it has thrown", () => {
    let calls = 0;
    const fail = memoize((): string => {
      throw new Error(`call ${++calls}`);
    });
    for (const message of ["call 1", "call 2"]) assert.throws(() => fail("text"), { message });
  });
});
