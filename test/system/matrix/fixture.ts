import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import { nodeRed, type CaughtError, type FlowNode, type Message, type NodeRed } from "../../support/harness/node-red";
import { cleanUpAfterEach } from "../../support/mocha-hooks";
import type { Fault, RecordedRequest } from "../../support/simulators/simulated-server";
import { PLATFORMS, type Does, type Kind, type Name, type Platform } from "./platforms";

/** How a message ended. */
export interface Ending {
  node: string;
  platform: Name;
  does: Does;
  /** What was sent on, where it went well. */
  msg?: Message;
  /** What the Catch node saw, where it did not. */
  error?: CaughtError;
  caught?: Message;
}

/** How the stage is set. */
interface Setting {
  /** Every platform over https, with its certificate pinned. */
  https?: boolean;
  /** Of all config nodes. */
  settings?: object;
  only?: Name[];
}

/** How a message ended at a node, in one word: a code, or nothing where it went well. */
export interface Ended {
  node: string;
  code: string | undefined;
  message: string;
}

const NAMES: Name[] = ["kasa", "omada", "router"];
/** `rate` 0 is none: what is tested here is not the controller's budget. */
const PLAIN = { rate: 0, timeout: 20, tls: "", fingerprint: "" };

/** Ids of the nodes on the stage that act. */
const ACTION = /-(read|write)\d?$/;

const runtime = require(NODE_RED) as NodeRedRuntime;
let keys = 0;
let current: Fixture | undefined;

/** All platforms in one flow, each with a node that reads and a node that writes: so that a row is played once for all. */
export class Fixture {
  readonly #ended: Ended[] = [];
  #watcher: (() => void) | undefined;

  private constructor(
    readonly red: NodeRed,
    readonly platforms: readonly Platform[],
  ) {}

  /** Starts the platforms and deploys the flow. It is cleared away when the test has ended. */
  static async set({ https = false, settings = {}, only = NAMES }: Setting = {}): Promise<Fixture> {
    await Fixture.clear();
    const platforms = await Promise.all(only.map((name) => PLATFORMS[name](https, { ...PLAIN, ...settings })));
    const stage = new Fixture(await nodeRed(), platforms);
    runtime.hooks.add("onComplete.matrix", (event: { node: { id: string }; error?: Error & { code?: string } }) => {
      const { node, error } = event;
      if (!ACTION.test(node.id)) return;
      stage.#ended.push({ node: node.id, code: error?.code, message: error?.message ?? "" });
      stage.#watcher?.();
    });
    current = stage;
    await stage.deploy(stage.flow);
    return stage;
  }

  /** Clears away what is left of a test's stage. */
  static async clear(): Promise<void> {
    if (!current) return;
    runtime.hooks.remove("onComplete.matrix");
    // Node-RED keeps the credentials that a deploy does not name: the next stage's platforms would inherit them.
    await current.red.deploy([]);
    current = undefined;
  }

  get flow(): FlowNode[] {
    return this.platforms.flatMap(({ config, nodes }) => [config, ...nodes]);
  }

  /** The flow with other settings in its config nodes. */
  with(settings: object | ((platform: Platform) => object)): FlowNode[] {
    return this.platforms.flatMap((platform) => {
      const { config, nodes } = platform;
      return [{ ...config, ...(typeof settings === "function" ? settings(platform) : settings) }, ...nodes];
    });
  }

  platform(name: Name): Platform {
    const found = this.platforms.find((platform) => platform.name === name);
    assert.ok(found, name);
    return found;
  }

  async deploy(flow: FlowNode[], type: "full" | "nodes" | "flows" = "full"): Promise<void> {
    await this.red.deploy(flow, type);
  }

  /** Sends one message to each node of a kind, or to each node, and waits until all have ended: each exactly once. */
  async play(does: Does | "all" = "all", msg: Message = {}): Promise<Ending[]> {
    return Promise.all(this.ids(does).map((id) => this.send(id, msg)));
  }

