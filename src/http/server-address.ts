import { BlockList, isIP } from "node:net";
import { PlatformError } from "../core/errors";

/** Where a platform is reached. */
export interface ServerAddress {
  /** Scheme, host and port, e.g. `https://192.168.1.1:8043`. */
  origin: string;
  /** Path prefix of a reverse proxy, without a trailing slash; mostly empty. */
  prefix: string;
}

const PRIVATE_ADDRESSES = new BlockList();
PRIVATE_ADDRESSES.addSubnet("127.0.0.0", 8);
PRIVATE_ADDRESSES.addSubnet("10.0.0.0", 8);
PRIVATE_ADDRESSES.addSubnet("172.16.0.0", 12);
PRIVATE_ADDRESSES.addSubnet("192.168.0.0", 16);
PRIVATE_ADDRESSES.addSubnet("169.254.0.0", 16);
PRIVATE_ADDRESSES.addAddress("::1", "ipv6");
PRIVATE_ADDRESSES.addSubnet("fc00::", 7, "ipv6");
PRIVATE_ADDRESSES.addSubnet("fe80::", 10, "ipv6");

/** Longer than any host name with a path. */
const MAX_ADDRESS_LENGTH = 2000;

/**
 * Parses the server address of a config node.
 * A fragment, as browsers have it in their address bar, is dropped: it would never be sent.
 * @throws `config` where it is not an http(s) URL, holds more than an address, or is plain http to a public host
 */
export function parseServerAddress(text: string): ServerAddress {
  const url = parseUrl(text.trim());
  if (url.username || url.password)
    throw addressError("must not hold a user name or password: they belong in the fields below");
  if (url.search) throw addressError("must not hold a question mark: give the host, and the port if there is one");
  if (url.protocol === "http:" && !isPrivate(url.hostname)) {
    throw addressError("must begin with https: plain http is for loopback and private addresses only");
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}

function parseUrl(text: string): URL {
  if (text.length > MAX_ADDRESS_LENGTH) throw addressError("is too long");
  try {
    const url = new URL(text);
    if (url.protocol === "http:" || url.protocol === "https:") return url;
  } catch {
    // new URL() quotes its whole input, which may hold a password: fails with the error below.
  }
  throw addressError("is not an address such as https://192.168.1.1");
}

function addressError(problem: string): PlatformError {
  return new PlatformError("config", `The server address ${problem}. Correct it in the config node.`);
}

function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const version = isIP(host);
  return version !== 0 && PRIVATE_ADDRESSES.check(host, version === 6 ? "ipv6" : "ipv4");
}
