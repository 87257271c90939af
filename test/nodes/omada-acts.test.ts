import assert from "node:assert/strict";
import { apiOf, sentWrites } from "../support/harness/omada-flow";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

const TILL = "02-00-5E-00-00-06";

describe("omada-command with an act", () => {
  afterEach(assertNoSecretLeaked);

  it("does it to the target of its settings, and says what it is then", async () => {
    const { red, send, controller } = await commandFlow({ act: "port-poe", target: "Harbour switch/2", value: "off" });

    const { msg, error } = await send({ topic: "kept", payload: true });

    assert.equal(error, undefined);
    assert.equal(controller.device("Harbour switch").ports[1]?.poeMode, 0);
    assert.equal(msg?.payload, false);
    assert.equal(msg?.["topic"], "kept");
    assert.equal(msg?.["statusCode"], 200);
    const port = "sites/{siteId}/switches/02-00-5E-00-00-03/ports/2";
    assert.deepEqual(apiOf(msg), {
      platform: "omada",
      operation: "port-poe",
      attempts: 1,
      steps: [
        { operation: `PUT ${port}/profile-override`, done: true },
        { operation: `PUT ${port}/poe-mode`, done: true },
      ],
      verified: true,
    });
    assert.deepEqual(red.statuses("command").at(-1), { fill: "green", shape: "dot", text: "port-poe: false" });
  });

  it("reads target, value and site from the message where they are blank", async () => {
    const { send, controller } = await commandFlow({ act: "client-name", site: "" });

    const { msg, error } = await send({ site: "harbour", target: TILL, payload: "Kiosk" });

    assert.equal(error, undefined);
    assert.equal(msg?.payload, "Kiosk");
    assert.equal(controller.client("Kiosk").mac, TILL);
  });

  it("takes no value at all for true", async () => {
    const { send, controller } = await commandFlow({ act: "client-block", target: "Till" });

    const { error } = await send();

    assert.equal(error, undefined);
    assert.equal(controller.client("Till").blocked, true);
  });

  it("shows in yellow what the controller has accepted and not done", async () => {
    const { red, send, controller } = await commandFlow({ act: "client-name", target: TILL, value: "Kiosk" });
    controller.ignoresChanges = true;

    const { msg, error } = await send();

    assert.equal(error, undefined);
    assert.equal(msg?.payload, "Till");
    assert.equal(apiOf(msg)["verified"], false);
    assert.equal(red.statuses("command").at(-1)?.fill, "yellow");
  }).timeout(20_000);

  it("lets other messages pass while it waits for what shows late", async () => {
    const { red, controller } = await commandFlow(
      { act: "client-block", target: TILL },
      { omada: { concurrency: 1 }, query: { path: "sites" } },
    );
    controller.changesTakeMs = 2500;

    red.inject("command", {});
    const { error } = await red.send("query");
    const blockedMeanwhile = red.sent("command").length;
    await red.until(() => red.sent("command").length === 1, 12_000);

    assert.equal(error, undefined);
    assert.equal(blockedMeanwhile, 0);
    assert.deepEqual(sentWrites(controller).length, 1);
    assert.equal(red.sent("command")[0]?.payload, true);
  }).timeout(20_000);

  it("sends nothing with a dry run, and says what it would send", async () => {
    const { red, send, controller } = await commandFlow({ act: "firmware-upgrade", target: "Hall AP", dryRun: true });

    const { msg, error } = await send();

    assert.equal(error, undefined);
    assert.deepEqual(sentWrites(controller), []);
    const { omadacId } = controller;
    const { siteId } = controller.site("Harbour");
    const path = `/openapi/v1/${omadacId}/sites/${siteId}/devices/02-00-5E-00-00-04/start-online-upgrade`;
    assert.deepEqual(msg?.payload, [{ method: "POST", path, body: null }]);
    assert.equal("verified" in apiOf(msg), false);
    assert.equal(red.statuses("command").at(-1)?.text, "omada-command.status.preview");
  });

  it("hides passwords in a dry run", async () => {
    const { send, controller } = await commandFlow({ act: "ssid-enable", target: "Harbour Guest", dryRun: true });
    controller.device("Hall AP").ssids[0]!.ssidName = "Harbour hall";

    const { msg } = await send({ payload: false });

    const text = JSON.stringify(msg?.payload);
    assert.match(text, /"overrideSsidPassword":"\*\*\*"/);
    assert.doesNotMatch(text, /invented-passphrase/);
  });

  it("gives Catch nodes the steps of an act that fails midway", async () => {
    const { send, controller } = await commandFlow({ act: "port-poe", target: "Harbour switch/2", value: "false" });
    controller.server.injectFault(
      { kind: "response", body: { errorCode: -39747, msg: "No PoE." } },
      { when: ({ path }) => path.endsWith("poe-mode") },
    );

    const { error } = await send();

    assert.equal(error?.code, "unsupported");
    assert.match(error.message, /was done in part/);
    const steps = error.cause["steps"] as { done: boolean }[];
    assert.deepEqual(
      steps.map(({ done }) => done),
      [true, false],
    );
  });

  for (const settings of [
    { act: "client-block", target: "", value: "true" },
    { act: "client-block", target: "missing", targetType: "msg" },
    { act: "client-block", target: "Till", value: "maybe" },
    { act: "client-blok", target: "Till" },
    { act: "firmware-upgrade", target: "Hall AP", confirm: "true" },
  ]) {
    it(`sends no request for ${JSON.stringify(settings)}`, async () => {
      const { send, journal } = await commandFlow(settings);

      const { error } = await send();

      assert.deepEqual([error?.code, error?.cause["operation"]], ["input", settings.act]);
      assert.equal(journal.length, 0);
    });
  }

  for (const [what, value] of [
    ["not set", undefined],
    ["empty", ""],
  ] as const) {
    it(`sends no request if its act is a variable that is ${what}, whatever its path says`, async () => {
      if (value !== undefined) process.env["HOMENET_TEST_ACT"] = value;
      const led = { method: "PUT", path: "sites/{siteId}/led", body: '{"enable": false}' };
      const { send, journal } = await commandFlow({ act: "${HOMENET_TEST_ACT}", ...led });
      delete process.env["HOMENET_TEST_ACT"];

      const { error } = await send();

      assert.equal(error?.code, "input");
      assert.match(error.message, /environment variable HOMENET_TEST_ACT is not set/);
      assert.equal(journal.length, 0);
    });
  }
});
