/** A text message, or a part of one, in the memory of a SIM. */
export interface StoredText {
  connId: number;
  simId: number;
  /** Its place in the memory, which is used again after it was deleted. */
  id: number;
  sender: string;
  /** Seconds since 1970. */
  timestamp: number;
  text: string;
}

/** What one part holds, in the alphabet of GSM. */
const MAX_LENGTH = 160;
const MAX_PART_LENGTH = 153;

/** Splits a text into the parts in which it arrives. */
export function splitText(text: string): string[] {
  if (text.length <= MAX_LENGTH) return [text];
  return text.match(new RegExp(`[^]{1,${MAX_PART_LENGTH}}`, "g")) ?? [];
}

/** The lowest place in the memory of a SIM that is free. */
export function freePlace(inbox: readonly StoredText[], connId: number, simId: number): number {
  const stored = inbox.filter((one) => one.connId === connId && one.simId === simId);
  let place = 1;
  while (stored.some(({ id }) => id === place)) place++;
  return place;
}

/** Stored messages by sender, as a router lists them. */
export function bySender(stored: readonly StoredText[], textField: string): object[] {
  const senders = [...new Set(stored.map(({ sender }) => sender))];
  return senders.map((sender) => {
    const message = stored
      .filter((one) => one.sender === sender)
      .map(({ id, timestamp, text }) => {
        const date = new Date(timestamp * 1000).toUTCString().slice(5, 22);
        return { id, date, timestamp, length: String(text.length), [textField]: text };
      });
    return { sender, message };
  });
}
