import type { z } from "zod";
import { PlatformError } from "../core/errors";

/** A complete response. */
export interface HttpResponse {
  statusCode: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/**
 * A response that makes no sense.
 * @param reason a sentence that quotes nothing of the response
 */
export function protocolError(reason: string, statusCode?: number): PlatformError {
  return new PlatformError("protocol", `The response cannot be read. ${reason}`, statusCode ? { statusCode } : {});
}

/** What an HTTP status means by itself, for a response without an envelope. */
export function errorFromStatus(statusCode: number): PlatformError | undefined {
  const details = { statusCode };
  if (statusCode === 401) return new PlatformError("sign-in", "The platform asks for a sign-in (HTTP 401).", details);
  if (statusCode === 403) return new PlatformError("forbidden", "The platform forbids this (HTTP 403).", details);
  if (statusCode === 404)
    return new PlatformError("not-found", "There is nothing at this address (HTTP 404).", details);
  if (statusCode === 405)
    return new PlatformError("unsupported", "The platform does not offer this (HTTP 405).", details);
  if (statusCode >= 500) return protocolError(`The platform failed (HTTP ${statusCode}).`, statusCode);
  if (statusCode >= 400) return new PlatformError("rejected", `The platform declined (HTTP ${statusCode}).`, details);
  return undefined;
}

/** The letters of `__proto__`, escaped in a way that JSON allows and nobody needs. */
const ESCAPED_PROTO = /\\u00(?:5f|6f|7[024])/i;

/** A text up to this length is not counted: as many empty objects as fit into it take up less than 100 MB. */
const MAX_UNCOUNTED_LENGTH = 4 * 1024 * 1024;
/** Objects, arrays and keys. As many take up 100 MB at most; 16 MiB of empty objects would take 340 MB and several seconds. */
const MAX_VALUES = 1_000_000;

/**
 * Parses a JSON response whatever its Content-Type: some platforms leave that out.
 * A key `__proto__` is dropped, so that merging the response later pollutes no prototype.
 * @throws `protocol`, which states the size and quotes nothing
 */
export function parseJson({ text, statusCode }: HttpResponse): unknown {
  if (text.length > MAX_UNCOUNTED_LENGTH && hasTooManyValues(text))
    throw protocolError("It has more than a million values: ask for less at a time.", statusCode);
  try {
    // Both are rare enough to be worth the slow way.
    const isSuspect = text.includes("__proto__") || (text.includes("\\u00") && ESCAPED_PROTO.test(text));
    return JSON.parse(text, isSuspect ? (key, value: unknown) => (key === "__proto__" ? undefined : value) : undefined);
  } catch {
    const isPage = /^\s*</.test(text);
    const reason = isPage ? "It is a web page" : text === "" ? "It is empty" : "It is not complete JSON";
    throw errorFromStatus(statusCode) ?? protocolError(`${reason} (${Buffer.byteLength(text)} bytes).`, statusCode);
  }
}

function hasTooManyValues(text: string): boolean {
  let left = MAX_VALUES;
  for (const start of ["{", "[", '":'])
    for (let index = text.indexOf(start); index >= 0; index = text.indexOf(start, index + 1))
      if (left-- === 0) return true;
  return false;
}

/**
 * Parses a value with a schema.
 * @throws `protocol`, which states the path that does not match and quotes nothing
 */
export function parseAs<S extends z.ZodType>(schema: S, value: unknown, statusCode?: number): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.map(String).join(".") || "the top";
  throw protocolError(`It has another shape than expected (at ${path}).`, statusCode);
}

/**
 * Parses the rows of a list. One that is none of the schema is left out: it must not hide the others.
 * @throws `protocol` if none of them can be read
 */
export function parseRows<S extends z.ZodType>(schema: S, rows: readonly unknown[]): z.infer<S>[] {
  const parsed = readableRows(schema, rows);
  if (parsed.length === 0 && rows.length > 0) parseAs(schema, rows[0]);
  return parsed;
}

/**
 * The rows of a list that a schema can read; none, where none can be read.
 * @param maxUnreadable after as many others, the rest is not looked at
 */
export function readableRows<S extends z.ZodType>(
  schema: S,
  rows: readonly unknown[],
  maxUnreadable = Infinity,
): z.infer<S>[] {
  const parsed: z.infer<S>[] = [];
  for (const [index, row] of rows.entries()) {
    const { success, data } = schema.safeParse(row);
    if (success) parsed.push(data);
    else if (index - parsed.length >= maxUnreadable) break;
  }
  return parsed;
}
