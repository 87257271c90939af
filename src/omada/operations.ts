import { memoize } from "../core/memoize";

/**
 * How an operation returns a list, if it does: `paged` and `log` by GET with different page sizes, `paged-post` with the page
 * in its body, `post` by POST without pages.
 */
type ListKind = "paged" | "log" | "paged-post" | "post" | "unknown";

/** What the bundled table says about an operation of the Open API. */
export interface Operation {
  method: string;
  /** From `/openapi/` on, with its placeholders. */
  path: string;
  /** The vendor's operation id. */
  id: string;
  /** The id in words. */
  label: string;
  /** Which of the known versions have it: a controller 5.12, a controller 5.15, the cloud of April 2026. */
  since: ("5.12" | "5.15" | "cloud")[];
  list: ListKind;
  /** The names of its query parameters, without `page` and `pageSize`. */
  query: string[];
  body: "none" | "optional" | "required";
}

/** By path segment; at the end by method. See `scripts/generate/omada-operations.mjs`. */
interface Tree {
  [segment: string]: Tree | string;
}

const LIST_FLAGS: Readonly<Record<string, ListKind>> = { p: "paged", l: "log", q: "paged-post", r: "post" };
const VERSION_FLAGS = { "2": "5.12", "5": "5.15", c: "cloud" } as const;

let table: Tree | undefined;

// Loaded at the first use, because it would slow down the start of Node-RED.
function root(): Tree {
  table ??= require("./operations.json") as Tree;
  return table;
}

/**
 * Finds an operation.
 * @param path from `/openapi/` on, filled or with placeholders
 */
export function findOperation(method: string, path: string): Operation | undefined {
  const [, , ...segments] = path.split("/");
  return find(root(), segments, method, []);
}

/** How an operation returns a list; an unknown operation may still do. */
export function listKind(method: keyof typeof LIST_KINDS, path: string): ListKind {
  return LIST_KINDS[method](path);
}

/** Whether an operation reads by POST. */
export function readsByPost(path: string): boolean {
  const kind = listKind("POST", path);
  return kind === "paged-post" || kind === "post";
}

const listKindsOf = (method: string) => memoize((path): ListKind => findOperation(method, path)?.list ?? "unknown");
const LIST_KINDS = { GET: listKindsOf("GET"), POST: listKindsOf("POST") };

// Literal segments win over placeholders: `devices/all` is not a device.
function find(node: Tree, [segment, ...rest]: string[], method: string, parents: string[]): Operation | undefined {
  if (segment === undefined) {
    const leaf = node[method];
    return typeof leaf === "string" ? parseLeaf(method, parents, leaf) : undefined;
  }
  const placeholders = placeholdersOf(node);
  for (const name of Object.hasOwn(node, segment) ? [segment, ...placeholders] : placeholders) {
    const child = node[name];
    const operation = typeof child === "object" ? find(child, rest, method, [...parents, name]) : undefined;
    if (operation) return operation;
  }
  return undefined;
}

const placeholderCache = new WeakMap<Tree, string[]>();

// Cached, because some nodes have hundreds of names, and each message searches them.
function placeholdersOf(node: Tree): string[] {
  const cached = placeholderCache.get(node);
  if (cached) return cached;
  const placeholders = Object.keys(node).filter((name) => name.startsWith("{"));
  placeholderCache.set(node, placeholders);
  return placeholders;
}

/** All operations, in no particular order. */
export function allOperations(): Operation[] {
  const walk = (node: Tree, parents: string[]): Operation[] =>
    Object.entries(node).flatMap(([name, child]) =>
      typeof child === "string" ? parseLeaf(name, parents, child) : walk(child, [...parents, name]),
    );
  return walk(root(), []);
}

function parseLeaf(method: string, segments: string[], leaf: string): Operation {
  const [id = "", flags = "", names = ""] = leaf.split(" ");
  const list = Object.entries(LIST_FLAGS).find(([flag]) => flags.includes(flag));
  const versions = Object.entries(VERSION_FLAGS).filter(([flag]) => flags.includes(flag));
  return {
    method,
    path: `/openapi/${segments.join("/")}`,
    id,
    label: toWords(id),
    since: versions.map(([, version]) => version),
    list: list?.[1] ?? "unknown",
    query: names ? names.split(",") : [],
    body: flags.includes("B") ? "required" : flags.includes("b") ? "optional" : "none",
  };
}

function toWords(id: string): string {
  const spaced = id.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).toLowerCase();
}
