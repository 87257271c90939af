import assert from "node:assert/strict";
import { parseHistoryQuery, resolveRange } from "../../../src/kasa/history";
import { fixedZone, formatWallTime, namedZone } from "../../../src/kasa/zoned-time";

const at = (text: string): number => Date.parse(`${text}Z`);

describe("parseHistoryQuery", () => {
  for (const [value, query] of [
    [undefined, { by: "day" }],
    ["", { by: "day" }],
    [null, { by: "day" }],
    [{}, { by: "day" }],
    // What an Inject node sends.
    [Date.UTC(2026, 10, 29), { by: "day" }],
    ["month", { by: "month" }],
    [{ by: "hour" }, { by: "hour" }],
    ['{"by": "month"}', { by: "month" }],
    [{ from: "2026-11-01" }, { by: "day", from: { wall: at("2026-11-01T00:00") } }],
    [
      { by: "month", to: "2026-11" },
      { by: "month", to: { wall: at("2026-11-01T00:00") } },
    ],
    [{ to: "2026-11-01T18:30" }, { by: "day", to: { wall: at("2026-11-01T18:30") } }],
    [{ from: "2026-11-01T00:00:00+01:00" }, { by: "day", from: { ms: at("2026-10-31T23:00") } }],
    [{ from: "2026-11-01T00:00:00.000Z" }, { by: "day", from: { ms: at("2026-11-01T00:00") } }],
    [
      { from: new Date(0), to: 1000 },
      { by: "day", from: { ms: 0 }, to: { ms: 1000 } },
    ],
  ] as const) {
    it(`accepts ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseHistoryQuery(value), query);
    });
  }

  for (const [value, message] of [
    ["week", /must be an object such as/],
    [5, /must be an object such as/],
    [true, /must be an object such as/],
    [[], /must be an object such as/],
    ["{by: day}", /must be an object such as/],
    [{ by: "week" }, /value\.by" must be hour, day or month/],
    [{ by: "toString" }, /value\.by" must be hour, day or month/],
    [{ since: "2026-11-01" }, /may hold by, from and to, but not "since"/],
    [{ from: "2026-11" }, /value\.from" must be a date/],
    [{ from: "2026-02-30" }, /value\.from" must be a date/],
    [{ to: "2026-13-01" }, /value\.to" must be a date/],
    [{ to: "yesterday" }, /value\.to" must be a date/],
    [{ to: "2026-11-01T25:00" }, /value\.to" must be a date/],
    [{ to: "2026-11-01T10:00+99:99" }, /value\.to" must be a date/],
    [{ to: -1 }, /value\.to" must be a date/],
    [{ to: Number.NaN }, /value\.to" must be a date/],
    [{ to: 1e300 }, /value\.to" must be a date/],
    [{ to: null }, /value\.to" must be a date/],
    [{ to: {} }, /value\.to" must be a date/],
  ] as const) {
    it(`rejects ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseHistoryQuery(value), { code: "input", message });
    });
  }
});

describe("resolveRange", () => {
  const now = at("2026-01-15T13:45");
  const rangeOf = (value: unknown, zone = fixedZone(0)): string[] => {
    const { from, to } = resolveRange(parseHistoryQuery(value), now, zone);
    return [from, to].map((wall) => new Date(wall).toISOString().slice(0, 16));
  };

  for (const [what, value, range] of [
    ["the last 30 days", undefined, ["2025-12-17T00:00", "2026-01-15T00:00"]],
    ["the last 12 months", "month", ["2025-02-01T00:00", "2026-01-01T00:00"]],
    ["the last 24 hours", "hour", ["2026-01-14T14:00", "2026-01-15T13:00"]],
    ["the days up to a date", { to: "2026-01-02" }, ["2025-12-04T00:00", "2026-01-02T00:00"]],
    ["one day", { from: "2026-01-02T10:00", to: "2026-01-02T20:00" }, ["2026-01-02T00:00", "2026-01-02T00:00"]],
    [
      "what has been, of a range that ends later",
      { from: "2026-01-14", to: "2026-02-14" },
      ["2026-01-14T00:00", "2026-01-15T00:00"],
    ],
    ["a whole year", { from: "2025-01-15", to: "2026-01-15" }, ["2025-01-15T00:00", "2026-01-15T00:00"]],
  ] as const) {
    it(`means ${what}`, () => {
      assert.deepEqual(rangeOf(value), range);
    });
  }

  it("takes a moment for what the clock of the device showed then", () => {
    const zone = namedZone("Europe/Berlin");
    assert.ok(zone);

    assert.deepEqual(rangeOf({ from: "2025-12-31T23:30:00Z", to: "2026-01-02" }, zone), [
      "2026-01-01T00:00",
      "2026-01-02T00:00",
    ]);
  });

  for (const [value, message] of [
    [{ from: "2026-01-02", to: "2026-01-01" }, /value\.from" must be before/],
    [{ from: "2026-02-02" }, /value\.from" must be before/],
    [{ from: "2025-01-14", to: "2026-01-15" }, /more than 366 days/],
    [{ by: "month", from: "2016-01", to: "2026-01" }, /more than 120 months/],
    [{ by: "hour", from: "2026-01-06T00:00", to: "2026-01-14T00:00" }, /more than 192 hours/],
    [{ from: 0, to: "9999-12-31" }, /more than 366 days/],
  ] as const) {
    it(`rejects ${JSON.stringify(value)}`, () => {
      assert.throws(() => rangeOf(value), { code: "input", message });
    });
  }
});

describe("formatWallTime", () => {
  for (const [name, wall, text] of [
    ["Europe/Berlin", "2026-03-29T00:00", "2026-03-29T00:00:00+01:00"],
    ["Europe/Berlin", "2026-03-30T00:00", "2026-03-30T00:00:00+02:00"],
    ["Europe/Berlin", "2026-10-25T00:00", "2026-10-25T00:00:00+02:00"],
    ["America/New_York", "2026-11-01T00:00", "2026-11-01T00:00:00-04:00"],
    ["America/New_York", "2026-11-02T00:00", "2026-11-02T00:00:00-05:00"],
    ["America/St_Johns", "2026-01-01T00:00", "2026-01-01T00:00:00-03:30"],
    ["Pacific/Kiritimati", "2026-01-01T00:00", "2026-01-01T00:00:00+14:00"],
    ["Etc/UTC", "2026-01-01T00:00", "2026-01-01T00:00:00+00:00"],
  ] as const) {
    it(`writes ${text} in ${name}`, () => {
      const zone = namedZone(name);
      assert.ok(zone);

      assert.equal(formatWallTime(at(wall), zone), text);
    });
  }

  it("has no zone for a name that does not exist", () => {
    assert.equal(namedZone("Mars/Olympus"), undefined);
  });
});
