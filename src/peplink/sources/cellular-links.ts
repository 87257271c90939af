import type { CallOptions } from "../../core/call-context";
import { isPlainObject } from "../../core/encoding";
import { PlatformError } from "../../core/errors";
import { toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import { parseCollection, toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
import { linkName } from "./wan";

/** A cellular link. */
export interface CellularLink {
  connId: number | string;
  name: string;
  /** The fields of the link. */
  link: Fields;
  /** What the router reports about its module; empty while it reports nothing. */
  module: Fields;
}

/**
 * Fetches the cellular links that are enabled.
 * @throws `unsupported` if the router has none at all
 */
export async function fetchCellularLinks(client: StatusReader, options: CallOptions): Promise<CellularLink[]> {
  const collection = parseCollection(await fetchStatus(client, "status.wan.connection", {}, options));
  if (!collection) throw protocolError("It is not a collection.");
  const links = collection.entries.flatMap(([connId, link]) => {
    if (!isPlainObject(link)) return [];
    // Firmware before 8.0.1 calls it by the name of a chip (peplink.md section 4).
    const module = link["cellular"] ?? link["gobi"];
    const isCellular = isPlainObject(module) || /^(cellular|gobi)$/i.test(toText(link["type"]));
    return isCellular
      ? [{ connId, name: linkName(connId, link), link, module: isPlainObject(module) ? module : {} }]
      : [];
  });
  if (links.length === 0)
    throw new PlatformError("unsupported", "This router has no cellular link. Watch something else in the node.");
  return links.filter(({ link }) => toFlag(link["enable"]) !== false);
}
