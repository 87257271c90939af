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

/** What providers and VPNs such as Tailscale hand out (RFC 6598). */
const SHARED_ADDRESSES = new BlockList();
SHARED_ADDRESSES.addSubnet("100.64.0.0", 10);

/** Longer than any host name with a path. */
const MAX_ADDRESS_LENGTH = 2000;

/**
 * Parses the server address of a config node.
 * A fragment, as browsers have it in their address bar, is dropped: it would never be sent.
 * @param allowHttp whether plain http is allowed to a name or to 100.64.0.0/10 as well
 * @throws `config` where it is not an http(s) URL, holds more than an address, or is plain http to a public host
 */
export function parseServerAddress(text: string, { allowHttp = false } = {}): ServerAddress {
  const url = parseUrl(text.trim());
  if (url.username || url.password)
    throw addressError("must not hold a user name or password: they belong in the fields below");
  if (url.search) throw addressError("must not hold a question mark: give the host, and the port if there is one");
  if (url.protocol === "http:" && !isPrivateHost(url.hostname) && !(allowHttp && mayBePrivate(url.hostname))) {
    throw addressError(
      "must begin with https: plain http is for loopback and private addresses only, and for other names if the config node allows it",
    );
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

// An address that is public for certain stays https. What a name leads to is for its owner to know.
function mayBePrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 || (isIP(host) === 4 && SHARED_ADDRESSES.check(host));
}

/** Whether a host is this machine, or an address that is not routed on the Internet. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const version = isIP(host);
  return version !== 0 && PRIVATE_ADDRESSES.check(host, version === 6 ? "ipv6" : "ipv4");
}
