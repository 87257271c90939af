import assert from "node:assert/strict";
import { ClientSource } from "../../../../src/omada/sources/clients";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { SourceObserver, startObserving, startWithPages, toRow } from "./source-fixture";

describe("The source of clients", () => {
  for (const version of ["5.15.24.19", "6.2.0.17"]) {
    it(`emits clients that connect, disconnect and roam on a controller ${version}`, async () => {
      const { omada, observer, first } = await startObserving(ClientSource, "Harbour", { version });
      assert.equal(first.length, 10);
      assert.ok(first.every(({ event, previous }) => event === "client-connected" && previous === null));

      omada.disconnectClient(omada.client("Till"));
      omada.connectClient(omada.client("Old phone"));
      omada.moveClient(omada.client("Ada's phone"), omada.device("Quay AP"));
      const events = await observer.pollEvents();

      const till = events.find(({ name }) => name === "Till");
      assert.deepEqual(events.map(({ event, name }) => `${event} ${name}`).toSorted(), [
        "client-connected Old phone",
        "client-disconnected Till",
        "client-roamed Ada's phone",
      ]);
      assert.deepEqual([till?.id, till?.current], [omada.client("Till").mac, null]);
      assert.equal(toRow(till?.previous)["name"], "Till");
      assert.deepEqual(await observer.poll(), []);
    });
  }

  it("emits roaming between access points, networks, switches and ports only", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const [phone, till] = [omada.client("Ada's phone"), omada.client("Till")];

    const events: string[][] = [];
    for (const change of [
      () => omada.moveClient(phone, omada.device("Hall AP"), { ssid: "Harbour Guest" }),
      () => omada.moveClient(till, omada.device("Harbour switch"), { port: 7 }),
      () => omada.moveClient(till, omada.device("Depot switch"), { port: 7 }),
      () => Object.assign(phone, { ip: "10.9.9.9", rssi: -80, channel: 1, radioId: 0, name: "Ada's other phone" }),
    ]) {
      change();
      events.push(await observer.poll());
    }

    assert.deepEqual(events, [["client-roamed Ada's phone"], ["client-roamed Till"], ["client-roamed Till"], []]);
  });

  it("emits no roaming of a wireless client that a switch in between reports at its ports", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const [phone, hall, core] = [omada.client("Ada's phone"), omada.device("Hall AP"), omada.device("Harbour switch")];

    for (const port of [3, 3, 9]) {
      omada.moveClient(phone, core, { port });
      assert.deepEqual(await observer.poll(), []);
      // The flag may still say that it is wireless.
      phone.wireless = port === 9;
      assert.deepEqual(await observer.poll(), []);
      omada.moveClient(phone, hall, { ssid: "Harbour" });
      assert.deepEqual(await observer.poll(), []);
      omada.moveClient(phone, core, { port: port + 1 });
      assert.deepEqual(await observer.poll(), []);
    }

    omada.moveClient(phone, omada.device("Quay AP"));
    assert.deepEqual(await observer.poll(), ["client-roamed Ada's phone"], "it has roamed while a switch reported it");
  });

  it("emits no roaming from a cable to Wi-Fi", async () => {
    const { omada, observer } = await startObserving(ClientSource);

    omada.moveClient(omada.client("Till"), omada.device("Quay AP"));

    assert.deepEqual(await observer.poll(), []);
  });

  it("emits no roaming while the controller does not know where a client is attached", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const phone = omada.client("Ada's phone");

    const { apMac } = phone;
    delete phone["apMac"];
    assert.deepEqual(await observer.poll(), []);
    phone["apMac"] = apMac;
    assert.deepEqual(await observer.poll(), []);
    delete phone["apMac"];
    assert.deepEqual(await observer.poll(), []);
    phone["apMac"] = omada.device("Quay AP").mac;
    assert.deepEqual(await observer.poll(), ["client-roamed Ada's phone"]);

    const old = omada.client("Old phone");
    omada.connectClient(Object.assign(old, { apMac: "" }));
    await observer.pollEvents();
    omada.moveClient(old, omada.device("Quay AP"));
    assert.deepEqual(await observer.poll(), []);
  });

  it("names a client by its name, else by its host name, else by its MAC address", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const [till, printer] = [omada.client("Till"), omada.client("Office printer")];
    Object.assign(till, { name: "", active: false });
    Object.assign(printer, { name: "", hostName: "", active: false });

    await observer.pollEvents();
    omada.connectClient(till);
    omada.connectClient(printer);

    assert.deepEqual(await observer.poll(), ["client-connected till", `client-connected ${printer.mac}`]);
  });

  it("reads 2,345 clients in three requests", async () => {
    const { omada, observer, clients, countRequests } = await startWithPages();
    const before = countRequests();

    omada.disconnectClient(clients[7]!);
    const events = await observer.poll();

    assert.deepEqual(events, ["client-disconnected Client 8"]);
    assert.equal(countRequests() - before, 6, "a list of several pages is read again if a client is missing");
    assert.deepEqual(await observer.poll(), []);
    assert.equal(countRequests() - before, 9);
  });

  it("emits no disconnection for a client that moved to a page that had been read", async () => {
    const { omada, observer, clients, beforePage } = await startWithPages();

    beforePage(2, () => omada.disconnectClient(clients[7]!));

    // Client 1001 was on page 2 when page 1 was read, and on page 1 when page 2 was read.
    assert.deepEqual(await observer.poll(), []);
    assert.deepEqual(await observer.poll(), ["client-disconnected Client 8"]);
  });

  it("emits no disconnection for a client that moved while the total stayed the same", async () => {
    const { omada, observer, site, clients, beforePage } = await startWithPages();

    beforePage(2, () => {
      omada.disconnectClient(clients[7]!);
      omada.addClients(site, 1);
    });

    assert.deepEqual(await observer.poll(), ["client-connected Client 1"]);
    assert.deepEqual(await observer.poll(), ["client-disconnected Client 8"]);
  });

  it("emits nothing for clients that changed their places in the list while it was read", async () => {
    const { omada, observer, clients, beforePage } = await startWithPages();
    const indexOf = (client: object): number => omada.clients.findIndex((each) => each === client);
    const [early, late] = [clients[7]!, clients[1500]!];

    beforePage(2, () => {
      const [one, other] = [indexOf(early), indexOf(late)];
      omada.clients[one] = late;
      omada.clients[other] = early;
    });

    // One was on both pages that were read, and the other one on neither.
    assert.deepEqual(await observer.poll(), []);
  });

  it("has all clients in the first snapshot although some moved while it was fetched", async () => {
    const fixture = await OmadaFixture.start();
    const { omada, client } = fixture;
    const clients = omada.addClients(omada.addSite("Yard"), 1500);
    let hasMoved = false;
    omada.onPage = (page) => {
      if (page !== 2 || hasMoved) return;
      hasMoved = true;
      omada.disconnectClient(clients[7]!);
    };
    const observer = new SourceObserver(new ClientSource(client, "Yard"));

    const first = await observer.pollEvents();

    assert.equal(first.length, 1500);
    assert.deepEqual(await observer.poll(), ["client-disconnected Client 8"]);
  });

  it("fails when the controller leaves rows out", async () => {
    const { omada, observer, clients } = await startWithPages();
    const { reportTotal } = omada;

    omada.reportTotal = (totalRows) => totalRows + 1;
    assert.equal((await platformErrorOf(observer.pollEvents())).code, "protocol");
    omada.reportTotal = reportTotal;
    omada.maxPageSize = 100;
    assert.deepEqual(await observer.poll(), []);
    assert.equal(clients.length, 2345);
  });

  it("fails when a page fails, and emits nothing afterwards", async () => {
    const { omada, fixture, observer } = await startWithPages();

    fixture.respondWith(/clients$/, { status: 500, body: "down" }, 9);
    await platformErrorOf(observer.pollEvents());
    omada.server.clearFaults();

    assert.deepEqual(await observer.poll(), []);
  });

  it("fails when there are no clients and no device is connected", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const devices = omada.devices.filter(({ siteId }) => siteId === omada.site("Harbour").siteId);
    const online = omada.clients.filter(({ active }) => active);

    for (const client of online) omada.disconnectClient(client);
    for (const device of devices) omada.disconnectDevice(device);
    const error = await platformErrorOf(observer.pollEvents());
    assert.deepEqual([error.code, error.retryable], ["offline", true]);

    for (const device of devices) omada.reconnectDevice(device);
    for (const client of online) omada.connectClient(client);
    assert.deepEqual(await observer.poll(), []);

    for (const client of online) omada.disconnectClient(client);
    assert.equal((await observer.pollEvents()).length, 10, "with its devices connected, the clients have left");

    for (const device of devices) omada.disconnectDevice(device);
    assert.deepEqual(await observer.poll(), [], "without previous clients there is nothing to miss");
  });

  it("emits disconnections when there are no clients and no devices at all", async () => {
    const { omada, observer } = await startObserving(ClientSource);
    const { siteId } = omada.site("Harbour");

    for (const client of omada.clients.filter(({ active }) => active)) omada.disconnectClient(client);
    for (const device of omada.devices.filter((one) => one.siteId === siteId)) omada.forgetDevice(device);

    assert.equal((await observer.pollEvents()).length, 10);
  });

  it("ignores rows of clients that are offline or have no MAC address", async () => {
    const { fixture, observer, omada } = await startObserving(ClientSource);
    const rows = omada.clients.filter(({ active }) => active).map((client) => ({ ...client }));
    const offline = { ...rows[0], active: false };
    const invalid = [{ id: "x", name: "invalid" }, { id: "y", mac: "" }, null];
    const data = [offline, ...rows.slice(1), ...invalid];
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: data.length, data } } });

    assert.deepEqual(await observer.poll(), ["client-disconnected Till"]);
  });
});
