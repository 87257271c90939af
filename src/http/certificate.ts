import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import type { AbortSignalLike } from "../core/abort";
import { PlatformError } from "../core/errors";
import { openTunnel, type ProxySettings } from "./proxy";

/** What a server's certificate says. Nobody has verified it. */
export interface Certificate {
  /** Names in the server's own words: to be shown as text, and never to be trusted. */
  subject: string;
  issuer: string;
  /** ISO 8601; empty where the certificate's date makes no sense. */
  validFrom: string;
  validTo: string;
  /** SHA-256: upper-case hex with colons. */
  fingerprint: string;
}

const MAX_NAME_LENGTH = 120;

const TUNNEL_TIMEOUT_MS = 15_000;

/**
 * Fetches a server's certificate with a TLS handshake alone: no request is sent, and nothing that is secret.
 * @param origin with the scheme https
 * @param servername for SNI, where it is not the host's
 * @param proxy through which the server is reached
 * @throws `network` where the handshake fails; the signal's reason when aborted
 */
export async function fetchCertificate(
  origin: string,
  servername: string | undefined,
  signal: AbortSignalLike,
  proxy?: ProxySettings,
): Promise<Certificate> {
  const { hostname, port } = new URL(origin);
  const server = { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
  const tunnel = proxy && (await openTunnel(proxy, server, TUNNEL_TIMEOUT_MS, signal));
  const name = servername ?? (isIP(server.hostname) ? undefined : server.hostname);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // The certificate is only shown: whether it can be trusted is for a person to decide.
    const socket = connect({
      ...(tunnel ? { socket: tunnel } : { host: server.hostname, port: server.port }),
      rejectUnauthorized: false,
      ...(name === undefined ? {} : { servername: name }),
    });
    const finish = (settle: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      tunnel?.destroy();
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("secureConnect", () => {
      // Node returns an empty object, or null, for what it cannot show; to throw here would end the runtime.
      const peer = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
      finish(() => (peer?.fingerprint256 ? resolve(describe(peer, peer.fingerprint256)) : reject(handshakeError())));
    });
    socket.on("error", () => finish(() => reject(handshakeError())));
    socket.once("close", () => finish(() => reject(handshakeError())));
  });
}

function handshakeError(): PlatformError {
  return new PlatformError(
    "network",
    "The server's certificate could not be fetched: the server ended the connection.",
  );
}

function describe(
  { subject, issuer, valid_from = "", valid_to = "" }: Partial<PeerCertificate>,
  fingerprint: string,
): Certificate {
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    validFrom: formatTime(valid_from),
    validTo: formatTime(valid_to),
    fingerprint,
  };
}

function formatName(parts: Partial<PeerCertificate["subject"]> | undefined): string {
  const { CN, O, OU } = parts ?? {};
  const name = [CN, O, OU].flat().filter(Boolean).join(", ");
  return name.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, MAX_NAME_LENGTH);
}

function formatTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
