import assert from "node:assert/strict";
import { WanSource } from "../../../../src/omada/sources/wan";
import { platformErrorOf } from "../../../support/omada-fixture";
import { startObserving } from "./source-fixture";

describe("The source of WAN ports", () => {
  it("emits ports that lose and regain their internet or their link", async () => {
    const { omada, observer, first } = await startObserving(WanSource);
    const gateway = omada.device("Harbour gateway");
    assert.deepEqual(
      first.map(({ event, id }) => [event, id]),
      [
        ["wan-up", `${gateway.mac}/1`],
        ["wan-up", `${gateway.mac}/2`],
      ],
    );

    const events: string[][] = [];
    for (const change of [
      () => omada.setWanInternet(gateway, 1, false),
      () => omada.setWanLink(gateway, 2, false),
      () => omada.setWanInternet(gateway, 1, true),
      () => Object.assign(omada.wan(gateway, 1), { latency: 900, rxRate: 1 }),
      () => omada.setWanLink(gateway, 2, true),
    ]) {
      change();
      events.push(await observer.poll());
    }

    assert.deepEqual(events, [["wan-down WAN1"], ["wan-down WAN2"], ["wan-up WAN1"], [], ["wan-up WAN2"]]);
  });

  it("emits nothing while the gateway is disconnected, and the difference when it is connected again", async () => {
    const { omada, observer } = await startObserving(WanSource);
    const gateway = omada.device("Harbour gateway");

    omada.disconnectDevice(gateway);
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await observer.poll(), []);
    assert.deepEqual(await observer.poll(), []);
    omada.reconnectDevice(gateway);
    assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
  });

  it("emits ports as down whose gateway is no longer adopted", async () => {
    const { omada, observer } = await startObserving(WanSource);

    omada.device("Harbour gateway").status = 2;

    assert.deepEqual(await observer.poll(), ["wan-down WAN1", "wan-down WAN2"]);
  });

  it("distinguishes ports by their gateway, which a filter matches as well", async () => {
    const { omada, observer } = await startObserving(WanSource);
    const gateway = omada.device("Harbour gateway");
    const other = {
      ...gateway,
      mac: "02-00-5E-AA-AA-AA",
      name: "Spare gateway",
      wans: gateway.wans.map((wan) => ({ ...wan })),
    };
    omada.devices.push(other);
    await observer.pollEvents();

    omada.setWanInternet(other, 2, false);
    const [change] = await observer.pollEvents();

    assert.equal(change?.id, "02-00-5E-AA-AA-AA/2");
    assert.ok(change.aliases?.includes("02-00-5E-AA-AA-AA"));
    omada.disconnectDevice(other);
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
  });

  it("ignores LAN ports, and uses the link if there is no internet state", async () => {
    const { omada, observer } = await startObserving(WanSource);
    const gateway = omada.device("Harbour gateway");
    const [one, two] = gateway.wans;
    Object.assign(one!, { mode: 1 });
    delete (two as { internetState?: number }).internetState;

    assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
    two!.status = 0;
    one!.internetState = 0;
    assert.deepEqual(await observer.poll(), ["wan-down WAN2"]);
    Object.assign(two!, { internetState: 1 });
    assert.deepEqual(await observer.poll(), [], "without a link there is no internet");
  });

  it("keeps the state of ports that are missing in a response or have no state", async () => {
    const { omada, fixture, observer } = await startObserving(WanSource);
    const gateway = omada.device("Harbour gateway");
    omada.setWanInternet(gateway, 2, false);
    assert.deepEqual(await observer.poll(), ["wan-down WAN2"]);
    const [one, two] = gateway.wans;
    const { status: _status, internetState: _state, ...stateless } = one!;

    for (const result of [[], [one], [two], [stateless, two], [one, { ...two, status: 1, internetState: null }]]) {
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });
      assert.deepEqual(await observer.poll(), []);
      assert.deepEqual(await observer.poll(), []);
    }

    fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result: [] } });
    omada.setWanInternet(gateway, 1, false);
    assert.deepEqual(await observer.poll(), []);
    assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
  });

  it("uses the link if the internet state is never known", async () => {
    const { omada, fixture, observer } = await startObserving(WanSource);
    const [one, two] = omada.device("Harbour gateway").wans;
    const events: string[][] = [];
    for (const status of [0, 1, 0]) {
      const result = [{ ...one, status, internetState: null }, two];
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });
      events.push(await observer.poll());
    }

    assert.deepEqual(events, [["wan-down WAN1"], ["wan-up WAN1"], ["wan-down WAN1"]]);
  });

  it("reads the ports beside a row that is none, such as a link without a number", async () => {
    const { omada, fixture, observer } = await startObserving(WanSource);
    const { wans } = omada.device("Harbour gateway");
    const rows = [{ name: "Virtual", port: null }, null, { ...wans[0], internetState: 0 }, wans[1]];
    fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result: rows } });

    assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
  });

  it("fails for a response that is not a list of ports", async () => {
    for (const result of [null, {}, [{ name: "WAN1" }]]) {
      const { fixture, observer } = await startObserving(WanSource);
      fixture.respondWith(/wan-status$/, { body: { errorCode: 0, result } });

      assert.equal((await platformErrorOf(observer.pollEvents())).code, "protocol");
      assert.deepEqual(await observer.poll(), []);
    }
  });

  for (const response of [
    { status: 404, body: "" },
    { status: 405, body: {} },
    { body: { errorCode: -1600, msg: "Unsupported request path." } },
  ]) {
    it(`says that a gateway that responds with ${JSON.stringify(response)} does not tell its WAN state`, async () => {
      const { fixture, observer } = await startObserving(WanSource, "Depot");
      const { omada } = fixture;
      const gateway = omada.device("Harbour gateway");
      omada.devices.push({ ...gateway, siteId: omada.site("Depot").siteId, mac: "02-00-5E-AA-AA-01", wans: [] });
      fixture.respondWith(/AA-AA-01\/wan-status$/, response, 9);

      const error = await platformErrorOf(observer.pollEvents());

      assert.equal(error.code, "unsupported");
      assert.match(error.message, /The gateway of this site does not tell the controller the state of the WAN/);
    });

    it(`goes on with the other gateways when one responds with ${JSON.stringify(response)}`, async () => {
      const { fixture, observer } = await startObserving(WanSource);
      const { omada } = fixture;
      const gateway = omada.device("Harbour gateway");
      omada.devices.push({ ...gateway, mac: "02-00-5E-AA-AA-01", wans: [] });
      fixture.respondWith(/AA-AA-01\/wan-status$/, response, 9);

      omada.setWanInternet(gateway, 1, false);

      assert.deepEqual(await observer.poll(), ["wan-down WAN1"]);
    });
  }
});
