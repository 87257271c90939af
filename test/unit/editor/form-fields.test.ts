import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  formatText,
  formatValue,
  getField,
  parseText,
  parseValue,
  setField,
  unknownNames,
  type FormField,
  type OpenedText,
} from "../../../nodes/editor/forms/form-fields";

const query = (name: string, type: FormField["type"] = "string", more: Partial<FormField> = {}): FormField => ({
  in: "query",
  at: [name],
  type,
  ...more,
});
const inBody = (path: string): FormField => ({ in: "body", at: path.split("."), type: "string" });

function open(text: string): OpenedText {
  const opened = parseText(text);
  assert.ok(!opened.problem, text);
  return opened;
}

/** The text after somebody has typed into one field of its form. */
function typeInto(text: string, field: FormField, typed: string): string {
  const opened = open(text);
  assert.ok(setField(opened.value, field, parseValue(field, typed).value));
  return formatText(opened);
}

describe("The text behind a form", () => {
  it("may be any JSON object, or blank", () => {
    const nested = '{"a":{"b":[1,2,{"c":"d e \\" f"}]}}';
    for (const text of ["", "  \n", "{}", '{"a": 1}', nested, '\n{\n  "ü": "\\n"\n}\n'])
      assert.equal(parseText(text).problem, undefined, text);
  });

  it("cannot be changed by a form if it is not a JSON object", () => {
    for (const text of ["{", "nonsense", "${PARAMS}", "{'a': 1}"]) assert.equal(parseText(text).problem, "json", text);
    for (const text of ["[]", "1", '"text"', "null", "true"]) assert.equal(parseText(text).problem, "object", text);
  });

  it("cannot be changed by a form if something would be lost when it is written again", () => {
    for (const text of [
      '{"id": 12345678901234567890}',
      '{"a": 1, "a": 2}',
      '{"a": 1.0}',
      '{"b": 1e3}',
      '{"2": 1, "1": 2}',
    ])
      assert.equal(parseText(text).problem, "exact", text);
  });

  it("stays on one line, or on several", () => {
    assert.equal(typeInto('{"a": 1}', query("b"), "x"), '{"a":1,"b":"x"}');
    assert.equal(typeInto('{\n  "a": 1\n}', query("b"), "x"), '{\n    "a": 1,\n    "b": "x"\n}');
  });

  it("becomes blank when its last value is removed", () => {
    assert.equal(typeInto('{"a": 1}', query("a"), ""), "");
    assert.equal(typeInto('{"filters": {"a": 1}}', inBody("filters.a"), ""), "");
    assert.equal(typeInto('{"filters": {"a": 1, "b": 2}}', inBody("filters.a"), ""), '{"filters":{"b":2}}');
  });

  it("keeps every value that nobody has touched, whatever it is called", () => {
    const names = fc.constantFrom("a", "b", "filters", "filters.x", "__proto__", "constructor", "toString", "");
    const fields = fc.record({
      in: fc.constantFrom("path" as const, "query" as const, "body" as const),
      at: fc.array(names, { minLength: 1, maxLength: 3 }),
      type: fc.constant("string" as const),
    });
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), fields, fc.string(), (object, field, word) => {
        const opened = parseText(JSON.stringify(object));
        fc.pre(!opened.problem);
        const { value } = opened;
        const before = JSON.stringify(value);
        const previous = getField(value, field);
        if (!setField(value, field, word)) return assert.equal(JSON.stringify(value), before);

        assert.equal(getField(value, field), word);
        setField(value, field, previous);
        if (previous !== undefined) assert.equal(JSON.stringify(value), before);
      }),
      { numRuns: 2000 },
    );
    assert.equal(Object.keys(Object.prototype).length, 0, "nothing is written into a prototype");
  });
});

describe("A field of a form", () => {
  it("finds its value in both spellings that the nodes accept, and writes it back in the same one", () => {
    const start = query("filters.timeStart", "integer");
    assert.equal(typeInto('{"filters.timeStart": 1}', start, "2"), '{"filters.timeStart":2}');
    assert.equal(typeInto('{"filters": {"timeStart": 1, "x": 3}}', start, "2"), '{"filters":{"timeStart":2,"x":3}}');
    assert.equal(typeInto("", start, "2"), '{"filters.timeStart":2}');

    const posted: FormField = { in: "query", at: ["filters", "wireless"], type: "boolean" };
    assert.equal(typeInto('{"filters.wireless": true}', posted, "false"), '{"filters.wireless":false}');
    assert.equal(typeInto("", posted, "false"), '{"filters":{"wireless":false}}');
    assert.equal(typeInto('{"a.b": 1}', inBody("a.b"), "x"), '{"a.b":1,"a":{"b":"x"}}', "a body has one spelling");
  });

  it("cannot be set where the object has another kind of value", () => {
    const { value } = open('{"filters": "all"}');

    assert.equal(setField(value, inBody("filters.a"), 1), false);
    assert.deepEqual(value, { filters: "all" });
  });

  it("parses what is typed by its type", () => {
    const cases: [FormField, string, unknown][] = [
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
    for (const [field, text, value] of cases) assert.deepEqual(parseValue(field, text).value, value, text);
    for (const { type } of cases.map(([field]) => field))
      assert.deepEqual(parseValue(query("a", type), "  "), {}, "a blank field has no value");
  });

  it("says why a value is invalid", () => {
    const cases: [FormField, string, string][] = [
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
    for (const [field, text, problem] of cases) assert.equal(parseValue(field, text).problem, problem, text);
  });

  it("shows each value as a text that is parsed as the same value", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    const values = fc.oneof(scalar, fc.array(fc.string()), fc.array(fc.integer()), fc.jsonValue());
    const kinds: FormField[] = [
      query("a", "json"),
      query("a", "list", { items: "string" }),
      query("a", "list", { items: "integer" }),
      query("a", "string"),
    ];
    fc.assert(
      fc.property(values, fc.constantFrom(...kinds), (value, field) => {
        const fits =
          field.type === "json"
            ? true
            : field.type === "list"
              ? Array.isArray(value) &&
                value.every((item) => typeof item === (field.items === "integer" ? "number" : "string"))
              : typeof value === "string";
        const text = formatValue(field, value);
        const read = parseValue(field, text);
        fc.pre(fits && text.trim() !== "" && !read.problem);
        assert.equal(JSON.stringify(read.value), JSON.stringify(value));
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves alone the names that it does not stand for", () => {
    const { value } = open('{"a": 1, "filters": {"x": 1}, "c": {"d": 1}, "e": null}');

    assert.deepEqual(unknownNames(value, [query("a"), query("filters.x"), inBody("c.d")]), ["e"]);
    assert.deepEqual(unknownNames(value, []), ["a", "filters", "c", "e"]);
  });
});
