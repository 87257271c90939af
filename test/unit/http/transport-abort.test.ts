import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { cancelledError } from "../../../src/core/errors";
import { FakeClock } from "../../support/fake-clock";
import {
  countSockets,
  createTransport,
  idleMsDuring,
  readRequest,
  rejectsWith,
  startRawServer,
  startServer,
  until,
  writeRequest,
} from "../../support/http-fixture";

describe("A transport's deadline", () => {
  it("covers a response that never begins", async () => {
    const server = await startServer();
    server.injectFault({ kind: "hang" });
    const error = await rejectsWith(createTransport({ timeoutMs: 100 }).send(writeRequest(server.url)), "timeout");
    assert.match(error.message, /within 0\.1 s \(waiting for the response\)/);
  });

  it("covers a response that arrives byte by byte, however steadily", async () => {
    const server = await startServer({ handler: () => ({ body: "x".repeat(10_000) }) });
    server.injectFault({ kind: "drip", everyMs: 10 });
    const idleMs = await idleMsDuring(async () => {
      const error = await rejectsWith(createTransport({ timeoutMs: 200 }).send(writeRequest(server.url)), "timeout");
      assert.match(error.message, /reading the response/);
    });
    assert.ok(idleMs < 2000, `${idleMs} ms`);
  });

  it("covers a connection that is never established", async () => {
    const rawServer = await startRawServer(() => undefined);
    const transport = createTransport({ timeoutMs: 150 });
    const error = await rejectsWith(transport.send(writeRequest(`https://127.0.0.1:${rawServer.port}`)), "timeout");
    assert.match(error.message, /connect/);
  });

  it("does not cover the time in the queue", async () => {
    const server = await startServer();
    server.injectFault({ kind: "delay", ms: 100 }, { times: 4 });
    const transport = createTransport({ timeoutMs: 250, concurrency: 1 });
    await Promise.all([1, 2, 3, 4].map(() => transport.send(writeRequest(server.url))));
    assert.equal(server.journal.length, 4);
  });

  it("closes the connection, so that no later request gets the late response", async () => {
    const server = await startServer({ handler: (request) => ({ body: request.path }) });
    const transport = createTransport({ timeoutMs: 100, concurrency: 1 });
    server.injectFault({ kind: "delay", ms: 200 });
    await rejectsWith(transport.send(writeRequest(server.url, { path: "/late" })), "timeout");

    assert.equal((await transport.send(writeRequest(server.url, { path: "/next" }))).text, "/next");

    assert.equal(server.connections, 2);
  });
});

