import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { queryObjects } from "node:v8";
import { gzipSync } from "node:zlib";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError } from "../../../src/core/errors";
import { parseJson } from "../../../src/http/response";
import { FakeClock, InstantClock } from "../../support/fake-clock";
import {
  countSockets,
  countTimers,
  createTransport,
  idleMsDuring,
  inspectAll,
  readRequest,
  rejectsWith,
  startRawServer,
  startSecureServer,
  startServer,
  until,
  unusedPort,
  warningsDuring,
  writeRequest,
} from "../../support/http-fixture";

const MIB = 1024 * 1024;

describe("A transport", () => {
  it("brings a request to the server and its answer back", async () => {
    const simulated = await startServer({
      handler: () => ({ status: 201, headers: { "x-thing": "é" }, body: '{"a":"ü"}' }),
    });
    const trace = createTrace();
    const request = writeRequest(simulated.url, {
      path: "/a%20b",
      query: { token: "a&b", "": "" },
      headers: { authorization: "AccessToken=abc" },
      body: { on: true, name: "ü" },
    });

    const reply = await createTransport().send(request, { trace });

    const [asked] = simulated.journal;
    assert.equal(`${asked?.method} ${asked?.path}?${String(asked?.query)}`, "POST /a%20b?token=a%26b&=");
    assert.equal(asked?.body, '{"on":true,"name":"ü"}');
    assert.equal(asked.headers["authorization"], "AccessToken=abc");
    assert.equal(asked.headers["content-type"], "application/json");
    assert.deepEqual([reply.statusCode, reply.text, reply.headers["x-thing"]], [201, '{"a":"ü"}', "é"]);
    assert.deepEqual([trace.statusCode, trace.attempts], [201, 1]);
  });

  it("asks for JSON as it is, uncompressed, and sends no body where there is none", async () => {
    const simulated = await startServer();
    await createTransport().send(readRequest(simulated.url));
    const { headers, body } = simulated.journal[0] ?? {};
    assert.equal(body, "");
    assert.equal(headers?.["accept"], "application/json");
    assert.equal(headers["accept-encoding"], "identity");
    assert.equal(headers["content-type"], undefined);
    assert.equal(headers["content-length"], undefined);
  });

  it("hands on any other status than those that mean nothing", async () => {
    for (const status of [200, 204, 400, 401, 403, 404, 405, 409, 418, 500, 501]) {
      const simulated = await startServer({ handler: () => ({ status, body: "" }) });
      assert.equal((await createTransport().send(readRequest(simulated.url))).statusCode, status);
      assert.equal(simulated.journal.length, 1);
    }
  });

  for (const scheme of ["http", "https"]) {
    it(`holds on to no connection that is over (${scheme})`, async () => {
      const { simulated, certificate } =
        scheme === "https" ? await startSecureServer() : { simulated: await startServer() };
      const sending = createTransport({ tls: certificate ? { fingerprint: certificate.fingerprint } : {} });
      const connect = async (times: number): Promise<number> => {
        for (let call = 0; call < times; call++) {
          await sending.send(readRequest(simulated.url));
          const open = countSockets();
          simulated.dropConnections();
          await until(() => countSockets() < open);
        }
        return queryObjects(Socket, { format: "count" });
      };

      const few = await connect(2);
      const many = await connect(20);

      assert.equal(simulated.connections, 22);
      assert.ok(many < few + 10, `${many} sockets after 22 connections, ${few} after 2`);
    });
  }

  it("uses a connection again", async () => {
    const simulated = await startServer();
    const sending = createTransport({ concurrency: 1 });
    for (let call = 0; call < 20; call++) await sending.send(readRequest(simulated.url));
    assert.equal(simulated.connections, 1);
  });

  it("has no more requests under way than it may, and serves the others after them", async () => {
    let running = 0;
    let most = 0;
    const handler = async (): Promise<{ body: object }> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
      return { body: {} };
    };
    const simulated = await startServer({ handler });
    const sending = createTransport({ concurrency: 3 });

    await Promise.all(Array.from({ length: 30 }, () => sending.send(readRequest(simulated.url))));

    assert.equal(most, 3);
    assert.equal(simulated.journal.length, 30);
    assert.ok(simulated.connections <= 3);
  });

  it("sends no more requests a second than it may, retries among them", async () => {
    const simulated = await startServer();
    const clock = new FakeClock();
    const sending = createTransport({ rate: 2, clock });
    simulated.injectFault({ kind: "response", status: 503, headers: { "retry-after": "0" } });

    const all = Promise.all([1, 2, 3].map(() => sending.send(readRequest(simulated.url))));
    await until(() => simulated.journal.length === 2 && clock.sleepers > 0);
    await clock.advance(1024);
    await until(() => clock.sleepers > 0);
    assert.equal(simulated.journal.length, 2);
    for (let turn = 0; turn < 2; turn++) {
      await clock.advance(1100);
      await until(() => simulated.journal.length >= 3);
    }
    await all;

    assert.equal(simulated.journal.length, 4);
  });

  it("serves several servers side by side, each over connections of its own", async () => {
    const [one, other] = [await startServer(), await startServer()];
    const sending = createTransport();
    for (const { url } of [one, other, one, other]) await sending.send(readRequest(url));
    assert.deepEqual([one.journal.length, other.journal.length], [2, 2]);
  });

  it("survives connections that the server has closed in the meantime, also with a write", async () => {
    const simulated = await startServer();
    const sending = createTransport();
    for (let call = 0; call < 10; call++) {
      const trace = createTrace();
      await sending.send(writeRequest(simulated.url), { trace });
      assert.equal(trace.attempts, 1);
      simulated.dropConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(simulated.journal.length, 10);
  });

  it("takes no notice of early hints", async () => {
    const early = createServer((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end('{"ok":true}');
    });
    await new Promise<void>((resolve) => early.listen(0, "127.0.0.1", resolve));
    const reply = await createTransport().send(
      readRequest(`http://127.0.0.1:${(early.address() as AddressInfo).port}`),
    );
    assert.deepEqual([reply.statusCode, reply.text], [200, '{"ok":true}']);
    early.closeAllConnections();
    early.close();
  });

  it("keeps many connections open without a warning", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "delay", ms: 50 }, { times: 40 });
    const sending = createTransport({ concurrency: 40 });
    const warnings = await warningsDuring(() =>
      Promise.all(Array.from({ length: 40 }, () => sending.send(readRequest(simulated.url)))),
    );
    assert.deepEqual([warnings, simulated.connections], [[], 40]);
  });

  it("leaves no timer behind", async () => {
    const simulated = await startServer();
    const before = countTimers();
    const sending = createTransport({ timeoutMs: 60_000 });
    await sending.send(readRequest(simulated.url));
    simulated.injectFault({ kind: "reset" });
    await rejectsWith(sending.send(writeRequest(simulated.url)), "network");
    await until(() => countTimers() <= before);
  });

  it("waits for as long as it is told, however long that is", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "delay", ms: 50 });
    assert.equal((await createTransport({ timeoutMs: 1e12 }).send(readRequest(simulated.url))).statusCode, 200);
  });
});

