import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import type { AbortSignalLike } from "../core/abort";
import { PlatformError } from "../core/errors";

/** What a server shows of itself before anything is said to it. */
export interface Certificate {
  /** Names in the server's own words: to be shown as text, and trusted by nobody. */
  subject: string;
  issuer: string;
  /** ISO 8601. */
  validFrom: string;
  validTo: string;
  /** SHA-256: upper-case hex with colons. */
  fingerprint: string;
}

const LONGEST_NAME = 120;

/**
 * Looks at a server's certificate by a TLS handshake alone: no request is sent, and nothing that is secret.
 * @param origin with scheme https
 * @param servername to ask for, where it is not the host's
 * @throws `network` when there is no handshake; the signal's reason when given up
 */
export function fetchCertificate(
  origin: string,
  servername: string | undefined,
  signal: AbortSignalLike,
): Promise<Certificate> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  const name = servername ?? (isIP(host) ? undefined : host);
  return new Promise((done, fail) => {
    signal.throwIfAborted();
    // Whoever it is is only looked at.
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(name === undefined ? {} : { servername: name }),
    });
    const end = (how: () => void): void => {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      how();
    };
    const giveUp = (): void => end(() => fail(signal.reason));
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("secureConnect", () => {
      // Node gives an empty object, or none, for what it cannot show; a throw here would end the runtime.
      const seen = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
      end(() => (seen?.fingerprint256 ? done(describe(seen, seen.fingerprint256)) : fail(unseen())));
    });
    socket.on("error", () => end(() => fail(unseen())));
    socket.once("close", () => end(() => fail(unseen())));
  });
}

function unseen(): PlatformError {
  return new PlatformError("network", "The server's certificate could not be looked at: it ended the connection.");
}

function describe(
  { subject, issuer, valid_from = "", valid_to = "" }: Partial<PeerCertificate>,
  fingerprint: string,
): Certificate {
  return {
    subject: readName(subject),
    issuer: readName(issuer),
    validFrom: readTime(valid_from),
    validTo: readTime(valid_to),
    fingerprint,
  };
}

function readName(parts: Partial<PeerCertificate["subject"]> | undefined): string {
  const { CN, O, OU } = parts ?? {};
  const name = [CN, O, OU].flat().filter(Boolean).join(", ");
  return name.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, LONGEST_NAME);
}

function readTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
