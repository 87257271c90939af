import assert from "node:assert/strict";
import { answering, apiOf, asked, bodies, payloadOf, routerFlow, secretsAreKept } from "./router-fixture";

const HALF_A_CHARACTER = "\ud800";

describe("router-status", () => {
  afterEach(secretsAreKept);

  it("reads the WAN connections where nothing else is asked, in the same message", async () => {
    const { red, router } = await routerFlow();

    const { msg } = await red.send("status", { payload: "go", topic: "kept" });

    const { order, 1: fibre } = payloadOf<{ order: number[]; 1: { name: string } }>(msg);
    assert.deepEqual([order, fibre.name], [[2, 1, 3, 4], "Fibre"]);
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
    assert.deepEqual(apiOf(msg), { platform: "router", operation: "status.wan.connection", attempts: 1 });
    assert.deepEqual(asked(router), ["GET status.wan.connection"]);
  });

  it("reads the endpoint in its settings, whatever the message names", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: " info.time " } });

    await red.send("status", { endpoint: "info.location" });

    assert.deepEqual(asked(router), ["GET info.time"]);
  });

  it("reads the endpoint that the message names where its settings are blank", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: " ", endpointType: "str" } });

    await red.send("status", { endpoint: "info.location" });

    assert.deepEqual(asked(router), ["GET info.location"]);
  });

  it("reads the endpoint at the place of the message that its settings name", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "payload.what", endpointType: "msg" } });

    await red.send("status", { payload: { what: "info.time" } });

    assert.deepEqual(asked(router), ["GET info.time"]);
  });

  it("reads status, info, configuration, and those commands that only read", async () => {
    const { red, router } = await routerFlow();
    const reads = ["status.client", "info.firmware", "config.ssid.profile", "config.wan.connection.priority"];
    const commands = ["cmd.ap", "cmd.sms.get", "cmd.carrier.scan", "cmd.wifi.scan", "cmd.wifi.result"];
    const all = [...reads, ...commands, "cmd.mesh.discover.result", "cmd.wan.cellular"];

    for (const endpoint of all) await red.send("status", { endpoint });

    assert.deepEqual(
      asked(router),
      all.map((endpoint) => `GET ${endpoint}`),
    );
  });

  it("refuses every endpoint that does anything but read, and asks the router nothing", async () => {
    const { red, router } = await routerFlow();
    const signIn = ["login", "logout", "auth.client", "auth.client.token", "auth.token.grant", "auth.token.revoke"];
    const acts = ["config.apply", "config.restore", "system.reboot", "sms.sendMessage", "port.poe.disable", "starlink"];
    const all = [...signIn, ...acts.map((command) => `cmd.${command}`), "system.action", "cmd.unheard.of"];

    const codes = new Map<string, string | undefined>();
    for (const endpoint of all) codes.set(endpoint, (await red.send("status", { endpoint })).error?.code);

    assert.deepEqual(codes, new Map(all.map((name) => [name, "input"])));
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses what is no name of an endpoint, and asks the router nothing", async () => {
    const { red, router } = await routerFlow();
    const paths = [
      "status/wan",
      "/status.wan",
      "status.wan/../login",
      "..",
      "status..wan",
      "status.wan.",
      ".status.wan",
    ];
    const marks = [
      "status.wan?x=1",
      "status.wan#x",
      "status.wan connection",
      "status.%2e%2e",
      "status.wan\\x",
      "status.",
    ];
    const signs = [
      "status.wän",
      "status.ｗan",
      "status.wan\u0000",
      "status.wan\nx",
      `status.${HALF_A_CHARACTER}`,
      "1.2",
    ];

    const codes: unknown[] = [];
    for (const endpoint of [...paths, ...marks, ...signs, ["status.client"], { a: 1 }, true])
      codes.push((await red.send("status", { endpoint })).error?.code);

    assert.deepEqual(new Set(codes), new Set(["input"]));
    assert.deepEqual(router.server.journal, []);
  });

  it("writes lists with spaces, true and false as yes and no, and leaves out what is not set", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "status.client" } });
    const params = { connectionType: ["ethernet", "wireless"], activeOnly: true, lite: false, size: 3, vlanId: null };

    const { msg } = await red.send("status", { params });

    assert.deepEqual(asked(router), [
      "GET status.client?connectionType=ethernet wireless&activeOnly=yes&lite=no&size=3",
    ]);
    assert.equal(payloadOf<{ list: unknown[] }>(msg).list.length, 3);
    assert.deepEqual(params.connectionType, ["ethernet", "wireless"]);
  });

  it("sends text as it is, whatever characters it holds", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "status.pepvpn" } });
    const searchPattern = "a&b=c #ä 😀 100%+\n/..";

    await red.send("status", { params: { searchPattern, "x&y": "" } });

    const { query } = router.server.journal.at(-1) ?? {};
    assert.deepEqual([query?.get("searchPattern"), query?.get("x&y")], [searchPattern, ""]);
  });

  it("takes its parameters from its settings before those of the message", async () => {
    const { red, router } = await routerFlow({ status: { params: '{"id": [1, 2]}' } });

    await red.send("status", { params: { id: 3 } });

    assert.deepEqual(asked(router), ["GET status.wan.connection?id=1 2"]);
  });

  for (const [what, params] of Object.entries({
    "an object": { id: { not: "this" } },
    "a list in a list": { id: [[1]] },
    "a number that is none": { id: Number.NaN },
    "half a character": { id: HALF_A_CHARACTER },
    "an access token": { accessToken: "mine" },
    "no object": "id=1",
    "a list alone": [1, 2],
  })) {
    it(`refuses parameters that hold ${what}, and asks the router nothing`, async () => {
      const { red, router } = await routerFlow();

      const { error } = await red.send("status", { params });

      assert.equal(error?.code, "input");
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("POSTs the one read that the router wants POSTed, with its parameters as they are", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "status.cellularModule.temperature" } });

    const { msg } = await red.send("status", { params: { connId: 3 } });

    assert.deepEqual(msg?.payload, { temperature: 43 });
    assert.deepEqual(asked(router), ["POST status.cellularModule.temperature"]);
    assert.deepEqual(bodies(router, "status.cellularModule.temperature"), [{ connId: 3 }]);
  });

  it("keeps the token to itself in the read that is POSTed too", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "status.cellularModule.temperature" } });

    const { error } = await red.send("status", { params: { connId: 3, accessToken: "mine" } });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  it("tells what the router remarks beside its answer", async () => {
    const { red } = await routerFlow({ status: { endpoint: "status.pepvpn" } });

    const { msg } = await red.send("status", { params: { infoType: ["peer"] } });

    assert.deepEqual(apiOf(msg)["notice"], { status: "beta" });
  });

  it("answers null where the router answers nothing", async () => {
    const { red, router } = await routerFlow({ status: { endpoint: "status.cpu", shape: "list" } });
    answering(router, "status.cpu", { stat: "ok" });

    const { msg } = await red.send("status");

    assert.equal(msg?.payload, null);
  });

  describe("showing collections as lists", () => {
    /** What becomes of an answer. */
    async function listed(response: unknown): Promise<unknown> {
      const { red, router } = await routerFlow({ status: { endpoint: "status.any", shape: "list" } });
      answering(router, "status.any", { stat: "ok", response });
      return (await red.send("status")).msg?.payload;
    }

    it("follows the router's order, which is not that of the ids", async () => {
      const { red } = await routerFlow({ status: { shape: "list" } });

      const { msg } = await red.send("status");

      const wans = msg?.payload as { id: number; name: string }[];
      assert.deepEqual(
        wans.map(({ id, name }) => [id, name]),
        [
          [2, "Starlink"],
          [1, "Fibre"],
          [3, "Cellular"],
          [4, "Harbour Wi-Fi"],
        ],
      );
    });

    it("counts them in the status", async () => {
      const { red } = await routerFlow({ status: { shape: "list" } });

      await red.send("status");
      await red.until(() => red.ended("status") === 1);

      assert.deepEqual(red.statuses("status").at(-1), { fill: "green", shape: "dot", text: "done (4)" });
    });

    it("falls back on the numbers where there is no order", async () => {
      assert.deepEqual(await listed({ 10: { a: 1 }, 2: { b: 2 }, timestamp: 5 }), [
        { b: 2, id: 2 },
        { a: 1, id: 10 },
      ]);
    });

    it("passes over an id that is in the order and nowhere else", async () => {
      assert.deepEqual(await listed({ 1: { a: 1 }, order: [3, 1, "constructor"] }), [{ a: 1, id: 1 }]);
    });

    it("knows ids that are words", async () => {
      assert.deepEqual(await listed({ 1: { a: 1 }, vwan5: { b: 2 }, order: ["vwan5", 1] }), [
        { b: 2, id: "vwan5" },
        { a: 1, id: 1 },
      ]);
    });

    it("keeps an entry that is no object, beside its id", async () => {
      assert.deepEqual(await listed({ 1: 7, 2: [8], order: [1, 2] }), [
        { id: 1, value: 7 },
        { id: 2, value: [8] },
      ]);
    });

    it("makes an empty list of an empty collection", async () => {
      assert.deepEqual(await listed({ order: [] }), []);
    });

    for (const [what, response] of Object.entries({
      "a list": [{ 1: { a: 1 }, order: [1] }],
      "an object that is no collection": { list: [{ ip: "192.0.2.1" }], order: "ascending" },
      "a text": "text",
    })) {
      it(`leaves ${what} as it is`, async () => {
        assert.deepEqual(await listed(response), response);
      });
    }
  });

  describe("hiding secrets", () => {
    const wifiKeys = (payload: unknown): unknown[] => {
      const { 1: first, 2: second } = payload as Record<1 | 2, { security: { wpa2Personal: { key: unknown } } }>;
      return [first, second].map(({ security }) => security.wpa2Personal.key);
    };

    it("hides the keys of Wi-Fi networks and nothing else of them, unless told otherwise", async () => {
      const { red } = await routerFlow({ status: { endpoint: "config.ssid.profile" } });

      const { msg } = await red.send("status");

      const { 2: guests } = payloadOf<Record<2, object>>(msg);
      assert.deepEqual(wifiKeys(msg?.payload), ["***", "***"]);
      assert.deepEqual(guests, {
        name: "Lighthouse Guests",
        enable: true,
        frequency: ["2.4GHz", "5GHz"],
        captivePortal: false,
        incontrolManaged: false,
        broadcast: true,
        vlanId: 20,
        security: { policy: "WPA2 Personal", wpa2Personal: { fastTransition: false, key: "***" } },
      });
    });

    it("shows them where the flow's owner wants to see them", async () => {
      const { red } = await routerFlow({ status: { endpoint: "config.ssid.profile", secrets: "show" } });

      const { msg } = await red.send("status");

      assert.deepEqual(wifiKeys(msg?.payload), ["keeper-of-the-light", "mind-the-steps"]);
    });

    it("hides the passwords of access points and of dynamic DNS, the router's own placeholder too", async () => {
      const { red } = await routerFlow({ status: { endpoint: "config.wan.connection", shape: "list" } });

      const { msg } = await red.send("status", { params: { id: [1, 3] } });

      const text = JSON.stringify(msg?.payload);
      assert.doesNotMatch(text, /HiDdEn|apn-secret|ddns-secret/);
      assert.equal(text.match(/"password":"\*\*\*"/g)?.length, 2);
      assert.match(text, /"username":"keeper".*"apn":"internet.kestrel.example","username":"kestrel"/);
    });

    it("hides the secrets of clients wherever they stand, in lists too", async () => {
      const { red, router } = await routerFlow({ status: { endpoint: "info.any" } });
      const client = { name: "panel", clientId: "panel-1", clientSecret: "between us", tokenType: "none" };
      answering(router, "info.any", { stat: "ok", response: { deep: [[{ clients: [client] }]] } });

      const { msg } = await red.send("status");

      assert.deepEqual(msg?.payload, { deep: [[{ clients: [{ ...client, clientSecret: "***" }] }]] });
    });

    it("leaves a status without secrets as it is", async () => {
      const { red } = await routerFlow({ status: { endpoint: "status.client" } });
      const { msg: hidden } = await red.send("status");
      const { red: open } = await routerFlow({ status: { endpoint: "status.client", secrets: "show" } });

      const { msg: seen } = await open.send("status");

      assert.deepEqual(hidden?.payload, seen?.payload);
    });
  });
});
