import assert from "node:assert/strict";
import { setUp } from "./test-client";

describe("The Peplink simulator's modem", () => {
  it("uses the first SIM of its priority that has a card", async () => {
    const { router, post } = await setUp();
    const active = (): boolean[] => router.wan("Cellular").sims.map((sim) => sim.active);

    await post("cmd.wan.cellular", { connId: 3, simPriority: ["2", "1"] });
    assert.deepEqual(active(), [true, false]);
    router.wan("Cellular").sims[1]!.simCardDetected = true;
    await post("cmd.wan.cellular", { connId: 3, simPriority: [2, 1] });

    assert.deepEqual(active(), [false, true]);
  });

  it("wants a priority of SIMs that exist, on a connection with a modem", async () => {
    const { post } = await setUp();

    for (const body of [{ connId: 3 }, { connId: 3, simPriority: [] }, { connId: 3, simPriority: [3] }])
      assert.equal((await post("cmd.wan.cellular", body)).stat, "fail");
    assert.equal((await post("cmd.wan.cellular", { connId: 1, simPriority: [1] })).stat, "fail");
    assert.equal((await post("cmd.wan.cellular", { connId: 3, enabledSim: [1], preferredSim: 1 })).stat, "fail");
  });

  it("has other parameters before firmware 8.3, which can be read, and ignores those of later firmware", async () => {
    const { router, get, post } = await setUp();
    assert.equal((await get("cmd.wan.cellular", { connId: "3" })).message, "Unsupported request");
    router.world.runFirmware("8.2.1 build 5150");

    await post("cmd.wan.cellular", { connId: 3, simPriority: [2, 1] });
    assert.deepEqual((await get("cmd.wan.cellular", { connId: "3" })).response, {
      enabledSim: [1, 2],
      preferredSim: 1,
    });
    await post("cmd.wan.cellular", { connId: 3, preferredSim: 2 });

    assert.deepEqual((await get("cmd.wan.cellular", { connId: "3" })).response, {
      enabledSim: [1, 2],
      preferredSim: 2,
    });
  });

  it("attaches to the carrier that is selected, and to none where it does not receive it", async () => {
    const { router, get, post } = await setUp();
    const current = async (): Promise<unknown> =>
      (await get("status.wan.connection", { id: "3" })).response[3]?.["cellular"];

    await post("cmd.carrier.select", { connId: 3, selectedCarrier: { mcc: "001", mnc: "02", pcs: 0 } });
    assert.deepEqual(((await current()) as { carrier: { name: string }; mnc: string }).mnc, "02");
    await post("cmd.carrier.select", { connId: 3, selectedCarrier: { mcc: "310", mnc: "260", pcs: 1 } });

    assert.ok(!("carrier" in ((await current()) as object)));
    assert.equal(router.wan("Cellular").up, false);
  });

  it("wants all of a carrier's numbers, and a reference for the list of a scan", async () => {
    const { get, post } = await setUp();

    for (const selectedCarrier of [{ mcc: "001", mnc: "01" }, { mcc: 1, mnc: "01", pcs: 0 }, "Heron Telecom"])
      assert.equal((await post("cmd.carrier.select", { connId: 3, selectedCarrier })).stat, "fail");
    assert.equal((await get("cmd.carrier.scan", { connId: "3" })).message, "Missing reference");
  });
});

describe("The Peplink simulator's changes", () => {
  it("show late on request", async () => {
    const { router, get, post } = await setUp();
    router.world.effectDelayMs = 5000;
    const list = [{ connId: 3, priority: 1 }];
    await post("config.wan.connection.priority", { instantActive: true, list });
    const priority = async (): Promise<unknown> => (await get("status.wan.connection")).response[3]?.["priority"];
    assert.equal(await priority(), 3);

    router.now = () => Date.now() + 5000;

    assert.equal(await priority(), 1);
  });

  it("are acknowledged and not made at an endpoint that ignores them", async () => {
    const { router, post } = await setUp();
    router.ignorePosts("cmd.ap");

    assert.deepEqual(await post("cmd.ap", { enable: false }), { stat: "ok", notice: { status: "alpha" } });

    assert.equal(router.world.isAccessPointOn, true);
  });

  it("are not there for firmware that does not have their endpoint", async () => {
    const { router, post } = await setUp();
    router.world.runFirmware("8.1.1 build 5000");

    assert.equal((await post("cmd.system.reboot")).message, "unknown function");
    assert.equal((await post("cmd.port.poe.enable", { port: 1 })).stat, "ok");
  });
});
