import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parseJson } from "../../../src/http/response";
import { createTransport, readRequest, rejectsWith, startRawServer, startServer } from "../../support/http-fixture";

const MIB = 1024 * 1024;

describe("A response to a transport", () => {
  it("may have 16 MiB", async () => {
    const server = await startServer({ handler: () => ({ body: Buffer.alloc(16 * MIB, " ") }) });
    assert.equal((await createTransport().send(readRequest(server.url))).text.length, 16 * MIB);
  });

  for (const [what, fault] of [
    ["one byte larger", undefined],
    ["endless", { kind: "endless" }],
  ] as const) {
    it(`that is ${what} is rejected, and the request is not retried`, async () => {
      const server = await startServer({ handler: () => ({ body: Buffer.alloc(16 * MIB + 1, " ") }) });
      if (fault) server.injectFault(fault, { times: 100 });
      const error = await rejectsWith(createTransport({ timeoutMs: 15_000 }).send(readRequest(server.url)), "protocol");
      assert.match(error.message, /larger than 16 MiB/);
      assert.equal(server.journal.length, 1);
    });
  }

  it("that announces a larger size is rejected before it has arrived", async () => {
    const rawServer = await startRawServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{")),
    );
    const error = await rejectsWith(
      createTransport({ timeoutMs: 2000 }).send(readRequest(`http://127.0.0.1:${rawServer.port}`)),
      "protocol",
    );
    assert.match(error.message, /larger than 16 MiB/);
    assert.equal(rawServer.connections(), 1);
  });

  for (const status of [300, 301, 302, 303, 304, 307, 308]) {
    it(`with HTTP ${status} is not followed, so that no other server gets the request`, async () => {
      const [server, elsewhere] = [await startServer(), await startServer()];
      const headers = { location: `${elsewhere.url}/?token=a` };
      server.injectFault({ kind: "response", status, headers }, { times: 100 });

      const error = await rejectsWith(
        createTransport().send(readRequest(server.url, { headers: { cookie: "a=b" } })),
        "protocol",
      );

      assert.deepEqual([server.journal.length, elsewhere.connections], [1, 0]);
      assert.equal(error.details.statusCode, status);
      assert.doesNotMatch(error.message, /127\.0\.0\.1|token/);
    });
  }

  for (const encoding of ["gzip", "br", "deflate", "gzip, identity"]) {
    it(`that is compressed (${encoding}) is rejected`, async () => {
      const body = gzipSync('{"ok":true}');
      const server = await startServer({ handler: () => ({ headers: { "content-encoding": encoding }, body }) });
      assert.match(
        (await rejectsWith(createTransport().send(readRequest(server.url)), "protocol")).message,
        /compressed/,
      );
      assert.equal(server.journal.length, 1);
    });
  }

  it("with the encoding identity is accepted", async () => {
    const server = await startServer({
      handler: () => ({ headers: { "content-encoding": "identity" }, body: "{}" }),
    });
    assert.equal((await createTransport().send(readRequest(server.url))).text, "{}");
  });

  it("needs no Content-Type", async () => {
    const server = await startServer({ handler: () => ({ headers: { "content-type": "" }, body: { ok: 1 } }) });
    assert.deepEqual(parseJson(await createTransport().send(readRequest(server.url))), { ok: 1 });
  });

  for (const [what, body] of [
    ["a web page", "<html>open sesame</html>"],
    ["empty", ""],
    ["not complete", '{"open":"sesame"'],
  ] as const) {
    it(`that is ${what} rejects without a quote from it, whatever its Content-Type is`, async () => {
      const server = await startServer({ handler: () => ({ body }) });
      const response = await createTransport().send(readRequest(server.url));
      await assert.rejects(async () => parseJson(response), /cannot be read\. It is (?!.*sesame)/);
    });
  }

  it("that is not HTTP is rejected, and the request is not retried", async () => {
    const rawServer = await startRawServer((socket) =>
      socket.on("data", () => socket.end("220 mail.example ready\r\n")),
    );
    const error = await rejectsWith(
      createTransport().send(readRequest(`http://127.0.0.1:${rawServer.port}`)),
      "protocol",
    );
    assert.match(error.message, /not HTTP/);
    assert.equal(rawServer.connections(), 1);
  });

  it("with endless headers is rejected", async () => {
    const line = `x-long: ${"y".repeat(8000)}\r\n`;
    const rawServer = await startRawServer((socket) =>
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\n${line.repeat(50)}`)),
    );
    await rejectsWith(createTransport().send(readRequest(`http://127.0.0.1:${rawServer.port}`)), "protocol");
    assert.equal(rawServer.connections(), 1);
  });
});
