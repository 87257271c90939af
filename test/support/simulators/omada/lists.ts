import { Refusal } from "./call";
import type { Listing } from "./listings";
import { isRow, without, type Row } from "./rows";

/** What a list was asked for under a dotted name, in the query or in the body. */
export type Ask = (name: string) => string | undefined;

/** How the controller at hand hands out its lists. */
export interface Habits {
  /** What it answers where a number is missing. */
  missing: (name: string) => Refusal;
  /** Rows in a page at most, whatever is asked for. */
  largestPage: number;
  /** What it says of how many rows there are. */
  totalSaid: (totalRows: number, page: number) => unknown;
  /** Whether a span of time is without its first and its last millisecond. */
  openEnds: boolean;
}

/** One page of `rows`, as it was asked for. */
export function pageOf(
  rows: Row[],
  list: Listing,
  ask: Ask,
  { missing, largestPage, totalSaid, openEnds }: Habits,
): Row {
  const whole = (name: string): number => {
    const value = ask(name);
    if (value && /^-?\d+$/.test(value)) return Number(value);
    throw missing(name);
  };
  const [page, pageSize] = [whole("page"), whole("pageSize")];
  const sizeFits = list.sizes ? list.sizes.includes(pageSize) : pageSize >= 1 && pageSize <= 1000;
  if (page < 1 || !sizeFits) throw new Refusal(-1001, "The page or its size is out of range.");
  const edge = openEnds ? 1 : 0;
  const span = (): [number, number] => [whole("filters.timeStart") + edge, whole("filters.timeEnd") - edge];
  const inTime = list.sizes ? between(rows, ...span()) : rows;
  const matching = sorted(chosen(inTime, list, ask), list, ask);
  const given = Math.min(pageSize, largestPage);
  const data = matching.slice((page - 1) * given, page * given).map((row) => without(row, list.hides));
  const totalRows = totalSaid(matching.length, page);
  // currentSize is what was asked for, not what came (omada.md section 3).
  return { totalRows, currentPage: page, currentSize: pageSize, data, ...list.beside?.(matching) };
}

/** Asks a body under dotted names. */
export function inBody(body: Row): Ask {
  return (name) => text(name.split(".").reduce<unknown>((from, key) => (isRow(from) ? from[key] : undefined), body));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : undefined;
}

function between(logs: Row[], start: number, end: number): Row[] {
  const inside = logs.filter(({ time }) => Number(time) >= start && Number(time) <= end);
  return inside.toSorted((one, other) => Number(other["time"]) - Number(one["time"]));
}

function chosen(rows: Row[], { search = [], filters = {} }: Listing, ask: Ask): Row[] {
  const key = ask("searchKey")?.toLowerCase();
  const found = rows.filter((row) => !key || search.some((field) => text(row[field])?.toLowerCase().includes(key)));
  return Object.entries(filters).reduce((left, [name, field]) => {
    const wanted = ask(`filters.${name}`);
    return wanted === undefined ? left : left.filter((row) => fits(row[field], wanted));
  }, found);
}

function fits(value: unknown, wanted: string): boolean {
  return Array.isArray(value) ? value.includes(wanted) : text(value) === wanted;
}

function sorted(rows: Row[], { sorts = [] }: Listing, ask: Ask): Row[] {
  const field = sorts.find((field) => ask(`sorts.${field}`) !== undefined);
  if (field === undefined) return rows;
  const direction = { asc: 1, desc: -1 }[ask(`sorts.${field}`) ?? ""];
  if (direction === undefined) throw new Refusal(-1001, "Rows are sorted asc or desc.");
  return rows.toSorted((one, other) => direction * String(one[field]).localeCompare(String(other[field]), "en"));
}
