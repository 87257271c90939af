import type { Outcome } from "./outcomes";

const CODES = new Set<unknown>(
  [
    ["input", "config", "sign-in", "forbidden", "not-found", "rejected", "unsupported", "offline", "busy"],
    ["network", "tls", "timeout", "protocol", "cancelled"],
  ].flat(),
);
const RETRYABLE = new Set<unknown>(["offline", "busy", "network", "timeout"]);
/** No control character, half character, or anything that turns the direction of what follows. */
const SENTENCE = /^[A-Z"][^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]{10,1000}$/u;

/** Of whom an ending is told. */
interface Ender {
  platform: string;
  /** Whether one message may come out as several. */
  several?: boolean;
  /** Whether a failure that nobody expected is one of ours. */
  expectsAll?: boolean;
}

// A write that may have been carried out must not be repeated, whatever its code.
function isRetryableRight(code: unknown, retryable: unknown): boolean {
  return retryable === RETRYABLE.has(code) || (retryable === false && (code === "network" || code === "timeout"));
}

/**
 * What is wrong with how a message ended.
 * @returns undefined where it was sent on once, or failed once with a code of the contract
 */
export function wrongEnd({ ended, sent, error, payload }: Outcome, ender: Ender): string | undefined {
  if (ended !== 1) return `ended ${ended} times`;
  if (!error) {
    if (!ender.several && sent !== 1) return `sent ${sent} times`;
    return isPoisoned(payload) ? "the payload has a __proto__" : undefined;
  }
  const { code, message, cause } = error;
  if (sent > 0) return "sent and failed";
  if (!CODES.has(code)) return `the code is ${String(code)}`;
  if (!SENTENCE.test(message)) return `the sentence is ${JSON.stringify(message)}`;
  if (cause?.["platform"] !== ender.platform || !isRetryableRight(code, cause["retryable"])) return "the cause";
  // A stack has an end: what is nested ten thousand deep may be told of as it comes.
  return ender.expectsAll && /report it/.test(message.replace(/.*RangeError.*/, "")) ? message : undefined;
}

// Whether something in it would poison whoever merges it. Not by recursion: some are very deep.
function isPoisoned(payload: unknown): boolean {
  const left = [payload];
  for (let looked = 0; left.length > 0 && looked < 10_000; looked++) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) continue;
    if (Object.hasOwn(next, "__proto__")) return true;
    left.push(...Object.values(next).slice(0, 1000));
  }
  return false;
}

/** What the objects of everybody inherit, as text. */
export function allPrototypes(): string {
  const all: object[] = [Object, Array, Function, String, Number, Promise, Map, Buffer, Error].map(
    ({ prototype }) => prototype as object,
  );
  return all.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join("\n");
}
