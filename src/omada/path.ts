import { encodeSegment } from "../encode";
import { inputError } from "../errors";

/** Parameters as a message brings them: for placeholders, and for the query or the body. */
export type Params = Readonly<Record<string, unknown>>;

/** A path with all its places filled. */
export interface FilledPath {
  /** Percent-encoded, from `/openapi/` on. */
  path: string;
  /** The parameters that found no place in it. */
  rest: Map<string, unknown>;
}

/** What the controller's own placeholders stand for. */
export interface Places {
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
export function fullPath(path: string): string {
  const text = path.trim();
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
}

/** Whether a path asks for a site. */
export function needsSite(path: string): boolean {
  return path.split("/").includes("{siteId}");
}

/** A path as a name: short, and without the controller's id. */
export function pathName(path: string, omadacId: string): string {
  const named = omadacId ? path.replaceAll(omadacId, "{omadacId}") : path;
  return named.replace(/^\/openapi\/(v1\/\{omadacId\}\/)?/, "").slice(0, 120);
}

/**
 * Fills the placeholders, each value percent-encoded.
 * @throws `input` for a place that nothing fills
 */
export function fillPath(path: string, params: Params, { omadacId, siteId }: Places): FilledPath {
  const rest = new Map(Object.entries(params));
  const own = new Map<string, string | undefined>([
    ["omadacId", omadacId],
    ["mspId", omadacId],
    ["siteId", siteId],
  ]);
  const fill = (segment: string): string => {
    const name = PLACE.exec(segment)?.[1];
    if (name === undefined) return encodeSegment(normaliseMac(segment, false), "path");
    const value = own.get(name) ?? rest.get(name);
    rest.delete(name);
    if (value === undefined || value === null || value === "") throw inputError(missing(name));
    return encodeSegment(normaliseMac(scalar(value, name), isMacName(name)), name);
  };
  const [, ...segments] = path.split("/");
  return { path: `/${segments.map(fill).join("/")}`, rest };
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
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) query[name] = value.map((item) => scalar(item, name)).join(",");
    else if (typeof value !== "object") query[name] = normaliseMac(scalar(value, name), isMacName(name));
    else if (name.includes(".")) throw inputError(`"params.${name}" is nested too deeply.`);
    else for (const [inner, leaf] of Object.entries(value)) add(`${name}.${inner}`, leaf);
  };
  for (const [name, value] of params) add(name, value);
  return query;
}

/** Writes parameters as the body of a list that is read by POST: `filters.wireless` becomes `{filters: {wireless}}`. */
export function toBody(params: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const body = new Map<string, unknown>();
  for (const [name, value] of params) {
    const [outer = "", inner] = name.split(".", 2);
    const group = inner === undefined ? undefined : body.get(outer);
    body.set(outer, inner === undefined ? value : Object.fromEntries([...Object.entries(group ?? {}), [inner, value]]));
  }
  return Object.fromEntries(body);
}

function scalar(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw inputError(`"params.${name}" must be text, a number or true/false.`);
}

const isMacName = (name: string): boolean => /macs?$/i.test(name);

// The API wants AA-BB-CC-DD-EE-FF in every place (omada.md section 4).
function normaliseMac(text: string, certain: boolean): string {
  if (!MAC.test(text) && !(certain && BARE_MAC.test(text))) return text;
  return (
    text
      .replace(/[^0-9a-f]/gi, "")
      .toUpperCase()
      .match(/../g)
      ?.join("-") ?? text
  );
}
