import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPair,
  privateDecrypt,
  type KeyObject,
} from "node:crypto";

const KEY_BYTES = 16;
/** Devices refuse every other length (kasa-local.md section 5). */
const MODULUS_BITS = 1024;

/** @returns a key pair for one handshake */
export function generateHandshakeKeys(): Promise<{ publicKey: string; privateKey: KeyObject }> {
  return new Promise((resolve, reject) => {
    generateKeyPair("rsa", { modulusLength: MODULUS_BITS }, (error, publicKey, privateKey) => {
      if (error) return reject(error);
      resolve({ publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(), privateKey });
    });
  });
}

/**
 * Decrypts the session's key with PKCS#1 v1.5, which Node.js 20 refuses to do by itself. There is no oracle to fear: the key
 * pair is used once.
 * @returns key and IV; undefined where the padding or the length is wrong
 */
export function unwrapSessionKey(privateKey: KeyObject, wrapped: Buffer): Buffer | undefined {
  let padded: Buffer;
  try {
    padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, wrapped);
  } catch {
    return undefined;
  }
  const end = padded.indexOf(0, 2);
  const isPadded = padded[0] === 0 && padded[1] === 2 && end >= 10;
  return isPadded && padded.length - end - 1 === 2 * KEY_BYTES ? padded.subarray(end + 1) : undefined;
}

/** The cipher of a session: the same key and IV for every message. */
export class SecurePassthroughCipher {
  readonly #key: Buffer;
  readonly #iv: Buffer;

  constructor(keyAndIv: Buffer) {
    this.#key = keyAndIv.subarray(0, KEY_BYTES);
    this.#iv = keyAndIv.subarray(KEY_BYTES);
  }

  encrypt(text: string): string {
    const cipher = createCipheriv("aes-128-cbc", this.#key, this.#iv);
    return Buffer.concat([cipher.update(text), cipher.final()]).toString("base64");
  }

  /** @returns undefined for what is not encrypted with this key */
  decrypt(text: string): string | undefined {
    const decipher = createDecipheriv("aes-128-cbc", this.#key, this.#iv);
    try {
      return Buffer.concat([decipher.update(text, "base64"), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}
