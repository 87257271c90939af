import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type Message, type NodeRed } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import type { KasaCloud } from "../support/simulators/kasa/cloud";
import { isRecord, type Json } from "../support/simulators/kasa/firmware";

interface Settings {
  account?: object;
  login?: object;
  list?: object;
  /** What else is in the flow. */
  nodes?: FlowNode[];
}

let shown: { red: NodeRed; cloud: KasaCloud } | undefined;

/** A Kasa cloud, and the real Node-RED with an account "kasa" there, a node "login" and a node "list". */
export async function kasaFlow({ account, login, list, nodes = [] }: Settings = {}) {
  const known = await kasaCloud(account);
  return { ...(await withCloud(known.cloud, { ...known.account }, { login, list }, nodes)), account: known.account };
}

/** The same with a cloud and an account node of the test's own. */
export async function withCloud(
  cloud: KasaCloud,
  account: FlowNode,
  { login = {}, list = {} }: { login?: object | undefined; list?: object | undefined } = {},
  nodes: FlowNode[] = [],
) {
  const red = await nodeRed();
  // Node-RED keeps the credentials that a deploy does not name: an earlier test's would go on.
  const credentials = { email: "", password: "", refreshToken: "", ...account.credentials };
  const flow: FlowNode[] = [
    { ...account, credentials },
    { id: "login", type: "kasa-login", account: "kasa", ...login },
    { id: "list", type: "kasa-device-list", account: "kasa", ...list },
    ...nodes,
  ];
  await red.deploy(flow);
  shown = { red, cloud };
  return { red, cloud, flow };
}

/** For an `afterEach`: looks whether anything that others can read holds a secret, and leaves no flow behind. */
export async function secretsAreKept(): Promise<void> {
  if (!shown) return;
  const { red, cloud } = shown;
  shown = undefined;
  const errors = red.caught().map(({ error }) => error);
  const statuses = ["login", "list"].map((id) => red.statuses(id));
  const readable = [...red.log, JSON.stringify(errors), JSON.stringify(statuses)].join("\n");
  await red.deploy([]);
  for (const secret of cloud.secrets()) {
    for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      assert.ok(!readable.includes(spelling), "a secret can be read in an error, a status or the log");
  }
}

/** What a message brought, where it is an object. */
export const answer = (msg: Message | undefined): Json => (msg?.payload ?? {}) as Json;

/** What a message brought, where it is a list. */
export const rows = (msg: Message | undefined): Json[] => (msg?.payload ?? []) as Json[];

/** What a message tells of the call behind it. */
export const api = (msg: Message | undefined): Json => (msg?.["api"] ?? {}) as Json;

/** The methods that the cloud was asked for, in order. */
export const asked = (cloud: KasaCloud): unknown[] => requests(cloud).map(({ method }) => method);

/** The parameters of each request, in order. */
export const parameters = (cloud: KasaCloud): Json[] =>
  requests(cloud).map(({ params }) => (isRecord(params) ? params : {}));

const requests = (cloud: KasaCloud): Json[] => cloud.server.journal.map(({ body }) => JSON.parse(body) as Json);

/** A refresh token, as somebody brings it along who has signed in elsewhere: the journal does not tell of it. */
export async function refreshTokenFor(cloud: KasaCloud, terminalUUID: string): Promise<string> {
  const { email: cloudUserName, password: cloudPassword } = cloud;
  const params = { appType: "Kasa_iOS", cloudUserName, cloudPassword, terminalUUID, refreshTokenNeeded: true };
  const response = await fetch(cloud.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method: "login", params }),
  });
  const { result } = (await response.json()) as { result: { refreshToken: string } };
  cloud.server.journal.length = 0;
  return result.refreshToken;
}
