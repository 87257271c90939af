import assert from "node:assert/strict";
import { kasaCloud } from "../support/harness/platforms";
import { until } from "../support/http-fixture";
import { closeAfterTest } from "../support/mocha-hooks";
import type { LanDevice } from "../support/simulators/kasa-local/device";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { smartBulb, smartHub } from "../support/simulators/kasa-local/smart/products";
import { events, firstPolls, payloads } from "./event-fixture";
import { assertNoSecretLeaked, kasaFlowOf } from "./kasa-fixture";

/** An account whose devices are on the local network, and nodes that watch them every second. */
async function setUp(nodes: Readonly<Record<string, object>>) {
  const { cloud, account } = await kasaCloud();
  const { email, password } = cloud;
  const [hub, bulb] = [smartHub("Hub", { "Back door": "contact", Bedside: "button" }), smartBulb("Lamp")] as const;
  const house = closeAfterTest(await LanHouse.start([hub, bulb], { email, password }));
  const hosts = house.devices.map(({ host, ports }) => `${host}:${ports.tdp}`).join(", ");
  const watchers = Object.entries(nodes).map(([id, own]) => {
    return { id, type: "kasa-event", account: "kasa", source: "devices", interval: 1, settle: 1, filter: "", ...own };
  });
  const { red } = await kasaFlowOf(cloud, { ...account, hosts, reach: "local" }, { nodes: watchers });
  await firstPolls(red, ...Object.keys(nodes));
  return { red, cloud, hub, bulb };
}

describe("A kasa-event of an account that is set to the local network only", function () {
  this.timeout(60_000);

  afterEach(assertNoSecretLeaked);

  it("tells within seconds what a sensor reports, what was pressed and switched, and asks no cloud", async () => {
    const { red, cloud, hub, bulb } = await setUp({ door: { filter: "back door" }, all: {} });
    cloud.server.connections = 0;

    hub.sensor("Back door").info["open"] = true;
    await red.until(() => events(red, "door").length === 1, 10_000);
    hub.sensor("Bedside").log.add("doubleClick", Date.UTC(2026, 10, 29));
    bulb.smart.on = false;
    await red.until(() => events(red, "all").length === 3, 10_000);
    hub.sensor("Back door").info["at_low_battery"] = true;
    await red.until(() => events(red, "door").length === 2, 10_000);

    assert.deepEqual(events(red, "door"), ["sensor Back door", "low-battery Back door"]);
    const [opened] = payloads(red, "door");
    assert.deepEqual([opened?.previous?.["open"], opened?.current?.["open"]], [false, true]);
    assert.deepEqual(events(red, "all").toSorted(), [
      "low-battery Back door",
      "off Lamp",
      "sensor Back door",
      "sensor Bedside",
    ]);
    const press = payloads(red, "all").find(({ name }) => name === "Bedside");
    assert.deepEqual([press?.current?.["button"], press?.at], ["doubleClick", "2026-11-29T00:00:00.000Z"]);
    assert.equal(cloud.server.connections, 0);
  });

  it("sends the events of sensors that it names alone", async () => {
    const { red, hub, bulb } = await setUp({ battery: { events: "low-battery" }, all: {} });

    hub.sensor("Back door").info["open"] = true;
    bulb.smart.on = false;
    await red.until(() => events(red, "all").length === 2, 10_000);
    hub.sensor("Back door").info["at_low_battery"] = true;
    await red.until(() => events(red, "battery").length > 0, 10_000);

    assert.deepEqual(events(red, "battery"), ["low-battery Back door"]);
  });

  it("has searched for its devices before the first message", async () => {
    const { cloud, account } = await kasaCloud();
    const { email, password } = cloud;
    const house = closeAfterTest(await LanHouse.start([smartBulb("Lamp")], { email, password }));
    const [lamp] = house.devices as [LanDevice];
    lamp.asleep = true;
    const hosts = `${lamp.host}:${lamp.ports.tdp}`;

    await kasaFlowOf(cloud, { ...account, hosts, reach: "local" }, { nodes: [] });

    // Only a probe wakes it.
    await until(() => !lamp.asleep);
  });
});
