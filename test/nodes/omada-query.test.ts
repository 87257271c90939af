import assert from "node:assert/strict";
import { apiOf, isPage, macsOf, namesOf, respondWith, rowsOf, sentRequests } from "../support/harness/omada-flow";
import { closeAfterTest } from "../support/mocha-hooks";
import { OmadaController } from "../support/simulators/omada/controller";
import type { Row } from "../support/simulators/omada/rows";
import { assertNoSecretLeaked, omadaFlow, omadaFlowWithClients } from "./omada-fixture";

const CLIENTS = "sites/{siteId}/clients";
const LED = "sites/{siteId}/led";

describe("omada-query returns", () => {
  afterEach(assertNoSecretLeaked);

  it("the same message with the rows of a list, and describes the call in `msg.api`", async () => {
    const { red } = await omadaFlow();
    const req = { kept: true };

    const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", topic: "kept", req, payload: "in" });

    assert.deepEqual([namesOf(msg).length, namesOf(msg)[0]], [10, "Till"]);
    assert.deepEqual([msg?.["topic"], msg?.["req"], msg?.["statusCode"]], ["kept", req, 200]);
    assert.deepEqual(apiOf(msg), {
      platform: "omada",
      operation: "GET sites/{siteId}/clients",
      attempts: 1,
      totalRows: 10,
      pages: 1,
      beside: { clientStat: { total: 10, wireless: 5 } },
    });
  });

  it("all 2,345 clients in order without duplicates, from pages that it fetches in parallel after the first", async () => {
    const { red, controller, site, macs } = await omadaFlowWithClients(2345);
    const { server } = controller;
    const arrived = (): number => server.journal.filter(({ query }) => query.has("page")).length;
    const arrivedBefore: number[] = [];
    server.onResponse = ({ query }) => query.has("page") && arrivedBefore.push(arrived());
    const allArrived = new Promise<void>((done) => {
      server.onRequest = () => arrived() === 3 && done();
    });
    server.injectFault({ kind: "delay", ms: 200 }, { when: ({ query }) => query.has("page") });
    server.injectFault({ kind: "hold", until: allArrived }, { times: 2, when: ({ query }) => query.has("page") });

    const { msg } = await red.send("query", { path: CLIENTS, site });

    assert.deepEqual(macsOf(msg), macs);
    assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [2345, 3]);
    assert.deepEqual(arrivedBefore, [1, 3, 3], "the others arrive together, after the response to the first");
  });

  it("one page if `paging` is set to one", async () => {
    const { red, site, macs } = await omadaFlowWithClients(45, { query: { paging: "one" } });

    const { msg } = await red.send("query", { path: CLIENTS, site, params: { page: 2, pageSize: 20 } });

    assert.deepEqual(macsOf(msg), macs.slice(20, 40));
    assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [45, 1]);
  });

  for (const limit of [7, "7", "${OMADA_TEST_LIMIT}"]) {
    it(`no more rows than a limit of ${limit}`, async () => {
      process.env["OMADA_TEST_LIMIT"] = "7";
      const { red, site, macs } = await omadaFlowWithClients(45, { query: { limit } });

      const { msg } = await red.send("query", { path: CLIENTS, site });

      delete process.env["OMADA_TEST_LIMIT"];
      assert.deepEqual(macsOf(msg), macs.slice(0, 7));
    });
  }

  for (const limit of [0, "0", "", undefined, null]) {
    it(`all rows with a limit of ${JSON.stringify(limit)}`, async () => {
      const { red, site } = await omadaFlowWithClients(12, { query: { limit } });

      const { msg } = await red.send("query", { path: CLIENTS, site });

      assert.equal(macsOf(msg).length, 12);
    });
  }

  it("an empty array for an empty list", async () => {
    const { red, site } = await omadaFlowWithClients(0);

    const { msg } = await red.send("query", { path: CLIENTS, site });

    assert.deepEqual(msg?.payload, []);
    assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [0, 1]);
  });

  it("the result of an operation without pages", async () => {
    const { red } = await omadaFlow();

    const { msg } = await red.send("query", { path: LED, site: "Harbour" });

    assert.deepEqual(msg?.payload, { enable: true });
    assert.deepEqual(apiOf(msg), { platform: "omada", operation: "GET sites/{siteId}/led", attempts: 1 });
  });

  it("the rows of a list that is read by POST", async () => {
    const { red } = await omadaFlow({ listen: { version: "6.2.0.17" }, query: { method: "POST" } });
    const path = "/openapi/v2/{omadacId}/sites/{siteId}/clients";

    const { msg } = await red.send("query", { path, site: "Harbour", params: { scope: 3 } });

    assert.deepEqual(namesOf(msg), ["Stranger"]);
  });

  for (const version of ["5.15.24.19", "6.2.0.17"]) {
    it(`the clients of a site of a controller ${version}`, async () => {
      const { red } = await omadaFlow({ listen: { version } });

      const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: { searchKey: "ada" } });

      assert.deepEqual(namesOf(msg), ["Ada's phone"]);
    });
  }
});

