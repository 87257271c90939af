import assert from "node:assert/strict";
import type { KasaClient } from "../../../../src/kasa/client";
import { parseHistoryQuery } from "../../../../src/kasa/history";
import { FakeClock } from "../../../support/fake-clock";
import { rejectsWith } from "../../../support/http-fixture";
import { requestsOf, setUp } from "./fixture";

describe("The commands of kasa-device through TP-Link's second cloud", () => {
  it("read the energy of past days from the cloud, by the clock of the device's own time zone", async () => {
    const { client, cloud } = await setUp({ clock: new FakeClock() });

    const rows = await client.control.history("Bürö heater", "", parseHistoryQuery(undefined), {});

    const [first] = requestsOf(cloud, "POST").filter((one) => "method" in (one as object));
    assert.deepEqual(first, {
      method: "get_energy_data",
      params: { start_timestamp: 1_759_273_200, end_timestamp: 1_767_225_599, interval: 1440 },
    });
    assert.deepEqual([rows.length, rows.at(-1)?.start], [30, "2026-01-01T00:00:00+00:00"]);
  });

  for (const [what, act] of [
    ["a countdown", ({ control }) => control.countdown("Stairs", "", undefined, {})],
    ["a schedule", ({ control }) => control.schedule("Stairs", "", undefined, {})],
    ["a preset", ({ control }) => control.set("Reading lamp", "", { preset: 0 }, {})],
    ["an LED", ({ control }) => control.set("Stairs", "", { led: false }, {})],
    ["a restart", ({ control }) => control.reboot("Stairs", "", {})],
  ] satisfies [string, (client: KasaClient) => Promise<unknown>][]) {
    it(`are unsupported where the cloud passes nothing on: ${what}`, async () => {
      const { client, cloud } = await setUp();

      await rejectsWith(act(client), "unsupported");

      assert.equal(cloud.requests().filter((one) => one.endsWith("services-sync")).length, 1);
      assert.deepEqual(requestsOf(cloud, "PATCH"), []);
    });
  }

  it("pass on what is no reset, though its name has the letters in it", async () => {
    const { client, cloud } = await setUp();
    cloud.isPassthroughOpen = true;

    await client.control.raw("Reading lamp", "", { get_preset_rules: { start_index: 0 } }, {});

    assert.equal(requestsOf(cloud, "POST").length, 1);
  });
});
