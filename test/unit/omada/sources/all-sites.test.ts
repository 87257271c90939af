import assert from "node:assert/strict";
import { AllSites } from "../../../../src/omada/sources/all-sites";
import { DeviceSource } from "../../../../src/omada/sources/devices";
import { sources } from "../../../../src/omada/sources/index";
import { JoinedLog } from "../../../../src/omada/sources/joined-log";
import { SiteLog } from "../../../../src/omada/sources/site-log";
import type { LogSource, PollSource } from "../../../../src/polling/types";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import type { ControllerOptions } from "../../../support/simulators/omada/controller";
import { SourceObserver } from "./source-fixture";

/** Starts a controller, and watches a source of all of its sites. */
async function startWatching(name: string, options: ControllerOptions = {}) {
  const fixture = await OmadaFixture.start(options);
  const warnings: string[] = [];
  const source = sources[name]?.({ client: fixture.client, site: "", threshold: 0, clock: fixture.clock });
  assert.ok(source);
  return { fixture, omada: fixture.omada, source, warnings, warn: (text: string) => void warnings.push(text) };
}

/** The same for a source that is polled, with a first poll. */
async function startPolling(name: string, options: ControllerOptions = {}) {
  const { source, warn, ...rest } = await startWatching(name, options);
  const polled = source as PollSource<unknown>;
  const watched: PollSource<unknown> = {
    poll: (filter, previous) => polled.poll(filter, previous, { warn }),
    diff: (before, after, id) => polled.diff(before, after, id),
  };
  const observer = new SourceObserver(watched);
  const first = await observer.pollEvents();
  const short = async (): Promise<string[]> =>
    (await observer.pollEvents()).map(({ event, name: what, site }) => `${site}: ${event} ${what}`);
  return { ...rest, observer, first, short };
}

