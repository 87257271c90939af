import assert from "node:assert/strict";
import type { ChangeEvent } from "../../../../src/polling/types";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { setUpLog, setUpRouterLog } from "./fixture";

const textOf = ({ current }: ChangeEvent): unknown => (current as Json)["text"];

/** What is read of a log that lists these lines, the newest first, one list after the other: the new ones of each. */
async function readAll(...lists: string[][]): Promise<unknown[][]> {
  const { read, restart } = setUpLog("log", () => ({ log: lists.shift() }));
  const added: unknown[][] = [];
  for (let left = lists.length; left > 0; left--) {
    added.push((await read()).map(({ current }) => (current as Json)["line"]));
    restart();
  }
  return added;
}

/** Lines from one number to another, the newest first. */
const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${to - index}`);

describe("The log of a router", () => {
  it("emits each line once, the oldest first, also across a restart, and none that was there before", async () => {
    const { world, read, restart } = setUpRouterLog("log");
    world.log.write("System", "Started up (8.5.1 build 5711)");
    assert.deepEqual(await read(), []);
    world.log.write("Admin", "admin (192.168.50.10) login successful");
    world.log.write("System", "Time synchronization successful");
    assert.deepEqual((await read()).map(textOf), [
      "admin (192.168.50.10) login successful",
      "Time synchronization successful",
    ]);
    restart();
    assert.deepEqual(await read(), []);
    world.log.write("System", "Changes applied");
    restart();
    const [{ event, name, current, aliases }] = (await read()) as [ChangeEvent];
    assert.deepEqual([event, name, aliases], ["log", "System", ["System"]]);
    assert.deepEqual(current, {
      line: "Jan 01 00:00:00 System: Changes applied",
      time: "Jan 01 00:00:00",
      module: "System",
      text: "Changes applied",
    });
  });

  it("tells of an outage between two polls", async () => {
    const { world, read } = setUpRouterLog("log");
    await read();
    const starlink = world.wans.find(({ name }) => name === "Starlink");
    starlink?.takeDown("WAN failed DNS test");
    starlink?.bringUp();
    const about = (await read()).map(({ name, current }) => {
      const { link, connected, reason } = current as Json;
      return [name, link, connected, reason];
    });
    assert.deepEqual(about, [
      ["Starlink", "Starlink", false, "WAN failed DNS test"],
      ["Starlink", "Starlink", true, "100.64.7.20"],
    ]);
  });

  it("emits what was added to fifty lines, and all fifty if everything has scrolled out", async () => {
    assert.deepEqual(await readAll(lines(1, 50), lines(4, 53), lines(104, 153)), [
      [],
      lines(51, 53).toReversed(),
      lines(104, 153).toReversed(),
    ]);
  });

  it("tells apart lines that are repeated within a second", async () => {
    const repeated = (count: number): string[] => Array.from({ length: count }, () => "again");
    assert.deepEqual(await readAll([...repeated(2), "first"], [...repeated(5), "first"], [...repeated(5), "first"]), [
      [],
      repeated(3),
      [],
    ]);
    // The log of a router without a clock starts at the same time after each restart.
    const boot = ["ready", "started"];
    assert.deepEqual(await readAll([...boot, "before"], ["up", ...boot, ...boot, "before"]), [
      [],
      ["started", "ready", "up"],
    ]);
  });

  it("brings back no line after it was empty or shorter for a while", async () => {
    assert.deepEqual(await readAll(lines(1, 50), [], lines(49, 50), lines(1, 50), lines(2, 51)), [
      [],
      [],
      [],
      [],
      ["line 51"],
    ]);
  });

  it("emits only what is new after it was cleared, or after old lines were changed or removed", async () => {
    assert.deepEqual(await readAll(lines(1, 50), ["line 52", "line 51"]), [[], ["line 51", "line 52"]]);
    const edited = lines(1, 50).with(20, "another");
    assert.deepEqual(await readAll(lines(1, 50), ["new", ...edited]), [[], ["new"]]);
    const summary = ["line 50 (repeated 2 times)", ...lines(1, 49)];
    assert.deepEqual(await readAll(lines(1, 50), summary), [[], ["line 50 (repeated 2 times)"]]);
  });

  it("emits lines of any form, and skips what is none", async () => {
    const { read } = setUpLog("log", () => ({ log: log.splice(0) }));
    const log: unknown[] = ["Jan 01 00:00:00 System: first"];
    await read();
    log.push("no form at all", null, 7, "Mar  4 07:00:00 WAN: Dome, roof (Priority 2) disconnected", "x".repeat(9000));
    const [long, wan, plain] = (await read()) as [ChangeEvent, ChangeEvent, ChangeEvent];
    assert.equal(String((long.current as Json)["line"]).length, 2000);
    assert.deepEqual([wan.name, (wan.current as Json)["connected"]], ["Dome, roof", false]);
    assert.deepEqual([plain.name, plain.current], [null, { line: "no form at all" }]);
  });

  it("is rejected if there is none, and bounded whatever a router lists", async () => {
    for (const response of [null, {}, { log: "text" }])
      await rejectsWith(setUpLog("log", () => response).read(), "protocol");
    const [, added] = await readAll(lines(1, 2), lines(1, 100_000));
    assert.equal(added?.length, 500);
  });
});
