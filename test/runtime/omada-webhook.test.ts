import assert from "node:assert/strict";
import { connect } from "node:net";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { unhandledRejectionsDuring } from "../support/http-fixture";
import { postTo } from "../support/simulators/omada/events";
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

  it("sends each message that a controller posts, and responds at once", async () => {
    const { red, controller, hook } = await webhookFlow();
    const gateway = controller.device("Harbour gateway").mac;

    const { status, body } = await controller.postWebhook(hook, [`[WAN1] of [gateway:${gateway}] is down.\r`]);
    await red.until(() => red.sent("hook").length > 0);

    assert.deepEqual([status, body], [200, ""]);
    const [{ topic, payload, ...rest } = assert.fail()] = red.sent("hook");
    const { at, ...message } = payload as { at: string };
    assert.equal(topic, "webhook");
    assert.deepEqual(Object.keys(rest), ["_msgid"]);
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
    assert.deepEqual(message, {
      site: "Harbour",
      controller: `Omada Controller_${controller.omadacId.slice(0, 6)}`,
      text: [`[WAN1] of [gateway:${gateway}] is down.`],
      references: [{ kind: "gateway", mac: gateway }],
      event: "wan-down",
      client: null,
      device: gateway,
      ssid: null,
    });
    assert.equal(lastStatus(red), "green dot listening");
  });

  it("sends every test message, but a message that is posted twice only once", async () => {
    const { red, controller, hook } = await webhookFlow();
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

  it("recognises the last hundred messages", async () => {
    const { red, controller, hook } = await webhookFlow();
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

    assert.equal(red.sent("hook").length, 103, "the last message is recognised, the first one no longer");
  });

  for (const { what, body, headers, status } of [
    { what: "the secret in the header only", body: { text: ["a"] }, headers: { Access_token: SECRET }, status: 200 },
    { what: "the secret in the body only", body: { text: ["a"], shardSecret: SECRET }, headers: {}, status: 200 },
    {
      what: "a wrong secret in the body beside the right one in the header",
      body: { text: ["a"], shardSecret: "x" },
      headers: { Access_token: SECRET },
      status: 200,
    },
    { what: "no secret", body: { text: ["a"] }, headers: {}, status: 401 },
    { what: "a wrong secret", body: { text: ["a"], shardSecret: "x" }, headers: { Access_token: "y" }, status: 401 },
    { what: "a secret that is not a string", body: { shardSecret: [SECRET] }, headers: {}, status: 401 },
    { what: "the beginning of the secret", body: {}, headers: { Access_token: SECRET.slice(0, -1) }, status: 401 },
    { what: "invalid JSON without a secret", body: "hello", headers: {}, status: 401 },
    { what: "invalid JSON", body: "hello", headers: { Access_token: SECRET }, status: 400 },
    { what: "an empty body", body: "", headers: { Access_token: SECRET }, status: 400 },
    { what: "an empty object", body: "{}", headers: { Access_token: SECRET }, status: 400 },
    { what: "an object that holds only the secret", body: { shardSecret: SECRET }, headers: {}, status: 400 },
    { what: "an array", body: "[1]", headers: { Access_token: SECRET }, status: 400 },
    { what: "null", body: "null", headers: { Access_token: SECRET }, status: 400 },
    {
      what: "an object with a __proto__ property",
      body: `{"__proto__":{"polluted":1},"text":["a"]}`,
      headers: { Access_token: SECRET },
      status: 200,
    },
    {
      what: "a body of the maximum size",
      body: JSON.stringify({ text: ["a".repeat(MAX_BODY_BYTES - 13)] }),
      headers: { Access_token: SECRET },
      status: 200,
    },
    {
      what: "a body that is one byte too large",
      body: JSON.stringify({ text: ["a".repeat(MAX_BODY_BYTES - 12)] }),
      headers: { Access_token: SECRET },
      status: 413,
    },
  ]) {
    it(`responds with ${status} to ${what}`, async () => {
      const { red, hook } = await webhookFlow();

      const response = await postTo(hook, body, { ...headers });
      if (status === 200) await red.until(() => red.sent("hook").length > 0);
      else await pause(50);

      assert.deepEqual([response.status, response.body], [status, ""]);
      assert.equal(red.sent("hook").length, status === 200 ? 1 : 0);
      assert.equal(({} as { polluted?: number }).polluted, undefined);
      assert.equal(lastStatus(red), status === 401 ? "red ring A post had the wrong secret" : "green dot listening");
    });
  }

  it("closes the connection of a sender that never ends, and ignores one that disconnects", async () => {
    const { red, hook, controller } = await webhookFlow();
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

    const disconnected = connect(Number(port), "127.0.0.1");
    await new Promise<void>((done) => disconnected.write(`${head}content-length: 99\r\n\r\n{"text"`, () => done()));
    disconnected.destroy();
    await pause(50);

    assert.equal((await controller.postWebhook(hook, ["after"])).status, 200);
    await red.until(() => red.sent("hook").length > 0);
    assert.equal(red.sent("hook").length, 1);
    assert.deepEqual(red.caught(), []);
  });

  it("responds with 503 to a post that is under way when the node is closed, and sends no message", async () => {
    const { red, hook } = await webhookFlow();
    const socket = connect(Number(new URL(hook.url).port), "127.0.0.1");
    const response = new Promise<string>((done) => socket.once("data", (data: Buffer) => done(data.toString())));
    const body = JSON.stringify({ text: ["late"], shardSecret: SECRET });
    socket.write(`POST /hooks/omada HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
    await pause(100);

    await red.deploy([]);
    socket.write(body.slice(9));

    assert.match(await response, /^HTTP\/1\.1 503 /);
    assert.deepEqual(red.sent("hook"), []);
    socket.destroy();
  });

  it("refuses every post and reports it while it has no secret", async () => {
    for (const credentials of [{}, { secret: "" }]) {
      const { red, hook } = await webhookFlow([webhook({ id: "hook" }, credentials)]);
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

  it("sends only the events that are chosen, and answers the other posts all the same", async () => {
    const { red, controller, hook } = await webhookFlow([webhook({ events: "wan-down, Device-Connected" })]);
    const ap = "[ap:Hall AP:02-00-5E-00-00-04]";

    for (const text of [
      "[WAN1] is up.",
      `${ap} was disconnected.`,
      "Something else.",
      `${ap} was connected.`,
      "[WAN1] is down.",
    ])
      assert.equal((await controller.postWebhook(hook, [text])).status, 200);
    await red.until(() => red.sent("hook").length > 1);

    const sent = red.sent("hook").map(({ payload }) => (payload as { event: string }).event);
    assert.deepEqual(sent, ["device-connected", "wan-down"]);
  });

  for (const events of ["wan-down, weather", ",", "${HOMENET_NO_SUCH_VARIABLE}"]) {
    it(`reports the events "${events}", and answers every post with 503`, async () => {
      const { red, controller, hook } = await webhookFlow([webhook({ events })]);
      await red.until(() => red.caught().length > 0);

      assert.equal((await controller.postWebhook(hook, ["[WAN1] is down."])).status, 503);
      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id], ["input", "hook"]);
      assert.match(error.message, /"events"/);
      assert.deepEqual(red.sent("hook"), []);
    });
  }

  it("keeps working after an error in the flow", async () => {
    const { red, hook, controller } = await webhookFlow();
    const broken = red.node<{ send?: () => void }>("hook");
    broken.send = () => {
      throw new TypeError("cannot be sent");
    };

    const orphans = await unhandledRejectionsDuring(async () => {
      assert.equal((await controller.postWebhook(hook, ["lost"])).status, 200);
      delete broken.send;
      assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
      await red.until(() => red.sent("hook").length > 0);
    });

    assert.equal(red.sent("hook").length, 1);
    assert.deepEqual(orphans, []);
  });

  it("removes its status when it is closed", async () => {
    const { red } = await webhookFlow();
    const { events } = require(NODE_RED) as NodeRedRuntime;
    const statuses: unknown[] = [];
    const listener = ({ id, status }: { id: string; status?: object }): void => {
      if (id === "hook" && status) statuses.push(status);
    };
    events.on("node-status", listener);
    await red.deploy([]);
    events.off("node-status", listener);

    assert.deepEqual(statuses, [{}]);
  });
});
