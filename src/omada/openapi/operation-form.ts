import { destructiveEffect } from "../commands";
import { expandPath, needsSite } from "../path";
import { findOperationSpec, NODE_PLACEHOLDERS, type OperationSpec } from "./operation-spec";
import type { Field } from "./schema-fields";

/** The form for an operation. Its texts come from the controller: they must be shown as text, never as HTML. */
export interface OperationForm {
  /** Undefined for an unknown operation: then the form has the placeholders of the path only. */
  operation?: Pick<OperationSpec, "tag" | "summary" | "deprecated"> | undefined;
  /** The fields of the path and the query. */
  parameters: Field[];
  body?: OperationSpec["body"];
  /** Whether the path has a placeholder for the node's site. */
  site: boolean;
  /** What a destructive operation does, in words that follow "would": the node must then be set to confirm it. */
  destroys?: string;
}

/**
 * Builds the form for the settings of a node.
 * @param path in any form that the nodes accept
 * @throws `input` for a path that the nodes refuse
 */
export function buildForm(operations: readonly OperationSpec[], method: string, path: string): OperationForm {
  const template = expandPath(path);
  const operation = findOperationSpec(operations, method, template);
  const specSegments = (operation?.path ?? "").split("/");
  // A placeholder keeps the name that it has in the node's path; a filled one needs no field.
  const inPath = template.split("/").flatMap((segment, index): Field[] => {
    const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
    if (name === undefined || NODE_PLACEHOLDERS.has(name)) return [];
    const declared = operation?.parameters.find(
      (field) => field.in === "path" && `{${field.at[0]}}` === specSegments[index],
    );
    return [{ ...(declared ?? { in: "path", type: "string", required: true }), at: [name] }];
  });
  const inQuery = operation?.parameters.filter((field) => field.in === "query") ?? [];
  const destroys = method === "GET" ? undefined : destructiveEffect(method, template);
  return {
    parameters: [...inPath, ...inQuery],
    site: needsSite(template),
    ...(operation && { operation: summarize(operation), body: operation.body }),
    ...(destroys === undefined ? {} : { destroys }),
  };
}

function summarize({ tag, summary, deprecated }: OperationSpec): OperationForm["operation"] {
  return { tag, summary, deprecated };
}
