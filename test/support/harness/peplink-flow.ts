import assert from "node:assert/strict";
import type { PeplinkRouter } from "../simulators/peplink/router";
import { deployments } from "./deployments";
import type { FlowNode, FlowRunner, Message } from "./flow-runner";
import { peplinkRouter } from "./platforms";

export interface PeplinkFlowSettings {
  /** Options of the simulated router. */
  listen?: Parameters<typeof peplinkRouter>[0];
  /** Settings of the config node, or a function that derives them from the router. */
  router?: object | ((router: PeplinkRouter) => object);
  status?: object;
  post?: object;
  /** More nodes of the flow. */
  nodes?: FlowNode[];
}

/** What the tests of Peplink nodes begin with, on the runner of their layer. */
export function peplinkFlows<Runner extends FlowRunner>(getRunner: () => Promise<Runner>) {
  const { deploy, assertNoSecretLeaked } = deployments(getRunner);

  /** Deploys a config node "router" of a new router, with a node "status" and a node "post". */
  async function peplinkFlow({ listen, router: settings = {}, status, post, nodes = [] }: PeplinkFlowSettings = {}) {
    const { router, config: defaults } = await peplinkRouter(listen);
    const config: FlowNode = { ...defaults, ...(typeof settings === "function" ? settings(router) : settings) };
    const flow: FlowNode[] = [
      config,
      { id: "status", type: "router-status", router: "router", ...status },
      { id: "post", type: "router-config-post", router: "router", ...post },
      ...nodes,
    ];
    const red = await deploy(flow, () => router.secrets());
    return { red, router, config, flow };
  }

  return { peplinkFlow, assertNoSecretLeaked };
}

/** The mode and the credentials of a router's administrator. */
export function asUser({ username, password }: { username: string; password: string }): object {
  return { mode: "user", credentials: { username, password } };
}

/** The credentials of an API client that may only read. */
export function asReadOnlyClient({ readOnlyClient }: PeplinkRouter): object {
  const { clientId, clientSecret } = readOnlyClient;
  return { credentials: { clientId, clientSecret } };
}

const SIGN_IN_PATHS = ["/api/login", "/api/auth.token.grant"];

/** The requests that the router got, except for sign-ins, in order: method, endpoint and query without the token. */
export function sentRequests({ server }: PeplinkRouter): string[] {
  const requests = server.journal.filter(({ path }) => !SIGN_IN_PATHS.includes(path));
  return requests.map(({ method, path, query }) => {
    const rest = [...query].filter(([name]) => name !== "accessToken").map(([name, value]) => `${name}=${value}`);
    return `${method} ${path.replace("/api/", "")}${rest.length ? `?${rest.join("&")}` : ""}`;
  });
}

/** The bodies that an endpoint got, in order; an empty one is "". */
export function sentBodies({ server }: PeplinkRouter, endpoint: string): unknown[] {
  const requests = server.journal.filter(({ path }) => path === `/api/${endpoint}`);
  return requests.map(({ body }) => (body === "" ? "" : JSON.parse(body)));
}

/** Makes an endpoint of the router respond in another way from now on. */
export function respondWith({ server }: PeplinkRouter, endpoint: string, body: unknown, response: object = {}): void {
  const when = ({ path }: { path: string }): boolean => path === `/api/${endpoint}`;
  server.injectFault({ kind: "response", body, ...response }, { times: Infinity, when });
}

/** The payload of a message. */
export function payloadOf<T>(msg: Message | undefined): T {
  assert.ok(msg, "nothing was sent");
  return msg.payload as T;
}

/** `msg.api` except for what differs from run to run. */
export function apiOf(msg: Message | undefined): Record<string, unknown> {
  assert.ok(msg, "there is no message");
  const { durationMs, ...api } = msg["api"] as Record<string, unknown>;
  assert.ok(typeof durationMs === "number" && durationMs >= 0);
  return api;
}
