import assert from "node:assert/strict";
import type { CallOptions } from "../../../../src/core/call-context";
import type { OmadaClient } from "../../../../src/omada/client";
import { ClientSource } from "../../../../src/omada/sources/clients";
import { SiteLog } from "../../../../src/omada/sources/site-log";
import type { ChangeEvent, PollSource } from "../../../../src/polling/types";
import { OmadaFixture } from "../../../support/omada-fixture";
import type { ControllerOptions, OmadaController } from "../../../support/simulators/omada/controller";

const NO_OPTIONS: CallOptions = {};

/** Polls a source and compares each snapshot with the previous one. */
export class SourceObserver<Item> {
  #snapshot: ReadonlyMap<string, Item> = new Map();

  constructor(private readonly source: PollSource<Item>) {}

  /** The events since the last poll; at the first poll, all items are new. */
  async pollEvents(): Promise<ChangeEvent[]> {
    const before = this.#snapshot;
    const after = await this.source.poll(undefined, before, NO_OPTIONS);
    this.#snapshot = after;
    const ids = new Set([...after.keys(), ...before.keys()]);
    return [...ids].flatMap((id) => this.source.diff(before.get(id), after.get(id), id));
  }

  /** The same as text: `event name`. */
  async poll(): Promise<string[]> {
    return (await this.pollEvents()).map(({ event, name }) => `${event} ${name}`);
  }
}

/** Starts a controller, and polls a source of it once. */
export async function startObserving<Item>(
  Source: new (client: OmadaClient, site: string) => PollSource<Item>,
  site = "Harbour",
  options: ControllerOptions = {},
) {
  const fixture = await OmadaFixture.start(options);
  const observer = new SourceObserver(new Source(fixture.client, site));
  const first = await observer.pollEvents();
  return { fixture, omada: fixture.omada, observer, first };
}

/** Starts a controller whose list of clients has three pages, and polls it once. */
export async function startWithPages() {
  const fixture = await OmadaFixture.start();
  const { omada } = fixture;
  const site = omada.addSite("Yard");
  const clients = omada.addClients(site, 2345);
  const observer = new SourceObserver(new ClientSource(fixture.client, "Yard"));
  await observer.pollEvents();
  /** Calls `change` once, just before a page is sent. */
  const beforePage = (page: number, change: () => void): void => {
    omada.onPage = (requestedPage) => {
      if (requestedPage !== page) return;
      omada.onPage = undefined;
      change();
    };
  };
  const countRequests = (): number => omada.calls(/clients$/);
  return { fixture, omada, site, clients, observer, beforePage, countRequests };
}

export const toRow = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

/** Reads a log again and again, and stores the cursor as JSON. */
export class LogReader {
  cursor: string | undefined;
  readonly #log: SiteLog;

  constructor(fixture: OmadaFixture, kind: "alerts" | "events" = "events", site = "Harbour") {
    this.#log = new SiteLog(fixture.client, site, kind, fixture.clock);
  }

  async read(): Promise<ChangeEvent[]> {
    const stored: unknown = this.cursor === undefined ? undefined : JSON.parse(this.cursor);
    const result = await this.#log.read(this.#log.parseCursor(stored), NO_OPTIONS);
    this.cursor = JSON.stringify(result.cursor);
    return result.lines;
  }

  /** The ids of new lines. */
  async ids(): Promise<(string | null)[]> {
    return (await this.read()).map(({ id }) => id);
  }

  /** The ids of all new lines, with as many reads as necessary. */
  async readAll(): Promise<(string | null)[]> {
    const all: (string | null)[] = [];
    for (let reads = 0; reads < 100; reads++) {
      const previous = this.cursor;
      all.push(...(await this.ids()));
      if (this.cursor === previous) return all;
    }
    return assert.fail("the log does not end");
  }
}

/** Starts a controller and a reader of a log of the site Harbour. */
export async function startReading(kind: "alerts" | "events" = "events", options: ControllerOptions = {}) {
  const fixture = await OmadaFixture.start(options);
  const { omada, clock } = fixture;
  const site = omada.site("Harbour");
  const reader = new LogReader(fixture, kind);
  /** Adds a line to the log, and returns its id. */
  const write = (fields: Parameters<OmadaController["writeLog"]>[2] = {}): string =>
    omada.writeLog(kind, site, fields).id;
  return { fixture, omada, clock, site, reader, write };
}
