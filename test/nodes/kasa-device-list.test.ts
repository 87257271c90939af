import assert from "node:assert/strict";
import { apiOf, rowsOf } from "../support/harness/kasa-flow";
import { CloudDevice } from "../support/simulators/kasa/devices";
import { Plug } from "../support/simulators/kasa/plugs";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

const STATE = { list: { detail: "state" } };

const waysOf = (supported: unknown): object =>
  supported ? { protocol: "iot", reach: ["cloud"] } : { protocol: "smart", reach: [] };

describe("kasa-device-list", () => {
  afterEach(assertNoSecretLeaked);

  it("lists the devices with the cloud's own fields and their meaning, in the same message", async () => {
    const { red, cloud } = await kasaFlow();

    const { msg } = await red.send("list", { topic: "kept", detail: "state" });

    const devices = [
      ["Modem", true, true, "plug"],
      ["Garden pump", false, true, "plug"],
      ["Freezer", true, true, "plug"],
      ["<b>Porch</b>", true, true, "dimmer"],
      ["Desk", true, true, "strip"],
      ["Hall lamp", true, true, "bulb"],
      ["hall lamp", true, true, "bulb"],
      ["Shelf", true, true, "lightstrip"],
      ["Driveway", true, true, "camera"],
      ["Heater", false, false, "plug"],
    ];
    const expected = devices.map(([alias, online, supported, kind], index) => {
      return { ...cloud.devices[index]?.toListEntry(cloud.url), alias, online, supported, kind, ...waysOf(supported) };
    });
    assert.deepEqual(msg?.payload, expected);
    const { durationMs, ...call } = apiOf(msg);
    assert.deepEqual(call, { platform: "kasa", operation: "getDeviceList", attempts: 1 });
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"], typeof durationMs], ["kept", 200, "number"]);
  });

  it("decodes an alias that the cloud sends in base64", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.device(CloudDevice, "Heater").alias = "Heizung Küche ☕";

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).at(-1)?.["alias"], "Heizung Küche ☕");
  });

  it("does not decode an alias that only looks like base64", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.device(Plug, "Modem").alias = "SGVsbG8h";

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg)[0]?.["alias"], "SGVsbG8h");
  });

  it("returns an empty list for an account without devices", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.devices.length = 0;

    const { msg } = await red.send("list");

    assert.deepEqual(msg?.payload, []);
  });

  it("shows that it is busy, and then that it is done", async () => {
    const { red } = await kasaFlow();

    await red.send("list");
    await red.until(() => red.statuses("list").length === 2);

    assert.deepEqual(red.statuses("list"), [
      { fill: "blue", shape: "ring", text: "kasa-device-list.status.requesting" },
      { fill: "green", shape: "dot", text: "kasa-device-list.status.rows" },
    ]);
  });

  it("sends the token in the query and nowhere else", async () => {
    const { red, cloud } = await kasaFlow(STATE);

    await red.send("list");

    const [token = ""] = cloud.liveTokens();
    const [login, ...calls] = cloud.server.journal;
    assert.equal(login?.query.size, 0);
    for (const call of calls) {
      const { query, path, body, headers } = call;
      assert.deepEqual([...query], [["token", token]]);
      assert.ok(!JSON.stringify([path, body, headers]).includes(token));
    }
  });
});
