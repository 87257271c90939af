import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { parseJson } from "../../../src/http/response";
import { FakeClock, InstantClock } from "../../support/fake-clock";
import {
  createTransport,
  idleMsDuring,
  readRequest,
  rejectsWith,
  startServer,
  until,
  unusedPort,
  writeRequest,
} from "../../support/http-fixture";

/** A server that closes each connection when it is used again, and a transport with one connection to it. */
async function startClosingServer() {
  const server = await startServer();
  server.injectFault({ kind: "close" }, { times: 100, when: ({ isReused }) => isReused });
  const clock = new FakeClock();
  const transport = createTransport({ clock, concurrency: 1 });
  return { server, clock, transport };
}

describe("A transport retries", () => {
  const answer = (status: number): { kind: "response"; status: number } => ({ kind: "response", status });

  for (const [what, fault, code] of [
    ["a reset", { kind: "reset" }, "network"],
    ["a response that is cut off", { kind: "cut" }, "network"],
    ["a timeout", { kind: "hang" }, "timeout"],
    ["HTTP 429", answer(429), "busy"],
    ["HTTP 502", answer(502), "network"],
    ["HTTP 503", answer(503), "busy"],
    ["HTTP 504", answer(504), "timeout"],
  ] as const) {
    // Only a server that hangs needs a short one: on a busy machine the others take longer than that.
    const timeoutMs = fault.kind === "hang" ? 150 : 5000;
    it(`a read after ${what}, and resolves once it succeeds`, async () => {
      const server = await startServer();
      server.injectFault(fault, { times: 2 });
      const trace = createTrace();

      const response = await createTransport({ timeoutMs, clock: new InstantClock() }).send(readRequest(server.url), {
        trace,
      });

      assert.deepEqual(parseJson(response), { ok: true });
      assert.equal(server.journal.length, 3);
      assert.deepEqual([trace.attempts, trace.statusCode], [3, 200]);
    });

    it(`a read at most twice after ${what}, then rejects with "${code}"`, async () => {
      const server = await startServer();
      server.injectFault(fault, { times: 100 });
      const trace = createTrace();
      const transport = createTransport({ timeoutMs, clock: new InstantClock() });

      const error = await rejectsWith(transport.send(readRequest(server.url), { trace }), code);

      assert.equal(server.journal.length, 3);
      assert.equal(trace.attempts, 3);
      assert.equal(error.retryable, true);
      if (fault.kind === "response") assert.equal(error.details.statusCode, fault.status);
    });

    it(`no write after ${what}`, async () => {
      const server = await startServer();
      server.injectFault(fault, { times: 100 });
      const transport = createTransport({ timeoutMs, clock: new InstantClock() });

      const error = await rejectsWith(transport.send(writeRequest(server.url)), code);

      assert.equal(server.journal.length, 1);
      // It may have been carried out: a flow that repeats it might restart a router twice.
      assert.equal(error.retryable, code === "busy");
    });
  }

  it("no request that the platform accepts only once, and lets the flow try again", async () => {
    const server = await startServer();
    server.injectFault({ kind: "reset" }, { times: 100 });
    const request = readRequest(server.url, { effect: "single-use" });

    const error = await rejectsWith(createTransport({ clock: new InstantClock() }).send(request), "network");

    assert.deepEqual([server.journal.length, error.retryable], [1, true]);
  });

  it("a read that gets no response for at most twice the timeout in all", async () => {
    const server = await startServer();
    server.injectFault({ kind: "hang" }, { times: 100 });
    const transport = createTransport({ timeoutMs: 1000, clock: new InstantClock() });

    const idleMs = await idleMsDuring(() => rejectsWith(transport.send(readRequest(server.url)), "timeout"));

    assert.equal(server.journal.length, 3);
    assert.ok(idleMs > 1500 && idleMs < 2500, String(idleMs));
  });

  for (const [effect, request] of [
    ["read", readRequest],
    ["write", writeRequest],
  ] as const) {
    it(`a ${effect} whose connection was refused, and it arrives once`, async () => {
      const port = await unusedPort();
      const clock = new FakeClock();
      const trace = createTrace();
      const sent = createTransport({ clock }).send(request(`http://127.0.0.1:${port}`), { trace });
      await until(() => clock.sleepers === 1);
      const server = await startServer({ port });

      await clock.advance(500);
      await sent;

      assert.equal(server.journal.length, 1);
      assert.equal(trace.attempts, 2);
    });

    it(`a ${effect} at most twice if no server listens at the port`, async () => {
      const trace = createTrace();
      const transport = createTransport({ clock: new InstantClock() });
      const error = await rejectsWith(
        transport.send(request(`http://127.0.0.1:${await unusedPort()}`), { trace }),
        "network",
      );
      assert.equal(trace.attempts, 3);
      assert.match(error.message, /refused/);
    });

    it(`a ${effect} at most twice if the name of the server does not exist`, async () => {
      const trace = createTrace();
      const transport = createTransport({ clock: new InstantClock() });
      const error = await rejectsWith(transport.send(request("http://router.invalid"), { trace }), "network");
      assert.equal(trace.attempts, 3);
      assert.match(error.message, /name could not be resolved/);
    });
  }

  it("a read on a connection of its own, however quickly the platform closes those that were used before", async () => {
    const { server, clock, transport } = await startClosingServer();
    const sendOther = (): Promise<unknown> => transport.send(readRequest(server.url), {});
    const trace = createTrace();

    await sendOther();
    const read = transport.send(readRequest(server.url, { path: "/retried" }), { trace });
    await until(() => clock.sleepers === 1);
    await sendOther();
    await clock.advance(500);
    await until(() => server.journal.length === 4);
    const isReused = server.journal.map((request) => request.isReused);
    server.clearFaults();
    await sendOther();

    assert.deepEqual(isReused, [false, true, false, false]);
    await read;
    assert.equal(trace.attempts, 2);
    assert.equal(server.connections, 3, "the others go on with the connection that they had");
  });

  it("no write, but gives it a connection of its own where one was broken a while ago", async () => {
    const { server, clock, transport } = await startClosingServer();
    const sendWrite = (): Promise<unknown> => transport.send(writeRequest(server.url), {});

    await transport.send(readRequest(server.url));
    await rejectsWith(sendWrite(), "network");
    await transport.send(readRequest(server.url));
    await sendWrite();
    await sendWrite();
    await clock.advance(600_000);

    await rejectsWith(sendWrite(), "network");
    assert.deepEqual(
      server.journal.map(({ method, isReused }) => `${method} ${isReused}`),
      ["GET false", "POST true", "GET false", "POST false", "POST false", "POST true"],
    );
  });

  it("no write, which goes on with the connection of others where none was broken, but refused", async () => {
    const port = await unusedPort();
    const transport = createTransport({ clock: new InstantClock(), concurrency: 1 });
    await rejectsWith(transport.send(readRequest(`http://127.0.0.1:${port}`)), "network");
    const server = await startServer({ port });

    await transport.send(readRequest(server.url));
    await transport.send(writeRequest(server.url));

    assert.equal(server.connections, 1);
  });

  it("with the same body and query", async () => {
    const server = await startServer();
    server.injectFault({ kind: "reset" });
    const request = readRequest(server.url, { method: "POST", query: { a: "1" }, body: { b: 2 } });
    await createTransport({ clock: new InstantClock() }).send(request);
    const [first, second] = server.journal.map(({ query, body }) => String(query) + body);
    assert.equal(first, 'a=1{"b":2}');
    assert.equal(second, first);
  });

  it("and counts all attempts of a request that is sent several times", async () => {
    const server = await startServer();
    server.injectFault({ kind: "reset" });
    const trace = createTrace();
    const transport = createTransport({ clock: new InstantClock() });
    const request = readRequest(server.url);
    await transport.send(request, { trace });
    await transport.send(request, { trace });
    await transport.send(readRequest(server.url), { trace });
    assert.equal(trace.attempts, 3);
  });

  for (const [status, header, slept] of [
    [429, "2", [2000, 2000]],
    [503, "30", [30_000, 30_000]],
    [502, "1", [1000, 1000]],
    [504, "0", [0, 0]],
  ] as const) {
    it(`after the wait that HTTP ${status} with Retry-After: ${header} asks for`, async () => {
      const server = await startServer();
      const clock = new InstantClock();
      server.injectFault({ kind: "response", status, headers: { "retry-after": header } }, { times: 2 });
      await createTransport({ clock }).send(readRequest(server.url));
      assert.deepEqual(clock.sleeps, slept);
    });
  }

  it("after the wait that a date in Retry-After asks for", async () => {
    const server = await startServer();
    const clock = new InstantClock();
    const date = new Date(Date.now() + 20_000).toUTCString();
    server.injectFault({ kind: "response", status: 503, headers: { "retry-after": date } });
    await createTransport({ clock }).send(readRequest(server.url));
    const [slept = 0] = clock.sleeps;
    assert.ok(slept > 15_000 && slept <= 20_000, String(slept));
  });

  it("after a random wait if Retry-After makes no sense", async () => {
    for (const header of ["abc", "-5", ""]) {
      const server = await startServer();
      const clock = new InstantClock();
      server.injectFault({ kind: "response", status: 503, headers: { "retry-after": header } });
      await createTransport({ clock }).send(readRequest(server.url));
      assert.ok((clock.sleeps[0] ?? 1e9) < 500);
    }
  });

  it("never earlier than the platform asked, as the server measures it", async () => {
    const server = await startServer();
    server.injectFault({ kind: "response", status: 429, headers: { "retry-after": "1" } });
    await createTransport().send(readRequest(server.url));
    const [first, second] = server.journal.map(({ at }) => at);
    assert.ok((second ?? 0) - (first ?? 0) >= 995);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`nothing if HTTP ${status} asks to wait for 45 seconds: it rejects at once with that time`, async () => {
      const server = await startServer();
      const clock = new InstantClock();
      server.injectFault({ kind: "response", status, headers: { "retry-after": "45" } }, { times: 100 });
      const error = await rejectsWith(createTransport({ clock }).send(readRequest(server.url)), "busy");
      assert.deepEqual(error.details, { statusCode: status, retryAfterMs: 45_000 });
      assert.deepEqual([server.journal.length, clock.sleeps.length], [1, 0]);
    });
  }
});
