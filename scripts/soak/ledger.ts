/** A message with its mark, as it goes through a flow. */
export interface Marked {
  /** Its number; the package leaves it on the message. */
  mark: number;
  payload?: unknown;
  parts?: { index: number; count?: number };
  [property: string]: unknown;
}

/** How a kind of message should end. */
export interface Kind {
  /** Of the node. */
  node: string;
  /** How often it is chosen, beside the others. */
  weight: number;
  /** What is put on the message. */
  message(mark: number, random: () => number): object;
  /** Whether an answer belongs to the message that asked for it. */
  fits(msg: Marked, mark: number): boolean;
  /** Whether it changes something; the platform then sees its mark. */
  writes?: boolean;
  /** Whether the answer comes as several messages. */
  several?: boolean;
}

const CODES = new Set(
  "input config sign-in forbidden not-found rejected unsupported offline busy network tls timeout protocol cancelled".split(
    " ",
  ),
);
/** Upper bounds of the latencies told apart: each is a twentieth more than the one before, from 0.1 ms on. */
const BOUNDS = Array.from({ length: 280 }, (_, index) => 0.1 * 1.05 ** index);

/**
 * Books each message from its way in to its end. All room is taken at the start: what is measured is the growth of
 * Node-RED's heap, not of this.
 */
export class Ledger {
  /** How many ended with each code; `ok` for none. */
  readonly ends = new Map<string, number>();
  /** What was found wrong, in words; the first few of each. */
  readonly faults = new Map<string, { count: number; examples: string[] }>();
  readonly #begun: Float64Array;
  readonly #kind: Uint8Array;
  readonly #ended: Uint8Array;
  readonly #failed: Uint8Array;
  readonly #sent: Uint16Array;
  readonly #latencies = new Uint32Array(BOUNDS.length + 1);
  #next = 0;
  #open = 0;

  constructor(
    readonly kinds: readonly Kind[],
    readonly most: number,
  ) {
    this.#begun = new Float64Array(most);
    this.#kind = new Uint8Array(most);
    this.#ended = new Uint8Array(most);
    this.#failed = new Uint8Array(most);
    this.#sent = new Uint16Array(most);
  }

  /** How many went in. */
  get begun(): number {
    return this.#next;
  }

  /** How many have not ended. */
  get open(): number {
    return this.#open;
  }

  /** How many ended exactly once. */
  get endedOnce(): number {
    return this.#ended.subarray(0, this.#next).reduce((sum, ends) => sum + Number(ends === 1), 0);
  }

  get isFull(): boolean {
    return this.#next >= this.most;
  }

  /** The mark of a message that goes in now. */
  begin(kind: number): number {
    const mark = this.#next++;
    this.#kind[mark] = kind;
    this.#begun[mark] = performance.now();
    this.#open++;
    return mark;
  }

  /** A node has sent a message on. */
  sent(node: string, msg: Marked): void {
    const kind = this.#kindOf(msg.mark, node);
    if (!kind) return;
    const { mark } = msg;
    const before = this.#add(this.#sent, mark);
    if (this.#ended[mark]) this.#wrong("sent after its end", node, mark);
    if (before > 0 && !kind.several) this.#wrong("sent twice", node, mark);
    if (kind.several && msg.parts?.index !== before) this.#wrong("parts out of order", node, mark);
    if (!kind.fits(msg, mark)) this.#wrong("another's answer", node, mark);
  }

  /** A message has ended at a node. */
  ended(node: string, msg: Marked, error: unknown): void {
    const kind = this.#kindOf(msg.mark, node);
    if (!kind) return;
    const { mark } = msg;
    if (this.#add(this.#ended, mark) > 0) return this.#wrong("ended twice", node, mark);
    this.#open--;
    const { code = "no code" } = (error ?? { code: "ok" }) as { code?: string };
    this.ends.set(code, (this.ends.get(code) ?? 0) + 1);
    if (error) {
      this.#failed[mark] = 1;
      if (!CODES.has(code) || code === "input" || code === "config")
        this.#wrong(`failed with "${code}" for no reason`, node, mark);
      if (this.#sent[mark] && !kind.several) this.#wrong("sent, and failed as well", node, mark);
      return;
    }
    if (!this.#sent[mark]) this.#wrong("ended well, but was not sent", node, mark);
    const ms = performance.now() - (this.#begun[mark] ?? 0);
    const bound = BOUNDS.findIndex((bound) => ms <= bound);
    this.#add(this.#latencies, bound < 0 ? BOUNDS.length : bound);
  }

  /** Books the open ones as lost, and compares the writes with what the platforms have carried out. */
  close(marks: readonly number[]): { twice: number; lost: number } {
    const carriedOut = new Uint8Array(this.#next);
    for (const mark of marks) this.#add(carriedOut, mark);
    let [twice, lost] = [0, 0];
    for (let mark = 0; mark < this.#next; mark++) {
      const kind = this.kinds[this.#kind[mark] ?? 0] as Kind;
      if (!this.#ended[mark]) this.#wrong("never ended", kind.node, mark);
      if (!kind.writes) continue;
      const times = carriedOut[mark] ?? 0;
      if (times > 1 && ++twice) this.#wrong("written twice", kind.node, mark);
      if (times === 0 && this.#ended[mark] && !this.#failed[mark] && ++lost)
        this.#wrong("ended well, but was not written", kind.node, mark);
    }
    return { twice, lost };
  }

  /** Milliseconds that a share of all good messages took at most. */
  percentile(share: number): number {
    const all = this.#latencies.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    const index = this.#latencies.findIndex((count) => (seen += count) >= all * share);
    return BOUNDS[index] ?? Infinity;
  }

  // A message of Node-RED's own (a status, an error) bears no mark; one of a node before it in a flow, another's.
  #kindOf(mark: unknown, node: string): Kind | undefined {
    const kind = typeof mark === "number" ? this.kinds[this.#kind[mark] ?? 0] : undefined;
    return kind?.node === node ? kind : undefined;
  }

  #add(counts: Uint8Array | Uint16Array | Uint32Array, index: number): number {
    const before = counts[index] ?? 0;
    counts[index] = before + 1;
    return before;
  }

  #wrong(what: string, node: string, mark: number): void {
    const known = this.faults.get(what) ?? { count: 0, examples: [] };
    known.count++;
    if (known.examples.length < 5) known.examples.push(`${node} #${mark}`);
    this.faults.set(what, known);
  }
}
