import assert from "node:assert/strict";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { OmadaController } from "../support/simulators/omada/controller";
import { deploy, dialogInput, post } from "./admin-fixture";

describe("Test connection without credentials", () => {
  it("says what is there, and what has to be entered next", async () => {
    const { controller, config } = await omadaController();
    const { router, config: routerConfig } = await peplinkRouter();
    const { cloud, account } = await kasaCloud();
    const red = await deploy();

    const omada = await post(red, "omada-controller/test", dialogInput({ ...config, credentials: {} }));
    const peplink = await post(red, "peplink-router/test", dialogInput({ ...routerConfig, credentials: {} }));
    const kasa = await post(red, "kasa-account/test", dialogInput({ ...account, credentials: { email: "" } }));

    assert.deepEqual(omada["found"], { version: "5.15.24.19" });
    assert.match((peplink["found"] as { firmware: string }).firmware, /^\d+\.\d+/);
    assert.deepEqual(kasa["found"], {});
    for (const { next } of [omada, peplink, kasa]) assert.match(String(next), /^Enter the /);
    assert.equal(router.signIns() + cloud.signIns(), 0);
    for (const { path } of controller.server.journal) assert.equal(path, "/api/info");
  });

  it("shows the certificate of a server that is not trusted yet, and sends nothing to it", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "" });
    const red = await deploy();

    const { error, certificate } = await post(red, "peplink-router/test", dialogInput({ ...config, credentials: {} }));

    assert.equal(error?.code, "tls");
    assert.equal(certificate?.["fingerprint"], router.fingerprint);
    assert.equal(router.server.journal.length, 0);
  });

  it("says so if something else answers at the address", async () => {
    const { account } = await kasaCloud();
    const controller = closeAfterTest(await OmadaController.start({ http: true }));
    const { config } = await peplinkRouter();
    const red = await deploy();

    const strange = await post(
      red,
      "peplink-router/test",
      dialogInput({ ...config, server: controller.url, fingerprint: "", credentials: {} }),
    );
    const partly = await post(red, "kasa-account/test", dialogInput({ ...account, credentials: { email: "a@b.c" } }));

    assert.ok(strange.error, "an Omada controller is no router");
    assert.equal(partly.error?.code, "config");
  });
});
