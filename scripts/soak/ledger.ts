/** A message with its mark, as it passes through the flow. */
export interface MarkedMessage {
  /** Its number. Nodes leave unknown properties on the message. */
  mark: number;
  payload?: unknown;
  parts?: { index: number; count?: number };
  [property: string]: unknown;
}

/** A kind of message, and how to check its result. */
export interface MessageKind {
  /** Id of the node that it is sent to. */
  node: string;
  /** How often it is chosen, relative to the others. */
  weight: number;
  /** The properties of the message. */
  message(mark: number, random: () => number): object;
  /** Whether a result belongs to the message with this mark. */
  matches(msg: MarkedMessage, mark: number): boolean;
  /** Whether it writes; the platform then receives the mark. */
  writes?: boolean;
  /** The device that a message is for, where it is known which one has carried it out. */
  target?(mark: number): string;
  /** Whether the result consists of several messages. */
  multiple?: boolean;
}

const MAX_EXAMPLES = 5;
const CODES = new Set(
  "input config sign-in forbidden not-found rejected unsupported offline busy network tls timeout protocol cancelled".split(
    " ",
  ),
);
/** What an error says of a write that the device cannot have carried out. */
const NOT_SENT =
  /was not sent|on the local network that this one had|(refuses the|does not accept a) connection on the local network|cannot be reached on|does not answer on/;
/** Upper bounds of the latency histogram in milliseconds: from 0.1 ms, each 5 % above the one before. */
const LATENCY_BOUNDS = Array.from({ length: 280 }, (_, index) => 0.1 * 1.05 ** index);

/**
 * Records each message from its start to its end. Its memory is allocated at the start, because the soak measures how
 * much the heap grows.
 */
export class MessageLedger {
  /** Number of messages by error code; `ok` for those without an error. */
  readonly outcomes = new Map<string, number>();
  /** What went wrong, by description, each with a few examples. */
  readonly violations = new Map<string, { count: number; examples: string[] }>();
  readonly #startedAt: Float64Array;
  readonly #kind: Uint8Array;
  readonly #ended: Uint8Array;
  readonly #failed: Uint8Array;
  readonly #sent: Uint16Array;
  readonly #merged: Uint8Array;
  readonly #notSent: Uint8Array;
  readonly #latencies = new Uint32Array(LATENCY_BOUNDS.length + 1);
  #next = 0;
  #open = 0;

  constructor(
    readonly kinds: readonly MessageKind[],
    readonly capacity: number,
  ) {
    this.#startedAt = new Float64Array(capacity);
    this.#kind = new Uint8Array(capacity);
    this.#ended = new Uint8Array(capacity);
    this.#failed = new Uint8Array(capacity);
    this.#sent = new Uint16Array(capacity);
    this.#merged = new Uint8Array(capacity);
    this.#notSent = new Uint8Array(capacity);
  }

  /** Number of messages that were started. */
  get started(): number {
    return this.#next;
  }

  /** Number of messages that have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Number of messages that ended exactly once. */
  get endedOnce(): number {
    return this.#ended.subarray(0, this.#next).reduce((sum, ends) => sum + Number(ends === 1), 0);
  }

  get isFull(): boolean {
    return this.#next >= this.capacity;
  }

  /** Starts a message and returns its mark. */
  start(kind: number): number {
    const mark = this.#next++;
    this.#kind[mark] = kind;
    this.#startedAt[mark] = performance.now();
    this.#open++;
    return mark;
  }

