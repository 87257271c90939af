import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/core/clock";
import type { ServerAddress } from "../../src/http/server-address";

/**
 * Secrets that the runtime obtained for a dialog. The dialog never receives them: it gets a ticket, and hands that in when
 * its "Done" button is pressed.
 */
interface PendingSecrets {
  /** The config node and the server that they are for. */
  id: string;
  server: ServerAddress;
  /** What the server was trusted by when they were obtained. */
  trust: string;
  secrets: Readonly<Record<string, string>>;
  expiresAt: number;
  /** Whether they are in the config node's credentials already, and wait for the deploy. */
  isKept: boolean;
}

const MAX_TICKETS = 20;
const TICKET_LIFETIME_MS = 60 * 60_000;

const byTicket = new Map<string, PendingSecrets>();

/**
 * Stores secrets for an hour, for the dialog of one config node.
 * @returns the ticket
 */
export function putSecrets(
  id: string,
  server: ServerAddress,
  secrets: Readonly<Record<string, string>>,
  trust = "",
): string {
  const ticket = randomUUID();
  const expiresAt = systemClock.now() + TICKET_LIFETIME_MS;
  byTicket.set(ticket, { id, server, trust, secrets, expiresAt, isKept: false });
  const [oldest] = byTicket.keys();
  if (byTicket.size > MAX_TICKETS && oldest !== undefined) byTicket.delete(oldest);
  return ticket;
}

/** The secrets of a ticket of this config node; undefined if it has expired. */
export function getSecrets(
  id: string,
  ticket: string,
): Pick<PendingSecrets, "secrets" | "server" | "trust" | "isKept"> | undefined {
  const pending = byTicket.get(ticket);
  if (!pending || pending.id !== id || systemClock.now() >= pending.expiresAt) return undefined;
  return pending;
}

/** Notes that the secrets of a ticket are saved. Until the deploy, the lists of other dialogs still need them. */
export function markKept(ticket: string): void {
  const pending = byTicket.get(ticket);
  if (pending) pending.isKept = true;
}
