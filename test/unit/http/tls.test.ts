import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { buildConnector } from "undici";
import { createTrace } from "../../../src/core/call-context";
import { isPlatformError } from "../../../src/core/errors";
import { createConnector, parseFingerprint, tlsErrorFrom, type TlsSettings } from "../../../src/http/tls";
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

/** A TLS server that counts what it can decrypt: TLS 1.3 lets the server believe in a connection that the client refuses. */
async function listener(certificate: TlsOptions): Promise<{ url: string; bytes: () => number; close: () => void }> {
  let bytes = 0;
  const listening = createServer(certificate, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => (bytes += chunk.length));
  });
  listening.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, bytes: () => bytes, close: () => listening.close() };
}

/** Sends a secret to a server with such a certificate, which must end with `tls`, at once, and without a byte sent. */
async function refused(certificate: TlsOptions, tls: TlsSettings): Promise<string> {
  const listening = await listener(certificate);
  const clock = new InstantClock();
  const trace = createTrace();
  const sent = createTransport({ tls, clock }).send(readRequest(listening.url, { headers: { cookie: "sesame" } }), {
    trace,
  });
  const error = await rejectsWith(sent, "tls");
  await new Promise((resolve) => setTimeout(resolve, 30));
  listening.close();
  assert.equal(listening.bytes(), 0);
  assert.deepEqual([clock.sleeps, trace.attempts, error.retryable], [[], 1, false]);
  return error.message;
}

/** Closes a server, and starts another one in its place. */
async function replace(simulated: SimulatedServer, certificate: Certificate): Promise<SimulatedServer> {
  const { port } = new URL(simulated.url);
  await simulated.close();
  return (await startSecureServer(certificate, Number(port))).simulated;
}

describe("A server's certificate", () => {
  it("is refused when nobody vouches for it, before a byte is sent", async () => {
    assert.match(await refused(selfSigned(), {}), /self-signed.*fingerprint.*Nothing was sent/);
  });

  it("is refused when another CA is trusted", async () => {
    assert.match(await refused(selfSigned(), { ca: selfSigned().cert }), /Nothing was sent/);
  });

  it("is refused when it has expired", async () => {
    const certificate = selfSigned({ notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) });
    assert.match(await refused(certificate, { ca: certificate.cert }), /expired/);
  });

  it("is refused when it is not valid yet", async () => {
    const certificate = selfSigned({ notBefore: new Date(Date.now() + DAY) });
    await refused(certificate, { ca: certificate.cert });
  });

  it("is refused when it is for another name", async () => {
    const certificate = selfSigned({ subject: "elsewhere", names: ["elsewhere.example"] });
    assert.match(await refused(certificate, { ca: certificate.cert }), /for another name/);
  });

  it("is refused when it lacks the name that was set", async () => {
    const certificate = selfSigned();
    assert.match(
      await refused(certificate, { ca: certificate.cert, servername: "elsewhere.example" }),
      /for another name/,
    );
  });

  it("is refused when a certificate or key of our own cannot be used", async () => {
    const { cert } = selfSigned();
    assert.match(await refused(selfSigned(), { cert: "no certificate", key: "no key" }), /TLS configuration/);
    assert.match(await refused(selfSigned(), { cert, key: selfSigned().key }), /TLS configuration/);
  });

  it("is accepted when its CA is trusted", async () => {
    const { simulated, certificate } = await startSecureServer();
    await createTransport({ tls: { ca: certificate.cert } }).send(writeRequest(simulated.url));
    assert.deepEqual(
      simulated.journal.map(({ secure, body }) => [secure, body]),
      [[true, '{"on":true}']],
    );
  });

  it("is accepted for the name that was set", async () => {
    const { simulated, certificate } = await startSecureServer(selfSigned({ names: ["router.example"] }));
    const tls = { ca: certificate.cert, servername: "router.example" };
    assert.equal((await createTransport({ tls }).send(readRequest(simulated.url))).statusCode, 200);
  });

  it("is not looked at where the owner has switched that off", async () => {
    const { simulated } = await startSecureServer();
    assert.equal(
      (await createTransport({ tls: { rejectUnauthorized: false } }).send(readRequest(simulated.url))).statusCode,
      200,
    );
  });

  it("is looked at where that is not said", async () => {
    const settings = { rejectUnauthorized: undefined } as unknown as TlsSettings;
    await refused(selfSigned(), settings);
  });

  it("is refused when it changes between two connections", async () => {
    const { simulated, certificate } = await startSecureServer();
    const sending = createTransport({ tls: { ca: certificate.cert } });
    await sending.send(readRequest(simulated.url));

    const other = await replace(simulated, selfSigned());

    await rejectsWith(sending.send(readRequest(other.url)), "tls");
    assert.deepEqual(other.journal, []);
  });
});

