import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createContext, runInContext } from "node:vm";
import * as fc from "fast-check";

interface Field {
  in: "path" | "query" | "body";
  at: string[];
  type: "string" | "integer" | "number" | "boolean" | "list" | "json";
  items?: string;
  required?: boolean;
  choices?: unknown[];
  minimum?: number;
  maximum?: number;
}
interface Opened {
  value: object;
  lines: boolean;
  problem?: string;
}
interface Fields {
  open(text: string): Opened;
  write(opened: Opened): string;
  get(object: object, field: Field): unknown;
  put(object: object, field: Field, value: unknown): boolean;
  others(object: object, fields: Field[]): string[];
  toText(field: Field, value: unknown): string;
  toValue(field: Field, text: string): { value?: unknown; problem?: string };
}

// The script as the browser has it; what it makes is of another realm, so it is compared as JSON.
const script = readFileSync(resolve("nodes/editor/form-fields.js"), "utf8");
const homenet: { fields?: Fields } = {};
const realm = createContext({ homenet });
runInContext(script, realm);
const fields = homenet.fields as Fields;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

const query = (name: string, type: Field["type"] = "string", more: Partial<Field> = {}): Field => ({
  in: "query",
  at: [name],
  type,
  ...more,
});
const inBody = (at: string, type: Field["type"] = "string", more: Partial<Field> = {}): Field => ({
  in: "body",
  at: at.split("."),
  type,
  ...more,
});

/** What becomes of a text when one field is set, as a person would type it. */
function typed(text: string, field: Field, words: string): string {
  const opened = fields.open(text);
  assert.equal(opened.problem, undefined);
  const { value } = fields.toValue(field, words);
  assert.ok(fields.put(opened.value, field, value));
  return fields.write(opened);
}

describe("A text that a form is to change", () => {
  it("is any JSON object, or blank", () => {
    for (const text of [
      "",
      "  \n",
      "{}",
      '{"a": 1}',
      '{"a":{"b":[1,2,{"c":"d e \\" f"}]}}',
      '\n{\n  "ü": "\\n"\n}\n',
    ]) {
      assert.equal(fields.open(text).problem, undefined, text);
    }
  });

  it("is left alone where it is none", () => {
    for (const text of ["{", "nonsense", "${PARAMS}", "{'a': 1}"])
      assert.equal(fields.open(text).problem, "json", text);
    for (const text of ["[]", "1", '"text"', "null", "true"]) assert.equal(fields.open(text).problem, "object", text);
  });

  it("is left alone where writing it again would lose something", () => {
    for (const text of [
      '{"id": 12345678901234567890}',
      '{"a": 1, "a": 2}',
      '{"a": 1.0}',
      '{"b": 1e3}',
      '{"2": 1, "1": 2}',
    ])
      assert.equal(fields.open(text).problem, "exact", text);
  });

  it("keeps its lines, or its line", () => {
    assert.equal(typed('{"a": 1}', query("b"), "x"), '{"a":1,"b":"x"}');
    assert.equal(typed('{\n  "a": 1\n}', query("b"), "x"), '{\n    "a": 1,\n    "b": "x"\n}');
  });

  it("is blank again when nothing is left in it", () => {
    assert.equal(typed('{"a": 1}', query("a"), ""), "");
    assert.equal(typed('{"filters": {"a": 1}}', inBody("filters.a"), ""), "");
    assert.equal(typed('{"filters": {"a": 1, "b": 2}}', inBody("filters.a"), ""), '{"filters":{"b":2}}');
  });

  it("keeps all that nobody has touched, whatever it is", () => {
    const names = fc.constantFrom("a", "b", "filters", "filters.x", "__proto__", "constructor", "toString", "");
    const field = fc.record({
      in: fc.constantFrom("path" as const, "query" as const, "body" as const),
      at: fc.array(names, { minLength: 1, maxLength: 3 }),
      type: fc.constant("string" as const),
    });
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), field, fc.string(), (object, field, word) => {
        const opened = fields.open(JSON.stringify(object));
        fc.pre(!opened.problem);
        const before = JSON.stringify(opened.value);
        const had = fields.get(opened.value, field);
        if (!fields.put(opened.value, field, word)) return assert.equal(JSON.stringify(opened.value), before);

        assert.equal(fields.get(opened.value, field), word);
        if (had !== undefined) fields.put(opened.value, field, had);
        else fields.put(opened.value, field, undefined);
        if (had !== undefined) assert.equal(JSON.stringify(opened.value), before);
      }),
      { numRuns: 2000 },
    );
    assert.equal(runInContext("Object.keys(Object.prototype).length", realm), 0);
  });
});