describe("A transport tries again", () => {
  const answer = (status: number): { kind: "response"; status: number } => ({ kind: "response", status });

  for (const [what, fault, code] of [
    ["a reset", { kind: "reset" }, "network"],
    ["an answer cut in the middle", { kind: "cut" }, "network"],
    ["a time-out", { kind: "hang" }, "timeout"],
    ["HTTP 429", answer(429), "busy"],
    ["HTTP 502", answer(502), "network"],
    ["HTTP 503", answer(503), "busy"],
    ["HTTP 504", answer(504), "timeout"],
  ] as const) {
    it(`a read after ${what}, and the caller sees only the success`, async () => {
      const simulated = await startServer();
      simulated.injectFault(fault, { times: 2 });
      const trace = createTrace();

      const reply = await createTransport({ timeoutMs: 150, clock: new InstantClock() }).send(
        readRequest(simulated.url),
        { trace },
      );

      assert.deepEqual(parseJson(reply), { ok: true });
      assert.equal(simulated.journal.length, 3);
      assert.deepEqual([trace.attempts, trace.statusCode], [3, 200]);
    });

    it(`a read twice at most after ${what}, then the failure is "${code}"`, async () => {
      const simulated = await startServer();
      simulated.injectFault(fault, { times: 100 });
      const trace = createTrace();
      const sending = createTransport({ timeoutMs: 150, clock: new InstantClock() });

      const error = await rejectsWith(sending.send(readRequest(simulated.url), { trace }), code);

      assert.equal(simulated.journal.length, 3);
      assert.equal(trace.attempts, 3);
      assert.equal(error.retryable, true);
      if (fault.kind === "response") assert.equal(error.details.statusCode, fault.status);
    });

    it(`no write after ${what}`, async () => {
      const simulated = await startServer();
      simulated.injectFault(fault, { times: 100 });
      const sending = createTransport({ timeoutMs: 150, clock: new InstantClock() });

      await rejectsWith(sending.send(writeRequest(simulated.url)), code);

      assert.equal(simulated.journal.length, 1);
    });
  }

  for (const [effect, request] of [
    ["read", readRequest],
    ["write", writeRequest],
  ] as const) {
    it(`a ${effect} that was refused before anything was sent, and it arrives once`, async () => {
      const port = await unusedPort();
      const clock = new FakeClock();
      const trace = createTrace();
      const sent = createTransport({ clock }).send(request(`http://127.0.0.1:${port}`), { trace });
      await until(() => clock.sleepers === 1);
      const simulated = await startServer({ port });

      await clock.advance(500);
      await sent;

      assert.equal(simulated.journal.length, 1);
      assert.equal(trace.attempts, 2);
    });

    it(`a ${effect} twice at most when nobody listens`, async () => {
      const trace = createTrace();
      const sending = createTransport({ clock: new InstantClock() });
      const error = await rejectsWith(
        sending.send(request(`http://127.0.0.1:${await unusedPort()}`), { trace }),
        "network",
      );
      assert.equal(trace.attempts, 3);
      assert.match(error.message, /refused/);
    });

    it(`a ${effect} twice at most when the server has no such name`, async () => {
      const trace = createTrace();
      const sending = createTransport({ clock: new InstantClock() });
      const error = await rejectsWith(sending.send(request("http://router.invalid"), { trace }), "network");
      assert.equal(trace.attempts, 3);
      assert.match(error.message, /name could not be resolved/);
    });
  }

  it("with the same body and query", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "reset" });
    const request = readRequest(simulated.url, { method: "POST", query: { a: "1" }, body: { b: 2 } });
    await createTransport({ clock: new InstantClock() }).send(request);
    const [first, second] = simulated.journal.map(({ query, body }) => String(query) + body);
    assert.equal(first, 'a=1{"b":2}');
    assert.equal(second, first);
  });

  it("and counts the tries of one request through replays too", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "reset" });
    const trace = createTrace();
    const sending = createTransport({ clock: new InstantClock() });
    const request = readRequest(simulated.url);
    await sending.send(request, { trace });
    await sending.send(request, { trace });
    await sending.send(readRequest(simulated.url), { trace });
    assert.equal(trace.attempts, 3);
  });

  for (const [status, header, slept] of [
    [429, "2", [2000, 2000]],
    [503, "30", [30_000, 30_000]],
    [502, "1", [1000, 1000]],
    [504, "0", [0, 0]],
  ] as const) {
    it(`when the platform asks for it: HTTP ${status} with Retry-After: ${header}`, async () => {
      const simulated = await startServer();
      const clock = new InstantClock();
      simulated.injectFault({ kind: "response", status, headers: { "retry-after": header } }, { times: 2 });
      await createTransport({ clock }).send(readRequest(simulated.url));
      assert.deepEqual(clock.sleeps, slept);
    });
  }

  it("when the platform asks for it by a date", async () => {
    const simulated = await startServer();
    const clock = new InstantClock();
    const date = new Date(Date.now() + 20_000).toUTCString();
    simulated.injectFault({ kind: "response", status: 503, headers: { "retry-after": date } });
    await createTransport({ clock }).send(readRequest(simulated.url));
    const [slept = 0] = clock.sleeps;
    assert.ok(slept > 15_000 && slept <= 20_000, String(slept));
  });

  it("as if nothing was asked for when that makes no sense", async () => {
    for (const header of ["abc", "-5", ""]) {
      const simulated = await startServer();
      const clock = new InstantClock();
      simulated.injectFault({ kind: "response", status: 503, headers: { "retry-after": header } });
      await createTransport({ clock }).send(readRequest(simulated.url));
      assert.ok((clock.sleeps[0] ?? 1e9) < 500);
    }
  });

  it("never earlier than the platform asked, measured there", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "response", status: 429, headers: { "retry-after": "1" } });
    await createTransport().send(readRequest(simulated.url));
    const [first, second] = simulated.journal.map(({ at }) => at);
    assert.ok((second ?? 0) - (first ?? 0) >= 995);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`not at all when HTTP ${status} asks for 45 seconds: that fails at once, and says for how long`, async () => {
      const simulated = await startServer();
      const clock = new InstantClock();
      simulated.injectFault({ kind: "response", status, headers: { "retry-after": "45" } }, { times: 100 });
      const error = await rejectsWith(createTransport({ clock }).send(readRequest(simulated.url)), "busy");
      assert.deepEqual(error.details, { statusCode: status, retryAfterMs: 45_000 });
      assert.deepEqual([simulated.journal.length, clock.sleeps.length], [1, 0]);
    });
  }
});

