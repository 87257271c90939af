import type { CallOptions } from "../../src/core/call-context";
import { PlatformError } from "../../src/core/errors";
import { Queue } from "../../src/core/queue";
import { PollCoordinator } from "../../src/polling/poll-coordinator";
import type { ChangeEvent, PollSource, Subscriber } from "../../src/polling/types";
import { FakeClock } from "./fake-clock";

/** A lamp of a `LampSource`. A change of its `note` is not an event. */
export interface Lamp {
  name: string;
  on: boolean;
  note?: number;
  /** How often it went on and off between two polls. */
  flickers?: number;
}

/** A source of lamps, whose behaviour a test can change. */
class LampSource implements PollSource<Lamp> {
  readonly lamps = new Map<string, Lamp>();
  /** Each poll: when it began, and its filter. */
  readonly polls: { at: number; filter: string[] | undefined }[] = [];
  /** How often `diff` was called. */
  comparisons = 0;
  /** What a poll rejects with. */
  error: unknown;
  /** How long a poll takes. */
  pollMs = 0;
  /** Whether a poll never ends, not even when it is aborted. */
  ignoresAbort = false;
  /** Whether a poll returns only the lamps that its filter names. */
  appliesFilter = false;

  constructor(readonly clock: FakeClock) {}

  /** Adds lamps that are off: "0", named "lamp 0", and so on. */
  addLamps(count: number): void {
    for (let id = 0; id < count; id++) this.lamps.set(String(id), { name: `lamp ${id}`, on: false });
  }

  lamp(id: number | string): Lamp {
    const lamp = this.lamps.get(String(id));
    if (!lamp) throw new Error(`There is no lamp ${id}.`);
    return lamp;
  }

  async poll(
    filter: ReadonlySet<string> | undefined,
    _previous: ReadonlyMap<string, Lamp>,
    { signal }: CallOptions,
  ): Promise<Map<string, Lamp>> {
    this.polls.push({ at: this.clock.now(), filter: filter && [...filter] });
    if (this.ignoresAbort) return new Promise(() => undefined);
    if (this.pollMs > 0) await this.clock.sleep(this.pollMs, signal);
    if (this.error !== undefined) throw this.error;
    const polled = [...this.lamps].filter(
      ([id, { name }]) => !this.appliesFilter || !filter || filter.has(id) || filter.has(name),
    );
    return new Map(polled.map(([id, lamp]) => [id, { ...lamp }]));
  }

  diff(before: Lamp | undefined, after: Lamp | undefined, id: string): ChangeEvent[] {
    this.comparisons++;
    const change = { id, name: (after ?? before)?.name ?? id, current: after ?? null, previous: before ?? null };
    if (!after) return [{ ...change, event: "removed" }];
    if (before && (after.flickers ?? 0) > (before.flickers ?? 0))
      return [{ ...change, event: "flickered", transient: true }];
    return before?.on === after.on ? [] : [{ ...change, event: after.on ? "on" : "off" }];
  }
}

/** A subscriber that records what it receives. */
export class TestSubscriber implements Subscriber {
  readonly intervalMs: number;
  readonly confirmations: number;
  readonly initial: boolean;
  readonly filter: ReadonlySet<string>;
  readonly received: ChangeEvent[] = [];
  readonly errors: unknown[] = [];
  successes = 0;

  constructor(
    settings: Partial<Pick<Subscriber, "confirmations" | "initial" | "filter">> & { intervalS?: number } = {},
  ) {
    this.intervalMs = (settings.intervalS ?? 30) * 1000;
    this.confirmations = settings.confirmations ?? 1;
    this.initial = settings.initial ?? false;
    this.filter = settings.filter ?? new Set();
  }

  /** What was received, in short: "on 3". */
  get events(): string[] {
    return this.received.map(({ event, id }) => `${event} ${id}`);
  }

  onEvent(change: ChangeEvent): void {
    this.received.push(change);
  }

  onSuccess(): void {
    this.successes++;
  }

  onError(error: unknown): void {
    this.errors.push(error);
  }
}

/** A source with some lamps, and a coordinator that polls it on a fake clock. */
export function setUpLamps(lamps = 3, settings: { concurrency?: number; limit?: number; random?: () => number } = {}) {
  const { concurrency = 4, limit = 1000, random = () => 0.5 } = settings;
  const clock = new FakeClock();
  const source = new LampSource(clock);
  source.addLamps(lamps);
  const queue = new Queue({ concurrency, limit, clock });
  const coordinator = new PollCoordinator(source, { clock, queue, random });
  /** Lets time pass, in seconds. */
  const advance = (seconds: number): Promise<void> => clock.advance(seconds * 1000);
  return { clock, source, queue, coordinator, advance };
}

/** The same, with a subscriber that has seen the first poll. */
export async function setUpSubscribed(...settings: Parameters<typeof setUpLamps>) {
  const setup = setUpLamps(...settings);
  const subscriber = new TestSubscriber();
  setup.coordinator.subscribe(subscriber);
  await setup.advance(1);
  return { ...setup, subscriber };
}

export const networkError = (): PlatformError => new PlatformError("network", "The platform cannot be reached.");
