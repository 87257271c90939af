import assert from "node:assert/strict";
import type { Device } from "../../../../src/kasa/device";
import { setUp } from "./fixture";

const named = (devices: readonly Device[], alias: string): Device =>
  devices.find((device) => device.alias === alias) ?? assert.fail(`${alias} is not listed`);

describe("The list of both clouds", () => {
  for (const listsChildren of [true, false]) {
    describe(`where children are ${listsChildren ? "" : "not "}listed`, () => {
      it("has each device once", async () => {
        const { client, cloud, kasa } = await setUp();
        cloud.listsChildren = listsChildren;

        const ids = (await client.devices()).map(({ deviceId }) => deviceId);

        assert.equal(new Set(ids).size, ids.length);
        const sensors = listsChildren ? 3 : 0;
        assert.equal(ids.length, kasa.devices.length + sensors);
      });
    });
  }

  it("says of each device what it is, whether it is online, and how it is reached", async () => {
    const { client, cloud } = await setUp();
    cloud.thing("Aquarium").online = false;

    const devices = await client.devices();

    const rows = [
      "Bürö heater",
      "Aquarium",
      "Dining table",
      "Reading lamp",
      "Shelf strip",
      "Büro",
      "Hub",
      "Heater",
    ].map((alias) => {
      const { kind, online, supported, protocol, reach } = named(devices, alias);
      return [alias, kind, online, supported, protocol, reach];
    });
    assert.deepEqual(rows, [
      ["Bürö heater", "plug", true, true, "smart", ["cloud"]],
      ["Aquarium", "plug", false, true, "smart", ["cloud"]],
      ["Dining table", "dimmer", true, true, "smart", ["cloud"]],
      ["Reading lamp", "bulb", true, true, "smart", ["cloud"]],
      ["Shelf strip", "lightstrip", true, true, "smart", ["cloud"]],
      ["Büro", "strip", true, true, "smart", ["cloud"]],
      ["Hub", "hub", true, true, "smart", ["cloud"]],
      ["Heater", "plug", true, true, "smart", ["cloud"]],
    ]);
  });

  it("believes the first cloud about its own devices, although the second one lists them as well", async () => {
    const { client, cloud } = await setUp();
    cloud.thing("Modem").online = false;

    const { online, protocol, appServerUrl } = named(await client.devices(), "Modem");

    assert.deepEqual([online, protocol, appServerUrl], [true, "iot", cloud.kasa.url]);
  });

  it("lists cameras, locks and sensors, and drives none of them itself", async () => {
    const { client } = await setUp();

    const devices = await client.devices();

    const rows = ["Garage camera", "Front door", "Window", "Doorbell button"].map((alias) => {
      const { kind, supported, reach } = named(devices, alias);
      return [kind, supported, reach];
    });
    assert.deepEqual(rows, [
      ["camera", false, []],
      ["other", false, []],
      ["sensor", false, []],
      ["sensor", false, []],
    ]);
    assert.equal(named(devices, "Window")["parentId"], named(devices, "Hub").deviceId);
  });

  it("has no secret and no position of any device", async () => {
    const { client } = await setUp();

    const text = JSON.stringify(await client.devices());

    for (const secret of ["camera-secret-1", "localAccessToken", "ssid", "SGFyYm91cg", "latitude", "192.0.2.8"])
      assert.ok(!text.includes(secret), secret);
  });

  it("reads all pages, however small the cloud makes them", async () => {
    const { client, cloud } = await setUp();
    cloud.maxPageSize = 3;

    const devices = await client.devices();

    assert.equal(named(devices, "Front door").kind, "other");
    assert.equal(new Set(devices.map(({ deviceId }) => deviceId)).size, devices.length);
  });

  it("ends where the cloud sends the same page again and again", async () => {
    const { client, cloud } = await setUp();
    cloud.server.onResponse = (_, response) => Object.assign(response.body as object, { total: 1_000_000 });

    await client.devices();

    assert.ok(cloud.requests().filter((one) => one === "GET /v2/things").length <= 3);
  });

  it("is read in its older version where the newer one has gone", async () => {
    const { client, cloud } = await setUp();
    const when = ({ path }: { path: string }): boolean => path === "/v2/things";
    cloud.server.injectFault({ kind: "response", status: 404, body: "" }, { times: 9, when });

    assert.equal(named(await client.devices(), "Stairs").online, true);
  });

  it("asks again where the second cloud suddenly lists nothing", async () => {
    const { client, cloud } = await setUp();
    await client.devices();
    const body = { page: 0, pageSize: 100, total: 0, data: [] };
    cloud.server.injectFault({ kind: "response", body }, { when: ({ path }) => path === "/v2/things" });

    assert.equal(named(await client.devices(), "Stairs").online, true);
  });

  it("takes sensors that name no hub for those of the only one", async () => {
    const { client, cloud } = await setUp();
    cloud.server.onResponse = (_, { body }) => {
      for (const entry of (body as { data?: object[] }).data ?? []) Object.assign(entry, { originalThingName: "" });
    };

    const devices = await client.devices();

    assert.equal(named(devices, "Window")["parentId"], named(devices, "Hub").deviceId);
  });

  it("leaves out an entry that cannot be read, and keeps the others", async () => {
    const { client, cloud } = await setUp();
    cloud.server.onResponse = (_, { body }) =>
      void (body as { data: unknown[] }).data?.unshift(null, { thingName: "../x" });

    assert.equal(named(await client.devices(), "Stairs").supported, true);
  });

  it("is that of the first cloud where the second one fails, with a warning", async () => {
    const { client, cloud, kasa } = await setUp();
    await cloud.server.goOffline();
    const warnings: string[] = [];

    const devices = await client.devices({ warn: (sentence) => void warnings.push(sentence) });

    assert.equal(devices.length, kasa.devices.length);
    assert.deepEqual([named(devices, "Modem").online, named(devices, "Heater").supported], [true, true]);
    assert.match(warnings.join(), /^The Tapo and newer Kasa devices cannot be listed\./);
  });
});
