import { z } from "zod";

/**
 * The envelope of every response (peplink.md section 1.5). `response` may be missing, an object or an array.
 * Malformed fields that only describe a failure are ignored.
 */
export const Envelope = z.looseObject({
  stat: z.string(),
  response: z.unknown().optional(),
  notice: z.unknown().optional(),
  code: z.coerce.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});
export type Envelope = z.infer<typeof Envelope>;

/** The response of `auth.token.grant`. Some firmwares send numbers as strings (peplink.md section 1.3). */
export const TokenGrant = z.looseObject({
  accessToken: z.string().min(1),
  /** Seconds. */
  expiresIn: z.coerce.number().optional().catch(undefined),
});

/** What a user may do, in the response of `login`: `POST` is 0 for a user that may only read (peplink.md section 1.2). */
export const LoginPermission = z.looseObject({ permission: z.looseObject({ POST: z.unknown() }) });
