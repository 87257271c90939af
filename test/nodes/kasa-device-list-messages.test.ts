import assert from "node:assert/strict";
import { apiOf, rowsOf } from "../support/harness/kasa-flow";
import type { Json } from "../support/simulators/kasa/firmware";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

const MESSAGES = { list: { output: "messages" } };

const aliases = (devices: Json[]): unknown[] => devices.map(({ alias }) => alias);

describe("kasa-device-list with one message per device", () => {
  afterEach(assertNoSecretLeaked);

  it("sends the messages with `msg.parts`, in the order of the list", async () => {
    const { red, cloud } = await kasaFlow(MESSAGES);
    const count = cloud.devices.length;

    red.inject("list", { topic: "kept" });
    await red.until(() => red.ended("list") === 1);

    const sent = red.sent("list");
    const [id] = sent.map((msg) => (msg["parts"] as Json)["id"]);
    assert.deepEqual(
      sent.map((msg) => msg["parts"]),
      cloud.devices.map((_, index) => ({ id, type: "array", len: 1, index, count })),
    );
    for (const msg of sent)
      assert.deepEqual([msg["topic"], msg["statusCode"], apiOf(msg)["operation"]], ["kept", 200, "getDeviceList"]);
  });

  it("can be reassembled by a Join node", async () => {
    const join = { id: "join", type: "join", mode: "auto", build: "object" };
    const { red, cloud } = await kasaFlow({
      list: { output: "messages", detail: "state", wires: [["join"]] },
      nodes: [join],
    });

    red.inject("list", {});
    await red.until(() => red.sent("join").length === 1);

    const [joined] = red.sent("join");
    assert.equal(rowsOf(joined).length, cloud.devices.length);
    assert.deepEqual(aliases(rowsOf(joined)).slice(0, 3), ["Modem", "Garden pump", "Freezer"]);
    assert.equal((rowsOf(joined)[0]?.["state"] as Json | undefined)?.["on"], true);
  });

  it("keeps the `msg.parts` of a Split node before it for a second Join node", async () => {
    const nodes = [
      { id: "split", type: "split", arraySplt: 1, arraySpltType: "len", wires: [["list"]] },
      { id: "inner", type: "join", mode: "auto", wires: [["outer"]] },
      { id: "outer", type: "join", mode: "auto" },
    ];
    const { red, cloud } = await kasaFlow({ list: { output: "messages", wires: [["inner"]] }, nodes });

    red.inject("split", { payload: ["first", "second"] });
    await red.until(() => red.sent("outer").length === 1);

    const [first, second] = rowsOf(red.sent("outer")[0]).map((inner) => aliases(Object.values(inner) as Json[]));
    assert.equal(first?.length, cloud.devices.length);
    assert.deepEqual(second, first);
  });

  it("sends nothing for an account without devices, and completes", async () => {
    const { red, cloud } = await kasaFlow(MESSAGES);
    cloud.devices.length = 0;

    red.inject("list", {});
    await red.until(() => red.ended("list") === 1);

    assert.deepEqual([red.sent("list"), red.caught()], [[], []]);
  });
});
