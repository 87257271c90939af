import type { KasaCloud } from "../simulators/kasa/cloud";
import { isRecord, type Json } from "../simulators/kasa/firmware";
import { deployments } from "./deployments";
import type { FlowNode, FlowRunner, Message } from "./flow-runner";
import { kasaCloud } from "./platforms";

interface KasaFlowSettings {
  account?: object;
  login?: object;
  list?: object;
  /** More nodes of the flow. */
  nodes?: FlowNode[];
}

/** What the tests of Kasa nodes begin with, on the runner of their layer. */
export function kasaFlows<Runner extends FlowRunner>(getRunner: () => Promise<Runner>) {
  const { deploy, assertNoSecretLeaked } = deployments(getRunner);

  /** Deploys an account "kasa" of a new cloud, with a node "login" and a node "list". */
  async function kasaFlow({ account: settings, ...flow }: KasaFlowSettings = {}) {
    const { cloud, account } = await kasaCloud(settings);
    return { ...(await kasaFlowOf(cloud, account, flow)), account };
  }

  /** Does the same with a cloud and an account node that are there already. */
  async function kasaFlowOf(cloud: KasaCloud, account: FlowNode, { login, list, nodes = [] }: KasaFlowSettings = {}) {
    // Node-RED keeps credentials that a deploy does not name: those of an earlier test would stay.
    const credentials = { email: "", password: "", refreshToken: "", ...account.credentials };
    const flow: FlowNode[] = [
      { ...account, credentials },
      { id: "login", type: "kasa-login", account: "kasa", ...login },
      { id: "list", type: "kasa-device-list", account: "kasa", ...list },
      ...nodes,
    ];
    const red = await deploy(flow, () => cloud.secrets());
    return { red, cloud, flow };
  }

  return { kasaFlow, kasaFlowOf, assertNoSecretLeaked };
}

/** The payload of a message, as an object. */
export const payloadOf = (msg: Message | undefined): Json => (msg?.payload ?? {}) as Json;

/** The payload of a message, as a list. */
export const rowsOf = (msg: Message | undefined): Json[] => (msg?.payload ?? []) as Json[];

/** What `msg.api` says about the call. */
export const apiOf = (msg: Message | undefined): Json => (msg?.["api"] ?? {}) as Json;

/** The methods that the cloud was called with, in order. */
export const calledMethods = (cloud: KasaCloud): unknown[] => requests(cloud).map(({ method }) => method);

/** The parameters of each request, in order. */
export const sentParameters = (cloud: KasaCloud): Json[] =>
  requests(cloud).map(({ params }) => (isRecord(params) ? params : {}));

const requests = (cloud: KasaCloud): Json[] => cloud.server.journal.map(({ body }) => JSON.parse(body) as Json);

/** Signs in as another program does, for its refresh token; the cloud's journal does not show it. */
export async function fetchRefreshToken(cloud: KasaCloud, terminalUUID: string): Promise<string> {
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
