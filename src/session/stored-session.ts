import { z } from "zod";
import { PlatformError } from "../core/errors";
import type { StoredSession } from "./session-state";
import type { Token } from "./token";

/** JSON has no Infinity: it comes back as null. */
const Time = z
  .number()
  .nullable()
  .transform((ms) => ms ?? Infinity);

const StoredCooldown = z
  .object({
    sinceMs: z.number(),
    untilMs: z.number(),
    durationMs: z.number(),
    code: z.enum(["sign-in", "config", "forbidden", "unsupported", "rejected", "protocol", "busy"]),
    message: z.string(),
    details: z.object({
      statusCode: z.number().exactOptional(),
      vendorCode: z.number().exactOptional(),
      vendorMessage: z.string().exactOptional(),
      retryAfterMs: z.number().exactOptional(),
    }),
  })
  .transform(({ code, message, details, ...times }) => ({
    ...times,
    error: new PlatformError(code, message, details),
  }));

/**
 * The schema of a stored session, which accepts anything: a part that does not fit is left out, as if it had not been
 * stored. That costs one sign-in at most.
 * @param token the platform's token
 */
export function storedSession<T extends Token>(token: z.ZodType<T>): z.ZodType<StoredSession<T>> {
  return z
    .object({
      lease: z.object({ token, renewAt: Time, expiresAt: Time }).optional().catch(undefined),
      signInCooldown: StoredCooldown.optional().catch(undefined),
      lock: z.object({ by: z.string(), untilMs: z.number() }).optional().catch(undefined),
    })
    .catch({});
}
