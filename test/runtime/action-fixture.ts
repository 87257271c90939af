import { actionFlows } from "../support/harness/action-flow";
import { nodeRed } from "../support/harness/node-red";

export const { actionFlow, actorFlow, assertNoSecretLeaked } = actionFlows(nodeRed);
