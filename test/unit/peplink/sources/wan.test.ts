import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ChangeEvent } from "../../../../src/polling/types";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { Wan } from "../../../support/simulators/peplink/router";
import { setUpResponses, setUpRouter } from "./fixture";

const FIXTURES = resolve("../shared/fixtures/peplink");

describe("WAN links", () => {
  it("are emitted with their initial state, except for those that are disabled", async () => {
    const { events } = setUpRouter("wan");
    assert.deepEqual(await events(), ["wan-standby 2", "wan-up 1", "wan-standby 3", "wan-active-changed 1"]);
  });

  it("are emitted as they fail over and back", async () => {
    const { wan, eventsAfter } = setUpRouter("wan");
    await eventsAfter();
    wan("Fibre").takeDown();
    assert.deepEqual(await eventsAfter(), ["wan-up 2", "wan-down 1", "wan-active-changed 2"]);
    wan("Fibre").bringUp();
    assert.deepEqual(await eventsAfter(), ["wan-standby 2", "wan-up 1", "wan-active-changed 1"]);
    assert.deepEqual(await eventsAfter(), []);
  });

  it("carry their fields before and after, and their state, without secrets", async () => {
    const { wan, eventsAfter, poll } = setUpRouter("wan");
    await eventsAfter();
    wan("Cellular").takeDown();
    const [change] = await poll();
    const { current, previous, ...emitted } = change as ChangeEvent & { current: Json; previous: Json };
    assert.deepEqual(emitted, { event: "wan-down", id: "3", name: "Cellular" });
    assert.deepEqual([current["state"], current["id"], current["message"]], ["down", 3, "Disconnected"]);
    assert.deepEqual([previous["state"], previous["message"]], ["standby", "Standby"]);
  });

  it("may all be down, and then none is active", async () => {
    const { world, eventsAfter, poll } = setUpRouter("wan");
    await eventsAfter();
    for (const one of world.wans) one.takeDown();
    const changes = await poll();
    assert.deepEqual(
      changes.map(({ event, name }) => [event, name]),
      [
        ["wan-down", "Starlink"],
        ["wan-down", "Fibre"],
        ["wan-down", "Cellular"],
        ["wan-active-changed", null],
      ],
    );
    const { id, current, previous } = changes[3] as ChangeEvent;
    assert.deepEqual([id, current, (previous as Json)["name"]], [null, null, "Fibre"]);
  });

  it("that bounced between two polls are emitted as two transient events", async () => {
    const { wan, eventsAfter, poll, time } = setUpRouter("wan");
    await eventsAfter();
    time.now += 20_000;
    wan("Fibre").bounce(time.now);
    time.now += 10_000;
    const changes = await poll();
    assert.deepEqual(
      changes.map(({ event, id, transient }) => [event, id, transient]),
      [
        ["wan-down", "1", true],
        ["wan-up", "1", true],
      ],
    );
    assert.deepEqual(await eventsAfter(), []);
  });

  it("go down when they are disabled, unless they were down already", async () => {
    const { wan, eventsAfter } = setUpRouter("wan");
    await eventsAfter();
    wan("Fibre").enable = false;
    assert.deepEqual(await eventsAfter(), ["wan-up 2", "wan-down 1", "wan-active-changed 2"]);
    wan("Harbour Wi-Fi").up = false;
    wan("Harbour Wi-Fi").enable = true;
    assert.deepEqual(await eventsAfter(), []);
    wan("Harbour Wi-Fi").enable = false;
    assert.deepEqual(await eventsAfter(), []);
    wan("Harbour Wi-Fi").bringUp();
    wan("Harbour Wi-Fi").enable = true;
    assert.deepEqual(await eventsAfter(), ["wan-standby 4"]);
  });

  it("go up when they are added and down when they are removed", async () => {
    const { world, eventsAfter } = setUpRouter("wan");
    await eventsAfter();
    world.wans.push(new Wan(9, "USB modem", { priority: 1 }));
    assert.deepEqual(await eventsAfter(), ["wan-up 9"]);
    world.wans.splice(1, 1);
    assert.deepEqual(await eventsAfter(), ["wan-active-changed 9", "wan-down 1"]);
  });

  it("with the same priority are active in the router's order", async () => {
    const { wan, eventsAfter } = setUpRouter("wan");
    await eventsAfter();
    wan("Starlink").priority = 1;
    assert.deepEqual(await eventsAfter(), ["wan-up 2", "wan-active-changed 2"]);
  });

  const row = { name: "WAN", enable: true, statusLed: "green", uptime: 5, message: "Connected", priority: 1, ip: "1" };
  const states: [what: string, fields: Json, event: string | undefined][] = [
    ["green, with an uptime", {}, "wan-up"],
    ["green, with an uptime in a string", { uptime: "5" }, "wan-up"],
    ["connected to a carrier", { message: "Connected to Carrier1" }, "wan-up"],
    ["green, and not yet up", { uptime: 0 }, "wan-down"],
    ["red, with an uptime that stands still", { statusLed: "red" }, "wan-down"],
    ["yellow and on standby", { statusLed: "yellow", uptime: 0, message: "Standby" }, "wan-standby"],
    [
      "yellow and on standby in another language",
      { statusLed: "yellow", uptime: 0, message: "En attente" },
      "wan-standby",
    ],
    ["on cold standby", { statusLed: "empty", uptime: 0, message: "Cold Standby", ip: undefined }, "wan-standby"],
    [
      "yellow, and still connecting",
      { statusLed: "yellow", uptime: 0, message: "Connecting...", ip: undefined },
      "wan-down",
    ],
    ["flashing", { statusLed: "flash", uptime: 0, message: "Obtaining IP Address...", ip: undefined }, "wan-down"],
    ["without a device", { statusLed: "empty", uptime: 0, message: "No Device Detected", ip: undefined }, "wan-down"],
    ["disabled", { enable: false, statusLed: "gray", uptime: 0, message: "Disabled" }, undefined],
    ["disabled, without further fields", { enable: false, statusLed: undefined, uptime: undefined }, undefined],
  ];
  for (const [what, fields, event] of states) {
    it(`that are ${what} are emitted as ${event ?? "nothing"}`, async () => {
      const { poll } = setUpResponses("wan", { 1: { ...row, ...fields }, order: [1] });
      const [first] = await poll();
      assert.equal(first?.event === "wan-active-changed" ? undefined : first?.event, event);
    });
  }

  const priorities: [what: string, one: unknown, other: unknown, active: number][] = [
    ["the lower number", 3, 2, 2],
    ["the lower number, also in a string", "10", "9", 2],
    ["any number rather than none", undefined, 4, 2],
    ["any number rather than a word", "auto", 4, 2],
    ["any number rather than an empty string", "", 4, 2],
    ["the first place, if none has a priority", undefined, undefined, 1],
  ];
  for (const [what, one, other, active] of priorities) {
    it(`that are up make the one active that has ${what}`, async () => {
      const links = { 1: { ...row, priority: one }, 2: { ...row, priority: other }, order: [1, 2] };
      assert.equal((await setUpResponses("wan", links).events()).at(-1), `wan-active-changed ${active}`);
    });
  }

  it("are emitted first with no active one if none is up", async () => {
    const { events } = setUpResponses("wan", { 7: { ...row, statusLed: "red" }, order: [7] });
    assert.deepEqual([await events(), await events()], [["wan-down 7", "wan-active-changed null"], []]);
  });

  it("without a name are named after their id", async () => {
    const { poll } = setUpResponses("wan", { 7: { ...row, name: "" }, 8: { ...row, name: 5 }, order: [7, 8] });
    assert.deepEqual(
      (await poll()).slice(0, 2).map(({ name }) => name),
      ["WAN 7", "WAN 8"],
    );
  });

  it("keep the router's order, whatever their keys", async () => {
    const { events } = setUpResponses("wan", { 2: row, vwan5: row, 10: row, order: [10, "vwan5", 2], timestamp: 1 });
    assert.deepEqual(await events(), ["wan-up 10", "wan-up vwan5", "wan-up 2", "wan-active-changed 10"]);
  });

  for (const response of [
    null,
    [],
    "x",
    {},
    { order: [] },
    { 1: row, order: [1, 2] },
    { 1: row, order: [[1]] },
    { 1: null, order: [1] },
    { 1: 5 },
    { 1: {}, order: [1] },
    { 1: { statusLed: "green" } },
    { 1: { uptime: null, statusLed: "green" } },
    { 1: { uptime: "long", statusLed: "green" } },
    { 1: { uptime: 5, statusLed: null } },
  ]) {
    it(`reject the incomplete response ${JSON.stringify(response).slice(0, 40)}`, async () => {
      const { poll } = setUpResponses("wan", { 1: row, order: [1] }, response);
      await poll();
      await rejectsWith(poll(), "protocol");
    });
  }

  for (const name of [
    "01-status.wan.connection.balance710-fw8.5.1",
    "02-status.wan.connection.max-dual-cellular-fw8.3.0",
  ]) {
    it(`are parsed from the real response ${name}`, async function () {
      const file = resolve(FIXTURES, `${name}.json`);
      if (!existsSync(file)) this.skip();
      const { events } = setUpResponses("wan", JSON.parse(readFileSync(file, "utf8")).response);
      const expected = name.startsWith("01")
        ? ["wan-up 1", "wan-up 2", "wan-up 3", "wan-active-changed 1"]
        : ["wan-down 1", "wan-down 2", "wan-up 3", "wan-up 4", "wan-down 5", "wan-active-changed 3"];
      assert.deepEqual(await events(), expected);
      assert.deepEqual(await events(), []);
    });
  }
});
