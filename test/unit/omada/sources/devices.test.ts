import assert from "node:assert/strict";
import { DeviceSource } from "../../../../src/omada/sources/devices";
import { startObserving, toRow } from "./source-fixture";

const HOUR_MS = 3_600_000;

describe("The source of devices", () => {
  it("emits devices that disconnect and connect again", async () => {
    const { omada, observer, first } = await startObserving(DeviceSource);
    assert.deepEqual(
      first.map(({ event }) => event),
      Array(4).fill("device-connected"),
    );
    const quay = omada.device("Quay AP");

    omada.disconnectDevice(quay);
    const [lost, ...more] = await observer.pollEvents();
    assert.deepEqual([lost?.event, lost?.id, lost?.name, more.length], ["device-disconnected", quay.mac, "Quay AP", 0]);
    assert.deepEqual([toRow(lost?.previous)["status"], toRow(lost?.current)["status"]], [1, 0]);
    assert.deepEqual(await observer.poll(), []);
    omada.reconnectDevice(quay);
    assert.deepEqual(await observer.poll(), ["device-connected Quay AP"]);
  });

  it("counts a device as connected during a missed heartbeat or a reboot, but not while isolated or pending", async () => {
    const { omada, observer } = await startObserving(DeviceSource);
    const quay = omada.device("Quay AP");

    const events: string[][] = [];
    for (const status of [3, 1, 4, 1, 2, 1]) {
      quay.status = status;
      events.push(await observer.poll());
    }
    quay.rebootingUntil = omada.now() + HOUR_MS;
    events.push(await observer.poll());

    const [disconnected, connected] = [["device-disconnected Quay AP"], ["device-connected Quay AP"]];
    assert.deepEqual(events, [[], [], disconnected, connected, disconnected, connected, []]);
  });

  it("emits a disconnection without a current state for a device that was forgotten", async () => {
    const { omada, observer } = await startObserving(DeviceSource);
    omada.disconnectDevice(omada.device("Hall AP"));
    await observer.pollEvents();

    omada.forgetDevice(omada.device("Hall AP"));
    omada.forgetDevice(omada.device("Quay AP"));
    const events = await observer.pollEvents();

    assert.deepEqual(
      events.map(({ event, name, current }) => [event, name, current]),
      [["device-disconnected", "Quay AP", null]],
    );
  });

  it("ignores a device that waits to be adopted", async () => {
    const { omada, observer } = await startObserving(DeviceSource);
    const pending = { ...omada.device("Quay AP"), mac: "02-00-5E-AA-AA-AA", name: "New AP", status: 2 };
    omada.devices.push(pending);
    assert.deepEqual(await observer.poll(), []);

    pending.status = 1;
    assert.deepEqual(await observer.poll(), ["device-connected New AP"]);
  });
});
