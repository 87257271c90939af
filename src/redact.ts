const LONGEST_TEXT = 200;
/** A shorter one would blot out single letters, and protects nothing. */
const SHORTEST_SECRET = 3;

/**
 * Makes a foreign text fit to be shown: no known secret, e-mail address, URL, token or control character, and short.
 * @param text what a platform said
 * @param secrets values that must not be seen, whatever they look like; blank ones are passed over
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  // The longest first: one secret may be a part of another.
  const known = secrets.map((secret) => secret ?? "").toSorted((one, other) => other.length - one.length);
  return known
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text)
    .slice(0, 10 * LONGEST_TEXT)
    .replace(/[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, HIDDEN)
    .replace(/[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g, HIDDEN)
    .replace(/[A-Za-z0-9_-]{24,}/g, (run) => (/\d/.test(run) ? HIDDEN : run))
    .slice(0, LONGEST_TEXT)
    .replace(/[\p{Cc}\p{Cs}]+/gu, " ")
    .trim();
}

/** Names under which routers and clouds keep what nobody else should read. */
const SECRET_NAME = /password|passphrase|passcode|passwd|pwd|secret|token|psk|community|key$|^(sim)?_?pin$|puk/i;
const NOT_SECRET = /publickey|tokentype/i;

/** Whether a property of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !NOT_SECRET.test(name);
}

/** What stands in the place of a hidden secret. */
export const HIDDEN = "***";

/** A copy of `value` in which every secret property that is set reads `***`. */
export function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      return [name, isSecretName(name) ? mask(inner) : hideSecrets(inner)];
    }),
  );
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  const secret = typeof value === "number" || (typeof value === "string" && value !== "");
  return secret ? HIDDEN : hideSecrets(value);
}
