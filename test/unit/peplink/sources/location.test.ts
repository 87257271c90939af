import assert from "node:assert/strict";
import type { ChangeEvent } from "../../../../src/polling/types";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { setUpResponses } from "./fixture";

describe("The location", () => {
  const METRE = 1 / 111_195;
  const at = (metres: number, more: Json = {}) => ({
    gps: true,
    location: { latitude: 54 + metres * METRE, longitude: 7, hdop: 1, ...more },
  });

  /** The number of events of each response. */
  async function moves(...responses: unknown[]): Promise<number[]> {
    const { poll } = setUpResponses("location", ...responses);
    const counts: number[] = [];
    for (let left = responses.length; left > 0; left--) counts.push((await poll()).length);
    return counts;
  }

  it("moves by more than a receiver drifts", async () => {
    assert.deepEqual(await moves(at(0), at(49), at(-49), at(51), at(20), at(0)), [1, 0, 0, 1, 0, 1]);
  });

  it("moves in many small steps as well", async () => {
    assert.deepEqual(await moves(at(0), at(20), at(40), at(60), at(80), at(100), at(120)), [1, 0, 0, 1, 0, 0, 1]);
  });

  it("moves by more than three times the accuracy", async () => {
    const unsure = { hdop: 10 };
    assert.deepEqual(await moves(at(0), at(140, unsure), at(160, unsure), at(20), at(0)), [1, 0, 1, 0, 1]);
  });

  it("stays the same while there is no fix", async () => {
    const stale = { ...at(9000), gps: false };
    assert.deepEqual(await moves(at(0), stale, { gps: true }, at(10), stale, at(90)), [1, 0, 0, 0, 0, 1]);
  });

  it("does not move by the first fix", async () => {
    const none = { ...at(9000), gps: false };
    assert.deepEqual(await moves(none, { gps: false }, at(0), at(10), at(100)), [0, 0, 0, 0, 1]);
  });

  it("ignores coordinates that are invalid", async () => {
    const nowhere = [{ latitude: 0, longitude: 0 }, { latitude: "north" }, { latitude: 91 }, { longitude: -181 }];
    assert.deepEqual(await moves(at(0), ...nowhere.map((place) => at(0, place))), [1, 0, 0, 0, 0]);
    assert.deepEqual(await moves(...nowhere.map((place) => at(0, place))), [0, 0, 0, 0]);
  });

  it("is parsed from strings as well", async () => {
    const text = (metres: number) => at(0, { latitude: String(54 + metres * METRE), longitude: "7", hdop: "10" });
    assert.deepEqual(await moves(text(0), text(140), text(160)), [1, 0, 1]);
  });

  it("carries the place before and after", async () => {
    const { poll } = setUpResponses("location", at(0), at(500));
    await poll();
    const { id, name, current, previous } = (await poll())[0] as ChangeEvent;
    assert.deepEqual([id, name, current, previous], ["location", "location", at(500).location, at(0).location]);
  });

  it("is compared across the date line", async () => {
    const place = (longitude: number) => at(0, { latitude: 0.001, longitude });
    assert.deepEqual(await moves(place(179.9999), place(-179.9999)), [1, 0]);
  });

  it("rejects the response null", async () => {
    await rejectsWith(setUpResponses("location", null).poll(), "protocol");
  });

  describe("by speed", () => {
    const driving = (speed: unknown, metres = 0) => at(metres, { speed });

    /** What each response says of the motion: whether it moves, for each event. */
    async function turns(source: string, ...responses: unknown[]): Promise<unknown[][]> {
      const { poll } = setUpResponses(source, ...responses);
      const emitted: unknown[][] = [];
      for (let left = responses.length; left > 0; left--)
        emitted.push((await poll()).map(({ current }) => (current as Json)["moving"]));
      return emitted;
    }

    it("starts and stops, each with one event although its speed fluctuates", async () => {
      const speeds = [0.4, 2.9, 3, 2, 1.6, 14, 1.4, 2.5, 0].map((speed) => driving(speed));
      assert.deepEqual(await turns("speed", ...speeds), [[false], [], [true], [], [], [], [false], [], []]);
      assert.deepEqual(await turns("location", ...speeds), [[false], [], [true], [], [], [], [false], [], []]);
    });

    it("is one event if it has moved as well, and none of the distance where only the speed is watched", async () => {
      const trip = [driving(0), driving(20, 300), driving(20, 600), driving(0, 610)];
      assert.deepEqual(await turns("location", ...trip), [[false], [true], [true], [false]]);
      assert.deepEqual(await turns("speed", ...trip), [[false], [true], [], [false]]);
    });

    it("carries the speed and where it is", async () => {
      const { poll } = setUpResponses("speed", driving(0), driving("12.5", 30));
      await poll();
      const { event, current, previous } = (await poll())[0] as ChangeEvent;
      assert.deepEqual([event, (current as Json)["speed"], (current as Json)["moving"]], ["moved", 12.5, true]);
      assert.equal((current as Json)["latitude"], at(30).location.latitude);
      assert.equal((previous as Json)["moving"], false);
    });

    it("stays as it was without a fix or a speed, and is not a start where it becomes known", async () => {
      const none = { ...driving(0), gps: false };
      assert.deepEqual(await turns("speed", at(0), driving(9), none, at(0), driving(8), driving(0)), [
        [],
        [],
        [],
        [],
        [],
        [false],
      ]);
    });
  });
});
