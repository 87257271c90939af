import assert from "node:assert/strict";
import { nodeRed } from "../support/harness/node-red";
import { omadaController } from "../support/harness/platforms";

describe("the rate of a controller", () => {
  it("is ten requests in any second at the controller, the first handshakes of a fresh session included", async function () {
    // A machine that stops for half a second in a handshake spoils what is measured: then once more.
    this.retries(2);
    const { controller, config } = await omadaController({}, { rate: "", concurrency: 16 });
    const red = await nodeRed();
    await red.deploy([config, { id: "query", type: "omada-query", controller: "omada", path: "sites" }]);

    for (let message = 0; message < 45; message++) red.inject("query");
    await red.until(() => red.sent("query").length === 45);

    const arrivals = controller.server.journal.map(({ at }) => at);
    const inASecond = arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 1000).length);
    assert.ok(Math.max(...inASecond) <= 10, `${Math.max(...inASecond)} requests in a second`);
  });
});
