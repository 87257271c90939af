// Between a text that holds a JSON object and the fields of a form. It touches no page, and loses nothing of the text.

/** A value that an operation or an endpoint takes. Its texts come from the platform: they are shown as text. */
export interface FormField {
  in: "path" | "query" | "body";
  /** Its name, or the names that lead to it. */
  at: readonly string[];
  /** `list`: of `items`; `json`: whatever JSON can hold. */
  type: Scalar | "list" | "json";
  items?: Scalar;
  required?: boolean;
  /** All that it can be. */
  choices?: readonly Primitive[];
  default?: Primitive;
  minimum?: number;
  maximum?: number;
  description?: string;
}

type Scalar = "string" | "integer" | "number" | "boolean";
type Primitive = string | number | boolean;
type JsonObject = Record<string, unknown>;
/** Names that lead from an object to a value in it. */
type Path = readonly string[];

/** A text that a form can change. */
export interface OpenedText {
  value: JsonObject;
  /** Whether it has several lines: it is written back in the same way. */
  multiline: boolean;
  problem?: undefined;
}

/** Why a form cannot change a text. */
export interface TextProblem {
  /** `exact`: writing it again would change it. */
  problem: "json" | "object" | "exact";
}

interface ParsedValue {
  /** Undefined for a blank text. */
  value?: unknown;
  problem?: Scalar | "json" | "choice" | "minimum" | "maximum";
}

/**
 * Parses a text as what a form can change: a JSON object that reads the same when it is written again.
 * @param text blank is an empty object
 */
export function parseText(text: string): OpenedText | TextProblem {
  if (text.trim() === "") return { value: {}, multiline: false };
  const { value, problem } = parseJson(text);
  if (problem) return { problem: "json" };
  if (!isObject(value)) return { problem: "object" };
  // A number that is too long for JavaScript, or a name that occurs twice, would be lost.
  if (JSON.stringify(value) !== trimSpaces(text)) return { problem: "exact" };
  return { value, multiline: text.includes("\n") };
}

/** The text of an object; blank for an empty one, so that the node reads the message. */
export function formatText({ value, multiline }: OpenedText): string {
  return Object.keys(value).length === 0 ? "" : JSON.stringify(value, null, multiline ? 4 : 0);
}

/** What an object has for a field. */
export function getField(object: JsonObject, field: FormField): unknown {
  return existingPath(object, field)?.reduce<unknown>((inner, name) => (inner as JsonObject)[name], object);
}

/**
 * Sets a field in an object; undefined removes it.
 * @returns whether there was a place for it
 */
export function setField(object: JsonObject, field: FormField, value: unknown): boolean {
  const path = existingPath(object, field) ?? pathsOf(field)[0];
  if (value !== undefined) return setPath(object, path, value);
  removePath(object, path);
  return true;
}

/** The top-level names of an object that belong to none of the fields. */
export function unknownNames(object: JsonObject, fields: readonly FormField[]): string[] {
  const known = new Set(fields.map((field) => existingPath(object, field)?.[0]));
  return Object.keys(object).filter((name) => !known.has(name));
}

// In a query `filters.x` may also be written as {"filters": {"x": …}}, and in a body that is sent by POST the other way
// round: the nodes accept both.
function pathsOf({ in: place, at }: FormField): [Path, ...Path[]] {
  const [name = ""] = at;
  const dot = at.length === 1 ? name.indexOf(".") : -1;
  if (place === "query" && dot > 0) return [at, [name.slice(0, dot), name.slice(dot + 1)]];
  if (place === "query" && at.length > 1) return [at, [`${name}.${at.slice(1).join(".")}`]];
  return [at];
}

function existingPath(object: JsonObject, field: FormField): Path | undefined {
  return pathsOf(field).find((path) => hasPath(object, path));
}

function hasPath(object: JsonObject, path: Path): boolean {
  let inner: unknown = object;
  for (const name of path) {
    if (!isObject(inner) || !Object.hasOwn(inner, name)) return false;
    inner = inner[name];
  }
  return true;
}

function setPath(object: JsonObject, path: Path, value: unknown): boolean {
  let inner: unknown = object;
  for (const [index, name] of path.entries()) {
    if (!isObject(inner)) return false;
    if (index === path.length - 1) define(inner, name, value);
    else if (!Object.hasOwn(inner, name)) define(inner, name, {});
    inner = inner[name];
  }
  return true;
}

// Objects that are empty afterwards go as well: only the form can have made them.
function removePath(object: unknown, [name = "", ...rest]: Path): void {
  if (!isObject(object) || !Object.hasOwn(object, name)) return;
  if (rest.length > 0) removePath(object[name], rest);
  const inner = object[name];
  if (rest.length === 0 || (isObject(inner) && Object.keys(inner).length === 0)) delete object[name];
}

// An assignment to a name such as `__proto__` would set something else.
function define(object: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** A value as people read and type it. */
export function formatValue(field: FormField, value: unknown): string {
  if (value === undefined) return "";
  if (field.type === "list" && Array.isArray(value) && value.every(isBareItem)) return value.join(", ");
  // In a field for JSON a string needs its quotes, unless it is one that was typed and could not be parsed.
  const bare = typeof value === "string" && (field.type !== "json" || parseJson(value).problem !== undefined);
  return bare ? value : JSON.stringify(value);
}

/** What somebody typed into a field, as a value. */
export function parseValue(field: FormField, text: string): ParsedValue {
  const trimmed = text.trim();
  if (trimmed === "") return {};
  if (field.type === "json") return parseJson(trimmed);
  if (field.type !== "list") return parseItem(field, field.type === "string" ? text : trimmed, field.type);
  if (trimmed.startsWith("[")) return parseJson(trimmed);
  const items = trimmed.split(",").map((item) => parseItem(field, item.trim(), field.items ?? "string"));
  return items.find(({ problem }) => problem) ?? { value: items.map(({ value }) => value) };
}

function parseItem({ choices, minimum, maximum }: FormField, text: string, type: Scalar): ParsedValue {
  const parsed = parseScalar(text, type);
  if (parsed.problem) return parsed;
  const value = parsed.value as Primitive;
  if (choices && !choices.includes(value)) return { problem: "choice" };
  if (typeof value !== "number") return parsed;
  if (minimum !== undefined && value < minimum) return { problem: "minimum" };
  if (maximum !== undefined && value > maximum) return { problem: "maximum" };
  return parsed;
}

function parseScalar(text: string, type: Scalar): ParsedValue {
  const number = Number(text);
  switch (type) {
    case "integer":
      return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? { value: number } : { problem: type };
    case "number":
      return text !== "" && Number.isFinite(number) ? { value: number } : { problem: type };
    case "boolean":
      return text === "true" || text === "false" ? { value: text === "true" } : { problem: type };
    default:
      return { value: text };
  }
}

function parseJson(text: string): { value?: unknown; problem?: "json" } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: "json" };
  }
}

/** Whether an item of a list needs neither quotes nor brackets to be read as the same again. */
function isBareItem(item: unknown): boolean {
  return typeof item === "number" || (typeof item === "string" && /^[^\s,[][^,]*$/.test(item) && item === item.trim());
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON without the white space between its tokens. */
function trimSpaces(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ""));
}