describe("A field of a form", () => {
  it("finds its value in both ways in which the nodes take it, and writes it back the same way", () => {
    const start = query("filters.timeStart", "integer");
    assert.equal(typed('{"filters.timeStart": 1}', start, "2"), '{"filters.timeStart":2}');
    assert.equal(typed('{"filters": {"timeStart": 1, "x": 3}}', start, "2"), '{"filters":{"timeStart":2,"x":3}}');
    assert.equal(typed("", start, "2"), '{"filters.timeStart":2}');

    const posted: Field = { in: "query", at: ["filters", "wireless"], type: "boolean" };
    assert.equal(typed('{"filters.wireless": true}', posted, "false"), '{"filters.wireless":false}');
    assert.equal(typed("", posted, "false"), '{"filters":{"wireless":false}}');
    assert.equal(typed('{"a.b": 1}', inBody("a.b"), "x"), '{"a.b":1,"a":{"b":"x"}}', "a body has no second way");
  });

  it("has no place where something else stands", () => {
    const { value } = fields.open('{"filters": "all"}');

    assert.equal(fields.put(value, inBody("filters.a"), 1), false);
    assert.deepEqual(plain(value), { filters: "all" });
  });

  it("reads what is typed as what it is", () => {
    const cases: [Field, string, unknown][] = [
      [query("a"), "12", "12"],
      [query("a"), " x ", " x "],
      [query("a", "integer"), " 12 ", 12],
      [query("a", "integer"), "-3", -3],
      [query("a", "number"), "1.5", 1.5],
      [query("a", "boolean"), "false", false],
      [query("a", "integer", { choices: [0, 1] }), "1", 1],
      [query("a", "list", { items: "string" }), "a, b,c", ["a", "b", "c"]],
      [query("a", "list", { items: "integer" }), "1, 2", [1, 2]],
      [query("a", "list", { items: "integer" }), "[1, 2]", [1, 2]],
      [query("a", "json"), '{"b": [1]}', { b: [1] }],
    ];
    for (const [field, text, value] of cases) assert.deepEqual(plain(fields.toValue(field, text).value), value, text);
    for (const { type } of cases.map(([field]) => field))
      assert.deepEqual(plain(fields.toValue(query("a", type), "  ")), {}, "a blank field is no value");
  });

  it("says what cannot be right", () => {
    const cases: [Field, string, string][] = [
      [query("a", "integer"), "1.5", "integer"],
      [query("a", "integer"), "12345678901234567890", "integer"],
      [query("a", "number"), "many", "number"],
      [query("a", "number"), "Infinity", "number"],
      [query("a", "boolean"), "yes", "boolean"],
      [query("a", "json"), "{", "json"],
      [query("a", "integer", { minimum: 1 }), "0", "minimum"],
      [query("a", "integer", { maximum: 1000 }), "1001", "maximum"],
      [query("a", "string", { choices: ["asc", "desc"] }), "up", "choice"],
      [query("a", "list", { items: "string", choices: ["x"] }), "x, y", "choice"],
      [query("a", "list", { items: "integer" }), "1, two", "integer"],
    ];
    for (const [field, text, problem] of cases) assert.equal(fields.toValue(field, text).problem, problem, text);
  });

  it("shows each value so that it is read as the same", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    const value = fc.oneof(scalar, fc.array(fc.string()), fc.array(fc.integer()), fc.jsonValue());
    const kinds: Field[] = [
      query("a", "json"),
      query("a", "list", { items: "string" }),
      query("a", "list", { items: "integer" }),
      query("a", "string"),
    ];
    fc.assert(
      fc.property(value, fc.constantFrom(...kinds), (value, field) => {
        const fits =
          field.type === "json"
            ? true
            : field.type === "list"
              ? Array.isArray(value) &&
                value.every((item) => typeof item === (field.items === "integer" ? "number" : "string"))
              : typeof value === "string";
        const text = fields.toText(field, value);
        const read = fields.toValue(field, text);
        fc.pre(fits && text.trim() !== "" && !read.problem);
        assert.equal(JSON.stringify(read.value), JSON.stringify(value));
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves the names that none asks for to those who wrote them", () => {
    const { value } = fields.open('{"a": 1, "filters": {"x": 1}, "c": {"d": 1}, "e": null}');

    assert.deepEqual(plain(fields.others(value, [query("a"), query("filters.x"), inBody("c.d")])), ["e"]);
    assert.deepEqual(plain(fields.others(value, [])), ["a", "filters", "c", "e"]);
  });
});
