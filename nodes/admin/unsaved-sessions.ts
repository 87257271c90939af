import { createHash } from "node:crypto";
import { systemClock } from "../../src/core/clock";
import { SessionState } from "../../src/session/session-state";
import type { ConfigNodeDef } from "../shared/config-node";
import { SESSION_FIELDS } from "../shared/session-registry";
import { trustOf, type DialogInput } from "./dialog-input";
import { stringFields } from "./routes";

const MAX_SESSIONS = 8;
const LIFETIME_MS = 10 * 60_000;

/** By a hash of what they were signed in with. */
const sessions = new Map<string, { state: SessionState; expiresAt: number }>();

/**
 * The session of values that are not deployed, so that a test and the lists that follow it sign in once. It is shared only
 * by whoever has the same credentials for the same server and the same certificate.
 */
export function unsavedSession({ settings, credentials, server }: DialogInput<ConfigNodeDef, object>): SessionState {
  const now = systemClock.now();
  for (const [key, { expiresAt }] of sessions) if (now >= expiresAt) sessions.delete(key);
  const texts = stringFields(settings);
  const fields = SESSION_FIELDS.slice(1).map((name) => texts[name] ?? "");
  const account = [settings.type, server.origin, server.prefix, fields, trustOf(settings), credentials];
  const key = createHash("sha256").update(JSON.stringify(account)).digest("hex");
  const state = sessions.get(key)?.state ?? new SessionState();
  sessions.delete(key);
  sessions.set(key, { state, expiresAt: now + LIFETIME_MS });
  const [oldest] = sessions.keys();
  if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
  return state;
}
