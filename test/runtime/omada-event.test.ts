import assert from "node:assert/strict";
import type { FlowNode } from "../support/harness/node-red";
import { idleMsDuring, until } from "../support/http-fixture";
import type { OmadaController } from "../support/simulators/omada/controller";
import { events, firstPolls, payloads } from "./event-fixture";
import { assertNoSecretLeaked, omadaFlow } from "./omada-fixture";

/** The shortest interval of an omada-event. */
const INTERVAL_S = 5;

const eventNode = (id: string, source: string, more: object = {}): FlowNode => ({
  id,
  type: "omada-event",
  controller: "omada",
  source,
  site: "Harbour",
  interval: INTERVAL_S,
  ...more,
});

/** A flow whose trigger nodes have polled once. */
async function pollingFlow(nodes: FlowNode[], settings: Parameters<typeof omadaFlow>[0] = {}) {
  const flow = await omadaFlow({ ...settings, nodes });
  await firstPolls(flow.red, ...nodes.map(({ id }) => id));
  return flow;
}

/** Waits for another poll, and for the messages that it might send. */
async function nextPoll(controller: OmadaController, pattern: RegExp): Promise<void> {
  const before = controller.calls(pattern);
  for (let tries = 0; tries < 1500 && controller.calls(pattern) === before; tries++) await pause(40);
  // The response has to arrive, and its events have to be sent.
  await pause(300);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("omada-event", function () {
  this.timeout(60_000);

  afterEach(assertNoSecretLeaked);

  it("sends each event exactly once", async () => {
    const sources = ["clients", "devices", "wan", "alerts", "events"];
    const nodes = sources.map((source) => eventNode(source, source));
    const { red, controller } = await pollingFlow(nodes);
    const site = controller.site("Harbour");
    const gateway = controller.device("Harbour gateway");
    const now = Date.now();
    const hasSent = (...counts: number[]): boolean =>
      sources.every((id, at) => red.sent(id).length >= (counts[at] ?? 0));

    controller.disconnectClient(controller.client("Till"));
    controller.connectClient(controller.client("Old phone"));
    controller.moveClient(controller.client("Ada's phone"), controller.device("Quay AP"));
    controller.disconnectDevice(controller.device("Hall AP"));
    controller.setWanInternet(gateway, 2, false);
    controller.writeLog("alerts", site, { key: "AP_ISOLATE" });
    controller.writeLog("events", site, { key: "SAME_1", time: now });
    controller.writeLog("events", site, { key: "SAME_2", time: now });
    controller.writeLog("events", site, { key: "LATE", time: now - 600_000 });
    await red.until(() => hasSent(3, 1, 1, 1, 3));
    controller.reconnectDevice(controller.device("Hall AP"));
    controller.setWanInternet(gateway, 2, true);
    controller.writeLog("events", site, { key: "SAME_3", time: now });
    await red.until(() => hasSent(3, 2, 2, 1, 4));
    await nextPoll(controller, /logs\/events/);

    assert.deepEqual(
      {
        ...Object.fromEntries(sources.map((source) => [source, events(red, source)])),
        clients: events(red, "clients").toSorted(),
      },
      {
        clients: ["client-connected Old phone", "client-disconnected Till", "client-roamed Ada's phone"],
        devices: ["device-disconnected Hall AP", "device-connected Hall AP"],
        wan: ["wan-down WAN2", "wan-up WAN2"],
        alerts: ["alert AP_ISOLATE"],
        events: ["log LATE", "log SAME_1", "log SAME_2", "log SAME_3"],
      },
    );
    const [roamed] = payloads(red, "clients").filter(({ event }) => event === "client-roamed");
    assert.deepEqual([roamed?.previous?.["apName"], roamed?.current?.["apName"]], ["Hall AP", "Quay AP"]);
    assert.equal(roamed?.id, controller.client("Ada's phone").mac);
    assert.equal(payloads(red, "events")[1]?.at, new Date(now).toISOString());
    assert.deepEqual(red.caught(), []);
  });

  it("sends the events of clients of a controller 6.2, which has another client list", async () => {
    const { red, controller } = await pollingFlow([eventNode("clients", "clients")], {
      listen: { version: "6.2.0.17" },
    });

    controller.disconnectClient(controller.client("Till"));
    await red.until(() => red.sent("clients").length > 0);
    assert.deepEqual(events(red, "clients"), ["client-disconnected Till"]);
  });

  it("polls once for all nodes, each with its own filter", async () => {
    const mac = "02:00:5e:00:00:06";
    const nodes = [
      eventNode("all", "clients", { initial: true }),
      eventNode("by-name", "clients", { initial: true, filter: "gate camera, TILL" }),
      eventNode("by-mac", "clients", { initial: true, filter: mac }),
      eventNode("silent", "clients"),
    ];
    const { red, controller } = await pollingFlow(nodes);

    assert.equal(controller.calls(/GET .*\/clients$/), 1);
    assert.equal(events(red, "all").length, 10);
    assert.deepEqual(events(red, "by-name").toSorted(), ["client-connected Gate camera", "client-connected Till"]);
    assert.deepEqual(events(red, "by-mac"), ["client-connected Till"]);
    assert.deepEqual(events(red, "silent"), []);
  });

  it("polls each site once, in whatever case its name is written", async () => {
    const nodes = [
      eventNode("here", "devices", { initial: true }),
      eventNode("there", "devices", { initial: true, site: "Depot" }),
      eventNode("loud", "devices", { initial: true, site: "HARBOUR" }),
    ];
    const { red, controller } = await pollingFlow(nodes);

    assert.equal(controller.calls(/GET .*\/devices$/), 2);
    assert.equal(events(red, "here").length, 4);
    assert.deepEqual(events(red, "loud"), events(red, "here"));
    assert.deepEqual(events(red, "there"), ["device-connected Depot switch"]);
  });

  it("closes quickly even if the cursor of a log cannot be saved", async () => {
    const { red, flow } = await omadaFlow();
    let isSaving = false;
    const never = (): Promise<never> => {
      isSaving = true;
      return new Promise(() => undefined);
    };
    // With credentials, even the same, Node-RED would create the config node again.
    const others = structuredClone(flow);
    for (const node of others) delete node.credentials;
    red.node<{ persistentValue: unknown }>("omada").persistentValue = () => ({
      load: async () => undefined,
      save: never,
    });
    await red.deploy([...others, eventNode("events", "events")], "nodes");
    await until(() => isSaving);

    const idleMs = await idleMsDuring(() => red.deploy(others, "nodes"));

    assert.ok(idleMs < 1000, `${idleMs} ms`);
  });

  it("continues a log after a deploy without losing or repeating a line", async () => {
    const nodes = [eventNode("events", "events")];
    const { red, controller, flow } = await pollingFlow(nodes);
    const site = controller.site("Harbour");
    controller.writeLog("events", site, { key: "BEFORE" });
    await red.until(() => red.sent("events").length > 0);
    assert.deepEqual(events(red, "events"), ["log BEFORE"]);

    await red.deploy(flow.filter(({ id }) => id !== "events"));
    controller.writeLog("events", site, { key: "MEANWHILE", time: Date.now() - 5000 });
    await red.deploy(flow);
    await red.until(() => red.sent("events").length > 0);

    controller.writeLog("events", site, { key: "AFTER" });
    await red.until(() => red.sent("events").length > 1);
    assert.deepEqual(events(red, "events"), ["log MEANWHILE", "log AFTER"]);
  });

  for (const { what, node, listen, code, message } of [
    { what: "a site that does not exist", node: { site: "Moon" }, code: "not-found", message: /"Moon"/ },
    {
      what: "a source that does not exist",
      node: { source: "weather" },
      code: "input",
      message: /clients, devices, wan/,
    },
    {
      what: "a log that an old controller does not provide",
      node: { source: "events" },
      listen: { version: "5.12.9" },
      code: "unsupported",
      message: /events/,
    },
  ]) {
    it(`reports ${what}`, async () => {
      const { red } = await omadaFlow({ nodes: [eventNode("event", "clients", node)], ...(listen ? { listen } : {}) });

      await red.until(() => red.caught().length > 0);

      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id, error.cause["platform"]], [code, "event", "omada"]);
      assert.match(error.message, message);
      assert.equal(red.statuses("event").at(-1)?.fill, "red");
      assert.deepEqual(red.sent("event"), []);
    });
  }

  it("watches all sites if the site is blank, and names the site of each event", async () => {
    const { red, controller } = await pollingFlow([
      eventNode("devices", "devices", { site: "", initial: true }),
      eventNode("events", "events", { site: " " }),
      eventNode("named", "devices", { initial: true }),
    ]);
    const sitesOf = (id: string): unknown[] => red.sent(id).map(({ payload }) => (payload as { site?: string }).site);
    assert.deepEqual(sitesOf("devices").toSorted(), ["Depot", "Harbour", "Harbour", "Harbour", "Harbour"]);
    assert.deepEqual(new Set(sitesOf("named")), new Set([undefined]));

    controller.writeLog("events", controller.site("Depot"), { key: "DEV_DISCONN" });
    controller.disconnectDevice(controller.device("Depot switch"));
    await red.until(() => red.sent("devices").length > 5 && red.sent("events").length > 0);

    assert.equal(events(red, "devices").at(-1), "device-disconnected Depot switch");
    assert.deepEqual([sitesOf("devices").at(-1), sitesOf("events")], ["Depot", ["Depot"]]);
    assert.deepEqual(red.caught(), []);
  });

  it("sends the events of switch ports, VPN connections and the controller itself exactly once", async () => {
    const sources = ["ports", "vpn", "global"];
    const { red, controller } = await pollingFlow(
      sources.map((source) => eventNode(source, source)),
      { listen: { version: "6.2.0.17" } },
    );
    const core = controller.device("Harbour switch");
    const office = controller.addVpn(controller.site("Harbour"), "ipsec", "Office");
    controller.setPortLink(core, 7, false);
    controller.setPortPower(core, 7, false);
    controller.writeLog("events", undefined, { key: "LOGIN_OK" });
    await red.until(() => sources.every((id) => red.sent(id).length > 0));
    controller.setVpn(office, false);
    controller.setPortPower(core, 7, true);
    controller.writeLog("alerts", undefined, { key: "RO_O_SS" });
    await red.until(() => red.sent("ports").length > 2 && red.sent("vpn").length > 1 && red.sent("global").length > 1);
    await nextPoll(controller, /ipsec/);

    const port = "Harbour switch/7";
    assert.deepEqual(Object.fromEntries(sources.map((source) => [source, events(red, source)])), {
      ports: [`port-down ${port}`, `poe-off ${port}`, `poe-on ${port}`],
      vpn: ["vpn-up Office", "vpn-down Office"],
      global: ["log LOGIN_OK", "alert RO_O_SS"],
    });
    assert.equal(payloads(red, "ports")[0]?.id, `${core.mac}/7`);
    assert.deepEqual(red.caught(), []);
  });
});
