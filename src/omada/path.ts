import {
  checkSize,
  decodeFully,
  encodeSegment,
  isPlainObject,
  leavesSegment,
  toJsonValue,
  trimSpaces,
} from "../core/encoding";
import { inputError } from "../core/errors";
import { memoize } from "../core/memoize";
import { isMacName, normalizeMac } from "./mac";

/** The parameters of a message: for placeholders, and for the query or the body. */
export type PathParams = Readonly<Record<string, unknown>>;

/** A path whose placeholders are filled. */
export interface FilledPath {
  /** Percent-encoded, from `/openapi/` on. */
  path: string;
  /** The parameters that the path does not contain. */
  remaining: Map<string, unknown>;
}

/** The values of the placeholders that the client fills in itself. */
interface PathContext {
  omadacId: string;
  siteId?: string | undefined;
}

const PLACEHOLDER = /^\{(\w{1,64})\}$/;

/**
 * Expands a path to its full form, with its placeholders: `sites` → `/openapi/v1/{omadacId}/sites`.
 * @throws `input` for a path that could lead outside of the API
 */
export const expandPath = memoize((path): string => {
  const text = trimSpaces(path);
  if (text === "") throw inputError('"path" is empty. Enter one such as sites, or sites/{siteId}/devices.');
  if (/\.\.|\/\/|[\\?#\p{Cc}]/u.test(text)) {
    throw inputError(
      '"path" must not contain "..", "//", "\\", "?", "#" or control characters. Put the query into "params".',
    );
  }
  const bare = text.replace(/^\/|\/$/g, "");
  if (/^openapi\/v\d+\/./.test(bare)) return `/${bare}`;
  if (/^openapi(\/|$)/.test(bare))
    throw inputError('"path" must begin with /openapi/v1/ or be short, such as sites/{siteId}/devices.');
  return bare.startsWith("msp/") ? `/openapi/v1/${bare}` : `/openapi/v1/{omadacId}/${bare}`;
});

/** Whether a path has a placeholder for the site. */
export const needsSite = memoize((path) => /\/\{siteId\}(?:\/|$)/.test(path));

/** The name of a path: short, and without the controller's id. */
export function operationName(path: string, omadacId: string): string {
  const anonymous = omadacId ? path.replaceAll(omadacId, "{omadacId}") : path;
  return anonymous.replace(/^\/openapi\/(v1\/\{omadacId\}\/)?/, "");
}

/**
 * Fills the placeholders; values are percent-encoded.
 * @throws `input` for a placeholder without a value
 */
export function fillPath(path: string, params: PathParams, { omadacId, siteId }: PathContext): FilledPath {
  const remaining = new Map(Object.entries(params));
  const template = parseTemplate(path);
  const { segments, last } = template;
  if (last?.omadacId === omadacId && last.siteId === siteId) {
    for (const segment of segments) if (typeof segment !== "string") remaining.delete(segment.name);
    return { path: last.path, remaining };
  }
  const own = new Map([
    ["omadacId", omadacId],
    ["mspId", omadacId],
    ["siteId", siteId],
  ]);
  let isOwn = true;
  let filled = "";
  for (const segment of segments) {
    if (typeof segment === "string") {
      filled += `/${segment}`;
      continue;
    }
    const { name } = segment;
    const value = own.get(name) ?? remaining.get(name);
    isOwn &&= own.get(name) !== undefined;
    remaining.delete(name);
    filled += `/${encodeValue(value, name)}`;
  }
  if (isOwn) template.last = { omadacId, siteId, path: filled };
  return { path: filled, remaining };
}

/** A parsed path. */
interface Template {
  /** Encoded literals, and placeholders. */
  segments: readonly (string | { name: string })[];
  /** How it was filled last where no parameter had a part in it: mostly the same again. */
  last: (PathContext & { path: string }) | undefined;
}

const parseTemplate = memoize((path): Template => {
  const [, ...segments] = path.split("/");
  return {
    segments: segments.map((segment) => {
      const name = PLACEHOLDER.exec(segment)?.[1];
      return name === undefined ? encodeSegment(normalizeMac(checkLiteral(segment), false), "path") : { name };
    }),
    last: undefined,
  };
});

function encodeValue(value: unknown, name: string): string {
  if (value === undefined || value === null || value === "") throw inputError(missingValueMessage(name));
  return encodeSegment(normalizeMac(checkValue(toScalar(value, name), name), isMacName(name)), name);
}

function checkLiteral(segment: string): string {
  if (/[/\\]/.test(decodeFully(segment))) throw inputError('"path" must not contain an encoded slash or backslash.');
  if (!/[{}]/.test(segment)) return segment;
  throw inputError('"path" has an invalid placeholder: write it alone between slashes, such as {deviceMac}.');
}

function checkValue(value: string, name: string): string {
  if (/\p{Cc}/u.test(value)) throw inputError(`"params.${name}" must not contain control characters.`);
  // A reverse proxy may decode it, and so send the request to another path.
  if (leavesSegment(value))
    throw inputError(`"params.${name}" must not contain "/" or "\\", also percent-encoded, and not be "." or "..".`);
  return value;
}

function missingValueMessage(name: string): string {
  if (name === "siteId") return 'The path needs a site. Set "site" in the node, or send its name or id in msg.site.';
  return `The path needs a value for {${name}}. Add it to "params", such as {"${name}": "…"}.`;
}

/** Parameters under dotted names, however they are nested: `{filters: {wireless: true}}` becomes `filters.wireless`. */
export function* flattenParams(params: ReadonlyMap<string, unknown>): Iterable<[name: string, value: unknown]> {
  for (const [name, value] of params) {
    if (value === undefined || value === null) continue;
    // One level, as in a query.
    if (!isPlainObject(value) || name.includes(".")) yield [name, value];
    else yield* flattenParams(new Map(Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, each])));
  }
}

