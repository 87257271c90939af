import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from "node-red";
import type { LightAbortController } from "../../src/core/abort";
import { cancelledError, inputError, PlatformError } from "../../src/core/errors";
import type { PlatformName } from "./flow-error";
import { emptyVariables, unsetVariableError, variableName } from "./settings";

/** The property by which nodes of a platform refer to their config node, and what that is. */
const REFERENCES = {
  kasa: { property: "account", type: "kasa-account", label: "Kasa account" },
  omada: { property: "controller", type: "omada-controller", label: "Omada controller" },
  router: { property: "router", type: "peplink-router", label: "Peplink router" },
} as const satisfies Readonly<Record<PlatformName, object>>;

/** The type of a platform's config nodes. A variable, or a flow that no editor has made, may name one of another. */
export function configTypeOf(platform: PlatformName): string {
  return REFERENCES[platform].type;
}

/** A config node that is deployed. */
interface Deployed {
  id: string;
  type: string;
  /** The messages that chose it themselves: a deploy of the config node does not close the node that handles them. */
  messages: Set<LightAbortController>;
}

const byId = new Map<string, Deployed>();
/** By type and name: several config nodes may have the same one. */
const byName = new Map<string, Set<Deployed>>();

const nameKey = (type: string, name: string): string => `${type} ${name.trim()}`;

/**
 * Lets messages choose a config node by its id or name.
 * @returns removes it, and cancels the messages that have chosen it
 */
export function registerConfigNode({ id, type, name }: Pick<Node, "id" | "type" | "name">): () => void {
  const deployed: Deployed = { id, type, messages: new Set() };
  const key = nameKey(type, name ?? "");
  const namesakes = byName.get(key) ?? new Set();
  byId.set(id, deployed);
  byName.set(key, namesakes.add(deployed));
  return () => {
    if (byId.get(id) === deployed) byId.delete(id);
    namesakes.delete(deployed);
    if (namesakes.size === 0 && byName.get(key) === namesakes) byName.delete(key);
    for (const message of deployed.messages) message.abort(cancelledError());
  };
}

/** Whether a node leaves the choice of its config node to the message. */
export function isBlankReference(id: string | undefined): boolean {
  // Node-RED's editor saves `_ADD_` where none is chosen.
  return !id || id === "_ADD_";
}

/**
 * The config node that a message names, and that the message is cancelled with.
 * @returns undefined where the message names none either
 * @throws `config` for what is no deployed config node of the platform; `input` where several have the name
 */
export function borrowConfigNode(
  RED: NodeAPI,
  node: Node,
  def: NodeDef,
  platform: PlatformName,
  msg: NodeMessageInFlow,
  message: LightAbortController,
): { id: string; release: () => void } | undefined {
  const { property, type, label } = REFERENCES[platform];
  const unset = emptyVariables(RED, node, def)[property];
  if (unset !== undefined) throw unsetVariableError(unset, property, "config");
  const reference = (msg as unknown as Record<string, unknown>)[property];
  if (reference === undefined || reference === null || reference === "") return undefined;
  if (typeof reference !== "string" && typeof reference !== "number") {
    throw new PlatformError("config", `"msg.${property}" must be the id or the name of the ${label} to use.`);
  }
  const { id, messages } = find(String(reference).trim(), type, property, label);
  messages.add(message);
  return { id, release: () => messages.delete(message) };
}

function find(reference: string, type: string, property: string, label: string): Deployed {
  const byItsId = byId.get(reference);
  if (byItsId?.type === type) return byItsId;
  const [found, ...others] = reference === "" ? [] : (byName.get(nameKey(type, reference)) ?? []);
  const quoted = `"${reference.slice(0, 100)}"`;
  if (!found) {
    const problem = `No deployed ${label} has the id or the name ${quoted} of "msg.${property}".`;
    throw new PlatformError("config", `${problem} Check its spelling, and whether it is disabled.`);
  }
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ id }) => id).join(", ");
  throw inputError(`Several config nodes have the name ${quoted} of "msg.${property}". Use an id instead: ${ids}.`);
}

/**
 * What is wrong with the reference that is saved in a node, where it leads nowhere.
 * @param isOptional whether a message may name a config node instead
 */
export function missingConfigNodeError(
  id: string | undefined,
  platform: PlatformName,
  isOptional: boolean,
): PlatformError {
  const { property } = REFERENCES[platform];
  const variable = variableName(id);
  if (variable !== undefined) return unsetVariableError(variable, property, "config");
  const how = isOptional ? `Choose one in this node, or name one in msg.${property}.` : "Choose one in this node.";
  return new PlatformError("config", `No config node is chosen, or it is disabled. ${how}`);
}
