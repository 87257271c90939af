import assert from "node:assert/strict";
import { memoize } from "../../../src/core/memoize";

describe("What is known of a text", () => {
  it("is found out once, also where it is false or empty", () => {
    const asked: string[] = [];
    const isLong = memoize((text) => (asked.push(text), text.length > 3));
    const upper = memoize((text) => (asked.push(text), text.toUpperCase()));
    assert.deepEqual([isLong("a"), isLong("abcd"), isLong("a"), upper(""), upper("")], [false, true, false, "", ""]);
    assert.deepEqual(asked, ["a", "abcd", ""]);
  });

  it("is forgotten when there is too much of it", () => {
    let made = 0;
    const length = memoize((text) => (made++, String(text.length)));
    for (let number = 0; number < 5000; number++) length(`text ${number}`);
    assert.equal(length("text 0"), "6");
    assert.equal(made, 5001);
  });

  it("is found out anew where the text is long", () => {
    let made = 0;
    const length = memoize((text) => (made++, String(text.length)));
    assert.deepEqual(
      [length("x".repeat(501)), length("x".repeat(501)), length("x".repeat(500))],
      ["501", "501", "500"],
    );
    assert.equal(made, 3);
  });

  it("is no failure: what cannot be found out is tried anew", () => {
    let tries = 0;
    const refuse = memoize((): string => {
      throw new Error(`try ${++tries}`);
    });
    for (const message of ["try 1", "try 2"]) assert.throws(() => refuse("text"), { message });
  });
});
