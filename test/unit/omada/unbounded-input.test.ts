import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import { checkCommand } from "../../../src/omada/commands";
import { rowIdentity } from "../../../src/omada/pagination";
import { toBody, toQuery } from "../../../src/omada/path";
import { parseWebhook } from "../../../src/omada/webhook";
import { UNBOUNDED } from "../../support/large-values";

const isInput = (error: unknown): boolean => isPlatformError(error, "input");
const PATH = "/openapi/v1/id/sites/id/led";
const COMMAND = { method: "PUT", path: PATH, params: {}, site: "", isBodySet: true, confirm: false };

describe("A message without a bound for a controller", () => {
  for (const [what, create] of UNBOUNDED) {
    it(`is refused before any request: ${what}`, () => {
      assert.throws(() => checkCommand(PATH, { ...COMMAND, body: create() }), isInput);
      assert.throws(() => toQuery(new Map(Object.entries(create()))), isInput);
      assert.throws(() => toBody(new Map(Object.entries(create()))), isInput);
    });
  }

  it("is refused if a list is referred to again and again", () => {
    const list = Array.from({ length: 1000 }, () => "value");
    const filters = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`, list]));
    assert.throws(() => toQuery(new Map([["filters", filters]])), isInput);
  });

  it("takes linear time for as many dotted names as it may have", () => {
    const names = Array.from({ length: 90_000 }, (_, index) => `filters.f${index}`);
    const body = toBody(new Map(names.map((name) => [name, 1])));
    assert.equal(Object.keys(body["filters"] as object).length, names.length);
  });

  it("is judged by what is sent: an object that is serialized as something else is not followed", () => {
    const value: Record<string, unknown> = { toJSON: () => "06-00-00-00-00-01" };
    value["self"] = value;
    assert.deepEqual(toBody(new Map([["macs", [value]]])), { macs: ["06-00-00-00-00-01"] });
  });
});

describe("A body of dotted names", () => {
  it("merges them with an object of the same name, and the later one counts", () => {
    const body = (...params: [string, unknown][]) => toBody(new Map(params));
    assert.deepEqual(body(["a", { x: 1, y: 1 }], ["a.x", 2], ["a.z", 3]), { a: { x: 2, y: 1, z: 3 } });
    assert.deepEqual(body(["a.x", 2], ["a", { x: 1, y: 1 }]), { a: { x: 1, y: 1 } });
    assert.deepEqual(body(["a.x", 2], ["a", 5]), { a: 5 });
    assert.deepEqual(body(["a", 5], ["a.x", 2]), { a: { x: 2 } });
  });

  it("leaves an object alone that knows how it is serialized", () => {
    class Level {
      value = 3;
      toJSON(): number {
        return this.value;
      }
    }
    assert.deepEqual(toBody(new Map([["level", new Level()]])), { level: 3 });
  });
});

describe("What a controller has nested more deeply than the stack allows", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

  it("is no row of a list", () => {
    assert.throws(
      () => rowIdentity("x")({ row: JSON.parse(deep) as unknown }),
      (error) => isPlatformError(error, "protocol"),
    );
  });

  it("is left out of the details of an audit line", () => {
    const line = `{"operation":"Reboot Device","details":${deep}}`;
    assert.deepEqual(parseWebhook({ text: [line] }, 0).text, ["Reboot Device"]);
    assert.deepEqual(parseWebhook({ text: [`{"operation":"Reboot Device","details":[${deep}]}`] }, 0).text, [
      "Reboot Device",
    ]);
  });
});
