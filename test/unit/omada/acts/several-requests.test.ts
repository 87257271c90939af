import assert from "node:assert/strict";
import { bodyOf } from "../../../support/omada-fixture";
import { setUpActs } from "./act-fixture";

describe("Switching PoE by name", () => {
  it("leaves a profile override that is on as it is", async () => {
    const { omada, act } = await setUpActs();
    omada.device("Harbour switch").ports[1]!.profileOverrideEnable = true;

    const { api } = await act("port-poe", { target: "Harbour switch/2", value: false });

    assert.equal((api["steps"] as unknown[]).length, 1);
  });

  it("says what was done and what was not when it fails midway", async () => {
    const { fixture, actError } = await setUpActs();
    fixture.respondWith(/poe-mode$/, { body: { errorCode: -39747, msg: "No PoE." } });

    const error = await actError("port-poe", { target: "Harbour switch/2", value: false });

    assert.equal(error.code, "unsupported");
    assert.match(
      error.message,
      /^"port-poe" was done in part\. Done: PUT .*profile-override\. Failed: PUT .*poe-mode\./,
    );
    assert.deepEqual(
      error.details.steps?.map(({ done }) => done),
      [true, false],
    );
  });

  it("is not sent again if the connection breaks while it is", async () => {
    const { omada, actError, writes } = await setUpActs();
    omada.server.injectFault({ kind: "reset" }, { times: 1, when: ({ path }) => path.endsWith("poe-mode") });

    const error = await actError("port-poe", { target: "Harbour switch/2", value: false });

    assert.equal(error.code, "network");
    assert.equal(error.retryable, false);
    assert.equal(writes().filter((request) => request.endsWith("poe-mode")).length, 1);
  });
});

describe("Upgrading a device by name", () => {
  for (const result of [null, { curFwVer: null, lastFwVer: null }]) {
    it(`goes on where the controller says of its firmware ${JSON.stringify(result)}`, async () => {
      const { fixture, act, writes } = await setUpActs();
      fixture.respondWith(/latest-firmware-info$/, { body: { errorCode: 0, result } });

      await act("firmware-upgrade", { target: "Hall AP", confirm: true, verify: false });

      assert.equal(writes().length, 1);
    });
  }
});

describe("Switching an SSID by name", () => {
  it("keeps everything that an access point overrides", async () => {
    const { omada, act } = await setUpActs();
    const [harbour, guest] = omada.device("Hall AP").ssids;
    Object.assign(harbour!, { ssidName: "Harbour hall", vlanEnable: true, vlanId: 20 });
    Object.assign(guest!, { vlanEnable: true, vlanId: 30 });
    const others = { ...harbour };

    const { verified } = await act("ssid-enable", { target: "Harbour Guest", value: false });

    assert.equal(verified, true);
    assert.deepEqual(harbour, others);
    assert.deepEqual([guest?.ssidEnable, guest?.vlanId], [false, 30]);
  });

  it("says of the other networks only what the access point has said of them", async () => {
    const { fixture, omada, act } = await setUpActs();
    const [harbour, guest] = omada.device("Hall AP").ssids.map(({ ssidEntryId, ssidId, ssidName }) => ({
      ssidEntryId,
      ssidId,
      ssidName,
    }));
    const result = { ssidOverrides: [harbour, { ...guest, ssidEnable: true }] };
    fixture.respondWith(/override$/, { body: { errorCode: 0, result } }, 1);

    await act("ssid-enable", { target: "Hall AP/Harbour Guest", value: false, verify: false });

    const sent = omada.server.journal.find(({ method }) => method === "PATCH");
    const { ssidOverrides } = bodyOf(sent) as { ssidOverrides: Record<string, unknown>[] };
    assert.deepEqual(
      ssidOverrides.map((each) => each["ssidEnable"]),
      [undefined, false],
    );
  });

  for (const [why, response] of [
    ["the controller does not list the networks of the site", { errorCode: -1600, msg: "Unsupported path." }],
    ["the application may not read the settings of the site", { errorCode: -1005, msg: "Forbidden." }],
  ] as const) {
    it(`finds it on the access points if ${why}`, async () => {
      const { fixture, omada, act } = await setUpActs();
      fixture.respondWith(/wireless-network\/ssids$/, { body: response }, Infinity);

      const { verified } = await act("ssid-enable", { target: "harbour guest", value: false });

      const states = ["Hall AP", "Quay AP"].map((name) => omada.device(name).ssids[1]?.ssidEnable);
      assert.deepEqual([verified, ...states], [true, false, false]);
    });
  }

  it("does it on one access point if the target names that as well", async () => {
    const { omada, act } = await setUpActs();

    await act("ssid-enable", { target: "Quay AP/Harbour Guest", value: false });

    const states = ["Hall AP", "Quay AP"].map((name) => omada.device(name).ssids[1]?.ssidEnable);
    assert.deepEqual(states, [true, false]);
  });

  it("does access points that are offline last, and says which were done when one of them declines", async () => {
    const { fixture, omada, actError } = await setUpActs();
    const [hall, quay] = [omada.device("Hall AP"), omada.device("Quay AP")];
    hall.status = 0;
    omada.server.injectFault(
      { kind: "response", body: { errorCode: -39007, msg: "Not connected." } },
      { times: 1, when: ({ method, path }) => method === "PATCH" && path.includes(hall.mac) },
    );

    const error = await actError("ssid-enable", { target: "Harbour Guest", value: false });

    assert.equal(error.code, "offline");
    assert.deepEqual([quay.ssids[1]?.ssidEnable, hall.ssids[1]?.ssidEnable], [false, true]);
    assert.deepEqual(
      error.details.steps?.map(({ done }) => done),
      [true, false],
    );
    assert.ok(fixture.requests().length > 0);
  });
});
