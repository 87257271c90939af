import type { Dispatcher } from "undici";
import { omadaClient, requireBuilt } from "./clients";
import { control, takeCounters } from "./control";
import { BenchFlow, controllerNode } from "./flows";
import { cpuOf, sleep } from "./load";
import { CONTROLLER, SITE, type Addresses } from "./types";

const PAGE_SIZE = 1000;
/** Polls at the start that do not count: they would measure the compiler. */
const WARM_UP_POLLS = 6;
/** So long that a measurement sees only the first poll. */
const INTERVAL_S = 600;
/** A poll is over when there was no request for this long. */
const QUIET_MS = 1500;

/**
 * Row 28: CPU of polling clients and comparing them with the previous poll, relative to only requesting and parsing the
 * same pages. One ratio per try.
 */
export async function pollCost({
  addresses,
  count,
  tries,
}: {
  addresses: Addresses;
  count: number;
  tries: number;
}): Promise<number[]> {
  await control(addresses, "fullRows", count);
  const { ClientSource } = requireBuilt<typeof import("../../src/omada/sources/clients")>("omada/sources/clients.js");
  const { ChangeDetector } =
    requireBuilt<typeof import("../../src/polling/change-detector")>("polling/change-detector.js");
  const source = new ClientSource(omadaClient(addresses, { size: "small", inFlight: 8, secure: false }), SITE);
  const detector = new ChangeDetector(source, 1);
  let previous: Awaited<ReturnType<typeof source.poll>> = new Map();
  const poll = async (): Promise<void> => {
    const items: typeof previous = await source.poll(undefined, previous, {});
    previous = items;
    if (items.size !== count) throw new Error(`${items.size} clients were found instead of ${count}.`);
    const events = detector.detect(items, { now: Date.now(), recovered: false, wasPolled: () => true });
    if (events.length > 0) throw new Error("An event was emitted although nothing had changed.");
  };
  const requestOnly = requestPages(addresses, count / PAGE_SIZE);
  const ratios: number[] = [];
  for (let index = -WARM_UP_POLLS; index < tries; index++) {
    const before = index % 2 ? await cpuOf(requestOnly) : undefined;
    const cpu = await cpuOf(poll);
    const ratio = cpu / (before ?? (await cpuOf(requestOnly)));
    if (index >= 0) ratios.push(ratio);
  }
  return ratios;
}

/** Row 29: the requests of a poll, with one subscriber and with many. */
export async function pollRequests({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  one: number;
  many: number;
}> {
  await control(addresses, "rows", 100);
  return { one: await requestsOf(addresses, 1), many: await requestsOf(addresses, count) };
}

async function requestsOf(addresses: Addresses, count: number): Promise<number> {
  const flow = await BenchFlow.start();
  try {
    // An id of its own, because the state of a session outlives its config node in this process.
    const id = `config-of-${count}`;
    const trigger = { type: "omada-event", controller: id, source: "clients", site: SITE, interval: INTERVAL_S };
    const nodes = Array.from({ length: count }, (_, index) => ({ ...trigger, id: `trigger-${index}` }));
    await takeCounters(addresses);
    await flow.deploy([controllerNode(addresses, id, false), ...nodes]);
    let [total, latest] = [0, 0];
    do {
      await sleep(QUIET_MS);
      latest = (await takeCounters(addresses)).requests;
      total += latest;
    } while (latest > 0 || total === 0);
    return total;
  } finally {
    await flow.stop();
  }
}

// The requests of the poll, by undici's lowest public level.
function requestPages({ http }: Addresses, pages: number): () => Promise<void> {
  const undici = require("undici") as typeof import("undici");
  const pool = new undici.Pool(http, { connections: 8 });
  const page = (number: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/clients?page=${number}&pageSize=${PAGE_SIZE}`;
      const options: Dispatcher.DispatchOptions = { method: "GET", path };
      const chunks: Buffer[] = [];
      pool.dispatch(options, {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve(JSON.parse(Buffer.concat(chunks).toString())),
        onResponseError: (_, error) => reject(error),
      });
    });
  return async () => {
    await Promise.all(Array.from({ length: pages }, (_, index) => page(index + 1)));
  };
}
