import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import { parseFingerprint } from "../../../src/http/tls";

describe("A fingerprint", () => {
  const plain = "00ab".repeat(16);
  const canonical = (plain.toUpperCase().match(/../g) ?? []).join(":");

  for (const [what, text] of [
    ["plain hex", plain],
    ["upper case", plain.toUpperCase()],
    ["colons", canonical],
    ["lower case with colons", canonical.toLowerCase()],
    ["blanks and line breaks", ` ${canonical.replaceAll(":", " ")}\n`],
  ] as const) {
    it(`may be written with ${what}`, () => assert.equal(parseFingerprint(text), canonical));
  }

  for (const text of [
    "",
    "abc",
    plain.slice(1),
    `${plain}0`,
    plain.replace("a", "g"),
    "sha256/AAAA",
    "00ab".repeat(10),
  ]) {
    it(`must not be "${text.slice(0, 20)}" (${text.length} characters)`, () => {
      assert.throws(
        () => parseFingerprint(text),
        (error) => isPlatformError(error, "config"),
      );
    });
  }
});
