import assert from "node:assert/strict";
import { systemClock, type Clock } from "../../../../src/core/clock";
import { toQuery } from "../../../../src/peplink/endpoints";
import { sources } from "../../../../src/peplink/sources/index";
import type { ChangeEvent } from "../../../../src/polling/types";
import { COMMANDS } from "../../../support/simulators/peplink/commands";
import type { Json } from "../../../support/simulators/peplink/json";
import type { Wan } from "../../../support/simulators/peplink/router";
import { STATUS } from "../../../support/simulators/peplink/status";
import { World } from "../../../support/simulators/peplink/world";

/** Responds to an endpoint and its query. */
type Responder = (endpoint: string, query: Json) => unknown;

const THRESHOLD_MS = 200;

function createSource(name: string, respond: Responder, clock: Clock) {
  const source = sources[name]?.({
    site: "",
    threshold: THRESHOLD_MS,
    clock,
    client: {
      status: async (endpoint, params, format) => {
        assert.deepEqual(format, { asList: false, maskSecrets: true });
        return JSON.parse(JSON.stringify(respond(endpoint, toQuery(params)) ?? null));
      },
    },
  });
  assert.ok(source);
  return source;
}

/** A source of a router that responds like this. Its threshold is 200. */
export function setUpSource(name: string, respond: Responder, clock: Clock = systemClock) {
  const source = createSource(name, respond, clock);
  assert.ok("poll" in source);
  let previous: ReadonlyMap<string, unknown> = new Map();
  const warnings: string[] = [];
  /** Polls, and returns the changes since the previous poll; at first, everything is new. */
  const poll = async (): Promise<ChangeEvent[]> => {
    const items = await source.poll(undefined, previous, { warn: (sentence) => warnings.push(sentence) });
    const ids = new Set([...items.keys(), ...previous.keys()]);
    const changes = [...ids].flatMap((id) => source.diff(previous.get(id), items.get(id), id));
    previous = items;
    return changes;
  };
  /** The same, in short. */
  const events = async (): Promise<string[]> =>
    (await poll()).map(({ event, id, matchOnly }) => `${event} ${id}${matchOnly === "name" ? " by name" : ""}`);
  return { poll, events, warnings };
}

/** A log of a router that responds like this. */
export function setUpLog(name: string, respond: Responder, clock: Clock = systemClock) {
  const warnings: string[] = [];
  let source = createSource(name, respond, clock);
  /** As it is stored. */
  let cursor: string | undefined;
  /** Reads the new lines. */
  const read = async (): Promise<ChangeEvent[]> => {
    assert.ok("read" in source);
    const previous: unknown = cursor === undefined ? undefined : source.parseCursor(JSON.parse(cursor));
    assert.equal(previous === undefined, cursor === undefined);
    const chunk = await source.read(previous, { warn: (sentence) => warnings.push(sentence) });
    cursor = JSON.stringify(chunk.cursor);
    return chunk.lines;
  };
  /** What remains is what is stored. */
  const restart = (): void => {
    source = createSource(name, respond, clock);
  };
  return { read, restart, warnings };
}

/** A source of a router that gives these responses one after the other, and the last one again and again. */
export function setUpResponses(name: string, ...responses: unknown[]) {
  return setUpSource(name, () => (responses.length > 1 ? responses.shift() : responses[0]));
}

function simulateRouter() {
  const time = { now: Date.UTC(2026, 0, 1) };
  const world = new World(() => time.now);
  const respond: Responder = (endpoint, query) => {
    world.updateUptimes();
    return { ...STATUS, ...COMMANDS }[endpoint]?.GET?.(world, query);
  };
  return { time, world, respond, clock: { ...systemClock, now: () => time.now } };
}

/** A log of a simulated router. */
export function setUpRouterLog(name: string) {
  const { respond, clock, ...router } = simulateRouter();
  return { ...router, ...setUpLog(name, respond, clock) };
}

/**
 * A source of a simulated router.
 * @param replace changes each value of its responses, as `JSON.stringify` does
 */
export function setUpRouter(name: string, replace = (_key: string, value: unknown): unknown => value) {
  const { time, world, respond, clock } = simulateRouter();
  const alter: Responder = (...request) => JSON.parse(JSON.stringify(respond(...request) ?? null, replace));
  const { poll, events } = setUpSource(name, alter, clock);
  const wan = (wanName: string): Wan => world.wans.find((one) => one.name === wanName) as Wan;
  /** Lets time pass, and polls. */
  const eventsAfter = (seconds = 30): Promise<string[]> => {
    world.updateUptimes();
    time.now += seconds * 1000;
    return events();
  };
  return { world, wan, poll, events, eventsAfter, time };
}
