import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import { nodeRed, type CaughtError, type FlowNode, type Message, type NodeRed } from "../../support/harness/node-red";
import { cleanUpAfterEach } from "../../support/mocha-hooks";
import type { Fault, RecordedRequest } from "../../support/simulators/simulated-server";
import { PLATFORMS, type Action, type Platform, type PlatformName, type RequestKind } from "./platforms";

/** The outcome of a message. */
export interface Outcome {
  node: string;
  platform: PlatformName;
  action: Action;
  /** The message that was sent, if it succeeded. */
  msg?: Message;
  /** The error that the Catch node got, if it failed. */
  error?: CaughtError;
  caught?: Message;
}

interface FixtureOptions {
  /** Whether every platform uses https, with its certificate pinned. */
  https?: boolean;
  /** Settings of all config nodes. */
  settings?: object;
  only?: PlatformName[];
}

/** A call of `done` at a node, with the code of its error if it failed. */
export interface Completion {
  node: string;
  code: string | undefined;
  message: string;
}

const NAMES: PlatformName[] = ["kasa", "omada", "router"];
// A rate of 0 is no limit: it is not the rate limit of the controller that is tested here.
const DEFAULTS = { rate: 0, timeout: 20, tls: "", fingerprint: "" };

/** The ids of the action nodes. */
const ACTION = /-(read|write)\d?$/;

const runtime = require(NODE_RED) as NodeRedRuntime;
let keys = 0;
let current: Fixture | undefined;

/** All platforms in one flow, each with a node that reads and one that writes: a fault is tested on all of them at once. */
export class Fixture {
  readonly #completions: Completion[] = [];
  #onCompletion: (() => void) | undefined;

  private constructor(
    readonly red: NodeRed,
    readonly platforms: readonly Platform[],
  ) {}

  /** Starts the platforms and deploys the flow, until the test has ended. */
  static async start({ https = false, settings = {}, only = NAMES }: FixtureOptions = {}): Promise<Fixture> {
    await Fixture.clear();
    const platforms = await Promise.all(only.map((name) => PLATFORMS[name](https, { ...DEFAULTS, ...settings })));
    const fixture = new Fixture(await nodeRed(), platforms);
    runtime.hooks.add("onComplete.matrix", (event: { node: { id: string }; error?: Error & { code?: string } }) => {
      const { node, error } = event;
      if (!ACTION.test(node.id)) return;
      fixture.#completions.push({ node: node.id, code: error?.code, message: error?.message ?? "" });
      fixture.#onCompletion?.();
    });
    current = fixture;
    await fixture.deploy(fixture.flow);
    return fixture;
  }

  /** Removes the flow of a test. */
  static async clear(): Promise<void> {
    if (!current) return;
    runtime.hooks.remove("onComplete.matrix");
    // Node-RED keeps credentials that a deploy does not name: the next test's platforms would get these.
    await current.red.deploy([]);
    current = undefined;
  }

  get flow(): FlowNode[] {
    return this.platforms.flatMap(({ config, nodes }) => [config, ...nodes]);
  }

  /** The flow with other settings of its config nodes. */
  with(settings: object | ((platform: Platform) => object)): FlowNode[] {
    return this.platforms.flatMap((platform) => {
      const { config, nodes } = platform;
      return [{ ...config, ...(typeof settings === "function" ? settings(platform) : settings) }, ...nodes];
    });
  }

  platform(name: PlatformName): Platform {
    const platform = this.platforms.find((candidate) => candidate.name === name);
    assert.ok(platform, name);
    return platform;
  }

  async deploy(flow: FlowNode[], type: "full" | "nodes" | "flows" = "full"): Promise<void> {
    await this.red.deploy(flow, type);
  }

  /** Sends one message to each node with this action, or to all nodes, and waits until each has ended exactly once. */
  async sendToAll(action: Action | "all" = "all", msg: Message = {}): Promise<Outcome[]> {
    return Promise.all(this.ids(action).map((id) => this.send(id, msg)));
  }

