import assert from "node:assert/strict";
import { type Message, nodeRed } from "../harness/node-red";
import { omadaController } from "../harness/platforms";

const apiOf = (msg: Message | undefined): Record<string, unknown> => (msg?.["api"] ?? {}) as Record<string, unknown>;

const SWITCH = "02-00-5E-00-00-03";
const VISITOR = "02:00:5e:00:00:0f";

async function setUp(settings: object = {}) {
  const { controller, config } = await omadaController();
  const red = await nodeRed();
  await red.deploy([
    config,
    { id: "command", type: "omada-command", controller: "omada", site: "Harbour", ...settings },
  ]);
  const { journal } = controller.server;
  const writes = (): string[] =>
    journal
      .filter(({ method, path }) => method !== "GET" && !path.includes("authorize"))
      .map(({ method, path }) => `${method} ${path}`);
  return { red, controller, journal, writes, send: (msg: Message = {}) => red.send("command", msg) };
}

describe("omada-command", () => {
  it("blocks a client, with plain values in the message", async () => {
    const { send, controller } = await setUp({ path: "sites/{siteId}/clients/{clientMac}/block" });

    const { msg, error } = await send({ topic: "kept", payload: 1234, params: { clientMac: VISITOR } });

    assert.equal(error, undefined);
    assert.equal(msg?.payload, null);
    assert.equal(msg?.["topic"], "kept");
    assert.equal(msg?.["statusCode"], 200);
    const { durationMs, ...api } = apiOf(msg);
    assert.equal(typeof durationMs, "number");
    assert.deepEqual(api, {
      platform: "omada",
      operation: "POST sites/{siteId}/clients/{clientMac}/block",
      attempts: 1,
    });
    assert.equal(controller.client("Visitor")["blocked"], true);
  });

  it("sends no body where the operation takes none, whatever the payload is", async () => {
    const { send, journal } = await setUp({ path: "sites/{siteId}/clients/{clientMac}/reconnect" });

    await send({ payload: { left: "over" }, params: { clientMac: "02005e00000a" } });

    assert.equal(journal.at(-1)?.body, "");
  });

  it("puts the site's LEDs out with the payload as the body", async () => {
    const { send, controller } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });

    const { error } = await send({ payload: { enable: false } });

    assert.equal(error, undefined);
    assert.equal(controller.site("Harbour")["ledEnable"], false);
  });

  it("takes the power from a port once its profile override is on", async () => {
    const port = `sites/{siteId}/switches/${SWITCH}/ports/2`;
    const { red, controller, config } = { ...(await omadaController()), red: await nodeRed() };
    const command = { type: "omada-command", controller: "omada", site: "harbour", method: "PUT" };
    await red.deploy([
      config,
      { id: "override", ...command, path: `${port}/profile-override`, body: '{"profileOverrideEnable": true}' },
      { id: "poe", ...command, path: `${port}/poe-mode`, body: '{"poeMode": 0}' },
    ]);

    const tooEarly = await red.send("poe");
    await red.send("override");
    const { error } = await red.send("poe");

    assert.equal(tooEarly.error?.cause["vendorCode"], -39737);
    assert.equal(error, undefined);
    const { ports } = controller.device("Harbour switch") as unknown as {
      ports: { port: number; poeMode: number }[];
    };
    assert.equal(ports.find((one) => one.port === 2)?.poeMode, 0);
  });

  it("lets the field win over the payload", async () => {
    const { send, journal } = await setUp({ method: "PUT", path: "sites/{siteId}/led", body: '{"enable": true}' });

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
    ["DELETE", "something/that/nobody/knows"],
  ] as const) {
    it(`refuses ${method} ${path} without "confirm", and asks nothing`, async () => {
      const { send, journal } = await setUp({ method, path });

      const { error } = await send({ payload: {}, params: { deviceMac: SWITCH } });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.equal(journal.length, 0);
    });
  }

  it("deletes a site when that is confirmed", async () => {
    const { send, controller } = await setUp({
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
    it(`refuses ${JSON.stringify(payload) ?? "nothing"} as the body of an operation that needs one, and asks nothing`, async () => {
      const { send, journal } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });

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
    it(`asks nothing for ${JSON.stringify(settings)}`, async () => {
      const { send, journal } = await setUp(settings);

      const { error } = await send({ payload: {} });

      assert.equal(error?.code, "input");
      assert.equal(journal.length, 0);
    });
  }

  for (const fault of [{ kind: "reset" }, { kind: "cut" }, { kind: "hang" }] as const) {
    it(`sends a write once although the answer is lost (${fault.kind})`, async () => {
      const { controller, config } = await omadaController({}, { timeout: 0.5 });
      const red = await nodeRed();
      await red.deploy([
        config,
        {
          id: "command",
          type: "omada-command",
          controller: "omada",
          site: "Harbour",
          method: "PUT",
          path: "sites/{siteId}/led",
        },
      ]);
      controller.server.spoil(fault, { when: ({ method }) => method === "PUT" });

      const { error } = await red.send("command", { payload: { enable: false } });

      assert.match(error?.code ?? "", /network|timeout/);
      assert.equal(controller.calls(/^PUT /), 1);
    });
  }

  it("writes once more after a spent token, because nothing was done", async () => {
    const { send, controller } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });
    await send({ payload: { enable: true } });
    controller.expireTokens();

    const { msg } = await send({ payload: { enable: false } });

    assert.equal(apiOf(msg)["attempts"], 2);
    assert.equal(controller.site("Harbour")["ledEnable"], false);
  });

  it("does not repeat a write that the controller puts off", async () => {
    const { send, controller } = await setUp({ method: "PUT", path: "sites/{siteId}/led" });
    controller.server.spoil({ kind: "answer", status: 503 }, { when: ({ method }) => method === "PUT" });

    const { error } = await send({ payload: { enable: false } });

    assert.equal(error?.code, "busy");
    assert.equal(controller.calls(/^PUT /), 1);
  });

  it("says when a device is not there", async () => {
    const { send } = await setUp({ path: "sites/{siteId}/devices/{deviceMac}/reboot" });

    const { error } = await send({ params: { deviceMac: "AA-AA-AA-AA-AA-AA" } });

    assert.equal(error?.code, "not-found");
  });
});
