import * as fc from "fast-check";
import type { SimulatedResponse } from "../../support/simulators/simulated-server";

/** Stands for the address of a server that nobody may ask. */
const TRAP = "http://trap";

/** What is put into an answer, as its own text: much of it could not be written from a value. */
const ODD_JSON = [
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

/** The same of a size that would fill a report. */
const LARGE_JSON: Readonly<Record<string, () => string>> = {
  "lists 10,000 deep": () => "[".repeat(10_000) + "]".repeat(10_000),
  "objects 10,000 deep": () => '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000),
  "a megabyte of text": () => `"${"a".repeat(1_000_000)}"`,
  "100,000 numbers": () => `[${"1,".repeat(99_999)}1]`,
  "10,000 names": () => `{${Array.from({ length: 10_000 }, (_, index) => `"${index}":${index}`).join()}}`,
  "1,000 digits": () => "1".repeat(1000),
};

/** What comes in the place of a whole answer. */
const WHOLES: Readonly<Record<string, (text: string) => string | Buffer>> = {
  "as it is": (text) => text,
  nothing: () => "",
  "a half": (text) => text.slice(0, text.length >> 1),
  "one byte less": (text) => text.slice(0, -1),
  "one byte more": (text) => `${text}}`,
  twice: (text) => text + text,
  "with a mark in front": (text) => `\ufeff${text}`,
  "in UTF-16": (text) => Buffer.from(text, "utf16le"),
  "in single quotes": (text) => text.replaceAll('"', "'"),
  "a page": () => "<!DOCTYPE html><html><body>Sign in</body></html>",
  XML: () => "<?xml version='1.0'?><answer/>",
  NaN: () => "NaN",
  "a word": () => "Unauthorized",
  "no text": () => Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc0]),
  "a list of it": (text) => `[${text}]`,
  "a text of it": (text) => JSON.stringify(text),
};

/** How an answer comes. Statuses that are tried again have tests of their own, and would take their time here. */
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

/** How one answer is spoilt. */
export interface Tampering {
  /** Which of the places of the answer's JSON, round and round: those in a JSON text inside it too. */
  place: number;
  how: "replace" | "remove" | "double" | "poison" | "nothing";
  json: string;
  whole: string;
  head: (typeof HEADS)[number];
}

/** Any of them; most spoil one place and nothing else. */
export const anyTampering: fc.Arbitrary<Tampering> = fc.record(
  {
    place: fc.nat({ max: 10_000 }),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "double", "poison", "nothing"),
    json: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...ODD_JSON) },
      { weight: 1, arbitrary: fc.constantFrom(...Object.keys(LARGE_JSON)) },
      { weight: 3, arbitrary: fc.json({ maxDepth: 3 }) },
    ),
    whole: rarely("as it is", Object.keys(WHOLES)),
    head: rarely([200, {}], HEADS),
  },
  { noNullPrototype: true },
);

function rarely<T>(mostly: T, others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(mostly) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/**
 * A platform's own answer, spoilt.
 * @param trap address of a server that nobody may ask
 */
export function tamper(text: string, { place, how, json, whole, head }: Tampering, trap: string): SimulatedResponse {
  const value = parsed(text);
  const dry = { count: Infinity, places: 0 };
  write(value, dry, "nothing", "");
  const odd = (LARGE_JSON[json]?.() ?? json).replaceAll(TRAP, trap);
  const spoilt = how === "nothing" ? text : write(value, { count: place % dry.places, places: 0 }, how, odd);
  const [status, headers] = head;
  const sent = "location" in headers ? { location: trap } : headers;
  return { status, headers: sent, body: (WHOLES[whole] ?? String)(spoilt) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// JSON, but for the one place where the count has run out.
function write(value: unknown, left: { count: number; places: number }, how: Tampering["how"], odd: string): string {
  left.places++;
  if (left.count-- === 0 && how === "replace") return odd;
  if (typeof value === "string") {
    const inner = value.startsWith("{") ? parsed(value) : undefined;
    return JSON.stringify(typeof inner === "object" ? write(inner, left, how, odd) : value);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, left, how, odd)).join()}]`;
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const here = left.count === 0;
    const member = `${JSON.stringify(name)}:${write(inner, left, how, odd)}`;
    if (!here || how === "replace") return [member];
    if (how === "remove") return [];
    return [member, `${how === "double" ? JSON.stringify(name) : '"__proto__"'}:${odd}`];
  });
  return `{${members.join()}}`;
}
