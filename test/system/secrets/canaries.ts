/** A secret that is easy to find again in any text. */
export interface Canary {
  name: string;
  /** The whole value, or the part that all values of its kind share. */
  value: string;
}

/** A part of a value with this length counts as a leak as well. */
const MIN_LEAK_LENGTH = 10;

/** Finds canaries in texts, in whatever way they are encoded. */
export class Canaries {
  readonly #forms: readonly { name: string; form: string }[];

  constructor(canaries: readonly Canary[]) {
    this.#forms = canaries.flatMap(({ name, value }) => encodingsOf(value).map((form) => ({ name, form })));
  }

  /** The names of the canaries that a text contains. */
  findIn(text: string): Set<string> {
    const lowerCase = text.toLowerCase();
    return new Set(this.#forms.filter(({ form }) => lowerCase.includes(form)).map(({ name }) => name));
  }
}

function encodingsOf(value: string): string[] {
  const parts = [value, value.slice(0, MIN_LEAK_LENGTH), value.slice(-MIN_LEAK_LENGTH)];
  const all = parts.flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    JSON.stringify(JSON.stringify(part)).slice(3, -3),
    escapeNonAscii(part),
    encodeURIComponent(part),
    new URLSearchParams([["", part]]).toString().slice(1),
    encodeURIComponent(encodeURIComponent(part)),
    part.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;"),
    part.replaceAll("\\", "\\\\"),
    Buffer.from(part).toString("latin1"),
    Buffer.from(part).toString("hex"),
    Buffer.from(part, "utf16le").toString("hex"),
    ...base64FormsOf(part),
  ]);
  return [...new Set(all.map((form) => form.toLowerCase()))];
}

// As in JSON that consists of ASCII only.
function escapeNonAscii(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Within a longer value, it may start at any of three offsets; the characters that depend on its neighbours are omitted.
function base64FormsOf(text: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
    return (["base64", "base64url"] as const).map((code) => whole.toString(code).slice(shift === 0 ? 0 : 4));
  });
}

/** All texts, numbers and keys in a value, at any depth and also if not enumerable; each on a line. */
export function textsOf(value: unknown): string {
  const texts: string[] = [];
  const visited = new Set<unknown>();
  const values = [value];
  while (values.length > 0) {
    const next = values.pop();
    if (visited.has(next)) continue;
    if (Buffer.isBuffer(next)) texts.push(next.toString("latin1"));
    else if (typeof next === "object" && next !== null) {
      visited.add(next);
      if (next instanceof Map || next instanceof Set) values.push(...next);
      for (const name of Reflect.ownKeys(next)) {
        texts.push(String(name));
        values.push(Reflect.get(next, name));
      }
    } else if (["string", "number", "symbol", "bigint"].includes(typeof next)) texts.push(String(next));
  }
  return texts.join("\n");
}
