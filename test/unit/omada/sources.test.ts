import assert from "node:assert/strict";
import type { CallOptions } from "../../../src/core/call-context";
import { PlatformError } from "../../../src/core/errors";
import { ClientSource } from "../../../src/omada/sources/clients";
import { DeviceSource } from "../../../src/omada/sources/devices";
import { SiteLog } from "../../../src/omada/sources/site-log";
import { WanSource } from "../../../src/omada/sources/wan";
import type { ChangeEvent, PollSource } from "../../../src/polling/types";
import { OmadaFixture } from "../../support/omada-fixture";
import type { ControllerOptions, OmadaController } from "../../support/simulators/omada/controller";

const HOUR = 3_600_000;
const NONE: CallOptions = {};

/** One who looks again and again, and compares with the look before. */
class Eye<Item> {
  #before: ReadonlyMap<string, Item> | undefined;

  constructor(private readonly source: PollSource<Item>) {}

  /** What has happened since the last look; at the first look everything is new. */
  async look(): Promise<ChangeEvent[]> {
    const before = this.#before ?? new Map<string, Item>();
    const after = await this.source.poll(undefined, before, NONE);
    this.#before = after;
    const ids = new Set([...after.keys(), ...before.keys()]);
    return [...ids].flatMap((id) => this.source.diff(before.get(id), after.get(id), id));
  }

  /** The same, as words. */
  async news(): Promise<string[]> {
    return (await this.look()).map(({ event, name }) => `${event} ${name}`);
  }
}

async function watching<Item>(
  what: new (client: OmadaFixture["client"], site: string) => PollSource<Item>,
  site = "Harbour",
  listen: ControllerOptions = {},
) {
  const fixture = await OmadaFixture.start(listen);
  const eye = new Eye(new what(fixture.client, site));
  const first = await eye.look();
  return { fixture, omada: fixture.omada, eye, first };
}

/** A controller whose list of clients takes three pages. */
async function crowd(listen: ControllerOptions = {}) {
  const fixture = await OmadaFixture.start(listen);
  const site = fixture.omada.addSite("Yard");
  const clients = fixture.omada.addClients(site, 2345);
  const eye = new Eye(new ClientSource(fixture.client, "Yard"));
  await eye.look();
  /** Makes something happen once, just before a page is sent. */
  const beforePage = (page: number, act: () => void): void => {
    fixture.omada.onPage = (asked) => {
      if (asked !== page) return;
      fixture.omada.onPage = undefined;
      act();
    };
  };
  const onPages = (omada: OmadaController): number => omada.calls(/clients$/);
  return { fixture, omada: fixture.omada, site, clients, eye, beforePage, onPages };
}

const rowOf = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

async function failure(look: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await look.then(
    () => assert.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PlatformError, String(error));
  return error;
}

