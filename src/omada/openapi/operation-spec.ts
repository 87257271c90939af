import { readsByPost } from "../operations";
import type { BodySpec, Field } from "./schema-fields";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** An operation as a form needs it. Its texts come from the controller: they must be shown as text, never as HTML. */
export interface OperationSpec {
  method: Method;
  /** From `/openapi/` on, with its placeholders. */
  path: string;
  /** The vendor's word for the topic; blank if unknown. */
  tag: string;
  /** What it does, in a few words. */
  summary: string;
  id: string;
  deprecated: boolean;
  /** The fields of the path and the query, without those that the node fills in itself. */
  parameters: readonly Field[];
  /** Undefined if it takes none; `file` if it requires an upload, which no node supports. */
  body?: (BodySpec & { required: boolean; file: boolean }) | undefined;
}

/** The placeholders that the node fills in itself. */
export const NODE_PLACEHOLDERS: ReadonlySet<string> = new Set(["omadacId", "mspId", "siteId"]);

/** Whether an operation only reads, be it by POST. */
export function isReadOperation({ method, path }: Pick<OperationSpec, "method" | "path">): boolean {
  return method === "GET" || (method === "POST" && readsByPost(path));
}

/**
 * Finds the operation of a path.
 * @param path from `/openapi/` on; filled, or with placeholders of any name
 */
export function findOperationSpec(
  operations: readonly OperationSpec[],
  method: string,
  path: string,
): OperationSpec | undefined {
  const segments = path.split("/");
  let best: { operation: OperationSpec; literals: number } | undefined;
  for (const operation of operations) {
    if (operation.method !== method) continue;
    if (operation.path === path) return operation;
    const template = operation.path.split("/");
    if (template.length !== segments.length) continue;
    if (!template.every((part, index) => segmentMatches(segments[index], part))) continue;
    // `devices/all` is not a device.
    const literals = template.filter((part) => !isPlaceholder(part)).length;
    if (literals > (best?.literals ?? -1)) best = { operation, literals };
  }
  return best?.operation;
}

const isPlaceholder = (segment = ""): boolean => segment.startsWith("{");

function segmentMatches(segment: string | undefined, template: string): boolean {
  return isPlaceholder(template) ? segment !== "" : segment === template;
}
