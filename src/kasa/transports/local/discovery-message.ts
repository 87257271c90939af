import { crc32 } from "node:zlib";
import { isPlainObject } from "../../../core/encoding";
import { toMacAddress } from "../../../core/mac-address";
import { isCameraType } from "../../device";
import type { LocalEndpoint, LocalEnvelope } from "./endpoint";
import { identityIn, productIn } from "./identity";
import { decryptXor, encryptXor } from "./xor";

/** What a device says about itself; where it is reached follows from where the response came from. */
type Announcement = Omit<LocalEndpoint, "host" | "isNamed" | "seenAt">;

/** The longest that is known is the sysinfo of a strip, of about 3 KiB. */
const MAX_DATAGRAM_BYTES = 16_384;
const HEADER_BYTES = 16;
/** Stands in the place of the checksum while that is computed. */
const CHECKSUM_PLACEHOLDER = 0x5a6b7c8d;
const XOR_BRACE = encryptXor("{")[0];
const NOBODY = /^0+$/;
const HTTP_PORT = 80;
const HTTPS_PORT = 4433;
const MAX_TEXT_LENGTH = 128;

/** Asks older devices, on UDP port 9999: they respond with their whole sysinfo. */
export const SYSINFO_PROBE: Buffer = encryptXor('{"system":{"get_sysinfo":{}}}');

/**
 * Builds the probe for newer devices, on UDP port 20002 (kasa-local.md section 3).
 * @param publicKey PEM; only cameras use it
 */
export function buildProbe(publicKey: string, serial: number): Buffer {
  const payload = Buffer.from(JSON.stringify({ params: { rsa_key: publicKey } }));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(2, 0); // version
  header.writeUInt16BE(1, 2); // probe
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(0x11, 6);
  header.writeUInt32BE(serial, 8);
  const probe = Buffer.concat([header, payload]);
  probe.writeUInt32BE(checksum(probe), 12);
  return probe;
}

/**
 * Parses a response to a probe. Anybody on the network can send one.
 * @param xorPort the TCP port of older devices, which is that of their response
 * @returns undefined for anything that is not the response of a plug, switch, light or hub
 */
export function parseAnnouncement(datagram: Buffer, xorPort: number): Announcement | undefined {
  if (datagram.length > MAX_DATAGRAM_BYTES) return undefined;
  return datagram[0] === XOR_BRACE ? parseSysinfoResponse(datagram, xorPort) : parseProbeResponse(datagram);
}

function checksum(datagram: Buffer): number {
  const bytes = Buffer.from(datagram);
  bytes.writeUInt32BE(CHECKSUM_PLACEHOLDER, 12);
  return crc32(bytes);
}

function parseProbeResponse(datagram: Buffer): Announcement | undefined {
  if (datagram.length < HEADER_BYTES || datagram[0] !== 2) return undefined;
  if (datagram.readUInt16BE(4) !== datagram.length - HEADER_BYTES) return undefined;
  if (datagram.readUInt32BE(12) !== checksum(datagram)) return undefined;
  const result = fieldsOf(fieldsOf(parseText(datagram.toString("utf8", HEADER_BYTES)))["result"]);
  const scheme = fieldsOf(result["mgt_encrypt_schm"]);
  const deviceType = textOf(result["device_type"]);
  const mac = toMacAddress(textOf(result["mac"]));
  const isSmart = deviceType.startsWith("SMART.");
  if (mac === undefined || !(isSmart || deviceType.startsWith("IOT.")) || Object.keys(scheme).length === 0)
    return undefined;
  const { http_port: port } = scheme;
  const envelope = envelopeOf(deviceType, scheme);
  // Cameras and their hubs announce the name that their owner gave them; the others tell it after a handshake.
  const alias = envelope === "unknown" ? textOf(result["device_name"]) : "";
  const isHttps = envelope === "klap" && scheme["is_support_https"] === true;
  return {
    port: isPort(port) ? port : isHttps ? HTTPS_PORT : HTTP_PORT,
    ...(isHttps && { isHttps }),
    mac,
    protocol: isSmart ? "smart" : "iot",
    envelope,
    loginVersion: scheme["lv"] === 2 ? 2 : 1,
    deviceType,
    model: textOf(result["device_model"]),
    owner: textOf(result["owner"]).replace(NOBODY, "").toUpperCase(),
    ...(alias === "" ? {} : { alias }),
  };
}

function envelopeOf(deviceType: string, scheme: Record<string, unknown>): LocalEnvelope {
  const type = scheme["encrypt_type"];
  if (type === "TPAP") return "tpap";
  if (isCameraType(deviceType)) return "unknown"; // they speak another language
  if (type === "KLAP") return "klap";
  // Over TLS this is the envelope of hubs with cameras.
  return type === "AES" && scheme["is_support_https"] !== true ? "secure-passthrough" : "unknown";
}

function parseSysinfoResponse(datagram: Buffer, port: number): Announcement | undefined {
  const response = fieldsOf(parseText(decryptXor(datagram)));
  const sysinfo = fieldsOf(fieldsOf(response["system"])["get_sysinfo"]);
  const mac = identityIn(response);
  const product = productIn(response);
  if (mac === undefined || isCameraType(product.deviceType)) return undefined;
  const deviceId = textOf(sysinfo["deviceId"]);
  return {
    port,
    mac,
    protocol: "iot",
    envelope: "xor",
    loginVersion: 1,
    ...product,
    owner: "",
    alias: textOf(sysinfo["alias"]),
    ...(deviceId === "" ? {} : { deviceId }),
  };
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> => (isPlainObject(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === "string" ? value.slice(0, MAX_TEXT_LENGTH) : "");
const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
