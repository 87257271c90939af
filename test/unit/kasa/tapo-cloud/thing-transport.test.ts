import assert from "node:assert/strict";
import { createTrace, type CallOptions, type CallTrace } from "../../../../src/core/call-context";
import type { Clock } from "../../../../src/core/clock";
import { InstantClock } from "../../../support/fake-clock";
import { rejectsWith } from "../../../support/http-fixture";
import { requestsOf, setUp } from "./fixture";

const traced = (): CallOptions & { trace: CallTrace } => ({ trace: createTrace() });

describe("A device in TP-Link's second cloud", () => {
  it("is switched with the version after the present one, and has confirmed it", async () => {
    const { client, cloud } = await setUp();
    const options = traced();

    const state = await client.control.set("Bürö heater", "", { on: true }, options);

    assert.deepEqual(requestsOf(cloud, "PATCH"), [{ state: { desired: { on: true } }, version: 119 }]);
    assert.deepEqual([state.on, cloud.thing("Bürö heater").reported["on"]], [true, true]);
    assert.deepEqual(options.trace.details, { via: "cloud", confirmed: true });
  });

  it("is dimmed and coloured in one write", async () => {
    const { client, cloud } = await setUp();

    await client.control.set("Dining table", "", { brightness: 15 }, {});
    const lamp = await client.control.set("Reading lamp", "", { hue: 240, saturation: 90, brightness: 50 }, {});
    const white = await client.control.set("Reading lamp", "", { colorTemp: 4000 }, {});

    assert.deepEqual(
      requestsOf(cloud, "PATCH").map((one) => (one as { state: object }).state),
      [
        { desired: { on: true, brightness: 15 } },
        { desired: { on: true, brightness: 50, hue: 240, saturation: 90, color_temp: 0 } },
        { desired: { on: true, color_temp: 4000 } },
      ],
    );
    assert.deepEqual([lamp.hue, lamp.saturation, lamp.brightness, white.colorTemp], [240, 90, 50, 4000]);
  });

  it("is toggled from what it has reported", async () => {
    const { client, cloud } = await setUp();
    cloud.thing("Stairs").report({ on: true });

    assert.equal((await client.control.set("Stairs", "", { on: "toggle" }, {})).on, false);
  });

  it("is waited for while it takes its time", async () => {
    const { client, cloud } = await setUp({ clock: new InstantClock() });
    cloud.thing("Stairs").lag = 4;
    const options = traced();

    const { on } = await client.control.set("Stairs", "", { on: true }, options);

    assert.deepEqual([on, options.trace.details["confirmed"]], [true, true]);
  });

  it("is not said to be on, nor waited for for ever, where it does not report it", async () => {
    const clock = new InstantClock();
    const { client, cloud } = await setUp({ clock });
    cloud.thing("Stairs").deaf = true;
    const options = traced();

    const { on } = await client.control.set("Stairs", "", { on: true }, options);

    assert.deepEqual([on, options.trace.details["confirmed"]], [false, false]);
    const waitedMs = clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    assert.ok(waitedMs > 5000 && waitedMs <= 10_000, String(waitedMs));
    assert.equal(requestsOf(cloud, "PATCH").length, 1);
  });

  it("is not waited for any longer where each look takes its time as well", async () => {
    const instant = new InstantClock();
    let aheadMs = 0;
    const clock: Clock = { now: () => instant.now() + aheadMs, sleep: (ms, signal) => instant.sleep(ms, signal) };
    const { client, cloud } = await setUp({ clock });
    await client.control.state("Stairs", "", {});
    cloud.thing("Stairs").deaf = true;
    cloud.server.onRequest = () => (aheadMs += 3000);

    await client.control.set("Stairs", "", { on: true }, {});

    const methods = cloud.server.journal.map(({ method }) => method);
    const looks = methods.slice(methods.indexOf("PATCH") + 1).length;
    assert.ok(looks >= 2 && looks <= 4, methods.join());
  });

  it("is not said to be off where it has never reported anything", async () => {
    const { client, cloud } = await setUp();
    cloud.thing("Stairs").hasReported = false;

    await rejectsWith(client.control.state("Stairs", "", {}), "timeout");
  });

  for (const conflictStatus of [200, 400, 409] as const) {
    it(`is told once more, with the version that a conflict names in HTTP ${conflictStatus}`, async () => {
      const { client, cloud } = await setUp();
      Object.assign(cloud, { conflicts: 1, conflictStatus });

      const { on } = await client.control.set("Stairs", "", { on: true }, {});

      assert.equal(on, true);
      assert.deepEqual(
        requestsOf(cloud, "PATCH").map((one) => (one as { version: number }).version),
        [119, 122],
      );
    });
  }

  it("is not told a third time", async () => {
    const { client, cloud } = await setUp();
    cloud.conflicts = 5;

    const error = await rejectsWith(client.control.set("Stairs", "", { on: true }, {}), "busy");

    assert.equal(error.details.vendorCode, 11_000);
    assert.equal(requestsOf(cloud, "PATCH").length, 2);
    assert.equal(cloud.thing("Stairs").reported["on"], false);
  });

  it("is told nothing while it is offline, also if it has only just gone", async () => {
    const { client, cloud } = await setUp();
    await client.control.set("Stairs", "", { on: true }, {});
    cloud.thing("Stairs").online = false;
    const before = requestsOf(cloud, "PATCH").length;

    const error = await rejectsWith(client.control.set("Stairs", "", { on: false }, {}), "offline");
    await rejectsWith(client.control.state("Stairs", "", {}), "offline");

    assert.equal(error.retryable, true);
    assert.equal(requestsOf(cloud, "PATCH").length, before);
  });

  it("keeps its first cloud's answer -20571 to itself: it is driven by the second one", async () => {
    const { client, kasa } = await setUp();

    assert.equal((await client.control.set("Heater", "", { on: true }, {})).on, true);
    assert.equal(kasa.calls("passthrough"), 0);
  });

  for (const isPassthroughOpen of [true, false]) {
    for (const listsChildren of [true, false]) {
      const how = `passthrough ${isPassthroughOpen ? "open" : "closed"}, children ${listsChildren ? "" : "not "}listed`;
      describe(`with ${how}`, () => {
        const start = async () => {
          const all = await setUp();
          Object.assign(all.cloud, { isPassthroughOpen, listsChildren, respondsWithText: listsChildren });
          return all;
        };

        it("shows and switches plugs and lights, and reads a meter", async () => {
          const { client } = await start();

          assert.equal((await client.control.set("Bürö heater", "", { on: true }, {})).on, true);
          const { powerW, todayKwh, monthKwh } = await client.control.energy("Bürö heater", "", {});

          assert.deepEqual([powerW, todayKwh, monthKwh], [46.8, 0.31, 8.12]);
          await rejectsWith(client.control.energy("Stairs", "", {}), "unsupported");
        });

        if (isPassthroughOpen || listsChildren) {
          it("switches an outlet of a strip, and shows the sensors of a hub", async () => {
            const { client, cloud } = await start();

            const { outlets } = await client.control.set("Büro", "Dock", { on: true }, {});
            const { sensors } = await client.control.state("Hub", "", {});

            assert.deepEqual(
              outlets?.map(({ alias, on }) => [alias, on]),
              [
                ["Monitor", false],
                ["Dock", true],
                ["Scanner", false],
                ["Charger", false],
              ],
            );
            assert.equal(cloud.thing("Dock").reported["on"], true);
            assert.deepEqual(
              sensors?.map(({ name, kind, open }) => [name, kind, open]),
              [
                ["Window", "contact", false],
                ["Cellar", "temperature", undefined],
                ["Doorbell button", "button", undefined],
              ],
            );
          });
        } else {
          it("says that the outlets of a strip cannot be reached", async () => {
            const { client, cloud } = await start();

            await rejectsWith(client.control.set("Büro", "Dock", { on: true }, {}), "unsupported");

            assert.deepEqual(requestsOf(cloud, "PATCH"), []);
          });
        }
      });
    }
  }

  it("that does not answer for its meter is offline, without a loop", async () => {
    const { client, cloud } = await setUp();
    cloud.thing("Aquarium").silent = true;

    await rejectsWith(client.control.energy("Aquarium", "", {}), "offline");

    assert.equal(cloud.requests().filter((one) => one.endsWith("/usage")).length, 1);
  });

  for (const command of [
    { method: "device_reset" },
    { device_reset: {} },
    { method: "unbind_device", params: {} },
    { method: "control_child", params: { device_id: "x", requestData: { method: "device_reset" } } },
    { method: "control_child", params: { device_id: "x", requestData: '{"method":"device_reset"}' } },
    { method: "multipleRequest", params: { requests: [{ method: "remove_child_device_list" }] } },
  ]) {
    it(`is never sent ${JSON.stringify(command)}`, async () => {
      const { client, cloud } = await setUp();
      cloud.isPassthroughOpen = true;

      await rejectsWith(client.control.raw("Stairs", "", command, {}), "input");

      assert.deepEqual(requestsOf(cloud, "POST"), []);
    });
  }

  it("answers raw commands itself where its cloud passes them on", async () => {
    const { client, cloud } = await setUp();
    cloud.isPassthroughOpen = true;

    const answer = await client.control.raw("Stairs", "", { get_energy_usage: {} }, {});

    assert.deepEqual(answer, { error_code: -1002 });
  });

  it("is read together with others in one request", async () => {
    const { client, cloud } = await setUp();
    const devices = await client.devices();
    cloud.server.journal.length = 0;

    const some = devices.filter(({ alias }) => ["Stairs", "Aquarium", "Reading lamp"].includes(alias));
    await Promise.all(some.map((device) => client.control.fetchState(device, {})));

    assert.deepEqual(cloud.requests().toSorted(), ["GET /v1/things/shadows", "GET /v2/things"]);
  });

  for (const errorForm of ["code", "errorCode", "error_code"] as const) {
    it(`says what the cloud declined, spelled with ${errorForm}`, async () => {
      const { client, cloud } = await setUp();
      cloud.errorForm = errorForm;
      await client.devices();
      cloud.declines = true;

      const error = await rejectsWith(client.control.set("Stairs", "", { on: true }, {}), "rejected");

      assert.equal(error.details.vendorCode, 10_000);
      assert.match(error.message, /^TP-Link's second cloud, .*declined: bad request\. \(10000\)$/);
    });
  }
});
