import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";

/** A certificate with its key. */
export interface Certificate {
  /** PEM. */
  key: string;
  /** PEM. */
  cert: string;
  /** SHA-256 of the certificate, upper-case hex with colons, as browsers show it. */
  fingerprint: string;
}

/** The fields of a certificate. */
interface CertificateOptions {
  /** Common name; default `localhost`. */
  subject?: string;
  /** Alternative names: DNS names, or IPv4 addresses; default `localhost` and `127.0.0.1`. */
  names?: string[];
  /** Default: yesterday. */
  notBefore?: Date;
  /** Default: in ten years. */
  notAfter?: Date;
}

/** Creates a self-signed certificate, as routers have them. */
export function selfSigned(options: CertificateOptions = {}): Certificate {
  return createCertificate(options);
}

/** Creates a certificate that an authority has signed: any self-signed one can be an authority. */
export function issuedBy(authority: Certificate, options: CertificateOptions): Certificate {
  return createCertificate(options, authority);
}

// Encodes DER by hand, because Node can parse X.509 but not create it, and the simulators depend on nothing but Node.
function createCertificate(options: CertificateOptions, authority?: Certificate): Certificate {
  const { subject = "localhost", names = ["localhost", "127.0.0.1"] } = options;
  const dayMs = 86_400_000;
  const { notBefore = new Date(Date.now() - dayMs), notAfter = new Date(Date.now() + 3650 * dayMs) } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

  const issuer = authority && new X509Certificate(authority.cert).subject.replace(/^CN=/, "");
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const toBeSigned = sequence(
    tlv(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    distinguishedName(issuer ?? subject),
    sequence(generalizedTime(notBefore), generalizedTime(notAfter)),
    distinguishedName(subject),
    publicKey,
    tlv(
      0xa3,
      sequence(
        extension("2.5.29.19", authority ? sequence() : sequence(tlv(0x01, Buffer.from([0xff])))),
        extension("2.5.29.17", alternativeNames(names)),
      ),
    ),
  );
  const signature = sign("sha256", toBeSigned, createPrivateKey(authority?.key ?? privateKey));
  const der = sequence(toBeSigned, algorithm, bitString(signature));

  const certificate = new X509Certificate(der);
  return { key: privateKey, cert: certificate.toString(), fingerprint: certificate.fingerprint256 };
}

function tlv(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...content: Buffer[]): Buffer => tlv(0x30, ...content);
const set = (...content: Buffer[]): Buffer => tlv(0x31, ...content);
const integer = (value: Buffer): Buffer => tlv(0x02, value);
const bitString = (value: Buffer): Buffer => tlv(0x03, Buffer.from([0]), value);
const generalizedTime = (at: Date): Buffer => tlv(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, "")));
const distinguishedName = (name: string): Buffer =>
  sequence(set(sequence(oid("2.5.4.3"), tlv(0x0c, Buffer.from(name)))));
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tlv(0x04, value));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function alternativeNames(names: string[]): Buffer {
  const entry = (name: string): Buffer =>
    /^[\d.]+$/.test(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name));
  return sequence(...names.map(entry));
}
