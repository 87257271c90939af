import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";

/** An answer of the runtime to a dialog. */
export interface Told {
  error?: { code: string; message: string; vendorCode?: number };
  who?: Record<string, unknown>;
  certificate?: Record<string, string>;
  ticket?: string;
  obtained?: string[];
  [field: string]: unknown;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What a dialog posts: the config node as it was typed, saved or not. */
export function typed({ id, credentials, type: _type, ...settings }: FlowNode, changed: object = {}): object {
  const texts = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, asText(value ?? "")]));
  return { id, settings: texts, credentials, ...changed };
}

/** Secrets as a dialog has them after a deploy: Node-RED's placeholder stands for each that the runtime keeps. */
export function keptSecrets({ credentials = {} }: FlowNode): Record<string, string> {
  const secret = ["password", "clientSecret", "refreshToken"];
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [name, secret.includes(name) ? "__PWRD__" : value]),
  );
}

/** Asks as a dialog does that posts what was typed into it. */
export async function post({ url }: Pick<NodeRed, "url">, path: string, body: unknown): Promise<Told> {
  const response = await fetch(`${url}/homenet/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return told(response);
}

/** Asks as a dialog does that shows a list. */
export async function get({ url }: Pick<NodeRed, "url">, path: string): Promise<Told> {
  return told(await fetch(`${url}/homenet/${path}`));
}

async function told(response: Response): Promise<Told> {
  if (response.status !== 200 || response.headers.get("cache-control") !== "no-store")
    throw new Error(`${response.status} ${response.headers.get("cache-control")} ${await response.text()}`);
  return (await response.json()) as Told;
}

/** The one Node-RED, with these nodes deployed. */
export async function deployed(...nodes: FlowNode[]): Promise<NodeRed> {
  const red = await nodeRed();
  await red.deploy(nodes);
  return red;
}
