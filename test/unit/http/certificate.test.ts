import assert from "node:assert/strict";
import { fetchCertificate } from "../../../src/http/certificate";
import { selfSigned } from "../../support/simulators/certificate";
import { SimulatedServer } from "../../support/simulators/simulated-server";

const SIGNAL = new AbortController().signal;

describe("The certificate of a server", () => {
  const servers: SimulatedServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  async function start(certificate?: ReturnType<typeof selfSigned>): Promise<SimulatedServer> {
    const server = await SimulatedServer.start(() => ({ body: {} }), { certificate });
    servers.push(server);
    return server;
  }

  it("is fetched with its names, its validity and its fingerprint, and without a request", async () => {
    const [notBefore, notAfter] = [new Date("2026-01-02T03:04:05Z"), new Date("2036-01-02T03:04:05Z")];
    const certificate = selfSigned({ subject: "router.example", notBefore, notAfter });
    const server = await start(certificate);

    const fetched = await fetchCertificate(server.url, undefined, SIGNAL);

    assert.deepEqual(fetched, {
      subject: "router.example",
      issuer: "router.example",
      validFrom: "2026-01-02T03:04:05.000Z",
      validTo: "2036-01-02T03:04:05.000Z",
      fingerprint: certificate.fingerprint,
    });
    assert.equal(server.journal.length, 0);
  });

  it("is fetched without leaving a connection open", async () => {
    const server = await start(selfSigned());
    await fetchCertificate(server.url, undefined, SIGNAL);

    for (let attempt = 0; attempt < 1500 && server.openConnections > 0; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(server.openConnections, 0);
  });

  it("is fetched with names that can be shown: short, and without control characters", async () => {
    const server = await start(selfSigned({ subject: `a\u0007\u202Eb\n${"c".repeat(300)}` }));

    const { subject } = await fetchCertificate(server.url, undefined, SIGNAL);

    assert.match(subject, /^a b c{100,120}$/);
    assert.equal(subject.length, 120);
  });

  it("is reported as missing if the server cannot be reached, or does not speak TLS", async () => {
    const plain = await start();
    const closed = await start(selfSigned());
    await closed.close();

    for (const origin of [plain.url.replace("http:", "https:"), closed.url])
      await assert.rejects(fetchCertificate(origin, undefined, SIGNAL), { code: "network" });
  });

  it("is no longer awaited when the signal aborts", async () => {
    const server = await start(selfSigned());
    server.injectConnectionFault({ kind: "silent" });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 100);

    await assert.rejects(fetchCertificate(server.url, undefined, controller.signal), /enough/);
    await assert.rejects(fetchCertificate(server.url, undefined, controller.signal), /enough/);
  });
});
