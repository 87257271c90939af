import assert from "node:assert/strict";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { HttpProxy } from "../support/simulators/http-proxy";
import { dialogInput, post } from "./admin-fixture";
import { assertConfigError, PIN, sendStatus } from "./config-node-fixture";

/** A name that only the proxy knows. */
const NAME = "router.example";

const VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];

async function startProxy(): Promise<HttpProxy> {
  const proxy = closeAfterTest(await HttpProxy.start());
  proxy.hosts.set(NAME, "127.0.0.1");
  return proxy;
}

/** Node-RED's own config node with the id "proxy". */
function proxyNode(proxy: HttpProxy, settings: object = {}): FlowNode {
  return { id: "proxy", type: "http proxy", name: "", url: proxy.url, noproxy: [], ...settings };
}

const named = (url: string): string => url.replace(/127\.0\.0\.1|localhost/, NAME);

describe("A config node behind a proxy", () => {
  const saved = VARIABLES.map((name) => [name, process.env[name]] as const);

  beforeEach(() => {
    for (const name of VARIABLES) delete process.env[name];
  });
  afterEach(async () => {
    for (const [name, value] of saved) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await (await nodeRed()).deploy([]);
  });

  it("reaches its platform through the chosen HTTP proxy, with the certificate pinned inside the tunnel", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter();
    const behind = { ...config, server: named(router.url), proxy: "proxy" };

    const { error } = await sendStatus(behind, proxyNode(proxy));
    const { error: otherPin } = await sendStatus({ ...behind, fingerprint: PIN }, proxyNode(proxy));

    assert.equal(error, undefined);
    assert.equal(otherPin?.code, "tls");
    assert.ok(proxy.tunnels.length > 0 && proxy.tunnels.every((host) => host.startsWith(`${NAME}:`)));
    assert.doesNotMatch(proxy.sent, new RegExp(router.clientSecret));
  });

  it("reaches servers that the chosen proxy exempts without it", async () => {
    const proxy = await startProxy();
    const { config } = await peplinkRouter({}, { proxy: "proxy" });

    const { error } = await sendStatus(config, proxyNode(proxy, { noproxy: ["127.0.0.1"] }));

    assert.equal(error, undefined);
    assert.deepEqual(proxy.tunnels, []);
  });

  for (const name of ["HTTPS_PROXY", "https_proxy"]) {
    it(`uses ${name} where no proxy is chosen, but not for a private address`, async () => {
      const proxy = await startProxy();
      const { router, config } = await peplinkRouter();
      process.env[name] = proxy.url;

      const { error } = await sendStatus({ ...config, server: named(router.url) });
      const tunnels = proxy.tunnels.length;
      const { error: privately } = await sendStatus(config);

      assert.deepEqual([error, privately], [undefined, undefined]);
      assert.ok(tunnels > 0);
      assert.equal(proxy.tunnels.length, tunnels);
    });
  }

  it("obeys NO_PROXY", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter();
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: `.example` });

    const { error } = await sendStatus({ ...config, server: named(router.url) });

    assert.equal(error?.code, "network");
    assert.match(error.message, /could not be resolved/);
    assert.deepEqual(proxy.tunnels, []);
  });

  it("fails with `config` and says that it is the proxy if the proxy wants a password", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter();
    proxy.authorization = `Basic ${Buffer.from("ada:open").toString("base64")}`;
    const behind = { ...config, server: named(router.url), proxy: "proxy" };

    const { error } = await sendStatus(behind, proxyNode(proxy));

    assert.equal(error?.code, "config");
    assert.match(error.message, /proxy wants a user name and password/);
  });

  it("sends the credentials of the HTTP proxy node to the proxy", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter();
    proxy.authorization = `Basic ${Buffer.from("ada:open").toString("base64")}`;
    const credentials = { username: "ada", password: "open" };

    const { error } = await sendStatus(
      { ...config, server: named(router.url), proxy: "proxy" },
      proxyNode(proxy, { credentials }),
    );

    assert.equal(error, undefined);
  });

  it("fails with `config` if the chosen proxy is missing", async () => {
    const { router, config } = await peplinkRouter({}, { proxy: "proxy" });
    await assertConfigError(router, /HTTP proxy is not deployed/, config);
  });

  it("is tested through its proxy, and shows the certificate behind it", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter({}, { proxy: "proxy" });
    const red = await nodeRed();
    await red.deploy([proxyNode(proxy)]);
    const behind = { ...config, server: named(router.url) };

    const good = await post(red, "peplink-router/test", dialogInput(behind));
    const unpinned = await post(red, "peplink-router/test", dialogInput({ ...behind, fingerprint: "" }));

    assert.equal(good.who?.["model"], "Pepwave MAX Simulated");
    assert.equal(unpinned.error?.code, "tls");
    assert.equal(unpinned.certificate?.["fingerprint"], router.fingerprint);
  });
});

describe("A config node with plain http to a name", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  it("needs it to be allowed", async () => {
    const proxy = await startProxy();
    const { router, config } = await peplinkRouter({ certificate: undefined }, { fingerprint: "", proxy: "proxy" });
    const byName = { ...config, server: named(router.url).replace("https:", "http:") };

    const { error: refused } = await sendStatus(byName, proxyNode(proxy));
    const { error: allowed } = await sendStatus({ ...byName, allowHttp: true }, proxyNode(proxy));

    assert.equal(refused?.code, "config");
    assert.match(refused.message, /must begin with https/);
    assert.notEqual(allowed?.code, "config", allowed?.message);
    assert.ok(proxy.tunnels.length > 0);
  });

  it("never sends to a public address, allowed or not", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "", server: "http://8.8.8.8", allowHttp: true });
    await assertConfigError(router, /must begin with https/, config);
  });
});