describe("Watched clients of a site", () => {
  for (const version of ["5.15.24.19", "6.2.0.17"]) {
    it(`are told when they come, go and roam, on a controller ${version}`, async () => {
      const { omada, eye, first } = await watching(ClientSource, "Harbour", { version });
      assert.equal(first.length, 10);
      assert.ok(first.every(({ event, previous }) => event === "client-connected" && previous === null));

      omada.disconnectClient(omada.client("Till"));
      omada.connectClient(omada.client("Old phone"));
      omada.moveClient(omada.client("Ada's phone"), omada.device("Quay AP"));
      const news = await eye.look();

      const till = news.find(({ name }) => name === "Till");
      assert.deepEqual(news.map(({ event, name }) => `${event} ${name}`).toSorted(), [
        "client-connected Old phone",
        "client-disconnected Till",
        "client-roamed Ada's phone",
      ]);
      assert.deepEqual([till?.id, till?.current], [omada.client("Till").mac, null]);
      assert.equal(rowOf(till?.previous)["name"], "Till");
      assert.deepEqual(await eye.news(), []);
    });
  }

  it("roam between access points, networks, switches and ports, and by nothing else", async () => {
    const { omada, eye } = await watching(ClientSource);
    const [phone, till, ben] = [omada.client("Ada's phone"), omada.client("Till"), omada.client("Ben's laptop")];

    const after: string[][] = [];
    for (const act of [
      () => omada.moveClient(phone, omada.device("Hall AP"), { ssid: "Harbour Guest" }),
      () => omada.moveClient(till, omada.device("Harbour switch"), { port: 7 }),
      () => omada.moveClient(ben, omada.device("Harbour switch"), { port: 7 }),
      () => Object.assign(phone, { ip: "10.9.9.9", rssi: -80, channel: 1, radioId: 0, name: "Ada's other phone" }),
    ]) {
      act();
      after.push(await eye.news());
    }

    assert.deepEqual(after, [
      ["client-roamed Ada's phone"],
      ["client-roamed Till"],
      ["client-roamed Ben's laptop"],
      [],
    ]);
  });

  it("have not roamed while the controller does not know where they are", async () => {
    const { omada, eye } = await watching(ClientSource);
    const phone = omada.client("Ada's phone");

    const { apMac } = phone;
    delete phone["apMac"];
    assert.deepEqual(await eye.news(), []);
    phone["apMac"] = apMac;
    assert.deepEqual(await eye.news(), []);
    delete phone["apMac"];
    assert.deepEqual(await eye.news(), []);
    phone["apMac"] = omada.device("Quay AP").mac;
    assert.deepEqual(await eye.news(), ["client-roamed Ada's phone"]);

    const old = omada.client("Old phone");
    omada.connectClient(Object.assign(old, { apMac: "" }));
    await eye.look();
    omada.moveClient(old, omada.device("Quay AP"));
    assert.deepEqual(await eye.news(), []);
  });

  it("are called by their name, else by what they call themselves, else by their MAC", async () => {
    const { omada, eye } = await watching(ClientSource);
    const [till, printer] = [omada.client("Till"), omada.client("Office printer")];
    Object.assign(till, { name: "", active: false });
    Object.assign(printer, { name: "", hostName: "", active: false });

    await eye.look();
    omada.connectClient(till);
    omada.connectClient(printer);

    assert.deepEqual(await eye.news(), ["client-connected till", `client-connected ${printer.mac}`]);
  });

  it("are read by page, 2,345 of them in three requests", async () => {
    const { omada, eye, clients, onPages } = await crowd();
    const before = onPages(omada);

    omada.disconnectClient(clients[7]!);
    const news = await eye.news();

    assert.deepEqual(news, ["client-disconnected Client 8"]);
    assert.equal(onPages(omada) - before, 6, "who is missing of several pages is looked for once more");
    assert.deepEqual(await eye.news(), []);
    assert.equal(onPages(omada) - before, 9);
  });

  it("are not gone because one that left moved them to a page that was read already", async () => {
    const { omada, eye, clients, beforePage } = await crowd();

    beforePage(2, () => omada.disconnectClient(clients[7]!));

    // Client 1001 was on page 2 when page 1 was read, and on page 1 when page 2 was read.
    assert.deepEqual(await eye.news(), []);
    assert.deepEqual(await eye.news(), ["client-disconnected Client 8"]);
  });

  it("are not gone because one left and another came, so that the numbers agree", async () => {
    const { omada, eye, site, clients, beforePage } = await crowd();

    beforePage(2, () => {
      omada.disconnectClient(clients[7]!);
      omada.addClients(site, 1);
    });

    assert.deepEqual(await eye.news(), ["client-connected Client 1"]);
    assert.deepEqual(await eye.news(), ["client-disconnected Client 8"]);
  });

  it("are all there from the first look on, whatever moved while it was made", async () => {
    const fixture = await OmadaFixture.start();
    const { omada, client } = fixture;
    const clients = omada.addClients(omada.addSite("Yard"), 1500);
    let moved = false;
    omada.onPage = (page) => {
      if (page !== 2 || moved) return;
      moved = true;
      omada.disconnectClient(clients[7]!);
    };
    const eye = new Eye(new ClientSource(client, "Yard"));

    const first = await eye.look();

    assert.equal(first.length, 1500);
    assert.deepEqual(await eye.news(), ["client-disconnected Client 8"]);
  });

  it("are not gone because the controller leaves rows out", async () => {
    const { omada, eye, clients } = await crowd();
    const told = omada.reportTotal;

    omada.reportTotal = (totalRows) => totalRows + 1;
    assert.equal((await failure(eye.look())).code, "protocol");
    omada.reportTotal = told;
    omada.maxPageSize = 100;
    assert.deepEqual(await eye.news(), []);
    assert.equal(clients.length, 2345);
  });

  it("are not gone because a page fails, or the whole controller", async () => {
    const { omada, fixture, eye } = await crowd();

    fixture.respondWith(/clients$/, { status: 500, body: "down" }, 9);
    await failure(eye.look());
    omada.server.clearFaults();

    assert.deepEqual(await eye.news(), []);
  });

  it("are not gone because the controller sees none of its devices", async () => {
    const { omada, eye } = await watching(ClientSource);
    const devices = omada.devices.filter(({ siteId }) => siteId === omada.site("Harbour").siteId);
    const online = omada.clients.filter(({ active }) => active);

    for (const client of online) omada.disconnectClient(client);
    for (const device of devices) omada.disconnectDevice(device);
    const error = await failure(eye.look());
    assert.deepEqual([error.code, error.retryable], ["offline", true]);

    for (const device of devices) omada.reconnectDevice(device);
    for (const client of online) omada.connectClient(client);
    assert.deepEqual(await eye.news(), []);

    for (const client of online) omada.disconnectClient(client);
    assert.equal((await eye.look()).length, 10, "with its devices there, they are gone");

    for (const device of devices) omada.disconnectDevice(device);
    assert.deepEqual(await eye.news(), [], "where nobody was, nobody can be missed");
  });

  it("are gone where there is no device at all that could tell of them", async () => {
    const { omada, eye } = await watching(ClientSource);
    const { siteId } = omada.site("Harbour");

    for (const client of omada.clients.filter(({ active }) => active)) omada.disconnectClient(client);
    for (const device of omada.devices.filter((one) => one.siteId === siteId)) omada.forgetDevice(device);

    assert.equal((await eye.look()).length, 10);
  });

  it("are nobody's who is not online, and nobody without a MAC", async () => {
    const { fixture, eye, omada } = await watching(ClientSource);
    const rows = omada.clients.filter(({ active }) => active).map((client) => ({ ...client }));
    const gone = { ...rows[0], active: false };
    const nobodies = [{ id: "x", name: "nobody" }, { id: "y", mac: "" }, null];
    const data = [gone, ...rows.slice(1), ...nobodies];
    fixture.respondWith(/clients$/, { body: { errorCode: 0, result: { totalRows: data.length, data } } });

    assert.deepEqual(await eye.news(), ["client-disconnected Till"]);
  });
});

