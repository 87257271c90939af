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

const DAY_MS = 86_400_000;
const CHANGES = 2000;
const OUTAGES = 50;
const CLIENTS = 200;
// So many that never half of them change in one outage: that would be taken for a restart.
const PEERS = 80;

/** Numbers from 0 to 1 that are the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    const more = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61));
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A day in the life of a router, and what it should have told. */
class Day {
  readonly clock = new FakeClock();
  readonly world = new World(() => this.clock.now());
  readonly expected: { clients: string[]; named: string[]; vpn: string[]; wan: string[] } = {
    clients: [],
    named: [],
    vpn: [],
    wan: [],
  };
  /** When each source was last seen whole. */
  readonly #seen: Record<string, number> = {};
  readonly #changed = new Map<unknown, number>();
  /** Until when nothing or nonsense is answered. */
  outageUntil = 0;
  outages = 0;

  constructor(readonly random: () => number) {
    const { world } = this;
    world.clients = Array.from({ length: CLIENTS }, (_, one) => {
      const mac = `02:00:5E:00:01:${one.toString(16).padStart(2, "0").toUpperCase()}`;
      return { ip: `192.168.50.${one}`, name: `client ${one}`, mac, active: random() < 0.5 };
    });
    const [peer] = world.peers as [Peer];
    world.peers = Array.from({ length: PEERS }, (_, one) => ({ ...peer, peerId: `${one}-1`, name: `peer ${one}` }));
  }

  watch(source: string): PollCoordinator<unknown> {
    const status = async (endpoint: string, params: object): Promise<unknown> => {
      const spoilt = this.clock.now() < this.outageUntil;
      if (spoilt && this.random() < 0.7) throw new PlatformError("network", "The router cannot be reached.");
      if (spoilt) throw protocolError("It is half of an answer.");
      this.world.settle();
      const answer = STATUS[endpoint]?.GET?.(this.world, toQuery({ ...params }));
      this.#seen[source] = this.clock.now();
      return JSON.parse(JSON.stringify(answer)) as unknown;
    };
    const made = sources[source]?.({ client: { status } });
    assert.ok(made);
    const queue = new Queue({ concurrency: 4, clock: this.clock });
    return new PollCoordinator(made, { clock: this.clock, queue, random: this.random });
  }

  /** Something happens. One thing changes again only when somebody may have seen that it had changed. */
  happen(): void {
    const free = (source: string, thing: unknown): boolean =>
      (this.#changed.get(thing) ?? -1) < (this.#seen[source] ?? 0);
    const pick = <T>(source: string, things: readonly T[]): T => {
      const from = things.filter((thing) => free(source, thing));
      const thing = from[Math.floor(this.random() * from.length)] ?? assert.fail(`no ${source} left`);
      this.#changed.set(thing, this.clock.now());
      return thing;
    };
    const kind = this.random();
    if (kind < 0.1 && free("wan", "wan")) {
      this.#changed.set("wan", this.clock.now());
      this.#wanChanges();
    } else if (kind < 0.3) this.#peerChanges(pick("vpn", this.world.peers));
    else this.#clientChanges(pick("clients", this.world.clients));
  }

  /** Something that is over before anybody can see it. */
  flicker(): void {
    const client = this.world.clients[0] as LanClient;
    client.active = !client.active;
    client.active = !client.active;
  }

  #clientChanges(client: LanClient): void {
    client.active = !client.active;
    const event = client.active ? "client-connected" : "client-disconnected";
    this.expected.clients.push(`${event} ${client.mac}`);
    if (Number(client.name.slice(7)) % 2) this.expected.named.push(`${event} ${client.mac}`);
  }

