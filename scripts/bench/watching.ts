import type { Dispatcher } from "undici";
import { dist, omadaClient } from "./clients";
import { control, seen } from "./control";
import { BenchFlow, controller } from "./flows";
import { sleep } from "./load";
import { CONTROLLER, SITE, type Addresses } from "./types";

const PAGE_SIZE = 1000;
/** Looks at first that do not count: until then it is the compiler that is measured. */
const WARM_LOOKS = 6;
/** In seconds: within it there is but one look. */
const INTERVAL = 600;
/** A look is over when nothing has been asked for so long. */
const QUIET_MS = 1500;

/**
 * Row 28: CPU of a look at so many clients, compared with those of the look before, against reading and parsing the
 * same pages bare. One ratio per try.
 */
export async function watching({
  addresses,
  count,
  tries,
}: {
  addresses: Addresses;
  count: number;
  tries: number;
}): Promise<number[]> {
  await control(addresses, "wholeRows", count);
  const { ClientSource } = dist<typeof import("../../src/omada/sources/sources")>("omada/sources/sources.js");
  const { ChangeDetector } = dist<typeof import("../../src/polling/change-detector")>("polling/change-detector.js");
  const source = new ClientSource(omadaClient(addresses, { size: "small", inFlight: 8, secure: false }), SITE);
  const told = new ChangeDetector(source, 1);
  let previous: Awaited<ReturnType<typeof source.poll>> = new Map();
  const look = async (): Promise<void> => {
    const items: typeof previous = await source.poll(undefined, previous, {});
    previous = items;
    if (items.size !== count) throw new Error(`${items.size} clients were seen, not ${count}.`);
    const news = told.detect(items, { now: Date.now(), recovered: false, wasPolled: () => true });
    if (news.length > 0) throw new Error("Something was told although nothing had changed.");
  };
  const bare = bareReading(addresses, count / PAGE_SIZE);
  const found: number[] = [];
  for (let at = -WARM_LOOKS; at < tries; at++) {
    const under = at % 2 ? await cpuOf(bare) : undefined;
    const over = await cpuOf(look);
    const ratio = over / (under ?? (await cpuOf(bare)));
    if (at >= 0) found.push(ratio);
  }
  return found;
}

/** Row 29: requests that a look costs, for one who watches and for so many. */
export async function watchers({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  one: number;
  many: number;
}> {
  await control(addresses, "rows", 100);
  return { one: await requestsOf(addresses, 1), many: await requestsOf(addresses, count) };
}

async function requestsOf(addresses: Addresses, count: number): Promise<number> {
  const flow = await BenchFlow.start();
  try {
    // An id of its own: what is known of a session outlives its config node in this process.
    const id = `config-of-${count}`;
    const watch = { type: "omada-event", controller: id, source: "clients", site: SITE, interval: INTERVAL };
    const nodes = Array.from({ length: count }, (_, index) => ({ ...watch, id: `watch-${index}` }));
    await seen(addresses);
    await flow.deploy([controller(addresses, id, false), ...nodes]);
    let [all, more] = [0, 0];
    do {
      await sleep(QUIET_MS);
      more = (await seen(addresses)).requests;
      all += more;
    } while (more > 0 || all === 0);
    return all;
  } finally {
    await flow.stop();
  }
}

// What the look asks for, by undici's lowest public level.
function bareReading({ http }: Addresses, pages: number): () => Promise<void> {
  const undici = require("undici") as typeof import("undici");
  const pool = new undici.Pool(http, { connections: 8 });
  const page = (number: number): Promise<unknown> =>
    new Promise((done, fail) => {
      const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/clients?page=${number}&pageSize=${PAGE_SIZE}`;
      const options: Dispatcher.DispatchOptions = { method: "GET", path };
      const chunks: Buffer[] = [];
      pool.dispatch(options, {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd: () => done(JSON.parse(Buffer.concat(chunks).toString())),
        onResponseError: (_, error) => fail(error),
      });
    });
  return async () => {
    await Promise.all(Array.from({ length: pages }, (_, index) => page(index + 1)));
  };
}

async function cpuOf(act: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