/**
 * Converts parameters to a query: `{filters: {wireless: true}}` becomes `filters.wireless=true`.
 * @throws `input` for a value that a query cannot express
 */
export function toQuery(params: ReadonlyMap<string, unknown>): Record<string, string> {
  const query: Record<string, string> = {};
  if (params.size === 0) return query;
  checkSize(Object.fromEntries(params));
  const toText = (value: unknown, name: string): string => normalizeMac(toScalar(value, name), isMacName(name));
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) query[name] = value.map((item) => toText(item, name)).join(",");
    else if (!isPlainObject(value)) query[name] = toText(value, name);
    else if (name.includes(".")) throw inputError(`"params.${name}" is nested too deeply.`);
    else for (const [inner, innerValue] of Object.entries(value)) add(`${name}.${inner}`, innerValue);
  };
  for (const [name, value] of params) add(name, value);
  return query;
}

/**
 * Converts parameters to the body of a list that is read by POST: `filters.wireless` becomes `{filters: {wireless}}`.
 * @throws `input` for a value that JSON cannot express
 */
export function toBody(params: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  // The fields of dotted names, apart: copying an object for each of them would take quadratic time.
  const groups = new Map<string, Map<string, unknown>>();
  for (const [name, value] of params) {
    const dot = name.indexOf(".");
    const head = dot < 0 ? name : name.slice(0, dot);
    const fields = dot < 0 ? value : { [name.slice(dot + 1)]: value };
    // An object that has nothing to be merged with keeps its own way to be serialized.
    if (!isPlainObject(fields) || (dot < 0 && !groups.has(head))) {
      groups.delete(head);
      entries.set(head, fields);
      continue;
    }
    const group = groups.get(head) ?? toGroup(entries.get(head));
    for (const [inner, each] of Object.entries(fields)) group.set(inner, each);
    groups.set(head, group);
    entries.set(head, undefined);
  }
  for (const [name, group] of groups) entries.set(name, Object.fromEntries(group));
  return normalizeMacs(toJsonValue(Object.fromEntries(entries)), "") as Record<string, unknown>;
}

function toGroup(value: unknown): Map<string, unknown> {
  return new Map(isPlainObject(value) ? Object.entries(value) : []);
}

function normalizeMacs(value: unknown, name: string): unknown {
  if (typeof value === "string") return normalizeMac(value, isMacName(name));
  if (Array.isArray(value)) return value.map((item) => normalizeMacs(item, name));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, each]) => [inner, normalizeMacs(each, inner)]));
}

function toScalar(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return String(value);
  throw inputError(`"params.${name}" must be text, a number or true/false.`);
}
