import assert from "node:assert/strict";
import { fetchCertificate } from "../../../src/http/certificate";
import { selfSigned } from "../../support/simulators/certificate";
import { SimulatedServer } from "../../support/simulators/simulated-server";

const SIGNAL = new AbortController().signal;

describe("A look at a server's certificate", () => {
  const servers: SimulatedServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  async function start(certificate?: ReturnType<typeof selfSigned>): Promise<SimulatedServer> {
    const server = await SimulatedServer.start(() => ({ body: {} }), { certificate });
    servers.push(server);
    return server;
  }

  it("tells whose it is, how long it is valid and its fingerprint, and asks for nothing", async () => {
    const [notBefore, notAfter] = [new Date("2026-01-02T03:04:05Z"), new Date("2036-01-02T03:04:05Z")];
    const certificate = selfSigned({ subject: "router.example", notBefore, notAfter });
    const server = await start(certificate);

    const seen = await fetchCertificate(server.url, undefined, SIGNAL);

    assert.deepEqual(seen, {
      subject: "router.example",
      issuer: "router.example",
      validFrom: "2026-01-02T03:04:05.000Z",
      validTo: "2036-01-02T03:04:05.000Z",
      fingerprint: certificate.fingerprint,
    });
    assert.equal(server.journal.length, 0);
  });

  it("leaves no connection behind", async () => {
    const server = await start(selfSigned());
    await fetchCertificate(server.url, undefined, SIGNAL);

    for (let tries = 0; tries < 1500 && server.openConnections > 0; tries++)
      await new Promise((done) => setTimeout(done, 20));
    assert.equal(server.openConnections, 0);
  });

  it("makes names fit to be shown: no control characters, and short", async () => {
    const server = await start(selfSigned({ subject: `a\u0007\u202Eb\n${"c".repeat(300)}` }));

    const { subject } = await fetchCertificate(server.url, undefined, SIGNAL);

    assert.match(subject, /^a b c{100,120}$/);
    assert.equal(subject.length, 120);
  });

  it("says in words that there is none: nobody there, or no TLS", async () => {
    const plain = await start();
    const gone = await start(selfSigned());
    await gone.close();

    for (const origin of [plain.url.replace("http:", "https:"), gone.url])
      await assert.rejects(fetchCertificate(origin, undefined, SIGNAL), { code: "network" });
  });

  it("ends when it is given up", async () => {
    const server = await start(selfSigned());
    server.injectConnectionFault({ kind: "silent" });
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(new Error("enough")), 100);

    await assert.rejects(fetchCertificate(server.url, undefined, giveUp.signal), /enough/);
    await assert.rejects(fetchCertificate(server.url, undefined, giveUp.signal), /enough/);
  });
});
