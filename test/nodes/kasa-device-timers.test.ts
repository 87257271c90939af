import assert from "node:assert/strict";
import type { Message } from "../support/harness/flow-runner";
import { apiOf, payloadOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { createNeighbourhood } from "../support/simulators/kasa-local/neighbourhood";
import { Plug } from "../support/simulators/kasa/plugs";
import { dailyRule } from "../support/simulators/kasa/rules";
import { kasaFlowOf } from "./kasa-fixture";

type Reach = "cloud" | "local";

/** A flow with a node for the device "Modem", which is reached in one way. */
async function setUp(reach: Reach, settings: object) {
  const { cloud, account } = await kasaCloud();
  const { email, password } = cloud;
  const house = closeAfterTest(await LanHouse.start(createNeighbourhood(cloud), { email, password }));
  const hosts = house.devices
    .map(({ host, transport, ports }) => `${host}:${transport === "xor" ? ports.xor : ports.tdp}`)
    .join(", ");
  const node = { id: "device", type: "kasa-device", account: "kasa", device: "Modem", ...settings };
  const flow = await kasaFlowOf(cloud, { ...account, reach, hosts }, { nodes: [node] });
  const modem = cloud.device(Plug, "Modem");
  let nowMs = Date.UTC(2026, 0, 3, 9);
  modem.clock.now = () => nowMs;
  return {
    modem,
    advance: (seconds: number): void => {
      nowMs += seconds * 1000;
    },
    send: (message: Message = {}) => flow.red.send("device", message),
    red: flow.red,
  };
}

for (const reach of ["cloud", "local"] as const) {
  describe(`kasa-device by the ${reach === "cloud" ? "cloud" : "local network"}`, () => {
    it("reads the history for an inject node that sends the time", async () => {
      const { send, modem } = await setUp(reach, { command: "history" });
      Object.assign(modem.meter ?? {}, {
        days: [
          { year: 2025, month: 12, day: 31, amount: 1200 },
          { year: 2026, month: 1, day: 2, amount: 300 },
        ],
      });
      modem.timers.days = [{ year: 2026, month: 1, day: 2, amount: 45 }];

      const { msg, error } = await send({ payload: Date.now(), topic: "kept" });

      assert.equal(error, undefined);
      assert.deepEqual(msg?.["payload"], [
        { start: "2025-12-31T00:00:00+00:00", energyKwh: 1.2 },
        { start: "2026-01-02T00:00:00+00:00", energyKwh: 0.3, runtimeMin: 45 },
      ]);
      assert.deepEqual([msg?.["topic"], apiOf(msg)["operation"], apiOf(msg)["via"]], ["kept", "history", reach]);
    });

    it("lets the device switch itself, in the words of its value field", async () => {
      const { send, modem, advance } = await setUp(reach, {
        command: "countdown",
        value: '{"afterS": 600, "on": false}',
        valueType: "str",
      });

      const { msg } = await send({ payload: "anything" });
      advance(601);
      modem.tick();

      assert.deepEqual(payloadOf(msg)["countdown"], { remainingS: 600, on: false });
      assert.deepEqual([payloadOf(msg)["on"], modem.on, apiOf(msg)["via"]], [true, false, reach]);
    });

    it("reads the schedule, and switches it off with a message", async () => {
      const { send, modem } = await setUp(reach, { command: "schedule" });
      modem.timers.schedule.methods["add_rule"]?.(dailyRule(450, true), []);

      const { msg: read } = await send({ payload: "" });
      const { msg: disabled } = await send({ payload: { enabled: false } });

      const rules = payloadOf(read)["rules"] as { at: string }[];
      assert.deepEqual([payloadOf(read)["enabled"], rules.map(({ at }) => at)], [true, ["07:30"]]);
      assert.deepEqual([payloadOf(disabled)["enabled"], modem.timers.schedule.enabled], [false, false]);
    });

    it("tells the energy of today and of the month by the clock of the device", async () => {
      const { send, modem } = await setUp(reach, { command: "energy" });
      Object.assign(modem.meter ?? {}, {
        days: [
          { year: 2026, month: 1, day: 1, amount: 1000 },
          { year: 2026, month: 1, day: 3, amount: 250 },
        ],
      });

      const { msg } = await send();

      assert.deepEqual([payloadOf(msg)["todayKwh"], payloadOf(msg)["monthKwh"]], [0.25, 1.25]);
    });

    it("refuses a value that no command understands, and asks nothing", async () => {
      for (const [command, payload] of [
        ["history", { by: "week" }],
        ["countdown", { afterS: 0, on: false }],
        ["schedule", { enabled: "perhaps" }],
      ] as const) {
        const { send, modem } = await setUp(reach, { command });
        const before = modem.commands.length;

        const { error } = await send({ payload });

        assert.deepEqual([error?.code, modem.commands.length], ["input", before]);
      }
    });
  });
}
