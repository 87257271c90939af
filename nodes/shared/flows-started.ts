import type { NodeAPI } from "node-red";

type Callback = () => void;

/** What waits for the next start of the flows, by runtime. */
const waiting = new WeakMap<object, Set<Callback>>();

/**
 * Calls back once, when the flows have started. All nodes share one listener: Node.js takes more than ten for a leak, and
 * warns of it.
 * @returns forgets the callback
 */
export function onceFlowsStarted({ events }: NodeAPI, callback: Callback): () => void {
  const callbacks = waiting.get(events) ?? new Set<Callback>();
  if (!waiting.has(events)) {
    waiting.set(events, callbacks);
    events.once("flows:started", () => {
      waiting.delete(events);
      for (const each of callbacks) each();
    });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
