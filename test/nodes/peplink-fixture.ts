import { peplinkFlows } from "../support/harness/peplink-flow";
import { testHelper } from "../support/harness/test-helper";

export const { peplinkFlow, assertNoSecretLeaked } = peplinkFlows(testHelper);