  #peerChanges(peer: Peer): void {
    const up = peer.status !== "CONNECTED";
    peer.status = up ? "CONNECTED" : "START";
    this.expected.vpn.push(`${up ? "vpn-up" : "vpn-down"} ${peer.peerId}`);
  }

  #wanChanges(): void {
    const before = this.#wanStates();
    const [active] = this.world.carrying();
    const links = this.world.wans.filter(({ enable }) => enable);
    const link = links[Math.floor(this.random() * links.length)] ?? assert.fail("no link");
    if (link.carryingSince !== undefined && this.random() < 0.3 && this.clock.now() - link.carryingSince > 3_600_000) {
      link.bounce(this.clock.now());
      this.expected.wan.push(`wan-down ${link.id}`, `wan-up ${link.id}`);
      return;
    }
    if (link.up) link.takeDown();
    else link.bringUp();
    this.world.settle();
    const after = this.#wanStates();
    for (const [id, state] of after) if (before.get(id) !== state) this.expected.wan.push(`wan-${state} ${id}`);
    const [now] = this.world.carrying();
    if (active !== now) this.expected.wan.push(`wan-active-changed ${now?.id ?? null}`);
  }

  #wanStates(): Map<number, string> {
    const carrying = this.world.carrying();
    const links = this.world.wans.filter(({ enable }) => enable);
    return new Map(links.map((wan) => [wan.id, carrying.includes(wan) ? "up" : wan.up ? "standby" : "down"]));
  }
}

/** The events of each thing by itself, in order: side by side they may come in any order. */
function byThing(events: readonly string[]): Map<string, string[]> {
  const things = new Map<string, string[]>();
  for (const event of events) {
    const [, thing = ""] = event.split(" ");
    things.set(thing, [...(things.get(thing) ?? []), event]);
  }
  return new Map([...things].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

describe("A simulated day", () => {
  for (const seed of [1, 20_260_101]) {
    it(`with ${CHANGES} changes and ${OUTAGES} outages loses none and invents none (seed ${seed})`, async function () {
      this.timeout(240_000);
      const random = dice(seed);
      const day = new Day(random);
      const { clock, expected } = day;
      const odd = [...Array(CLIENTS).keys()].filter((one) => one % 2).map((one) => `client ${one}`);
      const all = new TestSubscriber();
      const named = new TestSubscriber({ filter: parseFilter(odd.join()) });
      const vpn = new TestSubscriber({ intervalS: 20 });
      const wan = new TestSubscriber({ intervalS: 10 });
      const patient = new TestSubscriber({ confirmations: 2, intervalS: 60 });
      const watches = { clients: day.watch("clients"), vpn: day.watch("vpn"), wan: day.watch("wan") };
      const leave = [
        watches.clients.subscribe(all),
        watches.clients.subscribe(named),
        watches.clients.subscribe(patient),
      ];
      leave.push(watches.vpn.subscribe(vpn), watches.wan.subscribe(wan));
      const first = new Map(day.world.clients.map(({ mac, active }) => [mac, active]));
      const start = clock.now();
      await clock.advance(1000);

      const moments = (count: number, what: () => void): { at: number; what: () => void }[] =>
        Array.from({ length: count }, () => ({
          at: start + Math.floor(60_000 + random() * (DAY_MS - 3_600_000)),
          what,
        }));
      const outage = (): void => {
        day.outages++;
        day.outageUntil = clock.now() + Math.floor(30_000 + random() * 600_000);
      };
      const changing = moments(CHANGES, () => day.happen());
      const plan = [...changing, ...moments(OUTAGES, outage), ...moments(500, () => day.flicker())];
      for (const { at, what } of plan.toSorted((one, other) => one.at - other.at)) {
        await clock.advance(Math.max(0, at - clock.now()));
        what();
      }
      await clock.advance(start + DAY_MS - clock.now());
      await Promise.all(leave.map((go) => go()));

      assert.equal(clock.now() - start, DAY_MS);
      assert.equal(day.outages, OUTAGES);
      assert.ok(wan.failures.length >= OUTAGES / 2);
      assert.deepEqual(byThing(all.events), byThing(expected.clients));
      assert.deepEqual(byThing(named.events), byThing(expected.named));
      assert.deepEqual(byThing(vpn.events), byThing(expected.vpn));
      assert.deepEqual(byThing(wan.events), byThing(expected.wan));
      const changes = expected.clients.length + expected.vpn.length;
      assert.ok(changes > CHANGES * 0.85 && expected.wan.length > CHANGES * 0.1, `${changes} ${expected.wan.length}`);

      // Who asks for more than one look misses what went back, but never ends up with what is not so.
      const now = new Map(first);
      for (const { event, id } of patient.received) {
        assert.notEqual(now.get(String(id)), event === "client-connected", `${event} ${id} is told twice`);
        now.set(String(id), event === "client-connected");
      }
      assert.deepEqual(now, new Map(day.world.clients.map(({ mac, active }) => [mac, active])));
      assert.equal(clock.sleepers, 0);
    });
  }
});
