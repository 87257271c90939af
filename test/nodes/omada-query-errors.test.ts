import assert from "node:assert/strict";
import { apiOf, respondWith, sentRequests } from "../support/harness/omada-flow";
import type { Message } from "../support/harness/test-helper";
import { unusedPort } from "../support/http-fixture";
import type { Fault } from "../support/simulators/simulated-server";
import { assertNoSecretLeaked, omadaFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";

describe('omada-query fails with "input", without a request, for', () => {
  afterEach(assertNoSecretLeaked);

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
    "a path that is not a text": { path: { a: 1 } },
    "no site where one is required": { path: LED },
    "a placeholder without a value": { path: "devices/{deviceMac}" },
    "a value of two dots": { path: "devices/{deviceMac}", params: { deviceMac: ".." } },
    "parameters that are a list": { path: "sites", params: [1] },
    "parameters that are a number": { path: "sites", params: 7 },
    "parameters that are not valid JSON": { path: "sites", params: "{page:1}" },
    "page 0": { path: "sites", params: { page: 0 } },
    "a query with a lone surrogate": { path: "sites", params: { searchKey: "\ud800" } },
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
    "a fractional limit": { limit: 1.5 },
    "a limit that is not a number": { limit: "many" },
    "a setting that cannot be evaluated": { params: "{", paramsType: "json" },
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

describe("omada-query fails with", () => {
  afterEach(assertNoSecretLeaked);

  const harbour = { path: LED, site: "Harbour" };
  const refusals: [code: string, errorCode: number, msg: string][] = [
    ["forbidden", -44116, "Open API Authorized failed."],
    ["config", -7131, "Controller ID not exist."],
    ["forbidden", -1505, "No permission."],
    ["not-found", -33000, "No such site."],
    ["rejected", -1004, "Invalid request type."],
    ["unsupported", -1600, "Unsupported path."],
    ["offline", -39005, "Not connected."],
    ["busy", -30028, "Busy."],
  ];
  for (const [code, errorCode, msg] of refusals) {
    it(`"${code}" and the controller's own number and message for ${errorCode}`, async () => {
      const { red, controller } = await omadaFlow();
      respondWith(controller, /led$/, { body: { errorCode, msg } }, 2);

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

  const responses: [code: string, what: string, response: object, statusCode: number][] = [
    ["protocol", "a web page", { headers: { "content-type": "text/html" }, body: "<html></html>" }, 200],
    ["protocol", "half a JSON response", { body: '{"errorCode":0,"result":{"en' }, 200],
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
    ["forbidden", "repeated HTTP 401, while the list of sites works", { status: 401, body: "" }, 401],
  ];
  for (const [code, what, response, statusCode] of responses) {
    it(`"${code}" for ${what}`, async () => {
      const { red, controller } = await omadaFlow();
      respondWith(controller, /led$/, response, 9);

      const { error, caught } = await red.send("query", harbour);

      assert.equal(error?.code, code);
      assert.deepEqual([error.cause["statusCode"], error.cause["vendorCode"]], [statusCode, undefined]);
      assert.deepEqual([caught?.["statusCode"], error.cause["retryable"]], [statusCode, false]);
    });
  }

  const faults: [code: string, what: string, fault: Fault, attempts: number, timeout?: number][] = [
    ["network", "a connection that breaks", { kind: "reset" }, 3],
    ["network", "a response that breaks off", { kind: "cut" }, 3],
    ["timeout", "no response", { kind: "hang" }, 3],
    ["timeout", "a response that comes too slowly", { kind: "drip", everyMs: 80 }, 3],
    ["protocol", "an endless response", { kind: "endless" }, 1, 10],
  ];
  for (const [code, what, fault, attempts, timeout = 0.3] of faults) {
    it(`"${code}" for ${what}, after ${attempts} attempts`, async () => {
      const { red, controller } = await omadaFlow({ omada: { timeout } });
      controller.server.injectFault(fault, { times: 9, when: ({ path }) => path.endsWith("/led") });

      const { error, caught } = await red.send("query", harbour);

      assert.equal(error?.code, code);
      assert.equal(error.cause["retryable"], code !== "protocol");
      assert.deepEqual([controller.calls(/led$/), apiOf(caught)["attempts"]], [attempts, attempts]);
    });
  }

  it('"network" if nothing listens at the address', async () => {
    const { red } = await omadaFlow({ omada: { server: `https://127.0.0.1:${await unusedPort()}` } });

    const { error, caught } = await red.send("query", harbour);

    assert.equal(error?.code, "network");
    assert.deepEqual([error.cause["retryable"], caught?.["statusCode"]], [true, undefined]);
  });

  it('"busy" if the controller asks to wait for long, and says for how long', async () => {
    const { red, controller } = await omadaFlow();
    respondWith(controller, /led$/, { status: 429, headers: { "retry-after": "90" }, body: "" }, 9);

    const { error } = await red.send("query", harbour);

    assert.equal(error?.code, "busy");
    assert.deepEqual([error.cause["retryAfterMs"], error.cause["retryable"]], [90_000, true]);
    assert.equal(controller.calls(/led$/), 1);
  });

  it('"busy" if the queue is full', async () => {
    const { red, controller } = await omadaFlow({ omada: { concurrency: 1, queue: 0 } });
    await red.send("query", harbour);
    controller.server.injectFault({ kind: "delay", ms: 100 });
    red.inject("query", harbour);

    const { error } = await red.send("query", harbour);

    assert.equal(error?.code, "busy");
    assert.match(error.message, /queue is full/);
  });

  it('"input" for a site name that is not unique, and "not-found" for an unknown one', async () => {
    const { red, controller } = await omadaFlow();
    controller.addSite("Quay");
    controller.addSite("QUAY");

    const [ambiguous, unknown] = [
      await red.send("query", { path: LED, site: "quay" }),
      await red.send("query", { path: LED, site: "Nowhere" }),
    ];

    assert.deepEqual([ambiguous.error?.code, unknown.error?.code], ["input", "not-found"]);
    assert.match(unknown.error?.message ?? "", /"Harbour", "Depot"/);
    assert.deepEqual(sentRequests(controller), [SITES]);
  });
});
