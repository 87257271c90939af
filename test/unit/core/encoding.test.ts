import assert from "node:assert/strict";
import { checkSize, encodeSegment, queryString, toJson } from "../../../src/core/encoding";
import { isPlatformError } from "../../../src/core/errors";
import { multiply, nestDeeply, UNBOUNDED } from "../../support/large-values";

const isInput = (error: unknown): boolean => isPlatformError(error, "input");

describe("A segment of a path", () => {
  it("is encoded, so that it stays one segment", () => {
    assert.equal(
      encodeSegment("a/b\\c?d#e%2e&f g\r\n\0é😀", "id"),
      "a%2Fb%5Cc%3Fd%23e%252e%26f%20g%0D%0A%00%C3%A9%F0%9F%98%80",
    );
    assert.equal(encodeSegment("...", "id"), "...");
  });

  for (const value of ["", ".", ".."]) {
    it(`must not be "${value}"`, () => {
      assert.throws(
        () => encodeSegment(value, "siteId"),
        (error) => isInput(error) && /"siteId"/.test(String(error)),
      );
    });
  }

  it("must not hold half a character", () => {
    assert.throws(() => encodeSegment("a\ud800", "siteId"), isInput);
  });
});

describe("A query string", () => {
  it("is empty if there are no parameters", () => {
    assert.equal(queryString(undefined), "");
    assert.equal(queryString({}), "");
  });

  it("has encoded names and values", () => {
    assert.equal(queryString({ "filters.a&b": "c=d#\r\n", b: "" }), "?filters.a%26b=c%3Dd%23%0D%0A&b=");
  });

  it("must not hold half a character, in a value or in a name", () => {
    assert.throws(
      () => queryString({ name: "a\udc00" }),
      (error) => isInput(error) && /"name"/.test(String(error)),
    );
    assert.throws(
      () => queryString({ "a\ud800": "x" }),
      (error) => isInput(error) && !/[\ud800-\udfff]/.test(String(error)),
    );
  });
});

describe("A JSON body", () => {
  it("is serialized with half characters escaped", () => {
    assert.equal(toJson({ a: [1, "é\ud800"], b: null }), '{"a":[1,"é\\ud800"],"b":null}');
  });

  const loop: Record<string, unknown> = {};
  loop["itself"] = loop;
  for (const [what, body] of [
    ["refers to itself", loop],
    ["holds a big integer", { a: 1n }],
    ["is a function", () => 1],
    ["is a symbol", Symbol("a")],
    [
      "throws when it is read",
      {
        get a(): never {
          throw new Error("secret message");
        },
      },
    ],
  ] as const) {
    it(`that ${what} is rejected as a mistake in the message`, () => {
      assert.throws(
        () => toJson(body),
        (error) => isInput(error) && !/secret/.test(String(error)),
      );
    });
  }
});

describe("A value of a message without a bound", () => {
  for (const [what, create] of UNBOUNDED) {
    it(`is no body: ${what}`, () => assert.throws(() => toJson(create()), isInput));
    it(`is no parameters: ${what}`, () => assert.throws(() => checkSize(create()), isInput));
  }

  it("is no body if its texts are long because one is referred to again and again", () => {
    const text = "x".repeat(1_000_000);
    assert.throws(() => toJson(Array.from({ length: 1000 }, () => text)), isInput);
  });

  it("is no body either if it appears only when it is serialized", () => {
    assert.throws(() => toJson({ toJSON: () => multiply(1) }), isInput);
  });

  it("is no body if it is a list that says it is long", () =>
    assert.throws(() => toJson(Object.assign([], { length: 4e9 })), isInput));

  it("is distinguished from a large body that a platform may want", () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: "Lamp", on: true }));
    const shared = { a: [1, { b: 2 }] };
    for (const body of [rows, nestDeeply(1, 90), [shared, shared, { shared }]])
      assert.equal(toJson(body), JSON.stringify(body));
  });
});
