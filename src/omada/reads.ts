/** How a controller hands out a list. */
export type ListKind = "paged" | "log" | "posted" | "post" | "unknown";

const KINDS = { paged: "paged", pagedLogs: "log", pagedPosts: "posted", posts: "post" } as const;

let shapes: Map<string, { segments: string[]; kind: ListKind }[]> | undefined;

/**
 * What is known of a read: paged by query, paged with a log's page sizes, paged by a POSTed body, a plain POST.
 * @param path from `/openapi/` on, filled or not
 */
export function listKind(method: "GET" | "POST", path: string): ListKind {
  const segments = path.split("/").slice(2);
  const known = table()
    .get(`${method} ${segments.length}`)
    ?.find((shape) => shape.segments.every((segment, index) => segment === "*" || segment === segments[index]));
  return known?.kind ?? "unknown";
}

// Read at the first query: most flows never need it, and Node-RED should not wait for it.
function table(): NonNullable<typeof shapes> {
  if (shapes) return shapes;
  const facts = require("./reads.json") as Record<keyof typeof KINDS, string[]>;
  shapes = new Map();
  for (const group of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    for (const shape of facts[group]) {
      const segments = shape.split("/");
      const key = `${group.endsWith("osts") ? "POST" : "GET"} ${segments.length}`;
      shapes.set(key, [...(shapes.get(key) ?? []), { segments, kind: KINDS[group] }]);
    }
  }
  return shapes;
}
