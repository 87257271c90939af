import assert from "node:assert/strict";
import { NODE_RED } from "../../scripts/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { deploy, dialogInput, get, post, savedSecrets } from "./admin-fixture";

const SUBFLOW = { id: "subflow", type: "subflow", name: "site", in: [], out: [], env: [] };
const place = { z: "tab", x: 1, y: 1, wires: [] };
const list = (id: string, more = ""): string => `kasa-account/${encodeURIComponent(id)}/devices${more}`;

/** Does something while the flows are stopped. */
async function whileStopped<T>(act: () => Promise<T>): Promise<T> {
  type Flows = { stopFlows(): Promise<void>; startFlows(): Promise<void> };
  const flows = require(`${NODE_RED}/../@node-red/runtime/lib/flows`) as Flows;
  await flows.stopFlows();
  try {
    return await act();
  } finally {
    await flows.startFlows();
  }
}

describe("A dialog", () => {
  it("in a subflow gets the lists of an instance of it", async () => {
    const { cloud, account } = await kasaCloud();
    const outer = { ...SUBFLOW, id: "outer" };
    const nested = { ...place, id: "nested", type: "subflow:subflow", z: "outer" };
    const red = await deploy(SUBFLOW, outer, { ...account, z: "subflow" }, nested);

    const without = await get(red, list("kasa"));
    await red.deploy([SUBFLOW, { ...account, z: "subflow" }, { ...place, id: "instance", type: "subflow:subflow" }]);
    const { devices } = await get(red, list("kasa"));
    await red.deploy([
      SUBFLOW,
      outer,
      { ...account, z: "subflow" },
      nested,
      { ...place, id: "instance", type: "subflow:outer" },
    ]);
    const inNested = await get(red, list("kasa"));

    assert.equal(without.error?.code, "config");
    assert.equal((devices as unknown[]).length, cloud.devices.length);
    assert.equal((inNested["devices"] as unknown[]).length, cloud.devices.length);
  });

  it("in a subflow without instances says so", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(SUBFLOW, { ...account, z: "subflow" });

    const { error } = await get(red, list("kasa"));

    assert.match(error?.message ?? "", /in a subflow of which no instance is deployed/);
  });

  it("gets the lists of the config node that an instance chooses by a variable, those of its own subflow first", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const chosen = (name: string, value: string): object => ({ env: [{ name, type: "str", value }] });
    const red = await deploy(
      { ...account, id: "broken", credentials: {} },
      account,
      config,
      { ...SUBFLOW, id: "other" },
      SUBFLOW,
      { ...place, id: "one", type: "subflow:other", ...chosen("ACC", "broken") },
      { ...place, id: "two", type: "subflow:subflow", ...chosen("ACC", "kasa") },
      { ...place, id: "three", type: "subflow:subflow", ...chosen("OMADA", "omada") },
    );

    const { devices } = await get(red, list("${ACC}", "?z=subflow"));
    const elsewhere = await get(red, list("${ACC}", "?z=other"));
    const unknown = await get(red, list("${NOBODY}"));
    const otherType = await get(red, list("${OMADA}"));
    const operations = await get(red, `operations/${encodeURIComponent("${OMADA}")}?z=subflow`);

    assert.equal((devices as unknown[]).length, cloud.devices.length);
    assert.match(elsewhere.error?.message ?? "", /e-mail|password/i);
    for (const { error } of [unknown, otherType])
      assert.match(error?.message ?? "", /^No instance of this subflow chooses a config node as/);
    assert.equal(operations["notDeployed"], false);
  });

  it("says that a config node is disabled, or that its flow is", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(
      { ...account, d: true },
      { id: "off", type: "tab", label: "off", disabled: true },
      { ...account, id: "in-off", z: "off" },
    );

    assert.match((await get(red, list("kasa"))).error?.message ?? "", /^The config node is disabled\. Enable it/);
    assert.match((await get(red, list("in-off"))).error?.message ?? "", /flow that is disabled/);
  });

  it("says that the flows are stopped, and tests a connection all the same if the secrets are entered", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(account);
    const saved = { ...account, credentials: savedSecrets(account) };

    const [devices, kept, entered] = await whileStopped(async () => [
      await get(red, list("kasa")),
      await post(red, "kasa-account/test", dialogInput(saved)),
      await post(red, "kasa-account/test", dialogInput(account)),
    ]);

    for (const result of [devices, kept]) {
      assert.equal(result?.error?.code, "config");
      assert.match(result?.error?.message ?? "", /the flows are stopped\. Start them/);
    }
    assert.ok(entered?.who, entered?.error?.message);
  });

  it("says that a TLS configuration or a proxy is not deployed yet, or disabled", async () => {
    const { config } = await peplinkRouter({}, { fingerprint: "" });
    const red = await deploy(
      { id: "tls", type: "tls-config", d: true },
      { id: "proxy", type: "http proxy", d: true, url: "http://127.0.0.1:9" },
    );
    const test = async (changed: object): Promise<string> => {
      const { error } = await post(red, "peplink-router/test", dialogInput({ ...config, ...changed }));
      assert.equal(error?.code, "config");
      return error?.message ?? "";
    };

    assert.match(await test({ tls: "new" }), /^The TLS configuration is not deployed: deploy first/);
    assert.match(await test({ tls: "tls" }), /^The TLS configuration is disabled/);
    assert.match(await test({ proxy: "new" }), /^The HTTP proxy is not deployed: deploy first/);
    assert.match(await test({ proxy: "proxy" }), /^The HTTP proxy is disabled/);
  });

  it("tests a config node that is not deployed yet with the variables of its flow and the global ones", async () => {
    const { cloud, account } = await kasaCloud();
    const { port } = new URL(cloud.url);
    const red = await deploy(
      { id: "global", type: "global-config", env: [{ name: "KASA_URL", type: "str", value: cloud.url }] },
      { id: "site", type: "tab", label: "site", env: [{ name: "KASA_PORT", type: "str", value: port }] },
      { ...place, id: "inject", type: "debug", z: "site" },
    );
    const test = (server: string, z: string) =>
      post(red, "kasa-account/test", dialogInput({ ...account, server }, { z }));

    const byGlobal = await test("${KASA_URL}", "");
    const byFlow = await test("http://127.0.0.1:${KASA_PORT}", "site");
    const elsewhere = await test("http://127.0.0.1:${KASA_PORT}", "");

    assert.ok(byGlobal.who, byGlobal.error?.message);
    assert.ok(byFlow.who, byFlow.error?.message);
    assert.match(elsewhere.error?.message ?? "", /KASA_PORT is not set/);
  });
});
