import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { parseServerAddress } from "../../../../src/http/server-address";
import { isTpLinkServer, namedServer, thingServerTls } from "../../../../src/kasa/transports/tapo-cloud/hosts";
import { TP_LINK_ROOTS } from "../../../../src/kasa/transports/tapo-cloud/roots";
import { createClient } from "../client-fixture";
import { setUp, setUpByName } from "./fixture";

describe("The trust in TP-Link's second cloud", () => {
  it("has the two private roots of TP-Link, and no other certificate", () => {
    const roots = TP_LINK_ROOTS.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? [];
    const fingerprints = roots.map((pem) => new X509Certificate(pem).fingerprint256);

    assert.deepEqual(fingerprints, [
      "8B:54:F0:36:4E:84:0F:B0:10:D5:17:32:47:25:F0:D3:02:45:D3:5B:45:F9:BE:4B:6E:50:B8:4F:03:FD:EC:19",
      "8D:27:22:4D:AC:20:C2:DB:8A:38:0E:31:03:B4:E3:83:C4:81:EE:41:B6:81:90:85:79:AE:E4:16:76:1D:A2:89",
    ]);
  });

  it("has the roots verify the hosts of this cloud alone", () => {
    assert.deepEqual(thingServerTls("https://euw1-app-server.iot.i.tplinknbu.com"), { ca: TP_LINK_ROOTS });
    assert.deepEqual(thingServerTls("https://aps1-app-server.iot.i.tplinkcloud.com"), { ca: TP_LINK_ROOTS });
    assert.equal(thingServerTls("https://wap.tplinkcloud.com"), undefined);
  });

  for (const url of [
    "http://use1-app-server.iot.i.tplinknbu.com",
    "https://use1-app-server.iot.i.tplinknbu.com.example.org",
    "https://example.org/.iot.i.tplinknbu.com",
    "https://iot.i.tplinknbu.com@example.org",
    "https://user@use1-app-server.iot.i.tplinknbu.com",
    "https://use1-app-server.iot.i.tplinknbu.com:8443",
    "https://evil-iot.i.tplinknbu.com",
    "https://127.0.0.1",
    "use1-app-server.iot.i.tplinknbu.com",
    42,
  ]) {
    it(`sends nothing to ${url}, although the cloud names it`, () => {
      assert.equal(namedServer({ appServerUrl: url }, undefined), undefined);
    });
  }

  it("sends everything to the configured server, wherever the cloud says that a thing is", () => {
    const configured = parseServerAddress("https://127.0.0.1:8443/gateway");

    assert.deepEqual(
      namedServer({ appServerUrl: "https://use1-app-server.iot.i.tplinknbu.com" }, configured),
      configured,
    );
  });

  it("shows a token of a first cloud that is not TP-Link's to nobody else", async () => {
    const { kasa } = await setUp();
    const client = createClient(kasa);

    const heater = (await client.devices()).find(({ alias }) => alias === "Heater");

    assert.equal(isTpLinkServer(parseServerAddress(kasa.url)), false);
    assert.equal(heater?.supported, false);
  });

  it("shows no token to a host with a stranger's certificate", async () => {
    const { client, cloud, proxy, kasa } = await setUpByName({ tlsFor: thingServerTls });
    const warnings: string[] = [];

    const devices = await client.devices({ warn: (sentence) => void warnings.push(sentence) });

    assert.ok(devices.length >= kasa.devices.length);
    assert.ok(proxy.tunnels.includes("app-server.iot.i.tplinknbu.com:443"));
    assert.deepEqual(cloud.requests(), []);
    assert.match(warnings.join(), /certificate/);
  });

  it("asks in which region the account is, and each thing in its own", async () => {
    const { client, cloud } = await setUpByName();
    cloud.thing("Stairs").region = "aps1";

    const { on } = await client.control.set("Stairs", "", { on: true }, {});

    assert.equal(on, true);
    const hosts = new Set(
      cloud.server.journal.map(({ path, headers }) => `${headers["host"]} ${path.split("/").at(-1)}`),
    );
    assert.ok(hosts.has("app-server.iot.i.tplinknbu.com server-info"));
    assert.ok(hosts.has("euw1-app-server.iot.i.tplinknbu.com things"));
    assert.ok(hosts.has("aps1-app-server.iot.i.tplinknbu.com shadows"));
  });

  it("sends the token of a thing to no host that only claims to be one of the cloud's", async () => {
    const { client, cloud, proxy } = await setUpByName();
    cloud.thing("Stairs").appServerUrl = "https://app-server.iot.i.tplinknbu.com.example.org";

    await client.control.state("Stairs", "", {});

    assert.ok(proxy.tunnels.every((host) => !host.includes("example.org")));
  });
});
