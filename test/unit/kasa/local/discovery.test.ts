import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { systemClock } from "../../../../src/core/clock";
import { broadcastAddresses } from "../../../../src/kasa/transports/local/broadcast-addresses";
import { LocalDiscovery } from "../../../../src/kasa/transports/local/discovery";
import { until } from "../../../support/http-fixture";
import { closeAfterTest } from "../../../support/mocha-hooks";
import { encodeProbeResponse } from "../../../support/simulators/kasa-local/discovery";
import { iotPlug } from "../../../support/simulators/kasa-local/neighbourhood";
import { describeProduct } from "../../../support/simulators/kasa/devices";
import { Strip } from "../../../support/simulators/kasa/plugs";
import { discover, FAST_CLOCK, startHouse } from "./fixture";

const result = (mac: string, changes: object = {}) => ({
  device_type: "SMART.TAPOPLUG",
  device_model: "P110",
  mac,
  mgt_encrypt_schm: { encrypt_type: "KLAP", http_port: 80, lv: 2 },
  ...changes,
});

/** Someone on the network who responds to every probe. */
async function startResponder(respond: (probe: Buffer) => Buffer[]): Promise<{ port: number; probes: () => number }> {
  const socket: Socket = createSocket("udp4");
  let probes = 0;
  socket.on("message", (probe, { port, address }) => {
    probes++;
    for (const response of respond(probe)) socket.send(response, port, address, () => undefined);
  });
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  closeAfterTest({ close: () => socket.close() });
  return { port: socket.address().port, probes: () => probes };
}

function discoverResponder(port: number): LocalDiscovery {
  const ports = { xor: port, probe: port };
  return closeAfterTest(new LocalDiscovery({ clock: FAST_CLOCK, broadcast: ["127.0.0.1"], ports }));
}

const macOf = (index: number): string => (index + 0x1000_0000_0000).toString(16).toUpperCase().match(/../g)!.join("-");

