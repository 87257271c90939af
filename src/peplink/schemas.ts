import { z } from "zod";

/**
 * Every answer of a router (peplink.md section 1.5); `response` may be missing, an object or an array.
 * What only describes a refusal never makes an answer unreadable.
 */
export const Envelope = z.looseObject({
  stat: z.string(),
  response: z.unknown().optional(),
  notice: z.unknown().optional(),
  code: z.coerce.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});
export type Envelope = z.infer<typeof Envelope>;

/** Numbers come as text from some firmwares (peplink.md section 1.3). */
export const Granted = z.looseObject({
  accessToken: z.string().min(1),
  /** Seconds. */
  expiresIn: z.coerce.number().optional().catch(undefined),
});
