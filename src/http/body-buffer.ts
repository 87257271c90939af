import { isAscii } from "node:buffer";

/** The first allocation, in bytes, once a body has more than one chunk. */
const INITIAL_BYTES = 64 * 1024;

/**
 * Collects a body of at most `maxBytes` in one buffer that grows: what it costs depends on the bytes alone. A list of
 * chunks would not: each of them is an object of some 130 bytes, and a server may send chunks of a single byte.
 */
export class BodyBuffer {
  readonly #maxBytes: number;
  /** The only chunk so far, not copied: most bodies have no second one. */
  #onlyChunk: Buffer | undefined;
  #buffer: Buffer | undefined;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.#length;
  }

  /** @returns false if the body is larger than allowed; then the chunk is not kept */
  append(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#maxBytes) return false;
    if (this.#length === 0) this.#onlyChunk = chunk;
    else this.#grow(length).set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** The body; it may share memory with what was appended. */
  toBuffer(): Buffer {
    return this.#onlyChunk ?? this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** The body as text. Most are nothing but ASCII, and decoding UTF-8 takes twice as long as copying that. */
  text(): string {
    const bytes = this.toBuffer();
    return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
  }

  // By doubling, so that each byte is copied about once.
  #grow(length: number): Buffer {
    const former = this.#onlyChunk ?? this.#buffer;
    if (this.#buffer && length <= this.#buffer.length) return this.#buffer;
    const size = Math.min(this.#maxBytes, Math.max(INITIAL_BYTES, 2 * length));
    const buffer = Buffer.allocUnsafe(size);
    if (former) buffer.set(former.subarray(0, this.#length));
    this.#onlyChunk = undefined;
    return (this.#buffer = buffer);
  }
}
