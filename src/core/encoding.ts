import { inputError, isPlatformError, type PlatformError } from "./errors";

/**
 * Encodes a value as one segment of a path.
 * @param name of the setting or parameter, for the error
 * @throws `input` for a value that would change the path around it
 */
export function encodeSegment(value: string, name: string): string {
  // encodeURIComponent leaves dots alone, and ".." would lead to the parent path.
  if (value === "" || value === "." || value === "..") throw inputError(`"${name}" must not be empty, "." or "..".`);
  return encodeComponent(value, name);
}

const MAX_DECODINGS = 4;

/** A text as it reads after every server on its way may have percent-decoded it once more. */
export function decodeFully(text: string): string {
  let decoded = text;
  for (let round = 0; round < MAX_DECODINGS && decoded.includes("%"); round++) {
    // Digit by digit: one invalid sequence must not hide the others.
    const next = decoded.replace(/%[0-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

/**
 * Whether a value leads out of its segment of a path where a proxy decodes it: it contains a slash or a backslash, however
 * often encoded, or is a dot segment. Some servers ignore what follows a semicolon.
 */
export function leavesSegment(value: string): boolean {
  const decoded = decodeFully(value);
  return /[/\\]/.test(decoded) || /^\.{1,2}(;|$)/.test(decoded);
}

/** The query of a URL, with its question mark; empty where there are no parameters. */
export function queryString(query: Readonly<Record<string, string>> | undefined): string {
  let text = "";
  for (const name in query) {
    text += `${text && "&"}${encodeComponent(name, name)}=${encodeComponent(query[name] ?? "", name)}`;
  }
  return text && `?${text}`;
}

/** Texts that are encoded as they are: ids, tokens, most names. */
const UNRESERVED = /^[\w.~-]*$/;

function encodeComponent(value: string, name: string): string {
  if (UNRESERVED.test(value)) return value;
  if (value.isWellFormed()) return encodeURIComponent(value);
  const label = name.isWellFormed() ? name : "a parameter";
  throw inputError(`"${label}" holds half a character (a lone surrogate).`);
}

/** No request of these platforms comes near any of these. */
const MAX_DEPTH = 100;
const MAX_VALUES = 100_000;
const MAX_LENGTH = 16_777_216;
const SMALL_BUDGET = 200;
const SMALL_DEPTH = 10;

/**
 * Serializes a body.
 * @throws `input` for a value that JSON cannot represent, and for one that is too large or nested too deeply
 */
export function toJson(body: unknown): string {
  try {
    const text = JSON.stringify(body, isSmall(body) ? undefined : createLimiter()) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    if (isPlatformError(error, "input")) throw error;
  }
  throw inputError(
    "The body cannot be written as JSON: it refers to itself, or holds something that JSON cannot hold.",
  );
}

/** Most bodies and parameters are small, and a replacer costs more than all the rest. */
const isSmall = (value: unknown): boolean => remainingBudget(value, SMALL_BUDGET, SMALL_DEPTH) >= 0;

/** What is left of a budget of values, names and texts after all of a value; negative if it is not enough. */
function remainingBudget(value: unknown, budget: number, depth: number): number {
  if (typeof value === "string") return budget - 1 - (value.length >> 8);
  if (typeof value !== "object" || value === null) return budget - 1;
  if (depth === 0 || "toJSON" in value) return -1;
  let left = budget;
  for (const name in value) {
    left = remainingBudget((value as Record<string, unknown>)[name], left - 1, depth - 1);
    if (left < 0) return left;
  }
  return left;
}

/** A replacer for `JSON.stringify`. What is referred to several times counts as often, because it is written as often. */
function createLimiter(): (this: unknown, name: string, value: unknown) => unknown {
  const parents: unknown[] = [];
  let count = 0;
  let length = 0;
  return function (name, value) {
    while (parents.length > 0 && parents.at(-1) !== this) parents.pop();
    if (typeof value === "object" && value !== null) parents.push(value);
    length += name.length + (typeof value === "string" ? value.length : 1);
    if (parents.length > MAX_DEPTH || ++count > MAX_VALUES || length > MAX_LENGTH) throw tooLargeError();
    return value;
  };
}

function tooLargeError(): PlatformError {
  return inputError("The body or the parameters are too large, or nested too deeply. Send less at once.");
}

/**
 * Checks parameters before they are converted, because an object that refers to another one many times may become huge.
 * @throws `input` for what is too large or nested too deeply
 */
export function checkSize(params: object): void {
  try {
    if (!isSmall(params)) JSON.stringify(params, createLimiter());
  } catch (error) {
    // What JSON cannot hold is for the conversion to say, with the name of the parameter.
    if (isPlatformError(error, "input")) throw error;
  }
}

/**
 * The value as a reader of its JSON sees it, with every `toJSON` applied, so that what is checked is what is sent.
 * @throws `input` as `toJson` does
 */
export function toJsonValue(value: unknown): unknown {
  return JSON.parse(toJson(value));
}

/**
 * Whether a value is an object with fields: no array, date, buffer or map. Objects of a Function node come from another
 * realm, so their prototype is not our `Object.prototype`.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * The text without the spaces around it. Only spaces: a line break must reach the checks that reject it.
 * Written by hand, because a pattern for the end backtracks at each space: minutes for a long run of them.
 */
export function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === " ") start++;
  while (end > start && text[end - 1] === " ") end--;
  return text.slice(start, end);
}
