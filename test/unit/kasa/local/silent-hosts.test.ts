import assert from "node:assert/strict";
import { createServer } from "node:net";
import { LightAbortController } from "../../../../src/core/abort";
import { RequestNotSentError } from "../../../../src/http/retry";
import { LocalCredentials } from "../../../../src/kasa/transports/local/credentials";
import { DeviceSessions } from "../../../../src/kasa/transports/local/device-session";
import { LocalDiscovery } from "../../../../src/kasa/transports/local/discovery";
import { identifyHost } from "../../../../src/kasa/transports/local/identify-host";
import { LocalTransport } from "../../../../src/kasa/transports/local/local-transport";
import type { Identify } from "../../../../src/kasa/transports/local/silent-hosts";
import { closeAfterTest } from "../../../support/mocha-hooks";
import type { LanDevice, LanProduct } from "../../../support/simulators/kasa-local/device";
import { LanHouse } from "../../../support/simulators/kasa-local/house";
import { iotPlug } from "../../../support/simulators/kasa-local/neighbourhood";
import { smartPlug } from "../../../support/simulators/kasa-local/smart/products";
import { discover, FAST_CLOCK, listed, OWNER, seen, startHouse, switchOn } from "./fixture";

const SMART_ON = { method: "set_device_info", params: { device_on: true } };

/** A device that the user has named and that answers no probe, and a transport that has looked for it. */
async function setUp(product: LanProduct, { email, password } = OWNER, isDeaf = true) {
  const house = await startHouse(product);
  const [device] = house.devices as [LanDevice];
  device.deaf = isDeaf;
  const asked: string[] = [];
  const credentials = new LocalCredentials(email, password);
  const identify: Identify = (target, signal) => {
    asked.push(target.address);
    return identifyHost(target, { credentials, timeoutMs: 1000, clock: FAST_CLOCK }, signal);
  };
  const ports = { xor: house.ports.xor, probe: house.ports.tdp, http: house.ports.http };
  const discovery: LocalDiscovery = discover(house, { broadcast: [], hosts: [device.host], ports, identify });
  const sessions = closeAfterTest(new DeviceSessions(FAST_CLOCK));
  const transport = new LocalTransport({ discovery, credentials, timeoutMs: 1000, clock: FAST_CLOCK, sessions });
  await discovery.scan();
  const send = (command: object) => transport.send(listed(device), command, "write", {});
  return { house, device, discovery, asked, send };
}

