import { isPlainObject } from "../core/encoding";
import { inputError } from "../core/errors";
import type { ValueKind } from "./act";

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  "1": true,
  false: false,
  off: false,
  "0": false,
};

/** True or false; blank = true. */
export const switchValue: ValueKind<boolean> = {
  kind: "switch",
  parse(value) {
    if (value === undefined || value === "") return true;
    const isWord = typeof value === "boolean" || typeof value === "number" || typeof value === "string";
    const word = isWord ? String(value).trim().toLowerCase() : "";
    const parsed = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (parsed !== undefined) return parsed;
    throw inputError('"value" must be true or false. Set it in the node, or send it in msg.payload.');
  },
};

/** No value: whatever a message carries is left alone. */
export const noValue: ValueKind<undefined> = { kind: "none", parse: () => undefined };

/**
 * Text, or a number as text.
 * @param what it is, as the error says it: `a name`
 * @param maxLength in characters
 */
export function textValue(what: string, maxLength: number): ValueKind<string> {
  return {
    kind: "text",
    parse(value) {
      const text = typeof value === "string" || Number.isFinite(value) ? String(value).trim() : "";
      if (text !== "" && text.length <= maxLength) return text;
      throw inputError(`"value" must be ${what} of 1 to ${maxLength} characters.`);
    },
  };
}

/** The value as an object, also where it is its JSON text; undefined if it is anything else. */
export function toObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const parsed = typeof value === "string" ? parseJson(value) : value;
  return isPlainObject(parsed) ? parsed : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
