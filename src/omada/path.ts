import { encodeSegment, isPlainObject, toJson, trimSpaces } from "../core/encoding";
import { inputError } from "../core/errors";
import { memoize } from "../core/memoize";

/** Parameters as a message brings them: for placeholders, and for the query or the body. */
export type PathParams = Readonly<Record<string, unknown>>;

/** A path with all its places filled. */
export interface FilledPath {
  /** Percent-encoded, from `/openapi/` on. */
  path: string;
  /** The parameters that found no place in it. */
  remaining: Map<string, unknown>;
}

/** What the controller's own placeholders stand for. */
export interface PathContext {
  omadacId: string;
  siteId?: string | undefined;
}

const PLACE = /^\{(\w{1,64})\}$/;
const MAC = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i;
const BARE_MAC = /^[0-9a-f]{12}$/i;

/**
 * Brings a path into its full form, with its placeholders: `sites` → `/openapi/v1/{omadacId}/sites`.
 * @throws `input` for a path that could lead elsewhere
 */
export const expandPath = memoize((path): string => {
  const text = trimSpaces(path);
  if (text === "") throw inputError('"path" is empty. Give one such as sites, or sites/{siteId}/devices.');
  if (/\.\.|\/\/|[\\?#\p{Cc}]/u.test(text)) {
    throw inputError(
      '"path" must not hold "..", "//", "\\", "?", "#" or control characters. Queries go into "params".',
    );
  }
  const bare = text.replace(/^\/|\/$/g, "");
  if (/^openapi\/v\d+\/./.test(bare)) return `/${bare}`;
  if (/^openapi(\/|$)/.test(bare))
    throw inputError('"path" must begin with /openapi/v1/ or be short, such as sites/{siteId}/devices.');
  return bare.startsWith("msp/") ? `/openapi/v1/${bare}` : `/openapi/v1/{omadacId}/${bare}`;
});

/** Whether a path asks for a site. */
export const needsSite = memoize((path) => /\/\{siteId\}(?:\/|$)/.test(path));

/** A path as a name: short, and without the controller's id. */
export function operationName(path: string, omadacId: string): string {
  const named = omadacId ? path.replaceAll(omadacId, "{omadacId}") : path;
  return named.replace(/^\/openapi\/(v1\/\{omadacId\}\/)?/, "");
}

/**
 * Fills the placeholders, each value percent-encoded.
 * @throws `input` for a place that nothing fills
 */
export function fillPath(path: string, params: PathParams, { omadacId, siteId }: PathContext): FilledPath {
  const remaining = new Map(Object.entries(params));
  const own = new Map([
    ["omadacId", omadacId],
    ["mspId", omadacId],
    ["siteId", siteId],
  ]);
  let filled = "";
  for (const part of partsOf(path)) filled += `/${typeof part === "string" ? part : fill(part.place, own, remaining)}`;
  return { path: filled, remaining: remaining };
}

// What a path is made of: parts that are ready to be sent, and places to be filled.
const partsOf = memoize((path): (string | { place: string })[] => {
  const [, ...segments] = path.split("/");
  return segments.map((segment) => {
    const place = PLACE.exec(segment)?.[1];
    return place === undefined ? encodeSegment(normaliseMac(literal(segment), false), "path") : { place };
  });
});

function fill(name: string, own: ReadonlyMap<string, string | undefined>, remaining: Map<string, unknown>): string {
  const value = own.get(name) ?? remaining.get(name);
  remaining.delete(name);
  if (value === undefined || value === null || value === "") throw inputError(missing(name));
  return encodeSegment(normaliseMac(printable(scalar(value, name), name), isMacName(name)), name);
}

function literal(segment: string): string {
  if (!/[{}]/.test(segment)) return segment;
  throw inputError('"path" holds a placeholder that is none: write it alone between slashes, such as {deviceMac}.');
}

function printable(value: string, name: string): string {
  if (!/\p{Cc}/u.test(value)) return value;
  throw inputError(`"params.${name}" must not hold control characters.`);
}

function missing(name: string): string {
  if (name === "siteId") return 'The path asks for a site. Set "site" in the node, or send its name or id in msg.site.';
  return `The path asks for {${name}}. Give it in "params", such as {"${name}": "…"}.`;
}

/**
 * Writes parameters as a query: `{filters: {wireless: true}}` becomes `filters.wireless=true`.
 * @throws `input` for a value that no query can hold
 */
export function toQuery(params: ReadonlyMap<string, unknown>): Record<string, string> {
  const query: Record<string, string> = {};
  const leaf = (value: unknown, name: string): string => normaliseMac(scalar(value, name), isMacName(name));
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) query[name] = value.map((item) => leaf(item, name)).join(",");
    else if (!isPlainObject(value)) query[name] = leaf(value, name);
    else if (name.includes(".")) throw inputError(`"params.${name}" is nested too deeply.`);
    else for (const [inner, each] of Object.entries(value)) add(`${name}.${inner}`, each);
  };
  for (const [name, value] of params) add(name, value);
  return query;
}

/**
 * Writes parameters as the body of a list that is read by POST: `filters.wireless` becomes `{filters: {wireless}}`.
 * @throws `input` for a value that JSON cannot hold
 */
export function toBody(params: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const body = new Map<string, unknown>();
  for (const [name, value] of params) {
    const dot = name.indexOf(".");
    if (dot < 0) body.set(name, merged(body.get(name), value));
    else body.set(name.slice(0, dot), merged(body.get(name.slice(0, dot)), { [name.slice(dot + 1)]: value }));
  }
  const whole = Object.fromEntries(body);
  // What refers to itself is found here, before it would be walked through for ever.
  toJson(whole);
  return withMacs(whole, "") as Record<string, unknown>;
}

function merged(one: unknown, other: unknown): unknown {
  return isPlainObject(one) && isPlainObject(other)
    ? Object.fromEntries([...Object.entries(one), ...Object.entries(other)])
    : other;
}

function withMacs(value: unknown, name: string): unknown {
  if (typeof value === "string") return normaliseMac(value, isMacName(name));
  if (Array.isArray(value)) return value.map((item) => withMacs(item, name));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, each]) => [inner, withMacs(each, inner)]));
}

function scalar(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return String(value);
  throw inputError(`"params.${name}" must be text, a number or true/false.`);
}

const isMacName = (name: string): boolean => /macs?$/i.test(name);

// The API wants AA-BB-CC-DD-EE-FF in every place (omada.md section 4).
function normaliseMac(text: string, certain: boolean): string {
  // What is a MAC by its name is one however it is grouped.
  if (!certain && !MAC.test(text)) return text;
  const bare = text.replace(/[ :.-]/g, "");
  if (!BARE_MAC.test(bare)) return text;
  return bare.toUpperCase().match(/../g)?.join("-") ?? text;
}
