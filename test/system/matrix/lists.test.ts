import assert from "node:assert/strict";
import { nodeRed } from "../../support/harness/node-red";
import { omadaController } from "../../support/harness/platforms";
import { withoutRetryDelays } from "./fixture";

describe("matrix: long lists", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  // The row asks for a continuation token in the error. The contract has none: the pages so far have been sent, and the
  // next message may start with the page after them.
  it("row 28: a list whose page fails repeatedly can be continued from there, without losing or repeating a row", async () => {
    withoutRetryDelays();
    const { controller, config } = await omadaController({ http: true }, { rate: 0 });
    const [site] = controller.sites;
    assert.ok(site);
    controller.addClients(site, 500);
    const path = `sites/${site.siteId}/clients`;
    const red = await nodeRed();
    await red.deploy([config, { id: "query", type: "omada-query", controller: "omada", output: "pages", path }]);
    const when = ({ query }: { query: URLSearchParams }): boolean => query.get("page") === "31";
    controller.server.injectFault({ kind: "response", status: 502 }, { times: 3, when });

    red.inject("query", { params: { pageSize: 10 } });
    await red.until(() => red.ended("query") === 1);
    const pages = red.sent("query").length;
    red.inject("query", { params: { pageSize: 10, page: pages + 1 } });
    await red.until(() => red.ended("query") === 2);

    assert.deepEqual(
      red.caught().map(({ error }) => error.code),
      ["network"],
    );
    assert.ok(pages > 20 && pages <= 30, `${pages} pages were sent before the error`);
    const rows = red.sent("query").flatMap(({ payload }) => payload as { mac: string }[]);
    const online = controller.clients.filter((client) => client.siteId === site.siteId && client.active);
    assert.deepEqual(new Set(rows.map(({ mac }) => mac)), new Set(online.map(({ mac }) => mac)));
    assert.equal(rows.length, online.length);
  });
});
