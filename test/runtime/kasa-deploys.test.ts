import assert from "node:assert/strict";
import { rowsOf } from "../support/harness/kasa-flow";
import type { CaughtError } from "../support/harness/node-red";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

describe("A deploy", () => {
  afterEach(assertNoSecretLeaked);

  it("cancels the message that a redeployed Kasa node is working on", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { when: ({ body }) => body.includes("getDeviceList") });
    red.inject("list", { topic: "kept" });
    await red.until(() => red.statuses("list").length > 0);
    let last: { topic?: unknown; error: CaughtError } | undefined;
    const caught = red.until(() => (last = red.caught().at(-1)) !== undefined);

    await red.deploy(
      flow.map((node) => (node.id === "list" ? { ...node, name: "renamed" } : node)),
      "nodes",
    );

    await caught;
    assert.deepEqual([last?.error.code, last?.error.cause["retryable"], last?.topic], ["cancelled", false, "kept"]);
  });

  it("with a corrected password ends the refusal of a Kasa account at once", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.password = "changed in the app";
    await red.send("list");
    const [account, ...nodes] = flow;
    const credentials = { email: cloud.email, password: cloud.password };
    await red.deploy([{ ...account, id: "kasa", type: "kasa-account", credentials }, ...nodes], "nodes");

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
  });
});