describe("A watched list", () => {
  it("costs one request as long as it has one page, whoever is missing", async () => {
    const { omada, eye } = await watching(ClientSource);
    omada.disconnectClient(omada.client("Till"));
    const before = omada.calls(/clients$/);

    assert.deepEqual(await eye.news(), ["client-disconnected Till"]);

    assert.equal(omada.calls(/clients$/) - before, 1);
  });

  it("is complete although somebody came while its pages were read", async () => {
    const { omada, eye, clients, beforePage } = await crowd();
    const [first] = clients;
    omada.disconnectClient(first!);
    await eye.look();

    beforePage(2, () => omada.connectClient(first!));
    const news = [await eye.news(), await eye.news()];

    assert.deepEqual(news.flat(), ["client-connected Client 1"]);
  });

  it("holds the same clients however their MACs are spelt", async () => {
    const { omada, eye } = await watching(ClientSource);
    for (const client of omada.clients) client.mac = client.mac.toLowerCase().replaceAll("-", ":");

    assert.deepEqual(await eye.news(), []);
  });
});

describe("A watched site", () => {
  it("is the only one there is where none is named", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.removeSite(fixture.omada.site("Depot"));

    const first = await new Eye(new ClientSource(fixture.client, "")).look();

    assert.equal(first.length, 10);
  });

  it("has to be named where there are several", async () => {
    const { client } = await OmadaFixture.start();

    const { code, message } = await failure(new Eye(new ClientSource(client, "")).look());

    assert.equal(code, "input");
    assert.equal(message, 'This controller has several sites. Choose one: "Harbour", "Depot".');
  });

  it("has to be there", async () => {
    const { client } = await OmadaFixture.start();
    const { code } = await failure(new Eye(new ClientSource(client, "Moon")).look());
    const other = await OmadaFixture.start();
    for (const site of other.omada.sites) other.omada.removeSite(site);

    const none = await failure(new Eye(new ClientSource(other.client, "")).look());

    assert.deepEqual([code, none.code], ["not-found", "not-found"]);
    assert.match(none.message, /has access to no site/);
  });
});

