import assert from "node:assert/strict";
import { rejectsWith, until } from "../../../support/http-fixture";
import type { PeplinkRouter } from "../../../support/simulators/peplink/router";
import { setUp } from "./fixture";

const OLD_FIRMWARE = "8.1.2 build 5090";

function insertSecondSim(router: PeplinkRouter): void {
  router.wan("Cellular").sims[1]!.simCardDetected = true;
}

describe("The router's act sim-switch", () => {
  for (const value of [2, "2", "B", "b"]) {
    it(`puts a SIM first that is called ${JSON.stringify(value)}, and keeps the other one in use`, async () => {
      const { router, act, posts } = await setUp();
      insertSecondSim(router);

      const outcome = await act("sim-switch", { target: "Cellular", value });

      assert.deepEqual([outcome.payload, outcome.verified], [2, true]);
      assert.deepEqual(posts(), [["cmd.wan.cellular", { connId: 3, simPriority: [2, 1] }]]);
    });
  }

  it("speaks as firmware before 8.3 does, and keeps the SIMs that it uses", async () => {
    const { router, act, posts } = await setUp();
    router.world.runFirmware(OLD_FIRMWARE);
    insertSecondSim(router);
    router.wan("Cellular").simPriority = ["1"];

    const outcome = await act("sim-switch", { target: "Cellular", value: 2 });

    assert.deepEqual([outcome.payload, outcome.verified], [2, true]);
    assert.deepEqual(posts(), [["cmd.wan.cellular", { connId: 3, enabledSim: [1, 2], preferredSim: 2 }]]);
  });

  /** Firmware before 8.3 that responds with these SIMs in use. */
  async function setUpOlder(enabledSim: unknown) {
    const fixture = await setUp();
    fixture.router.world.runFirmware(OLD_FIRMWARE);
    insertSecondSim(fixture.router);
    const when = ({ method, path }: { method: string; path: string }): boolean =>
      method === "GET" && path.endsWith("cmd.wan.cellular");
    const body = { stat: "ok", response: { enabledSim, preferredSim: 1 } };
    fixture.router.server.injectFault({ kind: "response", body }, { when });
    return fixture;
  }

  for (const enabledSim of ["1", 1, "1 2", ["1"]]) {
    it(`keeps the SIMs that firmware before 8.3 writes as ${JSON.stringify(enabledSim)}`, async () => {
      const { act, posts } = await setUpOlder(enabledSim);

      await act("sim-switch", { target: "Cellular", value: 2 });

      assert.deepEqual(posts(), [["cmd.wan.cellular", { connId: 3, enabledSim: [1, 2], preferredSim: 2 }]]);
    });
  }

  for (const enabledSim of [undefined, [], "both"]) {
    it(`writes nothing if firmware before 8.3 says ${JSON.stringify(enabledSim)} of the SIMs in use`, async () => {
      const { act, posts } = await setUpOlder(enabledSim);

      await rejectsWith(act("sim-switch", { target: "Cellular", value: 2 }), "protocol");

      assert.deepEqual(posts(), []);
    });
  }

  it("writes nothing if the router does not say which SIMs there are", async () => {
    const { router, act, posts } = await setUp();
    router.wan("Cellular").sims = [];

    await rejectsWith(act("sim-switch", { target: "Cellular", value: 2 }), "protocol");

    assert.deepEqual(posts(), []);
  });

  it("is not verified where the slot has no card, and the router stays with the other one", async () => {
    const { act } = await setUp();

    const outcome = await act("sim-switch", { target: "Cellular", value: 2 });

    assert.deepEqual([outcome.payload, outcome.verified], [1, false]);
  });

  it("refuses a slot that the modem does not have, and writes nothing", async () => {
    const { router, act, posts } = await setUp();
    router.wan("Cellular").sims.pop();

    await rejectsWith(act("sim-switch", { target: "Cellular", value: 2 }), "input");

    assert.deepEqual(posts(), []);
  });

  it("refuses a connection without a modem, naming those that have one", async () => {
    const { act, posts } = await setUp();

    const error = await rejectsWith(act("sim-switch", { target: "Fibre", value: 2 }), "not-found");

    assert.match(error.message, /"Cellular"/);
    assert.deepEqual(posts(), []);
  });

  for (const value of [3, 0, "C", true, null, undefined, [1]]) {
    it(`refuses the SIM ${JSON.stringify(value)} without a request`, async () => {
      const { router, act } = await setUp();

      await rejectsWith(act("sim-switch", { target: "Cellular", value }), "input");

      assert.deepEqual(router.server.journal, []);
    });
  }
});

