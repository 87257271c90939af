import assert from "node:assert/strict";
import { PlatformError } from "../../../src/core/errors";
import { Queue } from "../../../src/core/queue";
import { protocolError } from "../../../src/http/response";
import { toQuery } from "../../../src/peplink/endpoints";
import { sources } from "../../../src/peplink/sources/index";
import { parseFilter } from "../../../src/polling/filter";
import { PollCoordinator } from "../../../src/polling/poll-coordinator";
import { FakeClock } from "../../support/fake-clock";
import { TestSubscriber } from "../../support/polling-fixture";
import type { LanClient, Peer } from "../../support/simulators/peplink/router";
import { STATUS } from "../../support/simulators/peplink/status";
import { World } from "../../support/simulators/peplink/world";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHANGES = 2000;
const OUTAGES = 50;
const CLIENTS = 200;
// So many that never half of them change during one outage: that would count as a restart.
const PEERS = 80;

/** A generator of numbers from 0 to 1 that are the same in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    const more = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61));
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A day of a router, and the events that should be emitted. */
class SimulatedDay {
  readonly clock = new FakeClock();
  readonly world = new World(() => this.clock.now());
  readonly expected: { clients: string[]; filtered: string[]; vpn: string[]; wan: string[] } = {
    clients: [],
    filtered: [],
    vpn: [],
    wan: [],
  };
  /** When each source was last polled successfully. */
  readonly #polledAt: Record<string, number> = {};
  readonly #changedAt = new Map<unknown, number>();
  /** Until then, every request fails. */
  outageUntil = 0;
  outages = 0;

  constructor(readonly random: () => number) {
    const { world } = this;
    world.clients = Array.from({ length: CLIENTS }, (_, index) => {
      const mac = `02:00:5E:00:01:${index.toString(16).padStart(2, "0").toUpperCase()}`;
      return { ip: `192.168.50.${index}`, name: `client ${index}`, mac, active: random() < 0.5 };
    });
    const [peer] = world.peers as [Peer];
    world.peers = Array.from({ length: PEERS }, (_, index) => ({
      ...peer,
      peerId: `${index}-1`,
      name: `peer ${index}`,
    }));
  }

  createCoordinator(name: string): PollCoordinator<unknown> {
    const status = async (endpoint: string, params: object): Promise<unknown> => {
      const isFailing = this.clock.now() < this.outageUntil;
      if (isFailing && this.random() < 0.7) throw new PlatformError("network", "The router cannot be reached.");
      if (isFailing) throw protocolError("It is incomplete.");
      this.world.updateUptimes();
      const response = STATUS[endpoint]?.GET?.(this.world, toQuery({ ...params }));
      this.#polledAt[name] = this.clock.now();
      return JSON.parse(JSON.stringify(response)) as unknown;
    };
    const source = sources[name]?.({ client: { status }, site: "", threshold: 0, clock: this.clock });
    assert.ok(source && "poll" in source);
    const queue = new Queue({ concurrency: 4, clock: this.clock });
    return new PollCoordinator(source, { clock: this.clock, queue, random: this.random });
  }

  /** Changes a random item, of those whose last change a poll has seen. */
  change(): void {
    const isSeen = (source: string, item: unknown): boolean =>
      (this.#changedAt.get(item) ?? -1) < (this.#polledAt[source] ?? 0);
    const pick = <T>(source: string, items: readonly T[]): T => {
      const candidates = items.filter((item) => isSeen(source, item));
      const item = candidates[Math.floor(this.random() * candidates.length)] ?? assert.fail(`no ${source} left`);
      this.#changedAt.set(item, this.clock.now());
      return item;
    };
    const kind = this.random();
    if (kind < 0.1 && isSeen("wan", "wan")) {
      this.#changedAt.set("wan", this.clock.now());
      this.#changeWan();
    } else if (kind < 0.3) this.#changePeer(pick("vpn", this.world.peers));
    else this.#changeClient(pick("clients", this.world.clients));
  }

  /** Changes a client and changes it back before any poll. */
  flicker(): void {
    const client = this.world.clients[0] as LanClient;
    client.active = !client.active;
    client.active = !client.active;
  }

  #changeClient(client: LanClient): void {
    client.active = !client.active;
    const event = client.active ? "client-connected" : "client-disconnected";
    this.expected.clients.push(`${event} ${client.mac}`);
    if (Number(client.name.slice(7)) % 2) this.expected.filtered.push(`${event} ${client.mac}`);
  }

