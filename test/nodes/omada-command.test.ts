import assert from "node:assert/strict";
import { apiOf, sentWrites } from "../support/harness/omada-flow";
import type { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, commandFlow, omadaFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };
const SWITCH = "02-00-5E-00-00-03";
const VISITOR = "02:00:5e:00:00:0f";

const areLedsOn = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

describe("omada-command", () => {
  afterEach(assertNoSecretLeaked);

  it("blocks a client with plain values of the message", async () => {
    const { send, controller } = await commandFlow({ path: "sites/{siteId}/clients/{clientMac}/block" });

    const { msg, error } = await send({ topic: "kept", payload: 1234, params: { clientMac: VISITOR } });

    assert.equal(error, undefined);
    assert.equal(msg?.payload, null);
    assert.equal(msg?.["topic"], "kept");
    assert.equal(msg?.["statusCode"], 200);
    assert.deepEqual(apiOf(msg), {
      platform: "omada",
      operation: "POST sites/{siteId}/clients/{clientMac}/block",
      attempts: 1,
    });
    assert.equal(controller.client("Visitor").blocked, true);
  });

  it("sends no body if the operation takes none, whatever the payload is", async () => {
    const { send, journal } = await commandFlow({ path: "sites/{siteId}/clients/{clientMac}/reconnect" });

    await send({ payload: { left: "over" }, params: { clientMac: "02005e00000a" } });

    assert.equal(journal.at(-1)?.body, "");
  });

  it("switches the LEDs of a site off with the payload as the body", async () => {
    const { send, controller } = await commandFlow({ method: "PUT", path: "sites/{siteId}/led" });

    const { error } = await send({ payload: { enable: false } });

    assert.equal(error, undefined);
    assert.equal(areLedsOn(controller), false);
  });

  it("switches off PoE at a port once its profile override is on", async () => {
    const port = `sites/{siteId}/switches/${SWITCH}/ports/2`;
    const command = { type: "omada-command", controller: "omada", site: "harbour", method: "PUT" };
    const { red, controller } = await omadaFlow({
      nodes: [
        { id: "override", ...command, path: `${port}/profile-override`, body: '{"profileOverrideEnable": true}' },
        { id: "poe", ...command, path: `${port}/poe-mode`, body: '{"poeMode": 0}' },
      ],
    });

    const { error: tooEarly } = await red.send("poe");
    await red.send("override");
    const { error } = await red.send("poe");

    assert.equal(tooEarly?.cause["vendorCode"], -39737);
    assert.equal(error, undefined);
    const { ports } = controller.device("Harbour switch");
    assert.equal(ports.find((one) => one.port === 2)?.poeMode, 0);
  });

  it("prefers the body of its settings to the payload", async () => {
    const { send, journal } = await commandFlow({
      method: "PUT",
      path: "sites/{siteId}/led",
      body: '{"enable": true}',
    });

    await send({ payload: { enable: false } });

    assert.deepEqual(JSON.parse(journal.at(-1)?.body ?? ""), { enable: true });
  });

  for (const [method, path] of [
    ["DELETE", "sites/{siteId}"],
    ["POST", "sites/{siteId}/devices/{deviceMac}/forget"],
    ["POST", "maintenance/restore/self-server"],
    ["PATCH", "sites/{siteId}/firewall/reset"],
    ["POST", "sites/{siteId}/multi-devices/sn-unbind"],
    ["POST", "batch"],
    ["POST", "msp/{mspId}/cmd/cloud/unbind"],
    ["POST", "sites/{siteId}/clients/delete"],
    ["POST", "sites/{siteId}/ips/threat"],
    ["POST", "owner/transfer"],
    ["DELETE", "an/unknown/operation"],
  ] as const) {
    it(`refuses ${method} ${path} without "confirm", before any request`, async () => {
      const { send, journal } = await commandFlow({ method, path });

      const { error } = await send({ payload: {}, params: { deviceMac: SWITCH } });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.equal(journal.length, 0);
    });
  }

  for (const confirm of ["true", "false", 1]) {
    it(`does not accept ${JSON.stringify(confirm)} as a confirmation`, async () => {
      const { send, journal } = await commandFlow({ method: "DELETE", path: "sites/{siteId}", site: "Depot", confirm });

      const { error } = await send();

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  }

  it("deletes a site if that is confirmed", async () => {
    const { send, controller } = await commandFlow({
      method: "DELETE",
      path: "sites/{siteId}",
      site: "Depot",
      confirm: true,
    });

    const { error } = await send();

    assert.equal(error, undefined);
    assert.deepEqual(
      controller.sites.map(({ name }) => name),
      ["Harbour"],
    );
  });

  for (const payload of [undefined, null, "off", 7, true, Buffer.from("{}")]) {
    it(`refuses ${JSON.stringify(payload) ?? "nothing"} as the body of an operation that requires one, before any request`, async () => {
      const { send, journal } = await commandFlow({ method: "PUT", path: "sites/{siteId}/led" });

      const { error } = await send({ payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /object/);
      assert.equal(journal.length, 0);
    });
  }

  for (const settings of [
    { method: "GET", path: "sites" },
    { method: "TRACE", path: "sites" },
    { path: "" },
    { path: "sites/../controllers" },
    { path: "sites/{siteId}/clients/{clientMac}/block" },
  ]) {
    it(`sends no request for ${JSON.stringify(settings)}`, async () => {
      const { send, journal } = await commandFlow(settings);

      const { error } = await send({ payload: {} });

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  }

  it('fails with "input" if it has no site and needs one, before any request', async () => {
    const { send, journal } = await commandFlow({ ...PUT_LED, site: " " });

    const { error } = await send(OFF);

    assert.equal(error?.code, "input");
    assert.match(error.message, /needs a site/);
    assert.equal(journal.length, 0);
  });

  it("writes nothing to an unknown site", async () => {
    const { send, controller } = await commandFlow({ ...PUT_LED, site: "Nowhere" });

    const { error } = await send(OFF);

    assert.equal(error?.code, "not-found");
    assert.deepEqual(sentWrites(controller), []);
  });

  it('fails with "not-found" for an unknown device', async () => {
    const { send } = await commandFlow({ path: "sites/{siteId}/devices/{deviceMac}/reboot" });

    const { error } = await send({ params: { deviceMac: "AA-AA-AA-AA-AA-AA" } });

    assert.equal(error?.code, "not-found");
  });
});

describe("omada-command finds its site", () => {
  afterEach(assertNoSecretLeaked);

  for (const [what, site, msg] of [
    ["by its name", "Depot", {}],
    ["by its name in other letters", " dEPOT ", {}],
    ["by its id", "600000000000000000000018", {}],
    ["in the message if its setting is blank", "", { site: "Depot" }],
    ["in its setting rather than in the message", "Depot", { site: "Harbour" }],
  ] as const) {
    it(what, async () => {
      const { send, controller } = await commandFlow({ ...PUT_LED, site });
      assert.equal(controller.site("Depot").siteId, "600000000000000000000018");

      const { error } = await send({ ...OFF, ...msg });

      assert.equal(error, undefined);
      assert.deepEqual([areLedsOn(controller, "Depot"), areLedsOn(controller)], [false, true]);
    });
  }
});
