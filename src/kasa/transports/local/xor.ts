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
  readonly #chunks: Buffer[] = [];
  #received = 0;
  #expected: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @returns the decrypted frame; undefined while it is incomplete
   * @throws a `RangeError` as soon as the length is known to be too large
   */
  read(chunk: Buffer): string | undefined {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < LENGTH_BYTES) return undefined;
    this.#expected ??= Buffer.concat(this.#chunks).readUInt32BE();
    if (this.#expected > this.#maxBytes) throw new RangeError("The frame is too large.");
    const end = LENGTH_BYTES + this.#expected;
    return this.#received < end ? undefined : decryptXor(Buffer.concat(this.#chunks).subarray(LENGTH_BYTES, end));
  }
}
