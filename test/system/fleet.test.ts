import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFleet, type Site } from "../../scripts/fleet/fleet";
import { ExternalService, sharedStorage } from "../support/harness/external-services";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { ALL_NODES, freePort, NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { closeAfterTest } from "../support/mocha-hooks";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import type { RecordedRequest } from "../support/simulators/simulated-server";

const MISSING = ExternalService.missing("mosquitto", "redis-server");
const LOOKS = "status.wan.connection";
/** How long a worker has time for an event here, in seconds. */

const RETRY_S = 20;
/** Far more than it takes, unless the machine has much else to do. */
const LONGEST_MS = 300_000;
/** The link that waits in case the other one goes down. Without it a router has one thing to tell. */
const LINK = "Starlink";

/** What a watcher tells, and what a worker makes of it. */
interface Told {
  key: string;
  site: string;
  event: string;
  worker?: string;
}

/** A worker asks for one link; a watcher reads all of them. */
const isOfWorker = ({ path, query }: RecordedRequest): boolean => path === `/api/${LOOKS}` && query.size > 1;

/** Routers, a broker, a store, and one who hears everything that is told. */
class Fleet {
  readonly routers = new Map<string, PeplinkRouter>();
  readonly #reds: NodeRedProcess[] = [];

  private constructor(
    readonly broker: ExternalService,
    readonly store: ExternalService,
    readonly spy: NodeRed,
  ) {}

  static async of(count: number): Promise<Fleet> {
    const [broker, store] = [
      closeAfterTest(await ExternalService.mosquitto()),
      closeAfterTest(await ExternalService.redis()),
    ];
    const fleet = new Fleet(broker, store, await nodeRed());
    for (let number = 1; number <= count; number++) {
      const router = closeAfterTest(await PeplinkRouter.start({ http: true }));
      fleet.routers.set(`site-${number}`, router);
    }
    const hears = { type: "mqtt in", qos: "1", datatype: "json", broker: "broker", rap: true, rh: 0, inputs: 0 };
    await fleet.spy.deploy([
      {
        id: "broker",
        type: "mqtt-broker",
        broker: broker.url,
        protocolVersion: "5",
        keepalive: "60",
        cleansession: true,
      },
      { ...hears, id: "events", topic: "homenet/+/router/+" },
      { ...hears, id: "alerts", topic: "homenet-alerts/+" },
      { id: "again", type: "mqtt out", topic: "", qos: "1", retain: "false", broker: "broker" },
    ]);
    return fleet;
  }

  /** Starts a Node-RED of the fleet, and waits until it is at the broker, if that is there. */
  async start(
    role: "watcher" | "worker",
    name: string,
    { sites = [...this.routers.keys()], broker = this.broker.url } = {},
  ): Promise<NodeRedProcess> {
    const userDir = userDirectory();
    const env = { MQTT_URL: broker, RETRY_S: String(RETRY_S), WORKER: name };
    const known = sites.map((site): Site => ({ name: site, router: this.router(site) }));
    writeFleet(userDir, role, known, env);
    const red = await NodeRedProcess.start(userDir, sharedStorage(this.store), undefined, "info", ALL_NODES);
    this.#reds.push(red);
    await red.until(() => broker !== this.broker.url || red.log.includes("Connected to broker"));
    return red;
  }

  router(site: string): PeplinkRouter {
    return this.routers.get(site) ?? assert.fail(`no ${site}`);
  }

  /** Waits until each router has been looked at twice: from then on every change is told. */
  async isWatched(): Promise<void> {
    await until(() => [...this.routers.values()].filter((router) => router.calls(LOOKS) < 2).length);
  }

  /** How many events are written down and not crossed out. */
  written(): number {
    const { stdout } = spawnSync("redis-cli", ["-u", this.store.url, "hkeys", "nodered:global"], { encoding: "utf8" });
    return stdout.split("fleet_").length - 1;
  }

  /**
   * The routers that saw another number of sign-ins than one. On a machine that has much else to do a process may find
   * that its store does not answer in time: that costs a sign-in, as promised, and is said in its log.
   */
  signedInOtherThanOnce(): string[] {
    const logs = this.#reds.map(({ log }) => log).join("");
    return [...this.routers]
      .filter(([site, router]) => router.signIns() !== 1 && !logs.includes(`[peplink-router:${site}] The store cannot`))
      .map(([site]) => site);
  }

  events(): Told[] {
    return this.spy.sent("events").map(({ payload }) => payload as Told);
  }

  alerts(): Told[] {
    return this.spy.sent("alerts").map(({ payload }) => payload as Told);
  }

  /** Those of these sites whose lost link nobody has handled yet. */
  open(sites: readonly string[]): string[] {
    const handled = new Set(this.alerts().map(({ site, event }) => `${event} ${site}`));
    return sites.filter((site) => !handled.has(`wan-down ${site}`));
  }
}

/** Waits until nothing is left of something; fails after a while. */
async function until(left: () => number): Promise<void> {
  for (const end = Date.now() + LONGEST_MS; left() > 0; await sleep(200))
    assert.ok(Date.now() < end, `waited in vain: ${left()} left`);
}

function timesByKey(all: readonly Told[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { key } of all) times.set(key, (times.get(key) ?? 0) + 1);
  return times;
}

describe(`A fleet${MISSING.length > 0 ? ` (skipped: ${MISSING.join(" and ")} not installed)` : ""}`, () => {
  before(function () {
    if (MISSING.length > 0) this.skip();
  });

  it("of 200 routers and two workers handles every event though a worker is killed, with one sign-in per router", async function () {
    this.timeout(900_000);
    const fleet = await Fleet.of(200);
    const sites = [...fleet.routers.keys()];
    const [quick, slow] = [sites.slice(0, 100), sites.slice(100)];
    const [, , victim] = await Promise.all([
      fleet.start("watcher", ""),
      fleet.start("worker", "survivor"),
      fleet.start("worker", "victim"),
    ]);
    await fleet.isWatched();
    assert.deepEqual(fleet.events(), [], "what is well is no news");

    // Half of the routers leave the workers waiting, so that both hold events which the broker takes for delivered.
    const asked = (site: string): number => fleet.router(site).server.journal.filter(isOfWorker).length;
    for (const site of slow)
      fleet.router(site).server.injectFault({ kind: "hang" }, { times: Infinity, when: isOfWorker });
    for (const site of sites) fleet.router(site).wan(LINK).takeDown();
    await until(() => fleet.open(quick).length);
    await until(() => slow.filter((site) => asked(site) === 0).length);
    await victim.stop("SIGKILL");
    for (const site of slow) fleet.router(site).server.clearFaults();
    for (const site of slow) fleet.router(site).server.dropConnections();

    await until(() => fleet.open(sites).length);

    const [told, made] = [timesByKey(fleet.events()), timesByKey(fleet.alerts())];
    assert.deepEqual(
      [...told.keys()].filter((key) => !made.has(key)),
      [],
      "every event is handled",
    );
    assert.deepEqual(
      [...made].filter(([key, times]) => times > (told.get(key) ?? 0)),
      [],
      "and none more often than it was told",
    );
    assert.deepEqual(new Set(fleet.alerts().map(({ worker }) => worker)), new Set(["survivor", "victim"]));
    assert.ok(
      [...told.values()].some((times) => times > 1),
      "what the dead worker held was told again",
    );
    assert.deepEqual(fleet.signedInOtherThanOnce(), []);
    await until(() => fleet.written());
  });

  it("tells what a watcher wrote down before it died, and its sites go on elsewhere without a sign-in", async function () {
    this.timeout(900_000);
    const fleet = await Fleet.of(3);
    const [first, second, third] = ["site-1", "site-2", "site-3"] as const;
    const nowhere = `mqtt://127.0.0.1:${await freePort()}`;
    const [victim] = await Promise.all([
      fleet.start("watcher", "", { sites: [first, second], broker: nowhere }),
      fleet.start("watcher", "", { sites: [third] }),
      fleet.start("worker", "worker"),
    ]);
    await fleet.isWatched();

    // It cannot tell anybody, so nobody knows but the store.
    fleet.router(first).wan(LINK).takeDown();
    await until(() => 1 - fleet.written());
    await victim.stop("SIGKILL");
    await until(() => fleet.open([first]).length);

    // It comes once more, late: it is crossed out by then.
    await until(() => fleet.written());
    const [old] = fleet.alerts();
    for (const { topic, payload } of fleet.spy.sent("events"))
      if ((payload as Told).key === old?.key) fleet.spy.inject("again", { topic, payload });
    fleet.router(second).wan(LINK).takeDown();
    await fleet.start("watcher", "", { sites: [first, second] });
    await until(() => fleet.open([second]).length);

    assert.equal(timesByKey(fleet.alerts()).get(old?.key ?? ""), 1);
    assert.deepEqual(fleet.signedInOtherThanOnce(), []);
    await until(() => fleet.written());
  });
});
