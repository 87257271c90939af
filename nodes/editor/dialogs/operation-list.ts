// The operations of a controller, as the dialogs list them.
import { NO_CONFIG_NODE, placeOf, request, text, valueOf, type RuntimeError, type RuntimeResponse } from "../core";
import type { Row } from "../lists/listbox";

export interface Operation {
  method: string;
  path: string;
  tag: string;
  summary: string;
  deprecated: boolean;
  /** What it destroys. */
  destroys?: string;
}

/** Whose operations a response is about. */
interface Source {
  /** Whether they are from the controller's own description; if not, they are from the bundled table. */
  own: boolean;
  version?: string;
  total: number;
  /** Whether the controller's description is on its way. */
  pending: boolean;
  notDeployed: boolean;
  /** Why the controller's description is not available. */
  why?: RuntimeError;
}

/** An act has no method and no path. */
export type OperationRow = Row & { method?: string; path?: string };

/** The field for the config node. */
export const CONTROLLER = "#node-input-controller";

/**
 * Requests what is known of the operations of the chosen controller.
 * @param path below its operations, such as "/form"; blank searches them
 */
export function requestOperations<T>(
  path: string,
  query: Record<string, string>,
): Promise<RuntimeResponse<T & Source>> {
  const id = valueOf(CONTROLLER);
  const controller = id && id !== NO_CONFIG_NODE ? id : "-";
  return request(
    `operations/${encodeURIComponent(controller)}${path}?${$.param({ ...query, ...placeOf(controller) })}`,
  );
}

/** Says whose operations are shown, and why they are not the controller's own. */
export function showSource({ own, version, total, pending, notDeployed, why }: Source): void {
  const key = own ? "own" : pending ? "pending" : notDeployed ? "notDeployed" : "bundled";
  const parts = [text(`operation.${key}`, { total })];
  if (own && version) parts.push(`${text("operation.version")} ${version}`);
  if (why && !own) parts.push(why.message);
  $("#homenet-operation-about").text(parts.join(" "));
}

/** An operation as a row of a list. */
export function operationRow({ method, path, tag, summary, deprecated, destroys }: Operation): OperationRow {
  const warning = destroys ? text("operation.destroys") : deprecated ? text("operation.deprecated") : "";
  const below = `${method} ${path}`;
  return { value: path, method, path, label: summary || path, detail: warning || tag, below, dim: deprecated };
}
