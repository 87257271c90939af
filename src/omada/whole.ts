import type { CallOptions } from "../call";
import { unreadable } from "../reply";
import type { OmadaClient } from "./client";
import { allRows, type Progress } from "./pages";
import type { Params } from "./path";

/** A list whose first page is there, with what is known of it so far. */
export interface OpenList {
  pages: AsyncIterable<unknown[]>;
  progress: Readonly<Progress>;
}

/** Begins to read a list of a site. */
export async function openList(
  client: OmadaClient,
  path: string,
  site: string,
  options: CallOptions,
  params: Params = {},
): Promise<OpenList> {
  const reading = await client.read({ method: "GET", path, params, site, all: true, limit: 0 }, options);
  if ("pages" in reading) return reading;
  throw unreadable("The controller did not answer with a list.");
}

/**
 * Reads a list to its end.
 * @throws `protocol` when rows are missing that the controller says are there: half a list must not be compared
 */
export async function whole({ pages, progress }: OpenList): Promise<unknown[]> {
  const rows = await allRows(pages);
  if (rows.length < (progress.leastRows ?? 0)) throw unreadable("The controller left rows out of a list.");
  return rows;
}
