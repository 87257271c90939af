import assert from "node:assert/strict";
import type { FlowNode, Message, NodeRed } from "../support/harness/node-red";
import { idleDuring, until } from "../support/http-fixture";
import type { OmadaController } from "../support/simulators/omada/controller";
import { omadaFlow, secretsAreKept } from "./omada-fixture";

/** Seconds: the shortest interval that there is, so that nobody waits for longer. */
const INTERVAL = 5;

const watch = (id: string, source: string, more: object = {}): FlowNode => ({
  id,
  type: "omada-event",
  controller: "omada",
  source,
  site: "Harbour",
  interval: INTERVAL,
  ...more,
});

/** A flow whose nodes watch, and have looked once. */
async function watching(nodes: FlowNode[], settings: Parameters<typeof omadaFlow>[0] = {}) {
  const flow = await omadaFlow({ ...settings, nodes });
  await looked(flow.red, nodes);
  return flow;
}

async function looked(red: NodeRed, nodes: FlowNode[]): Promise<void> {
  await red.until(() => nodes.every(({ id }) => red.statuses(id).some(({ fill }) => fill === "green")));
}

interface Payload {
  event: string;
  id: string;
  name: string;
  at: string;
  current: Record<string, unknown> | null;
  previous: Record<string, unknown> | null;
}

const payloadOf = (msg: Message | undefined): Payload => msg?.payload as Payload;

/** What a node told, in words. */
const told = (red: NodeRed, id: string): string[] =>
  red.sent(id).map((msg) => `${String(msg["topic"])} ${payloadOf(msg).name}`);

