import { z } from "zod";

/** What a platform issues at sign-in. Platforms add fields of their own. */
export const Token = z.looseObject({
  /** Goes with each call. */
  value: z.string(),
  /** How long it lives from the moment of its issue, in milliseconds; missing where the platform does not say. */
  lifeMs: z.number().optional(),
});
export type Token = z.infer<typeof Token>;
