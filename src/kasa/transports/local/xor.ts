import { BodyBuffer } from "../../../http/body-buffer";

const FIRST_KEY = 171;
const LENGTH_BYTES = 4;

/** Encrypts with the autokey cipher of older devices: each byte is the key of the next one (kasa-local.md section 2). */
export function encryptXor(text: string): Buffer {
  const bytes = Buffer.from(text);
  let key = FIRST_KEY;
  for (const [index, byte] of bytes.entries()) key = bytes[index] = byte ^ key;
  return bytes;
}

/** Decrypts what `encryptXor` has encrypted. */
export function decryptXor(encrypted: Uint8Array): string {
  const bytes = Buffer.alloc(encrypted.length);
  let key = FIRST_KEY;
  for (const [index, byte] of encrypted.entries()) {
    bytes[index] = byte ^ key;
    key = byte;
  }
  return bytes.toString();
}

/** Encrypts for TCP, where the length goes ahead. */
export function encodeFrame(text: string): Buffer {
  const encrypted = encryptXor(text);
  const frame = Buffer.alloc(LENGTH_BYTES + encrypted.length);
  frame.writeUInt32BE(encrypted.length);
  encrypted.copy(frame, LENGTH_BYTES);
  return frame;
}

/** Collects a frame from the segments in which it arrives: the length may come alone, or in two. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #received: BodyBuffer;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#received = new BodyBuffer(LENGTH_BYTES + maxBytes);
  }

  /**
   * @returns the decrypted frame; undefined while it is incomplete
   * @throws a `RangeError` as soon as the length is known to be too large
   */
  read(chunk: Buffer): string | undefined {
    // What is beyond the largest frame belongs to none.
    this.#received.append(chunk.subarray(0, LENGTH_BYTES + this.#maxBytes - this.#received.length));
    const received = this.#received.toBuffer();
    if (received.length < LENGTH_BYTES) return undefined;
    const length = received.readUInt32BE();
    if (length > this.#maxBytes) throw new RangeError("The frame is too large.");
    const frame = received.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    return frame.length < length ? undefined : decryptXor(frame);
  }
}
