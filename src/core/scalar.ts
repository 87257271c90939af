// What a platform sends may be anything: the conversion of an object throws where it has a `valueOf` that is no function.

/** A number, also one in a string; NaN for anything else. */
export function toNumber(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
}

/** A string without the space around it; empty for anything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** A string or a number as text; empty for anything else. */
export function toId(value: unknown): string {
  return typeof value === "number" ? String(value) : toText(value);
}
