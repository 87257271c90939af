import { request } from "undici";
import type { Addresses, ServerCounters } from "./types";

/** Sends a command to the server. It does not count as a request. */
export async function control<Result = unknown>(
  { http }: Addresses,
  name: "counters" | "invalidateTokens" | "rows" | "fullRows" | "hanging" | "hangUp",
  number?: number,
): Promise<Result> {
  const { body } = await request(`${http}/control/${name}${number === undefined ? "" : `?${number}`}`);
  return (await body.json()) as Result;
}

/** What the server has counted since the last call; resets the counters. */
export const takeCounters = (addresses: Addresses): Promise<ServerCounters> => control(addresses, "counters");