describe("The router's act modem-reset", () => {
  it("resets a modem only with a confirmation", async () => {
    const { router, act } = await setUp();
    const error = await rejectsWith(act("modem-reset", { target: "Cellular" }), "input");
    assert.match(error.message, /confirm/);
    assert.deepEqual(router.server.journal, []);

    const outcome = await act("modem-reset", { target: "Cellular", confirm: true });

    assert.equal(outcome.verified, null);
    assert.equal(router.wan("Cellular").moduleResets, 1);
  });

  it("needs no confirmation for a dry run", async () => {
    const { router, act } = await setUp();

    const { payload } = await act("modem-reset", { target: "Cellular", dryRun: true });

    assert.deepEqual(payload, [{ method: "POST", path: "cmd.cellularModule.reset", body: { connId: 3 } }]);
    assert.equal(router.wan("Cellular").moduleResets, 0);
  });
});

describe("The router's act carrier-select", () => {
  it("scans for a carrier by its name, waits for minutes, and reads back where the modem is", async () => {
    const { router, clock, act } = await setUp();
    router.world.carrierScanMs = 180_000;

    const outcome = await act("carrier-select", { target: "Cellular", value: "heron telecom" });

    assert.deepEqual([outcome.payload, outcome.verified], [{ name: "Heron Telecom", mcc: "001", mnc: "02" }, true]);
    assert.deepEqual(outcome.steps, [{ operation: "cmd.carrier.select", done: true }]);
    assert.ok(clock.aheadMs >= 180_000);
  });

  for (const value of [{ mcc: "001", mnc: "02" }, { mcc: 1, mnc: 2 }, '{"mcc":"001","mnc":"02"}']) {
    it(`selects ${JSON.stringify(value)} without a scan`, async () => {
      const { router, act, posts } = await setUp();

      const outcome = await act("carrier-select", { target: "Cellular", value });

      const selectedCarrier = { mcc: "001", mnc: "02", pcs: 0 };
      assert.deepEqual(posts(), [["cmd.carrier.select", { connId: 3, selectedCarrier }]]);
      assert.equal(outcome.verified, true);
      assert.equal(router.wan("Cellular").carrier.name, "Heron Telecom");
    });
  }

  it("says that a network number of three digits has three digits", async () => {
    const { act } = await setUp();

    const order = { target: "Cellular", value: { mcc: "310", mnc: "260" }, dryRun: true };
    const { payload } = await act("carrier-select", order);

    const body = { connId: 3, selectedCarrier: { mcc: "310", mnc: "260", pcs: 1 } };
    assert.deepEqual(payload, [{ method: "POST", path: "cmd.carrier.select", body }]);
  });

  it("names the carriers that the scan found where none has the name, and selects nothing", async () => {
    const { act, posts } = await setUp();

    const error = await rejectsWith(act("carrier-select", { target: "Cellular", value: "Gannet" }), "not-found");

    assert.match(error.message, /"Kestrel Mobile", "Heron Telecom"/);
    assert.deepEqual(posts(), [["cmd.carrier.scan", { action: "start", connId: 3 }]]);
  });

  it("scans in a dry run too, and selects nothing", async () => {
    const { router, act } = await setUp();

    await act("carrier-select", { target: "Cellular", value: "Heron Telecom", dryRun: true });

    assert.deepEqual([router.calls("cmd.carrier.select"), router.wan("Cellular").carrier.name], [0, "Kestrel Mobile"]);
  });

  it("does not scan in a dry run while the modem is being used", async () => {
    const { router, act } = await setUp();
    const isSelect = ({ path }: { path: string }): boolean => path === "/api/cmd.carrier.select";
    router.server.injectFault({ kind: "delay", ms: 100 }, { times: 1, when: isSelect });
    const order = { target: "Cellular", value: "Heron Telecom", verify: false };
    const selected = act("carrier-select", order);
    await until(() => router.server.journal.some(isSelect));
    const scans = router.calls("cmd.carrier.scan");

    const preview = act("carrier-select", { ...order, dryRun: true });
    await selected;

    assert.equal(router.calls("cmd.carrier.scan"), scans);
    await preview;
    assert.equal(router.calls("cmd.carrier.select"), 1);
  });

  it("gives up a scan that does not end", async () => {
    const { router, clock, act } = await setUp();
    router.world.carrierScanMs = Infinity;

    const error = await rejectsWith(act("carrier-select", { target: "Cellular", value: "Heron Telecom" }), "timeout");

    assert.equal(error.retryable, false);
    assert.ok(clock.aheadMs < 15 * 60_000);
    assert.equal(router.calls("cmd.carrier.select"), 0);
  });

  it("is not verified while the modem is not attached", async () => {
    const { act } = await setUp();

    const outcome = await act("carrier-select", { target: "Cellular", value: { mcc: "310", mnc: "260" } });

    assert.deepEqual([outcome.payload, outcome.verified], [null, false]);
  });

  for (const value of [
    { mcc: "12" },
    { mcc: "001" },
    { mnc: "01" },
    { mcc: "abc", mnc: "01" },
    "",
    undefined,
    7.5,
    [],
  ]) {
    it(`refuses the carrier ${JSON.stringify(value)} without a request`, async () => {
      const { router, act } = await setUp();

      await rejectsWith(act("carrier-select", { target: "Cellular", value }), "input");

      assert.deepEqual(router.server.journal, []);
    });
  }
});

