import { request } from "undici";
import type { Addresses, Seen } from "./types";

/** Asks the server itself; it does not count that. */
export async function control<Result = unknown>(
  { http }: Addresses,
  name: "seen" | "spend" | "rows" | "wholeRows" | "hanging" | "hangUp",
  number?: number,
): Promise<Result> {
  const { body } = await request(`${http}/control/${name}${number === undefined ? "" : `?${number}`}`);
  return (await body.json()) as Result;
}

/** What the server has seen since it was asked last. */
export const seen = (addresses: Addresses): Promise<Seen> => control<Seen>(addresses, "seen");
