import { memoize } from "../core/memoize";

/** How an operation hands out a list, where it does. */
export type ListKind = "paged" | "log" | "posted" | "post" | "unknown";

/** What is known of an operation of the Open API. */
export interface Operation {
  method: string;
  /** From `/openapi/` on, with its placeholders. */
  path: string;
  /** The vendor's operation id. */
  id: string;
  /** The id in words. */
  label: string;
  /** Which of the versions at hand have it: a controller 5.12, a controller 5.15, the cloud of April 2026. */
  since: ("5.12" | "5.15" | "cloud")[];
  list: ListKind;
  /** Names of its query, page and pageSize apart. */
  query: string[];
  body: "none" | "takes" | "needs";
}

interface Tree {
  [segment: string]: Tree | string;
}

const LISTS: Readonly<Record<string, ListKind>> = { p: "paged", l: "log", q: "posted", r: "post" };
const VERSIONS = { "2": "5.12", "5": "5.15", c: "cloud" } as const;

let table: Tree | undefined;

// Read at the first use: Node-RED should not wait for it.
function tree(): Tree {
  table ??= require("./operations.json") as Tree;
  return table;
}

/**
 * Finds an operation.
 * @param path from `/openapi/` on, filled or with placeholders
 */
export function findOperation(method: string, path: string): Operation | undefined {
  const [, , ...segments] = path.split("/");
  return find(tree(), segments, method, []);
}

/** How an operation hands out a list; what nobody knows of may still be one. */
export function listKind(method: string, path: string): ListKind {
  return kindOf(`${method} ${path}`);
}

const kindOf = memoize((operation): ListKind => {
  const [method = "", path = ""] = operation.split(" ", 2);
  return findOperation(method, path)?.list ?? "unknown";
});

// A literal segment before any placeholder: `devices/all` is no device.
function find(place: Tree, [segment, ...rest]: string[], method: string, walked: string[]): Operation | undefined {
  if (segment === undefined) {
    const leaf = place[method];
    return typeof leaf === "string" ? read(method, walked, leaf) : undefined;
  }
  const open = placeholders(place);
  for (const name of Object.hasOwn(place, segment) ? [segment, ...open] : open) {
    const next = place[name];
    const found = typeof next === "object" ? find(next, rest, method, [...walked, name]) : undefined;
    if (found) return found;
  }
  return undefined;
}

const names = new WeakMap<Tree, string[]>();

// Looked for once in each place: some have hundreds of names, and this is on the way of every message.
function placeholders(place: Tree): string[] {
  const found = names.get(place) ?? Object.keys(place).filter((name) => name.startsWith("{"));
  names.set(place, found);
  return found;
}

/** All operations, in no order. */
export function allOperations(): Operation[] {
  const walk = (place: Tree, walked: string[]): Operation[] =>
    Object.entries(place).flatMap(([name, next]) =>
      typeof next === "string" ? read(name, walked, next) : walk(next, [...walked, name]),
    );
  return walk(tree(), []);
}

function read(method: string, walked: string[], leaf: string): Operation {
  const [id = "", flags = "", names = ""] = leaf.split(" ");
  const lists = Object.entries(LISTS).find(([flag]) => flags.includes(flag));
  const versions = Object.entries(VERSIONS).filter(([flag]) => flags.includes(flag));
  return {
    method,
    path: `/openapi/${walked.join("/")}`,
    id,
    label: words(id),
    since: versions.map(([, version]) => version),
    list: lists?.[1] ?? "unknown",
    query: names ? names.split(",") : [],
    body: flags.includes("B") ? "needs" : flags.includes("b") ? "takes" : "none",
  };
}

function words(id: string): string {
  const spaced = id.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).toLowerCase();
}
