import { z } from "zod";

/** Every answer of a controller; errors come inside HTTP 200 as well (omada.md section 2). */
export const Envelope = z.looseObject({
  errorCode: z.number(),
  msg: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

export const Info = z.looseObject({ omadacId: z.string().min(1), controllerVer: z.string().optional() });
export type Info = z.infer<typeof Info>;

export const Granted = z.looseObject({
  accessToken: z.string().min(1),
  // Neither is needed: without them the token is renewed by a full sign-in when it is refused.
  /** Seconds. */
  expiresIn: z.coerce.number().optional().catch(undefined),
  refreshToken: z.string().min(1).optional().catch(undefined),
});

export const LoggedIn = z.looseObject({ csrfToken: z.string(), sessionId: z.string() });

export const AuthorizationCode = z.string().min(1);

/** A page of a list. Rows are looked at one by one, by what uses them. */
export const Page = z.preprocess(
  withData,
  z.looseObject({ totalRows: z.unknown().optional(), data: z.array(z.unknown()) }),
);
export type Page = z.infer<typeof Page>;

export const Site = z.looseObject({ siteId: z.string().min(1), name: z.string().catch("") });
export type Site = z.infer<typeof Site>;

/** What a controller says of its operations; what is in it is looked at one by one, by what reads it. */
export const ApiDescription = z.looseObject({
  paths: z.looseObject({}).refine((paths) => Object.keys(paths).length > 0),
});

// A list with nothing in it may come without its rows.
function withData(page: unknown): unknown {
  const { totalRows, data = null } = { ...(page as Partial<Record<string, unknown>> | null) };
  return totalRows === 0 && data === null ? { ...(page as object), data: [] } : page;
}