describe("Watched devices of a site", () => {
  it("are told when they are lost and when they are back", async () => {
    const { omada, eye, first } = await watching(DeviceSource);
    assert.deepEqual(
      first.map(({ event }) => event),
      Array(4).fill("device-connected"),
    );
    const quay = omada.device("Quay AP");

    omada.disconnectDevice(quay);
    const [lost, ...more] = await eye.look();
    assert.deepEqual([lost?.event, lost?.id, lost?.name, more.length], ["device-disconnected", quay.mac, "Quay AP", 0]);
    assert.deepEqual([rowOf(lost?.previous)["status"], rowOf(lost?.current)["status"]], [1, 0]);
    assert.deepEqual(await eye.news(), []);
    omada.reconnectDevice(quay);
    assert.deepEqual(await eye.news(), ["device-connected Quay AP"]);
  });

  it("are connected through a missed heartbeat and a restart, and not when isolated or no longer adopted", async () => {
    const { omada, eye } = await watching(DeviceSource);
    const quay = omada.device("Quay AP");

    const after: string[][] = [];
    for (const status of [3, 1, 4, 1, 2, 1]) {
      quay.status = status;
      after.push(await eye.news());
    }
    quay.rebootingUntil = omada.now() + HOUR;
    after.push(await eye.news());

    const [off, on] = [["device-disconnected Quay AP"], ["device-connected Quay AP"]];
    assert.deepEqual(after, [[], [], off, on, off, on, []]);
  });

  it("are gone when they are forgotten, with nothing as what they are now", async () => {
    const { omada, eye } = await watching(DeviceSource);
    omada.disconnectDevice(omada.device("Hall AP"));
    await eye.look();

    omada.forgetDevice(omada.device("Hall AP"));
    omada.forgetDevice(omada.device("Quay AP"));
    const news = await eye.look();

    assert.deepEqual(
      news.map(({ event, name, current }) => [event, name, current]),
      [["device-disconnected", "Quay AP", null]],
    );
  });
});

describe("Watched devices that wait to be adopted", () => {
  it("are none of the site's", async () => {
    const { omada, eye } = await watching(DeviceSource);
    const fresh = { ...omada.device("Quay AP"), mac: "02-00-5E-AA-AA-AA", name: "New AP", status: 2 };
    omada.devices.push(fresh);
    assert.deepEqual(await eye.news(), []);

    fresh.status = 1;
    assert.deepEqual(await eye.news(), ["device-connected New AP"]);
  });
});

