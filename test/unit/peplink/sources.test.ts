import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../../src/core/clock";
import { toQuery } from "../../../src/peplink/endpoints";
import { sources } from "../../../src/peplink/sources/index";
import type { ChangeEvent } from "../../../src/polling/types";
import { failure } from "../../support/http-fixture";
import type { Json } from "../../support/simulators/peplink/json";
import { Wan, type LanClient, type Peer } from "../../support/simulators/peplink/router";
import { STATUS } from "../../support/simulators/peplink/status";
import { World } from "../../support/simulators/peplink/world";

const FIXTURES = resolve("../shared/fixtures/peplink");

type Answers = (endpoint: string, params: Json) => unknown;

/** A source of a router that answers so, looked at by hand. */
function looking(source: string, answers: Answers) {
  const made = sources[source]?.({
    site: "",
    clock: systemClock,
    client: {
      status: async (endpoint, params, showing) => {
        assert.deepEqual(showing, { asList: false, maskSecrets: true });
        return JSON.parse(JSON.stringify(answers(endpoint, toQuery(params)) ?? null));
      },
    },
  });
  assert.ok(made && "poll" in made);
  let before: ReadonlyMap<string, unknown> = new Map();
  /** What has changed since the last look. */
  const look = async (): Promise<ChangeEvent[]> => {
    const after = await made.poll(undefined, before, {});
    const ids = new Set([...after.keys(), ...before.keys()]);
    const changes = [...ids].flatMap((id) => made.diff(before.get(id), after.get(id), id));
    before = after;
    return changes;
  };
  /** The same, in short. */
  const events = async (): Promise<string[]> =>
    (await look()).map(({ event, id, matchOnly }) => `${event} ${id}${matchOnly === "name" ? " by name" : ""}`);
  return { look, events };
}

/** A simulated router, and a source of it. */
function watching(source: string) {
  const time = { now: Date.UTC(2026, 0, 1) };
  const world = new World(() => time.now);
  const { look, events } = looking(source, (endpoint, args) => {
    world.settle();
    return STATUS[endpoint]?.GET?.(world, args);
  });
  const wan = (name: string): Wan => world.wans.find((one) => one.name === name) as Wan;
  /** Lets time pass and looks. */
  const later = (seconds = 30): Promise<string[]> => {
    world.settle();
    time.now += seconds * 1000;
    return events();
  };
  return { world, wan, look, events, later, time };
}

/** Answers of one endpoint, one after the other; the last for ever. */
function answering(source: string, ...answers: unknown[]) {
  return looking(source, () => (answers.length > 1 ? answers.shift() : answers[0]));
}

