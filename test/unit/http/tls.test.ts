import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { buildConnector } from "undici";
import { createTrace } from "../../../src/core/call-context";
import { isPlatformError } from "../../../src/core/errors";
import { createConnector, tlsErrorFrom, type TlsSettings } from "../../../src/http/tls";
import { InstantClock } from "../../support/fake-clock";
import {
  countSockets,
  createTransport,
  readRequest,
  rejectsWith,
  startRawServer,
  startSecureServer,
  startServer,
  until,
  writeRequest,
} from "../../support/http-fixture";
import { selfSigned, type Certificate } from "../../support/simulators/certificate";
import type { SimulatedServer } from "../../support/simulators/simulated-server";

const DAY = 86_400_000;

/** A TLS server that counts the bytes it can decrypt: with TLS 1.3 it sees a connection even if the client rejects it. */
async function startListener(
  certificate: TlsOptions,
): Promise<{ url: string; bytes: () => number; close: () => void }> {
  let bytes = 0;
  const listener = createServer(certificate, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => (bytes += chunk.length));
  });
  listener.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, bytes: () => bytes, close: () => listener.close() };
}

/** Asserts that a request to a server with this certificate rejects with `tls` at once, before a byte is sent. */
async function rejectedCertificate(certificate: TlsOptions, tls: TlsSettings): Promise<string> {
  const listener = await startListener(certificate);
  const clock = new InstantClock();
  const trace = createTrace();
  const sent = createTransport({ tls, clock }).send(readRequest(listener.url, { headers: { cookie: "sesame" } }), {
    trace,
  });
  const error = await rejectsWith(sent, "tls");
  await new Promise((resolve) => setTimeout(resolve, 30));
  listener.close();
  assert.equal(listener.bytes(), 0);
  assert.deepEqual([clock.sleeps, trace.attempts, error.retryable], [[], 1, false]);
  return error.message;
}

/** Closes a server, and starts another one at its port. */
async function replace(server: SimulatedServer, certificate: Certificate): Promise<SimulatedServer> {
  const { port } = new URL(server.url);
  await server.close();
  return (await startSecureServer(certificate, Number(port))).server;
}

describe("A server's certificate", () => {
  it("is rejected before a byte is sent if no trusted CA has signed it", async () => {
    assert.match(await rejectedCertificate(selfSigned(), {}), /self-signed.*fingerprint.*Nothing was sent/);
  });

  it("is rejected if another CA is trusted", async () => {
    assert.match(await rejectedCertificate(selfSigned(), { ca: selfSigned().cert }), /Nothing was sent/);
  });

  it("is rejected if it has expired", async () => {
    const certificate = selfSigned({ notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) });
    assert.match(await rejectedCertificate(certificate, { ca: certificate.cert }), /expired/);
  });

  it("is rejected if it is not valid yet", async () => {
    const certificate = selfSigned({ notBefore: new Date(Date.now() + DAY) });
    await rejectedCertificate(certificate, { ca: certificate.cert });
  });

  it("is rejected if it is for another name", async () => {
    const certificate = selfSigned({ subject: "elsewhere", names: ["elsewhere.example"] });
    assert.match(await rejectedCertificate(certificate, { ca: certificate.cert }), /for another name/);
  });

  it("is rejected if it lacks the configured server name", async () => {
    const certificate = selfSigned();
    assert.match(
      await rejectedCertificate(certificate, { ca: certificate.cert, servername: "elsewhere.example" }),
      /for another name/,
    );
  });

  it("is rejected if the client certificate or its key cannot be used", async () => {
    const { cert } = selfSigned();
    assert.match(
      await rejectedCertificate(selfSigned(), { cert: "not a certificate", key: "not a key" }),
      /TLS configuration/,
    );
    assert.match(await rejectedCertificate(selfSigned(), { cert, key: selfSigned().key }), /TLS configuration/);
  });

  it("is accepted if its CA is trusted", async () => {
    const { server, certificate } = await startSecureServer();
    await createTransport({ tls: { ca: certificate.cert } }).send(writeRequest(server.url));
    assert.deepEqual(
      server.journal.map(({ secure, body }) => [secure, body]),
      [[true, '{"on":true}']],
    );
  });

  it("is accepted for the configured server name", async () => {
    const { server, certificate } = await startSecureServer(selfSigned({ names: ["router.example"] }));
    const tls = { ca: certificate.cert, servername: "router.example" };
    assert.equal((await createTransport({ tls }).send(readRequest(server.url))).statusCode, 200);
  });

  it("is not verified if that is switched off", async () => {
    const { server } = await startSecureServer();
    assert.equal(
      (await createTransport({ tls: { rejectUnauthorized: false } }).send(readRequest(server.url))).statusCode,
      200,
    );
  });

  it("is verified if nothing is configured", async () => {
    const settings = { rejectUnauthorized: undefined } as unknown as TlsSettings;
    await rejectedCertificate(selfSigned(), settings);
  });

  it("is rejected if it changes between two connections", async () => {
    const { server, certificate } = await startSecureServer();
    const transport = createTransport({ tls: { ca: certificate.cert } });
    await transport.send(readRequest(server.url));

    const other = await replace(server, selfSigned());

    await rejectsWith(transport.send(readRequest(other.url)), "tls");
    assert.deepEqual(other.journal, []);
  });
});

