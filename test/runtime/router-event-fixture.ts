import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import type { PeplinkRouter } from "../support/simulators/peplink/router";

/** What is asked for each source. */
export const ENDPOINTS: Record<string, string> = {
  wan: "status.wan.connection",
  clients: "status.client",
  vpn: "status.pepvpn",
  location: "info.location",
  allowance: "status.wan.connection.allowance",
};

export interface Flow {
  red: NodeRed;
  router: PeplinkRouter;
  config: FlowNode;
  /** Waits until a source has been looked at so many times more, and what was seen has been told. */
  looks: (source: string, count?: number) => Promise<void>;
}

/** A router, and a flow with a node "event" for each settings. They look every second. */
export async function eventFlow(events: object[], settings: object = {}): Promise<Flow> {
  const { router, config } = await peplinkRouter({ http: true }, settings);
  const red = await nodeRed();
  await red.deploy([config, ...events.map((event, index) => eventNode(event, index))]);
  const looks = (source: string, count = 1): Promise<void> => looked(router, source, count);
  return { red, router, config, looks };
}

/** Waits until a router has been looked at so many times more, and what was seen has been told. */
export async function looked(router: PeplinkRouter, source: string, count = 1): Promise<void> {
  const endpoint = ENDPOINTS[source] ?? "";
  // A look that began before has to end, and one more has to be answered, before it can have told.
  const goal = router.calls(endpoint) + count + 1;
  for (const end = Date.now() + 30_000; router.calls(endpoint) < goal;) {
    assert.ok(Date.now() < end, `${source} is not looked at`);
    await sleep(20);
  }
}

/** A config node as it is deployed once more: new credentials would build it anew. */
export function untold(config: FlowNode): FlowNode {
  const { credentials, ...known } = config;
  assert.ok(credentials);
  return known;
}

/** A node that looks every second. */
export function eventNode(event: object, index = 0): FlowNode {
  return { id: index ? `event${index + 1}` : "event", type: "router-event", router: "router", interval: 1, ...event };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a router-event tells. */
export interface Payload {
  event: string;
  id: string | null;
  name: string | null;
  at: string;
  current: Record<string, unknown> | null;
  previous: Record<string, unknown> | null;
}

export const payloads = (red: NodeRed, id = "event"): Payload[] =>
  red.sent(id).map(({ payload }) => payload as Payload);

/** What a node sent, in short: "wan-down Fibre". */
export const told = (red: NodeRed, id = "event"): string[] =>
  payloads(red, id).map(({ event, name }) => `${event} ${name}`);