describe("A transport's deadline", () => {
  it("covers an answer that never begins", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "hang" });
    const error = await rejectsWith(createTransport({ timeoutMs: 100 }).send(writeRequest(simulated.url)), "timeout");
    assert.match(error.message, /within 0\.1 s \(waiting for the response\)/);
  });

  it("covers an answer that drips in, however steadily", async () => {
    const simulated = await startServer({ handler: () => ({ body: "x".repeat(10_000) }) });
    simulated.injectFault({ kind: "drip", everyMs: 10 });
    const idleMs = await idleMsDuring(async () => {
      const error = await rejectsWith(createTransport({ timeoutMs: 200 }).send(writeRequest(simulated.url)), "timeout");
      assert.match(error.message, /reading the response/);
    });
    assert.ok(idleMs < 2000, `${idleMs} ms`);
  });

  it("covers a connection that is never made", async () => {
    const raw = await startRawServer(() => undefined);
    const sending = createTransport({ timeoutMs: 150 });
    const error = await rejectsWith(sending.send(writeRequest(`https://127.0.0.1:${raw.port}`)), "timeout");
    assert.match(error.message, /connect/);
  });

  it("does not cover the time in the queue", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "delay", ms: 100 }, { times: 4 });
    const sending = createTransport({ timeoutMs: 250, concurrency: 1 });
    await Promise.all([1, 2, 3, 4].map(() => sending.send(writeRequest(simulated.url))));
    assert.equal(simulated.journal.length, 4);
  });

  it("ends the connection, so that a late answer meets nobody", async () => {
    const simulated = await startServer({ handler: (asked) => ({ body: asked.path }) });
    const sending = createTransport({ timeoutMs: 100, concurrency: 1 });
    simulated.injectFault({ kind: "delay", ms: 200 });
    await rejectsWith(sending.send(writeRequest(simulated.url, { path: "/late" })), "timeout");

    assert.equal((await sending.send(writeRequest(simulated.url, { path: "/next" }))).text, "/next");

    assert.equal(simulated.connections, 2);
  });
});

