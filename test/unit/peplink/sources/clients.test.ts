import assert from "node:assert/strict";
import { rejectsWith } from "../../../support/http-fixture";
import type { LanClient } from "../../../support/simulators/peplink/router";
import { setUpResponses, setUpRouter, setUpSource } from "./fixture";

describe("Clients of the router", () => {
  const phone = (mac: string): LanClient => ({ ip: "192.168.50.21", name: "Phone", mac, active: true });

  it("are emitted when they connect and disconnect, by MAC and by name, unless they are inactive", async () => {
    const { world, events } = setUpRouter("clients");
    const first = await events();
    assert.equal(first.length, 8);
    assert.ok(!first.some((event) => event.includes("02:00:5E:00:00:80")));

    world.clients.push(phone("02:AA:00:00:00:01"));
    const both = (event: string, mac: string): string[] => [`${event} ${mac}`, `${event} ${mac} by name`];
    assert.deepEqual(await events(), both("client-connected", "02:AA:00:00:00:01"));
    (world.clients.at(-1) as LanClient).active = false;
    (world.clients[0] as LanClient).ip = "192.168.50.99";
    assert.deepEqual(await events(), both("client-disconnected", "02:AA:00:00:00:01"));
  });

  it("that have gone may be listed nevertheless, with any word for no", async () => {
    const list = [false, "no", "false", 0].map((active, index) => ({ mac: `AA:BB:CC:00:00:0${index}`, active }));
    const { events } = setUpResponses("clients", { list: [...list, { mac: "AA:BB:CC:00:00:08", active: "yes" }] });
    assert.deepEqual(await events(), ["client-connected AA:BB:CC:00:00:08"]);
  });

  it("that change their MAC stay connected by name", async () => {
    const { world, events } = setUpRouter("clients");
    world.clients = [phone("02:AA:00:00:00:01")];
    await events();
    world.clients = [phone("02:AA:00:00:00:02")];
    assert.deepEqual(await events(), ["client-connected 02:AA:00:00:00:02", "client-disconnected 02:AA:00:00:00:01"]);
    // The old MAC stays in the router's table for a while.
    world.clients = [phone("02:AA:00:00:00:02"), phone("02:AA:00:00:00:03")];
    assert.deepEqual(await events(), ["client-connected 02:AA:00:00:00:03"]);
    world.clients.shift();
    assert.deepEqual(await events(), ["client-disconnected 02:AA:00:00:00:02"]);
    world.clients = [];
    assert.deepEqual(await events(), [
      "client-disconnected 02:AA:00:00:00:03",
      "client-disconnected 02:AA:00:00:00:03 by name",
    ]);
  });

  it("without a name are named by their MAC, and without a MAC by their address, for every filter", async () => {
    const list = [
      { mac: "AA:BB:CC:00:00:01", active: true },
      { ip: "10.8.0.2", name: " ", active: true },
      { active: true },
    ];
    const { poll } = setUpResponses("clients", { list });
    assert.deepEqual(
      (await poll()).map(({ id, name, matchOnly, current }) => [id, name, matchOnly, current]),
      [
        ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:01", undefined, list[0]],
        ["10.8.0.2", "10.8.0.2", undefined, list[1]],
      ],
    );
  });

  it("without a MAC or a name for once stay the same clients", async () => {
    const complete = { ip: "192.168.50.21", name: "Phone", mac: "02:AA:00:00:00:01", connectionType: "wifi" };
    const { mac, ...unknown } = complete;
    const nameless = { ...complete, name: undefined };
    const rows = [complete, unknown, nameless, { ...nameless, mac: undefined }, complete];
    const { poll, events } = setUpResponses("clients", ...rows.map((row) => ({ list: [row] })), { list: [] });
    assert.equal((await poll()).length, 2);
    for (const _ of rows.slice(1)) assert.deepEqual(await events(), []);
    assert.deepEqual(await events(), [`client-disconnected ${mac}`, `client-disconnected ${mac} by name`]);
  });

  it("behind another router, which never have a MAC, are identified by their address", async () => {
    const routed = { ip: "10.9.9.9", active: true, connectionType: "ethernet" };
    const { events } = setUpResponses("clients", { list: [] }, { list: [routed] }, { list: [routed] }, { list: [] });
    const emitted = [await events(), await events(), await events(), await events()];
    assert.deepEqual(emitted, [[], ["client-connected 10.9.9.9"], [], ["client-disconnected 10.9.9.9"]]);
  });

  it("are identified whatever the case of MAC and name", async () => {
    const lists = ["aa:bb Phone", "AA:BB PHONE"].map((text) => {
      const [mac, name] = text.split(" ");
      return { list: [{ mac, name }] };
    });
    const { events } = setUpResponses("clients", ...lists);
    assert.equal((await events()).length, 2);
    assert.deepEqual(await events(), []);
  });

  it("are the same by name whichever way its accents are written", async () => {
    const { world, events } = setUpRouter("clients");
    world.clients = [{ ...phone("02:AA:00:00:00:01"), name: "Café".normalize("NFC") }];
    await events();
    world.clients = [{ ...phone("02:AA:00:00:00:02"), name: "Café".normalize("NFD") }];

    assert.deepEqual(await events(), ["client-connected 02:AA:00:00:00:02", "client-disconnected 02:AA:00:00:00:01"]);
  });

  it("are disconnected while they are listed as inactive", async () => {
    const [client, other] = ["AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"].map((mac) => ({ mac, active: false }));
    const { events } = setUpResponses(
      "clients",
      { list: [client, { ...other, active: true }] },
      { list: [client, other] },
    );
    assert.deepEqual(await events(), ["client-connected AA:BB:CC:00:00:02"]);
    assert.deepEqual(await events(), ["client-disconnected AA:BB:CC:00:00:02"]);
  });

  it("are fetched in one request, all that are active", async () => {
    const requests: unknown[] = [];
    const { poll } = setUpSource("clients", (endpoint, params) => {
      requests.push([endpoint, params]);
      return { list: [] };
    });
    assert.deepEqual(await poll(), []);
    assert.deepEqual(requests, [["status.client", { activeOnly: "yes", size: "20000" }]]);
  });

  it("are left out while they cannot be read, which is said once", async () => {
    const { events, warnings } = setUpResponses("clients", { list: [null, { mac: "AA:BB:CC:00:00:01" }, "x"] });
    assert.deepEqual(await events(), ["client-connected AA:BB:CC:00:00:01"]);
    assert.deepEqual(await events(), []);
    assert.equal(warnings.length, 1);
  });

  for (const response of [
    null,
    {},
    { list: {} },
    { list: [null] },
    { list: Array.from({ length: 20_000 }, () => ({ mac: "1" })) },
  ]) {
    it(`reject the incomplete response ${JSON.stringify(response).slice(0, 30)}`, async () => {
      const { poll } = setUpResponses("clients", { list: [] }, response);
      await poll();
      await rejectsWith(poll(), "protocol");
    });
  }
});
