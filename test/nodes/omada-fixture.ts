import { omadaFlows } from "../support/harness/omada-flow";
import { testHelper } from "../support/harness/test-helper";

export const { omadaFlow, omadaFlowWithClients, commandFlow, assertNoSecretLeaked } = omadaFlows(testHelper);
