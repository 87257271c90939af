import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deploy, dialogInput, post, savedSecrets } from "./admin-fixture";

const LIST = { id: "list", type: "kasa-device-list", account: "kasa" };

const rows = (msg: { payload?: unknown } | undefined): number => (msg?.payload as unknown[] | undefined)?.length ?? 0;

describe("Test connection", () => {
  it("ends the sign-in cool-down of the deployed node, which continues with the token of the test", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account, LIST);
    const { password } = cloud;
    cloud.password = "changed in the app";
    await red.send("list");
    cloud.password = password;
    const refused = await red.send("list");

    await post(red, "kasa-account/test", dialogInput({ ...account, credentials: savedSecrets(account) }));
    const { msg } = await red.send("list");
    const signIns = cloud.signIns();
    cloud.expireTokens();
    const later = await red.send("list");

    assert.equal(refused.error?.code, "sign-in");
    assert.equal(rows(msg), cloud.devices.length);
    assert.equal(signIns, 1);
    assert.ok(later.msg, "the refusal must not block later sign-ins either");
  });

  it("stores its session like any other, so that a restart afterwards costs no sign-in", async function () {
    this.timeout(60_000);
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([account, LIST]);
    await post(first, "kasa-account/test", dialogInput({ ...account, credentials: savedSecrets(account) }));
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    const { payload } = await second.ask("list");

    assert.equal(rows({ payload }), cloud.devices.length);
    assert.equal(cloud.signIns(), 1);
  });

  it("leaves the deployed session alone after a test of other credentials, or one that was refused", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account, LIST);
    const { password } = cloud;
    cloud.password = "changed in the app";
    await red.send("list");
    const credentials = { ...account.credentials, password: cloud.password };
    const other = await post(red, "kasa-account/test", dialogInput({ ...account, credentials }));
    const before = await red.send("list");
    cloud.password = password;
    const logins = cloud.loginAttempts();

    const after = await red.send("list");

    assert.ok(other.who);
    for (const { error } of [before, after]) assert.equal(error?.code, "sign-in");
    assert.equal(cloud.loginAttempts(), logins);
  });

  it("leaves the deployed session alone after a test of another server or another terminal", async () => {
    const { cloud, account } = await kasaCloud();
    const otherCloud = closeAfterTest(await KasaCloud.start({ password: cloud.password }));
    const red = await deploy(account, LIST);
    await red.send("list");

    const otherServer = await post(red, "kasa-account/test", dialogInput({ ...account, server: otherCloud.url }));
    const otherTerminal = await post(red, "kasa-account/test", dialogInput({ ...account, terminalUUID: "another" }));
    const tests = cloud.signIns() - 1;
    const { msg } = await red.send("list");

    assert.ok(otherServer.who && otherTerminal.who && msg);
    assert.equal(cloud.signIns() - tests, 1, "the deployed session signed in again");
    const tokens = cloud.server.journal.map(({ query }) => query.get("token")).filter(Boolean);
    assert.equal(tokens.at(-1), tokens[0]);
  });

  it("does not disturb a working session when the tested credentials are refused", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account, LIST);
    await red.send("list");

    const { error } = await post(
      red,
      "kasa-account/test",
      dialogInput({ ...account, credentials: { ...account.credentials, password: "wrong" } }),
    );

    assert.equal(error?.code, "sign-in");
    assert.ok((await red.send("list")).msg);
    assert.equal(cloud.signIns(), 1);
  });
});
