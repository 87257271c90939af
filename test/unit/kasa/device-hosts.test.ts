import assert from "node:assert/strict";
import dns from "node:dns";
import { parseServerAddress } from "../../../src/http/server-address";
import type { DeviceWithState } from "../../../src/kasa/client";
import { closeAfterTest } from "../../support/mocha-hooks";
import { selfSigned } from "../../support/simulators/certificate";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Plug } from "../../support/simulators/kasa/plugs";
import { createClient, respondOnce } from "./client-fixture";

const aliasesWithState = (devices: DeviceWithState[]): unknown[] =>
  devices.flatMap(({ state }) => (state ? [state.alias] : []));

describe("A command through Kasa's cloud", () => {
  const { lookup } = dns;
  const certificate = selfSigned({ names: ["*.tplinkcloud.com"] });
  let resolvedHosts: string[] = [];

  afterEach(() => {
    dns.lookup = lookup;
  });

  /**
   * A simulator in the place of TP-Link's cloud.
   * @param appServerUrl the host that it names for each device
   * @param prefix the path of a reverse proxy
   */
  async function setUp(appServerUrl: (port: string) => string, prefix = "") {
    const cloud = closeAfterTest(await KasaCloud.start({ certificate }));
    const { port } = new URL(cloud.url);
    for (const device of cloud.devices) device.appServerUrl = appServerUrl(port);
    const server = parseServerAddress(`https://wap.tplinkcloud.com:${port}${prefix}`);
    const client = createClient(cloud, { server }, { tls: { fingerprint: certificate.fingerprint } });
    resolvedHosts = [];
    // Every name resolves to the simulator, and is recorded.
    dns.lookup = ((host: string, options: { all?: boolean }, callback: (...result: unknown[]) => void) => {
      resolvedHosts.push(host);
      if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(null, "127.0.0.1", 4);
    }) as typeof dns.lookup;
    return { cloud, client, port };
  }

  it("goes to the host that the cloud names for the device, if it is one of TP-Link's", async () => {
    const { cloud, client, port } = await setUp((cloudPort) => `https://use1-wap.tplinkcloud.com:${cloudPort}`);

    const devices = await client.devicesWithState();

    const requests = cloud.server.journal.map(({ body, headers }) => [JSON.parse(body).method, headers["host"]]);
    assert.equal(aliasesWithState(devices).length, 7);
    assert.deepEqual(requests.slice(0, 3), [
      ["login", `wap.tplinkcloud.com:${port}`],
      ["getDeviceList", `wap.tplinkcloud.com:${port}`],
      ["passthrough", `use1-wap.tplinkcloud.com:${port}`],
    ]);
  });

  it("ignores the path, the query and the credentials in the URL that the cloud names", async () => {
    const { cloud, client } = await setUp((port) => `https://user:word@use1-wap.tplinkcloud.com:${port}/path?x=1`);

    const devices = await client.devicesWithState();

    const { path, query, headers } = cloud.server.journal.at(-1) ?? assert.fail();
    assert.deepEqual([path, query.has("x"), headers["authorization"]], ["/", false, undefined]);
    assert.equal(aliasesWithState(devices).length, 7);
  });

  for (const [what, appServerUrl] of [
    ["a host whose name only begins like TP-Link's", "https://tplinkcloud.com.evil.test:PORT"],
    ["a host whose name only ends like TP-Link's", "https://eviltplinkcloud.com:PORT"],
    ["a host with TP-Link's in the path", "https://evil.test:PORT/.tplinkcloud.com"],
    ["a host with TP-Link's behind a backslash", "https://evil.test:PORT\\.tplinkcloud.com"],
    ["a host with TP-Link's as the user name", "https://use1-wap.tplinkcloud.com@evil.test:PORT"],
    ["a host of TP-Link's without TLS", "http://use1-wap.tplinkcloud.com:PORT"],
    ["the local machine", "https://127.0.0.1:PORT"],
    ["something that is not a URL", "use1-wap.tplinkcloud.com"],
    ["nothing", ""],
  ] as const) {
    it(`goes to the configured host if the cloud names ${what}`, async () => {
      const { cloud, client, port } = await setUp((cloudPort) => appServerUrl.replace("PORT", cloudPort));

      const devices = await client.devicesWithState();

      const hosts = new Set(cloud.server.journal.map(({ headers }) => headers["host"]));
      assert.deepEqual([...hosts], [`wap.tplinkcloud.com:${port}`]);
      assert.deepEqual([...new Set(resolvedHosts)], ["wap.tplinkcloud.com"]);
      assert.equal(aliasesWithState(devices).length, 7);
    });
  }

  it("keeps the path of a reverse proxy if the cloud names the configured host", async () => {
    const { cloud, client } = await setUp((port) => `https://wap.tplinkcloud.com:${port}`, "/proxy");
    const entry = cloud.device(Plug, "Modem").toListEntry(cloud.url);
    respondOnce(cloud, "login", { error_code: 0, result: { token: "of the proxy" } });
    respondOnce(cloud, "getDeviceList", { error_code: 0, result: { deviceList: [entry] } });

    await client.devicesWithState();

    const last = cloud.server.journal.at(-1);
    assert.deepEqual([last?.path, last?.body.includes("passthrough")], ["/proxy/", true]);
  });
});
