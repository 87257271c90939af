import assert from "node:assert/strict";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { Plug } from "../support/simulators/kasa/plugs";
import { events, firstPolls } from "./event-fixture";

/** A trigger node that also sends the first state. */
const triggerNode = (id: string, type: string, settings: object): FlowNode => {
  return { id, type, interval: 15, initial: true, ...settings };
};

describe("The events of a trigger node", function () {
  this.timeout(30_000);

  afterEach(async () => {
    await (await nodeRed()).deploy([]);
  });

  it("are those that it names, on each platform, and all of them if it names none", async () => {
    const [{ cloud, account }, { config: omada }, { router, config }] = await Promise.all([
      kasaCloud(),
      omadaController(),
      peplinkRouter({ http: true }),
    ]);
    cloud.device(Plug, "Modem").on = false;
    cloud.device(Plug, "Freezer").on = true;
    const kasa = { account: "kasa", source: "devices", filter: "Modem, Freezer" };
    const wan = { router: "router", source: "wan" };
    const nodes = [
      triggerNode("kasa off", "kasa-event", { ...kasa, events: " OFF,changed ," }),
      triggerNode("kasa all", "kasa-event", { ...kasa, events: "" }),
      triggerNode("gone", "omada-event", {
        controller: "omada",
        site: "Harbour",
        source: "devices",
        events: "device-disconnected",
      }),
      triggerNode("active", "router-event", { ...wan, events: "wan-active-changed" }),
      // As a flow from before has it.
      triggerNode("wan", "router-event", wan),
    ];
    const red = await nodeRed();
    await red.deploy([account, omada, config, ...nodes]);
    await firstPolls(red, ...nodes.map(({ id }) => id));

    assert.deepEqual(events(red, "kasa off"), ["off Modem"]);
    assert.deepEqual(events(red, "kasa all").toSorted(), ["off Modem", "on Freezer"]);
    assert.ok(events(red, "gone").every((event) => event.startsWith("device-disconnected ")));
    assert.deepEqual(events(red, "active"), ["wan-active-changed Fibre"]);
    assert.ok(events(red, "wan").includes("wan-up Fibre"));
    assert.equal(red.statuses("active").at(-1)?.text, "wan-active-changed: Fibre");
    assert.equal(router.calls("status.wan.connection"), 1, "both nodes share the poll");
  });

  it("depend on the threshold of each node", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    router.world.latency(router.wan("Fibre")).add(...Array.from({ length: 6 }, () => 300));
    const latency = { router: "router", source: "latency", filter: "Fibre" };
    const nodes = [
      triggerNode("default", "router-event", latency),
      triggerNode("patient", "router-event", { ...latency, threshold: 500 }),
    ];
    const red = await nodeRed();
    await red.deploy([config, ...nodes]);
    await firstPolls(red, "default", "patient");

    assert.deepEqual(events(red, "default"), ["latency-high Fibre"]);
    assert.deepEqual(events(red, "patient"), ["latency-ok Fibre"]);
  });

  it("are a setting error if the source does not have one of them, and nothing is polled", async () => {
    const { router, config } = await peplinkRouter({ http: true });
    const wrong = ["wan-upp", "wan-up, client-connected", ",", "${HOMENET_NO_SUCH}"];
    const red = await nodeRed();
    const nodes = wrong.map((names, index) =>
      triggerNode(`event${index}`, "router-event", { router: "router", source: "wan", events: names }),
    );
    await red.deploy([config, ...nodes]);
    await red.until(() => red.caught().length === wrong.length);

    for (const { error } of red.caught()) {
      assert.equal(error.code, "input");
      assert.match(error.message, /"events" must be some of wan-up, wan-down, |HOMENET_NO_SUCH is not set/);
    }
    assert.deepEqual(router.server.journal, []);
  });
});