describe("A request that is aborted", () => {
  it("before it starts is never sent", async () => {
    const server = await startServer();
    const signal = AbortSignal.abort(cancelledError());
    await rejectsWith(createTransport().send(readRequest(server.url), { signal }), "cancelled");
    assert.equal(server.connections, 0);
  });

  it("while it connects rejects at once, and is never sent", async () => {
    const server = await startServer();
    const controller = new AbortController();
    const sent = rejectsWith(
      createTransport().send(readRequest(server.url), { signal: controller.signal }),
      "cancelled",
    );
    await Promise.resolve();

    controller.abort(cancelledError());

    await sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(server.journal, []);
  });

  it("during a handshake that hangs rejects at once", async () => {
    const rawServer = await startRawServer(() => undefined);
    const controller = new AbortController();
    const sent = createTransport().send(readRequest(`https://127.0.0.1:${rawServer.port}`), {
      signal: controller.signal,
    });
    await until(() => rawServer.connections() === 1);
    controller.abort(cancelledError());
    await rejectsWith(sent, "cancelled");
  });

  for (const fault of [{ kind: "hang" }, { kind: "drip", everyMs: 50 }, { kind: "endless" }] as const) {
    it(`${fault.kind === "hang" ? "before its response" : `during its response (${fault.kind})`} rejects at once, and is not retried`, async () => {
      const server = await startServer();
      server.injectFault(fault, { times: 10 });
      const controller = new AbortController();
      const transport = createTransport();
      const sent = rejectsWith(transport.send(readRequest(server.url), { signal: controller.signal }), "cancelled");
      await until(() => server.journal.length === 1);

      controller.abort(cancelledError());

      await sent;
      server.clearFaults();
      assert.equal((await transport.send(readRequest(server.url))).statusCode, 200);
      assert.equal(server.journal.length, 2);
    });
  }

  it("while it waits in the queue is never sent", async () => {
    const server = await startServer();
    server.injectFault({ kind: "delay", ms: 80 });
    const controller = new AbortController();
    const transport = createTransport({ concurrency: 1 });
    const first = transport.send(readRequest(server.url));
    const second = rejectsWith(transport.send(readRequest(server.url), { signal: controller.signal }), "cancelled");
    controller.abort(cancelledError());
    await second;
    await first;
    assert.equal(server.journal.length, 1);
  });

  it("in the turn of the event loop in which its turn comes is never sent", async () => {
    const server = await startServer();
    const transport = createTransport({ concurrency: 1 });
    for (let turns = 0; turns < 8; turns++) {
      const controller = new AbortController();
      const first = transport.send(readRequest(server.url));
      const options = { signal: controller.signal };
      const second = rejectsWith(transport.send(readRequest(server.url, { path: "/second" }), options), "cancelled");
      await first;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      controller.abort(cancelledError());
      await second;
    }
    assert.ok(server.journal.every(({ path }) => path === "/things"));
  });

  it("while it waits for a retry is not retried", async () => {
    const server = await startServer();
    const clock = new FakeClock();
    const controller = new AbortController();
    server.injectFault({ kind: "response", status: 503, headers: { "retry-after": "20" } });
    const sent = rejectsWith(
      createTransport({ clock }).send(readRequest(server.url), { signal: controller.signal }),
      "cancelled",
    );
    await until(() => clock.sleepers === 1);

    controller.abort(cancelledError());

    await sent;
    await clock.advance(30_000);
    assert.equal(server.journal.length, 1);
  });

  it("leaves no listener behind, as one that succeeded", async () => {
    const server = await startServer();
    const { signal } = new AbortController();
    await createTransport().send(readRequest(server.url), { signal });
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

describe("A transport that is closed", () => {
  it("cancels the requests that are running or waiting, and retries none", async () => {
    const before = countSockets();
    const server = await startServer();
    const clock = new FakeClock();
    const transport = createTransport({ concurrency: 2, clock });
    server.injectFault({ kind: "response", status: 503, headers: { "retry-after": "20" } });
    const retrying = transport.send(readRequest(server.url));
    await until(() => clock.sleepers === 1);
    server.injectFault({ kind: "hang" }, { times: 100 });
    const others = Array.from({ length: 10 }, () => transport.send(readRequest(server.url)));
    const ended = Promise.all([retrying, ...others].map((sent) => rejectsWith(sent, "cancelled")));
    await until(() => server.journal.length === 3);

    await transport.close();

    await ended;
    await clock.advance(60_000);
    await until(() => countSockets() === before);
    assert.equal(server.journal.length, 3);
    assert.equal(clock.sleepers, 0);
  });

  it("while it connects leaves no socket open", async () => {
    const before = countSockets();
    const rawServer = await startRawServer(() => undefined);
    const transport = createTransport();
    const sent = rejectsWith(transport.send(readRequest(`https://127.0.0.1:${rawServer.port}`)), "cancelled");
    await until(() => rawServer.connections() === 1);

    await transport.close();

    await sent;
    await until(() => countSockets() <= before + 1);
  });

  it("sends no further request", async () => {
    const server = await startServer();
    const transport = createTransport();
    await transport.close();
    await rejectsWith(transport.send(readRequest(server.url)), "cancelled");
    assert.equal(server.connections, 0);
    await transport.close();
  });

  it("leaves no idle connection open", async () => {
    const before = countSockets();
    const server = await startServer();
    const transport = createTransport();
    await Promise.all([1, 2, 3].map(() => transport.send(readRequest(server.url))));

    await transport.close();

    await until(() => countSockets() === before);
  });
});
