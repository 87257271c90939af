import { kasaFlows } from "../support/harness/kasa-flow";
import { testHelper } from "../support/harness/test-helper";

export const { kasaFlow, kasaFlowOf, assertNoSecretLeaked } = kasaFlows(testHelper);
