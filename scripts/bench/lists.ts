import { omadaClient, requireBuilt } from "./clients";
import { control } from "./control";
import { BenchFlow, controllerNode } from "./flows";
import { heapAfterCollection, measureRatios } from "./load";
import { MEGABYTE } from "./responses";
import { CONTROLLER, SITE, type Addresses } from "./types";

const PAGE_SIZE = 100;
/** Rows per page where the number of pages matters. */
const SMALL_PAGE_SIZE = 10;
/** How often the heap is measured while pages arrive. */
const HEAP_SAMPLES = 20;

/** Row 15: parsing a megabyte with all checks, relative to `JSON.parse` alone. One ratio per try. */
export function parsing({ tries }: { tries: number }): number[] {
  const { parseJson } = requireBuilt<typeof import("../../src/http/response")>("http/response.js");
  const { Envelope, Page } = requireBuilt<typeof import("../../src/omada/schemas")>("omada/schemas.js");
  const response = { statusCode: 200, headers: {}, text: MEGABYTE };
  const ours = (): unknown => Page.parse(Envelope.parse(parseJson(response)).result);
  const theirs = (): unknown => JSON.parse(MEGABYTE);
  return measureRatios(tries, ours, theirs);
}

/** Row 16, this package: all pages through the action node, in milliseconds. */
export async function pages({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  const flow = await BenchFlow.start();
  try {
    const list = {
      controller: "http",
      site: SITE,
      path: "sites/{siteId}/clients",
      params: `{"pageSize":${PAGE_SIZE}}`,
    };
    await flow.deploy([controllerNode(addresses, "http", false), { id: "list", type: "omada-query", ...list }]);
    const send = flow.sender("list");
    const read = async (pageCount: number): Promise<number> => {
      await control(addresses, "rows", pageCount * PAGE_SIZE);
      const start = performance.now();
      const { payload } = await send();
      const ms = performance.now() - start;
      assertOrder(payload as { mac: string }[], pageCount * PAGE_SIZE);
      return ms;
    };
    await read(20);
    return await read(count);
  } finally {
    await flow.stop();
  }
}

/** Row 16, the reference: one page after the other, as most clients do it. */
export async function pagesInSequence({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent();
  await control(addresses, "rows", count * PAGE_SIZE);
  const read = async (pageCount: number): Promise<number> => {
    const start = performance.now();
    for (let page = 1; page <= pageCount; page++) {
      const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/clients?page=${page}&pageSize=${PAGE_SIZE}`;
      await (await undici.request(addresses.http + path, { dispatcher })).body.json();
    }
    return performance.now() - start;
  };
  await read(10);
  return read(count);
}

/** Row 17: the peak of the heap in bytes while pages pass through. */
export async function heapOfPages({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  await control(addresses, "rows", count * SMALL_PAGE_SIZE);
  const client = omadaClient(addresses, { size: "small", inFlight: 8, secure: false });
  const query = { method: "GET", path: "sites/{siteId}/rows", site: SITE, all: true, limit: 0 } as const;
  const list = await client.query({ ...query, params: { pageSize: SMALL_PAGE_SIZE } });
  if ("result" in list) throw new Error("The response was not recognised as a list.");
  let [pageCount, peak] = [0, 0];
  for await (const rows of list.pages) {
    if (rows.length !== SMALL_PAGE_SIZE) throw new Error("A page is incomplete.");
    if (++pageCount % Math.ceil(count / HEAP_SAMPLES) === 0) peak = Math.max(peak, heapAfterCollection());
  }
  if (pageCount !== count) throw new Error(`${pageCount} pages arrived instead of ${count}.`);
  return peak;
}

function assertOrder(rows: { mac: string }[], count: number): void {
  if (rows.length !== count) throw new Error(`${rows.length} rows arrived instead of ${count}.`);
  for (let index = 1; index < count; index++) {
    if ((rows[index - 1]?.mac ?? "") >= (rows[index]?.mac ?? "")) throw new Error("Rows are out of order.");
  }
}
