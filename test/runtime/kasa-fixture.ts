import { kasaFlows } from "../support/harness/kasa-flow";
import { nodeRed } from "../support/harness/node-red";

export const { kasaFlow, kasaFlowOf, assertNoSecretLeaked } = kasaFlows(nodeRed);