describe("The router's act sms-send", () => {
  it("sends a text to a number, in any spelling of it", async () => {
    const { router, act } = await setUp();

    const outcome = await act("sms-send", { target: "+999 155 (501)", value: "The fibre is down." });

    assert.equal(outcome.verified, null);
    assert.deepEqual(router.world.sentMessages, [
      { connId: undefined, address: "+999155501", content: "The fibre is down." },
    ]);
  });

  it("sends a text to a short number", async () => {
    const { router, act } = await setUp();

    await act("sms-send", { target: "+988", value: "STOP" });

    assert.equal(router.world.sentMessages[0]?.address, "+988");
  });

  it("sends a text through the connection that it names", async () => {
    const { router, act } = await setUp();

    await act("sms-send", { target: "Cellular", value: { to: "+999155501", text: "Hello" } });

    assert.deepEqual(router.world.sentMessages, [{ connId: 3, address: "+999155501", content: "Hello" }]);
  });

  for (const [target, value] of [
    ["0171234567", "Hello"],
    ["+0171234567", "Hello"],
    ["+9991555012345678", "Hello"],
    ["+999155501", ""],
    ["+999155501", undefined],
    ["+999155501", { to: "+999155501", text: "Hello" }],
    ["Cellular", { to: "0171234567", text: "Hello" }],
    ["Cellular", { to: "+999155501" }],
  ] as const) {
    it(`sends nothing, and asks nothing, for ${target} and ${JSON.stringify(value)}`, async () => {
      const { router, act } = await setUp();

      await rejectsWith(act("sms-send", { target, value }), "input");

      assert.deepEqual(router.server.journal, []);
    });
  }

  it("sends nothing where a connection is named without a number", async () => {
    const { act, posts } = await setUp();

    await rejectsWith(act("sms-send", { target: "Cellular", value: "Hello" }), "input");

    assert.deepEqual(posts(), []);
  });
});
