import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { CARRIERS, type Carrier } from "../../../support/simulators/peplink/wan";
import { setUpResponses, setUpRouter, setUpSource } from "./fixture";

/** A router with one cellular link that reports these fields of its module. */
const modem = (cellular: Json, link: Json = {}): Json => {
  return { 3: { name: "Dome", type: "cellular", enable: true, statusLed: "green", cellular, ...link }, order: [3] };
};

describe("A cellular link", () => {
  it("changes its carrier, its SIM and its roaming state, each with one event", async () => {
    const { wan, poll, eventsAfter } = setUpRouter("cellular");
    const cellular = wan("Cellular");
    assert.deepEqual(await eventsAfter(), ["carrier-changed 3", "sim-changed 3", "roaming-changed 3", "signal-ok 3"]);

    cellular.carrier = CARRIERS[1] as Carrier;
    const [change, ...others] = await poll();
    assert.deepEqual(others, []);
    assert.deepEqual([change?.event, change?.id, change?.name], ["carrier-changed", "3", "Cellular"]);
    const { current, previous } = change as { current: Json; previous: Json };
    assert.deepEqual(
      [(current["carrier"] as Json)["name"], (previous["carrier"] as Json)["name"]],
      ["Heron Telecom", "Kestrel Mobile"],
    );
    assert.deepEqual([current["activeSim"], current["roaming"], current["connId"]], ["1", false, 3]);

    cellular.roaming = 0;
    assert.deepEqual(await eventsAfter(), ["roaming-changed 3"]);
    for (const sim of cellular.sims) sim.simCardDetected = true;
    cellular.useSims(["2", "1"]);
    assert.deepEqual(await eventsAfter(), ["sim-changed 3"]);
    assert.deepEqual(await eventsAfter(), []);
  });

  it("has a low signal at one bar and a good one at three, so that two say nothing", async () => {
    const { wan, eventsAfter } = setUpRouter("cellular");
    await eventsAfter();
    const emitted: string[][] = [];
    for (const level of [2, 1, 0, 2, 1, 3, 2, 1]) {
      wan("Cellular").signalLevel = level;
      emitted.push(await eventsAfter());
    }
    assert.deepEqual(emitted, [[], ["signal-low 3"], [], [], [], ["signal-ok 3"], [], ["signal-low 3"]]);
  });

  it("that loses its network has a low signal, and the carrier that it finds again has not changed", async () => {
    const { wan, eventsAfter } = setUpRouter("cellular");
    await eventsAfter();
    wan("Cellular").takeDown();
    assert.deepEqual(await eventsAfter(), ["signal-low 3"]);
    wan("Cellular").bringUp();
    assert.deepEqual(await eventsAfter(), ["signal-ok 3"]);
  });

  it("that is disabled, or whose module is off, stays as it was", async () => {
    const { wan, eventsAfter } = setUpRouter("cellular");
    await eventsAfter();
    wan("Cellular").enable = false;
    assert.deepEqual(await eventsAfter(), []);
    wan("Cellular").enable = true;
    wan("Cellular").carrier = CARRIERS[1] as Carrier;
    assert.deepEqual(await eventsAfter(), ["carrier-changed 3"]);

    const good = { signalLevel: 4, carrier: { name: "A" } };
    const off = modem({ modulePowerOn: false, signalLevel: 0 });
    const disabled = modem({ signalLevel: 0 }, { enable: false });
    const { events } = setUpResponses("cellular", modem(good), off, disabled, modem({ signalLevel: 0 }));
    assert.deepEqual(await events(), ["carrier-changed 3", "signal-ok 3"]);
    assert.deepEqual([await events(), await events(), await events()], [[], [], ["signal-low 3"]]);
  });

  it("without a level has none while it searches for a network", async () => {
    const sim = { 1: { active: true }, order: [1] };
    const searching = modem({ sim }, { statusLed: "red" });
    const { events } = setUpResponses("cellular", modem({ sim, signalLevel: "4" }), modem({ sim }), searching);
    await events();
    assert.deepEqual([await events(), await events()], [[], ["signal-low 3"]]);
  });

  it("is compared by its network where the name is missing, and what becomes known is no change", async () => {
    const steps: [module: Json, expected: string[]][] = [
      [{}, []],
      [{ mcc: "262", mnc: "01" }, []],
      [{ mcc: 262, mnc: "02" }, ["carrier-changed 3"]],
      [{ mcc: "262", mnc: "02", carrier: { name: "Heron" } }, []],
      [{ carrier: { name: "HERON " } }, []],
      [{ carrier: { name: "Kestrel" } }, ["carrier-changed 3"]],
      // Nothing is known of the network of this carrier.
      [{ mcc: "262", mnc: "03", carrier: { name: "Kestrel" } }, []],
    ];
    const { events } = setUpResponses("cellular", ...steps.map(([module]) => modem(module)));
    for (const [module, expected] of steps) assert.deepEqual(await events(), expected, JSON.stringify(module));
  });

  it("changes its SIM with another card in the same slot, and with one that is not in a slot", async () => {
    const cards = [{ iccid: "8901" }, { iccid: "8901" }, { iccid: "8902" }, {}];
    const responses = cards.map((card) => modem({ sim: { 1: { active: true, ...card }, order: [1] } }));
    const remote = modem({ sim: { 1: { active: false }, order: [1] }, remoteSim: { active: true } });
    const { events } = setUpResponses("cellular", ...responses, remote);
    const emitted: string[][] = [];
    for (const _ of [...responses, remote]) emitted.push(await events());
    assert.deepEqual(emitted, [["sim-changed 3"], [], ["sim-changed 3"], [], ["sim-changed 3"]]);
  });

  it("is found under its older name", async () => {
    const gobi = { carrier: { name: "A" }, sim: { 1: { active: false } } };
    const { poll } = setUpResponses("cellular", { 2: { name: "Old", type: "gobi", enable: true, gobi }, order: [2] });
    const [change] = await poll();
    assert.deepEqual([change?.event, change?.id], ["carrier-changed", "2"]);
  });

  it("has to be there, and an incomplete response is rejected", async () => {
    const wired = { 1: { name: "Fibre", type: "ethernet", enable: true }, order: [1] };
    await rejectsWith(setUpResponses("cellular", wired).poll(), "unsupported");
    await rejectsWith(setUpResponses("cellular", null).poll(), "protocol");
  });

  it("is remembered in a bounded number, whatever a router lists", async () => {
    let polls = 0;
    const { events } = setUpSource("cellular", () => {
      const first = 1000 * polls++;
      const module = { type: "cellular", cellular: { carrier: { name: "A" } } };
      return Object.fromEntries(Array.from({ length: 200 }, (_, index) => [first + index, module]));
    });
    for (let poll = 0; poll < 3; poll++) assert.equal((await events()).length, 200);
    polls = 0;
    assert.equal((await events()).length, 200, "those of the first poll were forgotten");
  });
});
