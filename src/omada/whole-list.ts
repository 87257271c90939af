import type { CallOptions } from "../core/call-context";
import { protocolError } from "../http/response";
import type { OmadaClient } from "./client";
import { collectRows, type ListProgress } from "./pagination";
import type { PathParams } from "./path";

/** A list whose first page is there, with what is known of it so far. */
export interface ListInProgress {
  pages: AsyncIterable<unknown[]>;
  progress: Readonly<ListProgress>;
}

/** Begins to read a list of a site. */
export async function startList(
  client: OmadaClient,
  path: string,
  site: string,
  options: CallOptions,
  params: PathParams = {},
): Promise<ListInProgress> {
  const reading = await client.read({ method: "GET", path, params, site, all: true, limit: 0 }, options);
  if ("pages" in reading) return reading;
  throw protocolError("The controller did not answer with a list.");
}

/**
 * Reads a list to its end.
 * @throws `protocol` when rows are missing that the controller says are there: half a list must not be compared
 */
export async function readWholeList({ pages, progress }: ListInProgress): Promise<unknown[]> {
  const rows = await collectRows(pages);
  if (rows.length < (progress.minRows ?? 0)) throw protocolError("The controller left rows out of a list.");
  return rows;
}
