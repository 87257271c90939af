import assert from "node:assert/strict";
import { StringHashSet } from "../../../src/omada/string-hash-set";

describe("What was seen of a long list", () => {
  const ways: [what: string, text: (number: number) => string][] = [
    ["numbers", String],
    [
      "MACs",
      (number) =>
        number
          .toString(16)
          .padStart(12, "0")
          .replace(/..(?!$)/g, "$&-")
          .toUpperCase(),
    ],
    ["ids", (number) => `6523ab${number.toString(16).padStart(18, "0")}`],
    ["ids that differ at their beginning", (number) => `${number.toString(36)}-0000-0000-0000`],
    ["texts that differ in their length", (number) => "x".repeat(number % 500) + String(Math.floor(number / 500))],
    [
      "letters of other scripts",
      (number) => String.fromCodePoint(0x4e00 + (number % 20_000), 0x1f300 + (number % 700), 65 + (number % 3)),
    ],
  ];

  for (const [what, text] of ways) {
    it(`is told from what was not: ${what}`, () => {
      const texts = [...new Set(Array.from({ length: 200_000 }, (_, number) => text(number)))];
      const seen = new StringHashSet();
      const half = Math.floor(texts.length / 2);

      for (const one of texts.slice(0, half)) seen.add(one);

      assert.ok(texts.length > 20_000);
      assert.equal(
        texts.findIndex((one, index) => seen.has(one) !== index < half),
        -1,
      );
      assert.equal(seen.size, half);
    });
  }

  it("counts once what comes twice", () => {
    const seen = new StringHashSet();
    for (const text of ["", "a", "", "a", "b"]) seen.add(text);
    assert.equal(seen.size, 3);
    assert.deepEqual(
      ["", "a", "b", "c"].map((text) => seen.has(text)),
      [true, true, true, false],
    );
  });
});
