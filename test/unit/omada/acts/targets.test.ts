import assert from "node:assert/strict";
import type { OmadaController } from "../../../support/simulators/omada/controller";
import { setUpActs } from "./act-fixture";

describe("The target of an act", () => {
  it("that several clients have as their name is refused, with the addresses of them", async () => {
    const { omada, actError, writes } = await setUpActs();
    const [till, laptop] = [omada.client("Till"), omada.client("Ben's laptop")];
    laptop.name = "TILL ";

    assert.deepEqual(writes(), []);
    laptop.name = "Till";
    const error = await actError("client-block", { target: "Till" });

    assert.equal(error.code, "input");
    assert.ok(error.message.includes(till.mac) && error.message.includes(laptop.mac), error.message);
    assert.deepEqual(writes(), []);
  });

  for (const [what, act, target, spoil] of [
    ["devices", "device-locate", "Hall AP", (omada: OmadaController) => (omada.device("Quay AP").name = "Hall AP")],
    [
      "ACL rules",
      "acl-enable",
      "Cameras stay inside",
      (omada: OmadaController) => (omada.acls[2]!.description = "Cameras stay inside"),
    ],
    [
      "VPNs",
      "vpn-enable",
      "Depot tunnel",
      (omada: OmadaController) => omada.vpns.push({ ...omada.vpns[0]!, id: "8".repeat(24) }),
    ],
    [
      "ports",
      "port-enable",
      "Harbour switch/Port1",
      (omada: OmadaController) => (omada.device("Harbour switch").ports[1]!["name"] = "Port1"),
    ],
  ] as const) {
    it(`that several ${what} have as their name is refused`, async () => {
      const { omada, actError, writes } = await setUpActs();
      spoil(omada);

      const error = await actError(act, { target, value: false });

      assert.equal(error.code, "input");
      assert.match(error.message, /Use one of the ids instead: /);
      assert.deepEqual(writes(), []);
    });
  }

  it("is found although the list has rows without an address", async () => {
    const { fixture, omada, act } = await setUpActs();
    const rows = [null, { name: "No address" }, { mac: 5 }, { mac: "02-00-5E-00-00-06", name: "Till" }];
    const result = { totalRows: rows.length, currentPage: 1, currentSize: 1000, data: rows };
    fixture.respondWith(/\/clients$/, { body: { errorCode: 0, result } }, 2);

    await act("client-block", { target: "Till", verify: false });

    assert.equal(omada.client("Till").blocked, true);
  });

  it("is found on a controller that lists only the clients that are online", async () => {
    const { omada, act } = await setUpActs({ version: "5.12.7" });

    const { verified } = await act("client-block", { target: "Till" });

    assert.deepEqual([verified, omada.client("Till").blocked], [true, true]);
  });

  it("that nothing has as its name is not found, and the error names what there is", async () => {
    const { actError, writes } = await setUpActs();

    for (const [act, target, known] of [
      ["client-block", "Tills", /"Till"/],
      ["device-reboot", "Harbour swich", /"Harbour switch"/],
      ["port-poe", "Harbour switch/99", /"Port1"/],
      ["ssid-enable", "Harbor", /"Harbour Guest"/],
      ["ssid-enable", "Hall AP/Harbor", /"Harbour Guest"/],
      ["wan-connect", "WAN9", /"WAN1"/],
      ["acl-enable", "Nothing", /"Cameras stay inside"/],
      ["vpn-enable", "Nothing", /"Depot tunnel"/],
    ] as const) {
      const error = await actError(act, { target });
      assert.equal(error.code, "not-found", act);
      assert.match(error.message, known);
    }
    assert.deepEqual(writes(), []);
  });

  it("is a client that is blocked, and so is in the list of known clients only", async () => {
    const { omada, act } = await setUpActs();
    omada.forgetsBlockedClients = true;

    const block = await act("client-block", { target: "Till", value: true });
    const unblock = await act("client-block", { target: "Till", value: false });

    assert.deepEqual([block.verified, block.payload], [true, true]);
    assert.deepEqual([unblock.verified, unblock.payload], [true, false]);
  });

  it("needs no list if it is a MAC address, in any spelling", async () => {
    const { fixture, act } = await setUpActs();

    await act("client-block", { target: "02005e000006", verify: false });

    const requests = fixture.requests().filter((request) => !/\/sites\?/.test(request));
    assert.deepEqual(requests, ["POST v1/{id}/sites/{Harbour}/clients/02-00-5E-00-00-06/block"]);
  });

  it("is found by its address although the controller spells that in another way", async () => {
    const { fixture, omada, act } = await setUpActs();
    const { mac, type } = omada.device("Hall AP");
    const data = [{ mac: mac.replaceAll("-", ":").toLowerCase(), name: "Hall AP", type, status: 1 }];
    fixture.respondWith(/\/devices$/, { body: { errorCode: 0, result: { totalRows: 1, data } } });

    await act("device-locate", { target: mac, value: true });

    assert.equal(omada.device("Hall AP").isLocating, true);
  });

  it("is found although its id is a number", async () => {
    const { fixture, omada, act } = await setUpActs({ version: "6.2.0" });
    omada.vpns[0]!.id = "17";
    fixture.respondWith(/\/vpn$/, {
      body: { errorCode: 0, result: { totalRows: 1, data: [{ id: 17, name: "Depot tunnel", status: true }] } },
    });

    await act("vpn-enable", { target: "Depot tunnel", value: false, verify: false });

    assert.equal(omada.vpns[0]?.status, false);
  });

  it("is found although another network of the site, or another port of the switch, makes no sense", async () => {
    const { omada, act } = await setUpActs();
    const onResponse = omada.server.onResponse;
    omada.server.onResponse = (request, response) => {
      onResponse?.(request, response);
      const { result } = response.body as { result?: unknown };
      if (request.path.endsWith("/ssids"))
        (result as { ssidList: unknown[] }[])[0]?.ssidList.unshift(null, { ssidId: 5, ssidName: null });
      if (/\/switches\/[^/]+$/.test(request.path)) (result as { portList: unknown[] }).portList.unshift(null, {});
      if (/\/gateways\/[^/]+\/ports$/.test(request.path))
        (result as { osgPortInfos: unknown[] }).osgPortInfos.unshift({});
    };

    const [ssid, port, gatewayPort] = [
      await act("ssid-enable", { target: "Harbour Guest", value: false }),
      await act("port-enable", { target: "Harbour switch/4", value: false }),
      await act("port-cycle", { target: "Harbour gateway/1", dryRun: true }),
    ];

    assert.deepEqual([ssid.verified, port.verified, (gatewayPort.payload as unknown[]).length], [true, true, 1]);
  });

  it("is remembered for a minute, and looked up by its id before it is used again", async () => {
    const { fixture, act } = await setUpActs();
    const lists = (): number => fixture.requests().filter((request) => /\/clients\?/.test(request)).length;
    await act("client-block", { target: "Till", verify: false });
    const first = lists();

    await act("client-block", { target: "Till", verify: false });
    const second = lists();
    fixture.clock.at += 61_000;
    await act("client-block", { target: "Till", verify: false });

    assert.deepEqual([first > 0, second, lists() > second], [true, first, true]);
    assert.ok(fixture.requests().some((request) => /^GET .*clients\/02-00-5E-00-00-06$/.test(request)));
  });

  it("is looked up in the list in which another one has just been found", async () => {
    const { fixture, omada, act } = await setUpActs();
    const lists = (): number => fixture.requests().filter((request) => /\/clients\?/.test(request)).length;
    await act("client-block", { target: "Till", verify: false });
    const first = lists();

    await act("client-block", { target: "Ben's laptop", verify: false });

    assert.deepEqual([first > 0, lists()], [true, first]);
    assert.equal(omada.client("Ben's laptop").blocked, true);
  });

  it("is still refused if several have its name in the list in which another one has just been found", async () => {
    const { omada, act, actError } = await setUpActs();
    omada.client("Ben's laptop").name = "Till";
    await act("client-block", { target: "Visitor", verify: false });

    const error = await actError("client-block", { target: "Till" });

    assert.equal(error.code, "input");
    assert.equal(omada.client("Till").blocked, false);
  });

  it("is looked up anew once a client has got another name", async () => {
    const { omada, actError, act } = await setUpActs();
    await act("client-name", { target: "Ben's laptop", value: "Till" });

    const error = await actError("client-block", { target: "Till" });

    assert.equal(error.code, "input");
    assert.equal(omada.client("Till").blocked, false);
  });

  it("is the one that has the name in the very same letters, although it is new", async () => {
    const { omada, act } = await setUpActs();
    await act("client-block", { target: "Visitor", verify: false });
    omada.client("Ben's laptop").name = "TILL";

    await act("client-block", { target: "TILL", verify: false });

    assert.deepEqual([omada.client("Till").blocked, omada.client("TILL").blocked], [false, true]);
  });

  it("is never the client that had the name a minute ago", async () => {
    const { omada, act } = await setUpActs();
    const [till, laptop] = [omada.client("Till"), omada.client("Ben's laptop")];
    await act("client-reconnect", { target: "Ben's laptop" });
    [till.name, laptop.name] = ["Ben's laptop", "Till"];

    await act("client-block", { target: "Ben's laptop", verify: false });

    assert.deepEqual([till.blocked, laptop.blocked], [true, false]);
  });

  it("is never the device that had the name a minute ago", async () => {
    const { omada, act } = await setUpActs();
    const [hall, quay] = [omada.device("Hall AP"), omada.device("Quay AP")];
    await act("device-locate", { target: "Hall AP" });
    [hall.name, quay.name] = ["Quay AP", "Hall AP"];

    await act("device-reboot", { target: "Hall AP" });

    assert.deepEqual([hall.rebootingUntil > 0, quay.rebootingUntil > 0], [false, true]);
  });

  it("may be a port of a device whose name contains a slash", async () => {
    const { omada, act } = await setUpActs();
    omada.device("Harbour switch").name = "Rack 1/Switch";

    await act("port-enable", { target: "Rack 1/Switch/4", value: false });

    assert.equal(omada.device("Rack 1/Switch").ports[3]?.["status"], 0);
  });

  for (const target of ["WAN2", "2", "Harbour gateway/WAN2", "02-00-5E-00-00-02/2", "wan2"]) {
    it(`is a WAN link as "${target}"`, async () => {
      const { omada, act } = await setUpActs();

      await act("wan-connect", { target, value: false });

      assert.deepEqual(
        omada.device("Harbour gateway").wans.map(({ internetState }) => internetState),
        [1, 0],
      );
    });
  }

  for (const target of ["Harbour switch", "/7", "Harbour switch/", "7"]) {
    it(`is no port as "${target}"`, async () => {
      const { actError, writes } = await setUpActs();

      const error = await actError("port-poe", { target });

      assert.ok(error.code === "input" || error.code === "not-found");
      assert.deepEqual(writes(), []);
    });
  }
});
