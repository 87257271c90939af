import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { nodeRed } from "../support/harness/node-red";
import { until } from "../support/http-fixture";
import { postTo } from "../support/simulators/omada/events";
import { assertSecretHidden, MAX_BODY_BYTES, SECRET, webhook, webhookFlow } from "./omada-webhook-fixture";

/** A connection that posts a chunked body, and never ends it. */
function openPost(url: string, headers = ""): { write: (chunk: string) => void; response: Promise<string> } {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`POST /hooks/omada HTTP/1.1\r\nhost: a\r\n${headers}transfer-encoding: chunked\r\n\r\n`);
  const response = new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(data.toString().split("\r\n")[0] ?? ""));
    socket.once("error", () => resolve("reset"));
    socket.once("close", () => resolve("closed"));
  });
  return { write: (chunk) => void socket.write(chunk), response };
}

describe("An omada-webhook under attack", () => {
  afterEach(assertSecretHidden);

  it("refuses a wrong secret in the header without waiting for the body", async () => {
    const { hook } = await webhookFlow();
    const { response } = openPost(hook.url, "access_token: wrong\r\n");
    assert.equal(await response, "HTTP/1.1 401 Unauthorized");
  });

  it("keeps a body of tiny chunks in a buffer of its bytes", async () => {
    const { red, hook } = await webhookFlow();
    const body = JSON.stringify({ text: ["a".repeat(MAX_BODY_BYTES - 13)] });
    const before = process.memoryUsage();
    const { status } = await new Promise<{ status: number | undefined }>((resolve, reject) => {
      const post = request(hook.url, { method: "POST", headers: { access_token: SECRET } }, (response) => {
        response.resume().once("end", () => resolve({ status: response.statusCode }));
      });
      post.once("error", reject);
      for (const character of body) post.write(character);
      post.end();
    });
    assert.equal(status, 200);
    await red.until(() => red.sent("hook").length === 1);
    assert.ok(process.memoryUsage().arrayBuffers - before.arrayBuffers < 100 * 2 ** 20);
  });

  it("reads 20 bodies at once of senders that have not shown the secret, and still accepts those that have", async () => {
    const { red, hook, controller } = await webhookFlow();
    const open = new Set(Array.from({ length: 21 }, () => openPost(hook.url)));
    const answered = async (post: ReturnType<typeof openPost>) => ({ post, line: await post.response });
    const { post, line } = await Promise.race([...open].map(answered));
    open.delete(post);
    assert.equal(line, "HTTP/1.1 503 Service Unavailable");
    assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
    await red.until(() => red.sent("hook").length === 1);
    // So many wrong secrets are answered at once.
    for (const { write, response } of [...open].slice(0, 10)) {
      write("2\r\n{}\r\n0\r\n\r\n");
      assert.equal(await response, "HTTP/1.1 401 Unauthorized");
    }
  });

  it("gives a body ten seconds, however steadily it arrives", async function () {
    this.timeout(20_000);
    const { hook } = await webhookFlow();
    const { write, response } = openPost(hook.url, `access_token: ${SECRET}\r\n`);
    const drip = setInterval(() => write("1\r\n \r\n"), 100);
    assert.equal(await response, "HTTP/1.1 408 Request Timeout");
    clearInterval(drip);
  });

  it("refuses further guesses while so many wait for their answer, and ends the waiting with a deploy", async () => {
    const { red, hook, controller } = await webhookFlow();
    const answers: number[] = [];
    const guess = async (): Promise<unknown> =>
      answers.push((await postTo(hook, { text: ["a"] }, { access_token: "guess" })).status);
    const guesses = Array.from({ length: 60 }, guess);
    // Ten at once, and those that are not even compared.
    await until(() => answers.length === 40);
    assert.equal(answers.filter((status) => status === 429).length, 30);
    await red.deploy([webhook({ name: "again" })]);
    await Promise.all(guesses);
    assert.equal(answers.filter((status) => status === 401).length, 30);
    assert.equal((await controller.postWebhook(hook, ["here"])).status, 200);
  });

  it("accepts the secret at once while it answers guesses late", async () => {
    const { hook, controller } = await webhookFlow();
    await Promise.all(Array.from({ length: 10 }, () => postTo(hook, {}, { access_token: "guess" })));
    const answers: number[] = [];
    const answered = async (response: Promise<{ status: number }>): Promise<number> =>
      answers.push((await response).status);
    const late = answered(postTo(hook, {}, { access_token: "guess" }));
    await answered(controller.postWebhook(hook, ["here"]));
    await late;
    assert.deepEqual(answers, [200, 401]);
  });

  it("logs one line a minute about wrong secrets", async () => {
    const { red, hook } = await webhookFlow();
    for (let times = 0; times < 5; times++) await postTo(hook, {}, { access_token: "guess" });
    const lines = red.log.filter((line) => line.startsWith("A post had the wrong secret"));
    assert.deepEqual(lines, ["A post had the wrong secret, the last one from 127.0.0.1."]);
  });

  it("says when it starts that httpNodeAuth answers for it", async () => {
    const red = await nodeRed();
    red.settings["httpNodeAuth"] = { user: "a", pass: "b" };
    try {
      await webhookFlow();
      assert.ok(red.log.some((line) => line.startsWith("httpNodeAuth is set in Node-RED's settings")));
    } finally {
      delete red.settings["httpNodeAuth"];
    }
  });
});
