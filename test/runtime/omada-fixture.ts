import assert from "node:assert/strict";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import { nodeRed, type CaughtError, type FlowNode, type Message, type NodeRed } from "../support/harness/node-red";
import { omadaController } from "../support/harness/platforms";
import type { OmadaController } from "../support/simulators/omada/controller";
import type { Row } from "../support/simulators/omada/rows";
import type { RecordedRequest } from "../support/simulators/simulated-server";

interface Settings {
  /** How the controller listens, and which one it is. */
  listen?: Parameters<typeof omadaController>[0];
  /** Of the config node; a function of the controller where it depends on that. */
  omada?: object | ((controller: OmadaController) => object);
  query?: object;
  /** What else is in the flow. */
  nodes?: FlowNode[];
}

let shown: { red: NodeRed; controller: OmadaController } | undefined;

/** A controller, and the real Node-RED with a config node "omada" of it and a node "query". */
export async function omadaFlow({ listen, omada = {}, query, nodes = [] }: Settings = {}) {
  const { controller, config: made } = await omadaController(listen);
  const config: FlowNode = { ...made, ...(typeof omada === "function" ? omada(controller) : omada) };
  const red = await nodeRed();
  const flow: FlowNode[] = [config, { id: "query", type: "omada-query", controller: "omada", ...query }, ...nodes];
  await red.deploy(flow);
  shown = { red, controller };
  return { red, controller, config, flow };
}

/** The credentials of a user of the controller, and the mode that uses them. */
export function asUser({ clientId, clientSecret, username, password }: OmadaController): object {
  return { mode: "code", credentials: { clientId, clientSecret, username, password } };
}

/** For an `afterEach`: looks whether anything that others can read holds a secret, and leaves no flow behind. */
export async function secretsAreKept(): Promise<void> {
  if (!shown) return;
  const { red, controller } = shown;
  shown = undefined;
  const told = [...red.sent("query").map(({ api }) => api), ...red.statuses("query")];
  const failed = red.caught().flatMap(({ api, error }) => [api, error]);
  const readable = [...red.log, JSON.stringify(told), JSON.stringify(failed)].join("\n");
  // Node-RED keeps the credentials that a deploy does not name: the next test's controller would inherit them.
  await red.deploy([]);
  const leaked = controller.secrets().filter((secret) => readable.includes(secret));
  assert.deepEqual(leaked, [], "a secret can be read in an error, a status, msg.api or the log");
}

/** What the controller was asked beside signing in, in order: method, path below `/openapi/` and query. */
export function asked({ server, omadacId, sites }: OmadaController): string[] {
  const calls = server.journal.filter(({ path }) => !path.includes("/authorize/"));
  return calls.map(({ method, path, query }) => {
    const named = path.replace("/openapi/", "").replaceAll(omadacId, "{id}");
    const short = sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), named);
    return `${method} ${short}${query.size ? `?${query}` : ""}`;
  });
}

/** Makes the controller answer calls whose path matches with something of the test's own. */
export function answering({ server }: OmadaController, pattern: RegExp, answer: object, times = 1): void {
  const when = ({ path }: RecordedRequest): boolean => pattern.test(path);
  server.injectFault({ kind: "response", ...answer }, { times, when });
}

/** `msg.api` without what differs from run to run. */
export function apiOf(msg: Message = {}): Record<string, unknown> {
  const { durationMs, ...api } = msg["api"] as Record<string, unknown>;
  assert.ok(typeof durationMs === "number" && durationMs >= 0);
  return api;
}

/** The rows in a payload. */
export function rows(msg: Message = {}): Row[] {
  return msg.payload as Row[];
}

/** The names of the rows in a payload. */
export function names(msg: Message = {}): unknown[] {
  return rows(msg).map(({ name }) => name);
}

/** The code of an error, and what the controller's own number was. */
export function codeOf(error: CaughtError | undefined): unknown[] {
  return [error?.code, error?.cause["vendorCode"]];
}

/** How the messages at "query" end while `act` runs, also those that end in a deploy, of which the harness tells nothing. */
export async function endings(act: () => Promise<void>): Promise<(CaughtError | undefined)[]> {
  const { hooks } = require(NODE_RED) as NodeRedRuntime;
  const ended: (CaughtError | undefined)[] = [];
  hooks.add("onComplete.omada-test", ({ node, error }: { node: { id: string }; error?: CaughtError }) => {
    if (node.id === "query") ended.push(error);
  });
  try {
    await act();
  } finally {
    hooks.remove("onComplete.omada-test");
  }
  return ended;
}
