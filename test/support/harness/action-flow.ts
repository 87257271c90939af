import { resolve } from "node:path";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { until } from "../http-fixture";
import type { PeplinkRouter } from "../simulators/peplink/router";
import type { Fault } from "../simulators/simulated-server";
import { deployments } from "./deployments";
import type { FlowNode, FlowRunner } from "./flow-runner";
import { peplinkRouter } from "./platforms";

// The same modules that Node-RED loads: an error has to be of the class that the nodes know.
const { action } = load<typeof import("../../../nodes/shared/action-node")>("nodes/shared/action-node");
export const { MessageSequence } = load<typeof import("../../../nodes/shared/message-sequence")>(
  "nodes/shared/message-sequence",
);
export const { PlatformError } = load<typeof import("../../../src/core/errors")>("src/core/errors");
export const { LightAbortController } = load<typeof import("../../../src/core/abort")>("src/core/abort");

type Act = Parameters<typeof action>[5];

/** What the tests of action nodes begin with, on the runner of their layer. */
export function actionFlows<Runner extends FlowRunner>(getRunner: () => Promise<Runner>) {
  const { deploy, assertNoSecretLeaked } = deployments(getRunner);
  let act: Act = async () => undefined;
  let isRegistered = false;

  /** Deploys a router with a node "status" that reads the time, and a node "post" that writes. */
  async function actionFlow(status: object = {}, settings: object = {}, nodes: FlowNode[] = []) {
    const { router, config } = await peplinkRouter({ http: true }, settings);
    const flow: FlowNode[] = [
      config,
      { id: "status", type: "router-status", router: "router", endpoint: "info.time", ...status },
      { id: "post", type: "router-config-post", router: "router", endpoint: "cmd.sms.sendMessage" },
      ...nodes,
    ];
    const red = await deploy(flow, () => router.secrets());
    return { red, router, flow };
  }

  /** Deploys the same with a node "actor" that runs `actorAct` for each message. */
  async function actorFlow(actorAct: Act) {
    act = actorAct;
    if (!isRegistered) {
      const red = await getRunner();
      red.register((RED: NodeAPI) => {
        function Actor(this: Node, def: NodeDef & { router: string }): void {
          RED.nodes.createNode(this, def);
          action(RED, this, def, "router", def.router, (context) => act(context));
        }
        RED.nodes.registerType("actor", Actor);
      });
      isRegistered = true;
    }
    return actionFlow({}, {}, [{ id: "actor", type: "actor", router: "router" }]);
  }

  return { actionFlow, actorFlow, assertNoSecretLeaked };
}

/** The requests that the router got, except for sign-ins. */
export function sentRequests({ server }: PeplinkRouter): { endpoint: string; query: Record<string, string> }[] {
  return server.journal
    .filter(({ path }) => path !== "/api/auth.token.grant")
    .map(({ path, query }) => {
      const { accessToken: _, ...rest } = Object.fromEntries(query);
      return { endpoint: path.replace("/api/", ""), query: rest };
    });
}

/** Makes requests for an endpoint fail. */
export function failRequests({ server }: PeplinkRouter, fault: Fault, times = Infinity, endpoint = "info.time"): void {
  server.injectFault(fault, { times, when: ({ path }) => path === `/api/${endpoint}` });
}

/** Waits until the router has got so many requests. */
export function untilRequested(router: PeplinkRouter, count: number): Promise<void> {
  return until(() => sentRequests(router).length >= count);
}

function load<Module>(path: string): Module {
  return require(resolve(`dist/${path}.js`)) as Module;
}
