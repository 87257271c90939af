import assert from "node:assert/strict";
import type { OmadaController } from "../simulators/omada/controller";
import type { Row } from "../simulators/omada/rows";
import type { RecordedRequest } from "../simulators/simulated-server";
import { deployments } from "./deployments";
import type { CaughtError, FlowNode, FlowRunner, Message } from "./flow-runner";
import { omadaController } from "./platforms";

export interface OmadaFlowSettings {
  /** Options of the simulated controller. */
  listen?: Parameters<typeof omadaController>[0];
  /** Settings of the config node, or a function that derives them from the controller. */
  omada?: object | ((controller: OmadaController) => object);
  query?: object;
  /** More nodes of the flow. */
  nodes?: FlowNode[];
}

/** What the tests of Omada nodes begin with, on the runner of their layer. */
export function omadaFlows<Runner extends FlowRunner>(getRunner: () => Promise<Runner>) {
  const { deploy, assertNoSecretLeaked } = deployments(getRunner);

  /** Deploys a config node "omada" of a new controller, and a node "query". */
  async function omadaFlow({ listen, omada = {}, query, nodes = [] }: OmadaFlowSettings = {}) {
    const { controller, config: defaults } = await omadaController(listen);
    const config: FlowNode = { ...defaults, ...(typeof omada === "function" ? omada(controller) : omada) };
    const flow: FlowNode[] = [config, { id: "query", type: "omada-query", controller: "omada", ...query }, ...nodes];
    const red = await deploy(flow, () => controller.secrets());
    return { red, controller, config, flow };
  }

  /** Deploys the same, with a site "Yard" that has so many clients. */
  async function omadaFlowWithClients(count: number, settings: OmadaFlowSettings = {}) {
    const flow = await omadaFlow(settings);
    const site = flow.controller.addSite("Yard");
    const macs = flow.controller.addClients(site, count).map(({ mac }) => mac);
    return { ...flow, site: site.siteId, macs };
  }

  /** Deploys an omada-command "command". */
  async function commandFlow(command: object = {}, settings: OmadaFlowSettings = {}) {
    const node = { id: "command", type: "omada-command", controller: "omada", site: "Harbour", ...command };
    const flow = await omadaFlow({ ...settings, nodes: [node] });
    const { journal } = flow.controller.server;
    return { ...flow, journal, send: (msg: Message = {}) => flow.red.send("command", { ...msg }) };
  }

  return { omadaFlow, omadaFlowWithClients, commandFlow, assertNoSecretLeaked };
}

/** The mode and the credentials of a user of the controller. */
export function asUser({ clientId, clientSecret, username, password }: OmadaController): object {
  return { mode: "code", credentials: { clientId, clientSecret, username, password } };
}

/** The requests that the controller got, except for sign-ins, in order: method, path below `/openapi/` and query. */
export function sentRequests({ server, omadacId, sites }: OmadaController): string[] {
  const requests = server.journal.filter(({ path }) => !path.includes("/authorize/"));
  return requests.map(({ method, path, query }) => {
    const generic = path.replace("/openapi/", "").replaceAll(omadacId, "{id}");
    const named = sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), generic);
    return `${method} ${named}${query.size ? `?${query}` : ""}`;
  });
}

/** The requests of these that change something, in order. */
export function sentWrites(controller: OmadaController): string[] {
  return sentRequests(controller).filter((request) => !request.startsWith("GET "));
}

export function isWrite({ method, path }: RecordedRequest): boolean {
  return method !== "GET" && !path.includes("/authorize/");
}

/** Makes the controller respond in another way to requests whose path matches. */
export function respondWith({ server }: OmadaController, pattern: RegExp, response: object, times = 1): void {
  const when = ({ path }: RecordedRequest): boolean => pattern.test(path);
  server.injectFault({ kind: "response", ...response }, { times, when });
}

/** Matches the requests for a page of a list. */
export function isPage(page: number) {
  return ({ query }: RecordedRequest): boolean => query.get("page") === `${page}`;
}

/** `msg.api` except for what differs from run to run. */
export function apiOf(msg: Message = {}): Record<string, unknown> {
  const { durationMs, ...api } = msg["api"] as Record<string, unknown>;
  assert.ok(typeof durationMs === "number" && durationMs >= 0);
  return api;
}

/** The payload of a message, as rows. */
export function rowsOf(msg: Message = {}): Row[] {
  return msg.payload as Row[];
}

export function namesOf(msg: Message = {}): unknown[] {
  return rowsOf(msg).map(({ name }) => name);
}

export function macsOf(msg: Message = {}): unknown[] {
  return rowsOf(msg).map(({ mac }) => mac);
}

/** The code of an error, and the controller's own number. */
export function codesOf(error: CaughtError | undefined): unknown[] {
  return [error?.code, error?.cause["vendorCode"]];
}
