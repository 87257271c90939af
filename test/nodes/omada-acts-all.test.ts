import assert from "node:assert/strict";
import { apiOf } from "../support/harness/omada-flow";
import { EXAMPLES } from "../unit/omada/acts/act-fixture";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

describe("omada-command with each act", () => {
  afterEach(assertNoSecretLeaked);

  for (const { act, order, changed, to, payload, steps, verified = true } of EXAMPLES) {
    it(`does ${act} with target and value of the message (${JSON.stringify(order)})`, async () => {
      const confirm = order?.confirm === true;
      const { send, controller } = await commandFlow({ act, confirm }, { listen: { version: "6.2.0" } });

      const { msg, error } = await send({ target: order?.target, payload: order?.value });

      assert.equal(error, undefined);
      assert.deepEqual(changed(controller), to);
      if (payload !== undefined) assert.deepEqual(msg?.payload, payload);
      const { verified: shown, steps: sent } = apiOf(msg);
      assert.equal(shown, verified);
      assert.deepEqual(
        sent,
        steps.map((operation) => ({ operation, done: true })),
      );
    });
  }
});
