import { z } from "zod";

/** Every answer of a controller; errors come inside HTTP 200 as well (omada.md section 2). */
export const Envelope = z.looseObject({
  errorCode: z.number(),
  msg: z.string().optional(),
  result: z.unknown().optional(),
});

export const Info = z.looseObject({ omadacId: z.string().min(1), controllerVer: z.string().optional() });
export type Info = z.infer<typeof Info>;

export const Granted = z.looseObject({
  accessToken: z.string().min(1),
  /** Seconds. */
  expiresIn: z.coerce.number().optional(),
  refreshToken: z.string().min(1).optional(),
});

export const LoggedIn = z.looseObject({ csrfToken: z.string(), sessionId: z.string() });

export const AuthorizationCode = z.string().min(1);

/** A page of a list. Rows are looked at one by one, by what uses them. */
export const Page = z.looseObject({
  totalRows: z.unknown().optional(),
  data: z.array(z.unknown()),
});
export type Page = z.infer<typeof Page>;

export const Site = z.looseObject({ siteId: z.string().min(1), name: z.string().default("") });
export type Site = z.infer<typeof Site>;
