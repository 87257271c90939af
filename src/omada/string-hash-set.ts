const INITIAL_SLOTS = 1024;

/**
 * A set of strings that stores 64 bits of each in a table of numbers. With strings, a hundred thousand ids would be most of
 * the memory of a long list whose pages pass by. Two strings in a list of a million collide once in 40 million lists.
 */
export class StringHashSet {
  /** Two numbers per slot. The first is 0 in a free slot. */
  #slots = new Uint32Array(2 * INITIAL_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(text: string): boolean {
    const [high, low] = hash(text);
    return this.#slots[this.#find(high, low)] !== 0;
  }

  add(text: string): void {
    const [high, low] = hash(text);
    const index = this.#find(high, low);
    if (this.#slots[index] !== 0) return;
    this.#put(index, high, low);
    // An eighth of the slots stays free, so that linear probing ends within a few steps.
    if (++this.#size * 16 > this.#slots.length * 7) this.#grow();
  }

  // The slot of a hash, or the free one where it belongs.
  #find(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let index = (low * 2) & mask;
    while (slots[index] !== 0 && (slots[index] !== high || slots[index + 1] !== low)) index = (index + 2) & mask;
    return index;
  }

  #put(index: number, high: number, low: number): void {
    this.#slots[index] = high;
    this.#slots[index + 1] = low;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let index = 0; index < old.length; index += 2) {
      const [high = 0, low = 0] = old.subarray(index, index + 2);
      if (high !== 0) this.#put(this.#find(high, low), high, low);
    }
  }
}

/** Two 32-bit hashes (FNV-1a with two primes, and the finalizer of MurmurHash3); the first is never 0. */
function hash(text: string): [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x9e3779b1);
  }
  return [finalize(high) || 1, finalize(low)];
}

function finalize(bits: number): number {
  const one = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const two = Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (two ^ (two >>> 16)) >>> 0;
}
