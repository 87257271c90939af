import assert from "node:assert/strict";
import { BodyBuffer } from "../../../src/http/body-buffer";

const MIB = 1024 * 1024;

describe("A body buffer", () => {
  it("joins chunks of any size in order", () => {
    const chunks = [1, 0, 70_000, 3, 500_000, 1].map((length, index) => Buffer.alloc(length, 97 + index));
    const body = new BodyBuffer(MIB);

    assert.ok(chunks.every((chunk) => body.append(chunk)));

    assert.deepEqual(body.toBuffer(), Buffer.concat(chunks));
  });

  it("is empty without a chunk", () => {
    assert.deepEqual(new BodyBuffer(MIB).toBuffer(), Buffer.alloc(0));
  });

  it("decodes UTF-8, also where a character is split between two chunks, and ASCII", () => {
    for (const text of ["Küche 🔌 Büro", "Kitchen", "\u007f", "\u0080", ""]) {
      const bytes = Buffer.from(text);
      const body = new BodyBuffer(MIB);
      for (const byte of bytes) body.append(Buffer.of(byte));

      assert.equal(body.text(), text);
    }
  });

  it("holds exactly as much as it is allowed to, and refuses the next byte", () => {
    const body = new BodyBuffer(100_000);

    assert.ok(body.append(Buffer.alloc(60_000)) && body.append(Buffer.alloc(40_000)));

    assert.equal(body.append(Buffer.alloc(1)), false);
    assert.equal(body.toBuffer().length, 100_000);
  });

  it("costs about its bytes for a million chunks of one byte", () => {
    const chunk = Buffer.from("x");
    const body = new BodyBuffer(16 * MIB);
    const before = process.memoryUsage();

    for (let count = 0; count < MIB; count++) body.append(Buffer.from(chunk));

    const after = process.memoryUsage();
    const heldBytes = after.arrayBuffers - before.arrayBuffers + (after.heapUsed - before.heapUsed);
    assert.equal(body.length, MIB);
    // Each chunk that is kept would hold 100 bytes and more.
    assert.ok(heldBytes < 40 * MIB, `${heldBytes} bytes`);
  });
});
