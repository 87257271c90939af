import assert from "node:assert/strict";
import { PlatformError } from "../../../../src/core/errors";
import { Queue } from "../../../../src/core/queue";
import { toQuery } from "../../../../src/peplink/endpoints";
import { sources } from "../../../../src/peplink/sources/index";
import { PollCoordinator } from "../../../../src/polling/poll-coordinator";
import { FakeClock } from "../../../support/fake-clock";
import { TestSubscriber } from "../../../support/polling-fixture";
import { STATUS } from "../../../support/simulators/peplink/status";
import { CARRIERS, type Wan } from "../../../support/simulators/peplink/wan";
import { World } from "../../../support/simulators/peplink/world";

/** A change of all that a source watches, and its events. */
const CHANGES: Readonly<Record<string, { change: (world: World, wan: (name: string) => Wan) => void; event: string }>> =
  {
    location: { change: ({ location }) => (location.latitude += 1), event: "moved location" },
    speed: { change: ({ location }) => (location.speed = 20), event: "moved location" },
    allowance: {
      change: (_world, wan) => (wan("Fibre").allowance.usage = 510_000),
      event: "allowance-crossed 1",
    },
    latency: { change: (world, wan) => world.latency(wan("Fibre")).set(900), event: "latency-high 1" },
    cellular: {
      change(_world, wan) {
        const cellular = wan("Cellular");
        for (const sim of cellular.sims) sim.simCardDetected = true;
        cellular.useSims(["2"]);
        cellular.carrier = CARRIERS[1] ?? assert.fail();
        Object.assign(cellular, { roaming: 0, signalLevel: 0 });
      },
      event: "carrier-changed 3, sim-changed 3, roaming-changed 3, signal-low 3",
    },
  };

describe("After an outage of the router", () => {
  for (const [name, { change, event }] of Object.entries(CHANGES)) {
    it(`a change of ${name} is sent with the first polls, because nothing can be lost there`, async () => {
      const clock = new FakeClock();
      const world = new World(() => clock.now());
      const wan = (wanName: string): Wan => world.wans.find((one) => one.name === wanName) ?? assert.fail(wanName);
      for (const sim of wan("Cellular").sims) sim.allowance.enable = false;
      world.wans = name === "latency" ? [wan("Fibre")] : world.wans;
      let isFailing = false;
      const status = async (endpoint: string, params: object): Promise<unknown> => {
        if (isFailing) throw new PlatformError("network", "The router cannot be reached.");
        world.updateUptimes();
        return JSON.parse(JSON.stringify(STATUS[endpoint]?.GET?.(world, toQuery({ ...params }))));
      };
      const source = sources[name]?.({ client: { status }, site: "", threshold: 200, clock });
      assert.ok(source && "poll" in source);
      const queue = new Queue({ concurrency: 4, clock });
      const coordinator = new PollCoordinator(source, { clock, queue, random: () => 0 });
      const subscriber = new TestSubscriber({ intervalS: 60 });
      coordinator.subscribe(subscriber);
      await clock.advance(60_000);
      isFailing = true;
      await clock.advance(61_000);
      isFailing = false;
      change(world, wan);
      await clock.advance(125_000);

      assert.ok(subscriber.errors.length > 0);
      assert.equal(subscriber.events.join(", "), event);
    });
  }
});
