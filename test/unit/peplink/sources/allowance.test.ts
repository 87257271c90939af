import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { setUpRouter, setUpSource } from "./fixture";

describe("Data allowances", () => {
  /** The events of each poll, as "id threshold", while the wired link's usage has these percentages. */
  async function crossings(...percents: number[]): Promise<string[][]> {
    const { wan, poll } = setUpRouter("allowance");
    for (const sim of wan("Cellular").sims) sim.allowance.enable = false;
    const emitted: string[][] = [];
    for (const percent of percents) {
      wan("Fibre").allowance.usage = (percent / 100) * 1_000_000;
      emitted.push((await poll()).map(({ id, current }) => `${id} ${String((current as Json)["threshold"])}`));
    }
    return emitted;
  }

  it("emit each threshold once, although the usage fluctuates around it", async () => {
    const emitted = await crossings(10, 49.99, 50, 49.5, 51, 76, 76, 89.9, 90, 89, 95, 100, 130);
    assert.deepEqual(emitted, [[], [], ["1 50"], [], [], ["1 75"], [], [], ["1 90"], [], [], ["1 100"], []]);
  });

  it("emit all thresholds that were crossed between two polls", async () => {
    assert.deepEqual(await crossings(10, 101), [[], ["1 50", "1 75", "1 90", "1 100"]]);
  });

  it("start again with the billing cycle, or with another limit", async () => {
    assert.deepEqual(await crossings(95, 0, 40, 60, 92), [["1 90"], [], [], ["1 50"], ["1 75", "1 90"]]);
  });

  it("first emit only the highest threshold that was crossed", async () => {
    assert.deepEqual(await crossings(80), [["1 75"]]);
  });

  it("belong to links and SIMs, under the link's name", async () => {
    const { wan, poll } = setUpRouter("allowance");
    const [first] = await poll();
    assert.deepEqual([first?.id, first?.name, first?.event], ["3-1", "Cellular", "allowance-crossed"]);
    (wan("Cellular").sims[0] as { allowance: { usage: number } }).allowance.usage = 45_100;
    const second = await poll();
    assert.deepEqual(
      second.map(({ current }) => (current as Json)["threshold"]),
      [75, 90],
    );
    const { current, previous } = second[1] as { current: Json; previous: Json };
    const { connId, simId, percent, usage, limit, threshold, name } = current;
    const expected = {
      connId: 3,
      simId: 1,
      percent: 90.2,
      usage: 45_100,
      limit: 50_000,
      threshold: 90,
      name: "Cellular",
    };
    assert.deepEqual({ connId, simId, percent, usage, limit, threshold, name }, expected);
    assert.equal(previous["percent"], 62);
  });

  it("that are disabled for a while resume where they were", async () => {
    const { wan, poll } = setUpRouter("allowance");
    const { allowance } = wan("Fibre");
    allowance.usage = 920_000;
    await poll();
    allowance.enable = false;
    assert.deepEqual(await poll(), []);
    allowance.enable = true;
    assert.deepEqual(await poll(), []);
  });

  it("are parsed without the fields that a router may leave out", async () => {
    const links = { 1: { name: "A", enable: true }, 2: { name: "B" }, order: [1, 2] };
    const rows = {
      1: { enable: true, percent: 91 },
      2: { enable: true },
      3: { enable: false, usage: 99, limit: 100 },
      7: { enable: true, percent: "55" },
      8: { enable: true, usage: 1, limit: 0, percent: 80 },
      // The sum of all SIMs would count them twice.
      9: { enable: true, usage: 99, limit: 100, 2: { enable: true, usage: 60, limit: 100 }, order: [2] },
      order: [1, 2, 3, 7, 8, 9],
    };
    const { poll } = setUpSource("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));
    assert.deepEqual(
      (await poll()).map(({ id, name }) => [id, name]),
      [
        ["1", "A"],
        ["7", "WAN 7"],
        ["8", "WAN 8"],
        ["9-2", "WAN 9"],
      ],
    );
  });

  it("without numbers for a while resume where they were", async () => {
    const links = { 1: { name: "A" }, order: [1] };
    const usages = [76, undefined, null, "", 99];
    const rows = usages.map((usage) => ({ usage, limit: 100 }));
    const { poll } = setUpSource("allowance", (endpoint) =>
      endpoint.endsWith("allowance") ? { 1: { enable: true, ...rows.shift() }, order: [1] } : links,
    );
    const emitted: number[][] = [];
    for (const _ of usages)
      emitted.push((await poll()).map(({ current }) => (current as { threshold: number }).threshold));
    assert.deepEqual(emitted, [[75], [], [], [], [90]]);
  });

  it("reject an incomplete response", async () => {
    const links = { 1: { name: "A" }, order: [1] };
    for (const rows of [
      null,
      { order: [1, 2] },
      { 1: null, order: [1] },
      { 1: { 1: null, order: [1, 2] }, order: [1] },
    ]) {
      const { poll } = setUpSource("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));
      await rejectsWith(poll(), "protocol");
    }
  });

  it("of a remote SIM and an eSIM are emitted, whose keys are words and stand in no order", async () => {
    const sims = {
      remoteSim: { enable: true, usage: 95, limit: 100 },
      eSim1: { enable: true, percent: 80 },
      speedfusionConnect5gLte: { enable: false },
      modem: { name: "GW-12" },
    };
    const rows = { 3: sims, 4: { 1: { enable: true, percent: 55 }, eSim1: sims.eSim1, order: [1] }, order: [3, 4] };
    const links = { 3: { name: "Cellular" }, 4: { name: "Dome" }, order: [3, 4] };
    const { poll } = setUpSource("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));

    const emitted = (await poll()).map(({ id, current }) => [
      id,
      (current as Json)["simId"],
      (current as Json)["threshold"],
    ]);

    assert.deepEqual(emitted, [
      ["3-remoteSim", "remoteSim", 90],
      ["3-eSim1", "eSim1", 75],
      ["4-1", 1, 50],
      ["4-eSim1", "eSim1", 75],
    ]);
  });

  it("leave out what cannot be read, and say so once", async () => {
    const row = { enable: true, percent: 55 };
    const links = { 1: { name: "A" }, 2: null, 4: { name: "D" }, order: [1, 2, 4] };
    const rows = { 1: row, 2: null, 4: { 1: row, order: [1, 2] }, order: [1, 2, 3, 4] };
    const { poll, warnings } = setUpSource("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));

    assert.deepEqual(
      (await poll()).map(({ id }) => id),
      ["1", "4-1"],
    );
    await poll();

    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /WAN 3, WAN 2, SIM 2 of D\. It is left out/);
  });

  it("are remembered in a bounded number, whatever a router lists", async () => {
    let polls = 0;
    const { poll } = setUpSource("allowance", (endpoint) => {
      if (!endpoint.endsWith("allowance")) return { 1: { name: "A" }, order: [1] };
      const first = 600 * polls++;
      return Object.fromEntries(Array.from({ length: 600 }, (_, i) => [first + i, { enable: true, percent: 50 }]));
    });
    const counts = [(await poll()).length, (await poll()).length, (await poll()).length];
    assert.deepEqual(counts, [600, 600, 600]);
    polls = 0;
    assert.equal((await poll()).length, 600, "those of the first poll were forgotten");
  });
});
