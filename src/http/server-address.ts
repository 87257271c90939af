import { BlockList, isIP } from "node:net";
import { PlatformError } from "../core/errors";

/** Where a platform answers. */
export interface ServerAddress {
  /** Scheme, host and port, e.g. `https://192.168.1.1:8043`. */
  origin: string;
  /** Path prefix of a reverse proxy, without a slash at the end; mostly empty. */
  prefix: string;
}

const PRIVATE = new BlockList();
PRIVATE.addSubnet("127.0.0.0", 8);
PRIVATE.addSubnet("10.0.0.0", 8);
PRIVATE.addSubnet("172.16.0.0", 12);
PRIVATE.addSubnet("192.168.0.0", 16);
PRIVATE.addSubnet("169.254.0.0", 16);
PRIVATE.addAddress("::1", "ipv6");
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/**
 * Reads the address that a config node holds.
 * @throws `config` where it is no http(s) URL, holds more than an address, or is plain http to a public host
 */
export function parseServerAddress(text: string): ServerAddress {
  const url = parse(text.trim());
  if (url.username || url.password)
    throw wrong("must not hold a user name or password: they belong in the fields below");
  if (url.search || url.hash) throw wrong("must not hold a question mark or a hash");
  if (url.protocol === "http:" && !isPrivate(url.hostname)) {
    throw wrong("must begin with https: plain http is for loopback and private addresses only");
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}

// new URL() puts its whole input into its error, so the error is made anew.
function parse(text: string): URL {
  try {
    const url = new URL(text);
    if (url.protocol === "http:" || url.protocol === "https:") return url;
  } catch {
    // falls through to the one sentence below
  }
  throw wrong("is not an address such as https://192.168.1.1");
}

function wrong(what: string): PlatformError {
  return new PlatformError("config", `The server address ${what}. Correct it in the config node.`);
}

function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const version = isIP(host);
  return version !== 0 && PRIVATE.check(host, version === 6 ? "ipv6" : "ipv4");
}
