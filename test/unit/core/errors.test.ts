import assert from "node:assert/strict";
import { inputError, PlatformError } from "../../../src/core/errors";

describe("The message of a platform error", () => {
  it("contains no line break, escape or half character of the names that it quotes", () => {
    const name = "a\r\nb\u001b[31mc\u0000\u007f\u009b\u2028d\u202ee\u2066\ud800f";
    assert.equal(inputError(`No "${name}".`).message, 'No "a b [31mc d e f".');
  });

  it("keeps all other characters", () => {
    const message = 'There is no "Ada’s 😀 <b>phone</b>" – 家.';
    assert.equal(new PlatformError("not-found", message).message, message);
  });

  it("is cut off at a whole character if it is too long", () => {
    const { message } = inputError("😀".repeat(1e6).slice(1));
    assert.ok(message.length <= 1000 && message.isWellFormed());
  });
});