  /** Sends many messages to each node of a kind, and waits until all have ended. */
  async flood(does: Does | "all", count: number): Promise<Ended[]> {
    return this.endings(async () => {
      this.inject(does, count);
      await this.until(() => this.#ended.length >= count * this.ids(does).length, 30_000);
    });
  }

  /** Sends many messages to each node of a kind, and goes on. */
  inject(does: Does | "all", count: number): void {
    for (let n = 0; n < count; n++) for (const id of this.ids(does)) this.red.inject(id, { n });
  }

  /** How all messages end while `act` runs, also those that end in a deploy. */
  async endings(act: () => Promise<unknown>): Promise<Ended[]> {
    this.#ended.length = 0;
    await act();
    return [...this.#ended];
  }

  get ended(): number {
    return this.#ended.length;
  }

  ids(does: Does | "all" = "all"): string[] {
    const ids = this.platforms.flatMap(({ nodes }) => nodes.map(({ id }) => id));
    return does === "all" ? ids : ids.filter((id) => id.endsWith(does));
  }

  /** Signs in everywhere, plays everything once, and forgets what was asked: a write is one request from now on. */
  async warmUp(): Promise<void> {
    for (const does of ["read", "write"] as const) wentWell(await this.play(does));
    for (const { server } of this.platforms) server.journal.length = 0;
  }

  /** Spoils the next requests of a kind on every platform. */
  spoil(fault: Fault, kind: Kind | Kind[], times = Number.POSITIVE_INFINITY): void {
    for (const platform of this.platforms) {
      const when = (asked: RecordedRequest): boolean => [kind].flat().includes(platform.kind(asked));
      platform.server.injectFault(fault, { times, when });
    }
  }

  /** Requests of a kind that reached each platform. */
  asked(kind: Kind): Record<string, number> {
    return this.each(({ server, kind: kindOf }) => server.journal.filter((one) => kindOf(one) === kind).length);
  }

  /** Counts from now on the requests of a kind that a platform carries out and does not refuse, beside other faults. */
  countDone(kind: Kind): (name: Name) => number {
    const done: Record<Name, number> = { kasa: 0, omada: 0, router: 0 };
    for (const { name, server, kind: kindOf } of this.platforms) {
      server.onResponse = (asked, { body }) => {
        if (kindOf(asked) === kind && /"error_code":0,|"errorCode":0,|"stat":"ok"/.test(JSON.stringify(body)))
          done[name]++;
      };
    }
    return (name) => done[name];
  }

  /** Something of each platform, by its name. */
  each<T>(what: (platform: Platform) => T): Record<string, T> {
    return Object.fromEntries(this.platforms.map((platform) => [platform.name, what(platform)]));
  }

  /** Heals everything; then the next message of each node goes well: the runtime lives, and so do the nodes. */
  async recovers(): Promise<void> {
    for (const { server } of this.platforms) server.clearFaults();
    wentWell(await this.play("all"));
  }

  /** Waits until something is so; looks again with each message that ends, and a few times a second. */
  async until(condition: () => boolean, withinMs = 40_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (!condition()) {
      assert.ok(performance.now() < end, "waited in vain");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#watcher = () => {
          clearTimeout(timer);
          setImmediate(resolve);
        };
      });
    }
    this.#watcher = undefined;
  }

  /** Sends one message to a node, and waits until it has ended: exactly once. */
  async send(id: string, msg: Message = {}): Promise<Ending> {
    const { red } = this;
    const key = ++keys;
    const mine = (one: Message): boolean => one["key"] === key;
    const before = red.ended(id);
    red.inject(id, { ...msg, key });
    await red.until(() => red.ended(id) > before && (red.sent(id).some(mine) || red.caught().some(mine)));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(red.ended(id), before + 1, `${id} ends each message once`);
    const sent = red.sent(id).filter(mine);
    const caught = red.caught().filter(mine);
    assert.equal(sent.length + caught.length, 1, `${id} sends a message on or fails, and does that once`);
    const [platform = "", does = ""] = id.split("-");
    const ending = { node: id, platform: platform as Name, does: does as Does };
    if (sent[0]) return { ...ending, msg: sent[0] };
    return { ...ending, caught: caught[0] as Message, error: caught[0]?.error as CaughtError };
  }
}

const clock = Date.now;
let aheadMs = 0;

/** Sets the clock of this machine forward, or back, until the test has ended; the platforms keep the right time. */
export function travel(ms: number): void {
  aheadMs += ms;
  Date.now = () => clock() + aheadMs;
}

const random = Math.random;

/** Makes the rests before another try as short as they can be, until the test has ended. */
export function withoutRests(): void {
  Math.random = () => 0;
}

cleanUpAfterEach(async () => {
  Date.now = clock;
  Math.random = random;
  aheadMs = 0;
  await Fixture.clear();
});

/** The same of every platform. */
export function everywhere<T>(value: T, ...names: Name[]): Record<string, T> {
  return Object.fromEntries((names.length ? names : NAMES).map((name) => [name, value]));
}

/** Fails unless every message went well. */
export function wentWell(endings: Ending[]): void {
  assert.deepEqual(
    endings.map(({ node, error }) => `${node} ${error ? `${error.code}: ${error.message}` : "done"}`),
    endings.map(({ node }) => `${node} done`),
  );
}

/**
 * Fails unless every message failed with this code, which says of itself whether another try may help; after a write that
 * got lost it may not.
 */
export function failedWith(endings: Ending[], code: string): void {
  const isLost = ({ does, error }: Ending): boolean =>
    does === "write" && /network|timeout/.test(code) && error?.cause["retryable"] === false;
  assert.deepEqual(
    endings.map((ending) => [ending.node, ending.error?.code, ending.error?.cause["retryable"] || isLost(ending)]),
    endings.map(({ node }) => [node, code, ["offline", "busy", "network", "timeout"].includes(code)]),
    endings.map(({ error }) => error?.message).join(" "),
  );
}

/** How often the request of each message was sent, as `msg.api` says. */
export function attempts(endings: Ending[]): Record<string, unknown> {
  const api = ({ msg, caught }: Ending): unknown => (msg ?? caught)?.["api"];
  return Object.fromEntries(endings.map((one) => [one.platform, (api(one) as { attempts: number })?.attempts]));
}

/** How many messages ended how. */
export function tally(ended: readonly Ended[]): Record<string, number> {
  const codes: Record<string, number> = {};
  for (const { code = "done" } of ended) codes[code] = (codes[code] ?? 0) + 1;
  return codes;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