/** Waits for another look, at which nothing may be told. */
async function looks(controller: OmadaController, pattern: RegExp): Promise<void> {
  const before = controller.calls(pattern);
  for (let tries = 0; tries < 1500 && controller.calls(pattern) === before; tries++) await pause(40);
  // The answer has to arrive, and to go through the flow.
  await pause(300);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("omada-event", function () {
  this.timeout(60_000);

  afterEach(secretsAreKept);

  it("tells each event exactly once", async () => {
    const sources = ["clients", "devices", "wan", "alerts", "events"];
    const nodes = sources.map((source) => watch(source, source));
    const { red, controller } = await watching(nodes);
    const site = controller.site("Harbour");
    const gateway = controller.device("Harbour gateway");
    const now = Date.now();
    const heard = (...counts: number[]): boolean => sources.every((id, at) => red.sent(id).length >= (counts[at] ?? 0));

    controller.disconnectClient(controller.client("Till"));
    controller.connectClient(controller.client("Old phone"));
    controller.moveClient(controller.client("Ada's phone"), controller.device("Quay AP"));
    controller.disconnectDevice(controller.device("Hall AP"));
    controller.setWanInternet(gateway, 2, false);
    controller.writeLog("alerts", site, { key: "AP_ISOLATE" });
    controller.writeLog("events", site, { key: "SAME_1", time: now });
    controller.writeLog("events", site, { key: "SAME_2", time: now });
    controller.writeLog("events", site, { key: "LATE", time: now - 600_000 });
    await red.until(() => heard(3, 1, 1, 1, 3));
    controller.reconnectDevice(controller.device("Hall AP"));
    controller.setWanInternet(gateway, 2, true);
    controller.writeLog("events", site, { key: "SAME_3", time: now });
    await red.until(() => heard(3, 2, 2, 1, 4));
    await looks(controller, /logs\/events/);

    assert.deepEqual(
      {
        ...Object.fromEntries(sources.map((source) => [source, told(red, source)])),
        clients: told(red, "clients").toSorted(),
      },
      {
        clients: ["client-connected Old phone", "client-disconnected Till", "client-roamed Ada's phone"],
        devices: ["device-disconnected Hall AP", "device-connected Hall AP"],
        wan: ["wan-down WAN2", "wan-up WAN2"],
        alerts: ["alert AP_ISOLATE"],
        events: ["log LATE", "log SAME_1", "log SAME_2", "log SAME_3"],
      },
    );
    const [roamed] = red
      .sent("clients")
      .map(payloadOf)
      .filter(({ event }) => event === "client-roamed");
    assert.deepEqual([roamed?.previous?.["apName"], roamed?.current?.["apName"]], ["Hall AP", "Quay AP"]);
    assert.equal(roamed?.id, controller.client("Ada's phone").mac);
    assert.equal(payloadOf(red.sent("events")[1]).at, new Date(now).toISOString());
    assert.deepEqual(red.caught(), []);
  });

  it("watches the clients of a controller 6.2, whose list is read in another way", async () => {
    const { red, controller } = await watching([watch("clients", "clients")], { listen: { version: "6.2.0.17" } });

    controller.disconnectClient(controller.client("Till"));
    await red.until(() => red.sent("clients").length > 0);
    assert.deepEqual(told(red, "clients"), ["client-disconnected Till"]);
  });

  it("is served by one look however many nodes watch, each with its filter", async () => {
    const mac = "02:00:5e:00:00:06";
    const nodes = [
      watch("all", "clients", { initial: true }),
      watch("by-name", "clients", { initial: true, filter: "gate camera, TILL" }),
      watch("by-mac", "clients", { initial: true, filter: mac }),
      watch("silent", "clients"),
    ];
    const { red, controller } = await watching(nodes);

    assert.equal(controller.calls(/GET .*\/clients$/), 1);
    assert.equal(told(red, "all").length, 10);
    assert.deepEqual(told(red, "by-name").toSorted(), ["client-connected Gate camera", "client-connected Till"]);
    assert.deepEqual(told(red, "by-mac"), ["client-connected Till"]);
    assert.deepEqual(told(red, "silent"), []);
  });

  it("looks at each site by itself, however its name is written", async () => {
    const nodes = [
      watch("here", "devices", { initial: true }),
      watch("there", "devices", { initial: true, site: "Depot" }),
      watch("loud", "devices", { initial: true, site: "HARBOUR" }),
    ];
    const { red, controller } = await watching(nodes);

    assert.equal(controller.calls(/GET .*\/devices$/), 2);
    assert.equal(told(red, "here").length, 4);
    assert.deepEqual(told(red, "loud"), told(red, "here"));
    assert.deepEqual(told(red, "there"), ["device-connected Depot switch"]);
  });

  it("closes in a moment, though it cannot keep where the log ended", async () => {
    const { red, flow } = await omadaFlow();
    let isSaving = false;
    const never = (): Promise<never> => {
      isSaving = true;
      return new Promise(() => undefined);
    };
    // Credentials that are deployed, even the same, make a new config node.
    const others = structuredClone(flow);
    for (const node of others) delete node.credentials;
    red.node<{ persistentValue: unknown }>("omada").persistentValue = () => ({
      load: async () => undefined,
      save: never,
    });
    await red.deploy([...others, watch("events", "events")], "nodes");
    await until(() => isSaving);

    const idleMs = await idleDuring(() => red.deploy(others, "nodes"));

    assert.ok(idleMs < 1000, `${idleMs} ms`);
  });

  it("goes on in a log where it ended before a deploy, losing and repeating nothing", async () => {
    const nodes = [watch("events", "events")];
    const { red, controller, flow } = await watching(nodes);
    const site = controller.site("Harbour");
    controller.writeLog("events", site, { key: "BEFORE" });
    await red.until(() => red.sent("events").length > 0);
    assert.deepEqual(told(red, "events"), ["log BEFORE"]);

    await red.deploy(flow.filter(({ id }) => id !== "events"));
    controller.writeLog("events", site, { key: "MEANWHILE", time: Date.now() - 5000 });
    await red.deploy(flow);
    await red.until(() => red.sent("events").length > 0);

    controller.writeLog("events", site, { key: "AFTER" });
    await red.until(() => red.sent("events").length > 1);
    assert.deepEqual(told(red, "events"), ["log MEANWHILE", "log AFTER"]);
  });

  for (const { why, node, listen, code, words } of [
    { why: "a blank site where there are several", node: { site: "" }, code: "input", words: /"Harbour", "Depot"/ },
    { why: "a site that is not there", node: { site: "Moon" }, code: "not-found", words: /"Moon"/ },
    { why: "a source that there is not", node: { source: "weather" }, code: "input", words: /clients, devices, wan/ },
    {
      why: "a log that an old controller does not hand out",
      node: { source: "events" },
      listen: { version: "5.12.9" },
      code: "unsupported",
      words: /events/,
    },
  ]) {
    it(`says what is wrong with ${why}`, async () => {
      const { red } = await omadaFlow({ nodes: [watch("event", "clients", node)], ...(listen ? { listen } : {}) });

      await red.until(() => red.caught().length > 0);

      const [{ error } = assert.fail()] = red.caught();
      assert.deepEqual([error.code, error.source.id, error.cause["platform"]], [code, "event", "omada"]);
      assert.match(error.message, words);
      assert.equal(red.statuses("event").at(-1)?.fill, "red");
      assert.deepEqual(red.sent("event"), []);
    });
  }

  it("takes the only site where none is named", async () => {
    const { red, controller, flow } = await omadaFlow({ nodes: [] });
    controller.removeSite(controller.site("Depot"));
    const node = watch("event", "devices", { site: "", initial: true });

    await red.deploy([...flow, node]);
    await looked(red, [node]);

    assert.equal(red.sent("event").length, 4);
  });
});
