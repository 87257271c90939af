import type { TLSSocket } from "node:tls";
import type { buildConnector } from "undici";
import type { AbortSignalLike } from "../core/abort";
import { cancelledError, PlatformError } from "../core/errors";
import { openTunnel, type ProxySettings } from "./proxy";

/** How a server is verified. Where nothing is set, Node's own CAs must have signed its certificate. */
export interface TlsSettings {
  /** PEM of the CAs to trust instead of Node's own. */
  ca?: string | Buffer;
  /** PEM of a client certificate, with its key. */
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  /** Name for SNI and for verification, where it is not the host's. */
  servername?: string;
  ALPNProtocols?: string[];
  /** False only where the owner unticked "verify server certificate" in a TLS configuration. */
  rejectUnauthorized?: boolean;
  /** SHA-256 of the one certificate to accept, whoever signed it: upper-case hex with colons. */
  fingerprint?: string;
}

/**
 * Parses a fingerprint.
 * @param text hex, with or without colons
 * @returns upper-case hex with colons, as Node prints it
 * @throws `config` when it is not a SHA-256
 */
export function parseFingerprint(text: string): string {
  const hex = text.replace(/[:\s]/g, "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(hex)) {
    throw new PlatformError("config", "The fingerprint is not a SHA-256: 64 hex digits, with or without colons.");
  }
  return hex.match(/../g)?.join(":") ?? hex;
}

/**
 * A connector for undici that passes on a socket only when the server is verified.
 * @param build undici's `buildConnector`
 * @param timeoutMs for TCP and TLS together
 * @param signal aborts connections that are being made; established ones are undici's to end
 * @param proxy through which the server is reached
 */
export function createConnector(
  build: typeof buildConnector,
  { fingerprint, ...tls }: TlsSettings,
  timeoutMs: number,
  signal: AbortSignalLike,
  proxy?: ProxySettings,
): buildConnector.connector {
  // A resumed TLS 1.3 session shows no certificate, so Node verifies none: one that has changed or expired meanwhile
  // would pass, pinned or not. So no session is resumed.
  const common = { ...tls, timeout: timeoutMs, maxCachedSessions: 0 };
  const connect = (settings: buildConnector.BuildOptions): buildConnector.connector => {
    const direct = abortableConnector(signal, build, settings);
    return proxy ? tunnelConnector(direct, proxy, timeoutMs, signal) : direct;
  };
  if (fingerprint === undefined) return connect(common);

  // With rejectUnauthorized off Node never calls checkServerIdentity, so the certificate is compared here, before undici
  // gets the socket.
  const unverified = connect({ ...common, rejectUnauthorized: false });
  return (options, callback) =>
    unverified(options, (...result) => {
      const [error, socket] = result;
      const fingerprintSeen = error ? undefined : (socket as TLSSocket).getPeerCertificate().fingerprint256;
      if (error || fingerprintSeen === fingerprint) return callback(...result);
      socket?.destroy();
      callback(fingerprintError(fingerprint, fingerprintSeen), null);
    });
}

function abortableConnector(
  signal: AbortSignalLike,
  build: typeof buildConnector,
  settings: buildConnector.BuildOptions,
): buildConnector.connector {
  return (options, callback) => {
    // Node 20 ends the whole process on a connect with a signal that is aborted already.
    if (signal.aborted) return callback(cancelledError(), null);
    // One for each connection: Node keeps a socket, open or closed, for as long as the signal it was created with.
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    build({ ...settings, signal: controller.signal })(options, (...result) => {
      signal.removeEventListener("abort", onAbort);
      callback(...result);
    });
  };
}

// TLS with the platform begins inside the tunnel, so certificates are verified and pinned as they are without a proxy.
function tunnelConnector(
  direct: buildConnector.connector,
  proxy: ProxySettings,
  timeoutMs: number,
  signal: AbortSignalLike,
): buildConnector.connector {
  return (options, callback) => {
    const isSecure = options.protocol === "https:";
    const server = { hostname: options.hostname, port: Number(options.port) || (isSecure ? 443 : 80) };
    openTunnel(proxy, server, timeoutMs, signal).then(
      (socket) => (isSecure ? direct({ ...options, httpSocket: socket }, callback) : callback(null, socket)),
      (error: Error) => callback(error, null),
    );
  };
}

function fingerprintError(expected: string, actual: string | undefined): PlatformError {
  return new PlatformError(
    "tls",
    `The server shows another certificate than the pinned one. Expected ${expected}, seen ${actual ?? "none"}. ` +
      "If its certificate was renewed, pin the new one in the config node; if not, somebody may be in between.",
  );
}

const TLS_ERROR_CODES =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/;

/** The error for a code of Node's, where it comes from TLS. */
export function tlsErrorFrom(code: string): PlatformError | undefined {
  if (!TLS_ERROR_CODES.test(code)) return undefined;
  return new PlatformError("tls", `${explain(code)} Nothing was sent. (${code})`);
}

function explain(code: string): string {
  if (code.startsWith("ERR_OSSL_"))
    return "The certificate or the key in the TLS configuration cannot be used. Correct it there.";
  switch (code) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return "The server's certificate is self-signed. Pin its SHA-256 fingerprint in the config node, or add its CA in a TLS configuration.";
    case "CERT_HAS_EXPIRED":
      return "The server's certificate has expired. Renew it there, or pin its fingerprint in the config node.";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
    case "HOSTNAME_MISMATCH":
      return "The server's certificate is for another name. Use that name as the address, set it as server name in a TLS configuration, or pin the fingerprint.";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "The server does not speak TLS here. Check the port, and whether the address should begin with http.";
    default:
      if (code.startsWith("ERR_SSL_"))
        return "The server and Node.js do not agree on TLS: it may want a client certificate (set one in a TLS configuration), or know only versions or ciphers that are too old.";
      return "The server's certificate cannot be verified. Add its CA in a TLS configuration, or pin its fingerprint in the config node.";
  }
}
