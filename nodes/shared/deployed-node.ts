import type { Node, NodeAPI, NodeDef } from "node-red";
import { PlatformError } from "../../src/core/errors";

/** A node as it was saved, with what the types of Node-RED leave out. */
export interface SavedNode extends Omit<NodeDef, "z"> {
  /** The flow or subflow that it belongs to; left out for what belongs to all flows. */
  z?: string;
  /** Whether the node is disabled. */
  d?: boolean;
  /** Whether the flow is disabled. */
  disabled?: boolean;
  /** The environment variables of a flow, group, subflow, or instance of a subflow. */
  env?: { name?: unknown; value?: unknown }[];
}

/** Subflows in subflows in subflows: nobody nests them more deeply. */
const MAX_DEPTH = 10;

/** The nodes that were deployed last, as they were saved. */
export function savedNodes(RED: NodeAPI): Map<string, SavedNode> {
  const nodes = new Map<string, SavedNode>();
  RED.nodes.eachNode((node) => nodes.set(node.id, node));
  return nodes;
}

/**
 * A running node by the id that the editor knows. A node of a subflow runs once for each instance of the subflow, under
 * another id each time: then it is the first that runs.
 */
export function findNode(RED: NodeAPI, id: string): Node | undefined {
  const node = RED.nodes.getNode(id) as Node | null;
  if (node || !id) return node ?? undefined;
  const saved = savedNodes(RED);
  for (const runtimeId of runtimeIds(saved, id, MAX_DEPTH)) {
    const instance = RED.nodes.getNode(runtimeId) as Node | null;
    if (instance) return instance;
  }
  return undefined;
}

// Node-RED puts the id of the instance before that of the node.
function* runtimeIds(saved: Map<string, SavedNode>, id: string, depth: number): Generator<string> {
  const { z } = saved.get(id) ?? {};
  const isInSubflow = z !== undefined && saved.get(z)?.type === "subflow";
  if (!isInSubflow) yield id;
  if (!isInSubflow || depth === 0) return;
  for (const instance of saved.values()) {
    if (instance.type !== `subflow:${z}`) continue;
    for (const instanceId of runtimeIds(saved, instance.id, depth - 1)) yield `${instanceId}-${id}`;
  }
}

/**
 * Why no node with this id runs.
 * @param what is called so in the error, with a capital letter
 */
export function notRunningError(RED: NodeAPI, id: string, what: string): PlatformError {
  const saved = savedNodes(RED);
  const node = saved.get(id);
  return new PlatformError("config", `${what} ${node ? reason(saved, node) : "is not deployed: deploy first."}`);
}

function reason(saved: Map<string, SavedNode>, { d, z = "" }: SavedNode): string {
  const place = saved.get(z);
  if (d || place?.d) return "is disabled. Enable it and deploy.";
  if (place?.disabled) return "is in a flow that is disabled. Enable the flow and deploy.";
  const isUsed = (): boolean => [...saved.values()].some(({ type }) => type === `subflow:${z}`);
  if (place?.type === "subflow" && !isUsed()) return "is in a subflow of which no instance is deployed. Add one.";
  return "is not running: the flows are stopped. Start them.";
}
