import { memoize } from "./memoize";

const MAX_TEXT_LENGTH = 200;
/** A text is not searched for more of them: then it is not shown at all. */
const MAX_SECRETS = 2000;
/** Masking a shorter one would mask single letters everywhere, and protect nothing. */
const MIN_SECRET_LENGTH = 3;

/** What stands in the place of a secret. */
export const MASK = "***";

/**
 * Makes a platform's text fit to be shown: short, and without known secrets, e-mail addresses, URLs, tokens and control
 * characters.
 * @param secrets values to mask, whatever they look like; blank ones are ignored
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  const known = new Set(secrets.filter((secret = "") => secret.length >= MIN_SECRET_LENGTH));
  if (known.size > MAX_SECRETS) return text && MASK;
  return maskAll(text, [...known])
    .slice(0, 10 * MAX_TEXT_LENGTH)
    .replace(/[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, MASK)
    .replace(/[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g, MASK)
    .replace(/[A-Za-z0-9_-]{24,}/g, (run) => (/\d/.test(run) ? MASK : run))
    .slice(0, MAX_TEXT_LENGTH)
    .replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}

function maskAll(text: string, secrets: readonly (string | undefined)[]): string {
  // The longest first: one secret may be part of another.
  const spellings = secrets
    .flatMap((secret = "") => encodings(secret))
    .toSorted((one, other) => other.length - one.length);
  const longest = spellings[0]?.length ?? 0;
  const start = text.slice(0, 20 * MAX_TEXT_LENGTH + longest);
  const masked = spellings.reduce((rest, secret) => rest.replaceAll(secret, MASK), start);
  // Where the text goes on, its start may end with a part of a secret.
  return start.length < text.length ? masked.slice(0, Math.max(0, masked.length - longest)) : masked;
}

// A platform may quote the request as it arrived: a body in JSON, or a query.
function encodings(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}

/** Names under which routers and clouds store secrets. */
const SECRET_NAME =
  /password|passphrase|passcode|passwd|(?<!by)pass$|pwd|secret|token|psk|community|keys?\d*$|^(sim)?_?pin(_?code)?$|puk/i;
const NOT_SECRET = /publickey|tokentype/i;

/** Whether a property of this name holds a secret. */
export const isSecretName = memoize((name) => SECRET_NAME.test(name) && !NOT_SECRET.test(name));

/**
 * The texts under secret names in a request, at any depth: a platform may quote them when it refuses.
 * Iterative, because a message may be nested more deeply than the stack allows.
 */
export function collectSecrets(value: unknown): string[] {
  const secrets: string[] = [];
  // An object that is referred to twice may be a secret in one of the places only.
  const visited = { asSecret: new Set<unknown>(), asOther: new Set<unknown>() };
  const pending: [value: unknown, isSecret: boolean][] = [[value, false]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [current, isSecret] = next;
    if (isSecret && (typeof current === "string" || typeof current === "number")) secrets.push(String(current));
    const earlier = isSecret ? visited.asSecret : visited.asOther;
    if (typeof current !== "object" || current === null || earlier.has(current)) continue;
    earlier.add(current);
    for (const [name, child] of Object.entries(current)) pending.push([child, isSecret || isSecretName(name)]);
  }
  return secrets;
}

/** No router's response is nested as deeply, and the stack has an end. */
const MAX_DEPTH = 500;

/**
 * Replaces every secret property that is set by `***`, and what is nested too deeply as well.
 * @param value a parsed response that is nobody else's yet: it is changed in place, for a copy costs more than the search
 * @returns `value`
 */
export function maskSecrets(value: unknown): unknown {
  return mask(value, false, 0);
}

function mask(value: unknown, isSecret: boolean, depth: number): unknown {
  if (typeof value !== "object" || value === null) return isSecret && isSet(value) ? MASK : value;
  if (depth > MAX_DEPTH) return MASK;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = mask(value[index], isSecret, depth + 1);
    return value;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) {
    const child = fields[name];
    const isObject = typeof child === "object" && child !== null;
    if (!isObject && !isSet(child)) continue;
    // Inside an object under a secret name a text may be the secret; a number is more likely a length or a date.
    const isChildSecret = (isSecret && typeof child !== "number") || isSecretName(name);
    if (isObject) fields[name] = mask(child, isChildSecret, depth + 1);
    else if (isChildSecret) fields[name] = MASK;
  }
  return value;
}

const isSet = (value: unknown): boolean => typeof value === "number" || (typeof value === "string" && value !== "");
