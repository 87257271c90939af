import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlainObject } from "../../core/encoding";
import { isPlatformError } from "../../core/errors";
import { toId, toNumber, toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { ChangeEvent, LogSource } from "../../polling/types";
import { fetchCellularLinks, type CellularLink } from "./cellular-links";
import { fetchStatus, type StatusReader } from "./status-reader";
import { textId } from "./text-id";
import { UnreadableEntries } from "./unreadable-entries";

/** What was read of the box of one SIM. */
const Box = z.object({
  id: z.string(),
  /** Identifies the card in the slot; blank if the router does not say. */
  card: z.string(),
  /** Ids of the parts that were emitted, the newest last. */
  seen: z.array(z.string()),
  /** The parts that wait for others: id, and when they were found, in milliseconds since 1970. */
  waiting: z.array(z.tuple([z.string(), z.number()])),
});
type Box = z.infer<typeof Box>;

const Cursor = z.object({
  /** When reading began, in milliseconds since 1970. */
  since: z.number(),
  boxes: z.array(Box),
});
type Cursor = z.infer<typeof Cursor>;

/** One part of a text message; most have only one. */
interface Part {
  id: string;
  /** Its place in the memory of the SIM, which is used again after it was deleted. */
  slot: number;
  text: string;
}

/** Parts with the same sender and time are one message (peplink.md section 3). */
interface TextMessage {
  sender: string;
  /** Seconds since 1970, or what the router has in its place. */
  timestamp: unknown;
  parts: Part[];
}

/** How long a message waits for another part. */
const WAIT_MS = 10_000;
/** A SIM holds a few dozen. */
const MAX_PARTS = 1000;
const MAX_BOXES = 32;
/** The last moment that a Date can express, in milliseconds since 1970. */
const MAX_DATE_MS = 8.64e15;

/** The text messages that the SIMs in use receive, each once. */
export function smsSource(client: StatusReader, clock: Clock): LogSource<Cursor> {
  const unreadable = new UnreadableEntries();
  return {
    parseCursor: (stored) => Cursor.safeParse(stored).data,

    async read(cursor, options) {
      const now = clock.now();
      const since = cursor?.since ?? now;
      const boxes = new Map(cursor?.boxes.map((box) => [box.id, box]));
      const received: ChangeEvent[] = [];
      for (const { link, simId, card, messages } of await fetchInboxes(client, unreadable, options)) {
        const boxId = `${link.connId}-${simId}`;
        const last = boxes.get(boxId);
        const isKnown = last !== undefined && (!card || !last.card || card === last.card);
        // In the box of another SIM, only what came since reading began is new.
        const isOld = ({ timestamp }: TextMessage): boolean => !cursor || !(toNumber(timestamp) * 1000 > since);
        const seen = new Set(isKnown ? last.seen : messages.filter(isOld).flatMap(idsOf));
        const foundAt = new Map(isKnown ? last.waiting : []);
        const waiting: Box["waiting"] = [];
        for (const message of messages) {
          const parts = message.parts.filter((part) => !seen.has(part.id));
          const found = parts.map(({ id }): [string, number] => [id, foundAt.get(id) ?? now]);
          if (parts.length === 0) continue;
          // A clock that was set back must not keep a message for longer.
          const mayWait = found.some(([, at]) => Math.abs(now - at) < WAIT_MS);
          if (mayWait && mayContinue(message)) waiting.push(...found);
          else received.push(toEvent({ ...message, parts }, link, simId));
        }
        boxes.delete(boxId);
        boxes.set(boxId, {
          id: boxId,
          card: card || (isKnown ? last.card : ""),
          seen: remember(seen, messages, waiting),
          waiting,
        });
      }
      const lines = received.toSorted((one, other) => timeOf(one) - timeOf(other));
      return { lines, cursor: { since, boxes: [...boxes.values()].slice(-MAX_BOXES) } };
    },
  };
}

interface Inbox {
  link: CellularLink;
  /** Blank if the router does not say. */
  simId: string;
  /** Identifies the card in the slot; blank if the router does not say. */
  card: string;
  messages: TextMessage[];
}

async function fetchInboxes(
  client: StatusReader,
  unreadable: UnreadableEntries,
  options: CallOptions,
): Promise<Inbox[]> {
  const inboxes: Inbox[] = [];
  const failures = new Map<string, unknown>();
  for (const link of await fetchCellularLinks(client, options)) {
    try {
      const response = await fetchStatus(client, "cmd.sms.get", { connId: link.connId }, options);
      if (!isPlainObject(response)) throw protocolError("It holds no text messages.");
      const { simId, iccid } = response;
      const card = toText(iccid) && textId(toText(iccid));
      inboxes.push({ link, simId: toId(simId), card, messages: parseMessages(response["sms"] ?? []) });
    } catch (error) {
      // A module without a SIM must not hide what others receive.
      if (!isPlatformError(error, "rejected", "unsupported", "not-found", "protocol")) throw error;
      failures.set(link.name, error);
    }
  }
  const [failure] = failures.values();
  if (inboxes.length === 0 && failure) throw failure;
  unreadable.report([...failures.keys()], inboxes.length, options);
  return inboxes;
}

// The order of the parts is that of their slots, which are filled from the first free one on.
function parseMessages(conversations: unknown): TextMessage[] {
  if (!Array.isArray(conversations)) throw protocolError("It holds no list of text messages.");
  const messages = new Map<string, TextMessage>();
  const counts = new Map<string, number>();
  let total = 0;
  for (const conversation of conversations.filter(isPlainObject)) {
    const sender = toText(conversation["sender"]);
    const entries = [conversation["message"]].flat().filter(isPlainObject);
    total += entries.length;
    if (total > MAX_PARTS) throw protocolError("It holds more text messages than can be watched.");
    for (const entry of entries) {
      const { timestamp = entry["date"] } = entry;
      // The vendor's document names the one and shows the other (peplink.md section 3).
      const text = [entry["content"], entry["message"]].find((each) => typeof each === "string") ?? "";
      const key = textId(sender, toId(timestamp));
      const count = counts.get(key + text) ?? 0;
      counts.set(key + text, count + 1);
      const message = messages.get(key) ?? { sender, timestamp, parts: [] };
      message.parts.push({ id: textId(key, text, String(count)), slot: toNumber(entry["id"]), text });
      messages.set(key, message);
    }
  }
  for (const { parts } of messages.values()) parts.sort((one, other) => one.slot - other.slot || 0);
  return [...messages.values()];
}

const idsOf = ({ parts }: TextMessage): string[] => parts.map(({ id }) => id);

/** What part of a longer message has at most: in the alphabet of GSM, and in Unicode. An escaped character counts twice. */
const FULL_LENGTHS = [152, 153, 66, 67];

// Others will follow a part that is as long as it can be.
function mayContinue({ parts }: TextMessage): boolean {
  const { text = "" } = parts.at(-1) ?? {};
  const escaped = text.match(/[\^{}\\[\]~|€]/g)?.length ?? 0;
  return FULL_LENGTHS.includes(text.length) || FULL_LENGTHS.includes(text.length + escaped);
}

// What is still in the box comes last: it must not be forgotten. What is not, may come back after a restart.
function remember(seen: ReadonlySet<string>, messages: readonly TextMessage[], waiting: Box["waiting"]): string[] {
  const listed = new Set(messages.flatMap(idsOf));
  for (const [id] of waiting) listed.delete(id);
  return [...[...seen].filter((id) => !listed.has(id)), ...listed].slice(-2 * MAX_PARTS);
}

function toEvent(
  { sender, timestamp, parts }: TextMessage,
  { connId, name }: CellularLink,
  simId: string,
): ChangeEvent {
  const text = parts.map((part) => part.text).join("");
  const current = { connId, link: name, simId, sender, text, timestamp, parts: parts.length };
  const timeMs = toNumber(timestamp) * 1000;
  const at = Math.abs(timeMs) <= MAX_DATE_MS ? { at: new Date(timeMs).toISOString() } : {};
  const id = parts[0]?.id ?? null;
  return { event: "sms-received", id, name: sender || null, current, previous: null, ...at, aliases: [name] };
}

function timeOf({ at }: ChangeEvent): number {
  return at === undefined ? 0 : Date.parse(at);
}