describe("The discovery of devices on the local network", () => {
  it("finds a hundred devices that respond at the same moment", async () => {
    const product = describeProduct("IOT.SMARTPLUGSWITCH", "HS300(US)", "Strip", "2.0");
    const outlets = Array.from({ length: 6 }, (_, index) => `Outlet ${index}`);
    const strips = Array.from({ length: 120 }, (_, index) => new Strip(product, `Strip ${index}`, outlets));
    const house = await startHouse(...strips.map((identity) => ({ identity, transport: "xor" as const })));
    // Node.js reads at most 32 datagrams at a time: on a busy machine, a faster clock would end the scan before the last one.
    const discovery = discover(house, { clock: systemClock });

    await discovery.scan();

    assert.equal(discovery.list().length, 120);
  });

  it("finds devices of both generations by a broadcast", async () => {
    const house = await startHouse(iotPlug("old", "xor"), iotPlug("new", "klap2"));
    const discovery = discover(house);

    discovery.start();
    await until(() => discovery.list().length === 2);

    const [old, newer] = house.devices.map(({ mac }) => discovery.find(mac));
    assert.deepEqual([old?.envelope, old?.alias, old?.host], ["xor", "old", house.devices[0]?.host]);
    assert.deepEqual([newer?.envelope, newer?.alias, newer?.host], ["klap", undefined, house.devices[1]?.host]);
  });

  it("finds devices at the addresses that the user names, where broadcasts reach none", async () => {
    const house = await startHouse(iotPlug("old", "xor"), iotPlug("new", "klap2"));
    const hosts = [...house.devices.map(({ host }) => host), "no-such-host.invalid"];
    const discovery = discover(house, { broadcast: [], hosts });

    await Promise.all(house.devices.map(({ mac }) => discovery.locate(mac)));

    assert.deepEqual(
      discovery.list().map(({ isNamed }) => isNamed),
      [true, true],
    );
    assert.equal(house.broadcasts, 0);
  });

  it("asks again for a device whose response was lost", async () => {
    const house = await startHouse(iotPlug("new", "klap2"));
    const [device] = house.devices;
    const discovery = discover(house);
    device!.deaf = true;
    setTimeout(() => (device!.deaf = false), 30);

    assert.equal((await discovery.locate(device!.mac))?.host, device!.host);
  });

  it("gives up after three rounds", async () => {
    const { port, probes } = await startResponder(() => []);

    assert.equal(await discoverResponder(port).locate("AA-AA-AA-AA-AA-AA"), undefined);
    assert.equal(probes(), 6);
  });

  it("shares its rounds among all who ask at the same time", async () => {
    const { port, probes } = await startResponder(() => []);
    const discovery = discoverResponder(port);

    await Promise.all(Array.from({ length: 200 }, (_, index) => discovery.locate(macOf(index))));

    assert.ok(probes() <= 10, `${probes()} probes`);
  });

  it("stops waiting when its caller gives up, and when it is closed", async () => {
    const { port } = await startResponder(() => []);
    const discovery = discoverResponder(port);
    const controller = new AbortController();
    const waiting = discovery.locate("AA-AA-AA-AA-AA-AA", controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);

    const other = discovery.locate("AA-AA-AA-AA-AA-AA");
    discovery.close();
    assert.equal(await other, undefined);
    assert.equal(await discovery.locate("AA-AA-AA-AA-AA-AA"), undefined);
  });

  it("believes the address from which a response comes, not the one that stands in it", async () => {
    const { port } = await startResponder(() => [encodeProbeResponse(result(macOf(1), { ip: "192.0.2.7" }))]);

    assert.equal((await discoverResponder(port).locate(macOf(1)))?.host, "127.0.0.1");
  });

  it("lets the first response of a device count", async () => {
    const first = encodeProbeResponse(result(macOf(1), { device_model: "first" }));
    const second = encodeProbeResponse(result(macOf(1), { device_model: "second" }));
    const { port } = await startResponder(() => [first, second]);
    const discovery = discoverResponder(port);

    await discovery.scan();

    assert.equal(discovery.find(macOf(1))?.model, "first");
  });

  it("forgets a device whose address another one has now", async () => {
    let mac = macOf(1);
    const { port } = await startResponder(() => [encodeProbeResponse(result(mac))]);
    const discovery = discoverResponder(port);
    await discovery.locate(macOf(1));

    mac = macOf(2);
    await discovery.locate(macOf(2));

    assert.equal(discovery.find(macOf(1)), undefined);
  });

  for (const [count, most] of [
    [150, 100],
    [3000, 300],
  ] as const) {
    it(`takes at most ${most} of ${count} forged responses of one address`, async () => {
      let index = 0;
      const forge = (): Buffer => {
        const scheme = { encrypt_type: "KLAP", http_port: (index % 60_000) + 1 };
        return encodeProbeResponse(result(macOf(index++), { mgt_encrypt_schm: scheme }));
      };
      const { port } = await startResponder(() => (index < count ? Array.from({ length: count }, forge) : []));
      const discovery = discoverResponder(port);

      await discovery.scan();

      assert.ok(discovery.list().length > 0 && discovery.list().length <= most, `${discovery.list().length} entries`);
    });
  }

  it("knows the broadcast address of each network of this machine", () => {
    const entry = (address: string, netmask: string, bits: number, changes: object = {}) => ({
      address,
      netmask,
      cidr: `${address}/${bits}`,
      family: "IPv4" as const,
      internal: false,
      mac: "",
      ...changes,
    });
    const addresses = broadcastAddresses({
      lo: [entry("127.0.0.1", "255.0.0.0", 8, { internal: true })],
      eth0: [entry("192.168.7.20", "255.255.255.0", 24), entry("fe80::1", "", 64, { family: "IPv6" })],
      eth1: [entry("10.20.30.40", "255.255.252.0", 22), entry("192.168.7.21", "255.255.255.0", 24)],
      ppp0: [entry("203.0.113.5", "255.255.255.255", 32), entry("198.51.100.1", "255.255.255.254", 31)],
    });

    assert.deepEqual(addresses, ["192.168.7.255", "10.20.31.255"]);
  });
});