  #changePeer(peer: Peer): void {
    const isUp = peer.status !== "CONNECTED";
    peer.status = isUp ? "CONNECTED" : "START";
    this.expected.vpn.push(`${isUp ? "vpn-up" : "vpn-down"} ${peer.peerId}`);
  }

  #changeWan(): void {
    const before = this.#wanStates();
    const [activeBefore] = this.world.activeWans();
    const links = this.world.wans.filter(({ enable }) => enable);
    const link = links[Math.floor(this.random() * links.length)] ?? assert.fail("no link");
    if (link.activeSince !== undefined && this.random() < 0.3 && this.clock.now() - link.activeSince > HOUR_MS) {
      link.bounce(this.clock.now());
      this.expected.wan.push(`wan-down ${link.id}`, `wan-up ${link.id}`);
      return;
    }
    if (link.up) link.takeDown();
    else link.bringUp();
    this.world.updateUptimes();
    const after = this.#wanStates();
    for (const [id, state] of after) if (before.get(id) !== state) this.expected.wan.push(`wan-${state} ${id}`);
    const [active] = this.world.activeWans();
    if (activeBefore !== active) this.expected.wan.push(`wan-active-changed ${active?.id ?? null}`);
  }

  #wanStates(): Map<number, string> {
    const carrying = this.world.activeWans();
    const links = this.world.wans.filter(({ enable }) => enable);
    return new Map(links.map((wan) => [wan.id, carrying.includes(wan) ? "up" : wan.up ? "standby" : "down"]));
  }
}

/** The events of each item in their order; items of one poll may come in any order. */
function byItem(events: readonly string[]): Map<string, string[]> {
  const items = new Map<string, string[]>();
  for (const event of events) {
    const [, id = ""] = event.split(" ");
    items.set(id, [...(items.get(id) ?? []), event]);
  }
  return new Map([...items].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

describe("A simulated day", () => {
  for (const seed of [1, 20_260_101]) {
    it(`with ${CHANGES} changes and ${OUTAGES} outages loses none and invents none (seed ${seed})`, async function () {
      this.timeout(240_000);
      const random = seededRandom(seed);
      const day = new SimulatedDay(random);
      const { clock, expected } = day;
      const oddNames = [...Array(CLIENTS).keys()].filter((index) => index % 2).map((index) => `client ${index}`);
      const all = new TestSubscriber();
      const filtered = new TestSubscriber({ filter: parseFilter(oddNames.join()) });
      const vpn = new TestSubscriber({ intervalS: 20 });
      const wan = new TestSubscriber({ intervalS: 10 });
      const confirming = new TestSubscriber({ confirmations: 2, intervalS: 60 });
      const clients = day.createCoordinator("clients");
      const unsubscribe = [all, filtered, confirming].map((subscriber) => clients.subscribe(subscriber));
      unsubscribe.push(day.createCoordinator("vpn").subscribe(vpn), day.createCoordinator("wan").subscribe(wan));
      const initiallyActive = new Map(day.world.clients.map(({ mac, active }) => [mac, active]));
      const start = clock.now();
      await clock.advance(1000);

      const schedule = (count: number, run: () => void): { at: number; run: () => void }[] =>
        Array.from({ length: count }, () => ({ at: start + Math.floor(60_000 + random() * (DAY_MS - HOUR_MS)), run }));
      const beginOutage = (): void => {
        day.outages++;
        day.outageUntil = clock.now() + Math.floor(30_000 + random() * 600_000);
      };
      const plan = [
        ...schedule(CHANGES, () => day.change()),
        ...schedule(OUTAGES, beginOutage),
        ...schedule(500, () => day.flicker()),
      ];
      for (const { at, run } of plan.toSorted((one, other) => one.at - other.at)) {
        await clock.advance(Math.max(0, at - clock.now()));
        run();
      }
      await clock.advance(start + DAY_MS - clock.now());
      await Promise.all(unsubscribe.map((each) => each()));

      assert.equal(clock.now() - start, DAY_MS);
      assert.equal(day.outages, OUTAGES);
      assert.ok(wan.errors.length >= OUTAGES / 2);
      assert.deepEqual(byItem(all.events), byItem(expected.clients));
      assert.deepEqual(byItem(filtered.events), byItem(expected.filtered));
      assert.deepEqual(byItem(vpn.events), byItem(expected.vpn));
      assert.deepEqual(byItem(wan.events), byItem(expected.wan));
      const changes = expected.clients.length + expected.vpn.length;
      assert.ok(changes > CHANGES * 0.85 && expected.wan.length > CHANGES * 0.1, `${changes} ${expected.wan.length}`);

      // With two confirmations, changes that went back are missed, but the last state is the true one.
      const active = new Map(initiallyActive);
      for (const { event, id } of confirming.received) {
        assert.notEqual(active.get(String(id)), event === "client-connected", `${event} ${id} is emitted twice`);
        active.set(String(id), event === "client-connected");
      }
      assert.deepEqual(active, new Map(day.world.clients.map((client) => [client.mac, client.active])));
      assert.equal(clock.sleepers, 0);
    });
  }
});
