import assert from "node:assert/strict";
import { fillIn, loadExamples, type SavedNode } from "../../scripts/demo/examples";
import { ExternalService } from "../support/harness/external-services";
import { nodeRed, type Message } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { Plug } from "../support/simulators/kasa/plugs";
import { hurried, platformsOfTest } from "./example-fixture";

/** Deploys an example with platforms of its own, and with more nodes. */
async function setUp(file: string, change = (node: SavedNode): SavedNode => node, more: SavedNode[] = []) {
  const platforms = await platformsOfTest();
  const nodes = loadExamples().get(file) ?? assert.fail(`there is no ${file}`);
  const red = await nodeRed();
  await red.deploy([...fillIn(nodes.map(change), platforms), ...more]);
  return { red, nodes, ...platforms };
}

afterEach(async () => {
  await (await nodeRed()).deploy([]);
});

describe("Prometheus metrics.json", () => {
  const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
  const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
  const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

  /** Parses the text format 0.0.4 as strictly as its grammar: types before samples, each metric in one group. */
  function parse(text: string): Map<string, number> {
    assert.ok(text.endsWith("\n"), "the last line does not end");
    const samples = new Map<string, number>();
    const groups: string[] = [];
    for (const line of text.slice(0, -1).split("\n")) {
      const [, keyword, metric = "", rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
      if (keyword === "TYPE") {
        assert.match(metric, METRIC);
        assert.match(rest ?? "", /^(counter|gauge|histogram|summary|untyped)$/);
        assert.ok(!groups.includes(metric), `${metric} is in two groups`);
        groups.push(metric);
      }
      if (keyword) continue;
      const [, name, labels = "", value] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`);
      assert.equal(name, groups.at(-1), line);
      assert.ok(Number.isFinite(Number(value)), line);
      LABEL.lastIndex = 0;
      while (LABEL.lastIndex < labels.length) assert.ok(LABEL.exec(labels), `not a label: ${line}`);
      const key = `${name}{${labels}}`;
      assert.ok(!samples.has(key), `twice: ${key}`);
      samples.set(key, Number(value));
    }
    return samples;
  }

  it("answers a scrape in the text format of Prometheus", async () => {
    const { red, router, cloud } = await setUp("Prometheus metrics.json");
    router.wan("Starlink").name = 'The "dish"\\on the roof\n';
    cloud.device(Plug, "Freezer").on = true;

    const response = await fetch(`${red.hooksUrl}/metrics`);

    assert.equal(response.status, 200);
    // Express sorts the parameters.
    const [type, ...parameters] = (response.headers.get("content-type") ?? "").split("; ");
    assert.deepEqual([type, parameters.includes("version=0.0.4")], ["text/plain", true]);
    const samples = parse(await response.text());
    const valueOf = (name: string, label: string): unknown =>
      [...samples].find(([key]) => key.startsWith(`${name}{`) && key.includes(label))?.[1];
    assert.equal(valueOf("homenet_wan_up", 'name="Fibre"'), 1);
    assert.equal(valueOf("homenet_wan_up", 'name="The \\"dish\\"\\\\on the roof'), 0);
    assert.equal(valueOf("homenet_wan_priority", 'name="Cellular"'), 3);
    assert.equal(valueOf("homenet_wan_priority", 'name="Harbour Wi-Fi"'), undefined);
    assert.equal(valueOf("homenet_device_on", 'name="Freezer"'), 1);
    assert.ok(Number(valueOf("homenet_clients", 'connection="wireless"')) > 0);
  });

  it("lets a scrape fail where a platform does", async () => {
    const { red, router } = await setUp("Prometheus metrics.json");
    router.failWithInternalError(Infinity);

    const response = await fetch(`${red.hooksUrl}/metrics`);

    assert.equal(response.status, 503);
    assert.match(await response.text(), /router/);
  });
});

describe("MCP endpoint.json", () => {
  const TOKEN = "a token for the test";
  const INITIALIZE = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1.0.0" },
  };

  interface Answer {
    status: number;
    body: {
      jsonrpc?: string;
      id?: unknown;
      error?: { code: number; message: string };
      result?: {
        protocolVersion?: string;
        capabilities?: object;
        serverInfo?: { name: string };
        tools?: { name: string; description: string; inputSchema: { type: string; required: string[] } }[];
        content?: { type: string; text: string }[];
        isError?: boolean;
      };
    };
  }

  async function endpoint(token = TOKEN) {
    const withToken = (node: SavedNode): SavedNode =>
      node.type === "tab" && token ? { ...node, env: [{ name: "MCP_TOKEN", value: token, type: "str" }] } : node;
    const world = await setUp("MCP endpoint.json", withToken);
    const url = `${world.red.hooksUrl}/mcp`;

    async function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          authorization: `Bearer ${TOKEN}`,
          ...headers,
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (text) assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
      return { status: response.status, body: text ? JSON.parse(text) : {} };
    }

    let lastId = 0;
    const call = (method: string, params: object = {}): Promise<Answer> =>
      post({ jsonrpc: "2.0", id: ++lastId, method, params });
    const tool = async (name: string, args: object = {}) =>
      (await call("tools/call", { name, arguments: args })).body.result ?? assert.fail("no result");
    return { ...world, url, post, call, tool };
  }

  it("opens as the protocol says, and lists its tools with their schemas", async () => {
    const { call, post, url } = await endpoint();

    const { status, body } = await call("initialize", INITIALIZE);
    assert.deepEqual([status, body.jsonrpc, body.id], [200, "2.0", 1]);
    assert.equal(body.result?.protocolVersion, "2025-06-18");
    assert.deepEqual(body.result.capabilities, { tools: {} });
    assert.ok(body.result.serverInfo?.name);

    const notified = await post({ jsonrpc: "2.0", method: "notifications/initialized" });
    assert.deepEqual([notified.status, notified.body], [202, {}]);
    assert.deepEqual((await call("ping")).body.result, {});
    const tools = (await call("tools/list")).body.result?.tools ?? [];
    assert.deepEqual(
      tools.map(({ name, inputSchema }) => [name, inputSchema.type, inputSchema.required]),
      [
        ["list_devices", "object", []],
        ["list_wan_links", "object", []],
        ["switch_device", "object", ["device", "on"]],
        ["prefer_wan_link", "object", ["link"]],
      ],
    );
    assert.equal((await fetch(url)).status, 405);
  });

  it("lets an assistant read and act", async () => {
    const { tool, cloud, router } = await endpoint();
    const said = ({ content, isError }: NonNullable<Answer["body"]["result"]>): unknown => {
      assert.deepEqual([isError, content?.length, content?.[0]?.type], [false, 1, "text"]);
      return JSON.parse(content?.[0]?.text ?? "");
    };

    const devices = said(await tool("list_devices")) as { name: string }[];
    assert.ok(devices.some(({ name }) => name === "Modem"));
    assert.deepEqual(said(await tool("switch_device", { device: "Modem", on: false })), { name: "Modem", on: false });
    assert.equal(cloud.device(Plug, "Modem").on, false);
    const links = said(await tool("list_wan_links")) as { name: string; priority?: number }[];
    assert.deepEqual(links[0], { name: "Starlink", enabled: true, state: "Standby", priority: 2 });
    const preferred = said(await tool("prefer_wan_link", { link: "Starlink" }));
    assert.deepEqual(preferred, { first: "Starlink", confirmed: true });
    assert.equal(router.wan("Starlink").priority, 1);
  });

  it("tells what a platform refuses as the error of a tool, and what is no call as one of the protocol", async () => {
    const { tool, call, post } = await endpoint();

    const { isError, content } = await tool("prefer_wan_link", { link: "Satellite" });
    assert.equal(isError, true);
    assert.match(content?.[0]?.text ?? "", /"Starlink"/);
    assert.equal((await call("tools/call", { name: "wipe" })).body.error?.code, -32602);
    const wrong = { name: "switch_device", arguments: { device: "Modem", on: "off" } };
    assert.equal((await call("tools/call", wrong)).body.error?.code, -32602);
    assert.equal((await call("resources/list")).body.error?.code, -32601);
    assert.deepEqual((await post([])).body.error?.code, -32600);
  });

  it("answers nobody without the token, from a browser, or as long as no token is set", async () => {
    const { post } = await endpoint();
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
    assert.equal((await post(ping, { authorization: "Bearer wrong" })).status, 401);
    assert.equal((await post(ping, { origin: "https://elsewhere.example" })).status, 403);

    const open = await endpoint("");
    assert.equal((await open.post(ping, { authorization: "Bearer " })).status, 503);
  });
});

describe("Home Assistant by MQTT discovery.json", () => {
  before(function () {
    if (ExternalService.missing("mosquitto").length > 0) this.skip();
  });

  /** What Home Assistant requires of the configuration of each platform that the example uses. */
  const REQUIRED: Readonly<Record<string, string[]>> = {
    switch: ["command_topic", "state_topic"],
    binary_sensor: ["state_topic"],
    sensor: ["state_topic"],
    device_tracker: ["state_topic"],
  };

  it("publishes what Home Assistant finds, the states, and switches what it commands", async () => {
    const broker = closeAfterTest(await ExternalService.mosquitto());
    const atBroker = (node: SavedNode): SavedNode =>
      node.type === "mqtt-broker" ? { ...node, broker: broker.url } : hurried(node);
    const nodes = loadExamples().get("Home Assistant by MQTT discovery.json") ?? [];
    const { id = "" } = nodes.find(({ type }) => type === "mqtt-broker") ?? {};
    const hears = {
      type: "mqtt in",
      topic: "#",
      qos: "1",
      datatype: "auto-detect",
      broker: id,
      rap: true,
      rh: 0,
      inputs: 0,
    };
    const { red, cloud, controller } = await setUp("Home Assistant by MQTT discovery.json", atBroker, [
      { id: "assistant", ...hears },
      { id: "command", type: "mqtt out", topic: "", qos: "1", retain: "false", broker: id },
    ]);
    const heard = (): Map<string, Message> => new Map(red.sent("assistant").map((msg) => [String(msg["topic"]), msg]));
    const stateOf = (topic: string): unknown => heard().get(topic)?.payload;
    const { deviceId } = cloud.device(Plug, "Modem");
    const [plug, phone] = [`homenet/plug/${deviceId}`, controller.client("Ada's phone").mac.replace(/\W/g, "_")];
    const tracker = `homeassistant/device_tracker/homenet_${phone}/config`;
    const configs = (): [topic: string, config: Record<string, unknown>][] =>
      [...heard()]
        .filter(([topic]) => topic.startsWith("homeassistant/"))
        .map(([topic, { payload }]) => [topic, payload as Record<string, unknown>]);
    const isHeard = (topic: unknown): boolean => heard().has(String(topic));
    // Each configuration is followed by the state that it speaks of.
    await red.until(
      () =>
        [`${plug}/state`, tracker, "homenet/wan/active"].every(isHeard) &&
        configs().every(([, config]) => isHeard(config["state_topic"])),
      20_000,
    );

    for (const [topic, config] of configs()) {
      const [, platform = ""] = /^homeassistant\/(\w+)\/[\w-]+\/config$/.exec(topic) ?? assert.fail(topic);
      for (const key of [...(REQUIRED[platform] ?? assert.fail(platform)), "unique_id"]) {
        assert.equal(typeof config[key], "string", `${topic}: ${key}`);
      }
      assert.ok(Array.isArray((config["device"] as { identifiers: unknown }).identifiers), topic);
    }
    assert.equal(new Set(configs().map(([, config]) => config["unique_id"])).size, configs().length);
    const link = JSON.stringify(configs().find(([topic]) => topic.includes("binary_sensor"))?.[1]);
    assert.match(link, /"device_class":"connectivity"/);
    assert.deepEqual([stateOf("homenet/wan/active"), stateOf(`${plug}/availability`)], ["Fibre", "online"]);

    assert.equal(cloud.device(Plug, "Modem").on, true);
    red.inject("command", { topic: `${plug}/set`, payload: "OFF" });
    await red.until(() => stateOf(`${plug}/state`) === "OFF");
    assert.equal(cloud.device(Plug, "Modem").on, false);
  });
});
