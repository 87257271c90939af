import { createHash, timingSafeEqual } from "node:crypto";

/** A device or client that a controller's prose speaks of. */
export interface Reference {
  /** The controller's own word: `gateway`, `switch`, `ap`, `client`, … */
  kind: string;
  /** As the API writes it: `AA-BB-CC-DD-EE-FF`. */
  mac: string;
}

/** What a controller says by webhook. */
export interface WebhookMessage {
  /** Name of the site; null where it is about the whole controller. */
  site: string | null;
  /** Name of the controller; null in a test message. */
  controller: string | null;
  /** ISO 8601. */
  at: string;
  text: string[];
  /** In the order of the text, each once. */
  references: Reference[];
}

// [gateway:98-03-…], or with a name between: [client:Ada's phone:98-03-…]. It may hold anything but another reference.
const REFERENCE =
  /\[([a-z][\w-]{0,30}):(?:(?:(?!\[[a-z][\w-]{0,30}:).){0,200}?:)?([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})\]/gi;
const LATEST_DATE_MS = 8.64e15;

/**
 * Reads what a controller posts (omada.md section 7).
 * @param now milliseconds since 1970, for a message that does not say when
 */
export function parseWebhook(body: unknown, now: number): WebhookMessage {
  const { site, controller, timestamp, text, description } = fieldsOf(body);
  const given = (Array.isArray(text) ? text : [text]).flatMap(prose);
  // A test has no text; what it says of itself is better than nothing.
  const said = given.length > 0 ? given : prose(description);
  const time = Number(timestamp || now);
  return {
    site: word(site),
    controller: word(controller),
    at: new Date(Math.abs(time) <= LATEST_DATE_MS ? time : now).toISOString(),
    text: said,
    references: parseReferences(said),
  };
}

/** Whether a body holds anything that a controller posts, besides the secret (omada.md section 7). */
export function isWebhook(body: unknown): boolean {
  const fields = fieldsOf(body);
  return ["site", "controller", "timestamp", "text", "description"].some((name) => Object.hasOwn(fields, name));
}

/** The secret inside a body. */
export function extractSecret(body: unknown): unknown {
  return fieldsOf(body)["shardsecret"];
}

/**
 * What tells one message from all others: a controller that got no answer posts the same again.
 * @param raw all of the body as text, where there is one
 * @returns undefined for a test, which may be sent as often as one likes
 */
export function deliveryId(body: unknown, raw: string | undefined): string | undefined {
  return raw !== undefined && fieldsOf(body)["timestamp"] ? digest(raw).toString("base64") : undefined;
}

/** Compares in a time that tells nothing of where the two differ, or how long the secret is. */
export function secretMatches(given: unknown, secret: string): boolean {
  const same = timingSafeEqual(digest(typeof given === "string" ? given : ""), digest(secret));
  return same && secret !== "";
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

// Controllers write some of the names with a capital.
function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  const fields = typeof body === "object" && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(fields.map(([name, value]: [string, unknown]) => [name.toLowerCase(), value]));
}

const word = (value: unknown): string | null => (typeof value === "string" && value.trim() ? value.trim() : null);

// A line of an audit log comes as JSON, with the prose inside it.
function prose(line: unknown): string[] {
  const text = word(line);
  if (text === null) return [];
  const operation = text.startsWith("{") ? word(fieldsOf(parsed(text))["operation"]) : null;
  return [operation ?? text];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The devices and clients that lines of prose speak of, each once. */
export function parseReferences(lines: readonly string[]): Reference[] {
  const found = new Map<string, Reference>();
  for (const [, kind = "", mac = ""] of lines.flatMap((line) => [...line.matchAll(REFERENCE)])) {
    const reference = { kind: kind.toLowerCase(), mac: mac.toUpperCase().replaceAll(":", "-") };
    found.set(`${reference.kind} ${reference.mac}`, reference);
  }
  return [...found.values()];
}
