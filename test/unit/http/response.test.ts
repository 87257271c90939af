import assert from "node:assert/strict";
import { z } from "zod";
import { isPlatformError, type PlatformError } from "../../../src/core/errors";
import { errorFromStatus, parseAs, parseJson } from "../../../src/http/response";
import { inspectAll } from "../../support/http-fixture";

const parse = (text: string, statusCode = 200): unknown => parseJson({ statusCode, headers: {}, text });

function errorOf(act: () => unknown): PlatformError {
  let caught: unknown;
  assert.throws(act, (error) => {
    caught = error;
    return true;
  });
  return caught as PlatformError;
}

describe("A JSON response", () => {
  it("is parsed whatever its headers say", () => {
    assert.deepEqual(parse(' {"a": [1, "é", null]}\n'), { a: [1, "é", null] });
    assert.equal(parse("null"), null);
  });

  for (const key of [
    "__proto__",
    "\\u005f_proto__",
    "\\u005F\\u005Fproto\\u005f_",
    "__\\u0070roto__",
    "__p\\u0072oto__",
    "__pr\\u006Fto__",
    "__pro\\u0074o__",
  ]) {
    it(`loses a key ${key} at any depth`, () => {
      const response = parse(`{"a":1,"${key}":{"polluted":true},"b":[{"${key}":{"polluted":true},"c":2}]}`);
      assert.deepEqual(JSON.stringify(response), '{"a":1,"b":[{"c":2}]}');
      const merged = Object.assign({}, response) as Record<string, unknown>;
      assert.equal(merged["polluted"], undefined);
    });
  }

  it("keeps similar keys, and values that equal such a key", () => {
    assert.deepEqual(parse('{"proto":"__proto__","\\u0070":1,"__proto":2}'), { proto: "__proto__", p: 1, __proto: 2 });
  });

  for (const [what, text, message] of [
    ["a web page", "\n<!DOCTYPE html><html>sesame</html>", /It is a web page \(35 bytes\)/],
    ["XML", '<?xml version="1.0"?><sesame/>', /It is a web page/],
    ["empty", "", /It is empty \(0 bytes\)/],
    ["cut off", '{"sesame": [1, 2', /It is not complete JSON \(16 bytes\)/],
    ["more than one JSON", '{"a":1}{"sesame":2}', /It is not complete JSON/],
    ["JSON behind a byte order mark", '\ufeff{"sesame":1}', /It is not complete JSON \(15 bytes\)/],
    ["invalid because of NaN", '{"sesame":NaN}', /It is not complete JSON/],
    ["a word", "sesame", /It is not complete JSON/],
    ["nested too deeply to be searched", `${"[".repeat(1e5)}"__proto__"${"]".repeat(1e5)}`, /It is not complete JSON/],
    ["two million objects", `[${"{},".repeat(2e6)}{}]`, /more than a million values/],
    ["two million arrays", `[${"[],".repeat(2e6)}[]]`, /more than a million values/],
    ["an object of many keys", `{${'"k":1,'.repeat(1.1e6)}"k":1}`, /more than a million values/],
  ] as const) {
    it(`that is ${what} is rejected without a quote from it`, () => {
      const error = errorOf(() => parse(text));
      assert.ok(isPlatformError(error, "protocol"));
      assert.match(error.message, message);
      assert.equal(error.details.statusCode, 200);
      assert.doesNotMatch(inspectAll(error), /"sesame|<sesame|sesame</);
    });
  }

  it("may have many megabytes of rows, also of short ones", () => {
    const row = '{"mac":"AA-BB-CC-00-11-22","name":"{[Phone]}","on":true}';
    const rows = parse(`[${`${row},`.repeat(1.2e5)}${row}]`) as unknown[];
    assert.equal(rows.length, 120_001);
    assert.deepEqual(rows.at(-1), JSON.parse(row));
  });

  it("that is a web page is rejected with what its status means", () => {
    const codes = [401, 403, 404, 405, 400, 418, 500, 502].map((status) => errorOf(() => parse("<html>", status)).code);
    assert.deepEqual(codes, [
      "sign-in",
      "forbidden",
      "not-found",
      "unsupported",
      "rejected",
      "rejected",
      "protocol",
      "protocol",
    ]);
    assert.equal(errorFromStatus(200), undefined);
    assert.equal(errorFromStatus(404)?.details.statusCode, 404);
  });
});

describe("A response that is parsed with a schema", () => {
  const Device = z.looseObject({ id: z.string(), ports: z.array(z.looseObject({ speed: z.number() })) });

  it("keeps unknown fields", () => {
    const response = { id: "a", ports: [{ speed: 1, colour: "red" }], new: true };
    assert.deepEqual(parseAs(Device, response), response);
  });

  it("is rejected with the path that does not match, and without a quote", () => {
    const error = errorOf(() => parseAs(Device, { id: "a", ports: [{ speed: 1 }, { speed: "sesame" }] }, 200));
    assert.ok(isPlatformError(error, "protocol"));
    assert.match(error.message, /another shape than expected \(at ports\.1\.speed\)/);
    assert.equal(error.details.statusCode, 200);
    assert.doesNotMatch(inspectAll(error), /sesame/);
  });

  it("is rejected as a whole if its top does not match", () => {
    assert.match(errorOf(() => parseAs(Device, "sesame")).message, /at the top/);
  });
});
