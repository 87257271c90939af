import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { NODE_RED } from "../../scripts/node-red";
import { nodeRed } from "../support/harness/node-red";
import { webhook } from "./omada-webhook-fixture";

const { events } = require(NODE_RED) as { events: EventEmitter };
const fifteen = Array.from({ length: 15 }, (_, index) => `${index}`);

describe("Many nodes that wait for the start of the flows", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  it("are no leak to Node.js if they are accounts that look for devices on the local network", async () => {
    const red = await nodeRed();
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on("warning", onWarning);
    // With this address they look for none.
    await red.deploy(fifteen.map((id) => ({ id: `kasa${id}`, type: "kasa-account", server: "none", reach: "auto" })));
    await nextTurn();
    process.off("warning", onWarning);
    assert.ok(!warnings.includes("MaxListenersExceededWarning"));
  });

  it("are no leak to Node.js if they are webhooks with one path", async () => {
    const red = await nodeRed();
    const before = events.listenerCount("flows:started");
    await red.deploy(fifteen.map((id) => webhook({ id: `hook${id}` })));
    await red.until(() => red.caught().length === 14);
    assert.ok(events.listenerCount("flows:started") <= before + 1);
    await red.deploy([webhook({ id: "hook14" })]);
    await red.until(() => red.statuses("hook14").length > 0);
    assert.equal(red.statuses("hook14").at(-1)?.fill, "green");
  });
});
