import assert from "node:assert/strict";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

describe("A deploy", () => {
  afterEach(assertNoSecretLeaked);

  it("cancels the messages that a redeployed Peplink node is working on, and those that wait", async () => {
    const { red, router, flow } = await peplinkFlow();
    router.server.injectFault({ kind: "hang" }, { times: Infinity });
    for (let i = 0; i < 6; i++) red.inject("status", { payload: i });
    await red.until(() => red.statuses("status").length > 0);
    let codes: string[] = [];
    const caught = red.until(() => (codes = red.caught().map(({ error }) => error.code)).length === 6);

    // A full deploy would close the Catch node as well.
    await red.deploy(
      flow.map((node) => (node.id === "status" ? { ...node, name: "changed" } : node)),
      "nodes",
    );
    await caught;

    assert.deepEqual(codes, Array(6).fill("cancelled"));
  });

  it("with corrected credentials ends the refusal of a router at once", async () => {
    const { red, router, config, flow } = await peplinkFlow({
      router: { credentials: { clientId: "0".repeat(32), clientSecret: "not-the-right-one" } },
    });
    await red.send("status");
    const { clientId, clientSecret } = router;
    const corrected = { ...config, credentials: { clientId, clientSecret } };
    await red.deploy(flow.map((node) => (node.id === "router" ? corrected : node)));

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });
});