describe("A host that the user has named and that answers no probe", () => {
  for (const transport of ["xor", "klap1", "klap2"] as const)
    it(`is found by asking it over a connection: a Kasa device (${transport})`, async () => {
      const { device, discovery, send } = await setUp(iotPlug("Pump", transport));

      await send(switchOn);

      const { protocol, model, isNamed } = discovery.find(device.mac) ?? assert.fail();
      assert.deepEqual([protocol, isNamed, seen(device, switchOn)], ["iot", true, 1]);
      assert.ok(model.startsWith("HS10"));
      assert.deepEqual([device.http.violations, device.xor.violations], [0, 0]);
    });

  for (const transport of ["klap2", "aes2"] as const)
    it(`is found by asking it over a connection: a Tapo device (${transport})`, async () => {
      const { device, discovery, send } = await setUp(smartPlug("Radio", transport));

      await send(SMART_ON);

      const { protocol, deviceType } = discovery.find(device.mac) ?? assert.fail();
      assert.deepEqual([protocol, deviceType, seen(device, SMART_ON)], ["smart", "SMART.TAPOPLUG", 1]);
    });

  it("never gets the password itself, nor the proof of it if it is another account's", async () => {
    const old = await setUp(smartPlug("Radio", "aes1"));
    const foreign = await setUp(smartPlug("Radio", "klap2"), { ...OWNER, email: "other@example.test" });

    assert.equal(old.discovery.list().length + foreign.discovery.list().length, 0);
    assert.deepEqual(
      old.device.aes.logins.map((login) => Object.keys(login)),
      [["username", "password2"]],
    );
    assert.deepEqual(foreign.device.http.requests, ["/app/handshake1"]);
  });

  it("is found in another way after its firmware has changed, and after it was away", async () => {
    const { device, send, asked } = await setUp(iotPlug("Pump", "xor"));
    await device.changeTransport("klap2");
    await send(switchOn);
    await device.powerOff();
    const error = await send(switchOn).catch((thrown: unknown) => thrown);
    await device.powerOn();

    await send(switchOn);

    assert.ok(error instanceof RequestNotSentError);
    assert.equal(seen(device, switchOn), 2);
    assert.equal(asked.length, 4);
  });

  it("is not asked where it answers, while it is known, nor soon after it turned out to be none of the devices", async () => {
    const heard = await setUp(iotPlug("Pump", "xor"), OWNER, false);
    await heard.discovery.locate(heard.device.mac);
    await heard.discovery.scan();
    const known = await setUp(iotPlug("Pump", "xor"));
    const strange = await setUp(smartPlug("Radio", "tpap"));

    await Promise.all([known, strange].flatMap(({ discovery }) => [discovery.scan(), discovery.scan()]));
    await Promise.all([known, strange].map(({ discovery }) => discovery.scan()));

    assert.deepEqual(
      [heard, known, strange].map(({ asked }) => asked.length),
      [0, 1, 1],
    );
  });

  it("is found beside others whose ports are passed on by the same address, also once one of them has answered", async () => {
    const hosts: string[] = [];
    const devices: LanDevice[] = [];
    for (const name of ["Pump", "Heater", "Radio"]) {
      const house = closeAfterTest(await LanHouse.start([iotPlug(name, "xor")], { ...OWNER, host: "127.0.0.1" }));
      const [device] = house.devices as [LanDevice];
      device.deaf = name !== "Pump";
      hosts.push(`${device.host}:${device.ports.xor}`);
      devices.push(device);
    }
    const credentials = new LocalCredentials(OWNER.email, OWNER.password);
    const asked: number[] = [];
    const identify: Identify = (target, signal) => {
      asked.push(target.http);
      return identifyHost(target, { credentials, timeoutMs: 1000, clock: FAST_CLOCK }, signal);
    };
    const options = { clock: FAST_CLOCK, broadcast: [], hosts, identify };
    const discovery = closeAfterTest(new LocalDiscovery(options));

    await discovery.scan();
    const found = discovery.list().map(({ mac }) => mac);
    await discovery.scan();

    assert.deepEqual(found.toSorted(), devices.map(({ mac }) => mac).toSorted());
    assert.deepEqual(
      asked,
      devices.slice(1).map(({ ports }) => ports.xor),
    );
  });

  it("is not asked while it is known, although it has told another port than the usual one", async () => {
    const house = await startHouse(smartPlug("Radio", "klap2"));
    const [device] = house.devices as [LanDevice];
    const ports = { xor: house.ports.xor, probe: house.ports.tdp, http: 1 };
    const asked: string[] = [];
    const identify: Identify = ({ address }) => {
      asked.push(address);
      return Promise.resolve(undefined);
    };
    const discovery = discover(house, { broadcast: [], hosts: [device.host], ports, identify });
    await discovery.scan();
    device.deaf = true;

    await discovery.scan();

    assert.deepEqual([discovery.list().length, asked], [1, []]);
  });

  it("is given up after a time if it accepts connections and says nothing, and at the end", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closeAfterTest({ close: () => void server.close() });
    const { port } = server.address() as { port: number };
    const target = { address: "127.0.0.1", xor: port, probe: port, http: port };
    const credentials = new LocalCredentials("", "");
    const end = new LightAbortController();
    const { signal } = end;

    const found = await identifyHost(target, { credentials, timeoutMs: 100, clock: FAST_CLOCK }, signal);
    const asked = identifyHost(target, { credentials, timeoutMs: 60_000, clock: FAST_CLOCK }, signal);
    end.abort();

    assert.deepEqual([found, await asked], [undefined, undefined]);
  });
});