describe("omada-query", () => {
  afterEach(assertNoSecretLeaked);

  it("prefers its own settings to the message", async () => {
    const query = { path: CLIENTS, site: "Harbour", params: '{"searchKey":"till"}' };
    const { red } = await omadaFlow({ query });

    const { msg } = await red.send("query", { path: "sites", site: "Depot", params: { searchKey: "nobody" } });

    assert.deepEqual(namesOf(msg), ["Till"]);
  });

  it("uses the message if its settings are blank", async () => {
    const { red } = await omadaFlow({ query: { path: "", site: " ", params: "" } });

    const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: { searchKey: "till" } });

    assert.deepEqual(namesOf(msg), ["Till"]);
  });

  it("evaluates its typed settings", async () => {
    const types = { pathType: "msg", siteType: "jsonata", paramsType: "msg" };
    const { red } = await omadaFlow({ query: { path: "topic", site: '"Har" & "bour"', params: "filter", ...types } });

    const { msg } = await red.send("query", { topic: CLIENTS, filter: { searchKey: "till" } });

    assert.deepEqual(namesOf(msg), ["Till"]);
  });

  it("accepts parameters as JSON text", async () => {
    const { red } = await omadaFlow();

    const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: '{"searchKey":"till"}' });

    assert.deepEqual(namesOf(msg), ["Till"]);
  });

  it("does not change the parameters of the message", async () => {
    const { red } = await omadaFlow();
    const params = { clientMac: "02:00:5e:ff:ff:ff", filters: { wireless: true } };
    const query = { path: `${CLIENTS}/{clientMac}`, site: "Harbour", params: structuredClone(params) };

    const { caught } = await red.send("query", query);

    assert.deepEqual(caught?.["params"], params);
  });

  it("accepts a MAC address in any spelling, and inserts it into the path", async () => {
    const { red, controller } = await omadaFlow();
    const { mac } = controller.client("Till");
    const spellings = [mac, mac.toLowerCase(), mac.replaceAll("-", ":"), mac.replaceAll("-", "")];

    const clients = [];
    for (const clientMac of spellings) {
      const query = { path: `${CLIENTS}/{clientMac}`, site: "Harbour", params: { clientMac } };
      const { msg = {} } = await red.send("query", query);
      clients.push((msg.payload as Row)["name"]);
    }

    assert.deepEqual(clients, ["Till", "Till", "Till", "Till"]);
  });

  it("fetches logs in pages of the size that the controller allows", async () => {
    const { red, controller } = await omadaFlow();
    const params = { filters: { timeStart: 0, timeEnd: controller.now() } };

    const { msg } = await red.send("query", { path: "sites/{siteId}/logs/events", site: "Harbour", params });

    assert.equal(rowsOf(msg).length, 4);
    assert.match(sentRequests(controller).at(-1) ?? "", /pageSize=100/);
  });

  for (const [what, response] of Object.entries({
    "HTTP 429": { status: 429, body: "" },
    "HTTP 502": { status: 502, body: "<html></html>" },
    "HTTP 503 with a short Retry-After": { status: 503, headers: { "retry-after": "0" }, body: "" },
    "HTTP 504": { status: 504, body: "" },
  })) {
    it(`retries twice after ${what}`, async () => {
      const { red, controller } = await omadaFlow();
      respondWith(controller, /led$/, response, 2);

      const { msg } = await red.send("query", { path: LED, site: "Harbour" });

      assert.deepEqual(msg?.payload, { enable: true });
      assert.deepEqual([msg?.["statusCode"], apiOf(msg)["attempts"]], [200, 3]);
    });
  }

  it("retries one page of a list, and fetches the others once", async () => {
    const { red, controller, site, macs } = await omadaFlowWithClients(45);
    controller.server.injectFault({ kind: "reset" }, { when: isPage(3) });

    const { msg } = await red.send("query", { path: CLIENTS, site, params: { pageSize: 10 } });

    const pages = controller.server.journal.map(({ query }) => query.get("page")).filter(Boolean);
    assert.deepEqual(macsOf(msg), macs);
    assert.deepEqual(pages.sort(), ["1", "2", "3", "3", "4", "5"]);
    assert.equal(apiOf(msg)["attempts"], 2);
  });

  it("parses a response without a content type", async () => {
    const { red, controller } = await omadaFlow();
    respondWith(controller, /led$/, {
      headers: { "content-type": "" },
      body: '{"errorCode":0,"result":{"enable":false}}',
    });

    const { msg } = await red.send("query", { path: LED, site: "Harbour" });

    assert.deepEqual(msg?.payload, { enable: false });
  });

  it("sends its requests below the path of a reverse proxy", async () => {
    const controller = closeAfterTest(await OmadaController.start({ http: true, prefix: "/proxy/omada" }));
    const { url: server, omadacId, clientId, clientSecret } = controller;
    const omada = { server, omadacId, fingerprint: "", credentials: { clientId, clientSecret } };
    const { red } = await omadaFlow({ omada });

    const { msg } = await red.send("query", { path: "sites" });

    assert.deepEqual(namesOf(msg), ["Harbour", "Depot"]);
  });
});

