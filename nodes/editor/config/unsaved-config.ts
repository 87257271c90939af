// A config node as the editor has it: the runtime has it only once it is deployed.

/** Node-RED's placeholder for a secret that the runtime keeps. */
export const SECRET_PLACEHOLDER = "__PWRD__";

/** Tickets of the secrets that the runtime holds for config nodes until they are deployed, by their ids. */
const tickets = new Map<string, string>();

/** Notes that the secrets of a ticket belong to this config node. */
export function rememberTicket(id: string, ticket: string): void {
  tickets.set(id, ticket);
}

/** The config node, unless it was deployed as it is, or none of this type has this id. */
export function unsavedConfigNode(type: string, id: string): EditorNode | undefined {
  const node = RED.nodes.node(id);
  return node?.type === type && node.changed === true ? node : undefined;
}

/** What the runtime needs to know of a config node to use it before it is deployed. */
export function describeUnsaved(node: EditorNode): object {
  const { defaults, credentials } = RED.nodes.getType(node.type);
  const settings = Object.keys(defaults).filter((name) => name !== "name");
  const textOf = (value: unknown): string =>
    typeof value === "string" || typeof value === "number" ? String(value) : "";
  const typed = node.credentials;
  // Without any, nobody has opened its dialog: the runtime has what it had.
  const credentialOf = (name: string): string => {
    if (!typed) return SECRET_PLACEHOLDER;
    return typed[name] === undefined && typed[`has_${name}`] ? SECRET_PLACEHOLDER : textOf(typed[name]);
  };
  return {
    id: node.id,
    z: node.z ?? "",
    ticket: tickets.get(node.id) ?? "",
    settings: {
      ...Object.fromEntries(settings.map((name) => [name, textOf(node[name])])),
      allowHttp: node["allowHttp"] === true,
    },
    credentials: Object.fromEntries(Object.keys(credentials).map((name) => [name, credentialOf(name)])),
  };
}
