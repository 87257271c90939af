import { nodeRed } from "../support/harness/node-red";
import { peplinkFlows } from "../support/harness/peplink-flow";

export const { peplinkFlow, assertNoSecretLeaked } = peplinkFlows(nodeRed);
