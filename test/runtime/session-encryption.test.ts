import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { nodeRed, type FlowNode } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";

/** Deploys two accounts with the same password, makes a call with each, and counts the slow derivations of keys. */
async function slowDerivations(password: string): Promise<number> {
  const red = await nodeRed();
  const accounts = await Promise.all(["one", "other"].map((id) => kasaCloud({ id })));
  for (const { cloud } of accounts) cloud.password = password;
  const configs = accounts.map(({ cloud, account }): FlowNode => {
    return { ...account, credentials: { email: cloud.email, password } };
  });
  const lists = configs.map(({ id }): FlowNode => ({ id: `list-${id}`, type: "kasa-device-list", account: id }));
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "SCRYPTREQUEST") count++;
    },
  });
  hook.enable();
  closeAfterTest({ close: () => hook.disable() });
  await red.deploy([...configs, ...lists]);
  for (const { id } of lists) assert.equal((await red.send(id)).error, undefined);
  hook.disable();
  return count;
}

describe("The key of a stored session", () => {
  it("is derived slowly once for all config nodes with the same password", async () => {
    assert.equal(await slowDerivations("chosen by a person"), 1);
  });

  it("is not derived slowly where Node-RED has made the secret of the installation", async () => {
    const { settings } = await nodeRed();
    const { credentialSecret } = settings;
    closeAfterTest({
      close() {
        settings["credentialSecret"] = credentialSecret;
        delete settings["_credentialSecret"];
      },
    });
    settings["credentialSecret"] = undefined;
    settings["_credentialSecret"] = "5f".repeat(32);

    assert.equal(await slowDerivations("chosen by another person"), 0);
  });
});