describe("The status of omada-query", () => {
  afterEach(assertNoSecretLeaked);

  it("shows that it is busy, and then how many rows it returned", async () => {
    const { red } = await omadaFlow();

    await red.send("query", { path: CLIENTS, site: "Harbour" });
    await red.until(() => red.statuses("query").length === 2);

    assert.deepEqual(red.statuses("query"), [
      { fill: "blue", shape: "ring", text: "omada-query.status.requesting" },
      { fill: "green", shape: "dot", text: "omada-query.status.rows" },
    ]);
  });

  it("shows an error until the next message succeeds", async () => {
    const { red, controller } = await omadaFlow();
    respondWith(controller, /led$/, { body: { errorCode: -30028, msg: "Busy now." } });

    await red.send("query", { path: LED, site: "Harbour" });
    await red.send("query", { path: LED, site: "Harbour" });
    await red.until(() => red.statuses("query").length === 4);

    assert.deepEqual(
      red.statuses("query").map(({ fill, shape, text }) => [fill, shape, text]),
      [
        ["blue", "ring", "omada-query.status.requesting"],
        ["red", "ring", "The controller declined: Busy now"],
        ["blue", "ring", "omada-query.status.requesting"],
        ["green", "dot", "omada-query.status.done"],
      ],
    );
  });

  it("shows that it waits for the rate limit", async () => {
    const { red, controller } = await omadaFlow({ omada: { rate: 2 } });
    const site = controller.site("Harbour").siteId;

    for (let message = 0; message < 3; message++) red.inject("query", { path: LED, site });
    await red.until(() => red.ended("query") === 3);

    const shown = red.statuses("query").map(({ fill, shape }) => `${fill} ${shape}`);
    assert.ok(shown.includes("yellow ring"), shown.join());
    assert.equal(shown.at(-1), "green dot");
  });

  it("shows that no controller is selected", async () => {
    const { red } = await omadaFlow({ query: { controller: "" } });

    const { error } = await red.send("query", { path: "sites" });

    assert.equal(error?.code, "config");
    assert.deepEqual(red.statuses("query").at(-1), {
      fill: "grey",
      shape: "ring",
      text: "omada-query.status.not-configured",
    });
  });
});
