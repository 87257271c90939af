import assert from "node:assert/strict";
import { LightAbortController } from "../../../src/core/abort";
import { isPlatformError } from "../../../src/core/errors";
import { fetchCertificate } from "../../../src/http/certificate";
import { isExempt, parseProxy } from "../../../src/http/proxy";
import {
  createTransport,
  inspectAll,
  readRequest,
  rejectsWith,
  startRawServer,
  startSecureServer,
  startServer,
  unusedPort,
  writeRequest,
} from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";
import { HttpProxy } from "../../support/simulators/http-proxy";

async function startProxy(): Promise<HttpProxy> {
  return closeAfterTest(await HttpProxy.start());
}

describe("A transport with a proxy", () => {
  it("reaches a server through tunnels, which later requests use as well", async () => {
    const proxy = await startProxy();
    const server = await startServer({ handler: () => ({ body: "{}" }) });
    const transport = createTransport({ proxyFor: () => parseProxy(proxy.url) });

    for (let count = 0; count < 6; count++) await transport.send(readRequest(server.url));

    // As without a proxy, undici opens a second connection when the first has only just become idle.
    assert.ok(proxy.tunnels.length <= 2, String(proxy.tunnels));
    assert.equal(proxy.tunnels[0], new URL(server.url).host);
    assert.equal(server.journal.length, 6);
  });

  it("verifies the pinned certificate inside the tunnel, and shows the proxy nothing of a request", async () => {
    const proxy = await startProxy();
    const { server, certificate: own } = await startSecureServer();
    const { fingerprint } = own;
    const proxyFor = () => parseProxy(proxy.url);
    const pinned = createTransport({ tls: { fingerprint }, proxyFor });
    const other = createTransport({ tls: { fingerprint: "00:".repeat(31) + "00" }, proxyFor });
    const request = readRequest(server.url, { query: { token: "sesame" } });

    await pinned.send(request);
    await rejectsWith(other.send(request), "tls");
    await rejectsWith(createTransport({ proxyFor }).send(request), "tls");

    assert.equal(server.journal.length, 1);
    assert.doesNotMatch(proxy.sent, /sesame/);
  });

  it("shows the certificate of a server behind the proxy", async () => {
    const proxy = await startProxy();
    const { server, certificate: own } = await startSecureServer();
    const { fingerprint } = own;

    const certificate = await fetchCertificate(
      server.url,
      undefined,
      new LightAbortController().signal,
      parseProxy(proxy.url),
    );

    assert.equal(certificate.fingerprint, fingerprint);
    assert.equal(proxy.tunnels.length, 1);
  });

  it("sends the proxy's credentials to the proxy alone", async () => {
    const proxy = await startProxy();
    const server = await startServer({ handler: () => ({ body: "{}" }) });
    proxy.authorization = `Basic ${Buffer.from("ada:se same").toString("base64")}`;
    const address = proxy.url.replace("http://", "http://ada:se%20same@");

    await createTransport({ proxyFor: () => parseProxy(address) }).send(readRequest(server.url));

    assert.equal(server.journal[0]?.headers["proxy-authorization"], undefined);
    assert.equal(server.journal.length, 1);
  });

  it("fails with `config` if the proxy wants a password, and sends nothing", async () => {
    const proxy = await startProxy();
    const server = await startServer();
    proxy.authorization = "Basic secret";

    const transport = createTransport({
      proxyFor: () => parseProxy(proxy.url, { username: "ada", password: "sesame" }),
    });
    const error = await rejectsWith(transport.send(readRequest(server.url)), "config");

    assert.match(error.message, /^The proxy wants a user name and password/);
    assert.doesNotMatch(inspectAll(error), /sesame|127\.0\.0\.1/);
    assert.equal(server.journal.length, 0);
  });

  it("fails with `network` if the proxy refuses the server", async () => {
    const proxy = await startProxy();
    proxy.status = 403;

    const error = await rejectsWith(
      createTransport({ proxyFor: () => parseProxy(proxy.url) }).send(writeRequest("https://platform.example")),
      "network",
    );

    assert.match(error.message, /^The proxy refused to connect to the server \(HTTP 403\)/);
  });

  it("fails with `network` if the proxy cannot be reached, and says that it is the proxy", async () => {
    const address = `http://127.0.0.1:${await unusedPort()}`;

    const error = await rejectsWith(
      createTransport({ proxyFor: () => parseProxy(address) }).send(readRequest("https://platform.example")),
      "network",
    );

    assert.match(error.message, /^The proxy cannot be reached/);
  });

  it("fails within its time if the proxy never responds, and leaves no connection", async () => {
    const silent = await startRawServer(() => undefined);
    const transport = createTransport({
      timeoutMs: 100,
      proxyFor: () => parseProxy(`http://127.0.0.1:${silent.port}`),
    });

    await rejectsWith(transport.send(writeRequest("https://platform.example")), "timeout");
    await transport.close();
  });

  it("is closed at once while the proxy is silent", async () => {
    const silent = await startRawServer(() => undefined);
    const transport = createTransport({ proxyFor: () => parseProxy(`http://127.0.0.1:${silent.port}`) });
    const sending = rejectsWith(transport.send(readRequest("https://platform.example")), "cancelled");
    await new Promise((resolve) => setTimeout(resolve, 20));

    await transport.close();

    await sending;
  });
});

describe("The address of a proxy", () => {
  it("may have no scheme", () => {
    assert.deepEqual(parseProxy("proxy.example:3128"), { origin: "http://proxy.example:3128" });
  });

  for (const text of ["http://", "socks5://sesame.example", "http://sesame example", "://"]) {
    it(`must not be "${text}", and the error quotes nothing of it`, () => {
      assert.throws(
        () => parseProxy(text),
        (error) => isPlatformError(error, "config") && !inspectAll(error).includes("sesame"),
      );
    });
  }
});

describe("The list of servers without a proxy", () => {
  for (const [list, origin, exempt] of [
    ["", "https://a.example", false],
    ["*", "https://a.example", true],
    ["a.example", "https://a.example", true],
    ["a.example", "https://b.a.example", false],
    [".a.example", "https://b.a.example", true],
    ["*.a.example", "https://b.a.example", true],
    ["x, A.example  b", "https://a.example", true],
    ["a.example:8043", "https://a.example", false],
    ["a.example:8043", "https://a.example:8043", true],
    ["a.example:443", "https://a.example", true],
    ["ample", "https://a.example", false],
  ] as const) {
    it(`"${list}" ${exempt ? "exempts" : "does not exempt"} ${origin}`, () => {
      assert.equal(isExempt(list, origin), exempt);
    });
  }
});
