import { inputError } from "./errors";

/**
 * Makes a value part of a path.
 * @throws `input` for one that would leave its place in the path
 */
export function encodeSegment(value: string, name: string): string {
  // encodeURIComponent leaves dots alone, and ".." would climb.
  if (value === "" || value === "." || value === "..") throw inputError(`"${name}" must not be empty, "." or "..".`);
  return encode(value, name);
}

/** The query of a URL, with its question mark; empty where there is nothing to ask. */
export function queryString(query: Readonly<Record<string, string>> | undefined): string {
  if (!query) return "";
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name, name)}=${encode(value, name)}`);
  return pairs.length ? `?${pairs.join("&")}` : "";
}

function encode(value: string, name: string): string {
  if (!value.isWellFormed()) throw inputError(`"${redactName(name)}" holds half a character (a lone surrogate).`);
  return encodeURIComponent(value);
}

const redactName = (name: string): string => (name.isWellFormed() ? name : "a parameter");

/**
 * Writes a body.
 * @throws `input` for one that JSON cannot hold
 */
export function toJson(body: unknown): string {
  try {
    const text = JSON.stringify(body) as string | undefined;
    if (text !== undefined) return text;
  } catch {
    // falls through to the one sentence below
  }
  throw inputError(
    "The body cannot be written as JSON: it refers to itself, or holds something that JSON does not know.",
  );
}

/**
 * What a value is once it is JSON: its own `toJSON` has spoken. What is checked must be what is sent.
 * @throws `input` as `toJson` does
 */
export function toJsonValue(value: unknown): unknown {
  return JSON.parse(toJson(value));
}

/** Whether a value is an object and nothing else. A Function node's own come out of another realm, with an Object of its own. */
export function isPlainObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * A text without the spaces around it. Spaces alone: a line break must meet the checks that refuse it.
 * By hand, because a pattern for the end tries each space anew: minutes for a long run of them.
 */
export function trimSpaces(text: string): string {
  let from = 0;
  let to = text.length;
  while (text[from] === " ") from++;
  while (to > from && text[to - 1] === " ") to--;
  return text.slice(from, to);
}
