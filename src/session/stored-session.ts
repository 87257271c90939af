import { z } from "zod";
import { PlatformError } from "../core/errors";
import { MAX_COOLDOWN_MS } from "./cooldown";
import type { StoredSession } from "./session-state";
import type { Token } from "./token";

/** JSON has no Infinity: it comes back as null. */
const Time = z
  .number()
  .nullable()
  .transform((ms) => ms ?? Infinity);

const Duration = z.number().min(0).max(MAX_COOLDOWN_MS);

const StoredCooldown = z
  .object({
    sinceMs: z.number(),
    untilMs: z.number(),
    forcedUntilMs: z.number(),
    durationMs: Duration,
    restMs: Duration,
    forcedMs: Duration,
    code: z.enum([
      "sign-in",
      "config",
      "forbidden",
      "not-found",
      "unsupported",
      "rejected",
      "protocol",
      "busy",
      "network",
    ]),
    message: z.string(),
    details: z.object({
      statusCode: z.number().exactOptional(),
      vendorCode: z.number().exactOptional(),
      vendorMessage: z.string().exactOptional(),
      retryAfterMs: z.number().exactOptional(),
      retryable: z.literal(false).exactOptional(),
    }),
  })
  .transform(({ code, message, details, ...times }) => ({
    ...times,
    untilMs: Math.min(times.untilMs, times.sinceMs + MAX_COOLDOWN_MS),
    error: new PlatformError(code, message, details),
  }));

const StoredLease = <T extends Token>(token: z.ZodType<T>) =>
  z
    .object({ token, issuedAt: z.number(), renewAt: Time, expiresAt: Time })
    .transform((lease) => ({ ...lease, acceptedFor: new Set<string>() }));

/** By the platform's token schema: a session per config node would cost 15 KB for a schema of its own. */
const schemas = new WeakMap<z.ZodType, z.ZodType>();

/**
 * The schema of a stored session, which accepts anything: a part that does not fit is left out, as if it had not been
 * stored. That costs one sign-in at most.
 * @param token the platform's token
 */
export function storedSession<T extends Token>(token: z.ZodType<T>): z.ZodType<StoredSession<T>> {
  const schema = (schemas.get(token) as z.ZodType<StoredSession<T>> | undefined) ?? createSchema(token);
  schemas.set(token, schema);
  return schema;
}

function createSchema<T extends Token>(token: z.ZodType<T>): z.ZodType<StoredSession<T>> {
  return z
    .object({
      lease: StoredLease(token).optional().catch(undefined),
      signInCooldown: StoredCooldown.optional().catch(undefined),
      lock: z.object({ by: z.string(), untilMs: z.number() }).optional().catch(undefined),
    })
    .catch({});
}
