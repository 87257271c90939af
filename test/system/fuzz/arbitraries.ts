import { createContext, runInContext } from "node:vm";
import * as fc from "fast-check";

/** A realm like that of Function nodes, whose objects inherit from another Object. */
const otherRealm = createContext({});
const parseInOtherRealm = runInContext("JSON.parse", otherRealm) as (text: string) => unknown;

const nest = (depth: number): unknown => {
  let inner: unknown = {};
  for (let level = 0; level < depth; level++) inner = level % 2 ? [inner] : { a: inner };
  return inner;
};

const throwError = (): never => {
  throw new Error("sesame");
};

function cyclic(): object {
  const ring: Record<string, unknown> = { a: 1, list: [] };
  ring["self"] = ring;
  (ring["list"] as unknown[]).push(ring);
  return ring;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

// Thousands of messages get a copy, which is made much faster than another original.
const MANY_ENTRIES = Array.from({ length: 100_000 }, (_, index) => index);
const MANY_NAMES = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, index]));

/** Values that JSON cannot express, or that hardly anyone would send; each is created for each message. */
const UNUSUAL_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  "a function": () => () => "sesame",
  "a class": () =>
    class {
      open = true;
    },
  "a symbol": () => Symbol("sesame"),
  "a BigInt": () => 10n ** 30n,
  NaN: () => Number.NaN,
  "-0": () => -0,
  Infinity: () => Infinity,
  "2^53 + 1": () => 2 ** 53 + 1,
  "a date": () => new Date(0),
  "an invalid date": () => new Date(Number.NaN),
  "a buffer": () => Buffer.from("sesame"),
  "a typed array": () => new Float64Array(3),
  "a map": () => new Map([["path", "sites"]]),
  "a set": () => new Set(["sites"]),
  "a pattern": () => /a/g,
  "an error": () => new Error("sesame"),
  "boxed text": () => Object("Modem") as unknown,
  "a boxed number": () => Object(1) as unknown,
  "an object of another realm": () => parseInOtherRealm('{"searchKey":"a","filters":{"wireless":true},"on":true}'),
  "a list of another realm": () => parseInOtherRealm('["a",1,{}]'),
  "an object without prototype": () => Object.assign(Object.create(null) as object, { on: true }),
  "an object with an own __proto__": () => JSON.parse('{"__proto__":{"polluted":1},"on":true}') as unknown,
  "an object with a poisoned constructor": () =>
    JSON.parse('{"constructor":{"prototype":{"polluted":1}},"on":true}') as unknown,
  "a frozen object": () => Object.freeze({ on: true }),
  "an object that refers to itself": cyclic,
  "a list that holds itself": () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  },
  "a list with holes": () => Array.from({ length: 3 }).concat(1),
  "100,000 entries": () => MANY_ENTRIES.slice(),
  "10,000 names": () => ({ ...MANY_NAMES }),
  "depth 1,000": () => nest(1000),
  "depth 20,000": () => nest(20_000),
  "100 kB of text": () => "a".repeat(100_000),
  "100 kB of dots": () => "../".repeat(33_333),
  "100 kB of spaces": () => `a${" ".repeat(100_000)}b`,
  "a getter that throws": () => Object.defineProperty({}, "on", { enumerable: true, get: throwError }),
  "toString that throws": () => ({ toString: throwError, valueOf: throwError }),
  "a malicious toString": () => ({ toString: () => "../../login" }),
  "toJSON that throws": () => ({ toJSON: throwError }),
  "a malicious toJSON": () => ({ toJSON: () => ({ polluted: true, a: "\ud800" }) }),
  "toJSON of nothing": () => ({ toJSON: () => undefined }),
  "toPrimitive that throws": () => ({ [Symbol.toPrimitive]: throwError }),
  "a tag that throws": () => Object.defineProperty({}, Symbol.toStringTag, { get: throwError }),
  "a wrong tag": () => Object.defineProperty(new Map(), Symbol.toStringTag, { value: "Object" }),
  "an iterator that throws": () => ({ [Symbol.iterator]: throwError }),
  "a promise": () => Promise.resolve("sites"),
  "a promise that never settles": () => new Promise(() => undefined),
  "a then that is never called": () =>
    withNames([
      ["then", () => undefined],
      ["on", true],
    ]),
  "a then that throws": () => withNames([["then", throwError]]),
  "a then that is not a function": () =>
    withNames([
      ["then", 1],
      ["on", true],
    ]),
  "a proxy": () => new Proxy({ on: true, path: "sites" }, {}),
  "a proxy of a function": () => new Proxy(() => undefined, {}),
  "a proxy that throws at get": () => new Proxy({}, { get: throwError }),
  "a proxy that throws at ownKeys": () => new Proxy({}, { ownKeys: throwError }),
  "a proxy that throws at getPrototypeOf": () => new Proxy({}, { getPrototypeOf: throwError }),
  "a proxy that has everything": () => new Proxy({}, { get: () => "..", has: () => true }),
  "a revoked proxy": revoked,
};

