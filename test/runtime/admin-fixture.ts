import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";

/** A response of the runtime to a dialog. */
interface AdminResult {
  error?: { code: string; message: string; vendorCode?: number };
  who?: Record<string, unknown>;
  certificate?: Record<string, string>;
  ticket?: string;
  obtained?: string[];
  [field: string]: unknown;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What a dialog posts: its values, saved or not. */
export function dialogInput({ id, credentials, type: _type, ...settings }: FlowNode, changed: object = {}): object {
  const texts = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, asText(value ?? "")]));
  return { id, settings: texts, credentials, ...changed };
}

/** Credentials as a dialog has them after a deploy: Node-RED's placeholder stands for each secret. */
export function savedSecrets({ credentials = {} }: FlowNode): Record<string, string> {
  const secret = ["password", "clientSecret", "refreshToken"];
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [name, secret.includes(name) ? "__PWRD__" : value]),
  );
}

/** Sends a request with the values of a dialog. */
export async function post({ url }: Pick<NodeRed, "url">, path: string, body: unknown): Promise<AdminResult> {
  const response = await fetch(`${url}/homenet/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return parseResult(response);
}

/** Sends a request for a list in a dialog. */
export async function get({ url }: Pick<NodeRed, "url">, path: string): Promise<AdminResult> {
  return parseResult(await fetch(`${url}/homenet/${path}`));
}

async function parseResult(response: Response): Promise<AdminResult> {
  if (response.status !== 200 || response.headers.get("cache-control") !== "no-store")
    throw new Error(`${response.status} ${response.headers.get("cache-control")} ${await response.text()}`);
  return (await response.json()) as AdminResult;
}

/** Deploys these nodes to the Node-RED that all tests share. */
export async function deploy(...nodes: FlowNode[]): Promise<NodeRed> {
  const red = await nodeRed();
  await red.deploy(nodes);
  return red;
}
