import { createHash, timingSafeEqual } from "node:crypto";
import { toNumber } from "../core/scalar";
import { parseEvent, type TextEvent } from "./message-text";
import { parseReferences, type Reference } from "./references";

/** A message that a controller posts to a webhook. */
interface WebhookMessage extends TextEvent {
  /** Name of the site; null if it is about the whole controller. */
  site: string | null;
  /** Name of the controller; null in a test message. */
  controller: string | null;
  /** ISO 8601. */
  at: string;
  text: string[];
  /** In the order of the text, without duplicates. */
  references: Reference[];
}

/** The last moment that a Date can express, in milliseconds since 1970. */
const MAX_DATE_MS = 8.64e15;

/**
 * Parses the body that a controller posts (omada.md section 7).
 * @param now milliseconds since 1970, for a message without a time
 */
export function parseWebhook(body: unknown, now: number): WebhookMessage {
  const { site, controller, timestamp, text, description } = toFields(body);
  const lines = (Array.isArray(text) ? text : [text]).flatMap(parseLine);
  // A test message has a description instead of a text.
  const shown = lines.length > 0 ? lines : parseLine(description);
  const timeMs = toNumber(timestamp) || now;
  return {
    site: toText(site),
    controller: toText(controller),
    at: new Date(Math.abs(timeMs) <= MAX_DATE_MS ? timeMs : now).toISOString(),
    text: shown,
    references: parseReferences(shown),
    ...parseEvent(shown),
  };
}

/** Whether a body contains anything that a controller posts, apart from the secret (omada.md section 7). */
export function isWebhook(body: unknown): boolean {
  const fields = toFields(body);
  return ["site", "controller", "timestamp", "text", "description"].some((name) => Object.hasOwn(fields, name));
}

/** The secret in a body. */
export function extractSecret(body: unknown): unknown {
  return toFields(body)["shardsecret"];
}

/**
 * Distinguishes a message from all others: a controller that receives no response posts the same message again.
 * @param raw the whole body as text, if there is one
 * @returns undefined for a test message, which may be repeated at will
 */
export function deliveryId(body: unknown, raw: string | undefined): string | undefined {
  return raw !== undefined && toFields(body)["timestamp"] ? digest(raw).toString("base64") : undefined;
}

/** Compares in constant time, whatever the lengths. A blank secret matches nothing. */
export function secretMatches(candidate: unknown, secret: string): boolean {
  const isEqual = timingSafeEqual(digest(typeof candidate === "string" ? candidate : ""), digest(secret));
  return isEqual && secret !== "";
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

// Controllers capitalize some of the names.
function toFields(body: unknown): Readonly<Record<string, unknown>> {
  const fields = typeof body === "object" && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(fields.map(([name, value]: [string, unknown]) => [name.toLowerCase(), value]));
}

const toText = (value: unknown): string | null => (typeof value === "string" && value.trim() ? value.trim() : null);

// A line of an audit log is JSON with the text inside, and often with details of it.
function parseLine(line: unknown): string[] {
  const text = toText(line);
  if (text === null) return [];
  const { operation, details } = text.startsWith("{") ? toFields(tryParseJson(text)) : {};
  const [act, more] = [toText(operation), detailsText(details)];
  if (act === null) return [text];
  return [more === null ? act : `${act} ${more}`];
}

function detailsText(details: unknown): string | null {
  if (typeof details !== "object" || details === null) return toText(details);
  if (Object.keys(details).length === 0) return null;
  try {
    return JSON.stringify(details);
  } catch {
    // Nested more deeply than the stack allows: the text of the line is kept without them.
    return null;
  }
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
