import assert from "node:assert/strict";
import { apiOf, payloadOf, respondWith, sentBodies, sentRequests } from "../support/harness/peplink-flow";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const PRIORITY = "config.wan.connection.priority";

/** One act in a node with these settings, and what became of the router. */
interface ActExample {
  settings: Record<string, unknown>;
  before?: (router: PeplinkRouter) => void;
  payload: unknown;
  verified: boolean | null;
  /** The requests that make up the act. */
  steps: string[];
  after: (router: PeplinkRouter) => void;
}

const EXAMPLES: Readonly<Record<string, ActExample>> = {
  "wan-priority": {
    settings: { target: "Cellular", value: "1", valueType: "num" },
    payload: 1,
    verified: true,
    steps: [PRIORITY],
    after: ({ wans }) =>
      assert.deepEqual(
        wans.map(({ priority }) => priority),
        [2, 1, 1, 4],
      ),
  },
  "wan-enable": {
    settings: { target: "Harbour Wi-Fi", value: "true", valueType: "bool" },
    payload: true,
    verified: true,
    steps: [PRIORITY],
    after: (router) => assert.equal(router.wan("Harbour Wi-Fi").enable, true),
  },
  "wan-prefer": {
    settings: { target: "Starlink" },
    payload: "Starlink",
    verified: true,
    steps: [PRIORITY],
    after: ({ wans }) =>
      assert.deepEqual(
        wans.map(({ priority }) => priority),
        [1, 2, 3, 4],
      ),
  },
  "sim-switch": {
    settings: { target: "Cellular", value: "B" },
    before: (router) => void (router.wan("Cellular").sims[1]!.simCardDetected = true),
    payload: 2,
    verified: true,
    steps: ["cmd.wan.cellular"],
    after: (router) =>
      assert.deepEqual(
        router.wan("Cellular").sims.map(({ active }) => active),
        [false, true],
      ),
  },
  "modem-reset": {
    settings: { target: "Cellular", confirm: true },
    payload: null,
    verified: null,
    steps: ["cmd.cellularModule.reset"],
    after: (router) => assert.equal(router.wan("Cellular").moduleResets, 1),
  },
  "sms-send": {
    settings: { target: "+999155501", value: "The fibre is down." },
    payload: null,
    verified: null,
    steps: ["cmd.sms.sendMessage"],
    after: ({ world }) => assert.equal(world.sentMessages[0]?.content, "The fibre is down."),
  },
  "carrier-select": {
    settings: { target: "Cellular", value: "Heron Telecom" },
    before: (router) => void (router.world.carrierScanMs = 500),
    payload: { name: "Heron Telecom", mcc: "001", mnc: "02" },
    verified: true,
    steps: ["cmd.carrier.select"],
    after: (router) => assert.equal(router.wan("Cellular").carrier.name, "Heron Telecom"),
  },
  "wifi-enable": {
    settings: { value: "false", valueType: "bool" },
    payload: false,
    verified: true,
    steps: ["cmd.ap"],
    after: ({ world }) => assert.equal(world.isAccessPointOn, false),
  },
  "ssid-enable": {
    settings: { target: "Lighthouse Guests", value: "off" },
    payload: false,
    verified: true,
    steps: ["config.ssid.profile", "cmd.config.apply"],
    after: ({ ssids }) =>
      assert.deepEqual(
        ssids.map(({ enable }) => enable),
        [true, false],
      ),
  },
  "port-enable": {
    settings: { target: "LAN 1", value: "false", valueType: "bool" },
    payload: null,
    verified: null,
    steps: ["cmd.port.poe.disable"],
    after: ({ ports }) => assert.equal(ports[0]?.poe, false),
  },
  reboot: {
    settings: { confirm: true },
    payload: null,
    verified: null,
    steps: ["cmd.system.reboot"],
    after: ({ world }) => assert.equal(world.rebootCount, 1),
  },
};

