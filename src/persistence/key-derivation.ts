import { hkdf, scrypt } from "node:crypto";

const KEY_BYTES = 32;
/** Half a second and 128 MB on a desktop computer, for each guess. */
const SCRYPT_COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };

/** More than a Node-RED has accounts with a password. */
const MAX_REMEMBERED = 500;

let lastDerivation: Promise<unknown> = Promise.resolve();
const derivations = new Map<string, Promise<Buffer>>();

/**
 * Derives a key from what a person has chosen: slow on purpose, so that nobody guesses a password from a stored value.
 * Once for the same secret and salt, and one after the other, because each takes so much time and memory.
 */
export function deriveFromPassword(secret: string, salt: string): Promise<Buffer> {
  const id = JSON.stringify([secret, salt]);
  const known = derivations.get(id);
  if (known) return known;
  const derivation = deriveSlowly(secret, salt);
  if (derivations.size >= MAX_REMEMBERED) derivations.clear();
  derivations.set(id, derivation);
  // Without enough memory it fails, and there may be more later.
  derivation.catch(() => derivations.delete(id));
  return derivation;
}

function deriveSlowly(secret: string, salt: string): Promise<Buffer> {
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