describe("A watch of all sites", () => {
  it("emits the events of each site with its name, and keeps equal ids of different sites apart", async () => {
    const { omada, first, short } = await startPolling("devices");
    assert.equal(first.length, 5);
    const core = omada.device("Harbour switch");
    const twin = { ...core, name: "Twin", siteId: omada.site("Depot").siteId };
    omada.devices.push(twin);
    assert.deepEqual(await short(), ["Depot: device-connected Twin"]);

    omada.disconnectDevice(twin);
    omada.disconnectDevice(omada.device("Hall AP"));
    assert.deepEqual(await short(), ["Harbour: device-disconnected Hall AP", "Depot: device-disconnected Twin"]);
    omada.reconnectDevice(twin);
    assert.deepEqual(await short(), ["Depot: device-connected Twin"]);
  });

  it("has one request for each site, and one for the list of sites in ten minutes", async () => {
    const { omada, fixture, observer } = await startPolling("devices");
    omada.server.journal.length = 0;

    for (let poll = 0; poll < 3; poll++) await observer.pollEvents();
    fixture.clock.at += 601_000;
    await observer.pollEvents();

    assert.equal(omada.calls(/\/devices$/), 8);
    assert.equal(omada.calls(/\/sites$/), 1);
  });

  it("finds new sites, and takes nothing for lost that belongs to a site that was removed", async () => {
    const { omada, fixture, short } = await startPolling("devices");
    omada.removeSite(omada.site("Depot"));
    const pier = omada.addSite("Pier");
    omada.devices.push({ ...omada.device("Hall AP"), siteId: pier.siteId, name: "Pier AP" });
    assert.deepEqual(await short(), [], "the list of sites is not read each time");
    fixture.clock.at += 601_000;

    assert.deepEqual(await short(), ["Pier: device-connected Pier AP"]);
    assert.deepEqual(await short(), []);
  });

  it("goes on without a site that cannot be read, says so once, and emits its difference later", async () => {
    const { omada, fixture, short, warnings } = await startPolling("devices");
    const { siteId } = omada.site("Depot");
    fixture.respondWith(new RegExp(`${siteId}/devices`), { body: { errorCode: -1505, msg: "No permission." } }, 2);

    omada.disconnectDevice(omada.device("Depot switch"));
    omada.disconnectDevice(omada.device("Hall AP"));
    assert.deepEqual(await short(), ["Harbour: device-disconnected Hall AP"]);
    assert.deepEqual(await short(), []);
    assert.deepEqual(await short(), ["Depot: device-disconnected Depot switch"]);

    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^"Depot" is not watched at present\. .*no access to this site/);
  });

  it("fails as a whole when no site can be read, or the controller does not respond", async () => {
    const { fixture, observer, short, warnings } = await startPolling("devices");
    fixture.respondWith(/devices$/, { body: { errorCode: -1505, msg: "No permission." } }, 2);
    assert.equal((await platformErrorOf(observer.pollEvents())).code, "forbidden");
    fixture.respondWith(/devices$/, { body: "<html>" });
    assert.equal((await platformErrorOf(observer.pollEvents())).code, "protocol");

    assert.deepEqual(await short(), []);
    assert.deepEqual(warnings, []);
  });

  it("fails when the list of sites is incomplete, and takes nothing for lost", async () => {
    const { omada, fixture, observer, short } = await startPolling("devices");
    fixture.clock.at += 601_000;
    const respond = (...data: unknown[]): void =>
      fixture.respondWith(/sites$/, { body: { errorCode: 0, result: { totalRows: 2, data } } });

    for (let poll = 0; poll < 2; poll++) {
      respond(omada.site("Harbour"));
      respond();
      assert.match((await platformErrorOf(observer.pollEvents())).message, /left sites out/);
    }
    assert.deepEqual(await short(), []);
  });

  it("fails when all sites together are too large to be held", async () => {
    const { client, omada } = await OmadaFixture.start();
    const create = (siteId: string): DeviceSource => new DeviceSource(client, siteId);
    await new AllSites(client, create, 10_000).poll(undefined, new Map(), {});
    for (let number = 0; number < 80; number++)
      omada.devices.push({ ...omada.device("Depot switch"), mac: `02-00-5E-AA-BB-${number + 10}` });

    const { code, message } = await platformErrorOf(
      new AllSites(client, create, 10_000).poll(undefined, new Map(), {}),
    );

    assert.equal(code, "protocol");
    assert.match(message, /Choose a site/);
  });

  it('fails with "not-found" if the application has access to no site', async () => {
    const { omada, source } = await startWatching("clients");
    for (const site of omada.sites) omada.removeSite(site);

    const error = await platformErrorOf((source as PollSource<unknown>).poll(undefined, new Map(), {}));

    assert.equal(error.code, "not-found");
    assert.match(error.message, /access to no site/);
  });

  it("takes 13 requests for all sources together, at a site with one gateway", async () => {
    const fixture = await OmadaFixture.start({ version: "6.2.0.17" });
    const { omada } = fixture;
    omada.removeSite(omada.site("Depot"));
    const polled = Object.entries(sources).map(([, create]) => {
      const source = create({ client: fixture.client, site: "Harbour", threshold: 0, clock: fixture.clock });
      let previous: ReadonlyMap<string, unknown> = new Map();
      let cursor: unknown;
      return async (): Promise<void> => {
        if ("poll" in source) previous = await source.poll(undefined, previous, {});
        else ({ cursor } = await source.read(cursor, {}));
      };
    });
    for (const poll of polled) await poll();
    omada.server.journal.length = 0;

    for (const poll of polled) await poll();

    assert.equal(omada.calls(/./), 13);
  });
});

