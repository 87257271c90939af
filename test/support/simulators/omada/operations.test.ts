import assert from "node:assert/strict";
import { codesOf, setUpSignedIn } from "./test-client";

describe("An operation of the simulated Omada controller", () => {
  it("sets the LEDs of a site, and accepts only true and false for them", async () => {
    const { omada, client } = await setUpSignedIn();

    const [off, invalid] = [
      await client.inHarbour("PUT", "led", { enable: false }),
      await client.inHarbour("PUT", "led", { enable: "yes" }),
    ];

    assert.deepEqual(codesOf([off, invalid]), [0, -1001]);
    assert.equal((await client.inHarbour("GET", "led")).body.result.enable, false);
    assert.equal(omada.site("Depot").ledEnable, true);
  });

  it("blocks and unblocks a client", async () => {
    const { omada, client } = await setUpSignedIn();
    const till = omada.client("Till");

    await client.inHarbour("POST", `clients/${till.mac}/block`);
    const { blocked } = (await client.inHarbour("GET", `clients/${till.mac}`)).body.result;
    await client.inHarbour("POST", `clients/${till.mac}/unblock`);

    assert.deepEqual([blocked, till.blocked], [true, false]);
  });

  it("reconnects a wireless client, but not a wired one", async () => {
    const { omada, client } = await setUpSignedIn();
    const [phone, till] = [omada.client("Ada's phone"), omada.client("Till")];

    const responses = [
      await client.inHarbour("POST", `clients/${phone.mac}/reconnect`),
      await client.inHarbour("POST", `clients/${till.mac}/reconnect`),
    ];

    assert.deepEqual(codesOf(responses), [0, -41025]);
    assert.equal(phone.uptime, 0);
  });

  it("accepts MAC addresses in one spelling only", async () => {
    const { omada, client } = await setUpSignedIn();
    const { mac } = omada.client("Till");

    const spellings = [mac.toLowerCase(), mac.replaceAll("-", ":"), mac];
    const responses = await Promise.all(spellings.map((spelling) => client.inHarbour("GET", `clients/${spelling}`)));

    assert.deepEqual(codesOf(responses), [-1001, -1001, 0]);
  });

  it("fails with the number for whatever does not exist", async () => {
    const { omada, client } = await setUpSignedIn();
    const mac = "02-00-00-00-00-00";
    const gateway = omada.device("Harbour gateway").mac;

    const responses = await Promise.all([
      client.call("GET", `sites/${"0".repeat(24)}`),
      client.inHarbour("POST", `devices/${mac}/reboot`),
      client.inHarbour("GET", `gateways/${mac}/wan-status`),
      client.inHarbour("GET", `aps/${gateway}`),
      client.inHarbour("GET", `switches/${mac}`),
      client.inHarbour("PUT", `switches/${omada.device("Harbour switch").mac}/ports/99/poe-mode`, { poeMode: 1 }),
      client.inHarbour("POST", `clients/${mac}/block`),
      client.inHarbour("POST", `clients/${mac}/unblock`),
      client.inHarbour("POST", `clients/${mac}/reconnect`),
    ]);

    const expected = [-33000, -39006, -39501, -39303, -39050, -39701, -41002, -41004, -41011];
    assert.deepEqual(codesOf(responses), expected);
  });

  it("reboots a connected device for a minute, but not one that is rebooting", async () => {
    const { omada, client } = await setUpSignedIn();
    const [hall, quay] = [omada.device("Hall AP"), omada.device("Quay AP")];
    quay.status = 0;

    const responses = [
      await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
      await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
      await client.inHarbour("POST", `devices/${quay.mac}/reboot`),
    ];
    const rebooting = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;
    omada.now = () => Date.now() + 60_000;
    const later = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;

    assert.deepEqual(codesOf(responses), [0, -39009, -39007]);
    assert.deepEqual([rebooting[0]?.["detailStatus"], later[0]?.["detailStatus"]], [13, 14]);
  });

  it("disconnects one WAN port from the internet", async () => {
    const { omada, client } = await setUpSignedIn();
    const { mac } = omada.device("Harbour gateway");

    await client.inHarbour("POST", `gateways/${mac}/internet-state`, { portId: 2, operation: 0 });

    const { result } = (await client.inHarbour("GET", `gateways/${mac}/wan-status`)).body;
    assert.deepEqual(
      result.map(({ internetState }) => internetState),
      [1, 0],
    );
  });

  it("switches the PoE of a port only if its profile is overridden", async () => {
    const { omada, client } = await setUpSignedIn();
    const path = `switches/${omada.device("Harbour switch").mac}`;

    const refused = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });
    await client.inHarbour("PUT", `${path}/ports/4/profile-override`, { profileOverrideEnable: true });
    const accepted = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });

    const { portList } = (await client.inHarbour("GET", path)).body.result;
    assert.deepEqual(codesOf([refused, accepted]), [-39737, 0]);
    assert.deepEqual(
      portList.filter(({ poeMode }) => poeMode === 0).map(({ port }) => port),
      [4],
    );
  });

  it("cannot switch the PoE of a switch without PoE", async () => {
    const { omada, client } = await setUpSignedIn();
    const [depot, { mac }] = [omada.site("Depot"), omada.device("Depot switch")];

    const { body } = await client.call("PUT", `sites/${depot.siteId}/switches/${mac}/ports/1/poe-mode`, {
      poeMode: 1,
    });

    assert.equal(body.errorCode, -39747);
  });

  it("overrides the SSIDs of an access point with a complete list only", async () => {
    const { omada, client } = await setUpSignedIn();
    const path = `aps/${omada.device("Hall AP").mac}/override`;
    const flags = { overrideSsidEnable: false, overrideVlanEnable: false };
    const whole = [1, 2].map((ssidEntryId) => ({ ssidEntryId, ...flags, ssidEnable: ssidEntryId === 1 }));

    const partial = await client.inHarbourV2("PATCH", path, { ssidOverrides: whole.slice(1) });
    const before = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;
    await client.inHarbourV2("PATCH", path, { ssidOverrides: whole });
    const after = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;

    const enabled = [before, after].map((ssids) => ssids.map(({ ssidEnable }) => ssidEnable));
    assert.equal(partial.body.errorCode, -1001);
    assert.deepEqual(enabled, [
      [true, true],
      [true, false],
    ]);
  });

  it("returns the numbers of connected devices and clients", async () => {
    const { omada, client } = await setUpSignedIn();
    omada.device("Hall AP").status = 0;
    omada.client("Till").active = false;

    const { result } = (await client.inHarbour("GET", "dashboard/overview-diagram")).body;

    assert.deepEqual([result.connectedApNum, result.totalClientNum], [1, 9]);
  });

  it("forgets a device, and deletes a site with everything in it", async () => {
    const { omada, client } = await setUpSignedIn();
    const [hall, harbour] = [omada.device("Hall AP"), omada.site("Harbour")];

    await client.inHarbour("POST", `devices/${hall.mac}/forget`);
    const devices = omada.devices.map(({ name }) => name);
    await client.call("DELETE", `sites/${harbour.siteId}`);

    assert.deepEqual(devices, ["Harbour gateway", "Harbour switch", "Quay AP", "Depot switch"]);
    assert.deepEqual([omada.sites.length, omada.devices.length, omada.clients.length], [1, 1, 0]);
  });
});
