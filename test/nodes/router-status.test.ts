import assert from "node:assert/strict";
import { apiOf, payloadOf, respondWith, sentBodies, sentRequests } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const LONE_SURROGATE = "\ud800";

describe("router-status", () => {
  afterEach(assertNoSecretLeaked);

  it("returns the WAN connections by default, in the same message", async () => {
    const { red, router } = await peplinkFlow();

    const { msg } = await red.send("status", { payload: "go", topic: "kept" });

    const { order, 1: fibre } = payloadOf<{ order: number[]; 1: { name: string } }>(msg);
    assert.deepEqual([order, fibre.name], [[2, 1, 3, 4], "Fibre"]);
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
    assert.deepEqual(apiOf(msg), { platform: "router", operation: "status.wan.connection", attempts: 1 });
    assert.deepEqual(sentRequests(router), ["GET status.wan.connection"]);
  });

  it("prefers the endpoint of its settings to that of the message", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: " info.time " } });

    await red.send("status", { endpoint: "info.location" });

    assert.deepEqual(sentRequests(router), ["GET info.time"]);
  });

  it("uses the endpoint of the message if its settings are blank", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: " ", endpointType: "str" } });

    await red.send("status", { endpoint: "info.location" });

    assert.deepEqual(sentRequests(router), ["GET info.location"]);
  });

  it("uses the endpoint in the message property that its settings name", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "payload.endpoint", endpointType: "msg" } });

    await red.send("status", { payload: { endpoint: "info.time" } });

    assert.deepEqual(sentRequests(router), ["GET info.time"]);
  });

  it("accepts the endpoints of status, info and configuration, and the commands that only read", async () => {
    const { red, router } = await peplinkFlow();
    const reads = ["status.client", "info.firmware", "config.ssid.profile", "config.wan.connection.priority"];
    const commands = ["cmd.ap", "cmd.sms.get", "cmd.carrier.scan", "cmd.wifi.scan", "cmd.wifi.result"];
    const endpoints = [...reads, ...commands, "cmd.mesh.discover.result", "cmd.wan.cellular"];

    for (const endpoint of endpoints) await red.send("status", { endpoint });

    assert.deepEqual(
      sentRequests(router),
      endpoints.map((endpoint) => `GET ${endpoint}`),
    );
  });

  it("refuses every endpoint that does more than read, without a request", async () => {
    const { red, router } = await peplinkFlow();
    const signIn = ["login", "logout", "auth.client", "auth.client.token", "auth.token.grant", "auth.token.revoke"];
    const commands = [
      "config.apply",
      "config.restore",
      "system.reboot",
      "sms.sendMessage",
      "port.poe.disable",
      "starlink",
    ];
    const endpoints = [...signIn, ...commands.map((command) => `cmd.${command}`), "system.action", "cmd.unknown"];

    const codes = new Map<string, string | undefined>();
    for (const endpoint of endpoints) codes.set(endpoint, (await red.send("status", { endpoint })).error?.code);

    assert.deepEqual(codes, new Map(endpoints.map((name) => [name, "input"])));
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses an invalid name of an endpoint, without a request", async () => {
    const { red, router } = await peplinkFlow();
    const paths = [
      "status/wan",
      "/status.wan",
      "status.wan/../login",
      "..",
      "status..wan",
      "status.wan.",
      ".status.wan",
    ];
    const punctuation = [
      "status.wan?x=1",
      "status.wan#x",
      "status.wan connection",
      "status.%2e%2e",
      "status.wan\\x",
      "status.",
    ];
    const characters = [
      "status.wän",
      "status.ｗan",
      "status.wan\u0000",
      "status.wan\nx",
      `status.${LONE_SURROGATE}`,
      "1.2",
    ];

    const codes: unknown[] = [];
    for (const endpoint of [...paths, ...punctuation, ...characters, ["status.client"], { a: 1 }, true])
      codes.push((await red.send("status", { endpoint })).error?.code);

    assert.deepEqual(new Set(codes), new Set(["input"]));
    assert.deepEqual(router.server.journal, []);
  });

  it("sends lists separated by spaces, booleans as yes and no, and omits null", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.client" } });
    const params = { connectionType: ["ethernet", "wireless"], activeOnly: true, lite: false, size: 3, vlanId: null };

    const { msg } = await red.send("status", { params });

    assert.deepEqual(sentRequests(router), [
      "GET status.client?connectionType=ethernet wireless&activeOnly=yes&lite=no&size=3",
    ]);
    assert.equal(payloadOf<{ list: unknown[] }>(msg).list.length, 3);
    assert.deepEqual(params.connectionType, ["ethernet", "wireless"]);
  });

  it("sends text unchanged, whatever characters it contains", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.pepvpn" } });
    const searchPattern = "a&b=c #ä 😀 100%+\n/..";

    await red.send("status", { params: { searchPattern, "x&y": "" } });

    const { query } = router.server.journal.at(-1) ?? {};
    assert.deepEqual([query?.get("searchPattern"), query?.get("x&y")], [searchPattern, ""]);
  });

  it("prefers the parameters of its settings to those of the message", async () => {
    const { red, router } = await peplinkFlow({ status: { params: '{"id": [1, 2]}' } });

    await red.send("status", { params: { id: 3 } });

    assert.deepEqual(sentRequests(router), ["GET status.wan.connection?id=1 2"]);
  });

  for (const [what, params] of Object.entries({
    "an object": { id: { not: "this" } },
    "a list in a list": { id: [[1]] },
    NaN: { id: Number.NaN },
    "a lone surrogate": { id: LONE_SURROGATE },
    "an access token": { accessToken: "mine" },
    text: "id=1",
    "only a list": [1, 2],
  })) {
    it(`refuses parameters that consist of or contain ${what}, without a request`, async () => {
      const { red, router } = await peplinkFlow();

      const { error } = await red.send("status", { params });

      assert.equal(error?.code, "input");
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("sends the one read by POST for which the router requires it, with its parameters as the body", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.cellularModule.temperature" } });

    const { msg } = await red.send("status", { params: { connId: 3 } });

    assert.deepEqual(msg?.payload, { temperature: 43 });
    assert.deepEqual(sentRequests(router), ["POST status.cellularModule.temperature"]);
    assert.deepEqual(sentBodies(router, "status.cellularModule.temperature"), [{ connId: 3 }]);
  });

  it("refuses an access token in the read that is sent by POST, without a request", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.cellularModule.temperature" } });

    const { error } = await red.send("status", { params: { connId: 3, accessToken: "mine" } });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  it("returns the notice of the router in `msg.api`", async () => {
    const { red } = await peplinkFlow({ status: { endpoint: "status.pepvpn" } });

    const { msg } = await red.send("status", { params: { infoType: ["peer"] } });

    assert.deepEqual(apiOf(msg)["notice"], { status: "beta" });
  });

  it("returns null if the response is empty", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.cpu", shape: "list" } });
    respondWith(router, "status.cpu", { stat: "ok" });

    const { msg } = await red.send("status");

    assert.equal(msg?.payload, null);
  });
});
