/** The part of a trigger node's payload that is checked. */
interface EventPayload {
  id?: string;
  current?: { content?: string; on?: boolean } | null;
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
  /** Descriptions of the changes of devices that have not changed. */
  readonly invented: string[] = [];
  readonly #lines: SequenceCounter;
  readonly #posts: SequenceCounter;
  /** The last state of each subject: what is up cannot come up again. */
  readonly #states = new Map<string, string>();
  /** The last change of each device of the house. */
  readonly #changes = new Map<string, string>();
  /** When the plug that is switched by hand was seen to be. */
  readonly #witnessed: { at: number; on: boolean }[] = [];
  readonly #resets: number[] = [];

  /** @param still id of a device that nobody switches */
  constructor(
    capacity: number,
    private readonly still: string,
  ) {
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
    if (node === "house") this.#recordDevice(topic, id ?? "", current);
    if (node === "witness") this.#witnessed.push({ at: Date.now(), on: topic === "on" });
    if (node === "hook") return this.#posts.record(text?.[0]);
    const [subject, state] = topic === "wan-active-changed" ? [node, id ?? "none"] : [`${node} ${id}`, topic];
    if (topic !== "wan-active-changed" && !STATES.test(topic)) return;
    if (this.#states.get(subject) === state) this.duplicated.push(`${subject} ${state}`);
    this.#states.set(subject, state);
  }

  /** Forgets the states: after a deploy the nodes start from what they find. */
  resetStates(): void {
    this.#states.clear();
    this.#changes.clear();
    this.#resets.push(Date.now());
  }

  /** How often the plug was seen to be switched by hand. */
  get witnessed(): number {
    return this.#witnessed.length;
  }

  /** Checks that each switching by hand was told once, from the first one that was told after each deploy. */
  checkWitness(toggles: readonly (readonly [at: number, on: boolean])[]): void {
    for (const [index, end] of this.#resets.entries()) {
      const told = this.#witnessed.filter(({ at }) => at < end && at >= (this.#resets[index - 1] ?? 0));
      const [first] = told;
      const toggledAt = toggles.findLast(([at, on]) => first && at <= first.at && on === first.on)?.[0];
      if (toggledAt === undefined) continue;
      const times = toggles.map(([at]) => at).filter((at) => at >= toggledAt && at < end);
      const certain = times.filter((at) => at < end - TOLD_WITHIN_MS).length;
      if (told.length < certain) this.lost.push(`${certain - told.length} of ${certain} by hand`);
      if (told.length > times.length) this.duplicated.push(`${told.length} of ${times.length} by hand`);
    }
  }

  #recordDevice(topic: string, id: string, current: EventPayload["current"]): void {
    const isChange = topic === "on" || topic === "off" || topic === "changed";
    if (isChange && id === this.still) this.invented.push(`${topic} ${id.slice(0, 4)}`);
    if (topic !== "changed") return;
    const state = JSON.stringify({ ...current, rssi: undefined });
    if (this.#changes.get(id) === state) this.duplicated.push(`changed ${id.slice(0, 4)}`);
    this.#changes.set(id, state);
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

/** The last switching before a deploy may be told after it, as part of what the nodes start from. */
const TOLD_WITHIN_MS = 8000;
const STATES = /^(on|off|online|offline|wan-(up|down|standby)|client-(connected|disconnected))$/;