describe("An answer", () => {
  it("may be 16 MiB large", async () => {
    const simulated = await startServer({ handler: () => ({ body: Buffer.alloc(16 * MIB, " ") }) });
    assert.equal((await createTransport().send(readRequest(simulated.url))).text.length, 16 * MIB);
  });

  for (const [what, spoil] of [
    ["one byte larger", undefined],
    ["endless", { kind: "endless" }],
  ] as const) {
    it(`that is ${what} is refused, and not asked for again`, async () => {
      const simulated = await startServer({ handler: () => ({ body: Buffer.alloc(16 * MIB + 1, " ") }) });
      if (spoil) simulated.injectFault(spoil, { times: 100 });
      const error = await rejectsWith(
        createTransport({ timeoutMs: 15_000 }).send(readRequest(simulated.url)),
        "protocol",
      );
      assert.match(error.message, /larger than 16 MiB/);
      assert.equal(simulated.journal.length, 1);
    });
  }

  it("that says it is larger is refused before it has come", async () => {
    const raw = await startRawServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{")),
    );
    const error = await rejectsWith(
      createTransport({ timeoutMs: 2000 }).send(readRequest(`http://127.0.0.1:${raw.port}`)),
      "protocol",
    );
    assert.match(error.message, /larger than 16 MiB/);
    assert.equal(raw.connections(), 1);
  });

  for (const status of [300, 301, 302, 303, 304, 307, 308]) {
    it(`with HTTP ${status} is not followed: nobody else hears of the request`, async () => {
      const [simulated, elsewhere] = [await startServer(), await startServer()];
      const headers = { location: `${elsewhere.url}/?token=a` };
      simulated.injectFault({ kind: "response", status, headers }, { times: 100 });

      const error = await rejectsWith(
        createTransport().send(readRequest(simulated.url, { headers: { cookie: "a=b" } })),
        "protocol",
      );

      assert.deepEqual([simulated.journal.length, elsewhere.connections], [1, 0]);
      assert.equal(error.details.statusCode, status);
      assert.doesNotMatch(error.message, /127\.0\.0\.1|token/);
    });
  }

  for (const encoding of ["gzip", "br", "deflate", "gzip, identity"]) {
    it(`that is compressed (${encoding}) is refused`, async () => {
      const body = gzipSync('{"ok":true}');
      const simulated = await startServer({ handler: () => ({ headers: { "content-encoding": encoding }, body }) });
      assert.match(
        (await rejectsWith(createTransport().send(readRequest(simulated.url)), "protocol")).message,
        /compressed/,
      );
      assert.equal(simulated.journal.length, 1);
    });
  }

  it("that says it is not compressed is welcome", async () => {
    const simulated = await startServer({
      handler: () => ({ headers: { "content-encoding": "identity" }, body: "{}" }),
    });
    assert.equal((await createTransport().send(readRequest(simulated.url))).text, "{}");
  });

  it("needs no Content-Type", async () => {
    const simulated = await startServer({ handler: () => ({ headers: { "content-type": "" }, body: { ok: 1 } }) });
    assert.deepEqual(parseJson(await createTransport().send(readRequest(simulated.url))), { ok: 1 });
  });

  for (const [what, body] of [
    ["a web page", "<html>open sesame</html>"],
    ["empty", ""],
    ["half of what it says", '{"open":"sesame"'],
  ] as const) {
    it(`that is ${what} cannot be read, whatever its Content-Type says`, async () => {
      const simulated = await startServer({ handler: () => ({ body }) });
      const reply = await createTransport().send(readRequest(simulated.url));
      await assert.rejects(async () => parseJson(reply), /cannot be read\. It is (?!.*sesame)/);
    });
  }

  it("that is not HTTP is refused, and not asked for again", async () => {
    const raw = await startRawServer((socket) => socket.on("data", () => socket.end("220 mail.example ready\r\n")));
    const error = await rejectsWith(createTransport().send(readRequest(`http://127.0.0.1:${raw.port}`)), "protocol");
    assert.match(error.message, /not HTTP/);
    assert.equal(raw.connections(), 1);
  });

  it("with endless headers is refused", async () => {
    const line = `x-long: ${"y".repeat(8000)}\r\n`;
    const raw = await startRawServer((socket) =>
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\n${line.repeat(50)}`)),
    );
    await rejectsWith(createTransport().send(readRequest(`http://127.0.0.1:${raw.port}`)), "protocol");
    assert.equal(raw.connections(), 1);
  });
});

describe("A request that is given up", () => {
  it("before it begins is never sent", async () => {
    const simulated = await startServer();
    const signal = AbortSignal.abort(cancelledError());
    await rejectsWith(createTransport().send(readRequest(simulated.url), { signal }), "cancelled");
    assert.equal(simulated.connections, 0);
  });

  it("while it connects ends at once, and is never sent", async () => {
    const simulated = await startServer();
    const gone = new AbortController();
    const sent = rejectsWith(createTransport().send(readRequest(simulated.url), { signal: gone.signal }), "cancelled");
    await Promise.resolve();

    gone.abort(cancelledError());

    await sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(simulated.journal, []);
  });

  it("while the other side is silent at the handshake ends at once", async () => {
    const raw = await startRawServer(() => undefined);
    const gone = new AbortController();
    const sent = createTransport().send(readRequest(`https://127.0.0.1:${raw.port}`), { signal: gone.signal });
    await until(() => raw.connections() === 1);
    gone.abort(cancelledError());
    await rejectsWith(sent, "cancelled");
  });

  for (const fault of [{ kind: "hang" }, { kind: "drip", everyMs: 50 }, { kind: "endless" }] as const) {
    it(`in the middle of ${fault.kind === "hang" ? "the silence" : `an answer (${fault.kind})`} ends at once, and is not sent again`, async () => {
      const simulated = await startServer();
      simulated.injectFault(fault, { times: 10 });
      const gone = new AbortController();
      const sending = createTransport();
      const sent = rejectsWith(sending.send(readRequest(simulated.url), { signal: gone.signal }), "cancelled");
      await until(() => simulated.journal.length === 1);

      gone.abort(cancelledError());

      await sent;
      simulated.clearFaults();
      assert.equal((await sending.send(readRequest(simulated.url))).statusCode, 200);
      assert.equal(simulated.journal.length, 2);
    });
  }

  it("while others are before it is never sent", async () => {
    const simulated = await startServer();
    simulated.injectFault({ kind: "delay", ms: 80 });
    const gone = new AbortController();
    const sending = createTransport({ concurrency: 1 });
    const first = sending.send(readRequest(simulated.url));
    const second = rejectsWith(sending.send(readRequest(simulated.url), { signal: gone.signal }), "cancelled");
    gone.abort(cancelledError());
    await second;
    await first;
    assert.equal(simulated.journal.length, 1);
  });

  it("while it rests is not sent again", async () => {
    const simulated = await startServer();
    const clock = new FakeClock();
    const gone = new AbortController();
    simulated.injectFault({ kind: "response", status: 503, headers: { "retry-after": "20" } });
    const sent = rejectsWith(
      createTransport({ clock }).send(readRequest(simulated.url), { signal: gone.signal }),
      "cancelled",
    );
    await until(() => clock.sleepers === 1);

    gone.abort(cancelledError());

    await sent;
    await clock.advance(30_000);
    assert.equal(simulated.journal.length, 1);
  });

  it("leaves no listener behind, nor does one that was served", async () => {
    const simulated = await startServer();
    const { signal } = new AbortController();
    await createTransport().send(readRequest(simulated.url), { signal });
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

describe("A transport that is closed", () => {
  it("cancels what is under way, waits or rests, and asks nothing again", async () => {
    const before = countSockets();
    const simulated = await startServer();
    const clock = new FakeClock();
    const sending = createTransport({ concurrency: 2, clock });
    simulated.injectFault({ kind: "response", status: 503, headers: { "retry-after": "20" } });
    const resting = sending.send(readRequest(simulated.url));
    await until(() => clock.sleepers === 1);
    simulated.injectFault({ kind: "hang" }, { times: 100 });
    const others = Array.from({ length: 10 }, () => sending.send(readRequest(simulated.url)));
    const ended = Promise.all([resting, ...others].map((sent) => rejectsWith(sent, "cancelled")));
    await until(() => simulated.journal.length === 3);

    await sending.close();

    await ended;
    await clock.advance(60_000);
    await until(() => countSockets() === before);
    assert.equal(simulated.journal.length, 3);
    assert.equal(clock.sleepers, 0);
  });

  it("while it connects leaves no socket", async () => {
    const before = countSockets();
    const raw = await startRawServer(() => undefined);
    const sending = createTransport();
    const sent = rejectsWith(sending.send(readRequest(`https://127.0.0.1:${raw.port}`)), "cancelled");
    await until(() => raw.connections() === 1);

    await sending.close();

    await sent;
    await until(() => countSockets() <= before + 1);
  });

  it("sends nothing any more", async () => {
    const simulated = await startServer();
    const sending = createTransport();
    await sending.close();
    await rejectsWith(sending.send(readRequest(simulated.url)), "cancelled");
    assert.equal(simulated.connections, 0);
    await sending.close();
  });

  it("leaves no idle connection", async () => {
    const before = countSockets();
    const simulated = await startServer();
    const sending = createTransport();
    await Promise.all([1, 2, 3].map(() => sending.send(readRequest(simulated.url))));

    await sending.close();

    await until(() => countSockets() === before);
  });
});

describe("A request that cannot be written", () => {
  for (const [what, more] of [
    ["half a character in the query", { query: { searchKey: "a\ud800" } }],
    ["a line break in a header", { headers: { cookie: "a=b\r\nx-evil: 1" } }],
    ["half a character in a header", { headers: { cookie: "a\ud800" } }],
    ["a letter that headers do not know", { headers: { cookie: "a=☃" } }],
    ["a NUL in a header", { headers: { cookie: "a\0b" } }],
  ] as const) {
    it(`because of ${what} is a mistake in the message, and nothing is sent`, async () => {
      const simulated = await startServer();
      const error = await rejectsWith(createTransport().send(writeRequest(simulated.url, more)), "input");
      assert.equal(simulated.journal.length, 0);
      assert.doesNotMatch(error.message, /evil|a=|searchKey=/);
    });
  }

  it("because its body refers to itself is a mistake in the message, and nothing is sent", async () => {
    const simulated = await startServer();
    const body: Record<string, unknown> = {};
    body["itself"] = body;
    await rejectsWith(createTransport().send(writeRequest(simulated.url, { body })), "input");
    assert.equal(simulated.connections, 0);
  });
});

describe("A transport's errors", () => {
  it("never hold the URL, a header, the query or the body", async () => {
    const simulated = await startServer();
    const faults = [{ kind: "reset" }, { kind: "cut" }, { kind: "hang" }, { kind: "response", status: 503 }] as const;
    const origins = [...faults.map(() => simulated.url), `http://127.0.0.1:${await unusedPort()}`];
    for (const [index, origin] of origins.entries()) {
      const fault = faults[index];
      if (fault) simulated.injectFault(fault);
      const secrets = { query: { token: "sesame" }, headers: { cookie: "sesame" }, body: { password: "sesame" } };
      const sent = createTransport({ timeoutMs: 100 }).send(writeRequest(origin, { path: "/sesame", ...secrets }));
      const error = await sent.then(
        () => assert.fail("it should have failed"),
        (thrown: Error) => thrown,
      );
      assert.doesNotMatch(inspectAll(error), /sesame|127\.0\.0\.1/);
      assert.equal(error.cause, undefined);
    }
  });
});
