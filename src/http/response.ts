import type { z } from "zod";
import { PlatformError } from "../core/errors";

/** An answer that came whole. */
export interface HttpResponse {
  statusCode: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/** An answer that makes no sense. `why` must quote nothing of it. */
export function protocolError(why: string, statusCode?: number): PlatformError {
  return new PlatformError("protocol", `The answer cannot be read. ${why}`, statusCode ? { statusCode } : {});
}

/** What an HTTP status says by itself, for an answer without an envelope. */
export function errorFromStatus(statusCode: number): PlatformError | undefined {
  const details = { statusCode };
  if (statusCode === 401) return new PlatformError("sign-in", "The platform asks to sign in (HTTP 401).", details);
  if (statusCode === 403) return new PlatformError("forbidden", "The platform forbids this (HTTP 403).", details);
  if (statusCode === 404)
    return new PlatformError("not-found", "There is nothing at this address (HTTP 404).", details);
  if (statusCode === 405)
    return new PlatformError("unsupported", "The platform does not offer this (HTTP 405).", details);
  if (statusCode >= 500) return protocolError(`The platform failed (HTTP ${statusCode}).`, statusCode);
  if (statusCode >= 400) return new PlatformError("rejected", `The platform declined (HTTP ${statusCode}).`, details);
  return undefined;
}

/** The letters of `__proto__`, written in a way that JSON allows and nobody needs. */
const ESCAPED_PROTO = /\\u00(?:5f|6f|7[024])/i;

/**
 * Reads a JSON answer by its content: some platforms leave out the Content-Type.
 * A key `__proto__` is dropped, so that nobody who merges the answer later is poisoned.
 * @throws `protocol`, naming the size but quoting nothing
 */
export function parseJson({ text, statusCode }: HttpResponse): unknown {
  try {
    // Both are rare enough to be worth the slow way.
    const suspect = text.includes("__proto__") || (text.includes("\\u00") && ESCAPED_PROTO.test(text));
    return JSON.parse(text, suspect ? (key, value: unknown) => (key === "__proto__" ? undefined : value) : undefined);
  } catch {
    const page = /^\s*</.test(text);
    const what = page ? "It is a web page" : text === "" ? "It is empty" : "It is no whole JSON";
    throw errorFromStatus(statusCode) ?? protocolError(`${what} (${Buffer.byteLength(text)} bytes).`, statusCode);
  }
}

/**
 * Reads an answer as what it should be.
 * @throws `protocol`, naming the place that is wrong but quoting nothing
 */
export function parseAs<S extends z.ZodType>(schema: S, value: unknown, statusCode?: number): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const place = result.error.issues[0]?.path.map(String).join(".") || "the whole";
  throw protocolError(`It has another shape than expected (at ${place}).`, statusCode);
}
