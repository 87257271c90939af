import assert from "node:assert/strict";
import { payloadOf, respondWith } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

describe("router-status with collections as lists", () => {
  afterEach(assertNoSecretLeaked);

  /** The payload that a response results in. */
  async function listOf(response: unknown): Promise<unknown> {
    const { red, router } = await peplinkFlow({ status: { endpoint: "status.any", shape: "list" } });
    respondWith(router, "status.any", { stat: "ok", response });
    return (await red.send("status")).msg?.payload;
  }

  it("keeps the order of the router, which is not that of the ids", async () => {
    const { red } = await peplinkFlow({ status: { shape: "list" } });

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

  it("shows the count as its status", async () => {
    const { red } = await peplinkFlow({ status: { shape: "list" } });

    await red.send("status");
    await red.until(() => red.ended("status") === 1);

    assert.deepEqual(red.statuses("status").at(-1), {
      fill: "green",
      shape: "dot",
      text: "router-status.status.rows",
    });
  });

  it("sorts by number if there is no order", async () => {
    assert.deepEqual(await listOf({ 10: { a: 1 }, 2: { b: 2 }, timestamp: 5 }), [
      { b: 2, id: 2 },
      { a: 1, id: 10 },
    ]);
  });

  it("ignores an id in the order that has no entry", async () => {
    assert.deepEqual(await listOf({ 1: { a: 1 }, order: [3, 1, "constructor"] }), [{ a: 1, id: 1 }]);
  });

  it("accepts ids that are words", async () => {
    assert.deepEqual(await listOf({ 1: { a: 1 }, vwan5: { b: 2 }, order: ["vwan5", 1] }), [
      { b: 2, id: "vwan5" },
      { a: 1, id: 1 },
    ]);
  });

  it("keeps an entry that is not an object beside its id", async () => {
    assert.deepEqual(await listOf({ 1: 7, 2: [8], order: [1, 2] }), [
      { id: 1, value: 7 },
      { id: 2, value: [8] },
    ]);
  });

  it("returns an empty list for an empty collection", async () => {
    assert.deepEqual(await listOf({ order: [] }), []);
  });

  for (const [what, response] of Object.entries({
    "a list": [{ 1: { a: 1 }, order: [1] }],
    "an object that is not a collection": { list: [{ ip: "192.0.2.1" }], order: "ascending" },
    "a text": "text",
  })) {
    it(`returns ${what} unchanged`, async () => {
      assert.deepEqual(await listOf(response), response);
    });
  }
});

describe("router-status", () => {
  afterEach(assertNoSecretLeaked);

  const wifiKeys = (payload: unknown): unknown[] => {
    const { 1: first, 2: second } = payload as Record<1 | 2, { security: { wpa2Personal: { key: unknown } } }>;
    return [first, second].map(({ security }) => security.wpa2Personal.key);
  };

  it("masks the keys of Wi-Fi networks by default, and nothing else of them", async () => {
    const { red } = await peplinkFlow({ status: { endpoint: "config.ssid.profile" } });

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

  it("shows the keys if `secrets` is set to show", async () => {
    const { red } = await peplinkFlow({ status: { endpoint: "config.ssid.profile", secrets: "show" } });

    const { msg } = await red.send("status");

    assert.deepEqual(wifiKeys(msg?.payload), ["keeper-of-the-light", "mind-the-steps"]);
  });

  it("masks the passwords of APNs and of dynamic DNS, and the router's own placeholder", async () => {
    const { red } = await peplinkFlow({ status: { endpoint: "config.wan.connection", shape: "list" } });

    const { msg } = await red.send("status", { params: { id: [1, 3] } });

    const text = JSON.stringify(msg?.payload);
    assert.doesNotMatch(text, /HiDdEn|apn-secret|ddns-secret/);
    assert.equal(text.match(/"password":"\*\*\*"/g)?.length, 2);
    assert.match(text, /"username":"keeper".*"apn":"internet.kestrel.example","username":"kestrel"/);
  });

  it("masks the secrets of API clients at any depth, in lists as well", async () => {
    const { red, router } = await peplinkFlow({ status: { endpoint: "info.any" } });
    const client = { name: "panel", clientId: "panel-1", clientSecret: "between us", tokenType: "none" };
    respondWith(router, "info.any", { stat: "ok", response: { deep: [[{ clients: [client] }]] } });

    const { msg } = await red.send("status");

    assert.deepEqual(msg?.payload, { deep: [[{ clients: [{ ...client, clientSecret: "***" }] }]] });
  });

  it("returns a status without secrets unchanged", async () => {
    const { red } = await peplinkFlow({ status: { endpoint: "status.client" } });
    const { msg: masked } = await red.send("status");
    const { red: unmasked } = await peplinkFlow({ status: { endpoint: "status.client", secrets: "show" } });

    const { msg: shown } = await unmasked.send("status");

    assert.deepEqual(masked?.payload, shown?.payload);
  });
});
