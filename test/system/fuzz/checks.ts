import type { Outcome } from "./outcomes";

const CODES = new Set<unknown>(
  [
    ["input", "config", "sign-in", "forbidden", "not-found", "rejected", "unsupported", "offline", "busy"],
    ["network", "tls", "timeout", "protocol", "cancelled"],
  ].flat(),
);
const RETRYABLE = new Set<unknown>(["offline", "busy", "network", "timeout"]);
/** Without control characters, lone surrogates and characters that change the direction of text. */
const SENTENCE = /^[A-Z"][^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]{10,1000}$/u;

/** What an outcome has to be. */
interface Expectation {
  platform: string;
  /** Whether the node may send several messages for one. */
  sendsSeveral?: boolean;
  /** Whether an unexpected error counts as a violation. */
  isUnexpectedErrorViolation?: boolean;
}

// A write that may have been carried out must not be repeated, whatever its code.
function isRetryableValid(code: unknown, retryable: unknown): boolean {
  return retryable === RETRYABLE.has(code) || (retryable === false && (code === "network" || code === "timeout"));
}

/**
 * Describes how an outcome violates the contract.
 * @returns undefined if the message was sent once, or failed once with a code of the contract
 */
export function findViolation({ ended, sent, error, payload }: Outcome, expected: Expectation): string | undefined {
  if (ended !== 1) return `ended ${ended} times`;
  if (!error) {
    if (!expected.sendsSeveral && sent !== 1) return `sent ${sent} times`;
    return hasPoisonedKey(payload) ? "the payload has a __proto__" : undefined;
  }
  const { code, message, cause } = error;
  if (sent > 0) return "sent and failed";
  if (!CODES.has(code)) return `the code is ${String(code)}`;
  if (!SENTENCE.test(message)) return `the sentence is ${JSON.stringify(message)}`;
  if (cause?.["platform"] !== expected.platform || !isRetryableValid(code, cause["retryable"])) return "the cause";
  // What is nested ten thousand deep may exceed the stack.
  return expected.isUnexpectedErrorViolation && /report it/.test(message.replace(/.*RangeError.*/, ""))
    ? message
    : undefined;
}

// Whether it contains a key that would pollute a prototype when it is merged. Without recursion: some are very deep.
function hasPoisonedKey(payload: unknown): boolean {
  const values = [payload];
  for (let count = 0; values.length > 0 && count < 10_000; count++) {
    const next = values.pop();
    if (typeof next !== "object" || next === null) continue;
    if (Object.hasOwn(next, "__proto__")) return true;
    values.push(...Object.values(next).slice(0, 1000));
  }
  return false;
}

/** The keys of the built-in prototypes, as text. */
export function listPrototypeKeys(): string {
  const prototypes: object[] = [Object, Array, Function, String, Number, Promise, Map, Buffer, Error].map(
    ({ prototype }) => prototype as object,
  );
  return prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join("\n");
}
