const FIRST_KEY = 171;
const LENGTH_BYTES = 4;

/** Encrypts with the autokey cipher of older devices: each byte is the key of the next one (kasa-local.md section 2). */
export function encryptXor(text: string): Buffer {
  const bytes = Buffer.from(text);
  let key = FIRST_KEY;
  // An iterator would make an array for each byte.
  for (let index = 0; index < bytes.length; index++) key = bytes[index] = (bytes[index] as number) ^ key;
  return bytes;
}

/** Decrypts what `encryptXor` has encrypted. */
export function decryptXor(encrypted: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(encrypted.length);
  let key = FIRST_KEY;
  for (let index = 0; index < bytes.length; index++) {
    const byte = encrypted[index] as number;
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

/** Collects one frame after the other from the segments in which they arrive: the length may come alone, or in two. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #header = Buffer.alloc(LENGTH_BYTES);
  /** Undefined while the frame is in one segment: most are, and are not copied. */
  #body: Buffer | undefined;
  #length = 0;
  #hasMore = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes of the frame have arrived. */
  get length(): number {
    return this.#length;
  }

  /** Whether something has arrived that does not belong to the frame. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Starts with the next frame. */
  reset(): void {
    this.#body = undefined;
    this.#length = 0;
    this.#hasMore = false;
  }

  /**
   * @returns the decrypted frame; undefined while it is incomplete
   * @throws a `RangeError` as soon as the length is known to be too large
   */
  read(chunk: Buffer): string | undefined {
    let offset = 0;
    while (this.#length < LENGTH_BYTES && offset < chunk.length)
      this.#header[this.#length++] = chunk[offset++] as number;
    if (this.#length < LENGTH_BYTES) return undefined;
    const size = this.#header.readUInt32BE();
    if (size > this.#maxBytes) throw new RangeError("The frame is too large.");
    const start = this.#length - LENGTH_BYTES;
    const part = chunk.subarray(offset, offset + size - start);
    this.#length += part.length;
    this.#hasMore = offset + part.length < chunk.length;
    if (part.length === size) return decryptXor(part);
    this.#body ??= Buffer.allocUnsafe(size);
    this.#body.set(part, start);
    return start + part.length < size ? undefined : decryptXor(this.#body);
  }
}