describe("router-config-post with an act", () => {
  afterEach(assertNoSecretLeaked);

  for (const [act, { settings, before, payload, verified, steps, after }] of Object.entries(EXAMPLES)) {
    it(`does ${act}, also on a router that shows it late`, async () => {
      const { red, router } = await peplinkFlow({ post: { act, endpoint: "", ...settings } });
      router.world.effectDelayMs = verified ? 100 : 0;
      before?.(router);

      const { msg } = await red.send("post", { payload: "", topic: "kept" });

      assert.deepEqual([msg?.payload, msg?.["topic"], msg?.["statusCode"]], [payload, "kept", 200]);
      const done = steps.map((operation) => ({ operation, done: true }));
      const { attempts, notice, ...api } = apiOf(msg);
      assert.deepEqual([api, attempts], [{ platform: "router", operation: act, steps: done, verified }, 1]);
      assert.deepEqual(notice, act === "wifi-enable" ? { status: "alpha" } : undefined);
      after(router);
    });
  }

  it("reads the position for gps-read, and changes nothing", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "gps-read" } });

    const { msg } = await red.send("post");

    const { gps, location } = payloadOf<{ gps: boolean; location: { latitude: number } }>(msg);
    assert.deepEqual([gps, location.latitude], [true, router.world.location.latitude]);
    assert.deepEqual(sentRequests(router), ["GET info.location"]);
  });

  it("takes target and value from the message where its fields are blank", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "wan-priority" } });

    const { msg } = await red.send("post", { target: "Cellular", payload: 2 });

    assert.deepEqual([msg?.payload, router.wan("Cellular").priority], [2, 2]);
  });

  it("sends nothing where the target is set to a variable that is not set", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "wan-prefer", target: "link", targetType: "flow" } });

    const { error } = await red.send("post", { target: "Starlink" });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  it("ends in yellow with `verified: false` where the router says ok and does nothing", async function () {
    this.timeout(20_000);
    const { red, router } = await peplinkFlow({ post: { act: "wan-prefer", target: "Starlink" } });
    router.ignorePosts(PRIORITY);

    const { msg } = await red.send("post");

    assert.deepEqual([msg?.payload, apiOf(msg)["verified"]], ["Fibre", false]);
    const status = { fill: "yellow", shape: "dot", text: "router-config-post.status.unverified" };
    assert.deepEqual(red.statuses("post").at(-1), status);
  });

  it("reads nothing back without `verify`", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "wan-prefer", target: "Starlink", verify: false } });

    const { msg } = await red.send("post");

    assert.equal(apiOf(msg)["verified"], null);
    assert.deepEqual(sentRequests(router), ["GET status.wan.connection", `POST ${PRIORITY}`]);
  });

  it("writes nothing in a dry run, and needs no confirmation for it", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "modem-reset", target: "Cellular", dryRun: true } });

    const { msg } = await red.send("post");

    assert.deepEqual(msg?.payload, [{ method: "POST", path: "cmd.cellularModule.reset", body: { connId: 3 } }]);
    assert.deepEqual(sentRequests(router), ["GET status.wan.connection"]);
    assert.equal(red.statuses("post").at(-1)?.text, "router-config-post.status.preview");
  });

  it("tells the Catch node what was done where it fails midway", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "ssid-enable", target: "Lighthouse" } });
    respondWith(router, "cmd.config.apply", { stat: "fail", code: 999, message: "Declined" });

    const { error } = await red.send("post", { payload: false });

    assert.deepEqual([error?.code, error?.cause["operation"]], ["rejected", "ssid-enable"]);
    assert.deepEqual(error?.cause["steps"], [
      { operation: "config.ssid.profile", done: true },
      { operation: "cmd.config.apply", done: false },
    ]);
    assert.match(error?.message ?? "", /done in part/);
  });

  it("does not send a command twice whose response got lost", async () => {
    const settings = { act: "sms-send", target: "+999155501" };
    const { red, router } = await peplinkFlow({ post: settings });
    router.server.injectFault({ kind: "reset" }, { times: 1, when: ({ path }) => path === "/api/cmd.sms.sendMessage" });

    const { error } = await red.send("post", { payload: "Hello" });

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["network", false]);
    assert.equal(sentBodies(router, "cmd.sms.sendMessage").length, 1);
  });

  it("keeps what the router warned of when it applied a change", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "ssid-enable", target: "Lighthouse" } });
    respondWith(router, "cmd.config.apply", { stat: "ok", response: { warning: "Clients will reconnect." } });

    const { msg } = await red.send("post", { payload: true });

    assert.equal(apiOf(msg)["warning"], "Clients will reconnect.");
  });

  it("does nothing for an act that it does not know", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "wan-hide", target: "Starlink" } });

    const { error } = await red.send("post");

    assert.equal(error?.code, "input");
    assert.match(error?.message ?? "", /wan-prefer/);
    assert.deepEqual(router.server.journal, []);
  });

  it("posts to its endpoint as before where it has no act", async () => {
    const { red, router } = await peplinkFlow({ post: { act: "", endpoint: PRIORITY, target: "Starlink" } });

    await red.send("post", { payload: { list: [{ connId: 3, priority: 1 }] } });

    assert.deepEqual(sentBodies(router, PRIORITY), [{ list: [{ connId: 3, priority: 1 }] }]);
  });
});
