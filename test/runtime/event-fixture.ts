import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";

/** The payload of a message of a trigger node. */
export interface EventPayload {
  event: string;
  id: string | null;
  name: string | null;
  at: string;
  current: Record<string, unknown> | null;
  previous: Record<string, unknown> | null;
}

/** The payloads that a trigger node sent, in order. */
export function payloads(red: NodeRed, id = "event"): EventPayload[] {
  return red.sent(id).map((msg) => {
    const payload = msg.payload as EventPayload;
    assert.equal(msg["topic"], payload.event);
    return payload;
  });
}

/** The events that a trigger node sent, in short: "wan-down Fibre". */
export function events(red: NodeRed, id = "event"): string[] {
  return payloads(red, id).map(({ event, name }) => `${event} ${name}`);
}

/** Waits until all these trigger nodes have polled. */
export async function firstPolls(red: NodeRed, ...ids: string[]): Promise<void> {
  await red.until(() => ids.every((id) => red.statuses(id).some(({ fill }) => fill === "green")));
}
