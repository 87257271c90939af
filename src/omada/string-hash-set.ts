const FIRST_PLACES = 1024;

/**
 * Remembers texts by 64 bits of each, in a table of numbers: a hundred thousand ids kept as texts would be most of what a
 * long list holds in memory while its pages pass by. Two texts of a list of a million are alike by chance once in 40
 * million lists.
 */
export class StringHashSet {
  #places = new Uint32Array(2 * FIRST_PLACES);
  #size = 0;

  /** How many texts were added. */
  get size(): number {
    return this.#size;
  }

  has(text: string): boolean {
    const [high, low] = hashes(text);
    return this.#places[this.#find(high, low)] !== 0;
  }

  add(text: string): void {
    const [high, low] = hashes(text);
    const at = this.#find(high, low);
    if (this.#places[at] !== 0) return;
    this.#put(at, high, low);
    // An eighth stays free, so that a place is found within a few steps; each has two numbers.
    if (++this.#size * 16 > this.#places.length * 7) this.#grow();
  }

  // The place of these bits: theirs, or the free one where they belong.
  #find(high: number, low: number): number {
    const places = this.#places;
    const last = places.length - 1;
    let at = (low * 2) & last;
    while (places[at] !== 0 && (places[at] !== high || places[at + 1] !== low)) at = (at + 2) & last;
    return at;
  }

  #put(at: number, high: number, low: number): void {
    this.#places[at] = high;
    this.#places[at + 1] = low;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = before.subarray(at, at + 2);
      if (high !== 0) this.#put(this.#find(high, low), high, low);
    }
  }
}

/** Two numbers of 32 bits that depend on every letter (FNV-1a with two primes, mixed as MurmurHash3 ends); the first is never 0. */
function hashes(text: string): [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = text.length;
  for (let index = 0; index < text.length; index++) {
    const letter = text.charCodeAt(index);
    high = Math.imul(high ^ letter, 0x01000193);
    low = Math.imul(low ^ letter, 0x9e3779b1);
  }
  return [mixed(high) || 1, mixed(low)];
}

function mixed(bits: number): number {
  const one = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const two = Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (two ^ (two >>> 16)) >>> 0;
}
