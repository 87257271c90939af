/** Something that nobody else may read, made to be found again. */
export interface Canary {
  name: string;
  /** All of it, or the part that each of its kind has. */
  value: string;
}

/** So much of a value gives it away, when the rest was cut off. */
const GIVEAWAY = 10;

/** What nobody may see of any of these: found in whatever way they are written. */
export class Canaries {
  readonly #forms: readonly { name: string; form: string }[];

  constructor(canaries: readonly Canary[]) {
    this.#forms = canaries.flatMap(({ name, value }) => forms(value).map((form) => ({ name, form })));
  }

  /** The names of those that a text holds. */
  in(text: string): Set<string> {
    const searched = text.toLowerCase();
    return new Set(this.#forms.filter(({ form }) => searched.includes(form)).map(({ name }) => name));
  }
}

function forms(value: string): string[] {
  const parts = [value, value.slice(0, GIVEAWAY), value.slice(-GIVEAWAY)];
  const all = parts.flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    JSON.stringify(JSON.stringify(part)).slice(3, -3),
    escaped(part),
    encodeURIComponent(part),
    new URLSearchParams([["", part]]).toString().slice(1),
    encodeURIComponent(encodeURIComponent(part)),
    part.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;"),
    part.replaceAll("\\", "\\\\"),
    Buffer.from(part).toString("latin1"),
    Buffer.from(part).toString("hex"),
    Buffer.from(part, "utf16le").toString("hex"),
    ...base64(part),
  ]);
  return [...new Set(all.map((form) => form.toLowerCase()))];
}

// As JSON for ASCII alone.
function escaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// In the middle of something longer it may begin at any of three places; what depends on the neighbours is left out.
function base64(text: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
    return (["base64", "base64url"] as const).map((code) => whole.toString(code).slice(shift === 0 ? 0 : 4));
  });
}

/** All texts, numbers and names in a value, however deep and however hidden; each on a line. */
export function textsOf(value: unknown): string {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (seen.has(next)) continue;
    if (Buffer.isBuffer(next)) texts.push(next.toString("latin1"));
    else if (typeof next === "object" && next !== null) {
      seen.add(next);
      if (next instanceof Map || next instanceof Set) left.push(...next);
      for (const name of Reflect.ownKeys(next)) {
        texts.push(String(name));
        left.push(Reflect.get(next, name));
      }
    } else if (["string", "number", "symbol", "bigint"].includes(typeof next)) texts.push(String(next));
  }
  return texts.join("\n");
}