const NEVER_SETTLING = new Set(["a promise that never settles", "a then that is never called"]);

/** One of them by its name, so that counterexamples are readable. */
class UnusualValue {
  constructor(readonly name: string) {}

  create(): unknown {
    return UNUSUAL_VALUES[this.name]?.();
  }

  [fc.toStringMethod](): string {
    return `<${this.name}>`;
  }
}

/** Replaces each unusual value in a value by what it stands for. */
export function materialize(value: unknown): unknown {
  if (value instanceof UnusualValue) return value.create();
  if (Array.isArray(value)) return value.map(materialize);
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  const copy = Object.create(Object.getPrototypeOf(value)) as object;
  for (const [name, inner] of Object.entries(value as object))
    Object.defineProperty(copy, name, {
      value: materialize(inner),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return copy;
}

const PROTOTYPE_KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "length"];

/** Texts that would traverse paths, split headers, change the host, or are not well-formed. */
const MALICIOUS_TEXTS = [
  [
    "",
    " ",
    ".",
    "..",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "%",
    "%00",
    "%2e%2e",
    "%2e%2e%2f",
    "%252e%252e",
    "..;",
    "{}",
    "{siteId}",
  ],
  [
    "../../login",
    "..\\..\\x",
    "/../../x",
    "sites/../../../x",
    "sites/./x",
    "sites//x",
    "sites/%2e%2e/x",
    "a/..%2f..%2fb",
  ],
  ["a\r\nx-evil: 1", "a\r\n\r\nGET / HTTP/1.1\r\n", "a\nb", "\u0000", "a\u0000b", "\u007f", "\u0085", "\u2028"],
  ["?x=1", "sites?token=1", "sites#x", "a&accessToken=1", "a=b&c=d", "a;b", "a,b", "a b", "+", "~", "*"],
  ["TRAP/x", "//HOST/x", "@HOST", "HOST/x", "http:\\\\HOST", "file:///etc/passwd", "javascript:alert(1)"],
  ["\ud800", "a\udfffb", "\u202eetis", "😀", "ﬀ", "İ", "K", "＊", "．．", "／", "e\u0301", "‥"],
  [
    "<script>alert(1)</script>",
    "'; drop table x; --",
    "${PATH}",
    "$(id)",
    "{{7*7}}",
    "null",
    "NaN",
    "-1",
    "1e999",
    "0x10",
  ],
  PROTOTYPE_KEYS,
].flat();

/** Names of properties: plausible ones, malicious ones, or anything. */
export const anyName = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...PROTOTYPE_KEYS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "id",
      "filters",
      "filters.x",
      "accessToken",
      "clientMac",
      "siteId",
      "omadacId",
      "token",
      "action",
      "",
      "a.b.c",
      "..",
      "a b",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);

/**
 * Anything that a message can contain.
 * @param trap the address of a server that must not get any connection
 * @param neverSettling whether promises that never settle are included
 */
export function anyValue(trap: string, neverSettling: boolean): fc.Arbitrary<unknown> {
  // Any two bytes, which may be a lone surrogate.
  const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  const malicious = MALICIOUS_TEXTS.map((text) => text.replace("TRAP", trap).replace("HOST", new URL(trap).host));
  const text = fc.oneof(
    fc.constantFrom(...malicious),
    fc.string({ unit: codeUnit, maxLength: 20 }),
    fc.string({ maxLength: 20 }),
  );
  const names = Object.keys(UNUSUAL_VALUES).filter((name) => neverSettling || !NEVER_SETTLING.has(name));
  const unusual = fc.constantFrom(...names).map((name) => new UnusualValue(name));
  const leaf = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 3, arbitrary: unusual },
    { weight: 1, arbitrary: fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 1e308) },
    { weight: 1, arbitrary: fc.double() },
  );
  const flatObject = fc.array(fc.tuple(anyName, leaf), { maxLength: 3 }).map(withNames);
  const nestedObject = fc.array(fc.tuple(anyName, fc.oneof(leaf, flatObject)), { maxLength: 3 }).map(withNames);
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 2, arbitrary: flatObject },
    { weight: 1, arbitrary: nestedObject },
    { weight: 1, arbitrary: fc.array(fc.oneof(leaf, flatObject), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    { weight: 1, arbitrary: fc.anything({ maxDepth: 2, maxKeys: 3, withNullPrototype: true, withSparseArray: true }) },
  );
}

/** An object with these own properties, which may include `__proto__`. */
export function withNames(pairs: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of pairs)
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  return object;
}
