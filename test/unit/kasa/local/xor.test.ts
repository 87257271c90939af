import assert from "node:assert/strict";
import { decryptXor, encodeFrame, encryptXor, FrameReader } from "../../../../src/kasa/transports/local/xor";

const SYSINFO = '{"system":{"get_sysinfo":{}}}';
const MIB = 1024 * 1024;
const CIPHER = "d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6";

describe("The autokey cipher of older Kasa devices", () => {
  it("encrypts a command as other clients do", () => {
    assert.equal(encryptXor(SYSINFO).toString("hex"), CIPHER);
    assert.equal(encodeFrame(SYSINFO).toString("hex"), `0000001d${CIPHER}`);
    assert.equal(
      encodeFrame('{"system":{"set_relay_state":{"state":1}}}').toString("hex"),
      "0000002ad0f281f88bff9af7d5ef94b6c5a0d48bf99cf091e8b7c4b0d1a5c0e2d8a381f286e793f6d4eedfa2dfa2",
    );
  });

  it("counts the bytes of a text, not its characters", () => {
    assert.equal(encodeFrame('{"a":"ü"}').toString("hex"), "0000000ad0f293b18ba96ad6f489");
    assert.equal(decryptXor(Buffer.from("d0f293b18ba96ad6f489", "hex")), '{"a":"ü"}');
  });

  it("reads a frame whatever the segments in which it arrives", () => {
    const frame = encodeFrame(SYSINFO);
    for (const size of [1, 2, 3, 5, 100]) {
      const reader = new FrameReader(1000);
      const texts: (string | undefined)[] = [];
      for (let start = 0; start < frame.length; start += size)
        texts.push(reader.read(frame.subarray(start, start + size)));
      assert.equal(texts.pop(), SYSINFO);
      assert.ok(texts.every((text) => text === undefined));
    }
  });

  it("holds little more than its bytes, also of a frame that comes in a million segments of one byte", () => {
    const [frame, segment] = [encodeFrame("x".repeat(MIB)), Buffer.alloc(1)];
    const reader = new FrameReader(MIB);
    reader.read(frame.subarray(0, 4));
    const before = process.memoryUsage();

    for (let count = 0; count < MIB - 1; count++) reader.read(Buffer.from(segment));

    const after = process.memoryUsage();
    const heldBytes = after.arrayBuffers - before.arrayBuffers + (after.heapUsed - before.heapUsed);
    assert.ok(reader.read(segment));
    assert.ok(heldBytes < 40 * MIB, `${heldBytes} bytes`);
  });

  it("reads a frame of the largest size, whatever follows it", () => {
    const reader = new FrameReader(SYSINFO.length);
    assert.equal(reader.read(Buffer.concat([encodeFrame(SYSINFO), Buffer.alloc(100)])), SYSINFO);
  });

  it("refuses a frame that is too large as soon as its length is known", () => {
    assert.throws(() => new FrameReader(1000).read(Buffer.from("000003e9", "hex")), RangeError);
    assert.equal(new FrameReader(1000).read(Buffer.from("000003e8", "hex")), undefined);
  });
});
