import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import type { PeplinkRouter } from "../support/simulators/peplink/router";

/** The endpoint that each source polls. */
export const ENDPOINTS: Record<string, string> = {
  wan: "status.wan.connection",
  clients: "status.client",
  vpn: "status.pepvpn",
  location: "info.location",
  speed: "info.location",
  allowance: "status.wan.connection.allowance",
  cellular: "status.wan.connection",
  latency: "status.wan.latency",
  sms: "cmd.sms.get",
  log: "status.log",
};

export interface Flow {
  red: NodeRed;
  router: PeplinkRouter;
  config: FlowNode;
  /** Waits until a source was polled so many times more, and the events were sent. */
  polls: (source: string, count?: number) => Promise<void>;
}

/** A router, and a flow with a router-event for each of the settings: "event", "event2" and so on. */
export async function eventFlow(events: object[], settings: object = {}): Promise<Flow> {
  const { router, config } = await peplinkRouter({ http: true }, settings);
  const red = await nodeRed();
  await red.deploy([config, ...events.map((event, index) => eventNode(event, index))]);
  const polls = (source: string, count = 1): Promise<void> => waitForPolls(router, source, count);
  return { red, router, config, polls };
}

/** Waits until a source was polled so many times more, and the events were sent. */
export async function waitForPolls(router: PeplinkRouter, source: string, count = 1): Promise<void> {
  const endpoint = ENDPOINTS[source] ?? "";
  // A poll may be under way already, and the events of the last one are sent before the next one starts.
  const goal = router.calls(endpoint) + count + 1;
  for (const end = Date.now() + 30_000; router.calls(endpoint) < goal;) {
    assert.ok(Date.now() < end, `${source} is not polled`);
    await sleep(20);
  }
}

/** A router-event with the shortest interval. */
export function eventNode(event: object, index = 0): FlowNode {
  return { id: index ? `event${index + 1}` : "event", type: "router-event", router: "router", interval: 1, ...event };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
