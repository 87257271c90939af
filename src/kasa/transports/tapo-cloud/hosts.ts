import { parseServerAddress, type ServerAddress } from "../../../http/server-address";
import type { TlsSettings } from "../../../http/tls";
import { TP_LINK_ROOTS } from "./roots";

/** Where the cloud tells which region an account belongs to (tapo-cloud.md section 1). */
export const ENTRY_SERVER = parseServerAddress("https://app-server.iot.i.tplinknbu.com");

/** The names under which all regions are reached. */
const HOST = /^[a-z\d-]+(?:\.[a-z\d-]+)*\.iot\.i\.tplink(?:nbu|cloud)\.com$/;

/** The addresses that the cloud names for a thing or a region. They come from outside, and a token goes there. */
interface NamedServers {
  appServerUrl?: unknown;
  appServerUrlV2?: unknown;
}

/**
 * The server that the cloud names, if it is one of its own.
 * @param configured takes everything where it is set
 */
export function namedServer(named: NamedServers, configured: ServerAddress | undefined): ServerAddress | undefined {
  if (configured) return configured;
  const origin = [named.appServerUrl, named.appServerUrlV2].find(isThingServer);
  return origin === undefined ? undefined : parseServerAddress(new URL(origin).origin);
}

/** How a server of this cloud is verified; undefined for any other server. */
export function thingServerTls(origin: string): TlsSettings | undefined {
  return isThingServer(origin) ? { ca: TP_LINK_ROOTS } : undefined;
}

/** Whether tokens of a first cloud at this address may be shown to the second one: only TP-Link's own. */
export function isTpLinkServer({ origin }: ServerAddress): boolean {
  return /^https:\/\/(?:[a-z\d-]+\.)+tplinkcloud\.com$/.test(origin);
}

function isThingServer(url: unknown): url is string {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, hostname, port, username, password } = new URL(url);
  return protocol === "https:" && HOST.test(hostname) && !port && !username && !password;
}
