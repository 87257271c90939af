import assert from "node:assert/strict";
import { oneOf, seeded } from "../../../scripts/soak/random";
import { PlatformError } from "../../../src/core/errors";
import { Queue } from "../../../src/core/queue";
import { protocolError } from "../../../src/http/response";
import { toQuery } from "../../../src/peplink/endpoints";
import { sources } from "../../../src/peplink/sources/index";
import type { PersistentValue } from "../../../src/persistence/encrypted-value";
import { LogTailer } from "../../../src/polling/log-tailer";
import { PollCoordinator } from "../../../src/polling/poll-coordinator";
import type { ChangeEvent } from "../../../src/polling/types";
import { FakeClock } from "../../support/fake-clock";
import { TestSubscriber } from "../../support/polling-fixture";
import { COMMANDS } from "../../support/simulators/peplink/commands";
import type { Json } from "../../support/simulators/peplink/json";
import { STATUS } from "../../support/simulators/peplink/status";
import { CARRIERS } from "../../support/simulators/peplink/wan";
import { World } from "../../support/simulators/peplink/world";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHANGES = 400;
const OUTAGES = 30;
const RESTARTS = 20;

/** What can happen to a router, and the events that it causes. */
type Act = (day: SimulatedDay) => string[];

const cellular = ({ world }: SimulatedDay) => world.wans.find(({ type }) => type === "cellular") ?? assert.fail();

/** A source with what can happen to it, and how an event is told from others. */
interface Scenario {
  acts: Act[];
  describe: (event: ChangeEvent) => string;
  /** Polls after which a change has certainly been seen; 0 for a log, which loses nothing. */
  pollsToSee: number;
}

const byId = ({ event, id }: ChangeEvent): string => `${event} ${id}`;
const byText = ({ current }: ChangeEvent): string => String((current as Json)["text"]);

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  cellular: {
    describe: byId,
    pollsToSee: 1,
    acts: [
      (day) => {
        const [one, other] = CARRIERS;
        assert.ok(one && other);
        cellular(day).carrier = cellular(day).carrier === one ? other : one;
        return ["carrier-changed 3"];
      },
      (day) => {
        for (const sim of cellular(day).sims) sim.simCardDetected = true;
        cellular(day).useSims(cellular(day).activeSim === 1 ? ["2"] : ["1"]);
        return ["sim-changed 3"];
      },
      (day) => {
        cellular(day).roaming = cellular(day).roaming === 1 ? 0 : 1;
        return ["roaming-changed 3"];
      },
      (day) => {
        const wasLow = cellular(day).signalLevel <= 1;
        cellular(day).signalLevel = wasLow ? oneOf([3, 4, 5], day.random) : oneOf([0, 1], day.random);
        return [wasLow ? "signal-ok 3" : "signal-low 3"];
      },
    ],
  },
  latency: {
    describe: byId,
    // The first poll after an outage looks at more of the time before the change than of the time after it.
    pollsToSee: 2,
    acts: [
      (day) => {
        const wan = oneOf(day.world.wans.slice(0, 3), day.random);
        const isHigh = !day.highLinks.delete(wan.id);
        if (isHigh) day.highLinks.add(wan.id);
        day.world.latency(wan).set(isHigh ? 900 : 20);
        return [`latency-${isHigh ? "high" : "ok"} ${wan.id}`];
      },
    ],
  },
  speed: {
    describe: byId,
    pollsToSee: 1,
    acts: [
      ({ world: { location } }) => {
        location.speed = location.speed > 1 ? 0.3 : 14;
        location.latitude += 0.01;
        return ["moved location"];
      },
    ],
  },
  sms: {
    describe: byText,
    pollsToSee: 0,
    acts: [
      (day) => {
        const text = `${day.changes} ${"and so on ".repeat(oneOf([0, 1, 30, 60], day.random))}end`;
        day.world.receiveText(oneOf(["+999155501", "+999155502", "988"], day.random), text);
        return [text];
      },
      // Somebody makes room, and the places are used again.
      (day) => {
        const before = day.clock.now() / 1000 - 2 * 3600;
        day.world.inbox = day.world.inbox.filter(({ timestamp }) => timestamp > before);
        return [];
      },
    ],
  },
  log: {
    describe: byText,
    pollsToSee: 0,
    acts: [
      (day) => {
        const lines = Array.from({ length: oneOf([1, 1, 2, 5], day.random) }, () => `change ${day.changes}`);
        for (const line of lines) day.world.log.write("System", line);
        return lines;
      },
      (day) => {
        const wan = oneOf(day.world.wans.slice(0, 2), day.random);
        wan.bounce(day.clock.now());
        const link = `${wan.name} (Priority ${wan.priority})`;
        return [`${link} disconnected (WAN failed DNS test)`, `${link} connected (${wan.ip})`];
      },
    ],
  },
};

