import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { omadaController } from "../support/harness/platforms";
import { orphansDuring } from "../support/http-fixture";
import { postTo, type WebhookTarget } from "../support/simulators/omada/events";

const SECRET = "tides-and-currents";
const LIMIT = 256 * 1024;

const webhook = (more: object = {}, credentials: object = { secret: SECRET }): FlowNode =>
  ({ id: "hook", type: "omada-webhook", path: "/omada", credentials, ...more }) as FlowNode;

/** A flow with a webhook, and a controller that posts there. */
async function listening(nodes: FlowNode[] = [webhook()]) {
  const { controller } = await omadaController({ http: true });
  const red = await nodeRed();
  await red.deploy(nodes);
  await red.until(() => red.statuses("hook").length > 0);
  const hook: WebhookTarget = { url: `${red.hooksUrl}/omada`, secret: SECRET };
  return { red, controller, hook, secret: SECRET };
}

/** Everything that others can read. */
const readable = (red: NodeRed): string =>
  JSON.stringify([red.sent("hook"), red.caught(), red.statuses("hook"), red.log]);

const lastStatus = (red: NodeRed): string => {
  const { fill, shape, text } = red.statuses("hook").at(-1) ?? {};
  return `${fill} ${shape} ${text}`;
};

describe("omada-webhook", () => {
  afterEach(async () => {
    const red = await nodeRed();
    const told = readable(red);
    await red.deploy([]);
    assert.ok(!told.includes(SECRET), "the secret can be read");
    assert.ok(!told.includes(createHash("sha256").update(SECRET).digest("hex")), "the secret can be guessed");
  });

  it("sends on what a controller posts, and answers at once", async () => {
    const { red, controller, hook } = await listening();
    const gateway = controller.device("Harbour gateway").mac;

    const { status, body } = await controller.postWebhook(hook, [`[WAN1] of [gateway:${gateway}] is down.\r`]);
    await red.until(() => red.sent("hook").length > 0);

    assert.deepEqual([status, body], [200, ""]);
    const [{ topic, payload, ...rest } = assert.fail()] = red.sent("hook");
    const { at, ...said } = payload as { at: string };
    assert.equal(topic, "webhook");
    assert.deepEqual(Object.keys(rest), ["_msgid"]);
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
    assert.deepEqual(said, {
      site: "Harbour",
      controller: `Omada Controller_${controller.omadacId.slice(0, 6)}`,
      text: [`[WAN1] of [gateway:${gateway}] is down.`],
      references: [{ kind: "gateway", mac: gateway }],
    });
    assert.equal(lastStatus(red), "green dot listening");
  });

  it("sends on a test each time, and a message that is posted again once", async () => {
    const { red, controller, hook } = await listening();
    controller.now = () => 1_758_852_904_877;

    for (let times = 0; times < 3; times++) {
      assert.equal((await controller.postTestWebhook(hook)).status, 200);
      assert.equal((await controller.postWebhook(hook, ["down"])).status, 200);
    }
    controller.now = () => 1_758_852_904_878;
    await controller.postWebhook(hook, ["down"]);
    await red.until(() => red.sent("hook").length >= 5);

    const texts = red.sent("hook").map(({ payload }) => (payload as { text: string[] }).text[0]);
    assert.deepEqual(texts.filter((text) => text === "down").length, 2);
    assert.equal(texts.length, 5);
  });

  it("remembers so many messages and no more", async () => {
    const { red, controller, hook } = await listening();
    let time = 1_758_852_904_877;
    controller.now = () => time;
    for (let count = 0; count < 102; count++) {
      time++;
      await controller.postWebhook(hook, ["down"]);
    }
    await red.until(() => red.sent("hook").length === 102);

    await controller.postWebhook(hook, ["down"]);
    time -= 101;
    await controller.postWebhook(hook, ["down"]);
    await red.until(() => red.sent("hook").length > 102);

    assert.equal(red.sent("hook").length, 103, "the last is known, the first is not any more");
  });

  for (const { why, body, headers, status } of [
    { why: "the secret in the header alone", body: { text: ["a"] }, headers: { Access_token: SECRET }, status: 200 },
    { why: "the secret in the body alone", body: { text: ["a"], shardSecret: SECRET }, headers: {}, status: 200 },
    {
      why: "one secret right and one wrong",
      body: { text: ["a"], shardSecret: SECRET },
      headers: { Access_token: "x" },
      status: 200,
    },
    { why: "no secret", body: { text: ["a"] }, headers: {}, status: 401 },
    { why: "another secret", body: { text: ["a"], shardSecret: "x" }, headers: { Access_token: "y" }, status: 401 },
    { why: "a secret that is no text", body: { shardSecret: [SECRET] }, headers: {}, status: 401 },
    { why: "the beginning of the secret", body: {}, headers: { Access_token: SECRET.slice(0, -1) }, status: 401 },
    { why: "no JSON and no secret", body: "hello", headers: {}, status: 401 },
    { why: "no JSON", body: "hello", headers: { Access_token: SECRET }, status: 400 },
    { why: "nothing", body: "", headers: { Access_token: SECRET }, status: 400 },
    { why: "JSON with nothing in it", body: "{}", headers: { Access_token: SECRET }, status: 400 },
    { why: "the secret and nothing else", body: { shardSecret: SECRET }, headers: {}, status: 400 },
    { why: "JSON that is no object", body: "[1]", headers: { Access_token: SECRET }, status: 400 },
    { why: "JSON that is nothing", body: "null", headers: { Access_token: SECRET }, status: 400 },
    {
      why: "JSON that means harm",
      body: `{"__proto__":{"polluted":1},"text":["a"]}`,
      headers: { Access_token: SECRET },
      status: 200,
    },
    {
      why: "as much as may be",
      body: JSON.stringify({ text: ["a".repeat(LIMIT - 13)] }),
      headers: { Access_token: SECRET },
      status: 200,
    },
    {
      why: "a byte more than may be",
      body: JSON.stringify({ text: ["a".repeat(LIMIT - 12)] }),
      headers: { Access_token: SECRET },
      status: 413,
    },
  ]) {
    it(`answers ${status} to ${why}`, async () => {
      const { red, hook } = await listening();

      const answered = await postTo(hook, body, { ...headers });
      if (status === 200) await red.until(() => red.sent("hook").length > 0);
      else await pause(50);

      assert.deepEqual([answered.status, answered.body], [status, ""]);
      assert.equal(red.sent("hook").length, status === 200 ? 1 : 0);
      assert.equal(({} as { polluted?: number }).polluted, undefined);
      assert.equal(lastStatus(red), status === 401 ? "red ring A post had the wrong secret." : "green dot listening");
    });
  }

  it("ends the connection of one that sends without end, and of one that goes away says nothing", async () => {
    const { red, hook, controller } = await listening();
    const { port } = new URL(hook.url);
    const head = `POST /hooks/omada HTTP/1.1\r\nhost: a\r\naccess_token: ${SECRET}\r\n`;

    const endless = connect(Number(port), "127.0.0.1");
    endless.on("error", () => undefined);
    endless.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    const block = `10000\r\n${" ".repeat(65_536)}\r\n`;
    let sent = 0;
    const pump = setInterval(() => {
      if (sent < 200 && endless.writable) endless.write(block, () => sent++);
    }, 1);
    await new Promise<void>((done) => endless.on("close", () => done()));
    clearInterval(pump);
    assert.ok(sent < 150, `${sent} blocks were taken`);

    const gone = connect(Number(port), "127.0.0.1");
    await new Promise<void>((done) => gone.write(`${head}content-length: 99\r\n\r\n{"text"`, () => done()));
    gone.destroy();
    await pause(50);

    assert.equal((await controller.postWebhook(hook, ["after"])).status, 200);
    await red.until(() => red.sent("hook").length > 0);
    assert.equal(red.sent("hook").length, 1);
    assert.deepEqual(red.caught(), []);
  });

  it("answers 503 to a post that has not ended when the node goes, and sends nothing on", async () => {
    const { red, hook } = await listening();
    const socket = connect(Number(new URL(hook.url).port), "127.0.0.1");
    const answered = new Promise<string>((done) => socket.once("data", (data: Buffer) => done(data.toString())));
    const body = JSON.stringify({ text: ["late"], shardSecret: SECRET });
    socket.write(`POST /hooks/omada HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
    await pause(100);

    await red.deploy([]);
    socket.write(body.slice(9));

    assert.match(await answered, /^HTTP\/1\.1 503 /);
    assert.deepEqual(red.sent("hook"), []);
    socket.destroy();
  });

  it("lets the bodies of other nodes' requests alone, and their routes when it goes", async () => {
    const other: FlowNode = { id: "other", type: "http in", url: "/other", method: "post" };
    const same: FlowNode = { id: "same", type: "http in", url: "/omada", method: "get" };
    const response: FlowNode = { id: "response", type: "http response", statusCode: "202", wires: [] };
    const answered = (node: FlowNode): FlowNode => ({ ...node, wires: [["response"]] });
    const flow = [answered(other), answered(same), response];
    const { red, hook, controller } = await listening([webhook(), ...flow]);
    const elsewhere = { ...hook, url: `${red.hooksUrl}/other` };
    const get = async (): Promise<number> => (await fetch(hook.url)).status;

    const large = { text: "a".repeat(LIMIT * 2) };
    assert.equal((await postTo(elsewhere, large)).status, 202);
    assert.deepEqual(red.sent("other")[0]?.payload, large);
    assert.equal(await get(), 202);
    assert.equal((await controller.postWebhook(hook, ["one"])).status, 200);

    await red.deploy(flow, "nodes");
    assert.equal((await controller.postWebhook(hook, ["two"])).status, 404);
    assert.equal((await postTo(elsewhere, large)).status, 202);
    assert.equal(await get(), 202);
  });

  it("answers to nothing but POST", async () => {
    const { red, hook } = await listening();

    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const { status } = await fetch(hook.url, { method, headers: { access_token: SECRET } });
      assert.equal(status, 404, method);
    }
    assert.deepEqual(red.sent("hook"), []);
  });

  for (const path of ["omada", "/omada/", " //omada ", "${HOMENET_HOOK}", "/${HOMENET_HOOK}"]) {
    it(`listens at /omada with "${path}" in its path`, async () => {
      process.env["HOMENET_HOOK"] = "omada";
      const { red, hook, controller } = await listening([webhook({ path })]);
      delete process.env["HOMENET_HOOK"];

      assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
      await red.until(() => red.sent("hook").length > 0);
    });
  }

  it("refuses every post, and says so, as long as it has no secret", async () => {
    for (const credentials of [{}, { secret: "" }]) {
      const { red, hook } = await listening([webhook({ id: "hook" }, credentials)]);
      await red.until(() => red.caught().length > 0);

      for (const secret of ["", "undefined", "x"]) {
        const { status } = await postTo({ ...hook, secret }, { shardSecret: secret, text: ["a"] });
        assert.equal(status, 401);
      }

      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id], ["config", "hook"]);
      assert.match(error.message, /No secret is set/);
      assert.match(lastStatus(red), /^red ring No secret is set/);
      assert.deepEqual(red.sent("hook"), []);
    }
  });

  for (const { why, path, code, words } of [
    { why: "no path", path: " ", code: "input", words: /"path" must be like/ },
    { why: "a path with a pattern in it", path: "/omada/:id", code: "input", words: /"path" must be like/ },
    { why: "a path that matches all", path: "/*", code: "input", words: /"path" must be like/ },
    { why: "a path that leads upwards", path: "/../omada", code: "input", words: /"path" must be like/ },
  ]) {
    it(`says what is wrong with ${why}`, async () => {
      const { red, hook, controller } = await listening([webhook({ path })]);
      await red.until(() => red.caught().length > 0);

      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.cause["platform"]], [code, "omada"]);
      assert.match(error.message, words);
      assert.match(lastStatus(red), /^red ring /);
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 404);
    });
  }

  for (const { why, other } of [
    { why: "another webhook", other: webhook({ id: "first", path: "/OMADA/" }) },
    { why: "an http in node", other: { id: "first", type: "http in", url: "/:any", method: "post" } },
  ]) {
    it(`says that ${why} answers at its path already, and takes the place when it is free`, async () => {
      const { red, controller, hook } = await listening([other, webhook()]);
      await red.until(() => red.caught().length > 0);
      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id], ["config", "hook"]);
      assert.match(error.message, /answers posts to \/omada already/);

      // Still taken, and not complained of again; then free, with the node itself left alone both times.
      const { credentials: _, ...left } = webhook();
      await red.deploy([{ ...other, name: "still there" }, left], "nodes");
      await pause(100);
      assert.deepEqual([red.statuses("hook"), red.caught()], [[], []]);
      await red.deploy([left], "nodes");
      await red.until(() => red.statuses("hook").length > 0);
      assert.equal(lastStatus(red), "green dot listening");
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 200);
    });
  }

  it("says that Node-RED's HTTP server is switched off", async () => {
    const red = await nodeRed();
    const { httpNodeRoot } = red.settings;
    red.settings["httpNodeRoot"] = false;
    try {
      await listening();
      await red.until(() => red.caught().length > 0);
    } finally {
      red.settings["httpNodeRoot"] = httpNodeRoot;
    }

    const [{ error } = assert.fail()] = red.caught();
    assert.equal(error.code, "config");
    assert.match(error.message, /httpNodeRoot/);
  });

  it("stands behind the middleware of Node-RED's owner, also one that reads the body", async () => {
    const red = await nodeRed();
    const asked: string[] = [];
    type Request = AsyncIterable<Buffer> & { url: string; body?: unknown };
    red.settings["httpNodeMiddleware"] = (request: Request, _response: unknown, next: () => void) => {
      asked.push(request.url);
      const read = async (): Promise<void> => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        request.body = JSON.parse(Buffer.concat(chunks).toString());
        next();
      };
      read().catch(assert.fail);
    };
    try {
      const { hook, controller } = await listening();
      assert.equal((await controller.postWebhook(hook, ["a"])).status, 200);
      assert.equal((await postTo(hook, { text: ["a".repeat(LIMIT)] })).status, 413);
      await red.until(() => red.sent("hook").length > 0);
    } finally {
      delete red.settings["httpNodeMiddleware"];
    }
    assert.deepEqual(asked, ["/omada", "/omada"]);
  });

  it("answers the same where Node-RED's default roots let its editor's parser read the body first", async () => {
    const red = await NodeRedProcess.start(userDirectory());
    await red.deploy([webhook()]);
    const url = `${red.url}/omada`;
    await red.until(async () => (await postTo({ url, secret: "x" }, "{}")).status === 401);
    const kept = `${red.url}/context/flow/tab/hook`;
    const forget = (): Promise<unknown> => fetch(kept, { method: "DELETE" });
    const sent = async (): Promise<string> => {
      await pause(100);
      return ((await (await fetch(kept)).json()) as { msg?: string }).msg ?? "(undefined)";
    };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const chunked = { "transfer-encoding": "chunked" };
    const right = { access_token: SECRET };
    const deep = `{"timestamp":1,"text":["deep"],"more":${"[".repeat(60_000)}${"]".repeat(60_000)}}`;
    const large = (bytes: number): string => JSON.stringify({ text: ["a".repeat(bytes - 13)] });

    for (const [why, body, headers, status] of [
      ["deep, and another secret", deep, { access_token: "x" }, 401],
      ["deep and chunked, and another secret", deep, { access_token: "x", ...chunked }, 401],
      ["nothing, and another secret", "", { access_token: "x" }, 401],
      ["nothing", "", right, 400],
      ["nothing in it", "{}", right, 400],
      ["a list", "[1]", right, 400],
      ["a form", "text=a", { ...right, ...form }, 400],
      ["a form with the secret in it", `text=a&shardSecret=${SECRET}`, form, 401],
      ["white space", `${large(20)}${" ".repeat(LIMIT)}`, right, 413],
      ["a byte too many", large(LIMIT + 1), right, 413],
      ["a byte too many, chunked", large(LIMIT + 1), { ...right, ...chunked }, 413],
    ] as const) {
      assert.deepEqual(await postTo({ url, secret: "" }, body, headers), { status, body: "" }, why);
      assert.equal(await sent(), "(undefined)", why);
    }
    for (const [why, body, headers] of [
      ["deep", deep, right],
      ["as much as may be", large(LIMIT), right],
      ["as much as may be, chunked", large(LIMIT), { ...right, ...chunked }],
      ["the secret in the body", { text: ["a"], timestamp: 7, shardSecret: SECRET }, {}],
    ] as const) {
      assert.deepEqual(await postTo({ url, secret: "" }, body, headers), { status: 200, body: "" }, why);
      assert.match(await sent(), /"text":/, why);
      await forget();
    }
    const again = { text: ["a"], timestamp: 7, shardSecret: SECRET };
    assert.equal((await postTo({ url, secret: "" }, again, {})).status, 200);
    assert.equal(await sent(), "(undefined)", "it is known already");
    assert.ok(!red.log.includes(SECRET));
  });

  it("is not bothered by what goes wrong in the flow behind it", async () => {
    const { red, hook, controller } = await listening();
    const broken = red.node<{ send?: () => void }>("hook");
    broken.send = () => {
      throw new TypeError("cannot be sent");
    };

    const orphans = await orphansDuring(async () => {
      assert.equal((await controller.postWebhook(hook, ["lost"])).status, 200);
      delete broken.send;
      assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
      await red.until(() => red.sent("hook").length > 0);
    });

    assert.equal(red.sent("hook").length, 1);
    assert.deepEqual(orphans, []);
  });

  it("never opens its route when it is closed in the moment in which the flow starts", async () => {
    const { red, hook, controller } = await listening();
    const { events } = require(NODE_RED) as NodeRedRuntime;
    await red.deploy([]);
    events.once("flows:started", () => red.node<{ close(): unknown }>("hook").close());
    await red.deploy([webhook()]);

    assert.equal((await controller.postWebhook(hook, ["a"])).status, 404);
  });

  it("takes back what it shows when it goes", async () => {
    const { red } = await listening();
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const shown: unknown[] = [];
    const listener = ({ id, status }: { id: string; status?: object }): void => {
      if (id === "hook" && status) shown.push(status);
    };
    events.on("node-status", listener);
    await red.deploy([]);
    events.off("node-status", listener);

    assert.deepEqual(shown, [{}]);
  });

  it("leaves the routes of others alone when its own is gone already", async () => {
    const { red } = await listening();
    const { httpNode } = require(NODE_RED) as NodeRedRuntime & { httpNode: { _router: { stack: unknown[] } } };
    const { stack } = httpNode["_router"];
    stack.pop();
    const before = [...stack];

    await red.deploy([]);

    assert.deepEqual(stack, before);
  });

  it("opens and closes its route with each deploy, leaving nothing behind", async () => {
    const red = await nodeRed();
    const { httpNode } = require(NODE_RED) as NodeRedRuntime & { httpNode: { _router: { stack: unknown[] } } };
    const stack = (): number => httpNode["_router"].stack.length;
    await red.deploy([]);
    const before = stack();
    for (const type of ["full", "nodes", "flows", "full"] as const) {
      const { controller, hook } = await listening([webhook({ name: type })]);
      assert.equal(stack(), before + 1);
      assert.equal((await controller.postWebhook(hook, [type])).status, 200);
      await red.deploy([], type);
      assert.equal(stack(), before);
    }
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
