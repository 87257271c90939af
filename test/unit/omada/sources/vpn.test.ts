import assert from "node:assert/strict";
import { VpnSource } from "../../../../src/omada/sources/vpn";
import { matchesFilter, parseFilter } from "../../../../src/polling/filter";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { SourceObserver, startObserving } from "./source-fixture";

describe("The source of VPN connections", () => {
  for (const [version, kinds, requests] of [
    ["5.15.24.19", ["server", "client", "ipsec"], 2],
    ["6.2.0.17", ["server", "client", "ipsec", "wireguard"], 4],
  ] as const) {
    it(`emits those of a controller ${version} that come up and go down, with ${requests} requests for each poll`, async () => {
      const { omada, observer, first } = await startObserving(VpnSource, "Harbour", { version });
      const site = omada.site("Harbour");
      assert.deepEqual(first, []);

      for (const kind of kinds) {
        const vpn = omada.addVpn(site, kind, `The ${kind}`, kind === "server" ? "ada" : "");
        const name = kind === "server" ? "ada" : `The ${kind}`;
        assert.deepEqual(await observer.poll(), [`vpn-up ${name}`]);
        omada.server.journal.length = 0;
        assert.deepEqual(await observer.poll(), []);
        assert.equal(omada.calls(/./), requests);
        omada.setVpn(vpn, false);
        assert.deepEqual(await observer.poll(), [`vpn-down ${name}`]);
        assert.deepEqual(await observer.poll(), []);
      }
    });
  }

  it("emits each user of a server, whom a filter finds by the name of the server as well", async () => {
    const { omada, observer } = await startObserving(VpnSource);
    const site = omada.site("Harbour");
    const ada = omada.addVpn(site, "server", "Office", "ada");
    omada.addVpn(site, "server", "Office", "ben");
    assert.deepEqual(await observer.poll(), ["vpn-up ada", "vpn-up ben"]);

    omada.setVpn(ada, false);
    const [event] = await observer.pollEvents();

    assert.deepEqual([event?.event, event?.id, event?.current], ["vpn-down", "tunnel/1/ada", null]);
    for (const filter of ["office", "ADA"]) assert.ok(matchesFilter(parseFilter(filter), event!), filter);
    assert.ok(!matchesFilter(parseFilter("ben"), event!));
  });

  it("emits nothing while the controller cannot reach the gateway, and the difference when it can", async () => {
    const { omada, observer } = await startObserving(VpnSource);
    const site = omada.site("Harbour");
    const [office] = [omada.addVpn(site, "ipsec", "Office"), omada.addVpn(site, "server", "Home", "ada")];
    await observer.pollEvents();
    const gateway = omada.device("Harbour gateway");

    omada.disconnectDevice(gateway);
    omada.setVpn(office, false);
    assert.deepEqual(await observer.poll(), []);
    assert.deepEqual(await observer.poll(), []);
    omada.reconnectDevice(gateway);

    assert.deepEqual(await observer.poll(), ["vpn-down Office"]);
  });

  it("emits nothing about connections that cannot be recognized, or whose state the gateway does not tell", async () => {
    const { fixture, observer } = await startObserving(VpnSource, "Harbour", { version: "6.2.0.17" });
    const respond = (path: RegExp, data: unknown[]): void =>
      fixture.respondWith(path, { body: { errorCode: 0, result: { totalRows: data.length, data } } });
    respond(/tunnel$/, [null, {}, { serverType: 0, vpnId: 1 }, { vpnId: 2, serverType: 1 }]);
    respond(/ipsec$/, [{ spi: 7 }, 7]);
    respond(/s2s$/, [
      { id: "a", name: "Old gateway" },
      { id: "b", name: "Two", status: 1 },
      { id: "c", status: 0 },
    ]);

    const events = await observer.poll();

    assert.deepEqual(events, ["vpn-up tunnel/2", "vpn-up Two", "vpn-down wireguard/c"]);
  });

  it("watches the others if the application may not read WireGuard, and never takes that for lost once it has read it", async () => {
    const { client, omada } = await OmadaFixture.start({ version: "6.2.0.17" });
    const site = omada.site("Harbour");
    omada.addVpn(site, "wireguard", "Cabin");
    const refuse = (): void => {
      const body = { errorCode: -1007, msg: "No permission." };
      omada.server.injectFault({ kind: "response", body }, { times: 1, when: ({ path }) => path.endsWith("/s2s") });
    };
    const warnings: string[] = [];
    const source = new VpnSource(client, "Harbour");
    const poll = source.poll.bind(source);
    source.poll = (filter, previous) => poll(filter, previous, { warn: (text) => void warnings.push(text) });
    const observer = new SourceObserver(source);
    refuse();
    assert.deepEqual(await observer.poll(), []);
    omada.addVpn(site, "ipsec", "Office");
    assert.deepEqual(await observer.poll(), ["vpn-up Office"]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^VPN connections of the kind "wireguard" are not watched\. .*not allowed/);

    const other = new SourceObserver(new VpnSource(client, "Harbour"));
    assert.deepEqual(await other.poll(), ["vpn-up Office", "vpn-up Cabin"]);
    refuse();
    assert.equal((await platformErrorOf(other.pollEvents())).code, "forbidden");
    assert.deepEqual(await other.poll(), []);
  });

  it("asks for all lists again after an outage, because the controller may have been updated", async () => {
    const { omada, fixture, observer } = await startObserving(VpnSource);
    omada.addVpn(omada.site("Harbour"), "wireguard", "Cabin");
    fixture.respondWith(/ipsec$/, { body: { errorCode: -1, msg: "General error." } });
    await platformErrorOf(observer.pollEvents());
    assert.deepEqual(await observer.poll(), []);
    omada.version = "6.2.0.17";
    fixture.respondWith(/ipsec$/, { body: { errorCode: -1, msg: "General error." } });
    await platformErrorOf(observer.pollEvents());

    assert.deepEqual(await observer.poll(), ["vpn-up Cabin"]);
  });

  it('fails with "unsupported" if the controller has none of the lists', async () => {
    const { client } = await OmadaFixture.start({ version: "5.12.9" });

    const error = await platformErrorOf(new SourceObserver(new VpnSource(client, "Harbour")).pollEvents());

    assert.equal(error.code, "unsupported");
    assert.match(error.message, /does not tell the state of VPN connections/);
  });
});
