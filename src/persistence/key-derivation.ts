import { hkdf, scrypt } from "node:crypto";

const KEY_BYTES = 32;
/** Half a second and 128 MB on a desktop computer, for each guess. */
const SCRYPT_COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };

let lastDerivation: Promise<unknown> = Promise.resolve();

/**
 * Derives a key from what a person has chosen: slow on purpose, so that nobody guesses a password from a stored value.
 * One after the other, because each takes so much memory.
 */
export function deriveFromPassword(secret: string, salt: string): Promise<Buffer> {
  const derivation = lastDerivation.then(
    () =>
      new Promise<Buffer>((resolve, reject) =>
        scrypt(secret, salt, KEY_BYTES, SCRYPT_COST, (error, key) => (error ? reject(error) : resolve(key))),
      ),
  );
  lastDerivation = derivation.catch(() => undefined);
  return derivation;
}

/** Derives a key from what contains 128 random bits or more, which nobody can guess: hundreds of them in a moment. */
export function deriveFromRandom(secret: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    hkdf("sha256", secret, salt, "", KEY_BYTES, (error, key) => (error ? reject(error) : resolve(Buffer.from(key)))),
  );
}
