import assert from "node:assert/strict";
import { nodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { smartHub, smartLightStrip } from "../support/simulators/kasa-local/smart/products";
import { ExampleWorld, platformsOfTest } from "./example-fixture";

describe("The example Door open, light on", function () {
  this.timeout(60_000);

  it("switches the lamp with the door, over the local network", async () => {
    const platforms = await platformsOfTest();
    const [hub, lamp] = [
      smartHub("Hub", { "Back door": "contact", "Front door": "contact" }),
      smartLightStrip("Shelf"),
    ];
    lamp.smart.on = false;
    const { email, password } = platforms.cloud;
    const house = closeAfterTest(await LanHouse.start([hub, lamp], { email, password }));
    const hosts = house.devices.map(({ host, ports }) => `${host}:${ports.tdp}`).join(", ");
    const red = await nodeRed();
    const world = new ExampleWorld(red, "Door open, light on.json", platforms, "d001");
    const local: Readonly<Record<string, object>> = {
      "kasa-account": { reach: "local", hosts },
      "kasa-event": { interval: 1 },
    };
    await red.deploy(world.nodes.map((node) => ({ ...node, ...local[node.type] })));
    await world.begins();

    hub.sensor("Front door").info["open"] = true;
    await world.sends("the sensors", 1);
    hub.sensor("Back door").info["open"] = true;
    await world.shows("the lamp", [true]);
    assert.equal(lamp.smart.on, true);
    hub.sensor("Back door").info["open"] = false;
    await world.shows("the lamp", [true, false]);

    assert.equal(lamp.smart.on, false);
  });
});