describe("A log of all sites, or of the controller itself", () => {
  /** Reads a log, and stores the cursor as JSON. */
  async function startReading(name: string, options: ControllerOptions = {}) {
    const { source, warn, ...rest } = await startWatching(name, options);
    const log = source as LogSource<unknown>;
    let stored: string | undefined;
    const read = async (): Promise<string[]> => {
      const cursor = stored === undefined ? undefined : log.parseCursor(JSON.parse(stored));
      const result = await log.read(cursor, { warn });
      stored = JSON.stringify(result.cursor);
      return result.lines.map(({ event, name: key, site }) => [site, event, key].filter(Boolean).join(" "));
    };
    await read();
    return { ...rest, read, restore: (cursor: string) => void (stored = cursor), stored: () => stored ?? "" };
  }

  it("emits each line once, in the order of time, with the name of its site", async () => {
    const { omada, fixture, read } = await startReading("events");
    const [harbour, depot] = [omada.site("Harbour"), omada.site("Depot")];
    const now = fixture.clock.at;
    omada.writeLog("events", harbour, { key: "THIRD", time: now + 3 });
    omada.writeLog("events", depot, { key: "SECOND", time: now + 2 });
    omada.writeLog("events", harbour, { key: "FIRST", time: now + 1 });
    omada.writeLog("events", undefined, { key: "LOGIN_OK" });

    assert.deepEqual(await read(), ["Harbour log FIRST", "Depot log SECOND", "Harbour log THIRD"]);
    assert.deepEqual(await read(), []);
  });

  it("goes on without a site that cannot be read, and continues its log later", async () => {
    const { omada, fixture, read, warnings } = await startReading("alerts");
    const depot = omada.site("Depot");
    fixture.respondWith(new RegExp(`${depot.siteId}/logs`), { body: { errorCode: -1505, msg: "No." } });
    omada.writeLog("alerts", depot, { key: "LATER" });
    omada.writeLog("alerts", omada.site("Harbour"), { key: "NOW" });

    assert.deepEqual(await read(), ["Harbour alert NOW"]);
    assert.deepEqual(await read(), ["Depot alert LATER"]);
    assert.equal(warnings.length, 1);
  });

  it("is read a few sites at a time if they have many lines, and those that had to wait come first the next time", async () => {
    const { client, omada, clock } = await OmadaFixture.start();
    const sites = ["Harbour", "Depot", "Pier"].map((name) =>
      name === "Pier" ? omada.addSite(name) : omada.site(name),
    );
    const parts = sites.map(({ siteId, name }) => {
      return { key: siteId, name, site: name, log: new SiteLog(client, siteId, "events", clock) };
    });
    const log = new JoinedLog(async () => parts, 4);
    let { cursor } = await log.read(undefined, {});
    const read = async (): Promise<string[]> => {
      const result = await log.read(cursor, {});
      cursor = result.cursor;
      return result.lines.map(({ name, site }) => `${site} ${name}`).toSorted();
    };
    const write = (): void => {
      for (const site of sites) for (const key of ["A", "B"]) omada.writeLog("events", site, { key });
    };

    write();
    assert.deepEqual(await read(), ["Depot A", "Depot B", "Harbour A", "Harbour B"]);
    write();
    assert.deepEqual(await read(), ["Pier A", "Pier A", "Pier B", "Pier B"]);
    assert.deepEqual(await read(), ["Depot A", "Depot B", "Harbour A", "Harbour B"]);
    assert.deepEqual(await read(), []);
  });

  it("lets the other sites wait after very long lines, and reads them first the next time", async () => {
    const { omada, read } = await startReading("events");
    omada.writeLog("events", omada.site("Harbour"), { key: "LONG", content: "x".repeat(9 * 1024 * 1024) });
    omada.writeLog("events", omada.site("Depot"), { key: "SHORT" });

    assert.deepEqual(await read(), ["Harbour log LONG"]);
    assert.deepEqual(await read(), ["Depot log SHORT"]);
    assert.deepEqual(await read(), []);
  });

  it("continues where a node stopped that watched the only site there was", async () => {
    const { omada, read, restore, stored } = await startReading("events");
    const harbour = omada.site("Harbour");
    const single = (JSON.parse(stored()) as Record<string, unknown>)[harbour.siteId];
    omada.writeLog("events", harbour, { key: "MEANWHILE" });
    restore(JSON.stringify(single));

    assert.deepEqual(await read(), ["Harbour log MEANWHILE"]);
  });

  it("of the controller itself has its alerts and its events, and none of a site", async () => {
    const { omada, fixture, read } = await startReading("global");
    omada.writeLog("events", omada.site("Harbour"), { key: "DEV_CONN" });
    omada.writeLog("events", undefined, { key: "LOGIN_OK", module: "Operation", time: fixture.clock.at + 2 });
    omada.writeLog("alerts", undefined, { key: "RO_O_SS", module: "System", time: fixture.clock.at + 1 });

    assert.deepEqual(await read(), ["alert RO_O_SS", "log LOGIN_OK"]);
    assert.deepEqual(await read(), []);
  });

  it('of a controller that is too old fails with "unsupported"', async () => {
    const { source } = await startWatching("global", { version: "5.12.9" });

    assert.equal((await platformErrorOf((source as LogSource<unknown>).read(undefined, {}))).code, "unsupported");
  });
});
