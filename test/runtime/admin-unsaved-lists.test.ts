import assert from "node:assert/strict";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deploy, dialogInput, post, savedSecrets } from "./admin-fixture";

describe("A list with the values of a config node that is not deployed", () => {
  it("comes from the platform, and signs in once together with the test and the other lists", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const { config: routerConfig } = await peplinkRouter();
    const red = await deploy();

    await post(red, "kasa-account/test", dialogInput(account));
    const { devices } = await post(red, "kasa-account/list", dialogInput(account, { list: "devices" }));
    const outlets = await post(
      red,
      "kasa-account/list",
      dialogInput(account, { list: "outlets", query: { device: "Desk" } }),
    );
    const { rows: sites } = await post(red, "omada-controller/list", dialogInput(config, { list: "sites" }));
    const { rows: wans } = await post(red, "peplink-router/list", dialogInput(routerConfig, { list: "wan" }));

    assert.equal((devices as unknown[]).length, cloud.devices.length);
    assert.ok((outlets["outlets"] as unknown[]).length > 1);
    assert.deepEqual(
      (sites as { value: string }[]).map(({ value }) => value),
      ["Harbour", "Depot"],
    );
    assert.ok((wans as unknown[]).length > 1);
    assert.equal(cloud.signIns(), 1);
  });

  it("uses the saved secrets of a node that was changed, and sends them to no other server", async () => {
    const { account } = await kasaCloud();
    const stranger = closeAfterTest(await KasaCloud.start());
    const red = await deploy(account);
    const kept = { ...account, timeout: 20, credentials: savedSecrets(account) };

    const { devices } = await post(red, "kasa-account/list", dialogInput(kept, { list: "devices" }));
    const elsewhere = await post(
      red,
      "kasa-account/list",
      dialogInput({ ...kept, server: stranger.url }, { list: "devices" }),
    );

    assert.ok(devices);
    assert.match(elsewhere.error?.message ?? "", /^Enter the password or secret again/);
    assert.equal(stranger.server.journal.length, 0);
  });

  it("uses a secret that was obtained for the node and waits for the deploy", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const { ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));
    await post(red, "kasa-account/keep", { id: "kasa", ticket });
    cloud.requireTwoStep = true;
    const typed = { ...account, credentials: { email: cloud.email, password: "", refreshToken: "__PWRD__" } };

    const { devices, error } = await post(red, "kasa-account/list", dialogInput(typed, { ticket, list: "devices" }));

    assert.ok(devices, error?.message);
  });

  it("says what is missing in an imported node, and knows no other list", async () => {
    const { account } = await kasaCloud();
    const red = await deploy();
    const imported = { ...account, credentials: { email: "__PWRD__", password: "__PWRD__", refreshToken: "__PWRD__" } };

    const missing = await post(red, "kasa-account/list", dialogInput(imported, { list: "devices" }));
    const unknown = await post(red, "kasa-account/list", dialogInput(account, { list: "__proto__" }));

    assert.match(missing.error?.message ?? "", /^Enter the e-mail address and password/);
    assert.equal(unknown.error?.code, "input");
  });
});
