import { isPlainObject } from "../core/encoding";
import { inputError } from "../core/errors";

/** The payload of an Inject node with nothing else chosen: the time, in milliseconds. */
const MIN_TIMESTAMP = 1e12;

/** Whether a value says nothing, so that a command does what it does without one. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === "" || (typeof value === "number" && value >= MIN_TIMESTAMP);
}

/**
 * Parses a value that must be an object, or JSON of one.
 * @param names of the properties that it may have
 * @param example for the error
 * @throws `input` for anything else
 */
export function parseOptions(value: unknown, names: readonly string[], example: string): Record<string, unknown> {
  const object = typeof value === "string" ? parseJson(value) : value;
  if (!isPlainObject(object)) throw inputError(`"value" must be an object such as ${example}.`);
  const unknown = Object.keys(object).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw inputError(
      `"value" may hold ${names.join(", ").replace(/, (\w+)$/, " and $1")}, but not "${unknown.slice(0, 40)}".`,
    );
  return object;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
