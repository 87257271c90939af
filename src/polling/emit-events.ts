import { matchesFilter } from "./filter";
import type { ChangeEvent, Subscriber } from "./types";

/**
 * Emits events to all subscribers whose filter they match.
 * @param now fills in the time of events that have none; milliseconds since 1970
 */
export function emitEvents(events: readonly ChangeEvent[], subscribers: Iterable<Subscriber>, now: number): void {
  if (events.length === 0) return;
  const polledAt = new Date(now).toISOString();
  for (const each of events) {
    const event = { ...each, at: each.at ?? polledAt };
    for (const subscriber of subscribers) if (matchesFilter(subscriber.filter, event)) subscriber.onEvent(event);
  }
}
