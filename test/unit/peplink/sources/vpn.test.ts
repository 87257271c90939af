import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import type { Peer } from "../../../support/simulators/peplink/router";
import { setUpResponses, setUpRouter } from "./fixture";

describe("VPN peers", () => {
  it("are emitted when they connect and disconnect", async () => {
    const { world, eventsAfter, poll } = setUpRouter("vpn");
    assert.deepEqual(await eventsAfter(), ["vpn-up 2-1", "vpn-up 1-1"]);
    const [boathouse, cottage] = world.peers as [Peer, Peer];
    boathouse.status = "START";
    const [change] = await poll();
    assert.deepEqual([change?.event, change?.id, change?.name], ["vpn-down", "2-1", "Boathouse"]);
    boathouse.status = "DISCONNECTED";
    assert.deepEqual(await eventsAfter(), []);
    boathouse.status = "CONNECTED";
    world.peers.splice(world.peers.indexOf(cottage), 1);
    assert.deepEqual(await eventsAfter(), ["vpn-up 2-1", "vpn-down 1-1"]);
  });

  it("are not emitted when they are removed while down, and may all be missing", async () => {
    const peer = { peerId: "1-1", status: "START" };
    const { events } = setUpResponses(
      "vpn",
      { peer: [peer] },
      {},
      { peer: [] },
      { peer: [{ ...peer, status: "Connected" }] },
    );
    assert.deepEqual(await events(), ["vpn-down 1-1"]);
    assert.deepEqual([await events(), await events()], [[], []]);
    assert.deepEqual(await events(), ["vpn-up 1-1"]);
  });

  it("are no longer watched, but not down, while a response that has held them holds no list of peers", async () => {
    const peer = { peerId: "1-1", status: "CONNECTED" };
    const { events } = setUpResponses("vpn", { peer: [peer] }, {}, { profile: {} }, { peer: [peer] }, { peer: [] });
    assert.deepEqual(await events(), ["vpn-up 1-1"]);
    await rejectsWith(events(), "protocol");
    await rejectsWith(events(), "protocol");
    assert.deepEqual([await events(), await events()], [[], ["vpn-down 1-1"]]);
  });

  it("stay up while they exchange their routes", async () => {
    const peer = { peerId: "1-1", name: "Boathouse" };
    const statuses = ["CONNECTED", "ROUTE", "CONNECTED", "START", "ROUTE"];
    const { events } = setUpResponses("vpn", ...statuses.map((status) => ({ peer: [{ ...peer, status }] })));
    const emitted: string[][] = [];
    for (const _ of statuses) emitted.push(await events());
    assert.deepEqual(emitted, [["vpn-up 1-1"], [], [], ["vpn-down 1-1"], ["vpn-up 1-1"]]);
  });

  it("are left out while they cannot be read, which is said once", async () => {
    const [one, two] = ["1-1", "2-1"].map((peerId) => ({ peerId, name: `Peer ${peerId}`, status: "CONNECTED" }));
    const { events, warnings } = setUpResponses(
      "vpn",
      { peer: [one, two] },
      { peer: [null, { ...one, status: null }, two, { status: "CONNECTED" }] },
    );
    assert.deepEqual(await events(), ["vpn-up 1-1", "vpn-up 2-1"]);
    for (let i = 0; i < 3; i++) assert.deepEqual(await events(), []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /a VPN peer without an id, the VPN peer Peer 1-1\./);
  });

  for (const response of [
    null,
    { peer: {} },
    { peer: [{ status: "CONNECTED" }] },
    { peer: [{ peerId: 1 }] },
    { peer: ["x"] },
  ]) {
    it(`reject the incomplete response ${JSON.stringify(response)}`, async () => {
      await rejectsWith(setUpResponses("vpn", response).poll(), "protocol");
    });
  }
});
