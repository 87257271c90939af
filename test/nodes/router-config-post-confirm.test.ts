import assert from "node:assert/strict";
import { payloadOf, sentBodies, sentRequests } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const WAN = "config.wan.connection";
const PLACEHOLDER = "@~HiDdEn~@";
const CHANGE = { action: "update", list: [{ id: 1 }] };

describe("router-config-post requires a confirmation", () => {
  afterEach(assertNoSecretLeaked);

  const DESTRUCTIVE: Record<string, object> = {
    "cmd.cellularModule.reset": { connId: 3 },
    "cmd.config.restore": { timestamp: 1 },
    "cmd.sms.delete": { id: 7 },
    "cmd.system.reboot": {},
    "cmd.wifi.forget": { connId: 4, ssid: "Pier 7", securityPolicy: "open" },
    "cmd.starlink": { connId: 2, action: "stow" },
    "config.mesh": { action: "REMOVE", list: [{ id: 1 }] },
    "cmd.system.factoryReset": {},
  };
  for (const [endpoint, payload] of Object.entries(DESTRUCTIVE)) {
    it(`for ${endpoint} ${JSON.stringify(payload)}, and sends no request without it`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint } });

      const { error } = await red.send("post", { payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.deepEqual(router.server.journal, []);
    });

    it(`for ${endpoint} ${JSON.stringify(payload)}, and sends the request with it`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint, confirm: true } });

      await red.send("post", { payload });

      assert.deepEqual(sentBodies(router, endpoint), [payload]);
    });
  }

  it("for no change or addition, and not to discard pending changes", async () => {
    const { red, router } = await peplinkFlow();

    await red.send("post", { endpoint: "config.mesh", payload: { action: "add", list: [{ id: 1 }] } });
    await red.send("post", { endpoint: "cmd.config.discard", payload: 1 });
    await red.send("post", { endpoint: "cmd.starlink", payload: { connId: 2, action: "unstow" } });

    assert.deepEqual(sentRequests(router), ["POST config.mesh", "POST cmd.config.discard", "POST cmd.starlink"]);
  });

  it("and the router's own time to restore the factory settings", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.config.restore", confirm: true } });
    router.wan("Fibre").name = "Copper";
    const { msg } = await red.send("status", { endpoint: "info.time" });

    await red.send("post", { payload: { timestamp: payloadOf<{ time: number }>(msg).time } });

    assert.deepEqual([router.world.restoreCount, router.wan("Fibre").id], [1, 1]);
  });

  for (const payload of [
    { action: "replace", list: [] },
    { list: [{ id: 1, action: "remove" }] },
    { action: ["remove"] },
  ]) {
    it(`for ${JSON.stringify(payload)}, without a request`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: "config.mesh" } });

      const { error } = await red.send("post", { payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("for what the serialized body contains, and refuses its placeholders as well", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "config.mesh" } });
    for (const [serialized, message] of [
      [{ action: "remove", list: [{ id: 1 }] }, /confirm/],
      [{ action: "update", list: [{ id: 1 }], password: PLACEHOLDER }, /placeholder/],
    ] as const) {
      const { error } = await red.send("post", { payload: { action: "update", toJSON: () => serialized } });
      assert.match(error?.message ?? "", message);
    }
    assert.deepEqual(router.server.journal, []);
  });
});

describe("router-config-post", () => {
  afterEach(assertNoSecretLeaked);

  for (const [what, payload] of Object.entries({
    "the router's placeholder at the top": { ...CHANGE, password: PLACEHOLDER },
    "the router's placeholder under any name": {
      action: "update",
      list: [{ id: 1, connection: { note: PLACEHOLDER } }],
    },
    "the mask of router-status deep inside": {
      action: "update",
      list: [{ id: 1, connection: { ddns: { password: "***" } } }],
    },
    "the mask of router-status in a list of keys": { ...CHANGE, security: { wepKey: ["***", "***"] } },
  })) {
    it(`refuses ${what} in place of a secret, without a request`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: WAN, confirm: true } });

      const { error } = await red.send("post", { payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /placeholder/);
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("refuses a configuration that was read with masked secrets and not changed", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "config.ssid.profile" } });
    const { msg } = await red.send("status");
    const { 1: network } = payloadOf<Record<1, object>>(msg);

    const { error } = await red.send("post", {
      endpoint: "config.ssid.profile",
      payload: { action: "update", id: 1, ...network },
    });

    assert.equal(error?.code, "input");
    assert.deepEqual(sentRequests(router), ["GET config.ssid.profile"]);
  });

  it("posts asterisks under a name that is not that of a secret", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "config.ssid.profile" } });

    await red.send("post", { payload: { action: "update", id: 1, name: "***" } });

    assert.equal(router.pendingChanges().length, 1);
  });

  it("posts a new secret, and an object that occurs twice in the body", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "config.ssid.profile" } });
    const security = { wpa2Personal: { key: "fog-horn-at-dawn" } };

    await red.send("post", { payload: { action: "update", id: 1, security, before: security } });

    assert.equal(router.pendingChanges().length, 1);
  });
});
