import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { PlatformError } from "../../../src/core/errors";
import { flushPromises } from "../../support/fake-clock";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Bulb } from "../../support/simulators/kasa/lights";
import { Plug } from "../../support/simulators/kasa/plugs";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { createClient } from "./client-fixture";
import { setUp as setUpControl } from "./control-fixture";

/** A cloud that is slow with the first change, and two accounts that reach its devices. */
async function setUp() {
  const cloud = closeAfterTest(await KasaCloud.start());
  const [client, other] = [createClient(cloud), createClient(cloud)];
  for (const { control } of [client, other]) await control.state("modem", "", {});
  const isChange = ({ body }: RecordedRequest): boolean => /set_relay_state|transition_light_state/.test(body);
  const delayNextChange = (): void => cloud.server.injectFault({ kind: "delay", ms: 60 }, { when: isChange });
  return { cloud, control: client.control, otherControl: other.control, delayNextChange };
}

describe("Messages to one device that arrive together", () => {
  it("are carried out in order, even if the cloud is slow with the first", async () => {
    const { cloud, control, delayNextChange } = await setUp();
    delayNextChange();

    const states = await Promise.all([true, false].map((on) => control.set("modem", "", { on }, {})));

    assert.deepEqual([states.map(({ on }) => on), cloud.device(Plug, "Modem").on], [[true, false], false]);
  });

  it("are carried out in order also if they come from different accounts", async () => {
    const { cloud, control, otherControl, delayNextChange } = await setUp();
    delayNextChange();

    await Promise.all([control.set("modem", "", { on: true }, {}), otherControl.set("modem", "", { on: false }, {})]);

    assert.equal(cloud.device(Plug, "Modem").on, false);
  });

  it("are carried out in order also where only the first of them had to wait for the list", async () => {
    const lists: (() => void)[] = [];
    const { control, directory, deviceOf } = setUpControl(undefined, () => new Promise((end) => lists.push(end)));
    const first = control.set("modem", "", { on: true }, {});
    const list = directory.list(0, {});
    lists[1]?.();
    await list;
    const second = control.set("modem", "", { on: false }, {});
    await flushPromises();
    lists[0]?.();

    assert.deepEqual([(await first).on, (await second).on, deviceOf(Plug).on], [true, false, false]);
  });

  it("share one request for the list also where it fails", async () => {
    const { control, listRequests } = setUpControl(undefined, async () => {
      throw new PlatformError("network", "There is no internet.");
    });

    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => control.state("modem", "", {})));

    assert.deepEqual([listRequests.length, ends.filter(({ status }) => status === "rejected").length], [1, 8]);
  });

  it("are three toggles if they are three toggles", async () => {
    const { cloud, control } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const wasOn = modem.on;

    const states = await Promise.all([0, 1, 2].map(() => control.set("modem", "", { on: "toggle" }, {})));

    assert.deepEqual([states.map(({ on }) => on), modem.on], [[!wasOn, wasOn, !wasOn], !wasOn]);
  });

  it("end at the last value of a slider, and leave out those that were overtaken", async () => {
    const { cloud, control } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");
    const levels = [10, 20, 30, 40, 50];
    const traces = levels.map(() => createTrace());

    const states = await Promise.all(
      levels.map((brightness, index) => control.set(lamp.deviceId, "", { brightness }, { trace: traces[index] })),
    );

    assert.equal(lamp.light.brightness, 50);
    assert.deepEqual(
      states.map(({ brightness }) => brightness),
      [10, 50, 50, 50, 50],
    );
    assert.deepEqual(
      traces.map(({ details }) => details["merged"]),
      [undefined, true, true, true, undefined],
    );
  });

  it("are all carried out if they set different properties", async () => {
    const { cloud, control } = await setUp();
    const lamp = cloud.device(Bulb, "Hall lamp");

    await Promise.all([
      control.set(lamp.deviceId, "", { on: true }, {}),
      control.set(lamp.deviceId, "", { hue: 120, saturation: 50 }, {}),
      control.set(lamp.deviceId, "", { brightness: 20 }, {}),
    ]);

    assert.deepEqual([lamp.on, lamp.light.hue, lamp.light.brightness], [true, 120, 20]);
  });
});
