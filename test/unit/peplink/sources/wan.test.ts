import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../../../src/core/clock";
import type { ChangeEvent } from "../../../../src/polling/types";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { Wan } from "../../../support/simulators/peplink/router";
import { setUpResponses, setUpRouter, setUpSource } from "./fixture";

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
    [
      "failing their health check, with an address and the lamp of standby",
      { statusLed: "yellow", uptime: 0, message: "Disconnected (WAN failed DNS test)" },
      "wan-down",
    ],
    ["failing their health check with a green lamp", { message: "WAN failed PING test" }, "wan-down"],
    ["green, and obtaining an address", { message: "Obtaining IP Address..." }, "wan-down"],
    [
      "yellow with an address, and connecting",
      { statusLed: "yellow", uptime: 0, message: "Connecting..." },
      "wan-down",
    ],
    ["green, and not connected", { message: "Not connected" }, "wan-down"],
    ["green, with no cable", { message: "No Cable Detected" }, "wan-down"],
    ["connected to a carrier whose name is such a word", { message: "Connected to No Lost Calls" }, "wan-up"],
    ["green, in another language", { message: "Conectado no porto" }, "wan-up"],
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

  const idle: [what: string, fields: Json][] = [
    ["are for management only", { managementOnly: true }],
    ["are a synergy link by their type", { type: "synergyLink" }],
    ["are a synergy link by their virtual type", { type: "ethernet", virtualType: "synergyLink" }],
    ["are marked as a synergy link", { synergyLink: true }],
  ];
  for (const [what, fields] of idle) {
    it(`that ${what} are up, but never active`, async () => {
      const links = { 1: { ...row, ...fields, priority: 1 }, 2: { ...row, priority: 3 }, order: [1, 2] };
      const down = { ...links, 2: { ...row, statusLed: "red", uptime: 0 } };
      const { events } = setUpResponses("wan", links, down);
      assert.deepEqual(await events(), ["wan-up 1", "wan-up 2", "wan-active-changed 2"]);
      assert.deepEqual(await events(), ["wan-down 2", "wan-active-changed null"]);
    });
  }

  const uptimes: [what: string, before: number, after: number, afterS: number, bounced: boolean][] = [
    ["falls a little as the router corrects its clock", 80_004, 80_001, 1, false],
    ["falls a lot as the router corrects its clock", 80_004, 40_000, 1, false],
    ["is short, and falls a little", 9, 7, 1, false],
    ["starts again within a second", 80_004, 1, 1, true],
    ["starts again between two polls that are far apart", 80_004, 280, 300, true],
    ["starts again, and the router rounds it up", 80_004, 305, 300, true],
    ["is longer than the time between the polls", 80_004, 400, 300, false],
    ["starts again as this clock is set back", 80_004, 1, -3600, true],
  ];
  for (const [what, before, after, afterS, bounced] of uptimes) {
    it(`whose uptime ${what} ${bounced ? "were" : "were not"} down in between`, async () => {
      let [uptime, now] = [before, Date.UTC(2026, 0, 1)];
      const clock = { ...systemClock, now: () => now };
      const { poll, events } = setUpSource("wan", () => ({ 1: { ...row, uptime }, order: [1] }), clock);
      await poll();
      [uptime, now] = [after, now + afterS * 1000];
      assert.deepEqual(await events(), bounced ? ["wan-down 1", "wan-up 1"] : []);
    });
  }

  const odd: [what: string, entry: unknown][] = [
    ["is null", null],
    ["is a word", "vwan5"],
    ["is missing", undefined],
    ["is green and has no uptime", { ...row, name: "Dome", uptime: null }],
    ["has no lamp", { ...row, name: "Dome", statusLed: null }],
  ];
  for (const [what, entry] of odd) {
    it(`are watched further although an entry ${what}, and that is said once`, async () => {
      const down = { ...row, statusLed: "red", uptime: 0 };
      const good = { 1: row, 2: { ...row, name: "Dome" }, order: [1, 2] };
      const { events, warnings } = setUpResponses("wan", good, { ...good, 2: entry }, { ...good, 1: down, 2: entry });
      assert.equal((await events()).length, 3);
      assert.deepEqual(await events(), []);
      assert.deepEqual(await events(), ["wan-down 1", "wan-active-changed 2"]);
      assert.deepEqual(await events(), []);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /does not hold the state of (WAN 2|Dome)\. It is left out/);
    });
  }

  it("that were never read are not emitted", async () => {
    const { events } = setUpResponses("wan", { 1: row, 2: null, order: [1, 2] });
    assert.deepEqual(await events(), ["wan-up 1", "wan-active-changed 1"]);
  });

  it("that cannot be read are named in a bounded number", async () => {
    const order = Array.from({ length: 5000 }, (_, id) => id);
    const many = Object.fromEntries(order.map((id) => [id, id === 1 ? row : null]));
    const { poll, warnings } = setUpResponses("wan", { ...many, order });
    for (let i = 0; i < 5; i++) await poll();
    assert.equal(warnings.length, 1);
    assert.ok((warnings[0] ?? "").length < 300);
  });

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
    { order: [1, 2] },
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
