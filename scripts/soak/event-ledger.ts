/** What a trigger node sends, as far as it is looked at. */
interface Told {
  id?: string;
  current?: { content?: string };
  text?: string[];
}

/** Numbered things that happened: each has to be told once. */
class Numbered {
  readonly #times: Uint8Array;
  #first = Infinity;
  #last = -1;

  constructor(readonly most: number) {
    this.#times = new Uint8Array(most);
  }

  hear(text: string | undefined): void {
    const number = Number(/#(\d+)/.exec(text ?? "")?.[1]);
    if (!(number < this.most)) return;
    this.#times[number] = (this.#times[number] ?? 0) + 1;
    this.#first = Math.min(this.#first, number);
    this.#last = Math.max(this.#last, number);
  }

  times(number: number): number {
    return this.#times[number] ?? 0;
  }

  /** Which between the first and the last one were never told, and which more than once. */
  between(): { lost: number[]; twice: number[] } {
    const all: number[] = [];
    for (let number = this.#first; number <= this.#last; number++) all.push(number);
    this.#first = Infinity;
    this.#last = -1;
    return {
      lost: all.filter((number) => this.times(number) === 0),
      twice: all.filter((number) => this.times(number) > 1),
    };
  }
}

/** Listens to the trigger nodes: nothing lost that must not be, nothing told twice. */
export class Happenings {
  told = 0;
  lines = 0;
  /** What was lost, and what was told twice, in words. */
  readonly lost: string[] = [];
  readonly twice: string[] = [];
  readonly #lines: Numbered;
  readonly #posts: Numbered;
  /** The last state of each thing: what has gone up cannot go up again. */
  readonly #last = new Map<string, string>();

  constructor(most: number) {
    this.#lines = new Numbered(most);
    this.#posts = new Numbered(most);
  }

  hear(node: string, msg: { topic?: unknown; payload?: unknown }): void {
    const { id, current, text } = (msg.payload ?? {}) as Told;
    const topic = String(msg.topic);
    this.told++;
    if (node === "log") {
      this.lines++;
      return this.#lines.hear(current?.content);
    }
    if (node === "hook") return this.#posts.hear(text?.[0]);
    const [thing, state] = topic === "wan-active-changed" ? [node, id ?? "none"] : [`${node} ${id}`, topic];
    if (topic !== "wan-active-changed" && !STATES.test(topic)) return;
    if (this.#last.get(thing) === state) this.twice.push(`${thing} ${state}`);
    this.#last.set(thing, state);
  }

  /** After a deploy the nodes begin with what they find. */
  deployed(): void {
    this.#last.clear();
  }

  /** Adds up what was told of the log since the last time. */
  addLines(): void {
    const { lost, twice } = this.#lines.between();
    this.lost.push(...lost.map((number) => `line ${number}`));
    this.twice.push(...twice.map((number) => `line ${number}`));
  }

  /** @param posted numbers of the webhook's posts that were answered with 200 */
  addPosts(posted: readonly number[]): void {
    const lost = posted.filter((number) => this.#posts.times(number) === 0);
    this.lost.push(...lost.map((number) => `post ${number}`));
    this.twice.push(...this.#posts.between().twice.map((number) => `post ${number}`));
  }
}

const STATES = /^(on|off|online|offline|wan-(up|down|standby)|client-(connected|disconnected))$/;
