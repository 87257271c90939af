import { MEGABYTE } from "./answers";
import { dist, omadaClient } from "./clients";
import { control } from "./control";
import { BenchFlow, controller } from "./flows";
import { compared, heapAfterCollection } from "./load";
import { CONTROLLER, SITE, type Addresses } from "./types";

const PAGE_SIZE = 100;
/** Rows of a page where there are very many pages. */
const SHORT_PAGE = 10;
/** How often the heap is looked at while pages come. */
const LOOKS = 20;

/** Row 15: reading a megabyte with all that is checked, against `JSON.parse` alone. One ratio per try. */
export function parsing({ tries }: { tries: number }): number[] {
  const { parseJson } = dist<typeof import("../../src/http/response")>("http/response.js");
  const { Envelope, Page } = dist<typeof import("../../src/omada/schemas")>("omada/schemas.js");
  const reply = { statusCode: 200, headers: {}, text: MEGABYTE };
  const ours = (): unknown => Page.parse(Envelope.parse(parseJson(reply)).result);
  const theirs = (): unknown => JSON.parse(MEGABYTE);
  return compared(tries, ours, theirs);
}

/** Row 16, our side: all pages through the action node, in milliseconds. */
export async function pages({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  const flow = await BenchFlow.start();
  try {
    const list = {
      controller: "http",
      site: SITE,
      path: "sites/{siteId}/clients",
      params: `{"pageSize":${PAGE_SIZE}}`,
    };
    await flow.deploy([controller(addresses, "http", false), { id: "list", type: "omada-query", ...list }]);
    const send = flow.sender("list");
    const read = async (many: number): Promise<number> => {
      await control(addresses, "rows", many * PAGE_SIZE);
      const begun = performance.now();
      const { payload } = await send();
      const ms = performance.now() - begun;
      inOrder(payload as { mac: string }[], many * PAGE_SIZE);
      return ms;
    };
    await read(20);
    return await read(count);
  } finally {
    await flow.stop();
  }
}

/** Row 16, the other side: one page after the other, as clients do it. */
export async function pagesInTurn({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent();
  await control(addresses, "rows", count * PAGE_SIZE);
  const read = async (many: number): Promise<number> => {
    const begun = performance.now();
    for (let page = 1; page <= many; page++) {
      const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/clients?page=${page}&pageSize=${PAGE_SIZE}`;
      await (await undici.request(addresses.http + path, { dispatcher })).body.json();
    }
    return performance.now() - begun;
  };
  await read(10);
  return read(count);
}

/** Row 17: what the heap holds at most while so many pages pass by, in bytes. */
export async function heapOfPages({ addresses, count }: { addresses: Addresses; count: number }): Promise<number> {
  await control(addresses, "rows", count * SHORT_PAGE);
  const client = omadaClient(addresses, { size: "small", inFlight: 8, secure: false });
  const what = { method: "GET", path: "sites/{siteId}/rows", site: SITE, all: true, limit: 0 } as const;
  const reading = await client.read({ ...what, params: { pageSize: SHORT_PAGE } });
  if ("result" in reading) throw new Error("The list was not read as one.");
  let [pages, peak] = [0, 0];
  for await (const rows of reading.pages) {
    if (rows.length !== SHORT_PAGE) throw new Error("A page is not whole.");
    if (++pages % Math.ceil(count / LOOKS) === 0) peak = Math.max(peak, heapAfterCollection());
  }
  if (pages !== count) throw new Error(`${pages} pages came, not ${count}.`);
  return peak;
}

function inOrder(rows: { mac: string }[], count: number): void {
  if (rows.length !== count) throw new Error(`${rows.length} rows came, not ${count}.`);
  for (let at = 1; at < count; at++) {
    if ((rows[at - 1]?.mac ?? "") >= (rows[at]?.mac ?? "")) throw new Error("Rows are out of order.");
  }
}
