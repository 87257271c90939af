import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { setUpRouter, setUpSource } from "./fixture";

/** Emits what these samples of one link cause, in one poll for each list of them, on a link that is in this state. */
async function judge(polls: unknown[][], link: Json = { statusLed: "green", uptime: 9 }): Promise<string[][]> {
  const remaining = [...polls];
  const { events } = setUpSource("latency", (endpoint) => {
    if (endpoint === "status.wan.connection") return { 1: { name: "Fibre", enable: true, ...link }, order: [1] };
    return { 1: { name: "Fibre", latency: { pointInterval: 10, data: remaining.shift() } }, order: [1] };
  });
  const emitted: string[][] = [];
  for (const _ of polls) emitted.push(await events());
  return emitted;
}

describe("The latency of a link", () => {
  it("is high above the threshold, and all right again at four fifths of it", async () => {
    const { world, wan, eventsAfter } = setUpRouter("latency");
    const starlink = world.latency(wan("Starlink"));
    assert.deepEqual(await eventsAfter(), ["latency-ok 2", "latency-ok 1", "latency-ok 3"]);
    const emitted: string[][] = [];
    for (const latencyMs of [200, 201, 190, 161, 160, 170, 500]) {
      starlink.set(latencyMs);
      emitted.push(await eventsAfter(30));
    }
    assert.deepEqual(emitted, [[], ["latency-high 2"], [], [], ["latency-ok 2"], [], ["latency-high 2"]]);
  });

  it("is the median of what was measured since the last look", async () => {
    const { world, wan, poll, eventsAfter, time } = setUpRouter("latency");
    const fibre = world.latency(wan("Fibre"));
    await eventsAfter(600);
    fibre.set(900);
    time.now += 20_000;
    fibre.set(20);
    time.now += 40_000;
    assert.deepEqual(await poll(), [], "two of six samples are high");

    fibre.set(900);
    time.now += 40_000;
    fibre.set(20);
    time.now += 20_000;
    const [change] = await poll();
    assert.deepEqual([change?.event, change?.id, change?.name], ["latency-high", "1", "Fibre"]);
    assert.deepEqual(change?.current, { connId: 1, name: "Fibre", threshold: 200, latencyMs: 900, samples: 6 });
    assert.equal((change as { previous: Json }).previous["latencyMs"], 20);
  });

  it("is not judged while the link is down, whose samples are from before", async () => {
    const { world, wan, eventsAfter } = setUpRouter("latency");
    await eventsAfter(60);
    world.latency(wan("Fibre")).set(900);
    world.latency(wan("Fibre")).add(...Array.from({ length: 60 }, () => 900));
    wan("Fibre").takeDown();
    assert.deepEqual(await eventsAfter(60), []);
    wan("Fibre").bringUp();
    assert.deepEqual(await eventsAfter(60), ["latency-high 1"]);
  });

  it("is what it was while there are no samples, and that it becomes known is an event only if it is high", async () => {
    const high = [900];
    assert.deepEqual(await judge([[], [null, null], [20], high, [null], high, [0], [20]]), [
      [],
      [],
      [],
      ["latency-high 1"],
      [],
      [],
      [],
      ["latency-ok 1"],
    ]);
    assert.deepEqual(await judge([[], high]), [[], ["latency-high 1"]]);
    // The last measurement may be under way; an answer from long ago says nothing.
    assert.deepEqual(await judge([[20], [20, 900, null], [900, 20, null, null, null]]), [
      ["latency-ok 1"],
      ["latency-high 1"],
      [],
    ]);
    assert.deepEqual(await judge([high], {}), [["latency-high 1"]], "the state of the link is not known");
  });

  it("is judged by the last sample where the polls are more frequent than the samples", async () => {
    assert.deepEqual(await judge([[20], [20, 900], [20, 900, 20]]), [
      ["latency-ok 1"],
      ["latency-high 1"],
      ["latency-ok 1"],
    ]);
  });

  it("is read although numbers are text, a sample is none, or the interval is missing", async () => {
    const { events } = setUpSource("latency", (endpoint) => {
      if (endpoint === "status.wan.connection") return { 1: { statusLed: "green", uptime: 5 }, order: [1] };
      const data = ["300", null, "x", 310, {}, 320];
      return { 1: { latency: { data } }, 2: null, 3: { latency: { data: "none" } }, order: [1, 2, 3] };
    });
    assert.deepEqual(await events(), ["latency-high 1"]);
  });

  it("rejects a response that is no collection", async () => {
    for (const response of [null, [], { order: "1" }])
      await rejectsWith(
        setUpSource("latency", (endpoint) =>
          endpoint === "status.wan.latency" ? response : { 1: { name: "A" }, order: [1] },
        ).poll(),
        "protocol",
      );
  });
});
