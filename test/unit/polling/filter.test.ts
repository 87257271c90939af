import assert from "node:assert/strict";
import { matchesFilter, parseFilter } from "../../../src/polling/filter";

describe("A filter", () => {
  const change = { event: "on", id: "AA-BB-CC-00-11-22", name: "Éclair's phone", current: 1, previous: 0 };
  const matches: [text: string, matches: boolean][] = [
    ["", true],
    [" , ,", true],
    ["éclair's PHONE", true],
    ["another, Éclair's phone ", true],
    ["éclair", false],
    ["aa:bb:cc:00:11:22", true],
    ["aabbcc001122", true],
    ["AA-BB-CC-00-11-23", false],
    ["__proto__", false],
  ];
  for (const [text, expected] of matches) {
    it(`written as "${text}" ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(matchesFilter(parseFilter(text), change), expected);
    });
  }

  it("matches a name that ends with the space of a phone's keyboard", () => {
    assert.equal(matchesFilter(parseFilter("Éclair's phone"), { ...change, name: "Éclair's phone " }), true);
  });

  it("matches the aliases of a change", () => {
    assert.equal(matchesFilter(parseFilter("strip"), { ...change, aliases: ["Strip"] }), true);
  });

  it("that holds the id is distinguished from one that holds the name", () => {
    const id = change.id;
    const name = change.name;
    const matching = ["", id, name, `${id},${name}`].map((text) =>
      (["id", "name"] as const).filter((matchOnly) => matchesFilter(parseFilter(text), { ...change, matchOnly })),
    );
    assert.deepEqual(matching, [["id"], ["id"], ["name"], ["name"]]);
  });

  it("that is empty is the only one to match what has no name", () => {
    const unnamed = { ...change, id: null, name: null };
    assert.deepEqual(
      [matchesFilter(parseFilter(""), unnamed), matchesFilter(parseFilter("null"), unnamed)],
      [true, false],
    );
  });
});
