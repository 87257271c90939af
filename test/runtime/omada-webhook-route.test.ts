import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { postTo } from "../support/simulators/omada/events";
import { withoutCredentials } from "./config-node-fixture";
import {
  assertSecretHidden,
  lastStatus,
  MAX_BODY_BYTES,
  pause,
  SECRET,
  webhook,
  webhookFlow,
} from "./omada-webhook-fixture";

describe("omada-webhook", () => {
  afterEach(assertSecretHidden);

  it("leaves the routes of other nodes and the bodies of their requests alone", async () => {
    const other: FlowNode = { id: "other", type: "http in", url: "/other", method: "post" };
    const same: FlowNode = { id: "same", type: "http in", url: "/omada", method: "get" };
    const response: FlowNode = { id: "response", type: "http response", statusCode: "202", wires: [] };
    const withResponse = (node: FlowNode): FlowNode => ({ ...node, wires: [["response"]] });
    const flow = [withResponse(other), withResponse(same), response];
    const { red, hook, controller } = await webhookFlow([webhook(), ...flow]);
    const elsewhere = { ...hook, url: `${red.hooksUrl}/other` };
    const get = async (): Promise<number> => (await fetch(hook.url)).status;

    const large = { text: "a".repeat(MAX_BODY_BYTES * 2) };
    assert.equal((await postTo(elsewhere, large)).status, 202);
    assert.deepEqual(red.sent("other")[0]?.payload, large);
    assert.equal(await get(), 202);
    assert.equal((await controller.postWebhook(hook, ["one"])).status, 200);

    await red.deploy(flow, "nodes");
    assert.equal((await controller.postWebhook(hook, ["two"])).status, 404);
    assert.equal((await postTo(elsewhere, large)).status, 202);
    assert.equal(await get(), 202);
  });

  it("responds to POST only", async () => {
    const { red, hook } = await webhookFlow();

    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const { status } = await fetch(hook.url, { method, headers: { access_token: SECRET } });
      assert.equal(status, 404, method);
    }
    assert.deepEqual(red.sent("hook"), []);
  });

  for (const path of ["omada", "/omada/", " //omada ", "${HOMENET_HOOK}", "/${HOMENET_HOOK}"]) {
    it(`listens at /omada if its path is "${path}"`, async () => {
      process.env["HOMENET_HOOK"] = "omada";
      const { red, hook, controller } = await webhookFlow([webhook({ path })]);
      delete process.env["HOMENET_HOOK"];

      assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
      await red.until(() => red.sent("hook").length > 0);
    });
  }

  for (const { what, path, code, message } of [
    { what: "a missing path", path: " ", code: "input", message: /"path" must be like/ },
    { what: "a path with a pattern in it", path: "/omada/:id", code: "input", message: /"path" must be like/ },
    { what: "a path that matches everything", path: "/*", code: "input", message: /"path" must be like/ },
    { what: "a path that leads upwards", path: "/../omada", code: "input", message: /"path" must be like/ },
  ]) {
    it(`reports ${what}`, async () => {
      const { red, hook, controller } = await webhookFlow([webhook({ path })]);
      await red.until(() => red.caught().length > 0);

      const [{ error } = assert.fail()] = red.caught();
      const { platform, operation } = error.cause;
      assert.deepEqual([error.code, platform, operation], [code, "omada", "omada-webhook"]);
      assert.match(error.message, message);
      assert.match(lastStatus(red), /^red ring /);
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 404);
    });
  }

  for (const { what, other } of [
    { what: "another webhook", other: webhook({ id: "first", path: "/OMADA/" }) },
    { what: "an http in node", other: { id: "first", type: "http in", url: "/:any", method: "post" } },
  ]) {
    it(`reports that ${what} uses its path already, and takes over when that is removed`, async () => {
      const { red, controller, hook } = await webhookFlow([other, webhook()]);
      await red.until(() => red.caught().length > 0);
      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id], ["config", "hook"]);
      assert.match(error.message, /handles posts to \/omada already/);

      // The path is still in use, which is not reported again; then it is free. No deploy touches the webhook node itself.
      const rest = withoutCredentials(webhook());
      await red.deploy([{ ...other, name: "still there" }, rest], "nodes");
      await pause(100);
      assert.deepEqual([red.statuses("hook"), red.caught()], [[], []]);
      await red.deploy([rest], "nodes");
      await red.until(() => red.statuses("hook").length > 0);
      assert.equal(lastStatus(red), "green dot listening");
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 200);
    });
  }

  it("reports that Node-RED's HTTP server is switched off", async () => {
    const red = await nodeRed();
    const { httpNodeRoot } = red.settings;
    red.settings["httpNodeRoot"] = false;
    try {
      await webhookFlow();
      await red.until(() => red.caught().length > 0);
    } finally {
      red.settings["httpNodeRoot"] = httpNodeRoot;
    }

    const [{ error } = assert.fail()] = red.caught();
    assert.equal(error.code, "config");
    assert.match(error.message, /httpNodeRoot/);
  });

  it("runs behind the middleware in Node-RED's settings, even if that reads the body", async () => {
    const red = await nodeRed();
    const requests: string[] = [];
    type Request = AsyncIterable<Buffer> & { url: string; body?: unknown };
    red.settings["httpNodeMiddleware"] = (request: Request, _response: unknown, next: () => void) => {
      requests.push(request.url);
      const read = async (): Promise<void> => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        request.body = JSON.parse(Buffer.concat(chunks).toString());
        next();
      };
      read().catch(assert.fail);
    };
    try {
      const { hook, controller } = await webhookFlow();
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 200);
      assert.equal((await postTo(hook, { text: ["a".repeat(MAX_BODY_BYTES)] })).status, 413);
      await red.until(() => red.sent("hook").length > 0);
    } finally {
      delete red.settings["httpNodeMiddleware"];
    }
    assert.deepEqual(requests, ["/omada", "/omada"]);
  });

  it("responds in the same way if the body parser of Node-RED's editor has read the body, as with the default settings", async () => {
    const red = await NodeRedProcess.start(userDirectory());
    await red.deploy([webhook()]);
    const url = `${red.url}/omada`;
    await red.until(async () => (await postTo({ url, secret: "x" }, "{}")).status === 401);
    const contextUrl = `${red.url}/context/flow/tab/hook`;
    const clear = (): Promise<unknown> => fetch(contextUrl, { method: "DELETE" });
    const sent = async (): Promise<string> => {
      await pause(100);
      return ((await (await fetch(contextUrl)).json()) as { msg?: string }).msg ?? "(undefined)";
    };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const chunked = { "transfer-encoding": "chunked" };
    const authorized = { access_token: SECRET };
    const deep = `{"timestamp":1,"text":["deep"],"more":${"[".repeat(60_000)}${"]".repeat(60_000)}}`;
    const large = (bytes: number): string => JSON.stringify({ text: ["a".repeat(bytes - 13)] });

    for (const [what, body, headers, status] of [
      ["deep, with a wrong secret", deep, { access_token: "x" }, 401],
      ["deep and chunked, with a wrong secret", deep, { access_token: "x", ...chunked }, 401],
      ["empty, with a wrong secret", "", { access_token: "x" }, 401],
      ["empty", "", authorized, 400],
      ["an empty object", "{}", authorized, 400],
      ["an array", "[1]", authorized, 400],
      ["a form", "text=a", { ...authorized, ...form }, 400],
      ["a form with the secret in it", `text=a&shardSecret=${SECRET}`, form, 401],
      ["white space", `${large(20)}${" ".repeat(MAX_BODY_BYTES)}`, authorized, 413],
      ["one byte too large", large(MAX_BODY_BYTES + 1), authorized, 413],
      ["one byte too large, chunked", large(MAX_BODY_BYTES + 1), { ...authorized, ...chunked }, 413],
    ] as const) {
      assert.deepEqual(await postTo({ url, secret: "" }, body, headers), { status, body: "" }, what);
      assert.equal(await sent(), "(undefined)", what);
    }
    for (const [what, body, headers] of [
      ["deep", deep, authorized],
      ["of the maximum size", large(MAX_BODY_BYTES), authorized],
      ["of the maximum size, chunked", large(MAX_BODY_BYTES), { ...authorized, ...chunked }],
      ["the secret in the body", { text: ["a"], timestamp: 7, shardSecret: SECRET }, {}],
    ] as const) {
      assert.deepEqual(await postTo({ url, secret: "" }, body, headers), { status: 200, body: "" }, what);
      assert.match(await sent(), /"text":/, what);
      await clear();
    }
    const again = { text: ["a"], timestamp: 7, shardSecret: SECRET };
    assert.equal((await postTo({ url, secret: "" }, again, {})).status, 200);
    assert.equal(await sent(), "(undefined)", "the message was recognised");
    assert.ok(!red.log.includes(SECRET));
  });

  it("adds no route if it is closed while the flow starts", async () => {
    const { red, hook, controller } = await webhookFlow();
    const { events } = require(NODE_RED) as NodeRedRuntime;
    await red.deploy([]);
    events.once("flows:started", () => red.node<{ close(): unknown }>("hook").close());
    await red.deploy([webhook()]);

    assert.equal((await controller.postWebhook(hook, ["a"])).status, 404);
  });

  it("removes no other route if its own one is gone", async () => {
    const { red } = await webhookFlow();
    const { httpNode } = require(NODE_RED) as NodeRedRuntime & { httpNode: { _router: { stack: unknown[] } } };
    const { stack } = httpNode["_router"];
    stack.pop();
    const before = [...stack];

    await red.deploy([]);

    assert.deepEqual(stack, before);
  });

  it("adds and removes its route with each deploy", async () => {
    const red = await nodeRed();
    const { httpNode } = require(NODE_RED) as NodeRedRuntime & { httpNode: { _router: { stack: unknown[] } } };
    const stack = (): number => httpNode["_router"].stack.length;
    await red.deploy([]);
    const before = stack();
    for (const type of ["full", "nodes", "flows", "full"] as const) {
      const { controller, hook } = await webhookFlow([webhook({ name: type })]);
      assert.equal(stack(), before + 1);
      assert.equal((await controller.postWebhook(hook, [type])).status, 200);
      await red.deploy([], type);
      assert.equal(stack(), before);
    }
  });
});
