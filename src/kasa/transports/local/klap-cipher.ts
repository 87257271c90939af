import { createCipheriv, createDecipheriv, timingSafeEqual } from "node:crypto";
import { sha256, type KlapCandidate } from "./credentials";

export const SEED_BYTES = 16;
const SIGNATURE_BYTES = 32;
const BLOCK_BYTES = 16;

/** The random bytes of both sides. */
interface KlapSeeds {
  local: Buffer;
  remote: Buffer;
}

/** @returns the proof that the device sends in the first step */
export function deviceProof({ version, authHash }: KlapCandidate, { local, remote }: KlapSeeds): Buffer {
  return version === 1 ? sha256(local, authHash) : sha256(local, remote, authHash);
}

/** @returns the proof that the client sends in the second step */
export function clientProof({ version, authHash }: KlapCandidate, { local, remote }: KlapSeeds): Buffer {
  return version === 1 ? sha256(remote, authHash) : sha256(remote, local, authHash);
}

/** @returns the pair of credentials that the device has proved to know; undefined where it is none of them */
export function findCandidate(
  candidates: readonly KlapCandidate[],
  seeds: KlapSeeds,
  proof: Buffer,
): KlapCandidate | undefined {
  return candidates.find((candidate) => timingSafeEqual(deviceProof(candidate, seeds), proof));
}

/** The cipher of a KLAP session, the same in both versions. It counts: each request has a number, its response the same. */
export class KlapCipher {
  readonly #key: Buffer;
  readonly #ivPrefix: Buffer;
  readonly #signatureKey: Buffer;
  #sequence: number;

  constructor({ local, remote }: KlapSeeds, { authHash }: KlapCandidate) {
    const derive = (label: string): Buffer => sha256(label, local, remote, authHash);
    const iv = derive("iv");
    this.#key = derive("lsk").subarray(0, 16);
    this.#ivPrefix = iv.subarray(0, 12);
    this.#sequence = iv.readInt32BE(28);
    this.#signatureKey = derive("ldk").subarray(0, 28);
  }

  /** The number of the last request: signed, as it stands in the path. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Encrypts the next request. */
  encrypt(text: string): Buffer {
    this.#sequence = (this.#sequence + 1) | 0; // 32 bits, signed
    const cipher = createCipheriv("aes-128-cbc", this.#key, this.#iv());
    const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
    return Buffer.concat([this.#sign(encrypted), encrypted]);
  }

  /**
   * Decrypts the response to the last request.
   * @returns undefined where it is not a response to it: another length, a wrong signature, or not encrypted with this key
   */
  decrypt(body: Buffer): string | undefined {
    const encrypted = body.subarray(SIGNATURE_BYTES);
    if (encrypted.length === 0 || encrypted.length % BLOCK_BYTES !== 0) return undefined;
    if (!timingSafeEqual(body.subarray(0, SIGNATURE_BYTES), this.#sign(encrypted))) return undefined;
    const decipher = createDecipheriv("aes-128-cbc", this.#key, this.#iv());
    try {
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }

  #iv(): Buffer {
    return Buffer.concat([this.#ivPrefix, this.#sequenceBytes()]);
  }

  #sign(encrypted: Buffer): Buffer {
    return sha256(this.#signatureKey, this.#sequenceBytes(), encrypted);
  }

  #sequenceBytes(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(this.#sequence);
    return bytes;
  }
}
