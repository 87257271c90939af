import * as fc from "fast-check";
import type { SimulatedResponse } from "../../support/simulators/simulated-server";

/** Stands for the address of a server that must not get any connection. */
const TRAP = "http://trap";

/** Pieces of JSON for a response, as text: much of it cannot be expressed by a value. */
const UNUSUAL_JSON = [
  [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1e308",
    "1e999",
    "-1e999",
    "9007199254740993",
    "0.1e-400",
    '""',
    "[]",
    "{}",
  ],
  ['"..\\/..\\/x"', '"\\ud800"', '"\\u0000\\u001b[31m\\r\\n"', '"<img src=x onerror=alert(1)>"', `"${TRAP}"`],
  [
    '{"__proto__":{"polluted":1}}',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ],
  [
    '{"a":1,"a":{"a":2},"a":[]}',
    '{"toString":1,"valueOf":2,"then":3,"length":-1,"order":[1]}',
    '{"order":"x","1":null,"01":2}',
  ],
  [
    '{"order":["__proto__","1",{},null,1e999]}',
    '[null,0,"",[],{}]',
    "[[[[[[[[[[]]]]]]]]]]",
    '{"data":[],"totalRows":1e9}',
  ],
  [
    '{"data":{},"totalRows":-1}',
    '{"stat":"ok"}',
    '{"errorCode":0}',
    '{"err_code":-1}',
    '{"err_code":"0"}',
    '"2100-01-01"',
  ],
].flat();

/** The same, too large for a report. */
const LARGE_JSON: Readonly<Record<string, () => string>> = {
  "lists 10,000 deep": () => "[".repeat(10_000) + "]".repeat(10_000),
  "objects 10,000 deep": () => '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000),
  "a megabyte of text": () => `"${"a".repeat(1_000_000)}"`,
  "100,000 numbers": () => `[${"1,".repeat(99_999)}1]`,
  "10,000 names": () => `{${Array.from({ length: 10_000 }, (_, index) => `"${index}":${index}`).join()}}`,
  "1,000 digits": () => "1".repeat(1000),
};

/** What takes the place of a whole body. */
const BODIES: Readonly<Record<string, (text: string) => string | Buffer>> = {
  unchanged: (text) => text,
  empty: () => "",
  "the first half": (text) => text.slice(0, text.length >> 1),
  "one byte less": (text) => text.slice(0, -1),
  "one byte more": (text) => `${text}}`,
  twice: (text) => text + text,
  "with a byte order mark": (text) => `\ufeff${text}`,
  "in UTF-16": (text) => Buffer.from(text, "utf16le"),
  "in single quotes": (text) => text.replaceAll('"', "'"),
  "a page": () => "<!DOCTYPE html><html><body>Sign in</body></html>",
  XML: () => "<?xml version='1.0'?><answer/>",
  NaN: () => "NaN",
  "a word": () => "Unauthorized",
  "no valid UTF-8": () => Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc0]),
  "in an array": (text) => `[${text}]`,
  "in a string": (text) => JSON.stringify(text),
};

/** Statuses and headers; those that are retried have other tests, and would take long here. */
const HEADS: readonly (readonly [status: number, headers: Record<string, string | string[]>])[] = [
  ...[200, 201, 206, 300, 400, 401, 403, 404, 405, 409, 418, 500, 501].map((status) => [status, {}] as const),
  ...[301, 302, 303, 307, 308].map((status) => [status, { location: TRAP }] as const),
  [200, { "content-type": "" }],
  [200, { "content-type": "text/html" }],
  [200, { "content-encoding": "gzip" }],
  [200, { "content-encoding": "identity" }],
  [200, { "set-cookie": ["", "=", "__proto__=1"] }],
  [200, { "x-long": "a".repeat(10_000) }],
  [429, { "retry-after": "99999" }],
];

/** How one response is tampered with. */
export interface Tampering {
  /** The index of a value in the JSON, modulo the number of values; those of a JSON text inside it count as well. */
  place: number;
  how: "replace" | "remove" | "duplicate" | "poison" | "nothing";
  json: string;
  body: string;
  head: (typeof HEADS)[number];
}

/** Any of them; most change one value and nothing else. */
export const anyTampering: fc.Arbitrary<Tampering> = fc.record(
  {
    place: fc.nat({ max: 10_000 }),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "duplicate", "poison", "nothing"),
    json: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...UNUSUAL_JSON) },
      { weight: 1, arbitrary: fc.constantFrom(...Object.keys(LARGE_JSON)) },
      { weight: 3, arbitrary: fc.json({ maxDepth: 3 }) },
    ),
    body: mostly("unchanged", Object.keys(BODIES)),
    head: mostly([200, {}], HEADS),
  },
  { noNullPrototype: true },
);

function mostly<T>(usual: T, others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/**
 * Tampers with the body of a response.
 * @param trap the address of a server that must not get any connection
 */
export function tamper(text: string, { place, how, json, body, head }: Tampering, trap: string): SimulatedResponse {
  const value = parseOrText(text);
  const all = { remaining: Infinity, count: 0 };
  write(value, all, "nothing", "");
  const piece = (LARGE_JSON[json]?.() ?? json).replaceAll(TRAP, trap);
  const tampered = how === "nothing" ? text : write(value, { remaining: place % all.count, count: 0 }, how, piece);
  const [status, headers] = head;
  const sentHeaders = "location" in headers ? { location: trap } : headers;
  return { status, headers: sentHeaders, body: (BODIES[body] ?? String)(tampered) };
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Writes JSON, with the piece at the one value where nothing remains to be counted.
function write(
  value: unknown,
  position: { remaining: number; count: number },
  how: Tampering["how"],
  piece: string,
): string {
  position.count++;
  if (position.remaining-- === 0 && how === "replace") return piece;
  if (typeof value === "string") {
    const inner = value.startsWith("{") ? parseOrText(value) : undefined;
    return JSON.stringify(typeof inner === "object" ? write(inner, position, how, piece) : value);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, position, how, piece)).join()}]`;
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const isHere = position.remaining === 0;
    const member = `${JSON.stringify(name)}:${write(inner, position, how, piece)}`;
    if (!isHere || how === "replace") return [member];
    if (how === "remove") return [];
    return [member, `${how === "duplicate" ? JSON.stringify(name) : '"__proto__"'}:${piece}`];
  });
  return `{${members.join()}}`;
}