describe("Watched WAN ports of a site", () => {
  it("are told when the way out is lost, by cable or without, and when it is back", async () => {
    const { omada, eye, first } = await watching(WanSource);
    const gateway = omada.device("Harbour gateway");
    assert.deepEqual(
      first.map(({ event, id }) => [event, id]),
      [
        ["wan-up", `${gateway.mac}/1`],
        ["wan-up", `${gateway.mac}/2`],
      ],
    );

    const after: string[][] = [];
    for (const act of [
      () => omada.setWanInternet(gateway, 1, false),
      () => omada.setWanLink(gateway, 2, false),
      () => omada.setWanInternet(gateway, 1, true),
      () => Object.assign(omada.wan(gateway, 1), { latency: 900, rxRate: 1 }),
      () => omada.setWanLink(gateway, 2, true),
    ]) {
      act();
      after.push(await eye.news());
    }

    assert.deepEqual(after, [["wan-down WAN1"], ["wan-down WAN2"], ["wan-up WAN1"], [], ["wan-up WAN2"]]);
  });

  it("are not down because the controller has lost the gateway, and are compared when it is back", async () => {
    const { omada, eye } = await watching(WanSource);
    const gateway = omada.device("Harbour gateway");

    omada.disconnectDevice(gateway);
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await eye.news(), []);
    assert.deepEqual(await eye.news(), []);
    omada.reconnectDevice(gateway);
    assert.deepEqual(await eye.news(), ["wan-down WAN1"]);
  });

  it("are gone with a gateway that is adopted no more", async () => {
    const { omada, eye } = await watching(WanSource);

    omada.device("Harbour gateway").status = 2;

    assert.deepEqual(await eye.news(), ["wan-down WAN1", "wan-down WAN2"]);
  });

  it("are told apart by gateway, and found by it", async () => {
    const { omada, eye } = await watching(WanSource);
    const gateway = omada.device("Harbour gateway");
    const other = {
      ...gateway,
      mac: "02-00-5E-AA-AA-AA",
      name: "Spare gateway",
      wans: gateway.wans.map((wan) => ({ ...wan })),
    };
    omada.devices.push(other);
    await eye.look();

    omada.setWanInternet(other, 2, false);
    const [change] = await eye.look();

    assert.equal(change?.id, "02-00-5E-AA-AA-AA/2");
    assert.ok(change.aliases?.includes("02-00-5E-AA-AA-AA"));
    omada.disconnectDevice(other);
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await eye.news(), ["wan-down WAN1"]);
  });

  it("leave out ports of the LAN, and go by the cable where nothing is said of the way out", async () => {
    const { omada, eye } = await watching(WanSource);
    const gateway = omada.device("Harbour gateway");
    const [one, two] = gateway.wans;
    Object.assign(one!, { mode: 1 });
    delete (two as { internetState?: number }).internetState;

    assert.deepEqual(await eye.news(), ["wan-down WAN1"]);
    two!.status = 0;
    one!.internetState = 0;
    assert.deepEqual(await eye.news(), ["wan-down WAN2"]);
    Object.assign(two!, { internetState: 1 });
    assert.deepEqual(await eye.news(), [], "without a cable there is no way out, whatever is said of it");
  });

  it("are as they were where ports are missing in an answer, or nothing is said of them", async () => {
    const { omada, fixture, eye } = await watching(WanSource);
    const gateway = omada.device("Harbour gateway");
    omada.setWanInternet(gateway, 2, false);
    assert.deepEqual(await eye.news(), ["wan-down WAN2"]);
    const [one, two] = gateway.wans;
    const { status: _status, internetState: _state, ...silent } = one!;

    for (const result of [[], [one], [two], [silent, two], [one, { ...two, status: 1, internetState: null }]]) {
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });
      assert.deepEqual(await eye.news(), []);
      assert.deepEqual(await eye.news(), []);
    }

    fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result: [] } });
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await eye.news(), []);
    assert.deepEqual(await eye.news(), ["wan-down WAN1"]);
  });

  it("go by the cable where the way out is never known", async () => {
    const { omada, fixture, eye } = await watching(WanSource);
    const [one, two] = omada.device("Harbour gateway").wans;
    const news: string[][] = [];
    for (const status of [0, 1, 0]) {
      const result = [{ ...one, status, internetState: null }, two];
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });
      news.push(await eye.news());
    }

    assert.deepEqual(news, [["wan-down WAN1"], ["wan-up WAN1"], ["wan-down WAN1"]]);
  });

  it("are no change in an answer that is no list of ports", async () => {
    for (const result of [null, {}, [{ name: "WAN1" }]]) {
      const { fixture, eye } = await watching(WanSource);
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });

      assert.equal((await failure(eye.look())).code, "protocol");
      assert.deepEqual(await eye.news(), []);
    }
  });
});

/** One who reads on in a log, and puts the cursor down as JSON each time. */
class Reader {
  cursor: string | undefined;
  readonly #log: SiteLog;

  constructor(fixture: OmadaFixture, kind: "alerts" | "events" = "events", site = "Harbour") {
    this.#log = new SiteLog(fixture.client, site, kind, fixture.clock);
  }

  async read(): Promise<ChangeEvent[]> {
    const stored: unknown = this.cursor === undefined ? undefined : JSON.parse(this.cursor);
    const read = await this.#log.read(this.#log.parseCursor(stored), NONE);
    this.cursor = JSON.stringify(read.cursor);
    return read.lines;
  }

  /** The ids of new lines. */
  async ids(): Promise<(string | null)[]> {
    return (await this.read()).map(({ id }) => id);
  }

  /** Goes on until nothing new comes. */
  async rest(): Promise<(string | null)[]> {
    const all: (string | null)[] = [];
    for (let looks = 0; looks < 100; looks++) {
      const before = this.cursor;
      all.push(...(await this.ids()));
      if (this.cursor === before) return all;
    }
    return assert.fail("there is no end");
  }
}

async function reading(kind: "alerts" | "events" = "events", listen: ControllerOptions = {}) {
  const fixture = await OmadaFixture.start(listen);
  const { omada } = fixture;
  const site = omada.site("Harbour");
  const reader = new Reader(fixture, kind);
  const write = (about: Parameters<OmadaController["writeLog"]>[2] = {}): string =>
    omada.writeLog(kind, site, about).id;
  return { fixture, omada, clock: fixture.clock, site, reader, write };
}

