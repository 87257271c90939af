import { z } from "zod";
import { isPlainObject } from "../core/encoding";
import { toId, toNumber } from "../core/scalar";
import { OMADA_ID } from "./credentials";
import { normalizeMac } from "./mac";

/** Wraps every response of the Open API; errors come inside HTTP 200 as well (omada.md section 2). */
export const Envelope = z.looseObject({
  errorCode: z.number(),
  msg: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

export const Info = z.looseObject({ omadacId: z.string().regex(OMADA_ID), controllerVer: z.string().optional() });
export type Info = z.infer<typeof Info>;

export const TokenGrant = z.looseObject({
  /** It goes into a header: visible ASCII characters only. */
  accessToken: z.string().regex(/^[!-~]+$/),
  // Both are optional: without them a sign-in follows when the token is refused.
  /** Seconds. */
  expiresIn: z.coerce.number().optional().catch(undefined),
  refreshToken: z.string().min(1).optional().catch(undefined),
});

export const LoginResult = z.looseObject({ csrfToken: z.string(), sessionId: z.string() });
export type LoginResult = z.infer<typeof LoginResult>;

export const AuthorizationCode = z.string().min(1);

/** A page of a list. Whoever uses its rows parses them. */
export const Page = z.preprocess(
  withData,
  z.looseObject({ totalRows: z.unknown().optional(), data: z.array(z.unknown()) }),
);
export type Page = z.infer<typeof Page>;

/** An id as text: some controllers send numbers. */
export const Id = z.preprocess(toId, z.string().min(1));
/** A MAC address as the API spells it. */
export const Mac = z
  .string()
  .min(1)
  .transform((text) => normalizeMac(text, true));

export const Site = z.looseObject({ siteId: Id, name: z.string().catch("") });
export type Site = z.infer<typeof Site>;

/** A controller's OpenAPI description; `parseSpec` parses what is in it. */
export const ApiSpec = z.looseObject({
  paths: z.looseObject({}).refine((paths) => Object.keys(paths).length > 0),
});
export type ApiSpec = z.infer<typeof ApiSpec>;

// An empty list may come without `data`.
function withData(page: unknown): unknown {
  if (!isPlainObject(page)) return page;
  const { totalRows, data = null } = page;
  return toNumber(totalRows) === 0 && data === null ? { ...page, data: [] } : page;
}
