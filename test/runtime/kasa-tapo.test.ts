import assert from "node:assert/strict";
import { apiOf, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { TapoCloud } from "../support/simulators/tapo-cloud/cloud";
import { tlsConfig } from "./config-node-fixture";
import { assertNoSecretLeaked, kasaFlowOf } from "./kasa-fixture";

const DEVICE = { type: "kasa-device", account: "kasa" };

/** Deploys an account with both clouds, and nodes that control their devices. */
async function deploy(settings: Partial<TapoCloud>) {
  const { cloud: kasa, account } = await kasaCloud({ tls: "tls" });
  const cloud = closeAfterTest(await TapoCloud.start(kasa));
  Object.assign(cloud, settings);
  const { red, flow } = await kasaFlowOf(
    kasa,
    { ...account, tapoServer: cloud.url },
    {
      nodes: [
        tlsConfig({ ca: cloud.caFile }),
        { ...DEVICE, id: "set", command: "set" },
        { ...DEVICE, id: "state", command: "state" },
        { ...DEVICE, id: "energy", command: "energy" },
        { ...DEVICE, id: "raw", command: "raw" },
      ],
    },
  );
  return { red, flow, kasa, cloud };
}

describe("Tapo devices through TP-Link's second cloud", () => {
  afterEach(assertNoSecretLeaked);

  for (const [doubt, settings] of [
    ["its passthrough is open", { isPassthroughOpen: true }],
    ["its passthrough is open and answers with text", { isPassthroughOpen: true, respondsWithText: true }],
    ["its passthrough is closed", {}],
    ["it does not list children, but passes commands on to them", { isPassthroughOpen: true, listsChildren: false }],
    ["it does not list children", { listsChildren: false }],
    ["the app type is not accepted, by status", { appTypes: ["Tapo_Android"] }],
    ["the app type is not accepted, by body", { appTypes: ["Tapo_Android"], refusal: "body" }],
    ["its errors have another spelling", { errorForm: "errorCode", conflicts: 1, conflictStatus: 200 }],
  ] satisfies [string, Partial<TapoCloud>][]) {
    it(`are listed, switched, dimmed and metered where ${doubt}`, async () => {
      const { red, kasa, cloud } = await deploy(settings);

      const list = rowsOf((await red.send("list")).msg);
      const set = (await red.send("set", { device: "Stairs", payload: "on" })).msg;
      const dimmed = (await red.send("set", { device: "Dining table", payload: { brightness: 15 } })).msg;
      const energy = (await red.send("energy", { device: "Bürö heater" })).msg;
      const older = (await red.send("set", { device: "Modem", payload: false })).msg;

      const heater = list.find(({ alias }) => alias === "Bürö heater");
      assert.deepEqual([heater?.["online"], heater?.["supported"], heater?.["protocol"]], [true, true, "smart"]);
      assert.deepEqual([payloadOf(set)["on"], apiOf(set)["confirmed"], apiOf(set)["via"]], [true, true, "cloud"]);
      assert.equal(payloadOf(dimmed)["brightness"], 15);
      assert.deepEqual([payloadOf(energy)["powerW"], payloadOf(energy)["todayKwh"]], [0, 0.31]);
      assert.deepEqual([payloadOf(older)["on"], apiOf(older)["confirmed"]], [false, undefined]);
      assert.equal(cloud.thing("Stairs").reported["on"], true);
      assert.equal(kasa.signIns(), settings.appTypes ? 2 : 1);
    });
  }

  it("are told nothing that resets or unbinds them", async () => {
    const { red, cloud } = await deploy({ isPassthroughOpen: true });

    const { error } = await red.send("raw", { device: "Stairs", payload: { device_reset: {} } });

    assert.equal(error?.code, "input");
    assert.deepEqual(
      cloud.server.journal.filter(({ method }) => method !== "GET"),
      [],
    );
  });

  it("keep their session across a deploy, also where it is one of its own", async () => {
    const { red, flow, kasa } = await deploy({ appTypes: ["Tapo_Android"] });
    await red.send("state", { device: "Stairs" });
    await red.deploy(flow);

    await red.send("state", { device: "Stairs" });

    assert.equal(kasa.signIns(), 2);
  });
});