describe("A watched log", () => {
  it("tells what comes after the first look, oldest first, with its own time", async () => {
    const { reader, write, clock, omada } = await reading();
    assert.deepEqual(await reader.read(), []);

    const mac = omada.device("Quay AP").mac;
    const one = write({ time: clock.at - 5, key: "DEV_DISCONN", content: `[ap:Quay AP:${mac}] was disconnected.` });
    const two = write({ time: clock.at });
    const lines = await reader.read();

    assert.deepEqual(
      lines.map(({ event, id, name, previous }) => [event, id, name, previous]),
      [
        ["log", one, "DEV_DISCONN", null],
        ["log", two, "DEV_CONN", null],
      ],
    );
    assert.equal(lines[0]?.at, new Date(clock.at - 5).toISOString());
    assert.deepEqual(lines[0]?.aliases, ["Device", mac]);
    assert.equal(rowOf(lines[0]?.current)["module"], "Device");
    assert.deepEqual(await reader.read(), []);
  });

  it("begins anew where it is another site's", async () => {
    const { fixture, omada, reader, write } = await reading();
    await reader.read();
    write();
    const depot = omada.site("Depot");
    omada.writeLog("events", depot);
    const other = new Reader(fixture, "events", "Depot");
    other.cursor = reader.cursor;

    assert.deepEqual(await other.read(), []);
    const { id } = omada.writeLog("events", depot);
    assert.deepEqual(await other.ids(), [id]);
  });

  it("of alerts tells alerts", async () => {
    const { reader, write, omada, site } = await reading("alerts");
    await reader.read();
    omada.writeLog("events", site);

    const id = write({ level: "Error" });
    const lines = await reader.read();

    assert.deepEqual(
      lines.map((line) => [line.event, line.id]),
      [["alert", id]],
    );
    assert.equal(rowOf(lines[0]?.current)["level"], "Error");
  });

  it("loses and repeats nothing of one millisecond, in the order in which it came", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const time = clock.at;

    const first = [write({ time }), write({ time }), write({ time })];
    assert.deepEqual(await reader.ids(), first);
    const second = [write({ time }), write({ time })];
    assert.deepEqual(await reader.ids(), second);
    assert.deepEqual(await reader.ids(), []);
  });

  it("loses and repeats no line that comes up to an hour late", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const now = write();
    assert.deepEqual(await reader.ids(), [now]);

    clock.at += 60_000;
    const late = [write({ time: clock.at - 50 * 60_000 }), write({ time: clock.at - 61_000 })];

    assert.deepEqual(await reader.ids(), late);
    assert.deepEqual(await reader.ids(), []);
  });

  it("passes over what was there before, also what came late before anybody looked", async () => {
    const { reader, write, clock } = await reading();
    for (let minutes = 1; minutes < 70; minutes++) write({ time: clock.at - minutes * 60_000 });
    await reader.read();

    const late = write({ time: clock.at - 30 * 60_000 });

    assert.deepEqual(await reader.ids(), [late]);
  });

  it("passes over what was there before, however much it is", async () => {
    const { reader, write, clock } = await reading();
    for (let line = 0; line < 6000; line++) write({ time: clock.at - 1000 + (line % 900) });
    assert.deepEqual(await reader.rest(), []);

    const id = write();

    assert.deepEqual(await reader.ids(), [id]);
  });

  it("is read from where it ended after a restart, and anew for another site or with a cursor that is none", async () => {
    const { reader, write, fixture, omada } = await reading();
    await reader.read();
    const known = write();
    await reader.read();

    const again = new Reader(fixture);
    again.cursor = reader.cursor;
    const since = write();
    assert.deepEqual(await again.ids(), [since]);

    for (const broken of [
      { ...JSON.parse(again.cursor ?? ""), siteId: omada.site("Depot").siteId },
      { since: "x" },
      7,
      null,
    ]) {
      again.cursor = JSON.stringify(broken);
      assert.deepEqual(await again.ids(), [], "the first look only finds the end");
      const fresh = write();
      assert.deepEqual(await again.ids(), [fresh]);
    }
    assert.ok(known);
  });

  it("goes by the controller's clock, hours before ours or after it", async () => {
    for (const hours of [-20, -3, 3, 20]) {
      const { reader, write, clock, omada } = await reading();
      for (const line of omada.events) line.time += hours * HOUR;
      await reader.read();

      const ids: string[] = [];
      for (let minute = 1; minute < 4; minute++) {
        clock.at += 60_000;
        ids.push(write({ time: clock.at + hours * HOUR }));
        assert.deepEqual(await reader.ids(), ids.slice(-1), `${hours} hours`);
      }
    }
  });

  it("is found again when it was empty at first", async () => {
    const { reader, write, clock, omada } = await reading();
    omada.events = [];
    assert.deepEqual(await reader.ids(), []);

    const behind = write({ time: clock.at - 5 * HOUR });
    assert.deepEqual(await reader.ids(), [behind]);
  });

  it("is not hidden by a line that is dated ahead", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const ahead = write({ time: clock.at + 20 * HOUR });
    assert.deepEqual(await reader.ids(), [ahead]);

    clock.at += 60_000;
    const now = write();

    assert.deepEqual(await reader.ids(), [now]);
    assert.deepEqual(await reader.ids(), []);
  });

  it("is read to its end after a long time, in order, at so many lines a look", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const week = 7 * 24 * HOUR;
    const ids = Array.from({ length: 12_000 }, (_, index) =>
      write({ time: clock.at + Math.floor((index * week) / 12_000) }),
    );
    clock.at += week;

    const [first, rest] = [await reader.ids(), await reader.rest()];

    assert.ok(first.length > 0 && first.length <= 5000, `${first.length}`);
    assert.deepEqual([...first, ...rest], ids);
  });

  it("remembers no more than it has to, on a site that writes all the time", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const told: (string | null)[] = [];
    const ids: string[] = [];
    for (let look = 0; look < 30; look++) {
      for (let line = 0; line < 150; line++) ids.push(write({ time: clock.at + line }));
      clock.at += 30_000;
      told.push(...(await reader.ids()));
      assert.ok((reader.cursor ?? "").length < 125_000, `${reader.cursor?.length}`);
    }
    assert.deepEqual(told, ids);
  });

  it("finds a line that comes late behind thousands of newer ones, once", async () => {
    for (const newer of [650, 3900]) {
      const { reader, write, clock, omada } = await reading();
      for (let line = 0; line < newer; line++) write({ time: clock.at - Math.floor((line * 180_000) / newer) });
      await reader.read();
      assert.deepEqual(await reader.ids(), []);

      const late = write({ time: clock.at - 20 * 60_000 });
      const now = write({ time: clock.at });
      assert.deepEqual(await reader.ids(), [late, now]);
      const before = omada.calls(/events$/);
      assert.deepEqual(await reader.ids(), []);
      assert.ok(omada.calls(/events$/) - before <= 8, "what is known is not read anew");
    }
  });

  it("goes on with what an older cursor remembers by its whole id", async () => {
    const { reader, write, clock, site } = await reading();
    await reader.read();
    const id = write();
    reader.cursor = JSON.stringify({
      siteId: site.siteId,
      since: clock.at - HOUR,
      seen: [[id, clock.at]],
      skipping: false,
    });

    assert.ok(!(await reader.ids()).includes(id));
  });

  it("remembers the newest lines, not those that came last", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const ago = (minutes: number): string => write({ time: clock.at - minutes * 60_000 });
    for (let line = 0; line < 450; line++) write({ time: clock.at - 3_000_000 + line * 6000 });
    await reader.read();
    for (let line = 0; line < 100; line++) ago(55);
    await reader.read();

    const late = ago(53);

    assert.deepEqual(await reader.ids(), [late]);
  });

  it("loses nothing of a thousand lines of one millisecond", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const time = clock.at;
    const ids = Array.from({ length: 1000 }, () => write({ time }));
    assert.deepEqual(await reader.ids(), ids);

    const more = write({ time });

    assert.deepEqual(await reader.rest(), [more]);
  });

  it("comes to an end with more lines of one millisecond than it reads at a look", async () => {
    const { reader, write, clock } = await reading();
    await reader.read();
    const ids = Array.from({ length: 5100 }, () => write({ time: clock.at }));
    assert.deepEqual(await reader.rest(), ids);

    clock.at += 1;
    const more = write();

    assert.deepEqual(await reader.rest(), [more]);
  });

  it("loses nothing where one slice of it ends and the next begins, whichever holds the edge", async () => {
    for (const openEnds of [false, true]) {
      const { reader, write, clock, omada } = await reading();
      omada.excludeTimeBounds = openEnds;
      await reader.read();
      const ids: string[] = [];
      for (let ms = 0; ms < 4000; ms++) ids.push(write({ time: clock.at + ms }), write({ time: clock.at + ms }));

      assert.deepEqual(await reader.rest(), ids);
    }
  });

  it("tells lines of one millisecond by their ids, in whatever order they are sent", async () => {
    const { reader, fixture } = await reading();
    await reader.read();
    const time = fixture.clock.at;
    const data = ["b", "d", "a", "c"].map((id) => ({ id, time }));
    fixture.respondWith(/events$/, { body: { errorCode: 0, result: { totalRows: 4, data } } });

    assert.deepEqual(await reader.ids(), ["a", "b", "c", "d"]);
  });

  it("does not repeat a line that was missing from it for a while", async () => {
    const { reader, write, omada } = await reading();
    await reader.read();
    const id = write();
    assert.deepEqual(await reader.ids(), [id]);
    const lines = omada.events;

    omada.events = lines.filter((line) => line.id !== id);
    assert.deepEqual(await reader.ids(), []);
    omada.events = lines;

    assert.deepEqual(await reader.ids(), []);
  });

  it("is no list with rows left out", async () => {
    const { reader, write, omada } = await reading();
    await reader.read();
    const id = write();

    omada.reportTotal = (totalRows) => totalRows + 1;
    assert.equal((await failure(reader.read())).code, "protocol");
    omada.reportTotal = (totalRows) => totalRows;

    assert.deepEqual(await reader.ids(), [id]);
  });

  it("takes lines without a time, a key or an id for what they are", async () => {
    const { reader, fixture } = await reading();
    await reader.read();
    const blank = { id: "", time: fixture.clock.at };
    const data = [{ id: "a", time: "junk", content: 7 }, { ...blank, key: "K" }, { ...blank, key: "L" }, null];
    const page = { body: { errorCode: 0, result: { totalRows: 4, data } } };

    fixture.respondWith(/events$/, page);
    const lines = await reader.read();
    fixture.respondWith(/events$/, page);

    assert.deepEqual(lines.map(({ name }) => name).toSorted(), ["K", "L", "a", "null"]);
    assert.ok(lines.every(({ at }) => at));
    assert.deepEqual(await reader.read(), []);
  });

  for (const kind of ["alerts", "events"] as const) {
    it(`of ${kind} that the controller does not hand out says so`, async () => {
      const { reader, fixture } = await reading(kind, { version: "5.12.9" });
      const { code, message } = await failure(reader.read());
      assert.deepEqual([code, message.includes(kind)], ["unsupported", true]);

      fixture.respondWith(/logs/, { status: 404, body: "<html>" });
      assert.equal((await failure(reader.read())).code, "unsupported");
    });
  }

  it("of a site that is gone says that, and not that the controller is old", async () => {
    const { reader, omada, site } = await reading();
    await reader.read();
    omada.removeSite(site);

    assert.equal((await failure(reader.read())).code, "not-found");
  });

  for (const seed of [1, 2, 3]) {
    it(`tells each line of a wild day exactly once (${seed})`, async () => {
      const { reader, fixture, write, clock, omada } = await reading();
      const random = lcg(seed);
      await reader.read();
      const ids: string[] = [];
      const told: (string | null)[] = [];
      let ms = clock.at;
      for (let look = 0; look < 400; look++) {
        const lines = random() < 0.02 ? 400 : Math.floor(random() * 6);
        for (let line = 0; line < lines; line++) {
          if (random() < 0.5) ms = clock.at + Math.floor(random() * 1000);
          ids.push(write({ time: random() < 0.2 ? clock.at - Math.floor(random() * 60_000) : ms }));
        }
        clock.at += 1000 + Math.floor(random() * 400_000);
        if (random() < 0.1) fixture.respondWith(/events$/, { status: 500, body: "" }, 3);
        // A restart is nothing but another reader with the same cursor.
        const now = random() < 0.2 ? new Reader(fixture) : reader;
        now.cursor = reader.cursor;
        told.push(...(await now.ids().catch(() => [])));
        reader.cursor = now.cursor;
        omada.server.clearFaults();
      }
      told.push(...(await reader.rest()));

      assert.equal(told.length, ids.length);
      assert.deepEqual([...told].toSorted(), ids.toSorted());
    });
  }
});

/** Numbers from 0 to 1 that are the same each time. */
function lcg(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
