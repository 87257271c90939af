import assert from "node:assert/strict";
import { systemClock, type Clock } from "../../../../src/core/clock";
import { toQuery } from "../../../../src/peplink/endpoints";
import { sources } from "../../../../src/peplink/sources/index";
import type { ChangeEvent } from "../../../../src/polling/types";
import type { Json } from "../../../support/simulators/peplink/json";
import type { Wan } from "../../../support/simulators/peplink/router";
import { STATUS } from "../../../support/simulators/peplink/status";
import { World } from "../../../support/simulators/peplink/world";

/** Responds to an endpoint and its query. */
type Responder = (endpoint: string, query: Json) => unknown;

/** A source of a router that responds like this. */
export function setUpSource(name: string, respond: Responder, clock: Clock = systemClock) {
  const source = sources[name]?.({
    site: "",
    clock,
    client: {
      status: async (endpoint, params, format) => {
        assert.deepEqual(format, { asList: false, maskSecrets: true });
        return JSON.parse(JSON.stringify(respond(endpoint, toQuery(params)) ?? null));
      },
    },
  });
  assert.ok(source && "poll" in source);
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

/** A source of a router that gives these responses one after the other, and the last one again and again. */
export function setUpResponses(name: string, ...responses: unknown[]) {
  return setUpSource(name, () => (responses.length > 1 ? responses.shift() : responses[0]));
}

/** A source of a simulated router. */
export function setUpRouter(name: string) {
  const time = { now: Date.UTC(2026, 0, 1) };
  const world = new World(() => time.now);
  const respond: Responder = (endpoint, query) => {
    world.updateUptimes();
    return STATUS[endpoint]?.GET?.(world, query);
  };
  const { poll, events } = setUpSource(name, respond, { ...systemClock, now: () => time.now });
  const wan = (wanName: string): Wan => world.wans.find((one) => one.name === wanName) as Wan;
  /** Lets time pass, and polls. */
  const eventsAfter = (seconds = 30): Promise<string[]> => {
    world.updateUptimes();
    time.now += seconds * 1000;
    return events();
  };
  return { world, wan, poll, events, eventsAfter, time };
}
