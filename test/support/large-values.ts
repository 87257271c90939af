/** An object nested so deeply that no recursion can follow it. */
export function nestDeeply(innermost: unknown, depth = 200_000): Record<string, unknown> {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { value };
  return { value };
}

/** Thirty small objects, each of which refers to the next one ten times: written out, they are 10^30 values. */
export function multiply(innermost: unknown): Record<string, unknown> {
  let value: Record<string, unknown> = { innermost };
  for (let level = 0; level < 30; level++) value = { list: Array.from({ length: 10 }, () => value) };
  return value;
}

/** Slow to create, so once. */
export const WIDE: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from({ length: 300_000 }, (_, index) => [`field${index}`, index]),
);

/** What a flow may send without meaning to, by what it is. */
export const UNBOUNDED: readonly [what: string, create: () => Record<string, unknown>][] = [
  ["nested 200,000 deep", () => nestDeeply(1)],
  ["that refers to the same objects again and again", () => multiply(1)],
  ["of 300,000 fields", () => WIDE],
];
