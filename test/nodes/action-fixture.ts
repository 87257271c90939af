import { actionFlows } from "../support/harness/action-flow";
import { testHelper } from "../support/harness/test-helper";

export const { actionFlow, actorFlow, assertNoSecretLeaked } = actionFlows(testHelper);
