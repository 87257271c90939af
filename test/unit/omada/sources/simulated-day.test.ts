import assert from "node:assert/strict";
import { Queue } from "../../../../src/core/queue";
import { sources } from "../../../../src/omada/sources/index";
import type { PersistentValue } from "../../../../src/persistence/encrypted-value";
import { LogTailer } from "../../../../src/polling/log-tailer";
import { PollCoordinator } from "../../../../src/polling/poll-coordinator";
import { FakeClock } from "../../../support/fake-clock";
import { OmadaFixture } from "../../../support/omada-fixture";
import { TestSubscriber } from "../../../support/polling-fixture";
import type { OmadaController } from "../../../support/simulators/omada/controller";

const DAY_S = 86_400;
const INTERVAL_S = 600;
const POLLS = DAY_S / INTERVAL_S;

/** A generator of numbers from 0 to 1 that are the same in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

/** A subscriber that tells when a poll has ended. */
class WaitingSubscriber extends TestSubscriber {
  #onEnd: (() => void) | undefined;

  /** Resolves with the next poll, failed or not. */
  ended(): Promise<void> {
    return new Promise((resolve) => (this.#onEnd = resolve));
  }

  override onSuccess(): void {
    super.onSuccess();
    this.#onEnd?.();
  }

  override onError(error: unknown): void {
    super.onError(error);
    this.#onEnd?.();
  }
}

/** Watches a source of all sites of a controller for a day. */
class SimulatedDay {
  readonly clock = new FakeClock();
  readonly random = seededRandom(20_261_129);
  readonly subscriber = new WaitingSubscriber({ intervalS: INTERVAL_S });
  readonly expected: string[] = [];
  readonly omada: OmadaController;
  outages = 0;
  #stored: string | undefined;
  #stop: () => Promise<void> = async () => undefined;

  private constructor(
    readonly fixture: OmadaFixture,
    readonly source: string,
  ) {
    this.omada = fixture.omada;
    this.omada.now = () => this.clock.now();
  }

  static async start(source: string): Promise<SimulatedDay> {
    const day = new SimulatedDay(await OmadaFixture.start({ version: "6.2.0.17" }), source);
    await day.watch();
    return day;
  }

  /** What a Node-RED that starts does. */
  async watch(): Promise<void> {
    const source = sources[this.source]?.({ client: this.fixture.client, site: "", threshold: 0, clock: this.clock });
    assert.ok(source);
    const cursor: PersistentValue = {
      isUnreadable: false,
      load: async () => (this.#stored === undefined ? undefined : (JSON.parse(this.#stored) as unknown)),
      save: async (value) => void (this.#stored = JSON.stringify(value)),
    };
    const options = { clock: this.clock, queue: new Queue({ concurrency: 4, clock: this.clock }), random: () => 0 };
    const shared = "poll" in source ? new PollCoordinator(source, options) : new LogTailer(source, cursor, options);
    const ended = this.subscriber.ended();
    this.#stop = shared.subscribe(this.subscriber);
    await this.clock.advance(1);
    await ended;
  }

  /** Lets time pass until the next poll has ended. */
  async poll(): Promise<void> {
    const ended = this.subscriber.ended();
    await this.clock.advance(INTERVAL_S * 1000);
    await ended;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Lets some of the requests until the next poll fail, in one way or another. */
  async failOnce(): Promise<void> {
    this.outages++;
    const responses = [
      { status: 502, body: "" },
      { body: "<html>" },
      { body: { errorCode: -1, msg: "General error." } },
    ];
    this.fixture.respondWith(/\/sites\/|\/logs\//, responses[this.outages % responses.length] ?? {}, 3);
    await this.poll();
  }

  pick<T>(items: readonly T[]): T {
    assert.ok(items.length > 0);
    return items[Math.floor(this.random() * items.length)] as T;
  }
}

/** What an event is about: "port 02-00-…/7". */
const itemOf = (event: string): string => event.replace(/-\w+ /, " ");

/** The events of each item in their order; items of one poll may come in any order. */
function byItem(events: readonly string[]): Map<string, string[]> {
  const items = new Map<string, string[]>();
  for (const event of events) items.set(itemOf(event), [...(items.get(itemOf(event)) ?? []), event]);
  return new Map([...items].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What can change, and the events of that. */
interface Switchable {
  name: string;
  isOn: boolean;
  set: (isOn: boolean) => void;
  events: readonly [on: string, off: string];
}

function portsOf(omada: OmadaController): Switchable[] {
  return omada.devices
    .filter(({ type }) => type === "switch")
    .flatMap((device) =>
      device.ports.flatMap(({ port, poe }) => {
        const common = { name: `${device.mac}/${port}`, isOn: true };
        const setLink = (isOn: boolean): void => omada.setPortLink(device, port, isOn);
        const setPower = (isOn: boolean): void => omada.setPortPower(device, port, isOn);
        const link: Switchable = { ...common, set: setLink, events: ["port-up", "port-down"] };
        return poe ? [link, { ...common, set: setPower, events: ["poe-on", "poe-off"] }] : [link];
      }),
    );
}

function vpnsOf(omada: OmadaController): Switchable[] {
  const site = omada.site("Harbour");
  const kinds = ["server", "client", "ipsec", "wireguard"] as const;
  return kinds.flatMap((kind) =>
    [1, 2, 3, 4, 5].map((number): Switchable => {
      const vpn = omada.addVpn(site, kind, `${kind} ${number}`, kind === "server" ? "ada" : "");
      const set = (isOn: boolean): void => omada.setVpn(vpn, isOn);
      return { name: vpn.name, isOn: true, set, events: ["vpn-up", "vpn-down"] };
    }),
  );
}

describe("A simulated day of an Omada controller", function () {
  this.timeout(120_000);

  for (const [source, create] of [
    ["ports", portsOf],
    ["vpn", vpnsOf],
  ] as const) {
    it(`loses, repeats and invents nothing of the source ${source}`, async () => {
      const day = await SimulatedDay.start(source);
      const { omada, subscriber, expected, random } = day;
      const things = create(omada);
      await day.poll();
      subscriber.received.length = 0;
      const received = (): string[] =>
        subscriber.received.map(({ event, id, name }) => `${event} ${source === "vpn" ? vpnName(name, id) : id}`);
      const lost = omada.devices.filter(({ type }) => type === (source === "vpn" ? "gateway" : "switch"));
      let changes = 0;

      for (let poll = 0; poll < POLLS; poll++) {
        const seen = byItem(received());
        for (let change = 0; change < 2; change++) {
          const thing = day.pick(things);
          const item = itemOf(`${thing.events[0]} ${thing.name}`);
          // What changes back before it was seen has not changed.
          if (expected.filter((event) => itemOf(event) === item).length > (seen.get(item)?.length ?? 0)) continue;
          thing.isOn = !thing.isOn;
          thing.set(thing.isOn);
          expected.push(`${thing.events[thing.isOn ? 0 : 1]} ${thing.name}`);
          changes++;
        }
        const device = day.pick(lost);
        if (random() < 0.05) omada.disconnectDevice(device);
        else omada.reconnectDevice(device);
        if (random() < 0.1) await day.failOnce();
        else await day.poll();
      }
      for (const device of lost) omada.reconnectDevice(device);
      for (let poll = 0; poll < 4; poll++) await day.poll();
      await day.stop();

      assert.deepEqual(byItem(received()), byItem(expected));
      assert.ok(subscriber.received.every(({ site }) => site === "Harbour" || site === "Depot"));
      assert.ok(
        changes > POLLS && day.outages > POLLS / 20 && subscriber.errors.length > 0,
        `${changes} ${day.outages}`,
      );
      assert.equal(day.clock.sleepers, 0);
    });
  }

  for (const [source, sites] of [
    ["global", [undefined]],
    ["events", ["Harbour", "Depot"]],
  ] as const) {
    it(`loses, repeats and invents no line of the source ${source}, also with restarts`, async () => {
      const day = await SimulatedDay.start(source);
      const { omada, subscriber, expected, random, clock } = day;
      let restarts = 0;
      const write = (): void => {
        for (let lines = Math.floor(random() * 4); lines > 0; lines--) {
          const name = day.pick<string | undefined>(sites);
          const to = source === "global" && random() < 0.5 ? "alerts" : "events";
          const time = clock.now() - (random() < 0.2 ? Math.floor(random() * 1_800_000) : 0);
          const { id } = omada.writeLog(to, name === undefined ? undefined : omada.site(name), { time });
          expected.push(`${to === "alerts" ? "alert" : "log"} ${id}`);
        }
      };

      for (let poll = 0; poll < POLLS; poll++) {
        write();
        const dice = random();
        if (dice < 0.1) await day.failOnce();
        else if (dice < 0.2) {
          await day.stop();
          restarts++;
          await clock.advance(Math.floor(random() * 600_000));
          write();
          await day.watch();
        } else await day.poll();
      }
      for (let poll = 0; poll < 4; poll++) await day.poll();
      await day.stop();

      assert.deepEqual(subscriber.events.toSorted(), expected.toSorted());
      assert.ok(
        expected.length > POLLS && restarts > 10 && subscriber.errors.length > 0,
        `${expected.length} ${restarts}`,
      );
      assert.equal(clock.sleepers, 0);
    });
  }
});

/** The name that the simulator has for a connection: that of a server, not of its user. */
function vpnName(name: string | null, id: string | null): string {
  return name === "ada" ? `server ${id?.split("/")[1]}` : String(name);
}