  /** Sends many messages to each node with this action, and waits until all have ended. */
  async flood(action: Action | "all", count: number): Promise<Completion[]> {
    return this.completionsDuring(async () => {
      this.inject(action, count);
      await this.until(() => this.#completions.length >= count * this.ids(action).length, 30_000);
    });
  }

  /** Sends many messages to each node with this action, without waiting. */
  inject(action: Action | "all", count: number): void {
    for (let n = 0; n < count; n++) for (const id of this.ids(action)) this.red.inject(id, { n });
  }

  /** The messages that end while `act` runs, also those that a deploy in it cancels. */
  async completionsDuring(act: () => Promise<unknown>): Promise<Completion[]> {
    this.#completions.length = 0;
    await act();
    return [...this.#completions];
  }

  get completed(): number {
    return this.#completions.length;
  }

  ids(action: Action | "all" = "all"): string[] {
    const ids = this.platforms.flatMap(({ nodes }) => nodes.map(({ id }) => id));
    return action === "all" ? ids : ids.filter((id) => id.endsWith(action));
  }

  /** Signs in on every platform, runs each node once, and clears the journals: from now on, a write is one request. */
  async warmUp(): Promise<void> {
    for (const action of ["read", "write"] as const) assertSucceeded(await this.sendToAll(action));
    for (const { server } of this.platforms) server.journal.length = 0;
  }

  /** Injects a fault into the next requests of a kind, on every platform. */
  injectFault(fault: Fault, kind: RequestKind | RequestKind[], times = Number.POSITIVE_INFINITY): void {
    for (const platform of this.platforms) {
      const when = (request: RecordedRequest): boolean => [kind].flat().includes(platform.kindOf(request));
      platform.server.injectFault(fault, { times, when });
    }
  }

  /** How many requests of a kind reached each platform. */
  requestCounts(kind: RequestKind): Record<string, number> {
    return this.mapPlatforms(
      ({ server, kindOf }) => server.journal.filter((request) => kindOf(request) === kind).length,
    );
  }

  /** Counts from now on the requests of a kind that a platform carries out, in spite of other faults. */
  countSuccessful(kind: RequestKind): (name: PlatformName) => number {
    const counts: Record<PlatformName, number> = { kasa: 0, omada: 0, router: 0 };
    for (const { name, server, kindOf } of this.platforms) {
      server.onResponse = (request, { body }) => {
        if (kindOf(request) === kind && /"error_code":0,|"errorCode":0,|"stat":"ok"/.test(JSON.stringify(body)))
          counts[name]++;
      };
    }
    return (name) => counts[name];
  }

  /** Maps each platform to a value, by its name. */
  mapPlatforms<T>(map: (platform: Platform) => T): Record<string, T> {
    return Object.fromEntries(this.platforms.map((platform) => [platform.name, map(platform)]));
  }

  /** Clears all faults, and fails unless the next message of each node succeeds. */
  async assertRecovers(): Promise<void> {
    for (const { server } of this.platforms) server.clearFaults();
    // A sign-in that failed for other reasons than the credentials is tried again after a minute at the latest.
    shiftClock(61_000);
    assertSucceeded(await this.sendToAll("all"));
  }

  /** Waits until a condition holds, which is checked whenever a message ends, and every 20 ms. */
  async until(condition: () => boolean, timeoutMs = 40_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!condition()) {
      assert.ok(performance.now() < end, "the condition did not hold in time");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#onCompletion = () => {
          clearTimeout(timer);
          setImmediate(resolve);
        };
      });
    }
    this.#onCompletion = undefined;
  }

  /** Sends one message to a node, and waits until it has ended exactly once. */
  async send(id: string, msg: Message = {}): Promise<Outcome> {
    const { red } = this;
    const key = ++keys;
    const hasKey = (candidate: Message): boolean => candidate["key"] === key;
    const before = red.ended(id);
    red.inject(id, { ...msg, key });
    await red.until(() => red.ended(id) > before && (red.sent(id).some(hasKey) || red.caught().some(hasKey)));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(red.ended(id), before + 1, `${id} ends the message once`);
    const sent = red.sent(id).filter(hasKey);
    const caught = red.caught().filter(hasKey);
    assert.equal(sent.length + caught.length, 1, `${id} either sends one message or fails once`);
    const [platform = "", action = ""] = id.split("-");
    const outcome = { node: id, platform: platform as PlatformName, action: action as Action };
    if (sent[0]) return { ...outcome, msg: sent[0] };
    return { ...outcome, caught: caught[0] as Message, error: caught[0]?.error as CaughtError };
  }
}

const systemNow = Date.now;
let clockShiftMs = 0;

/** Shifts the clock of this process until the test has ended; the platforms keep the right time. */
export function shiftClock(ms: number): void {
  clockShiftMs += ms;
  Date.now = () => systemNow() + clockShiftMs;
}

const random = Math.random;

/** Makes the delays before retries as short as possible, until the test has ended. */
export function withoutRetryDelays(): void {
  Math.random = () => 0;
}

cleanUpAfterEach(async () => {
  Date.now = systemNow;
  Math.random = random;
  clockShiftMs = 0;
  await Fixture.clear();
});

/** The same value for every platform, or for some of them. */
export function onEveryPlatform<T>(value: T, ...names: PlatformName[]): Record<string, T> {
  return Object.fromEntries((names.length ? names : NAMES).map((name) => [name, value]));
}

/** Fails unless every message succeeded. */
export function assertSucceeded(outcomes: Outcome[]): void {
  assert.deepEqual(
    outcomes.map(({ node, error }) => `${node} ${error ? `${error.code}: ${error.message}` : "done"}`),
    outcomes.map(({ node }) => `${node} done`),
  );
}

/**
 * Fails unless every message failed with this code, and says whether it is retryable; after a write whose outcome is
 * unknown it need not be.
 */
export function assertFailed(outcomes: Outcome[], code: string): void {
  const isLost = ({ action, error }: Outcome): boolean =>
    action === "write" && /network|timeout/.test(code) && error?.cause["retryable"] === false;
  assert.deepEqual(
    outcomes.map((outcome) => [
      outcome.node,
      outcome.error?.code,
      outcome.error?.cause["retryable"] || isLost(outcome),
    ]),
    outcomes.map(({ node }) => [node, code, ["offline", "busy", "network", "timeout"].includes(code)]),
    outcomes.map(({ error }) => error?.message).join(" "),
  );
}

/** The attempts of each message according to `msg.api`, by platform. */
export function attemptsOf(outcomes: Outcome[]): Record<string, unknown> {
  const api = ({ msg, caught }: Outcome): unknown => (msg ?? caught)?.["api"];
  return Object.fromEntries(
    outcomes.map((outcome) => [outcome.platform, (api(outcome) as { attempts: number })?.attempts]),
  );
}

/** How many messages ended with each code; those that succeeded count as "done". */
export function countCodes(completions: readonly Completion[]): Record<string, number> {
  const codes: Record<string, number> = {};
  for (const { code = "done" } of completions) codes[code] = (codes[code] ?? 0) + 1;
  return codes;
}
