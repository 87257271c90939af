import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { scramble, unscramble } from "./xor";

const PROBE_BYTES = 16;
const CHECKSUM_PLACEHOLDER = 0x5a6b7c8d;
/** Clients without a key for cameras send this. */
const SHORT_PROBE = "020000010000000000000000463cb5d3";

/** Whether a datagram is a probe for newer devices, with the right checksum (kasa-local.md section 3). */
export function isProbe(datagram: Buffer): boolean {
  if (datagram.toString("hex") === SHORT_PROBE) return true;
  if (datagram.length <= PROBE_BYTES || datagram.readUInt32BE(0) !== 0x02000001) return false;
  return (
    datagram.readUInt16BE(4) === datagram.length - PROBE_BYTES && datagram.readUInt32BE(12) === checksumOf(datagram)
  );
}

/** Encodes the response of a newer device. */
export function encodeProbeResponse(result: object): Buffer {
  const payload = Buffer.from(JSON.stringify({ error_code: 0, result }));
  const datagram = Buffer.concat([Buffer.alloc(PROBE_BYTES), payload]);
  datagram.writeUInt32BE(0x02000001);
  datagram.writeUInt16BE(payload.length, 4);
  datagram.writeUInt32BE(checksumOf(datagram), 12);
  return datagram;
}

/** The request in a probe for older devices; undefined for anything else. */
export function parseXorDatagram(datagram: Buffer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(unscramble(datagram).toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

export const encodeXorDatagram = (response: object): Buffer => scramble(Buffer.from(JSON.stringify(response)));

/** As devices announce who owns them. */
export const ownerHash = (email: string): string => createHash("md5").update(email).digest("hex").toUpperCase();

function checksumOf(datagram: Buffer): number {
  const bytes = Buffer.from(datagram);
  bytes.writeUInt32BE(CHECKSUM_PLACEHOLDER, 12);
  return crc32(bytes);
}
