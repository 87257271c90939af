import assert from "node:assert/strict";
import { fetchEnvelope, setUp } from "./test-client";

describe("The Peplink simulator", () => {
  it("rejects unknown endpoints and the wrong method", async () => {
    const { get, post } = await setUp();

    assert.deepEqual(await get("status.weather"), { stat: "fail", code: 999, message: "unknown function" });
    assert.equal((await get("cmd.config.apply")).message, "Unsupported request");
    assert.equal((await post("info.time", {})).message, "Unsupported request");
  });

  it("accepts a list as one value with spaces, but neither with commas nor as a repeated key", async () => {
    const { router, accessToken, get } = await setUp();
    const repeated = `${router.url}/api/status.wan.connection?id=1&id=2&accessToken=${accessToken}`;

    assert.deepEqual((await get("status.wan.connection", { id: "1 2" })).response.order, [2, 1]);
    assert.deepEqual((await get("status.wan.connection", { id: "1,2" })).response.order, []);
    assert.deepEqual((await fetchEnvelope(repeated)).response.order, []);
  });

  it("lists WANs in another order than that of their ids, with the state of each", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection");

    const wans = response.order
      .map((id) => response[id] ?? {})
      .map((wan) => [wan["name"], wan["statusLed"], wan["message"]]);
    assert.deepEqual(wans, [
      ["Starlink", "yellow", "Standby"],
      ["Fibre", "green", "Connected"],
      ["Cellular", "yellow", "Standby"],
      ["Harbour Wi-Fi", "gray", "Disabled"],
    ]);
  });

  it("returns an address but no uptime for a WAN on standby, and neither address nor priority for a disabled one", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection");

    assert.deepEqual([response[2]?.["uptime"], response[2]?.["ip"]], [0, "100.64.7.20"]);
    assert.deepEqual(["ip" in (response[4] ?? {}), "priority" in (response[4] ?? {})], [false, false]);
  });

  it("activates the next best WAN when a cable is unplugged", async () => {
    const { router, get } = await setUp();
    router.wan("Fibre").takeDown();

    const { response } = await get("status.wan.connection");

    assert.deepEqual([response[1]?.["message"], response[1]?.["uptime"]], ["No Cable Detected", 0]);
    assert.deepEqual([response[2]?.["statusLed"], response[2]?.["uptime"]], ["green", 1]);
  });

  it("returns one allowance for an ethernet WAN, and one for each SIM of a cellular one", async () => {
    const { get } = await setUp();

    const { response } = await get("status.wan.connection.allowance");

    assert.equal(response[1]?.["percent"], 21);
    const sim = { enable: true, usage: 31_000, limit: 50_000, percent: 62, start: 15, unit: "MB" };
    assert.deepEqual(response[3]?.[1], sim);
  });

  it("lists all clients, the active ones, or those of a connection type", async () => {
    const { get } = await setUp();

    assert.equal((await get("status.client")).response.list.length, 5);
    assert.equal((await get("status.client", { activeOnly: "yes" })).response.list.length, 4);
    const wired = await get("status.client", { connectionType: "ethernet" });
    assert.deepEqual(
      wired.response.list.map(({ name }) => name),
      ["chart-plotter"],
    );
  });

  it("returns signals only with the output weight full", async () => {
    const { get } = await setUp();

    const normal = await get("status.client");
    const full = await get("status.client", { outputWeight: "full" });

    assert.ok(!normal.response.list.some((client) => "signal" in client));
    assert.ok(full.response.list.some((client) => "signal" in client));
  });

  it("returns nothing about SpeedFusion without infoType, and a beta notice", async () => {
    const { get } = await setUp();

    assert.deepEqual(await get("status.pepvpn"), { stat: "ok", response: {}, notice: { status: "beta" } });
    const { response } = await get("status.pepvpn", { infoType: "profile peer" });
    assert.deepEqual([response["profile"]?.["order"], response["peer"]?.["length"]], [[2, 1], 2]);
  });

  it("keeps a change of a WAN pending until it is applied", async () => {
    const { router, post } = await setUp();
    await post("config.wan.connection", {
      action: "update",
      list: [{ id: 1, enable: false, connection: { priority: 5 } }],
    });
    assert.equal(router.pendingChanges().length, 1);
    assert.equal(router.wan("Fibre").enable, true);

    await post("cmd.config.apply");

    assert.deepEqual([router.wan("Fibre").enable, router.wan("Fibre").priority], [false, 5]);
    assert.deepEqual([router.pendingChanges().length, router.appliedCount()], [0, 1]);
  });

  it("discards pending changes on command", async () => {
    const { router, post } = await setUp();
    await post("config.wan.connection.priority", { list: [{ connId: 2, priority: 1 }] });

    await post("cmd.config.discard");
    await post("cmd.config.apply");

    assert.equal(router.wan("Starlink").priority, 2);
  });

  it("rejects a change of WANs without action or list", async () => {
    const { router, post } = await setUp();

    assert.equal((await post("config.wan.connection", { list: [{ id: 1, enable: false }] })).stat, "fail");
    assert.equal((await post("config.wan.connection", { action: "update", id: 1, enable: false })).stat, "fail");
    assert.deepEqual(router.pendingChanges(), []);
  });

  it("applies a priority instantly on request, and silently ignores an id in place of a connId", async () => {
    const { router, post } = await setUp();
    const list = [
      { connId: 3, priority: 1 },
      { id: 1, enable: false },
    ];

    const envelope = await post("config.wan.connection.priority", { instantActive: true, list });

    assert.deepEqual(envelope.response.order, [3]);
    assert.deepEqual([router.wan("Cellular").priority, router.wan("Fibre").enable], [1, true]);
  });

  it("hides one secret of a WAN and returns another", async () => {
    const { get } = await setUp();

    const text = JSON.stringify(await get("config.wan.connection"));

    assert.match(text, /"password":"@~HiDdEn~@"/);
    assert.match(text, /"password":"apn-secret"/);
    assert.doesNotMatch(text, /ddns-secret/);
  });

  it("changes one Wi-Fi network by an id at the top, and returns its key in clear", async () => {
    const { router, get, post } = await setUp();
    const security = { wpa2Personal: { key: "fog-horn-at-dawn" } };
    await post("config.ssid.profile", { action: "update", id: "2", security });

    await post("cmd.config.apply");

    assert.equal(router.ssids[1]?.security.wpa2Personal.key, "fog-horn-at-dawn");
    assert.equal(router.ssids[1]?.security.policy, "WPA2 Personal");
    assert.match(JSON.stringify(await get("config.ssid.profile", { id: "1" })), /keeper-of-the-light/);
  });

  it("restores its first configuration only with its own time", async () => {
    const { router, get, post } = await setUp();
    router.wan("Fibre").name = "Copper";

    assert.equal((await post("cmd.config.restore", {})).stat, "fail");
    assert.equal(
      (await post("cmd.config.restore", { timestamp: (await get("info.time")).response["time"] })).stat,
      "ok",
    );

    assert.equal(router.wan("Fibre").id, 1);
  });

  it("switches the access point at once", async () => {
    const { router, post } = await setUp();

    const envelope = await post("cmd.ap", { enable: false });

    assert.deepEqual(envelope, { stat: "ok", response: { support: true, enable: false }, notice: { status: "alpha" } });
    assert.equal(router.world.isAccessPointOn, false);
  });

  it("sends a text message only to an address that starts with a plus", async () => {
    const { router, post } = await setUp();

    assert.equal((await post("cmd.sms.sendMessage", { connId: 3, address: "0999155501", content: "hi" })).stat, "fail");
    assert.equal((await post("cmd.sms.sendMessage", { connId: 3, address: "+999155501", content: "hi" })).stat, "ok");

    assert.equal(router.world.sentMessages.length, 1);
  });

  it("scans for carriers while time passes", async () => {
    const { router, get, post } = await setUp();
    router.world.carrierScanMs = 60_000;
    await post("cmd.carrier.scan", { action: "start", connId: 3 });
    const early = await get("cmd.carrier.scan", { connId: "3", reference: "no" });
    router.now = () => Date.now() + 61_000;

    const late = await get("cmd.carrier.scan", { connId: "3", reference: "no" });

    assert.deepEqual([early.response["scanStatus"], late.response["scanStatus"]], ["scanning", "done"]);
    assert.deepEqual([early.response.list.length, late.response.list.length], [0, 3]);
  });

  it("powers the ports that a command names", async () => {
    const { router, post } = await setUp();

    await post("cmd.port.poe.enable", { port: [2, { id: 3 }] });

    assert.deepEqual(
      router.ports.map(({ poe }) => poe),
      [true, true, true, false],
    );
  });

  it("returns an array where a real router does, and a temperature only by POST", async () => {
    const { get, post } = await setUp();

    assert.ok(Array.isArray((await get("cmd.wifi.scan", { connId: "4" })).response));
    assert.equal((await post("status.cellularModule.temperature", { connId: 3 })).response["temperature"], 43);
    assert.equal((await get("status.cellularModule.temperature", { connId: "3" })).message, "Unsupported request");
  });

  it("fails once with an internal error and without effect", async () => {
    const { router, post } = await setUp();
    router.failWithInternalError();

    assert.equal((await post("cmd.system.reboot")).message, "Internal Error");
    assert.equal((await post("cmd.system.reboot")).stat, "ok");

    assert.deepEqual([router.world.rebootCount, router.calls("cmd.system.reboot")], [1, 2]);
  });

  it("resets connections while it reboots, and has no sessions afterwards", async () => {
    const { router, get, post } = await setUp();
    router.rebootMs = 150;
    assert.equal((await post("cmd.system.reboot")).stat, "ok");

    await assert.rejects(get("info.time"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await get("info.time")).code, 401);
  });
});
