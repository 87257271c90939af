import { destroys } from "../commands";
import { findOperation } from "../operations";
import { expandPath, needsSite } from "../path";
import { findOperationSpec, type OperationSpec } from "./description";
import type { Field } from "./schema-fields";

/** What a form for an operation asks. Its texts are the controller's own: they must be shown as text. */
export interface OperationForm {
  /** None where nobody knows of it: then the places of its path are all that is asked. */
  operation?: Pick<OperationSpec, "tag" | "summary" | "deprecated"> | undefined;
  /** What goes into the path and the query. */
  parameters: Field[];
  body?: OperationSpec["body"] | undefined;
  /** Whether the node's site has a place in the path. */
  site: boolean;
  /** What it destroys, where it does: the node then wants it confirmed. */
  destroys?: string;
}

/** The node knows which controller and which site. */
const OWN_PLACES = new Set(["omadacId", "mspId", "siteId"]);

/**
 * The form for what a node is set to.
 * @param path in any form that the nodes take
 * @throws `input` for a path that the nodes refuse
 */
export function buildForm(operations: readonly OperationSpec[], method: string, path: string): OperationForm {
  const template = expandPath(path);
  const operation = findOperationSpec(operations, method, template);
  const places = (operation?.path ?? "").split("/");
  // A place is called what the path calls it; one that is filled already asks for nothing.
  const inPath = template.split("/").flatMap((segment, index): Field[] => {
    const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
    if (name === undefined || OWN_PLACES.has(name)) return [];
    const known = operation?.parameters.find((field) => field.in === "path" && `{${field.at[0]}}` === places[index]);
    return [{ ...(known ?? { in: "path", type: "string", required: true }), at: [name] }];
  });
  const inQuery = operation?.parameters.filter((field) => field.in === "query") ?? [];
  const what = method === "GET" ? undefined : destroys(method, template, findOperation(method, template));
  return {
    parameters: [...inPath, ...inQuery],
    site: needsSite(template),
    ...(operation && { operation: aboutIt(operation), body: operation.body }),
    ...(what === undefined ? {} : { destroys: what }),
  };
}

function aboutIt({ tag, summary, deprecated }: OperationSpec): OperationForm["operation"] {
  return { tag, summary, deprecated };
}
