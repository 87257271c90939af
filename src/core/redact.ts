import { memoize } from "./memoize";

const MAX_TEXT_LENGTH = 200;
/** A shorter one would blot out single letters, and protects nothing. */
const MIN_SECRET_LENGTH = 3;

/**
 * Makes a foreign text fit to be shown: no known secret, e-mail address, URL, token or control character, and short.
 * @param text what a platform said
 * @param secrets values that must not be seen, whatever they look like; blank ones are passed over
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  // The longest first: one secret may be a part of another.
  return secrets
    .filter((secret) => secret !== undefined && secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret = "") => spellings(secret))
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, secret) => shown.replaceAll(secret, MASK), text)
    .slice(0, 10 * MAX_TEXT_LENGTH)
    .replace(/[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, MASK)
    .replace(/[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g, MASK)
    .replace(/[A-Za-z0-9_-]{24,}/g, (run) => (/\d/.test(run) ? MASK : run))
    .slice(0, MAX_TEXT_LENGTH)
    .replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}

// What was asked may be quoted as it came: a body in JSON, or a query.
function spellings(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}

/** Names under which routers and clouds keep what nobody else should read. */
const SECRET_NAME =
  /password|passphrase|passcode|passwd|(?<!by)pass$|pwd|secret|token|psk|community|keys?\d*$|^(sim)?_?pin(_?code)?$|puk/i;
const NOT_SECRET = /publickey|tokentype/i;

/** Whether a property of this name holds a secret. */
export const isSecretName = memoize((name) => SECRET_NAME.test(name) && !NOT_SECRET.test(name));

/**
 * The texts under secret names in something that is sent, however deep: a platform may quote them when it refuses.
 * By hand, because what a message brings may be deeper than a stack.
 */
export function collectSecrets(sent: unknown): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  const left: [value: unknown, isSecret: boolean][] = [[sent, false]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [value, isSecret] = next;
    if (isSecret && (typeof value === "string" || typeof value === "number")) found.push(String(value));
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [name, inner] of Object.entries(value)) left.push([inner, isSecret || isSecretName(name)]);
  }
  return found;
}

/** What stands in the place of a hidden secret. */
export const MASK = "***";

/** No router answers anything as deep, and a stack has an end. */
const MAX_DEPTH = 500;

/** A copy of `value` in which every secret property that is set reads `***`, and what is deeper than can be. */
export function maskSecrets(value: unknown): unknown {
  return hide(value, false, 0);
}

function hide(value: unknown, isSecret: boolean, depth: number): unknown {
  if (typeof value !== "object" || value === null) {
    const isSet = typeof value === "number" || (typeof value === "string" && value !== "");
    return isSecret && isSet ? MASK : value;
  }
  if (depth > MAX_DEPTH) return MASK;
  if (Array.isArray(value)) return value.map((item) => hide(item, isSecret, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      // Where several things sit together, a text may be the secret; a number is more likely about it.
      const isOne = isSecretName(name) || (isSecret && typeof inner !== "number");
      return [name, hide(inner, isOne, depth + 1)];
    }),
  );
}
