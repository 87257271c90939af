import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/core/clock";
import type { ServerAddress } from "../../src/http/server-address";

/** Secrets that the runtime got for a dialog. The dialog never sees them: it holds a ticket, and hands it in on "Done". */
interface Held {
  /** The config node, and where its platform is: they are good for nothing else. */
  id: string;
  server: ServerAddress;
  secrets: Readonly<Record<string, string>>;
  untilMs: number;
}

const MOST_HELD = 20;
const HELD_MS = 60 * 60_000;

const held = new Map<string, Held>();

/**
 * Holds secrets for an hour, for the dialog of one config node.
 * @returns the ticket
 */
export function putSecrets(id: string, server: ServerAddress, secrets: Readonly<Record<string, string>>): string {
  const ticket = randomUUID();
  held.set(ticket, { id, server, secrets, untilMs: systemClock.now() + HELD_MS });
  const [oldest] = held.keys();
  if (held.size > MOST_HELD && oldest !== undefined) held.delete(oldest);
  return ticket;
}

/** What is held for a ticket of this config node; nothing when its time is over. */
export function getSecrets(id: string, ticket: string): Pick<Held, "secrets" | "server"> | undefined {
  const found = held.get(ticket);
  if (!found || found.id !== id || systemClock.now() >= found.untilMs) return undefined;
  return found;
}

/** Lets go of what is held. */
export function deleteSecrets(ticket: string): void {
  held.delete(ticket);
}
