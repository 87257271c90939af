import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type Message, type NodeRed } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import type { PeplinkRouter } from "../support/simulators/peplink/router";

interface Settings {
  /** How the router listens. */
  listen?: Parameters<typeof peplinkRouter>[0];
  /** Of the config node. */
  router?: object;
  status?: object;
  post?: object;
  /** What else is in the flow. */
  nodes?: FlowNode[];
}

let shown: { red: NodeRed; router: PeplinkRouter } | undefined;

/** A router, and the real Node-RED with a config node "router" of it, a node "status" and a node "post". */
export async function routerFlow({ listen, router: settings, status, post, nodes = [] }: Settings = {}) {
  const { router, config } = await peplinkRouter(listen, settings);
  const red = await nodeRed();
  const flow: FlowNode[] = [
    config,
    { id: "status", type: "router-status", router: "router", ...status },
    { id: "post", type: "router-config-post", router: "router", ...post },
    ...nodes,
  ];
  await red.deploy(flow);
  shown = { red, router };
  return { red, router, config, flow };
}

/** The credentials of a router's administrator, and the mode that uses them. */
export function asUser({ username, password }: { username: string; password: string }): object {
  return { mode: "user", credentials: { username, password } };
}

/** For an `afterEach`: looks whether anything that others can read holds a secret, and leaves no flow behind. */
export async function secretsAreKept(): Promise<void> {
  if (!shown) return;
  const { red, router } = shown;
  shown = undefined;
  const told = ["status", "post"].flatMap((id) => [...red.sent(id).map(({ api }) => api), ...red.statuses(id)]);
  const failed = red.caught().flatMap(({ api, error }) => [api, error]);
  const readable = [...red.log, JSON.stringify(told), JSON.stringify(failed)].join("\n");
  // Node-RED keeps the credentials that a deploy does not name: the next test's router would inherit them.
  await red.deploy([]);
  const leaked = router.secrets().filter((secret) => readable.includes(secret));
  assert.deepEqual(leaked, [], "a secret can be read in an error, a status, msg.api or the log");
}

const SIGN_INS = ["/api/login", "/api/auth.token.grant"];

/** What the router was asked beside signing in, in order: method, endpoint and query without the token. */
export function asked({ server }: PeplinkRouter): string[] {
  const requests = server.journal.filter(({ path }) => !SIGN_INS.includes(path));
  return requests.map(({ method, path, query }) => {
    const rest = [...query].filter(([name]) => name !== "accessToken").map(([name, value]) => `${name}=${value}`);
    return `${method} ${path.replace("/api/", "")}${rest.length ? `?${rest.join("&")}` : ""}`;
  });
}

/** The bodies that an endpoint got, in order; none is "". */
export function bodies({ server }: PeplinkRouter, endpoint: string): unknown[] {
  const requests = server.journal.filter(({ path }) => path === `/api/${endpoint}`);
  return requests.map(({ body }) => (body === "" ? "" : JSON.parse(body)));
}

/** Makes the router answer an endpoint with something of the test's own, as often as it is asked. */
export function answering({ server }: PeplinkRouter, endpoint: string, body: unknown, more: object = {}): void {
  const when = ({ path }: { path: string }): boolean => path === `/api/${endpoint}`;
  server.injectFault({ kind: "response", body, ...more }, { times: Infinity, when });
}

/** The payload of a message that was sent on. */
export function payloadOf<T>(msg: Message | undefined): T {
  assert.ok(msg, "nothing was sent on");
  return msg.payload as T;
}

/** `msg.api` without what differs from run to run. */
export function apiOf(msg: Message | undefined): Record<string, unknown> {
  assert.ok(msg, "there is no message");
  const { durationMs, ...api } = msg["api"] as Record<string, unknown>;
  assert.ok(typeof durationMs === "number" && durationMs >= 0);
  return api;
}
