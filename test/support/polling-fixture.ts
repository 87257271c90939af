import { type CallOptions, type CallTrace } from "../../src/core/call-context";
import { PlatformError } from "../../src/core/errors";
import { Queue } from "../../src/core/queue";
import { PollCoordinator } from "../../src/polling/poll-coordinator";
import type { ChangeEvent, PollSource, Subscriber } from "../../src/polling/types";
import { FakeClock } from "./fake-clock";

/** A lamp that somebody watches. Its `note` changes without being news. */
export interface Lamp {
  name: string;
  on: boolean;
  note?: number;
  /** How often it flickered so quickly that nobody saw it. */
  flickers?: number;
}

/** A house full of lamps, which can be looked at. */
export class LampSource implements PollSource<Lamp> {
  readonly lamps = new Map<string, Lamp>();
  /** When somebody looked, and for what. */
  readonly polls: { at: number; wanted: string[] | undefined }[] = [];
  /** How often two lamps were compared. */
  comparisons = 0;
  /** What a look fails with. */
  trouble: unknown;
  /** How long a look takes. */
  lookMs = 0;
  /** Whether a look goes on for ever, whoever gives it up. */
  deaf = false;
  /** Whether only what is wanted is found. */
  frugal = false;

  constructor(readonly clock: FakeClock) {}

  /** So many lamps, all off: "0", called "lamp 0", and so on. */
  furnish(count: number): void {
    for (let id = 0; id < count; id++) this.lamps.set(String(id), { name: `lamp ${id}`, on: false });
  }

  lamp(id: number | string): Lamp {
    const lamp = this.lamps.get(String(id));
    if (!lamp) throw new Error(`no lamp ${id}`);
    return lamp;
  }

  async poll(
    wanted: ReadonlySet<string> | undefined,
    _previous: unknown,
    { signal }: CallOptions,
  ): Promise<Map<string, Lamp>> {
    this.polls.push({ at: this.clock.now(), wanted: wanted && [...wanted] });
    if (this.deaf) return new Promise(() => undefined);
    if (this.lookMs > 0) await this.clock.sleep(this.lookMs, signal);
    if (this.trouble !== undefined) throw this.trouble;
    const found = [...this.lamps].filter(
      ([id, { name }]) => !this.frugal || !wanted || wanted.has(id) || wanted.has(name),
    );
    return new Map(found.map(([id, lamp]) => [id, { ...lamp }]));
  }

  diff(before: Lamp | undefined, after: Lamp | undefined, id: string): ChangeEvent[] {
    this.comparisons++;
    const told = { id, name: (after ?? before)?.name ?? id, current: after ?? null, previous: before ?? null };
    if (!after) return [{ ...told, event: "gone" }];
    if (before && (after.flickers ?? 0) > (before.flickers ?? 0))
      return [{ ...told, event: "flickered", transient: true }];
    return before?.on === after.on ? [] : [{ ...told, event: after.on ? "on" : "off" }];
  }
}

/** One who writes down all that it hears. */
export class TestSubscriber implements Subscriber {
  readonly intervalMs: number;
  readonly confirmations: number;
  readonly initial: boolean;
  readonly filter: ReadonlySet<string>;
  readonly received: ChangeEvent[] = [];
  readonly failures: unknown[] = [];
  goods = 0;

  constructor(
    settings: Partial<Pick<Subscriber, "confirmations" | "initial" | "filter">> & { intervalS?: number } = {},
  ) {
    this.intervalMs = (settings.intervalS ?? 30) * 1000;
    this.confirmations = settings.confirmations ?? 1;
    this.initial = settings.initial ?? false;
    this.filter = settings.filter ?? new Set();
  }

  /** What was heard, in short: "on 3". */
  get events(): string[] {
    return this.received.map(({ event, id }) => `${event} ${id}`);
  }

  onEvent(change: ChangeEvent): void {
    this.received.push(change);
  }

  onSuccess(): void {
    this.goods++;
  }

  onError(error: unknown, _record: CallTrace): void {
    this.failures.push(error);
  }
}

/** A house of so many lamps, watched through a queue, at a clock that stands still. */
export function watchedLamps(
  lamps = 3,
  settings: { concurrency?: number; limit?: number; random?: () => number } = {},
) {
  const { concurrency = 4, limit = 1000, random = () => 0.5 } = settings;
  const clock = new FakeClock();
  const house = new LampSource(clock);
  house.furnish(lamps);
  const queue = new Queue({ concurrency, limit, clock });
  const watch = new PollCoordinator(house, { clock, queue, random });
  /** Lets time pass, in seconds. */
  const pass = (seconds: number): Promise<void> => clock.advance(seconds * 1000);
  return { clock, house, queue, watch, pass };
}

export const network = (): PlatformError => new PlatformError("network", "The platform cannot be reached.");
