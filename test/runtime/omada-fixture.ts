import { nodeRed } from "../support/harness/node-red";
import { omadaFlows } from "../support/harness/omada-flow";

export const { omadaFlow, omadaFlowWithClients, commandFlow, assertNoSecretLeaked } = omadaFlows(nodeRed);
