import assert from "node:assert/strict";
import { PortSource } from "../../../../src/omada/sources/ports";
import { matchesFilter, parseFilter } from "../../../../src/polling/filter";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { SourceObserver, startObserving, toRow } from "./source-fixture";

const NEW = { version: "6.2.0.17" };
const OLD = { version: "5.15.24.19" };

describe("The source of switch ports", () => {
  it("emits links and power that come and go, and needs one request for all switches", async () => {
    const { omada, observer, first } = await startObserving(PortSource, "Harbour", NEW);
    const device = omada.device("Harbour switch");
    assert.equal(first.length, 20);
    assert.deepEqual(
      first.slice(0, 2).map(({ event, id, name }) => [event, id, name]),
      [
        ["port-up", `${device.mac}/1`, "Harbour switch/1"],
        ["poe-on", `${device.mac}/1`, "Harbour switch/1"],
      ],
    );
    omada.server.journal.length = 0;

    const events: string[][] = [];
    for (const change of [
      () => omada.setPortPower(device, 7, false),
      () => omada.setPortLink(device, 7, false),
      () => Object.assign(device.ports[6]!, { rxRate: 7 }),
      () => omada.setPortPower(device, 7, true),
      () => omada.setPortLink(device, 7, true),
      () => (device.ports[6]!.poeMode = 0),
      () => (device.ports[6]!["status"] = 0),
    ]) {
      change();
      events.push(await observer.poll());
    }

    const name = "Harbour switch/7";
    assert.deepEqual(events, [
      [`poe-off ${name}`],
      [`port-down ${name}`],
      [],
      [`poe-on ${name}`],
      [`port-up ${name}`],
      [`poe-off ${name}`],
      [`port-down ${name}`],
    ]);
    assert.equal(omada.calls(/./), 7);
  });

  it("calls a port by the name that a person gave it, and is filtered by every name of it", async () => {
    const { omada, observer } = await startObserving(PortSource, "Harbour", NEW);
    const device = omada.device("Harbour switch");
    device.ports[6]!["name"] = "Gate camera";
    omada.setPortLink(device, 7, false);

    const [event] = await observer.pollEvents();

    assert.equal(event?.name, "Gate camera");
    for (const filter of ["gate camera", "Harbour Switch/7", "harbour switch", device.mac.replaceAll("-", ":")])
      assert.ok(matchesFilter(parseFilter(filter), event), filter);
    for (const filter of ["Harbour switch/70", "Harbour switch/1"])
      assert.ok(!matchesFilter(parseFilter(filter), event), filter);
  });

  it("emits nothing while the switch is disconnected, and the difference when it is connected again", async () => {
    const { omada, observer } = await startObserving(PortSource, "Harbour", NEW);
    const device = omada.device("Harbour switch");

    omada.disconnectDevice(device);
    for (const port of [1, 2, 3]) omada.setPortLink(device, port, false);
    assert.deepEqual(await observer.poll(), []);
    for (const port of [2, 3]) omada.setPortLink(device, port, true);
    omada.reconnectDevice(device);

    assert.deepEqual(await observer.poll(), ["port-down Harbour switch/1"]);
  });

  it("emits nothing when it first learns the state of a port", async () => {
    const fixture = await OmadaFixture.start(NEW);
    const { omada } = fixture;
    const device = omada.device("Harbour switch");
    omada.disconnectDevice(device);
    const observer = new SourceObserver(new PortSource(fixture.client, "Harbour"));
    assert.deepEqual(await observer.poll(), []);

    omada.reconnectDevice(device);
    assert.deepEqual(await observer.poll(), []);
    omada.setPortLink(device, 1, false);

    assert.deepEqual(await observer.poll(), ["port-down Harbour switch/1"]);
  });

  it("emits nothing about an isolated switch, which is not listed, and its ports as down once it is forgotten", async () => {
    const { omada, observer } = await startObserving(PortSource, "Depot", NEW);
    const device = omada.device("Depot switch");

    device.status = 4;
    assert.deepEqual(await observer.poll(), []);
    omada.reconnectDevice(device);
    assert.deepEqual(await observer.poll(), []);
    omada.forgetDevice(device);

    assert.equal((await observer.poll()).filter((event) => /^port-down Depot switch\/\d$/.test(event)).length, 8);
    assert.deepEqual(await observer.poll(), []);
  });

  it("keeps the state of a port that is missing in a response, or whose state is", async () => {
    const { omada, fixture, observer } = await startObserving(PortSource, "Depot", NEW);
    const switchMac = omada.device("Depot switch").mac;
    const row = { switchMac, switchName: "Depot switch", switchStatusCategory: 1, supportPoe: false };
    for (const data of [
      [{ ...row, port: 1, portStatus: { linkStatus: 1 } }],
      [{ ...row, port: 1, portStatus: null }, { ...row, port: 2 }, null, { port: 3 }, { ...row, port: "4" }],
      [{ ...row, port: 1, portStatus: {}, connectedStatus: 1 }],
    ]) {
      fixture.respondWith(/poe-info$/, { body: { errorCode: 0, result: { totalRows: data.length, data } } });
      assert.deepEqual(await observer.poll(), []);
      assert.deepEqual(await observer.poll(), []);
    }
  });

  it("reads a list that comes without pages, as an array", async () => {
    const { omada, fixture, observer } = await startObserving(PortSource, "Depot", NEW);
    const switchMac = omada.device("Depot switch").mac;
    const row = { switchMac, switchName: "Depot switch", port: 1, supportPoe: false, portStatus: { linkStatus: 0 } };
    fixture.respondWith(/poe-info$/, { body: { errorCode: 0, result: [row] } });

    assert.deepEqual(await observer.poll(), ["port-down Depot switch/1"]);
  });

  it("distinguishes the ports of a stack by their unit", async () => {
    const { omada, fixture, observer } = await startObserving(PortSource, "Depot", NEW);
    const switchMac = omada.device("Depot switch").mac;
    const row = { switchMac, switchName: "Stack", stackId: "s", port: 1, supportPoe: false };
    const respond = (one: number, two: number): void => {
      const data = [1, 2].map((unit) => ({ ...row, unit, portStatus: { linkStatus: unit === 1 ? one : two } }));
      fixture.respondWith(/poe-info$/, { body: { errorCode: 0, result: { totalRows: 2, data } } });
    };
    respond(1, 1);
    await observer.pollEvents();
    respond(1, 0);

    const events = await observer.pollEvents();

    assert.deepEqual(
      events.map(({ event, id }) => [event, id]),
      [["port-down", `${switchMac}/2/1`]],
    );
  });

  it("emits what is configured for the ports of an older controller", async () => {
    const { omada, observer } = await startObserving(PortSource, "Harbour", OLD);
    const device = omada.device("Harbour switch");
    const [, , , port] = device.ports;

    omada.setPortLink(device, 4, false);
    assert.deepEqual(await observer.poll(), []);
    port!.poeMode = 0;
    assert.deepEqual(await observer.poll(), ["poe-off Harbour switch/4"]);
    port!["status"] = 0;
    const [event] = await observer.pollEvents();

    assert.equal(event?.event, "port-down");
    const { switchMac, port: number } = toRow(event.current);
    assert.deepEqual([switchMac, number], [device.mac, 4]);
    // Asked for once, the new list is not asked for again.
    assert.equal(omada.calls(/poe-info$/), 1);
  });

  it("asks for the new list again after an outage, because the controller may have been updated", async () => {
    const { omada, fixture, observer } = await startObserving(PortSource, "Harbour", OLD);
    fixture.respondWith(/devices$/, { body: { errorCode: -1, msg: "General error." } });
    await platformErrorOf(observer.pollEvents());
    omada.version = NEW.version;

    omada.setPortLink(omada.device("Harbour switch"), 2, false);

    assert.deepEqual(await observer.poll(), ["port-down Harbour switch/2"]);
  });

  it("goes on with the other switches of an older controller when one does not tell", async () => {
    const { omada, fixture, observer } = await startObserving(PortSource, "Harbour", OLD);
    const device = omada.device("Harbour switch");
    omada.devices.push({ ...device, mac: "02-00-5E-AA-AA-01", name: "Easy switch", ports: [] });
    fixture.respondWith(/AA-AA-01$/, { body: { errorCode: -39700, msg: "This switch does not exist." } }, 9);

    device.ports[0]!["status"] = 0;

    assert.deepEqual(await observer.poll(), ["port-down Harbour switch/1"]);
  });

  for (const result of [null, { portList: null }]) {
    it(`goes on with the other switches of an older controller when it says of one ${JSON.stringify(result)}`, async () => {
      const { omada, fixture, observer } = await startObserving(PortSource, "Harbour", OLD);
      const device = omada.device("Harbour switch");
      omada.devices.push({ ...device, mac: "02-00-5E-AA-AA-01", name: "Odd switch", ports: [] });
      fixture.respondWith(/AA-AA-01$/, { body: { errorCode: 0, result } }, 9);

      device.ports[0]!["status"] = 0;

      assert.deepEqual(await observer.poll(), ["port-down Harbour switch/1"]);
    });
  }

  it('fails with "unsupported" if no switch of an older controller tells its ports', async () => {
    const { fixture, observer } = await startObserving(PortSource, "Depot", OLD);
    fixture.respondWith(/switches\//, { status: 404, body: "" }, 9);

    const error = await platformErrorOf(observer.pollEvents());

    assert.equal(error.code, "unsupported");
    assert.match(error.message, /do not tell the controller the state of their ports/);
  });
});
