import assert from "node:assert/strict";
import { StringHashSet } from "../../../src/omada/string-hash-set";

describe("A string hash set", () => {
  const generators: [what: string, text: (number: number) => string][] = [
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
    ["ids that differ at their start", (number) => `${number.toString(36)}-0000-0000-0000`],
    ["strings that differ in their length", (number) => "x".repeat(number % 500) + String(Math.floor(number / 500))],
    [
      "characters of other scripts",
      (number) => String.fromCodePoint(0x4e00 + (number % 20_000), 0x1f300 + (number % 700), 65 + (number % 3)),
    ],
  ];

  for (const [what, text] of generators) {
    it(`contains exactly the strings that were added, among 200,000 ${what}`, () => {
      const texts = [...new Set(Array.from({ length: 200_000 }, (_, number) => text(number)))];
      const set = new StringHashSet();
      const half = Math.floor(texts.length / 2);

      for (const one of texts.slice(0, half)) set.add(one);

      assert.ok(texts.length > 20_000);
      assert.equal(
        texts.findIndex((one, index) => set.has(one) !== index < half),
        -1,
      );
      assert.equal(set.size, half);
    });
  }

  it("counts a string once that is added twice", () => {
    const set = new StringHashSet();
    for (const text of ["", "a", "", "a", "b"]) set.add(text);
    assert.equal(set.size, 3);
    assert.deepEqual(
      ["", "a", "b", "c"].map((text) => set.has(text)),
      [true, true, true, false],
    );
  });
});
