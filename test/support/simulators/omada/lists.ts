import { ErrorResponse } from "./call";
import type { Listing } from "./listings";
import { isRow, omit, type Row } from "./rows";

/** Reads a parameter by its dotted name, from the query or the body. */
export type ParamReader = (name: string) => string | undefined;

/** How a controller returns lists. */
export interface ListBehavior {
  /** The error for a missing number. */
  missingParamError: (name: string) => ErrorResponse;
  /** Rows per page at most, even if more are requested. */
  maxPageSize: number;
  /** What it reports as the total. */
  reportTotal: (totalRows: number, page: number) => unknown;
  /** Whether a time range excludes its first and its last millisecond. */
  excludeTimeBounds: boolean;
}

/** The requested page of `rows`. */
export function buildPage(
  rows: Row[],
  list: Listing,
  param: ParamReader,
  { missingParamError, maxPageSize, reportTotal, excludeTimeBounds }: ListBehavior,
): Row {
  const integer = (name: string): number => {
    const value = param(name);
    if (value && /^-?\d+$/.test(value)) return Number(value);
    throw missingParamError(name);
  };
  const [page, pageSize] = [integer("page"), integer("pageSize")];
  const isSizeAllowed = list.pageSizes ? list.pageSizes.includes(pageSize) : pageSize >= 1 && pageSize <= 1000;
  if (page < 1 || !isSizeAllowed) throw new ErrorResponse(-1001, "The page or its size is out of range.");
  const margin = excludeTimeBounds ? 1 : 0;
  const inRange = list.pageSizes
    ? selectByTime(rows, integer("filters.timeStart") + margin, integer("filters.timeEnd") - margin)
    : rows;
  const matching = sortRows(filterRows(inRange, list, param), list, param);
  const actualSize = Math.min(pageSize, maxPageSize);
  const data = matching.slice((page - 1) * actualSize, page * actualSize).map((row) => omit(row, list.hidden));
  const totalRows = reportTotal(matching.length, page);
  // currentSize is the requested size, not that of the page (omada.md section 3).
  return { totalRows, currentPage: page, currentSize: pageSize, data, ...list.extraFields?.(matching) };
}

/** Reads the parameters of a POST from its body. */
export function bodyParams(body: Row): ParamReader {
  return (name) =>
    toText(name.split(".").reduce<unknown>((value, key) => (isRow(value) ? value[key] : undefined), body));
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : undefined;
}

function selectByTime(logs: Row[], start: number, end: number): Row[] {
  const selected = logs.filter(({ time }) => Number(time) >= start && Number(time) <= end);
  return selected.toSorted((one, other) => Number(other["time"]) - Number(one["time"]));
}

function filterRows(rows: Row[], { search = [], filters = {} }: Listing, param: ParamReader): Row[] {
  const key = param("searchKey")?.toLowerCase();
  const matching = rows.filter(
    (row) => !key || search.some((field) => toText(row[field])?.toLowerCase().includes(key)),
  );
  return Object.entries(filters).reduce((remaining, [name, field]) => {
    const value = param(`filters.${name}`);
    return value === undefined ? remaining : remaining.filter((row) => matches(row[field], value));
  }, matching);
}

function matches(value: unknown, filter: string): boolean {
  return Array.isArray(value) ? value.includes(filter) : toText(value) === filter;
}

function sortRows(rows: Row[], { sorts = [] }: Listing, param: ParamReader): Row[] {
  const field = sorts.find((name) => param(`sorts.${name}`) !== undefined);
  if (field === undefined) return rows;
  const direction = { asc: 1, desc: -1 }[param(`sorts.${field}`) ?? ""];
  if (direction === undefined) throw new ErrorResponse(-1001, "The order must be asc or desc.");
  return rows.toSorted((one, other) => direction * String(one[field]).localeCompare(String(other[field]), "en"));
}
