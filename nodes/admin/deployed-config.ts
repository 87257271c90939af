import type { Node, NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import type { ConfigNode, PlatformClient } from "../shared/config-node";
import { findNode, notRunningError, savedNodes, type SavedNode } from "../shared/deployed-node";

const VARIABLE = /^\$\{([^}]+)\}$/;

/**
 * The running config node that a dialog names, by its id or, as in a subflow whose instances choose it, by a variable.
 * @param place id of the flow or subflow that is being edited; its instances are asked first
 * @returns undefined if none of this type is deployed
 * @throws `config` if it is deployed, but does not run
 */
export function findConfigNode<Client extends PlatformClient, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  id: string,
  place = "",
): ConfigNode<Client, Credentials> | undefined {
  const name = VARIABLE.exec(id)?.[1];
  const ids = name === undefined ? [id] : valuesOf(RED, name, place);
  for (const candidate of ids) {
    const node = findNode(RED, candidate);
    if (node?.type === type) return node as ConfigNode<Client, Credentials>;
  }
  if (name !== undefined) {
    throw new PlatformError("config", `No instance of this subflow chooses a config node as ${name}. Deploy one.`);
  }
  if (savedNodes(RED).get(id)?.type === type) throw notRunningError(RED, id, "The config node");
  return undefined;
}

/** What a variable stands for in the instances of a subflow and wherever else it is set. */
function valuesOf(RED: NodeAPI, name: string, place: string): string[] {
  const isInstance = ({ type, id }: SavedNode): boolean => type === `subflow:${place}` || id === place;
  const nodes = [...savedNodes(RED).values()];
  const values = [...nodes.filter(isInstance), ...nodes].flatMap(({ env }) =>
    (Array.isArray(env) ? env : []).flatMap((variable) => (variable.name === name ? [variable.value] : [])),
  );
  const global = RED.util.evaluateNodeProperty(`\${${name}}`, "env", scopeOf(RED, ""), {}) as unknown;
  return [...new Set([...values, global])].filter((value) => typeof value === "string");
}

/**
 * What stands for a config node that is not deployed when its environment variables are filled in: they come from the
 * flow that it will be in, and from the global ones.
 * @param place id of the flow; blank for a config node of all flows
 */
export function scopeOf(RED: NodeAPI, place: string): Node {
  let global: object | undefined;
  let local: object | undefined;
  RED.nodes.eachNode((saved) => {
    const { id, z = "" } = saved as SavedNode;
    if (local || (global && z !== place)) return;
    const node = z === place ? findNode(RED, id) : (RED.nodes.getNode(id) as Node | null);
    const { _flow } = (node ?? {}) as { _flow?: object };
    if (z === place && z !== "") local = _flow;
    else if (z === "") global ??= _flow;
  });
  return { _flow: local ?? global } as unknown as Node;
}
