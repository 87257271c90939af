import { createHash } from "node:crypto";

type Algorithm = "md5" | "sha1" | "sha256";

const digest = (algorithm: Algorithm, ...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const sha256 = (...parts: (Buffer | string)[]): Buffer => digest("sha256", ...parts);
export const sha1 = (text: string): Buffer => digest("sha1", text);
export const md5 = (...parts: (Buffer | string)[]): Buffer => digest("md5", ...parts);

export type KlapVersion = 1 | 2;

/** The hash of a pair of credentials, in one of the two versions of KLAP. It is as good as the password itself. */
export interface KlapCandidate {
  version: KlapVersion;
  authHash: Buffer;
}

/** @returns the hash that both sides of a KLAP handshake prove to know (kasa-local.md section 4) */
export function klapAuthHash(version: KlapVersion, email: string, password: string): Buffer {
  return version === 1 ? md5(md5(email), md5(password)) : sha256(sha1(email), sha1(password));
}

/** Devices that have just been set up, or reset, know one of these pairs instead of the owner's. */
const DEFAULT_PAIRS = [
  ["kasa@tp-link.net", "kasaSetup"],
  ["test@tp-link.net", "test"],
  ["", ""],
] as const;

/** What the account's devices on the local network ask for. E-mail address and password are both case-sensitive. */
export class LocalCredentials {
  /** The same for the same credentials: whoever has others must not use a session that was made with these. */
  readonly id: string;
  /** As devices announce their owner: MD5 of the e-mail address in upper-case hex. */
  readonly owner: string;
  #candidates: readonly KlapCandidate[] | undefined;

  constructor(
    readonly email: string,
    readonly password: string,
  ) {
    this.id = sha256(sha256(email), sha256(password)).toString("hex");
    this.owner = md5(email).toString("hex").toUpperCase();
  }

  /** Everything that a device may have been set up with, to be compared with one response of it. */
  get candidates(): readonly KlapCandidate[] {
    return (this.#candidates ??= [[this.email, this.password] as const, ...DEFAULT_PAIRS].flatMap(([email, password]) =>
      ([2, 1] as const).map((version) => ({ version, authHash: klapAuthHash(version, email, password) })),
    ));
  }
}
