import assert from "node:assert/strict";
import type { Message, NodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { OmadaController } from "../support/simulators/omada/controller";
import type { Row } from "../support/simulators/omada/rows";
import type { Fault, RecordedRequest } from "../support/simulators/simulated-server";
import { answering, apiOf, asked, codeOf, endings, names, omadaFlow, rows, secretsAreKept } from "./omada-fixture";

const CLIENTS = "sites/{siteId}/clients";
const LED = "sites/{siteId}/led";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";

/** A flow whose controller has a site "Yard" with so many clients. */
async function crowd(count: number, settings: Parameters<typeof omadaFlow>[0] = {}) {
  const flow = await omadaFlow(settings);
  const site = flow.controller.addSite("Yard");
  const macs = flow.controller.addClients(site, count).map(({ mac }) => mac);
  return { ...flow, site: site.siteId, macs };
}

const macsOf = (msg: Message | undefined): unknown[] => rows(msg).map(({ mac }) => mac);

/** Sends a message that ends without sending anything on, or with several messages. */
async function end(red: NodeRed, msg: Message): Promise<void> {
  red.inject("query", msg);
  await red.until(() => red.ended("query") === 1);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const onPage =
  (page: number) =>
  ({ query }: RecordedRequest): boolean =>
    query.get("page") === `${page}`;

describe("omada-query", () => {
  afterEach(secretsAreKept);

  describe("sends on", () => {
    it("the same message with the rows of a list, and what happened", async () => {
      const { red } = await omadaFlow();
      const req = { kept: true };

      const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", topic: "kept", req, payload: "in" });

      assert.deepEqual([names(msg).length, names(msg)[0]], [10, "Till"]);
      assert.deepEqual([msg?.["topic"], msg?.["req"], msg?.["statusCode"]], ["kept", req, 200]);
      assert.deepEqual(apiOf(msg), {
        platform: "omada",
        operation: "GET sites/{siteId}/clients",
        attempts: 1,
        totalRows: 10,
        pages: 1,
      });
    });

    it("all 2,345 clients in order, none twice, of pages read side by side after the first", async () => {
      const { red, controller, site, macs } = await crowd(2345);
      controller.server.injectFault({ kind: "delay", ms: 200 }, { times: 3, when: ({ query }) => query.has("page") });

      const { msg } = await red.send("query", { path: CLIENTS, site });

      const [one = 0, two = 0, three = 0] = controller.server.journal.slice(1).map(({ at }) => at);
      assert.deepEqual(macsOf(msg), macs);
      assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [2345, 3]);
      assert.ok(two - one >= 190 && three - two < 190, `${two - one} ms, ${three - two} ms`);
    });

    it("one page where its owner wants one", async () => {
      const { red, site, macs } = await crowd(45, { query: { paging: "one" } });

      const { msg } = await red.send("query", { path: CLIENTS, site, params: { page: 2, pageSize: 20 } });

      assert.deepEqual(macsOf(msg), macs.slice(20, 40));
      assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [45, 1]);
    });

    for (const limit of [7, "7", "${OMADA_TEST_LIMIT}"]) {
      it(`no more rows than a limit of ${limit}`, async () => {
        process.env["OMADA_TEST_LIMIT"] = "7";
        const { red, site, macs } = await crowd(45, { query: { limit } });

        const { msg } = await red.send("query", { path: CLIENTS, site });

        delete process.env["OMADA_TEST_LIMIT"];
        assert.deepEqual(macsOf(msg), macs.slice(0, 7));
      });
    }

    for (const limit of [0, "0", "", undefined, null]) {
      it(`all rows with a limit of ${JSON.stringify(limit)}`, async () => {
        const { red, site } = await crowd(12, { query: { limit } });

        const { msg } = await red.send("query", { path: CLIENTS, site });

        assert.equal(macsOf(msg).length, 12);
      });
    }

    it("an empty array for an empty list", async () => {
      const { red, site } = await crowd(0);

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

      assert.deepEqual(names(msg), ["Stranger"]);
    });

    for (const version of ["5.15.24.19", "6.2.0.17"]) {
      it(`the clients of a site of a controller ${version}`, async () => {
        const { red } = await omadaFlow({ listen: { version } });

        const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: { searchKey: "ada" } });

        assert.deepEqual(names(msg), ["Ada's phone"]);
      });
    }
  });

  describe("reads", () => {
    it("its fields rather than the message", async () => {
      const query = { path: CLIENTS, site: "Harbour", params: '{"searchKey":"till"}' };
      const { red } = await omadaFlow({ query });

      const { msg } = await red.send("query", { path: "sites", site: "Depot", params: { searchKey: "nobody" } });

      assert.deepEqual(names(msg), ["Till"]);
    });

    it("the message where its fields are blank", async () => {
      const { red } = await omadaFlow({ query: { path: "", site: " ", params: "" } });

      const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: { searchKey: "till" } });

      assert.deepEqual(names(msg), ["Till"]);
    });

    it("its typed fields", async () => {
      const types = { pathType: "msg", siteType: "jsonata", paramsType: "msg" };
      const { red } = await omadaFlow({ query: { path: "topic", site: '"Har" & "bour"', params: "wish", ...types } });

      const { msg } = await red.send("query", { topic: CLIENTS, wish: { searchKey: "till" } });

      assert.deepEqual(names(msg), ["Till"]);
    });

    it("parameters that come as JSON text", async () => {
      const { red } = await omadaFlow();

      const { msg } = await red.send("query", { path: CLIENTS, site: "Harbour", params: '{"searchKey":"till"}' });

      assert.deepEqual(names(msg), ["Till"]);
    });

    it("parameters without changing them", async () => {
      const { red } = await omadaFlow();
      const params = { clientMac: "02:00:5e:ff:ff:ff", filters: { wireless: true } };
      const query = { path: `${CLIENTS}/{clientMac}`, site: "Harbour", params: structuredClone(params) };

      const { caught } = await red.send("query", query);

      assert.deepEqual(caught?.["params"], params);
    });

    it("a MAC in any spelling, and fills a path with it", async () => {
      const { red, controller } = await omadaFlow();
      const { mac } = controller.client("Till");
      const spellings = [mac, mac.toLowerCase(), mac.replaceAll("-", ":"), mac.replaceAll("-", "")];

      const found = [];
      for (const clientMac of spellings) {
        const query = { path: `${CLIENTS}/{clientMac}`, site: "Harbour", params: { clientMac } };
        const { msg = {} } = await red.send("query", query);
        found.push((msg.payload as Row)["name"]);
      }

      assert.deepEqual(found, ["Till", "Till", "Till", "Till"]);
    });

    it("logs in the pages that they have", async () => {
      const { red, controller } = await omadaFlow();
      const params = { filters: { timeStart: 0, timeEnd: controller.now() } };

      const { msg } = await red.send("query", { path: "sites/{siteId}/logs/events", site: "Harbour", params });

      assert.equal(rows(msg).length, 4);
      assert.match(asked(controller).at(-1) ?? "", /pageSize=100/);
    });
  });

  describe("hands out", () => {
    for (const [output, count] of [
      ["pages", 3],
      ["messages", 45],
    ] as const) {
      it(`${output} that a Join node puts together again`, async () => {
        const join = { id: "join", type: "join", mode: "auto" };
        const { red, site, macs } = await crowd(45, {
          query: { output, wires: [["join", "test-sink"]] },
          nodes: [join],
        });

        red.inject("query", { path: CLIENTS, site, params: { pageSize: 20 }, topic: "kept" });
        await red.until(() => red.sent("join").length === 1);

        const [whole] = red.sent("join");
        assert.deepEqual(macsOf(whole), macs);
        assert.deepEqual([whole?.["topic"], "parts" in (whole ?? {})], ["kept", false]);
        assert.equal(red.sent("query").length / 2, count);
        assert.equal(red.ended("query"), 1);
      });
    }

    it("pages with all that a message has, each as it comes", async () => {
      const { red, controller, site } = await crowd(45, { query: { output: "pages" } });
      controller.server.injectFault({ kind: "delay", ms: 150 }, { when: onPage(3) });

      red.inject("query", { path: CLIENTS, site, params: { pageSize: 20 }, topic: "kept", parts: { id: "outer" } });
      await red.until(() => red.sent("query").length === 1);
      const early = red.ended("query");
      await red.until(() => red.ended("query") === 1);

      const messages = red.sent("query");
      assert.equal(early, 0);
      assert.deepEqual(
        messages.map(({ payload }) => (payload as object[]).length),
        [20, 20, 5],
      );
      assert.deepEqual(
        messages.map(({ topic, statusCode, parts }) => [topic, statusCode, { ...(parts as object), id: "" }]),
        [{}, {}, { count: 3 }].map((count, index) => [
          "kept",
          200,
          { id: "", type: "array", len: 1000, index, ...count, parts: { id: "outer" } },
        ]),
      );
      assert.equal(new Set(messages.map(({ parts }) => (parts as { id: string }).id)).size, 1);
      assert.deepEqual(apiOf(messages[2])["totalRows"], 45);
    });

    it("each element of an array without pages as a message", async () => {
      const { red } = await omadaFlow({ query: { output: "messages" } });

      await end(red, { path: "sites/{siteId}/devices/all", site: "Harbour" });

      const messages = red.sent("query");
      assert.deepEqual(
        messages.map(({ payload }) => (payload as { type: string }).type),
        ["gateway", "switch", "ap", "ap"],
      );
      assert.deepEqual(
        messages.map(({ parts }) => (parts as { count: number }).count),
        [4, 4, 4, 4],
      );
    });

    for (const output of ["pages", "messages"]) {
      it(`an object as it is, whatever is said of ${output}`, async () => {
        const { red } = await omadaFlow({ query: { output } });

        const { msg } = await red.send("query", { path: LED, site: "Harbour" });

        assert.deepEqual(msg?.payload, { enable: true });
        assert.equal(msg?.["parts"], undefined);
      });

      it(`nothing of an empty list in ${output}, and ends`, async () => {
        const { red, site } = await crowd(0, { query: { output } });

        await end(red, { path: CLIENTS, site });

        assert.deepEqual([red.sent("query"), red.caught()], [[], []]);
      });

      it(`no more ${output} after one that fails, and ends once with the error`, async () => {
        const { red, controller, site } = await crowd(60, { query: { output } });
        controller.server.injectFault(
          { kind: "response", body: { errorCode: -30028, msg: "busy" } },
          { when: onPage(3) },
        );

        await end(red, { path: CLIENTS, site, params: { pageSize: 10 } });
        await pause(50);

        // One is held back, because the last one has to say how many they are.
        assert.equal(red.sent("query").length, output === "pages" ? 1 : 19);
        assert.deepEqual([red.caught().map(({ error }) => codeOf(error)), red.ended("query")], [[["busy", -30028]], 1]);
      });
    }

    it("nothing of a list whose page fails in the middle, and ends once with the error", async () => {
      const { red, controller, site } = await crowd(60);
      controller.server.injectFault(
        { kind: "response", body: { errorCode: -30028, msg: "busy" } },
        { when: onPage(3) },
      );

      await end(red, { path: CLIENTS, site, params: { pageSize: 10 } });

      assert.deepEqual(red.sent("query"), []);
      assert.deepEqual(
        red.caught().map(({ error }) => codeOf(error)),
        [["busy", -30028]],
      );
    });
  });

  describe("refuses before it asks anything", () => {
    const paths = [
      "",
      "../x",
      "sites//led",
      "sites\\led",
      "sites?x",
      "sites#x",
      "sites/\u0007",
      "sites/\ud800",
      "openapi",
    ];
    for (const path of paths) {
      it(`the path ${JSON.stringify(path)}`, async () => {
        const { red, controller } = await omadaFlow({ omada: { omadacId: "" } });

        const { error, caught } = await red.send("query", { path, site: "Harbour", statusCode: 418, api: "old" });

        assert.equal(error?.code, "input");
        assert.deepEqual(controller.server.journal, []);
        assert.ok(!("statusCode" in (caught ?? {})) && !("api" in (caught ?? {})));
      });
    }

    const messages: Record<string, Message> = {
      "no path": {},
      "a path that is no text": { path: { a: 1 } },
      "no site where one is needed": { path: LED },
      "a placeholder that nothing fills": { path: "devices/{deviceMac}" },
      "a value of two dots": { path: "devices/{deviceMac}", params: { deviceMac: ".." } },
      "parameters that are a list": { path: "sites", params: [1] },
      "parameters that are a number": { path: "sites", params: 7 },
      "parameters that are no JSON": { path: "sites", params: "{page:1}" },
      "a page of nothing": { path: "sites", params: { page: 0 } },
      "a query with half a character": { path: "sites", params: { searchKey: "\ud800" } },
    };
    for (const [what, msg] of Object.entries(messages)) {
      it(what, async () => {
        const { red, controller } = await omadaFlow({ omada: { omadacId: "" } });

        const { error } = await red.send("query", msg);

        assert.equal(error?.code, "input");
        assert.deepEqual(controller.server.journal, []);
        assert.equal(error.cause["retryable"], false);
      });
    }

    const settings: Record<string, object> = {
      "a method that writes": { method: "PUT" },
      "a POST that does not read": { method: "POST" },
      "a negative limit": { limit: -1 },
      "half a limit": { limit: 1.5 },
      "a limit that is no number": { limit: "many" },
      "a field that cannot be read": { params: "{", paramsType: "json" },
    };
    for (const [what, query] of Object.entries(settings)) {
      it(what, async () => {
        const { red, controller } = await omadaFlow({ omada: { omadacId: "" }, query });

        const { error } = await red.send("query", { path: "sites" });

        assert.equal(error?.code, "input");
        assert.deepEqual(controller.server.journal, []);
      });
    }
  });

  describe("tells a Catch node", () => {
    const harbour = { path: LED, site: "Harbour" };
    const refusals: [code: string, errorCode: number, msg: string][] = [
      ["sign-in", -44116, "Open API Authorized failed."],
      ["config", -7131, "Controller ID not exist."],
      ["forbidden", -1505, "No permission."],
      ["not-found", -33000, "No such site."],
      ["rejected", -1004, "Invalid request type."],
      ["unsupported", -1600, "Unsupported path."],
      ["offline", -39005, "Not connected."],
      ["busy", -30028, "Busy."],
    ];
    for (const [code, errorCode, msg] of refusals) {
      it(`"${code}", with what the controller said`, async () => {
        const { red, controller } = await omadaFlow();
        answering(controller, /led$/, { body: { errorCode, msg } }, 2);

        const { error, caught } = await red.send("query", { ...harbour, topic: "kept" });

        assert.equal(error?.code, code);
        assert.deepEqual(error.cause, {
          platform: "omada",
          operation: "GET sites/{siteId}/led",
          statusCode: 200,
          vendorCode: errorCode,
          vendorMessage: msg,
          retryable: code === "offline" || code === "busy",
        });
        assert.deepEqual([caught?.["topic"], caught?.["statusCode"]], ["kept", 200]);
        assert.equal(apiOf(caught)["operation"], "GET sites/{siteId}/led");
        assert.match(error.message, /^[A-Z].*\. \(-\d+\)$/);
      });
    }

    const answers: [code: string, what: string, answer: object, statusCode: number][] = [
      ["protocol", "a web page", { headers: { "content-type": "text/html" }, body: "<html></html>" }, 200],
      ["protocol", "half an answer in JSON", { body: '{"errorCode":0,"result":{"en' }, 200],
      ["protocol", "a redirect", { status: 302, headers: { location: "https://example.org/" }, body: "" }, 302],
      ["protocol", "HTTP 500", { status: 500, body: "" }, 500],
      [
        "rejected",
        "Bad Request in plain text",
        { status: 400, headers: { "content-type": "text/plain" }, body: "Bad Request" },
        400,
      ],
      ["rejected", "Spring's own 400", { status: 400, body: { timestamp: 1, status: 400, error: "Bad Request" } }, 400],
      ["forbidden", "HTTP 403", { status: 403, body: "" }, 403],
      ["not-found", "HTTP 404", { status: 404, body: "" }, 404],
      ["unsupported", "HTTP 405", { status: 405, body: "" }, 405],
      ["sign-in", "HTTP 401 again and again", { status: 401, body: "" }, 401],
    ];
    for (const [code, what, answer, statusCode] of answers) {
      it(`"${code}" for ${what}`, async () => {
        const { red, controller } = await omadaFlow();
        answering(controller, /led$/, answer, 9);

        const { error, caught } = await red.send("query", harbour);

        assert.equal(error?.code, code);
        assert.deepEqual([error.cause["statusCode"], error.cause["vendorCode"]], [statusCode, undefined]);
        assert.deepEqual([caught?.["statusCode"], error.cause["retryable"]], [statusCode, false]);
      });
    }

    const faults: [code: string, what: string, fault: Fault, attempts: number, timeout?: number][] = [
      ["network", "a connection that breaks", { kind: "reset" }, 3],
      ["network", "an answer that breaks off", { kind: "cut" }, 3],
      ["timeout", "no answer", { kind: "hang" }, 3],
      ["timeout", "an answer that drips", { kind: "drip", everyMs: 80 }, 3],
      ["protocol", "an answer without end", { kind: "endless" }, 1, 10],
    ];
    for (const [code, what, fault, attempts, timeout = 0.3] of faults) {
      it(`"${code}" for ${what}, after ${attempts} tries`, async () => {
        const { red, controller } = await omadaFlow({ omada: { timeout } });
        controller.server.injectFault(fault, { times: 9, when: ({ path }) => path.endsWith("/led") });

        const { error, caught } = await red.send("query", harbour);

        assert.equal(error?.code, code);
        assert.equal(error.cause["retryable"], code !== "protocol");
        assert.deepEqual([controller.calls(/led$/), apiOf(caught)["attempts"]], [attempts, attempts]);
      });
    }

    it('"network" for a controller that is not there', async () => {
      const controller = await OmadaController.start();
      const { url } = controller;
      await controller.close();
      const { red } = await omadaFlow({ omada: { server: url } });

      const { error, caught } = await red.send("query", harbour);

      assert.equal(error?.code, "network");
      assert.deepEqual([error.cause["retryable"], caught?.["statusCode"]], [true, undefined]);
    });

    it('"busy" for a controller that wants a long rest, and for how long', async () => {
      const { red, controller } = await omadaFlow();
      answering(controller, /led$/, { status: 429, headers: { "retry-after": "90" }, body: "" }, 9);

      const { error } = await red.send("query", harbour);

      assert.equal(error?.code, "busy");
      assert.deepEqual([error.cause["retryAfterMs"], error.cause["retryable"]], [90_000, true]);
      assert.equal(controller.calls(/led$/), 1);
    });

    it('"busy" for a full queue', async () => {
      const { red, controller } = await omadaFlow({ omada: { concurrency: 1, queue: 0 } });
      await red.send("query", harbour);
      controller.server.injectFault({ kind: "delay", ms: 100 });
      red.inject("query", harbour);

      const { error } = await red.send("query", harbour);

      assert.equal(error?.code, "busy");
      assert.match(error.message, /queue is full/);
    });

    it('"input" for a site that has several of its name, "not-found" for one that nobody knows', async () => {
      const { red, controller } = await omadaFlow();
      controller.addSite("Quay");
      controller.addSite("QUAY");

      const [several, none] = [
        await red.send("query", { path: LED, site: "quay" }),
        await red.send("query", { path: LED, site: "Nowhere" }),
      ];

      assert.deepEqual([several.error?.code, none.error?.code], ["input", "not-found"]);
      assert.match(none.error?.message ?? "", /"Harbour", "Depot"/);
      assert.deepEqual(asked(controller), [SITES]);
    });

    it('"cancelled" for messages that a deploy overtakes', async () => {
      const { red, controller, flow } = await omadaFlow();
      controller.server.injectFault({ kind: "hang" }, { times: 9, when: ({ path }) => path.endsWith("/led") });

      const ended = await endings(async () => {
        for (let message = 0; message < 6; message++) red.inject("query", harbour);
        while (controller.calls(/led$/) < 4) await pause(5);
        await red.deploy(
          flow.map((node) => ({ ...node, name: "renamed" })),
          "nodes",
        );
      });

      assert.deepEqual(
        ended.map((error) => [error?.code, error?.cause["retryable"]]),
        Array.from({ length: 6 }, () => ["cancelled", false]),
      );
    });

    it('"cancelled" for a list that a deploy overtakes in its middle', async () => {
      const { red, controller, flow, site } = await crowd(60, { query: { output: "pages" } });
      controller.server.injectFault({ kind: "hang" }, { when: onPage(3) });

      const ended = await endings(async () => {
        red.inject("query", { path: CLIENTS, site, params: { pageSize: 10 } });
        while (!controller.server.journal.some(onPage(3))) await pause(5);
        await red.deploy(
          flow.map((node) => ({ ...node, name: "renamed" })),
          "nodes",
        );
      });

      assert.deepEqual(
        ended.map((error) => error?.code),
        ["cancelled"],
      );
    });

    it('"cancelled" for messages that wait for a site or an id', async () => {
      for (const wait of [/sites$/, /info$/]) {
        const { red, controller, flow } = await omadaFlow({ omada: { omadacId: "" } });
        controller.server.injectFault({ kind: "hang" }, { when: ({ path }) => wait.test(path) });

        const ended = await endings(async () => {
          for (let message = 0; message < 3; message++) red.inject("query", harbour);
          while (controller.calls(wait) < 1) await pause(5);
          await red.deploy(
            flow.map((node) => ({ ...node, name: "renamed" })),
            "nodes",
          );
        });

        assert.deepEqual(new Set(ended.map((error) => error?.code)), new Set(["cancelled"]));
        assert.equal(controller.calls(wait), 1);
      }
    });
  });

  describe("tries again", () => {
    for (const [what, answer] of Object.entries({
      "HTTP 429": { status: 429, body: "" },
      "HTTP 502": { status: 502, body: "<html></html>" },
      "HTTP 503 with a short rest": { status: 503, headers: { "retry-after": "0" }, body: "" },
      "HTTP 504": { status: 504, body: "" },
    })) {
      it(`twice after ${what}`, async () => {
        const { red, controller } = await omadaFlow();
        answering(controller, /led$/, answer, 2);

        const { msg } = await red.send("query", { path: LED, site: "Harbour" });

        assert.deepEqual(msg?.payload, { enable: true });
        assert.deepEqual([msg?.["statusCode"], apiOf(msg)["attempts"]], [200, 3]);
      });
    }

    it("one page of a list, and reads the others once", async () => {
      const { red, controller, site, macs } = await crowd(45);
      controller.server.injectFault({ kind: "reset" }, { when: onPage(3) });

      const { msg } = await red.send("query", { path: CLIENTS, site, params: { pageSize: 10 } });

      const pages = controller.server.journal.map(({ query }) => query.get("page")).filter(Boolean);
      assert.deepEqual(macsOf(msg), macs);
      assert.deepEqual(pages.sort(), ["1", "2", "3", "3", "4", "5"]);
      assert.equal(apiOf(msg)["attempts"], 2);
    });
  });

  describe("shows", () => {
    it("that it asks, and how many rows came", async () => {
      const { red } = await omadaFlow();

      await red.send("query", { path: CLIENTS, site: "Harbour" });
      await red.until(() => red.statuses("query").length === 2);

      assert.deepEqual(red.statuses("query"), [
        { fill: "blue", shape: "ring", text: "requesting" },
        { fill: "green", shape: "dot", text: "done (10)" },
      ]);
    });

    it("what went wrong, until something goes well", async () => {
      const { red, controller } = await omadaFlow();
      answering(controller, /led$/, { body: { errorCode: -30028, msg: "Busy now." } });

      await red.send("query", { path: LED, site: "Harbour" });
      await red.send("query", { path: LED, site: "Harbour" });
      await red.until(() => red.statuses("query").length === 4);

      assert.deepEqual(
        red.statuses("query").map(({ fill, shape, text }) => [fill, shape, text]),
        [
          ["blue", "ring", "requesting"],
          ["red", "ring", "The controller declined: Busy now"],
          ["blue", "ring", "requesting"],
          ["green", "dot", "done"],
        ],
      );
    });

    it("that it waits for the controller's budget", async () => {
      const { red, controller } = await omadaFlow({ omada: { rate: 2 } });
      const site = controller.site("Harbour").siteId;

      for (let message = 0; message < 3; message++) red.inject("query", { path: LED, site });
      await red.until(() => red.ended("query") === 3);

      const shown = red.statuses("query").map(({ fill, shape }) => `${fill} ${shape}`);
      assert.ok(shown.includes("yellow ring"), shown.join());
      assert.equal(shown.at(-1), "green dot");
    });

    it("that it is not configured", async () => {
      const { red } = await omadaFlow({ query: { controller: "" } });

      const { error } = await red.send("query", { path: "sites" });

      assert.equal(error?.code, "config");
      assert.deepEqual(red.statuses("query").at(-1), { fill: "grey", shape: "ring", text: "not configured" });
    });
  });

  it("understands a controller that leaves out the content type", async () => {
    const { red, controller } = await omadaFlow();
    answering(controller, /led$/, {
      headers: { "content-type": "" },
      body: '{"errorCode":0,"result":{"enable":false}}',
    });

    const { msg } = await red.send("query", { path: LED, site: "Harbour" });

    assert.deepEqual(msg?.payload, { enable: false });
  });

  it("asks behind the path of a reverse proxy", async () => {
    const controller = closeAfterTest(await OmadaController.start({ http: true, prefix: "/proxy/omada" }));
    const { url: server, omadacId, clientId, clientSecret } = controller;
    const omada = { server, omadacId, fingerprint: "", credentials: { clientId, clientSecret } };
    const { red } = await omadaFlow({ omada });

    const { msg } = await red.send("query", { path: "sites" });

    assert.deepEqual(names(msg), ["Harbour", "Depot"]);
  });
});
