import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { queryObjects } from "node:v8";
import { createTrace } from "../../../src/core/call-context";
import { FakeClock } from "../../support/fake-clock";
import {
  countSockets,
  countTimers,
  createTransport,
  inspectAll,
  readRequest,
  rejectsWith,
  startSecureServer,
  startServer,
  until,
  unusedPort,
  warningsDuring,
  writeRequest,
} from "../../support/http-fixture";

describe("A transport", () => {
  it("sends a request and resolves to its response", async () => {
    const server = await startServer({
      handler: () => ({ status: 201, headers: { "x-thing": "é" }, body: '{"a":"ü"}' }),
    });
    const trace = createTrace();
    const request = writeRequest(server.url, {
      path: "/a%20b",
      query: { token: "a&b", "": "" },
      headers: { authorization: "AccessToken=abc" },
      body: { on: true, name: "ü" },
    });

    const response = await createTransport().send(request, { trace });

    const [received] = server.journal;
    assert.equal(`${received?.method} ${received?.path}?${String(received?.query)}`, "POST /a%20b?token=a%26b&=");
    assert.equal(received?.body, '{"on":true,"name":"ü"}');
    assert.equal(received.headers["authorization"], "AccessToken=abc");
    assert.equal(received.headers["content-type"], "application/json");
    assert.deepEqual([response.statusCode, response.text, response.headers["x-thing"]], [201, '{"a":"ü"}', "é"]);
    assert.deepEqual([trace.statusCode, trace.attempts], [201, 1]);
  });

  it("asks for uncompressed JSON, and sends no body where there is none", async () => {
    const server = await startServer();
    await createTransport().send(readRequest(server.url));
    const { headers, body } = server.journal[0] ?? {};
    assert.equal(body, "");
    assert.equal(headers?.["accept"], "application/json");
    assert.equal(headers["accept-encoding"], "identity");
    assert.equal(headers["content-type"], undefined);
    assert.equal(headers["content-length"], undefined);
  });

  it("resolves for every status that the platform itself may send", async () => {
    for (const status of [200, 204, 400, 401, 403, 404, 405, 409, 418, 500, 501]) {
      const server = await startServer({ handler: () => ({ status, body: "" }) });
      assert.equal((await createTransport().send(readRequest(server.url))).statusCode, status);
      assert.equal(server.journal.length, 1);
    }
  });

  for (const scheme of ["http", "https"]) {
    it(`keeps no socket of a closed connection in memory (${scheme})`, async () => {
      const { server, certificate } = scheme === "https" ? await startSecureServer() : { server: await startServer() };
      const transport = createTransport({ tls: certificate ? { fingerprint: certificate.fingerprint } : {} });
      const connect = async (times: number): Promise<number> => {
        for (let call = 0; call < times; call++) {
          await transport.send(readRequest(server.url));
          const open = countSockets();
          server.dropConnections();
          await until(() => countSockets() < open);
        }
        return queryObjects(Socket, { format: "count" });
      };

      const few = await connect(2);
      const many = await connect(20);

      assert.equal(server.connections, 22);
      assert.ok(many < few + 10, `${many} sockets after 22 connections, ${few} after 2`);
    });
  }

  it("reuses a connection", async () => {
    const server = await startServer();
    const transport = createTransport({ concurrency: 1 });
    for (let call = 0; call < 20; call++) await transport.send(readRequest(server.url));
    assert.equal(server.connections, 1);
  });

  it("runs no more requests at the same time than its concurrency, and the others after them", async () => {
    let running = 0;
    let maxRunning = 0;
    const handler = async (): Promise<{ body: object }> => {
      maxRunning = Math.max(maxRunning, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
      return { body: {} };
    };
    const server = await startServer({ handler });
    const transport = createTransport({ concurrency: 3 });

    await Promise.all(Array.from({ length: 30 }, () => transport.send(readRequest(server.url))));

    assert.equal(maxRunning, 3);
    assert.equal(server.journal.length, 30);
    assert.ok(server.connections <= 3);
  });

  it("sends no more requests in a second than its rate, retries included", async () => {
    const server = await startServer();
    const clock = new FakeClock();
    const transport = createTransport({ rate: 2, clock });
    server.injectFault({ kind: "response", status: 503, headers: { "retry-after": "0" } });

    const all = Promise.all([1, 2, 3].map(() => transport.send(readRequest(server.url))));
    await until(() => server.journal.length === 2 && clock.sleepers > 0);
    await clock.advance(1024);
    await until(() => clock.sleepers > 0);
    assert.equal(server.journal.length, 2);
    for (let second = 0; second < 2; second++) {
      await clock.advance(1100);
      await until(() => server.journal.length >= 3);
    }
    await all;

    assert.equal(server.journal.length, 4);
  });

  it("connects to several servers", async () => {
    const [one, other] = [await startServer(), await startServer()];
    const transport = createTransport();
    for (const { url } of [one, other, one, other]) await transport.send(readRequest(url));
    assert.deepEqual([one.journal.length, other.journal.length], [2, 2]);
  });

  it("sends a write once even if the server has closed the connection meanwhile", async () => {
    const server = await startServer();
    const transport = createTransport();
    for (let call = 0; call < 10; call++) {
      const trace = createTrace();
      await transport.send(writeRequest(server.url), { trace });
      assert.equal(trace.attempts, 1);
      server.dropConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(server.journal.length, 10);
  });

  it("ignores early hints", async () => {
    const early = createServer((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end('{"ok":true}');
    });
    await new Promise<void>((resolve) => early.listen(0, "127.0.0.1", resolve));
    const response = await createTransport().send(
      readRequest(`http://127.0.0.1:${(early.address() as AddressInfo).port}`),
    );
    assert.deepEqual([response.statusCode, response.text], [200, '{"ok":true}']);
    early.closeAllConnections();
    early.close();
  });

  it("keeps many connections open without a warning", async () => {
    const server = await startServer();
    server.injectFault({ kind: "delay", ms: 50 }, { times: 40 });
    const transport = createTransport({ concurrency: 40 });
    const warnings = await warningsDuring(() =>
      Promise.all(Array.from({ length: 40 }, () => transport.send(readRequest(server.url)))),
    );
    assert.deepEqual([warnings, server.connections], [[], 40]);
  });

  it("leaves no timer behind", async () => {
    const server = await startServer();
    const before = countTimers();
    const transport = createTransport({ timeoutMs: 60_000 });
    await transport.send(readRequest(server.url));
    server.injectFault({ kind: "reset" });
    await rejectsWith(transport.send(writeRequest(server.url)), "network");
    await until(() => countTimers() <= before);
  });

  it("accepts a timeout that is longer than the timers of Node support", async () => {
    const server = await startServer();
    server.injectFault({ kind: "delay", ms: 50 });
    assert.equal((await createTransport({ timeoutMs: 1e12 }).send(readRequest(server.url))).statusCode, 200);
  });
});

describe("A request that HTTP cannot transmit", () => {
  for (const [what, more] of [
    ["half a character in the query", { query: { searchKey: "a\ud800" } }],
    ["a line break in a header", { headers: { cookie: "a=b\r\nx-evil: 1" } }],
    ["half a character in a header", { headers: { cookie: "a\ud800" } }],
    ["a letter that headers do not allow", { headers: { cookie: "a=☃" } }],
    ["a NUL in a header", { headers: { cookie: "a\0b" } }],
  ] as const) {
    it(`because of ${what} rejects with "input", and nothing is sent`, async () => {
      const server = await startServer();
      const error = await rejectsWith(createTransport().send(writeRequest(server.url, more)), "input");
      assert.equal(server.journal.length, 0);
      assert.doesNotMatch(error.message, /evil|a=|searchKey=/);
    });
  }

  it("because its body refers to itself rejects as a mistake in the message, and nothing is sent", async () => {
    const server = await startServer();
    const body: Record<string, unknown> = {};
    body["itself"] = body;
    await rejectsWith(createTransport().send(writeRequest(server.url, { body })), "input");
    assert.equal(server.connections, 0);
  });
});

describe("A transport's errors", () => {
  it("never contain the URL, a header, the query or the body", async () => {
    const server = await startServer();
    const faults = [{ kind: "reset" }, { kind: "cut" }, { kind: "hang" }, { kind: "response", status: 503 }] as const;
    const origins = [...faults.map(() => server.url), `http://127.0.0.1:${await unusedPort()}`];
    for (const [index, origin] of origins.entries()) {
      const fault = faults[index];
      if (fault) server.injectFault(fault);
      const secrets = { query: { token: "sesame" }, headers: { cookie: "sesame" }, body: { password: "sesame" } };
      const sent = createTransport({ timeoutMs: 100 }).send(writeRequest(origin, { path: "/sesame", ...secrets }));
      const error = await sent.then(
        () => assert.fail("The request should have rejected."),
        (thrown: Error) => thrown,
      );
      assert.doesNotMatch(inspectAll(error), /sesame|127\.0\.0\.1/);
      assert.equal(error.cause, undefined);
    }
  });
});
