import crypto from "node:crypto";

/** Only the keys of stored sessions have such salts: `test/unit/persistence/key-derivation.test.ts` sees the real cost. */
const SESSION_SALT = "homenet";
const QUICK = { N: 2 ** 10 };

/**
 * Makes the keys of stored sessions cheap in this process: hundreds of tests sign in with a password, and each key would
 * take a third of a second of a core and 128 MB. A key still depends on all of its secret and its salt. A Node-RED in a
 * process of its own derives the real ones.
 */
export function deriveQuickKeys(): void {
  crypto.scrypt = new Proxy(crypto.scrypt, {
    apply(scrypt, self, [secret, salt, length, options, ...rest]: unknown[]) {
      const isOfSession = typeof salt === "string" && salt.startsWith(SESSION_SALT) && typeof options === "object";
      return Reflect.apply(scrypt, self, [
        secret,
        salt,
        length,
        isOfSession ? { ...options, ...QUICK } : options,
        ...rest,
      ]);
    },
  });
}