  /** Records that a node sent a message. */
  recordSend(node: string, msg: MarkedMessage): void {
    const kind = this.#kindOf(msg.mark, node);
    if (!kind) return;
    const { mark } = msg;
    const before = this.#add(this.#sent, mark);
    if (this.#ended[mark]) this.#violation("sent after its end", node, mark);
    if (before > 0 && !kind.multiple) this.#violation("sent twice", node, mark);
    if (kind.multiple && msg.parts?.index !== before) this.#violation("parts out of order", node, mark);
    // A newer message took the place of this one while it waited: it has that one's result, and was not sent itself.
    if (isMerged(msg)) this.#merged[mark] = 1;
    else if (!kind.matches(msg, mark)) this.#violation("result of another message", node, mark);
  }

  /** Records that a message ended at a node. */
  recordEnd(node: string, msg: MarkedMessage, error: unknown): void {
    const kind = this.#kindOf(msg.mark, node);
    if (!kind) return;
    const { mark } = msg;
    if (this.#add(this.#ended, mark) > 0) return this.#violation("ended twice", node, mark);
    this.#open--;
    const { code = "no code", message = "" } = (error ?? { code: "ok" }) as { code?: string; message?: string };
    this.outcomes.set(code, (this.outcomes.get(code) ?? 0) + 1);
    if (error) {
      this.#failed[mark] = 1;
      if (NOT_SENT.test(message)) this.#notSent[mark] = 1;
      if (!CODES.has(code) || code === "input" || code === "config")
        this.#violation(`failed with "${code}" without a reason`, node, mark);
      if (this.#sent[mark] && !kind.multiple) this.#violation("sent, and failed as well", node, mark);
      return;
    }
    if (!this.#sent[mark]) this.#violation("succeeded, but was not sent", node, mark);
    const ms = performance.now() - (this.#startedAt[mark] ?? 0);
    const bucket = LATENCY_BOUNDS.findIndex((bound) => ms <= bound);
    this.#add(this.#latencies, bucket < 0 ? LATENCY_BOUNDS.length : bucket);
  }

  /** Number of failed messages whose error says that they were not sent. */
  get notSent(): number {
    return this.#notSent.reduce((sum, one) => sum + one, 0);
  }

  /**
   * Checks that each device has carried out what was meant for it, and in the order in which a node has received it.
   * @param writes in the order in which they were carried out
   */
  compareTargets(writes: readonly (readonly [mark: number, deviceId: string])[]): void {
    const lastMarks = new Map<string, number>();
    for (const [mark, deviceId] of writes) {
      const kind = this.kinds[this.#kind[mark] ?? 0] as MessageKind;
      if (kind.target?.(mark) !== deviceId) this.#violation("carried out by another device", kind.node, mark);
      const way = `${kind.node} ${deviceId}`;
      if (mark < (lastMarks.get(way) ?? -1)) this.#violation("carried out after a newer one", kind.node, mark);
      lastMarks.set(way, mark);
    }
  }

  /** Records open messages as lost, and compares the writes with the marks of those that the platforms carried out. */
  compareWrites(marks: readonly number[]): { twice: number; lost: number } {
    const writes = new Uint8Array(this.#next);
    for (const mark of marks) this.#add(writes, mark);
    let [twice, lost] = [0, 0];
    for (let mark = 0; mark < this.#next; mark++) {
      const kind = this.kinds[this.#kind[mark] ?? 0] as MessageKind;
      if (!this.#ended[mark]) this.#violation("never ended", kind.node, mark);
      if (!kind.writes) continue;
      const times = writes[mark] ?? 0;
      if (this.#merged[mark]) {
        if (times > 0) this.#violation("merged, but was written as well", kind.node, mark);
        continue;
      }
      if (times > 0 && this.#notSent[mark]) this.#violation("written, though said not to be sent", kind.node, mark);
      if (times > 1 && ++twice) this.#violation("written twice", kind.node, mark);
      if (times === 0 && this.#ended[mark] && !this.#failed[mark] && ++lost)
        this.#violation("succeeded, but was not written", kind.node, mark);
    }
    return { twice, lost };
  }

  /** A percentile of the latency of successful messages, in milliseconds. */
  percentile(share: number): number {
    const total = this.#latencies.reduce((sum, count) => sum + count, 0);
    let cumulative = 0;
    const index = this.#latencies.findIndex((count) => (cumulative += count) >= total * share);
    return LATENCY_BOUNDS[index] ?? Infinity;
  }

  // A message from Status or Catch has no mark, or that of a message to another node.
  #kindOf(mark: unknown, node: string): MessageKind | undefined {
    const kind = typeof mark === "number" ? this.kinds[this.#kind[mark] ?? 0] : undefined;
    return kind?.node === node ? kind : undefined;
  }

  #add(counts: Uint8Array | Uint16Array | Uint32Array, index: number): number {
    const before = counts[index] ?? 0;
    counts[index] = before + 1;
    return before;
  }

  #violation(description: string, node: string, mark: number): void {
    const violation = this.violations.get(description) ?? { count: 0, examples: [] };
    violation.count++;
    if (violation.examples.length < MAX_EXAMPLES) violation.examples.push(`${node} #${mark}`);
    this.violations.set(description, violation);
  }
}

function isMerged({ api }: MarkedMessage): boolean {
  return typeof api === "object" && api !== null && "merged" in api && api.merged === true;
}
