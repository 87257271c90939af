import assert from "node:assert/strict";
import { matchesFilter, parseFilter } from "../../../src/polling/filter";

describe("A filter", () => {
  const change = { event: "on", id: "AA-BB-CC-00-11-22", name: "Éclair's phone", current: 1, previous: 0 };
  const matches: [text: string, matches: boolean][] = [
    ["", true],
    [" , ,", true],
    ["éclair's PHONE", true],
    ["another, Éclair's phone ", true],
    ["e\u0301clair's phone", true],
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

  const commas: [text: string, names: string[]][] = [
    ["Starlink, roof", ["Starlink", "roof", "Starlink, roof", "starlink,Roof"]],
    [
      "Fibre, Starlink, roof",
      ["Fibre", "Starlink", "roof", "Starlink, roof", "starlink,Roof", "Fibre, Starlink, roof"],
    ],
    ['"Starlink, roof"', ["Starlink, roof", "starlink,Roof"]],
    ['Fibre, "Starlink, roof" , LTE', ["Fibre", "LTE", "Starlink, roof", "starlink,Roof"]],
    ['27" TV, Fibre', ['27" TV', "Fibre"]],
    ['"Starlink, roof', ["roof", '"Starlink', '"Starlink, roof']],
    ['"Starlink" dish, roof', ['"Starlink" dish', "roof"]],
    ['"The ""big"" one, left"', ['The "big" one, left']],
    ['"Starlink"', ["Starlink", '"Starlink"']],
    ['""', []],
  ];
  const all = [...new Set(commas.flatMap(([, names]) => names)), "Starlink, roof, LTE", "Fibre, Starlink"];
  for (const [text, names] of commas) {
    it(`written as ${text} matches ${names.join(" and ") || "no name"}`, () => {
      const filter = parseFilter(text);
      const matching = all.filter((name) => matchesFilter(filter, { ...change, id: "x", name }));
      const expected = text.startsWith("Fibre, Starlink") ? [...names, "Fibre, Starlink"] : names;
      assert.deepEqual(matching.toSorted(), expected.toSorted());
    });
  }

  it("grows with the number of its names, and no faster", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `lamp ${i}`).join(",");
    assert.ok(parseFilter(text).size <= 100_000);
    assert.ok(parseFilter('"'.repeat(100_000)).size <= 2);
  });

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
