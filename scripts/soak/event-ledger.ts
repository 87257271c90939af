/** The part of a trigger node's payload that is checked. */
interface EventPayload {
  id?: string;
  current?: { content?: string };
  text?: string[];
}

/** Counts numbered events, each of which must arrive exactly once. */
class SequenceCounter {
  readonly #counts: Uint8Array;
  #first = Infinity;
  #last = -1;

  constructor(readonly capacity: number) {
    this.#counts = new Uint8Array(capacity);
  }

  record(text: string | undefined): void {
    const number = Number(/#(\d+)/.exec(text ?? "")?.[1]);
    if (!(number < this.capacity)) return;
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
    this.#first = Math.min(this.#first, number);
    this.#last = Math.max(this.#last, number);
  }

  count(number: number): number {
    return this.#counts[number] ?? 0;
  }

  /** The numbers between the first and the last one that never arrived, and those that arrived repeatedly. Starts again. */
  takeErrors(): { lost: number[]; duplicated: number[] } {
    const expected: number[] = [];
    for (let number = this.#first; number <= this.#last; number++) expected.push(number);
    this.#first = Infinity;
    this.#last = -1;
    return {
      lost: expected.filter((number) => this.count(number) === 0),
      duplicated: expected.filter((number) => this.count(number) > 1),
    };
  }
}

/** Records the messages of the trigger nodes, to see that no event is lost and none is emitted twice. */
export class EventLedger {
  received = 0;
  logLines = 0;
  /** Descriptions of the events that were lost or emitted twice. */
  readonly lost: string[] = [];
  readonly duplicated: string[] = [];
  readonly #lines: SequenceCounter;
  readonly #posts: SequenceCounter;
  /** The last state of each subject: what is up cannot come up again. */
  readonly #states = new Map<string, string>();

  constructor(capacity: number) {
    this.#lines = new SequenceCounter(capacity);
    this.#posts = new SequenceCounter(capacity);
  }

  record(node: string, msg: { topic?: unknown; payload?: unknown }): void {
    const { id, current, text } = (msg.payload ?? {}) as EventPayload;
    const topic = String(msg.topic);
    this.received++;
    if (node === "log") {
      this.logLines++;
      return this.#lines.record(current?.content);
    }
    if (node === "hook") return this.#posts.record(text?.[0]);
    const [subject, state] = topic === "wan-active-changed" ? [node, id ?? "none"] : [`${node} ${id}`, topic];
    if (topic !== "wan-active-changed" && !STATES.test(topic)) return;
    if (this.#states.get(subject) === state) this.duplicated.push(`${subject} ${state}`);
    this.#states.set(subject, state);
  }

  /** Forgets the states: after a deploy the nodes start from what they find. */
  resetStates(): void {
    this.#states.clear();
  }

  /** Checks the lines of the log that arrived since the last check. */
  checkLogLines(): void {
    const { lost, duplicated } = this.#lines.takeErrors();
    this.lost.push(...lost.map((number) => `line ${number}`));
    this.duplicated.push(...duplicated.map((number) => `line ${number}`));
  }

  /** @param accepted numbers of the webhook posts that were answered with 200 */
  checkPosts(accepted: readonly number[]): void {
    const lost = accepted.filter((number) => this.#posts.count(number) === 0);
    this.lost.push(...lost.map((number) => `post ${number}`));
    this.duplicated.push(...this.#posts.takeErrors().duplicated.map((number) => `post ${number}`));
  }
}

const STATES = /^(on|off|online|offline|wan-(up|down|standby)|client-(connected|disconnected))$/;