/** A day of a router, on which everything happens to one source. */
class SimulatedDay {
  readonly clock = new FakeClock();
  readonly world = new World(() => this.clock.now());
  readonly received: ChangeEvent[] = [];
  readonly expected: string[] = [];
  readonly errors: unknown[] = [];
  readonly highLinks = new Set<number>();
  changes = 0;
  /** Until then, every request fails. */
  outageUntil = 0;
  /** Successful polls since the last change. */
  #polls = 0;
  #stored: string | undefined;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    readonly name: string,
    readonly random: () => number,
  ) {}

  /** Starts Node-RED; what it kept is only the cursor. */
  start(): void {
    const options = { clock: this.clock, queue: new Queue({ concurrency: 4, clock: this.clock }), random: this.random };
    const client = { status: (endpoint: string, params: object) => this.#respond(endpoint, params) };
    const source = sources[this.name]?.({ client, site: "", threshold: 200, clock: this.clock });
    assert.ok(source);
    const storedCursor: PersistentValue = {
      isUnreadable: false,
      load: async () => (this.#stored === undefined ? undefined : JSON.parse(this.#stored)),
      save: async (value) => void (this.#stored = JSON.stringify(value)),
    };
    const subscriber = new TestSubscriber({ intervalS: 60 });
    subscriber.onEvent = (change) => void this.received.push(change);
    subscriber.onError = (error) => void this.errors.push(error);
    subscriber.onSuccess = () => void this.#polls++;
    const shared =
      "poll" in source ? new PollCoordinator(source, options) : new LogTailer(source, storedCursor, options);
    this.#unsubscribe = shared.subscribe(subscriber);
  }

  async stop(): Promise<void> {
    await this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Lets something happen, but not to what may not have been seen as it was. */
  change({ acts, pollsToSee }: Scenario): void {
    const isSeen = this.#unsubscribe !== undefined && this.#polls >= pollsToSee;
    if (pollsToSee > 0 && !isSeen) return;
    this.changes++;
    this.expected.push(...oneOf(acts, this.random)(this));
    this.#polls = 0;
  }

  /** Stops Node-RED for some minutes; what has not been seen of a state until then is never told. */
  async restart({ pollsToSee }: Scenario): Promise<void> {
    if (this.#polls < pollsToSee) return;
    await this.stop();
    await this.clock.advance(Math.floor(60_000 + this.random() * 600_000));
    this.start();
    this.#polls = 0;
  }

  async #respond(endpoint: string, params: object): Promise<unknown> {
    const isFailing = this.clock.now() < this.outageUntil;
    if (isFailing && this.random() < 0.7) throw new PlatformError("network", "The router cannot be reached.");
    if (isFailing) throw protocolError("It is incomplete.");
    this.world.updateUptimes();
    const response = { ...STATUS, ...COMMANDS }[endpoint]?.GET?.(this.world, toQuery({ ...params }));
    return JSON.parse(JSON.stringify(response)) as unknown;
  }
}

describe("A simulated day of a router", () => {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(`with ${CHANGES} changes, ${OUTAGES} outages and ${RESTARTS} restarts loses, repeats and invents no event of ${name}`, async function () {
      this.timeout(60_000);
      const random = seeded(7);
      const day = new SimulatedDay(name, random);
      const start = day.clock.now();
      day.start();
      await day.clock.advance(61_000);
      const schedule = (count: number, run: () => void | Promise<void>) =>
        Array.from({ length: count }, () => ({ at: start + Math.floor(120_000 + random() * (DAY_MS - HOUR_MS)), run }));
      const plan = [
        ...schedule(CHANGES, () => day.change(scenario)),
        ...schedule(OUTAGES, () => {
          day.outageUntil = day.clock.now() + Math.floor(30_000 + random() * 300_000);
        }),
        ...schedule(RESTARTS, () => day.restart(scenario)),
      ];
      for (const { at, run } of plan.toSorted((one, other) => one.at - other.at)) {
        // Text messages of the same second are parts of one.
        await day.clock.advance(Math.max(1000, at - day.clock.now()));
        await run();
      }
      await day.clock.advance(HOUR_MS);
      await day.stop();

      assert.ok(day.errors.length >= OUTAGES / 3, `${day.errors.length} outages`);
      assert.ok(day.expected.length > CHANGES / 3, `${day.expected.length} events`);
      // A text message that may have another part arrives after those that came with the next poll.
      assert.deepEqual(day.received.map(scenario.describe).toSorted(), day.expected.toSorted());
      assert.equal(day.clock.sleepers, 0);
    });
  }
});