describe("A pinned certificate", () => {
  it("is accepted, whoever has signed it, whatever its name and age", async () => {
    for (const options of [
      {},
      { names: ["elsewhere.example"] },
      { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) },
    ]) {
      const { server, certificate } = await startSecureServer(selfSigned(options));
      const { fingerprint } = certificate;
      assert.equal((await createTransport({ tls: { fingerprint } }).send(writeRequest(server.url))).statusCode, 200);
    }
  });

  it("is the only one: another is rejected before a byte is sent, and the error shows both fingerprints", async () => {
    const [pinned, actual] = [selfSigned(), selfSigned()];
    const message = await rejectedCertificate(actual, { fingerprint: pinned.fingerprint });
    assert.match(message, new RegExp(`Expected ${pinned.fingerprint}, seen ${actual.fingerprint}`));
  });

  it("is the only one even if another's CA is trusted, or verification is switched off", async () => {
    const [pinned, actual] = [selfSigned(), selfSigned()];
    await rejectedCertificate(actual, { fingerprint: pinned.fingerprint, ca: actual.cert });
    await rejectedCertificate(actual, { fingerprint: pinned.fingerprint, rejectUnauthorized: false });
  });

  it("leads to a closed connection at once if the server has another one", async () => {
    const before = countSockets();
    const { server } = await startSecureServer();
    const transport = createTransport({ tls: { fingerprint: selfSigned().fingerprint } });
    await rejectsWith(transport.send(readRequest(server.url)), "tls");
    await until(() => countSockets() === before);
  });

  it("is verified for every new connection", async () => {
    const { server, certificate } = await startSecureServer();
    const transport = createTransport({ tls: { fingerprint: certificate.fingerprint }, concurrency: 1 });
    for (let call = 0; call < 10; call++) {
      await transport.send(writeRequest(server.url));
      server.dropConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual([server.journal.length, server.connections], [10, 10]);
  });

  it("is missed if the server changes its certificate between two connections", async () => {
    const { server, certificate } = await startSecureServer();
    const transport = createTransport({ tls: { fingerprint: certificate.fingerprint } });
    await transport.send(readRequest(server.url));

    const other = await replace(server, selfSigned());

    await rejectsWith(transport.send(writeRequest(other.url)), "tls");
    assert.deepEqual(other.journal, []);
  });

  it("is verified for many connections at the same time", async () => {
    const { server, certificate } = await startSecureServer();
    const transport = createTransport({ tls: { fingerprint: certificate.fingerprint }, concurrency: 20 });
    await Promise.all(Array.from({ length: 200 }, () => transport.send(readRequest(server.url))));
    assert.equal(server.journal.length, 200);
  });
});

describe("A connection whose signal is aborted", () => {
  for (const [what, settings] of [
    ["verified", {}],
    ["pinned", { fingerprint: "AA:".repeat(32).slice(0, -1) }],
  ] as const) {
    it(`is not started, because Node would end the whole process (${what})`, async () => {
      const connect = createConnector(buildConnector, settings, 1000, AbortSignal.abort());
      const [error, socket] = await new Promise<unknown[]>((resolve) => {
        connect({ hostname: "127.0.0.1", protocol: "https:", port: "1" }, (...result) => resolve(result));
      });
      assert.ok(isPlatformError(error, "cancelled"));
      assert.equal(socket, null);
    });
  }
});

describe("A server that does not speak TLS", () => {
  it("is distinguished from one that cannot be reached", async () => {
    const server = await startServer();
    const origin = server.url.replace("http:", "https:");
    for (const tls of [{}, { fingerprint: selfSigned().fingerprint }]) {
      const error = await rejectsWith(createTransport({ tls }).send(readRequest(origin)), "tls");
      assert.match(error.message, /does not speak TLS.*begin with http/);
    }
    assert.deepEqual(server.journal, []);
  });

  it("and closes the connection leads to an error of the network, before anything was sent", async () => {
    const rawServer = await startRawServer((socket) => socket.on("data", () => socket.resetAndDestroy()));
    const trace = createTrace();
    const transport = createTransport({ clock: new InstantClock() });
    await rejectsWith(transport.send(writeRequest(`https://127.0.0.1:${rawServer.port}`), { trace }), "network");
    assert.equal(trace.attempts, 3);
  });
});

describe("A server whose TLS is not compatible", () => {
  for (const [what, settings] of [
    ["wants a client certificate", { requestCert: true, maxVersion: "TLSv1.2" }],
    ["supports only old versions", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }],
  ] as const) {
    it(`is distinguished from one whose certificate is wrong: it ${what}`, async () => {
      const certificate = selfSigned();
      const message = await rejectedCertificate({ ...certificate, ...settings }, { ca: certificate.cert });
      assert.match(message, /do not agree on TLS.*client certificate.*too old.*Nothing was sent/);
    });
  }
});

describe("An error code", () => {
  for (const code of [
    "EPROTO",
    "CERT_REVOKED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "INVALID_CA",
  ]) {
    it(`${code} belongs to TLS`, () => assert.equal(tlsErrorFrom(code)?.code, "tls"));
  }

  for (const code of ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "UND_ERR_SOCKET", ""]) {
    it(`${code || "that is empty"} does not belong to TLS`, () => assert.equal(tlsErrorFrom(code), undefined));
  }
});
