import assert from "node:assert/strict";
import { Queue } from "../../../../src/core/queue";
import type { OmadaClient } from "../../../../src/omada/client";
import { DeviceSource } from "../../../../src/omada/sources/devices";
import { WanSource } from "../../../../src/omada/sources/wan";
import { PollCoordinator } from "../../../../src/polling/poll-coordinator";
import type { PollSource } from "../../../../src/polling/types";
import { FakeClock, flushPromises } from "../../../support/fake-clock";
import { until } from "../../../support/http-fixture";
import { OmadaFixture } from "../../../support/omada-fixture";
import { TestSubscriber } from "../../../support/polling-fixture";

/** Watches a site whose controller can be restarted. */
async function startWatching(Source: new (client: OmadaClient, site: string) => PollSource<unknown>, settle = 1) {
  const { client, omada } = await OmadaFixture.start();
  const clock = new FakeClock();
  let isFailing = false;
  const source = new Source(client, "Harbour");
  const poll = source.poll.bind(source);
  let polls = 0;
  source.poll = (...args) => {
    const result = isFailing ? Promise.reject(new Error("The controller restarts.")) : poll(...args);
    return result.finally(() => void polls++);
  };
  const subscriber = new TestSubscriber({ confirmations: settle });
  const queue = new Queue({ concurrency: 4, clock });
  const coordinator = new PollCoordinator(source, { clock, queue, random: () => 0 });
  /** Lets time pass, and waits for the poll that it brings. */
  const pass = async (ms: number): Promise<void> => {
    const before = polls;
    await clock.advance(ms);
    await until(() => polls > before);
    await flushPromises();
  };
  const advance = (): Promise<void> => pass(30_000);
  const unsubscribe = coordinator.subscribe(subscriber);
  await pass(1);
  const restart = async (): Promise<void> => {
    isFailing = true;
    await advance();
    isFailing = false;
  };
  return { omada, subscriber, advance, restart, unsubscribe };
}

describe("A controller that has restarted", () => {
  for (const settle of [1, 2]) {
    it(`and reads its few devices as disconnected for a minute emits nothing (settle ${settle})`, async () => {
      const { omada, subscriber, advance, restart, unsubscribe } = await startWatching(DeviceSource, settle);
      const devices = omada.devices.filter(({ siteId }) => siteId === omada.site("Harbour").siteId);
      // One that was disconnected before does not change with the others.
      omada.disconnectDevice(omada.device("Hall AP"));
      for (let poll = 0; poll < settle; poll++) await advance();
      const before = subscriber.events.length;

      await restart();
      for (const device of devices) omada.disconnectDevice(device);
      for (let poll = 0; poll < 3; poll++) await advance();
      for (const device of devices) if (device.name !== "Hall AP") omada.reconnectDevice(device);
      for (let poll = 0; poll < 8; poll++) await advance();

      assert.equal(before, 1);
      assert.deepEqual(subscriber.events.slice(1), []);
      await unsubscribe();
    });
  }

  it("emits what one of several devices has lost meanwhile at once", async () => {
    const { omada, subscriber, advance, restart, unsubscribe } = await startWatching(DeviceSource);

    await restart();
    omada.disconnectDevice(omada.device("Quay AP"));
    await advance();

    assert.deepEqual(subscriber.events, [`device-disconnected ${omada.device("Quay AP").mac}`]);
    await unsubscribe();
  });

  it("and reads both of its WAN ports as down for a minute emits nothing", async () => {
    const { omada, subscriber, advance, restart, unsubscribe } = await startWatching(WanSource);
    const gateway = omada.device("Harbour gateway");

    await restart();
    for (const port of [1, 2]) omada.setWanInternet(gateway, port, false);
    await advance();
    await advance();
    for (const port of [1, 2]) omada.setWanInternet(gateway, port, true);
    await advance();

    assert.deepEqual(subscriber.events, []);
    await unsubscribe();
  });
});