describe("A pinned certificate", () => {
  it("is accepted, whoever vouches for it, whatever its name and its age", async () => {
    for (const options of [
      {},
      { names: ["elsewhere.example"] },
      { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) },
    ]) {
      const { simulated, certificate } = await startSecureServer(selfSigned(options));
      const { fingerprint } = certificate;
      assert.equal((await createTransport({ tls: { fingerprint } }).send(writeRequest(simulated.url))).statusCode, 200);
    }
  });

  it("is the only one: another is refused before a byte is sent, and both fingerprints are shown", async () => {
    const [pinned, shown] = [selfSigned(), selfSigned()];
    const message = await refused(shown, { fingerprint: pinned.fingerprint });
    assert.match(message, new RegExp(`Expected ${pinned.fingerprint}, seen ${shown.fingerprint}`));
  });

  it("is the only one, even where another's CA is trusted or nobody looks", async () => {
    const [pinned, shown] = [selfSigned(), selfSigned()];
    await refused(shown, { fingerprint: pinned.fingerprint, ca: shown.cert });
    await refused(shown, { fingerprint: pinned.fingerprint, rejectUnauthorized: false });
  });

  it("is not there: then the connection is ended at once", async () => {
    const before = countSockets();
    const { simulated } = await startSecureServer();
    const sending = createTransport({ tls: { fingerprint: selfSigned().fingerprint } });
    await rejectsWith(sending.send(readRequest(simulated.url)), "tls");
    await until(() => countSockets() === before);
  });

  it("is looked at on every new connection, and every time it is there", async () => {
    const { simulated, certificate } = await startSecureServer();
    const sending = createTransport({ tls: { fingerprint: certificate.fingerprint }, concurrency: 1 });
    for (let call = 0; call < 10; call++) {
      await sending.send(writeRequest(simulated.url));
      simulated.dropConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual([simulated.journal.length, simulated.connections], [10, 10]);
  });

  it("is missed when it changes between two connections", async () => {
    const { simulated, certificate } = await startSecureServer();
    const sending = createTransport({ tls: { fingerprint: certificate.fingerprint } });
    await sending.send(readRequest(simulated.url));

    const other = await replace(simulated, selfSigned());

    await rejectsWith(sending.send(writeRequest(other.url)), "tls");
    assert.deepEqual(other.journal, []);
  });

  it("serves many connections at once", async () => {
    const { simulated, certificate } = await startSecureServer();
    const sending = createTransport({ tls: { fingerprint: certificate.fingerprint }, concurrency: 20 });
    await Promise.all(Array.from({ length: 200 }, () => sending.send(readRequest(simulated.url))));
    assert.equal(simulated.journal.length, 200);
  });
});

describe("A connection that nobody wants any more", () => {
  for (const [what, settings] of [
    ["verified", {}],
    ["pinned", { fingerprint: "AA:".repeat(32).slice(0, -1) }],
  ] as const) {
    it(`is not begun: Node would end the whole process (${what})`, async () => {
      const connect = createConnector(buildConnector, settings, 1000, AbortSignal.abort());
      const [error, socket] = await new Promise<unknown[]>((done) => {
        connect({ hostname: "127.0.0.1", protocol: "https:", port: "1" }, (...result) => done(result));
      });
      assert.ok(isPlatformError(error, "cancelled"));
      assert.equal(socket, null);
    });
  }
});

describe("A server that does not speak TLS", () => {
  it("is told from one that is not there", async () => {
    const simulated = await startServer();
    const origin = simulated.url.replace("http:", "https:");
    for (const tls of [{}, { fingerprint: selfSigned().fingerprint }]) {
      const error = await rejectsWith(createTransport({ tls }).send(readRequest(origin)), "tls");
      assert.match(error.message, /does not speak TLS.*begin with http/);
    }
    assert.deepEqual(simulated.journal, []);
  });

  it("but hangs up is a failure of the network, before anything was sent", async () => {
    const raw = await startRawServer((socket) => socket.on("data", () => socket.resetAndDestroy()));
    const trace = createTrace();
    const sending = createTransport({ clock: new InstantClock() });
    await rejectsWith(sending.send(writeRequest(`https://127.0.0.1:${raw.port}`), { trace }), "network");
    assert.equal(trace.attempts, 3);
  });
});

describe("A server that speaks TLS otherwise than we do", () => {
  for (const [what, settings] of [
    ["wants a client certificate", { requestCert: true, maxVersion: "TLSv1.2" }],
    ["knows only old versions", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }],
  ] as const) {
    it(`is told from one whose certificate is wrong: it ${what}`, async () => {
      const certificate = selfSigned();
      const message = await refused({ ...certificate, ...settings }, { ca: certificate.cert });
      assert.match(message, /do not agree on TLS.*client certificate.*too old.*Nothing was sent/);
    });
  }
});

describe("A failure", () => {
  for (const code of [
    "EPROTO",
    "CERT_REVOKED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "INVALID_CA",
  ]) {
    it(`${code} comes from TLS`, () => assert.equal(tlsErrorFrom(code)?.code, "tls"));
  }

  for (const code of ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "UND_ERR_SOCKET", ""]) {
    it(`${code || "without a code"} does not`, () => assert.equal(tlsErrorFrom(code), undefined));
  }
});

describe("A fingerprint", () => {
  const plain = "00ab".repeat(16);
  const read = (plain.toUpperCase().match(/../g) ?? []).join(":");

  for (const [what, text] of [
    ["plain hex", plain],
    ["upper case", plain.toUpperCase()],
    ["colons", read],
    ["lower case with colons", read.toLowerCase()],
    ["blanks and line breaks", ` ${read.replaceAll(":", " ")}\n`],
  ] as const) {
    it(`may be written with ${what}`, () => assert.equal(parseFingerprint(text), read));
  }

  for (const text of [
    "",
    "abc",
    plain.slice(1),
    `${plain}0`,
    plain.replace("a", "g"),
    "sha256/AAAA",
    "00ab".repeat(10),
  ]) {
    it(`must not be "${text.slice(0, 20)}" (${text.length} characters)`, () => {
      assert.throws(
        () => parseFingerprint(text),
        (error) => isPlatformError(error, "config"),
      );
    });
  }
});
