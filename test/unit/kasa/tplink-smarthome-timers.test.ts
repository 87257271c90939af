import assert from "node:assert/strict";
import { BULBS, OUTLETS, PLUGS, setUp, WITH_METER, WITHOUT_METER, type Json } from "./tplink-smarthome-fixture";

const SWITCHES = [...PLUGS, "hs220"];

describe("A device of tplink-smarthome-simulator, over time", () => {
  for (const model of WITH_METER) {
    it(`has counted what its history and its energy tell: ${model}`, async () => {
      const { device, history, energy } = await setUp(model);
      const now = new Date();
      const [year, month] = [now.getFullYear(), now.getMonth() + 1];
      const module = model.startsWith("hs") ? "emeter" : "smartlife.iot.common.emeter";

      const { todayKwh, monthKwh } = await energy();
      const days = await history({ from: `${year}-${String(month).padStart(2, "0")}-01` });
      const months = await history({ by: "month", from: `${year}-01` });

      const { get_daystat, get_monthstat } = device.ask({
        [module]: { get_daystat: { year, month }, get_monthstat: { year } },
      })[module] as Json;
      const inKwh = ({ energy: kwh, energy_wh: wh }: Json): number => Number((kwh ?? wh / 1000).toFixed(6));
      const counted = (get_daystat.day_list as Json[]).map((entry) => [entry["day"] as number, inKwh(entry)]);
      assert.deepEqual(
        days.map(({ start, energyKwh }) => [Number(start.slice(8, 10)), energyKwh]),
        counted,
      );
      assert.deepEqual(
        months.map(({ energyKwh }) => energyKwh),
        (get_monthstat.month_list as Json[]).slice(0, month).map(inKwh),
      );
      assert.deepEqual([todayKwh, monthKwh], [counted.at(-1)?.[1], months.at(-1)?.energyKwh]);
    });
  }

  for (const model of WITHOUT_METER) {
    it(`has no history without a meter: ${model}`, async () => {
      const { history } = await setUp(model);

      await assert.rejects(history(undefined), { code: "unsupported" });
    });
  }

  it("has counted for each outlet of a strip what the strip has counted in all", async () => {
    const { history } = await setUp("hs300");
    const sums = new Map<string, number>();
    for (const outlet of OUTLETS)
      for (const { start, energyKwh } of await history("day", outlet))
        sums.set(start, (sums.get(start) ?? 0) + energyKwh);

    const strip = await history("day");

    assert.equal(strip.length, 30);
    assert.deepEqual(
      strip.map(({ start, energyKwh }) => [start, energyKwh]),
      [...sums].map(([start, energyKwh]) => [start, Number(energyKwh.toFixed(6))]),
    );
  });

  for (const [model, outlet] of [...SWITCHES.map((name) => [name, ""] as const), ["hs300", 3] as const]) {
    it(`takes a countdown, a second one, and none: ${model}`, async () => {
      const { countdown } = await setUp(model);

      const first = await countdown({ afterS: 600, on: false }, outlet);
      const second = await countdown({ afterS: 60, on: true }, outlet);
      const read = await countdown(undefined, outlet);
      const dropped = await countdown(null, outlet);

      assert.deepEqual(
        [first, second, read, dropped].map(({ countdown: running }) => running),
        [{ remainingS: 600, on: false }, { remainingS: 60, on: true }, { remainingS: 60, on: true }, null],
      );
    });

    it(`switches its schedule off and on: ${model}`, async () => {
      const { schedule } = await setUp(model);

      const read = await schedule(undefined, outlet);
      const disabled = await schedule({ enabled: false }, outlet);
      const enabled = await schedule({ enabled: true }, outlet);

      assert.deepEqual(
        [read, disabled, enabled],
        [true, false, true].map((one) => ({ enabled: one, rules: [], away: { enabled: false, rules: 0 } })),
      );
    });
  }

  for (const model of BULBS) {
    it(`has a schedule but no countdown, and says so: ${model}`, async () => {
      const { countdown, schedule } = await setUp(model);

      await assert.rejects(countdown({ afterS: 60, on: false }), {
        code: "unsupported",
        message: /^This bulb has no countdown\. It has: set, .*schedule/,
      });
      assert.deepEqual(await schedule({ enabled: false }), { enabled: false, rules: [] });
    });
  }
});
