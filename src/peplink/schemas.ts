import { z } from "zod";

/** Every answer of a router (peplink.md section 1.5); `response` may be missing, an object or an array. */
export const Envelope = z.looseObject({
  stat: z.string(),
  response: z.unknown().optional(),
  notice: z.unknown().optional(),
  code: z.coerce.number().optional(),
  message: z.string().optional(),
});

/** Numbers come as text from some firmwares (peplink.md section 1.3). */
export const Granted = z.looseObject({
  accessToken: z.string().min(1),
  /** Seconds. */
  expiresIn: z.coerce.number().optional(),
});
