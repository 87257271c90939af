import assert from "node:assert/strict";
import { codesOf, setUp, setUpSignedIn, type TestResponse } from "./test-client";

const DAY = 86_400_000;

describe("The simulated Omada controller", () => {
  describe("with lists", () => {
    it("pages a long list without losing or repeating a row, and echoes the page size", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.addClients(omada.site("Depot"), 25);
      const path = `sites/${omada.site("Depot").siteId}/clients`;

      const pages = await Promise.all([1, 2, 3].map((page) => client.call("GET", `${path}?page=${page}&pageSize=10`)));

      const results = pages.map(({ body }) => body.result);
      assert.deepEqual(
        results.map(({ totalRows, currentPage, currentSize }) => [totalRows, currentPage, currentSize]),
        [
          [25, 1, 10],
          [25, 2, 10],
          [25, 3, 10],
        ],
      );
      assert.equal(new Set(results.flatMap(({ data }) => data.map(({ mac }) => mac))).size, 25);
    });

    it("succeeds with nothing past the end", async () => {
      const { client } = await setUpSignedIn();

      const { body } = await client.call("GET", "sites?page=9&pageSize=10");

      assert.equal(body.errorCode, 0);
      assert.deepEqual([body.result.totalRows, body.result.data], [2, []]);
    });

    it("can keep its pages small, lie about how many rows there are, and change between two pages", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.maxPageSize = 2;
      omada.reportTotal = (totalRows, page) => (page === 1 ? totalRows : "many");
      omada.onPage = (page) => page === 2 && omada.forgetDevice(omada.device("Harbour gateway"));

      const pages = [
        await client.inHarbour("GET", "devices?page=1&pageSize=10"),
        await client.inHarbour("GET", "devices?page=2&pageSize=10"),
      ];

      assert.deepEqual(
        pages.map(({ body }) => [body.result.totalRows, body.result.data.map(({ name }) => name)]),
        [
          [4, ["Harbour gateway", "Harbour switch"]],
          ["many", ["Quay AP"]],
        ],
      );
    });

    it("can stand behind a reverse proxy that adds to its paths", async () => {
      const { omada, client } = await setUp({ prefix: "/omada" });

      await client.signIn();

      assert.deepEqual(codesOf([await client.inHarbour("GET", "led")]), [0]);
      assert.deepEqual(
        [omada.url.endsWith("/omada"), (await fetch(`${omada.server.url}/api/info`)).status],
        [true, 404],
      );
    });

    it("answers a missing page size with Spring's own 400 on 5.x, and with a number of its own on 6", async () => {
      const [old, young] = [await setUpSignedIn(), await setUpSignedIn({ version: "6.0.0.36" })];

      const on5 = await old.client.call("GET", "sites?page=1");
      const on6 = await young.client.call("GET", "sites?page=1");

      assert.deepEqual([on5.status, on5.body.errorCode, on5.body.error], [400, undefined, "Bad Request"]);
      assert.deepEqual([on6.status, on6.body.errorCode], [200, -1001]);
    });

    it("counts pages from 1, of 1 to 1000 rows", async () => {
      const { client } = await setUpSignedIn();

      const queries = ["page=0&pageSize=10", "page=1&pageSize=0", "page=1&pageSize=1001", "page=1&pageSize=1000"];
      const answers = await Promise.all(queries.map((query) => client.call("GET", `sites?${query}`)));

      assert.deepEqual(codesOf(answers), [-1001, -1001, -1001, 0]);
    });

    it("searches, filters and sorts", async () => {
      const { omada, client } = await setUpSignedIn();
      const names = async (query: string): Promise<unknown[]> => {
        const { body } = await client.inHarbour("GET", `clients?page=1&pageSize=100&${query}`);
        return body.result.data.map(({ name }) => name);
      };

      assert.deepEqual(await names("searchKey=PRINTER"), ["Office printer"]);
      assert.deepEqual(await names("searchKey=onerror"), ["<img src=x onerror=alert(1)>"]);
      assert.deepEqual(await names(`filters.gatewayMac=${omada.device("Harbour gateway").mac}`), ["Modem page"]);
      assert.deepEqual((await names("filters.wireless=false&sorts.name=desc"))[0], "Till");
    });

    it("wants a span of time and a page size it likes for logs, and shows the newest first", async () => {
      const { omada, client } = await setUpSignedIn();
      const [at, siteId] = [omada.now() - DAY, omada.site("Harbour").siteId];
      const log = { siteId, key: "DEV_REBOOT", module: "System", content: "Hm." };
      omada.events = [3, 9, 5].map((later) => ({ ...log, id: `event-${later}`, time: at + later }));
      const events = (query: string): Promise<TestResponse> => client.inHarbour("GET", `logs/events?page=1&${query}`);

      const [timeless, odd, good] = [
        await events("pageSize=10"),
        await events(`pageSize=25&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
        await events(`pageSize=10&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
      ];

      assert.deepEqual([timeless.status, odd.body.errorCode], [400, -1001]);
      assert.deepEqual(
        good.body.result.data.map(({ id }) => id),
        ["event-5", "event-3"],
      );
    });

    it("tells alerts that are resolved from those that are not", async () => {
      const { client } = await setUpSignedIn();

      const query = `page=1&pageSize=10&filters.timeStart=0&filters.timeEnd=${Date.now()}&filters.resolved=false`;
      const { body } = await client.inHarbour("GET", `logs/alerts?${query}`);

      assert.deepEqual(
        body.result.data.map(({ key, level }) => [key, level]),
        [["OSW_DET_LOOP", "Warning"]],
      );
    });

    it("shows clients by GET up to 6.1 and by POST from 6 on", async () => {
      const seen = [];
      for (const version of ["5.15.24.19", "6.0.0.36", "6.2.0.17"]) {
        const { client } = await setUpSignedIn({ version });
        const first = await client.inHarbour("GET", "clients?page=1&pageSize=10");
        seen.push(codesOf([first, await client.inHarbourV2("POST", "clients", { page: 1, pageSize: 10 })]));
      }

      assert.deepEqual(seen, [
        [0, -1600],
        [0, 0],
        [-1, 0],
      ]);
    });

    it("lists clients by scope: all, online, offline, blocked", async () => {
      const { client } = await setUpSignedIn({ version: "6.2.0.17" });

      const count = async (scope?: number): Promise<number> => {
        const body = { page: 1, pageSize: 100, scope, filters: {}, sorts: { name: "asc" } };
        return (await client.inHarbourV2("POST", "clients", body)).body.result.totalRows;
      };

      assert.deepEqual(
        [await count(), await count(0), await count(1), await count(2), await count(3)],
        [10, 12, 10, 1, 1],
      );
    });

    it("lists a site's devices in pages or all at once, in the fields of the Open API only", async () => {
      const { client } = await setUpSignedIn();

      const paged = (await client.inHarbour("GET", "devices?page=1&pageSize=100")).body.result.data;
      const all = (await client.inHarbour("GET", "devices/all")).body.result;

      assert.deepEqual(paged, all);
      assert.deepEqual(
        paged.map(({ type, status, detailStatus, uptime }) => [type, status, detailStatus, typeof uptime]),
        ["gateway", "switch", "ap", "ap"].map((type) => [type, 1, 14, "string"]),
      );
      assert.ok(paged.every((row) => !("siteId" in row) && !("ports" in row)));
    });
  });

  describe("with commands", () => {
    it("keeps a site's LED setting, and takes nothing but true and false for it", async () => {
      const { omada, client } = await setUpSignedIn();

      const [off, odd] = [
        await client.inHarbour("PUT", "led", { enable: false }),
        await client.inHarbour("PUT", "led", { enable: "yes" }),
      ];

      assert.deepEqual(codesOf([off, odd]), [0, -1001]);
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

      const answers = [
        await client.inHarbour("POST", `clients/${phone.mac}/reconnect`),
        await client.inHarbour("POST", `clients/${till.mac}/reconnect`),
      ];

      assert.deepEqual(codesOf(answers), [0, -41025]);
      assert.equal(phone.uptime, 0);
    });

    it("reads MACs in one spelling only", async () => {
      const { omada, client } = await setUpSignedIn();
      const { mac } = omada.client("Till");

      const spellings = [mac.toLowerCase(), mac.replaceAll("-", ":"), mac];
      const answers = await Promise.all(spellings.map((spelling) => client.inHarbour("GET", `clients/${spelling}`)));

      assert.deepEqual(codesOf(answers), [-1001, -1001, 0]);
    });

    it("has a number for everything that does not exist", async () => {
      const { omada, client } = await setUpSignedIn();
      const mac = "02-00-00-00-00-00";
      const gateway = omada.device("Harbour gateway").mac;

      const answers = await Promise.all([
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
      assert.deepEqual(codesOf(answers), expected);
    });

    it("reboots a connected device for a minute, and not twice at once", async () => {
      const { omada, client } = await setUpSignedIn();
      const [hall, quay] = [omada.device("Hall AP"), omada.device("Quay AP")];
      quay.status = 0;

      const answers = [
        await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
        await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
        await client.inHarbour("POST", `devices/${quay.mac}/reboot`),
      ];
      const rebooting = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;
      omada.now = () => Date.now() + 60_000;
      const later = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;

      assert.deepEqual(codesOf(answers), [0, -39009, -39007]);
      assert.deepEqual([rebooting[0]?.["detailStatus"], later[0]?.["detailStatus"]], [13, 14]);
    });

    it("cuts one WAN off the internet and leaves the other alone", async () => {
      const { omada, client } = await setUpSignedIn();
      const { mac } = omada.device("Harbour gateway");

      await client.inHarbour("POST", `gateways/${mac}/internet-state`, { portId: 2, operation: 0 });

      const { result } = (await client.inHarbour("GET", `gateways/${mac}/wan-status`)).body;
      assert.deepEqual(
        result.map(({ internetState }) => internetState),
        [1, 0],
      );
    });

    it("switches PoE only where the port's profile is overridden", async () => {
      const { omada, client } = await setUpSignedIn();
      const path = `switches/${omada.device("Harbour switch").mac}`;

      const early = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });
      await client.inHarbour("PUT", `${path}/ports/4/profile-override`, { profileOverrideEnable: true });
      const late = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });

      const { portList } = (await client.inHarbour("GET", path)).body.result;
      assert.deepEqual(codesOf([early, late]), [-39737, 0]);
      assert.deepEqual(
        portList.filter(({ poeMode }) => poeMode === 0).map(({ port }) => port),
        [4],
      );
    });

    it("has no PoE where the switch has none, overridden or not", async () => {
      const { omada, client } = await setUpSignedIn();
      const [depot, { mac }] = [omada.site("Depot"), omada.device("Depot switch")];

      const { body } = await client.call("PUT", `sites/${depot.siteId}/switches/${mac}/ports/1/poe-mode`, {
        poeMode: 1,
      });

      assert.equal(body.errorCode, -39747);
    });

    it("takes an access point's SSIDs as a whole list or not at all", async () => {
      const { omada, client } = await setUpSignedIn();
      const path = `aps/${omada.device("Hall AP").mac}/override`;
      const flags = { overrideSsidEnable: false, overrideVlanEnable: false };
      const whole = [1, 2].map((ssidEntryId) => ({ ssidEntryId, ...flags, ssidEnable: ssidEntryId === 1 }));

      const partly = await client.inHarbourV2("PATCH", path, { ssidOverrides: whole.slice(1) });
      const before = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;
      await client.inHarbourV2("PATCH", path, { ssidOverrides: whole });
      const after = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;

      const enabled = [before, after].map((ssids) => ssids.map(({ ssidEnable }) => ssidEnable));
      assert.equal(partly.body.errorCode, -1001);
      assert.deepEqual(enabled, [
        [true, true],
        [true, false],
      ]);
    });

    it("counts in its overview what is connected now", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.device("Hall AP").status = 0;
      omada.client("Till").active = false;

      const { result } = (await client.inHarbour("GET", "dashboard/overview-diagram")).body;

      assert.deepEqual([result.connectedApNum, result.totalClientNum], [1, 9]);
    });

    it("forgets a device, and a site with all that is in it", async () => {
      const { omada, client } = await setUpSignedIn();
      const [hall, harbour] = [omada.device("Hall AP"), omada.site("Harbour")];

      await client.inHarbour("POST", `devices/${hall.mac}/forget`);
      const devices = omada.devices.map(({ name }) => name);
      await client.call("DELETE", `sites/${harbour.siteId}`);

      assert.deepEqual(devices, ["Harbour gateway", "Harbour switch", "Quay AP", "Depot switch"]);
      assert.deepEqual([omada.sites.length, omada.devices.length, omada.clients.length], [1, 1, 0]);
    });
  });

  describe("of a managed service provider", () => {
    it("lists customers and everyone's sites", async () => {
      const { omada, client } = await setUpSignedIn({ msp: true });
      const path = `/openapi/v1/msp/${omada.omadacId}`;

      const customers = await client.request("GET", `${path}/customers?page=1&pageSize=10`, client);
      const sites = await client.request("GET", `${path}/sites?page=1&pageSize=10`, client);

      assert.deepEqual(
        customers.body.result.data.map(({ customerName }) => customerName),
        ["Lighthouse Ltd", "Boatyard Ltd"],
      );
      assert.equal(sites.body.result.totalRows, 4);
    });

    it("lets a customer's token into that customer's own paths only", async () => {
      const { omada, client } = await setUp({ msp: true });
      const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
      await client.signIn({ omadacId: own });

      const answers = await Promise.all(
        [own, other, omada.omadacId, `msp/${omada.omadacId}`].map((id) =>
          client.request("GET", `/openapi/v1/${id}/sites?page=1&pageSize=10`, client),
        ),
      );

      assert.deepEqual(codesOf(answers), [0, -44113, -44113, -44113]);
      assert.deepEqual(
        answers[0]?.body.result.data.map(({ name }) => name),
        ["Lighthouse"],
      );
    });

    it("keeps one customer's sites from another", async () => {
      const { omada, client } = await setUp({ msp: true });
      const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
      await client.signIn({ omadacId: other });

      const path = `/openapi/v1/${other}/sites/${omada.sites.find(({ ownerId }) => ownerId === own)?.siteId}`;
      const { body } = await client.request("GET", path, client);

      assert.equal(body.errorCode, -33000);
    });

    it("is not what an ordinary controller is", async () => {
      const { omada, client } = await setUpSignedIn();

      const { body } = await client.request(
        "GET",
        `/openapi/v1/msp/${omada.omadacId}/customers?page=1&pageSize=10`,
        client,
      );

      assert.equal(body.errorCode, -7131);
    });
  });

  it("counts what was asked by pattern", async () => {
    const { omada, client } = await setUpSignedIn();

    await client.inHarbour("GET", "led");
    await client.inHarbour("PUT", "led", { enable: true });

    assert.deepEqual([omada.calls(/\/led$/), omada.calls(/^PUT .*\/led$/g), omada.calls(/reboot/)], [2, 1, 0]);
  });
});
