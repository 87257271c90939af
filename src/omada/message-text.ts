import { parseReferences, withoutReferences } from "./references";

/** What a text of a controller says, in the words of `omada-event`. */
export interface TextEvent {
  /** Such as `client-connected`; null if there is no word for it. */
  event: string | null;
  /** MAC address of the client that it is about. */
  client: string | null;
  /** MAC address of the device that it is about; of a client that roams, the one that it has reached. */
  device: string | null;
  /** Name of the wireless network. */
  ssid: string | null;
}

/** Sentences, and what they mean; the first one that matches counts. */
type Sentences = readonly (readonly [sentence: RegExp, event: string | null])[];

const NOTHING: TextEvent = { event: null, client: null, device: null, ssid: null };
// What public parsers of these logs and receivers of webhooks know (omada.md section 7).
const CLIENT_SENTENCES: Sentences = [
  [/\bfail(?:ed)? to\b/i, null],
  [/\broaming\b|\bdisconnected from\b.*\bconnected to\b/i, "client-roamed"],
  [/\b(?:went|is|was) offline\b|\bdisconnected\b/i, "client-disconnected"],
  [/\b(?:went|is|was) online\b|\bconnected to\b/i, "client-connected"],
];
const VPN_SENTENCES: Sentences = [
  [/\bfail/i, null],
  [/\bdisconnected\b|\bterminated\b|\blogged out\b|\bis down\b/i, "vpn-down"],
  [/\bconnected\b|\bestablished\b|\bis up\b/i, "vpn-up"],
];
const DEVICE_SENTENCES: Sentences = [
  [/\bonline detection result of \[\] was offline\b/i, "wan-down"],
  [/\bonline detection result of \[\] was online\b/i, "wan-up"],
  // A cable alone does not mean that there is a way to the internet.
  [/\bphysical connection status of \[\] was down\b|^\[\](?: of \[[\w -]+\])? is down\b/i, "wan-down"],
  [/^\[\](?: of \[[\w -]+\])? is up\b/i, "wan-up"],
  [/^\[[\w -]+\] (?:(?:was|is) (?:disconnected|isolated)|went offline)\b/i, "device-disconnected"],
  [/^\[[\w -]+\] (?:(?:was|is) connected\b|went online\b)/i, "device-connected"],
];
const CLIENT = /\[client\]/i;
const VPN = /\b(?:VPN|IPsec|L2TP|PPTP|OpenVPN|WireGuard)\b/i;
/** The end of an alert repeats what it was about. */
const RESOLVED = /^resolved:/i;
const NETWORK = /\bSSID:? ?(?:"([^"]{1,64})"|([^\s"[(][^"[(]{0,63}?)(?= on channel\b|\.?\s*$))/gi;
/** Names and details, which may read like anything. */
const QUOTED = /"[^"]*"|\([^()]*\)/g;
const MAX_LINES = 100;
const MAX_LINE_LENGTH = 4096;

/** What the first line says that says what has happened, or else the first that names a client, device or network. */
export function parseEvent(lines: readonly string[]): TextEvent {
  const said = lines.slice(0, MAX_LINES).map(parseLine);
  return said.find(({ event }) => event !== null) ?? said.find((each) => isTelling(each)) ?? NOTHING;
}

function isTelling({ client, device, ssid }: TextEvent): boolean {
  return (client ?? device ?? ssid) !== null;
}

function parseLine(line: string): TextEvent {
  if (line.length > MAX_LINE_LENGTH) return NOTHING;
  const references = parseReferences([line]);
  const client = references.find(({ kind }) => kind === "client")?.mac ?? null;
  const device = references.findLast(({ kind }) => kind !== "client" && kind !== "unknown")?.mac ?? null;
  const text = withoutReferences(line);
  const ssid = [...text.matchAll(NETWORK)].map(([, quoted, bare]) => quoted ?? bare).at(-1) ?? null;
  const sentence = text.replace(NETWORK, "SSID").replace(QUOTED, "");
  const sentences = client !== null || CLIENT.test(sentence) ? CLIENT_SENTENCES : otherSentences(sentence);
  const event = RESOLVED.test(line) ? undefined : sentences.find(([pattern]) => pattern.test(sentence))?.[1];
  return { event: event ?? null, client, device, ssid };
}

const otherSentences = (sentence: string): Sentences => (VPN.test(sentence) ? VPN_SENTENCES : DEVICE_SENTENCES);