describe("WAN links", () => {
  it("tell their first state; those that are switched off are silent", async () => {
    const { events } = watching("wan");
    assert.deepEqual(await events(), ["wan-standby 2", "wan-up 1", "wan-standby 3", "wan-active-changed 1"]);
  });

  it("fail over and back", async () => {
    const { wan, later } = watching("wan");
    await later();
    wan("Fibre").takeDown();
    assert.deepEqual(await later(), ["wan-up 2", "wan-down 1", "wan-active-changed 2"]);
    wan("Fibre").bringUp();
    assert.deepEqual(await later(), ["wan-standby 2", "wan-up 1", "wan-active-changed 1"]);
    assert.deepEqual(await later(), []);
  });

  it("show what they were and are, and how, without secrets", async () => {
    const { wan, later, look } = watching("wan");
    await later();
    wan("Cellular").takeDown();
    const [change] = await look();
    const { current, previous, ...told } = change as ChangeEvent & { current: Json; previous: Json };
    assert.deepEqual(told, { event: "wan-down", id: "3", name: "Cellular" });
    assert.deepEqual([current["state"], current["id"], current["message"]], ["down", 3, "Disconnected"]);
    assert.deepEqual([previous["state"], previous["message"]], ["standby", "Standby"]);
  });

  it("may all be down: then none is the active one", async () => {
    const { world, later, look } = watching("wan");
    await later();
    for (const one of world.wans) one.takeDown();
    const changes = await look();
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

  it("that bounced between two looks tell both, and that it is over", async () => {
    const { wan, later, look, time } = watching("wan");
    await later();
    time.now += 20_000;
    wan("Fibre").bounce(time.now);
    time.now += 10_000;
    const changes = await look();
    assert.deepEqual(
      changes.map(({ event, id, transient }) => [event, id, transient]),
      [
        ["wan-down", "1", true],
        ["wan-up", "1", true],
      ],
    );
    assert.deepEqual(await later(), []);
  });

  it("that are switched off are down; switching one that carries nothing is no news", async () => {
    const { wan, later } = watching("wan");
    await later();
    wan("Fibre").enable = false;
    assert.deepEqual(await later(), ["wan-up 2", "wan-down 1", "wan-active-changed 2"]);
    wan("Harbour Wi-Fi").up = false;
    wan("Harbour Wi-Fi").enable = true;
    assert.deepEqual(await later(), []);
    wan("Harbour Wi-Fi").enable = false;
    assert.deepEqual(await later(), []);
    wan("Harbour Wi-Fi").bringUp();
    wan("Harbour Wi-Fi").enable = true;
    assert.deepEqual(await later(), ["wan-standby 4"]);
  });

  it("that come and go are up and down", async () => {
    const { world, later } = watching("wan");
    await later();
    world.wans.push(new Wan(9, "USB modem", { priority: 1 }));
    assert.deepEqual(await later(), ["wan-up 9"]);
    world.wans.splice(1, 1);
    assert.deepEqual(await later(), ["wan-active-changed 9", "wan-down 1"]);
  });

  it("with the same priority: the first in the router's order is the active one", async () => {
    const { wan, later } = watching("wan");
    await later();
    wan("Starlink").priority = 1;
    assert.deepEqual(await later(), ["wan-up 2", "wan-active-changed 2"]);
  });

  const row = { name: "WAN", enable: true, statusLed: "green", uptime: 5, message: "Connected", priority: 1, ip: "1" };
  const states: [what: string, fields: Json, event: string | undefined][] = [
    ["green, with an uptime", {}, "wan-up"],
    ["green, with an uptime as text", { uptime: "5" }, "wan-up"],
    ["connected to a carrier", { message: "Connected to Carrier1" }, "wan-up"],
    ["green, and not yet up", { uptime: 0 }, "wan-down"],
    ["red, with an uptime that stood still", { statusLed: "red" }, "wan-down"],
    ["yellow and waiting", { statusLed: "yellow", uptime: 0, message: "Standby" }, "wan-standby"],
    ["yellow and waiting, in other words", { statusLed: "yellow", uptime: 0, message: "En attente" }, "wan-standby"],
    ["cold standby", { statusLed: "empty", uptime: 0, message: "Cold Standby", ip: undefined }, "wan-standby"],
    [
      "yellow, and still connecting",
      { statusLed: "yellow", uptime: 0, message: "Connecting...", ip: undefined },
      "wan-down",
    ],
    ["flashing", { statusLed: "flash", uptime: 0, message: "Obtaining IP Address...", ip: undefined }, "wan-down"],
    ["without a device", { statusLed: "empty", uptime: 0, message: "No Device Detected", ip: undefined }, "wan-down"],
    ["switched off", { enable: false, statusLed: "gray", uptime: 0, message: "Disabled" }, undefined],
    ["switched off, and no more said of it", { enable: false, statusLed: undefined, uptime: undefined }, undefined],
  ];
  for (const [what, fields, event] of states) {
    it(`${what}: ${event ?? "nothing"}`, async () => {
      const { look } = answering("wan", { 1: { ...row, ...fields }, order: [1] });
      const [first] = await look();
      assert.equal(first?.event === "wan-active-changed" ? undefined : first?.event, event);
    });
  }

  const priorities: [what: string, one: unknown, other: unknown, active: number][] = [
    ["the lower number", 3, 2, 2],
    ["the lower number, as text too", "10", "9", 2],
    ["any number before none", undefined, 4, 2],
    ["any number before a word", "auto", 4, 2],
    ["any number before nothing", "", 4, 2],
    ["the first where there is none", undefined, undefined, 1],
  ];
  for (const [what, one, other, active] of priorities) {
    it(`of several that are up, the active one has ${what}`, async () => {
      const links = { 1: { ...row, priority: one }, 2: { ...row, priority: other }, order: [1, 2] };
      assert.equal((await answering("wan", links).events()).at(-1), `wan-active-changed ${active}`);
    });
  }

  it("none of which carries tell also that first", async () => {
    const { events } = answering("wan", { 7: { ...row, statusLed: "red" }, order: [7] });
    assert.deepEqual([await events(), await events()], [["wan-down 7", "wan-active-changed null"], []]);
  });

  it("without a name have their number", async () => {
    const { look } = answering("wan", { 7: { ...row, name: "" }, 8: { ...row, name: 5 }, order: [7, 8] });
    assert.deepEqual(
      (await look()).slice(0, 2).map(({ name }) => name),
      ["WAN 7", "WAN 8"],
    );
  });

  it("are read in the router's order, under whatever keys", async () => {
    const { events } = answering("wan", { 2: row, vwan5: row, 10: row, order: [10, "vwan5", 2], timestamp: 1 });
    assert.deepEqual(await events(), ["wan-up 10", "wan-up vwan5", "wan-up 2", "wan-active-changed 10"]);
  });

  for (const answer of [
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
    it(`${JSON.stringify(answer).slice(0, 40)} is no whole answer, and so no change`, async () => {
      const { look } = answering("wan", { 1: row, order: [1] }, answer);
      await look();
      await failure(look(), "protocol");
    });
  }

  for (const name of [
    "01-status.wan.connection.balance710-fw8.5.1",
    "02-status.wan.connection.max-dual-cellular-fw8.3.0",
  ]) {
    it(`are understood as ${name} has them`, async function () {
      const file = resolve(FIXTURES, `${name}.json`);
      if (!existsSync(file)) this.skip();
      const { events } = answering("wan", JSON.parse(readFileSync(file, "utf8")).response);
      const expected = name.startsWith("01")
        ? ["wan-up 1", "wan-up 2", "wan-up 3", "wan-active-changed 1"]
        : ["wan-down 1", "wan-down 2", "wan-up 3", "wan-up 4", "wan-down 5", "wan-active-changed 3"];
      assert.deepEqual(await events(), expected);
      assert.deepEqual(await events(), []);
    });
  }
});

describe("Clients", () => {
  const phone = (mac: string): LanClient => ({ ip: "192.168.50.21", name: "Phone", mac, active: true });

  it("tell who comes and who goes, by MAC and by name; those that are inactive are not there", async () => {
    const { world, events } = watching("clients");
    const first = await events();
    assert.equal(first.length, 8);
    assert.ok(!first.some((event) => event.includes("02:00:5E:00:00:80")));

    world.clients.push(phone("02:AA:00:00:00:01"));
    const both = (event: string, mac: string): string[] => [`${event} ${mac}`, `${event} ${mac} by name`];
    assert.deepEqual(await events(), both("client-connected", "02:AA:00:00:00:01"));
    (world.clients.at(-1) as LanClient).active = false;
    (world.clients[0] as LanClient).ip = "192.168.50.99";
    assert.deepEqual(await events(), both("client-disconnected", "02:AA:00:00:00:01"));
  });

  it("that change their MAC stay, for who follows the name", async () => {
    const { world, events } = watching("clients");
    world.clients = [phone("02:AA:00:00:00:01")];
    await events();
    world.clients = [phone("02:AA:00:00:00:02")];
    assert.deepEqual(await events(), ["client-connected 02:AA:00:00:00:02", "client-disconnected 02:AA:00:00:00:01"]);
    // The old one lingers in the router's table for a while.
    world.clients = [phone("02:AA:00:00:00:02"), phone("02:AA:00:00:00:03")];
    assert.deepEqual(await events(), ["client-connected 02:AA:00:00:00:03"]);
    world.clients.shift();
    assert.deepEqual(await events(), ["client-disconnected 02:AA:00:00:00:02"]);
    world.clients = [];
    assert.deepEqual(await events(), [
      "client-disconnected 02:AA:00:00:00:03",
      "client-disconnected 02:AA:00:00:00:03 by name",
    ]);
  });

  it("without a name go by their MAC, and without a MAC by their address, for everybody", async () => {
    const list = [
      { mac: "AA:BB:CC:00:00:01", active: true },
      { ip: "10.8.0.2", name: " ", active: true },
      { active: true },
    ];
    const { look } = answering("clients", { list });
    assert.deepEqual(
      (await look()).map(({ id, name, matchOnly, current }) => [id, name, matchOnly, current]),
      [
        ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:01", undefined, list[0]],
        ["10.8.0.2", "10.8.0.2", undefined, list[1]],
      ],
    );
  });

  it("that leave out a MAC or a name for once are still the same", async () => {
    const phone = { ip: "192.168.50.21", name: "Phone", mac: "02:AA:00:00:00:01", connectionType: "wifi" };
    const { mac, ...unknown } = phone;
    const nameless = { ...phone, name: undefined };
    const rows = [phone, unknown, nameless, { ...nameless, mac: undefined }, phone];
    const { look, events } = answering("clients", ...rows.map((row) => ({ list: [row] })), { list: [] });
    assert.equal((await look()).length, 2);
    for (const _ of rows.slice(1)) assert.deepEqual(await events(), []);
    assert.deepEqual(await events(), [`client-disconnected ${mac}`, `client-disconnected ${mac} by name`]);
  });

  it("behind another router, which never have a MAC, go by their address", async () => {
    const routed = { ip: "10.9.9.9", active: true, connectionType: "ethernet" };
    const { events } = answering("clients", { list: [] }, { list: [routed] }, { list: [routed] }, { list: [] });
    const told = [await events(), await events(), await events(), await events()];
    assert.deepEqual(told, [[], ["client-connected 10.9.9.9"], [], ["client-disconnected 10.9.9.9"]]);
  });

  it("are the same in whatever spelling of MAC and name", async () => {
    const lists = ["aa:bb Phone", "AA:BB PHONE"].map((text) => {
      const [mac, name] = text.split(" ");
      return { list: [{ mac, name }] };
    });
    const { events } = answering("clients", ...lists);
    assert.equal((await events()).length, 2);
    assert.deepEqual(await events(), []);
  });

  it("are not there when a router lists the inactive ones too", async () => {
    const [client, other] = ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"].map((mac) => ({ mac, active: false }));
    const { events } = answering("clients", { list: [client, { ...other, active: true }] }, { list: [client, other] });
    assert.deepEqual(await events(), ["client-connected AA:BB:CC:00:00:02"]);
    assert.deepEqual(await events(), ["client-disconnected AA:BB:CC:00:00:02"]);
  });

  it("are asked for in one request, all that are active", async () => {
    const asked: unknown[] = [];
    const { look } = looking("clients", (endpoint, params) => {
      asked.push([endpoint, params]);
      return { list: [] };
    });
    assert.deepEqual(await look(), []);
    assert.deepEqual(asked, [["status.client", { activeOnly: "yes", size: "20000" }]]);
  });

  for (const answer of [
    null,
    {},
    { list: {} },
    { list: [null] },
    { list: Array.from({ length: 20_000 }, () => ({ mac: "1" })) },
  ]) {
    it(`${JSON.stringify(answer).slice(0, 30)} is no whole answer, and so no change`, async () => {
      const { look } = answering("clients", { list: [] }, answer);
      await look();
      await failure(look(), "protocol");
    });
  }
});

describe("VPN peers", () => {
  it("tell when they connect and when they do not", async () => {
    const { world, later, look } = watching("vpn");
    assert.deepEqual(await later(), ["vpn-up 2-1", "vpn-up 1-1"]);
    const [boathouse, cottage] = world.peers as [Peer, Peer];
    boathouse.status = "START";
    const [change] = await look();
    assert.deepEqual([change?.event, change?.id, change?.name], ["vpn-down", "2-1", "Boathouse"]);
    boathouse.status = "DISCONNECTED";
    assert.deepEqual(await later(), []);
    boathouse.status = "CONNECTED";
    world.peers.splice(world.peers.indexOf(cottage), 1);
    assert.deepEqual(await later(), ["vpn-up 2-1", "vpn-down 1-1"]);
  });

  it("that go while they are down are no news, and none may be there at all", async () => {
    const peer = { peerId: "1-1", status: "START" };
    const { events } = answering(
      "vpn",
      { peer: [peer] },
      {},
      { peer: [] },
      { peer: [{ ...peer, status: "Connected" }] },
    );
    assert.deepEqual(await events(), ["vpn-down 1-1"]);
    assert.deepEqual([await events(), await events()], [[], []]);
    assert.deepEqual(await events(), ["vpn-up 1-1"]);
  });

  for (const answer of [null, { peer: {} }, { peer: [{ status: "CONNECTED" }] }, { peer: ["x"] }]) {
    it(`${JSON.stringify(answer)} is no whole answer, and so no change`, async () => {
      await failure(answering("vpn", answer).look(), "protocol");
    });
  }
});

describe("The location", () => {
  const METRE = 1 / 111_195;
  const at = (metres: number, more: Json = {}) => ({
    gps: true,
    location: { latitude: 54 + metres * METRE, longitude: 7, hdop: 1, ...more },
  });

  /** What a row of answers brings about after the first. */
  async function moves(...answers: unknown[]): Promise<number[]> {
    const { look } = answering("location", ...answers);
    const counts: number[] = [];
    for (let left = answers.length; left > 0; left--) counts.push((await look()).length);
    return counts;
  }

  it("moves by more than a receiver wanders", async () => {
    assert.deepEqual(await moves(at(0), at(49), at(-49), at(51), at(20), at(0)), [1, 0, 0, 1, 0, 1]);
  });

  it("moves also in many small steps", async () => {
    assert.deepEqual(await moves(at(0), at(20), at(40), at(60), at(80), at(100), at(120)), [1, 0, 0, 1, 0, 0, 1]);
  });

  it("moves by more than three times what the receiver is unsure", async () => {
    const unsure = { hdop: 10 };
    assert.deepEqual(await moves(at(0), at(140, unsure), at(160, unsure), at(20), at(0)), [1, 0, 1, 0, 1]);
  });

  it("stays where it was as long as there is no fix", async () => {
    const stale = { ...at(9000), gps: false };
    assert.deepEqual(await moves(at(0), stale, { gps: true }, at(10), stale, at(90)), [1, 0, 0, 0, 0, 1]);
  });

  it("does not move by the first fix after there was none", async () => {
    const none = { ...at(9000), gps: false };
    assert.deepEqual(await moves(none, { gps: false }, at(0), at(10), at(100)), [0, 0, 0, 0, 1]);
  });

  it("takes no place that is none", async () => {
    const nowhere = [{ latitude: 0, longitude: 0 }, { latitude: "north" }, { latitude: 91 }, { longitude: -181 }];
    assert.deepEqual(await moves(at(0), ...nowhere.map((place) => at(0, place))), [1, 0, 0, 0, 0]);
    assert.deepEqual(await moves(...nowhere.map((place) => at(0, place))), [0, 0, 0, 0]);
  });

  it("moves where the figures come as text as well", async () => {
    const text = (metres: number) => at(0, { latitude: String(54 + metres * METRE), longitude: "7", hdop: "10" });
    assert.deepEqual(await moves(text(0), text(140), text(160)), [1, 0, 1]);
  });

  it("shows where it is and was", async () => {
    const { look } = answering("location", at(0), at(500));
    await look();
    const { id, name, current, previous } = (await look())[0] as ChangeEvent;
    assert.deepEqual([id, name, current, previous], ["location", "location", at(500).location, at(0).location]);
  });

  it("across the date line is near", async () => {
    const place = (longitude: number) => at(0, { latitude: 0.001, longitude });
    assert.deepEqual(await moves(place(179.9999), place(-179.9999)), [1, 0]);
  });

  it("null is no answer", async () => {
    await failure(answering("location", null).look(), "protocol");
  });
});

describe("Data allowances", () => {
  /** Events as "id threshold", for a row of percentages of the cabled link. */
  async function crossings(...percents: number[]): Promise<string[][]> {
    const { wan, look } = watching("allowance");
    for (const sim of wan("Cellular").sims) sim.allowance.enable = false;
    const told: string[][] = [];
    for (const percent of percents) {
      wan("Fibre").allowance.usage = (percent / 100) * 1_000_000;
      told.push((await look()).map(({ id, current }) => `${id} ${String((current as Json)["threshold"])}`));
    }
    return told;
  }

  it("tell each threshold once, whatever the usage does around it", async () => {
    const told = await crossings(10, 49.99, 50, 49.5, 51, 76, 76, 89.9, 90, 89, 95, 100, 130);
    assert.deepEqual(told, [[], [], ["1 50"], [], [], ["1 75"], [], [], ["1 90"], [], [], ["1 100"], []]);
  });

  it("tell all that were crossed between two looks", async () => {
    assert.deepEqual(await crossings(10, 101), [[], ["1 50", "1 75", "1 90", "1 100"]]);
  });

  it("begin anew with the billing cycle, or with another limit", async () => {
    assert.deepEqual(await crossings(95, 0, 40, 60, 92), [["1 90"], [], [], ["1 50"], ["1 75", "1 90"]]);
  });

  it("first tell the highest threshold that was passed already", async () => {
    assert.deepEqual(await crossings(80), [["1 75"]]);
  });

  it("are those of links and of SIMs, under the link's name", async () => {
    const { wan, look } = watching("allowance");
    const [first] = await look();
    assert.deepEqual([first?.id, first?.name, first?.event], ["3-1", "Cellular", "allowance-crossed"]);
    (wan("Cellular").sims[0] as { allowance: { usage: number } }).allowance.usage = 45_100;
    const later = await look();
    assert.deepEqual(
      later.map(({ current }) => (current as Json)["threshold"]),
      [75, 90],
    );
    const { current, previous } = later[1] as { current: Json; previous: Json };
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

  it("that are switched off for a while go on where they were", async () => {
    const { wan, look } = watching("allowance");
    const { allowance } = wan("Fibre");
    allowance.usage = 920_000;
    await look();
    allowance.enable = false;
    assert.deepEqual(await look(), []);
    allowance.enable = true;
    assert.deepEqual(await look(), []);
  });

  it("do without what a router may leave out", async () => {
    const links = { 1: { name: "A", enable: true }, 2: { name: "B" }, order: [1, 2] };
    const rows = {
      1: { enable: true, percent: 91 },
      2: { enable: true },
      3: { enable: false, usage: 99, limit: 100 },
      7: { enable: true, percent: "55" },
      8: { enable: true, usage: 1, limit: 0, percent: 80 },
      // What is said of all SIMs together would be told twice.
      9: { enable: true, usage: 99, limit: 100, 2: { enable: true, usage: 60, limit: 100 }, order: [2] },
      order: [1, 2, 3, 7, 8, 9],
    };
    const { look } = looking("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));
    assert.deepEqual(
      (await look()).map(({ id, name }) => [id, name]),
      [
        ["1", "A"],
        ["7", "WAN 7"],
        ["8", "WAN 8"],
        ["9-2", "WAN 9"],
      ],
    );
  });

  it("without figures for a while go on where they were", async () => {
    const links = { 1: { name: "A" }, order: [1] };
    const usages = [76, undefined, null, "", 99];
    const rows = usages.map((usage) => ({ usage, limit: 100 }));
    const { look } = looking("allowance", (endpoint) =>
      endpoint.endsWith("allowance") ? { 1: { enable: true, ...rows.shift() }, order: [1] } : links,
    );
    const told: number[][] = [];
    for (const _ of usages)
      told.push((await look()).map(({ current }) => (current as { threshold: number }).threshold));
    assert.deepEqual(told, [[75], [], [], [], [90]]);
  });

  it("that come incomplete are no change", async () => {
    const links = { 1: { name: "A" }, order: [1] };
    for (const rows of [null, { 1: { enable: true }, order: [1, 2] }, { 1: { 1: {}, order: [1, 2] }, order: [1] }]) {
      const { look } = looking("allowance", (endpoint) => (endpoint.endsWith("allowance") ? rows : links));
      await failure(look(), "protocol");
    }
  });
});
