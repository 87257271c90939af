import assert from "node:assert/strict";
import { Setting } from "../../support/omada-fixture";

const LED = "sites/{siteId}/led";
const CLIENTS = "sites/{siteId}/clients";
const SITES = "GET v1/{id}/sites?page=1&pageSize=1000";
const V1 = "GET v1/{id}/sites/{Harbour}/clients?page=1&pageSize=1000";
const V2 = "POST v2/{id}/sites/{Harbour}/clients";

describe("A site of the Omada client", () => {
  for (const site of ["Harbour", "harbour", "HARBOUR"]) {
    it(`is found by the name ${site}`, async () => {
      const setting = await Setting.start();

      await setting.read(LED, { site });

      assert.deepEqual(setting.asked(), [SITES, "GET v1/{id}/sites/{Harbour}/led"]);
    });
  }

  it("is not looked up where its id is given", async () => {
    const setting = await Setting.start();

    await setting.read(LED, { site: setting.omada.site("Depot").siteId });

    assert.deepEqual(setting.asked(), ["GET v1/{id}/sites/{Depot}/led"]);
  });

  it("is not looked up where the path asks for none", async () => {
    const setting = await Setting.start();

    await setting.read("sites", { site: "Nowhere" });

    assert.deepEqual(setting.asked(), [SITES]);
  });

  it("is remembered", async () => {
    const setting = await Setting.start();

    for (const site of ["Harbour", "Depot", "Harbour"]) await setting.read(LED, { site });

    assert.equal(setting.omada.calls(/sites$/), 1);
  });

  it("is looked up once for all that ask at the same time", async () => {
    const setting = await Setting.start();

    await Promise.all(["Harbour", "Depot", "harbour", "depot"].map((site) => setting.read(LED, { site })));

    assert.equal(setting.omada.calls(/sites$/), 1);
  });

  it("lets go of who gives up while the list is read, and of nobody else", async () => {
    const setting = await Setting.start();
    setting.omada.server.injectFault({ kind: "hang" }, { times: 9, when: ({ path }) => path.endsWith("sites") });
    const query = { method: "GET", path: LED, site: "Harbour", params: {}, all: true, limit: 0 } as const;

    const given = setting.client.query(query, { signal: AbortSignal.timeout(20) });
    const patient = setting.failure(LED, { site: "Depot" });

    await assert.rejects(given, { name: "TimeoutError" });
    await setting.close();
    assert.equal((await patient).code, "cancelled");
  });

  it("is found by the exact name where others differ in case only", async () => {
    const setting = await Setting.start();
    setting.omada.addSite("DEPOT");

    await setting.read(LED, { site: "DEPOT" });

    assert.equal(setting.asked().at(-1), "GET v1/{id}/sites/{DEPOT}/led");
  });

  it("is an input error with the ids when several have its name", async () => {
    const setting = await Setting.start();
    const ids = [setting.omada.site("Depot"), setting.omada.addSite("DEPOT")].map(({ siteId }) => siteId);

    const error = await setting.failure(LED, { site: "depot" });

    assert.equal(error.code, "input");
    assert.ok(ids.every((id) => error.message.includes(id)));
    assert.equal(setting.omada.calls(/led$/), 0);
  });

  it("is found by its id where another is called that, and by its name with the spaces around it", async () => {
    const setting = await Setting.start();
    Object.assign(setting.omada.addSite("Old"), { siteId: "old" });
    Object.assign(setting.omada.addSite("old"), { siteId: "other" });
    Object.assign(setting.omada.addSite(" Padded "), { siteId: "padded" });

    for (const site of ["old", "padded"]) await setting.read(LED, { site });

    assert.equal(setting.omada.calls(/sites\/old\/led$/), 1);
    assert.equal(setting.omada.calls(/sites\/padded\/led$/), 1);
  });

  it("that does not exist is an error with the names that do", async () => {
    const setting = await Setting.start();

    const error = await setting.failure(LED, { site: "Nowhere" });

    assert.equal(error.code, "not-found");
    assert.equal(error.message, 'There is no site "Nowhere". The sites are: "Harbour", "Depot".');
  });

  it("that does not exist is looked for again after a minute, not before", async () => {
    const setting = await Setting.start();
    await setting.failure(LED, { site: "Nowhere" });
    setting.clock.at += 59_000;
    await setting.failure(LED, { site: "Nowhere" });
    const soon = setting.omada.calls(/sites$/);
    setting.omada.addSite("Nowhere");
    setting.clock.at += 2_000;

    await setting.read(LED, { site: "Nowhere" });

    assert.deepEqual([soon, setting.omada.calls(/sites$/)], [1, 2]);
  });

  it("that was renamed keeps its old name for ten minutes at most", async () => {
    const setting = await Setting.start();
    await setting.read(LED, { site: "Depot" });
    setting.omada.site("Depot").name = "Barn";
    setting.clock.at += 601_000;

    const error = await setting.failure(LED, { site: "Depot" });

    assert.equal(error.code, "not-found");
  });

  it("is found among many", async () => {
    const setting = await Setting.start();
    setting.omada.maxPageSize = 10;
    for (let number = 1; number <= 40; number++) setting.omada.addSite(`Branch ${number}`);

    await setting.read(LED, { site: "branch 37" });

    assert.equal(setting.asked().at(-1), "GET v1/{id}/sites/{Branch 37}/led");
  });

  it("is found where another has no name", async () => {
    const setting = await Setting.start();
    Object.assign(setting.omada.addSite("?"), { name: null });

    await setting.read(LED, { site: "Harbour" });

    assert.equal(setting.omada.calls(/led$/), 1);
  });

  it("may be called what a path must not hold", async () => {
    const setting = await Setting.start();
    setting.omada.addSite("Shop/Store? #1");

    await setting.read(LED, { site: "Shop/Store? #1" });

    assert.equal(setting.omada.calls(/led$/), 1);
  });

  it("of a provider's customer is found by name in a provider's path", async () => {
    const setting = await Setting.start({ msp: true });
    const { omada } = setting;
    const path = "msp/{mspId}/customers/{customerId}/sites/{siteId}";

    await setting.failure(path, { site: "boatyard", params: { customerId: omada.customers[1]?.customerId } });

    assert.deepEqual(
      setting.asked().map((asked) => asked.split("?")[0]),
      ["GET v1/msp/{id}/sites", `GET v1/msp/{id}/customers/${omada.customers[1]?.customerId}/sites/{Boatyard}`],
    );
  });

  it("is not found, and nothing remembered, when the list cannot be had", async () => {
    const setting = await Setting.start();
    setting.answering(/sites$/, { body: { errorCode: -1007, msg: "no" } });

    const error = await setting.failure(LED, { site: "Harbour" });
    await setting.read(LED, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});

describe("A site's clients", () => {
  for (const [version, first, second] of [
    ["5.15.24.19", [V1], [V1]],
    ["6.0.0.36", [V1], [V1]],
    ["6.2.0.17", [V1, V2], [V2]],
  ] as const) {
    it(`are read from ${version}, which is decided once`, async () => {
      const setting = await Setting.start({ version });

      const { names } = await setting.read(CLIENTS, { site: "Harbour" });
      const begin = setting.asked().length;
      const again = await setting.read(CLIENTS, { site: "Harbour" });

      assert.deepEqual(setting.asked(), [SITES, ...first, ...second]);
      assert.deepEqual([names.length, again.names.length, begin], [10, 10, 1 + first.length]);
    });
  }

  it("are those that are online, by default, in both versions", async () => {
    const [old, young] = [await Setting.start(), await Setting.start({ version: "6.2.0.17" })];

    const readings = [await old.read(CLIENTS, { site: "Harbour" }), await young.read(CLIENTS, { site: "Harbour" })];

    const sent = JSON.parse(young.omada.server.journal.at(-1)?.body ?? "") as object;
    assert.deepEqual(readings[0]?.names, readings[1]?.names);
    assert.ok(!readings[0]?.names.includes("Old phone"));
    assert.deepEqual(sent, { scope: 1, page: 1, pageSize: 1000 });
  });

  it("are filtered and sorted alike in both versions", async () => {
    const [old, young] = [await Setting.start(), await Setting.start({ version: "6.2.0.17" })];
    const mac = old.omada.device("Quay AP").mac.replaceAll("-", ":");
    const query = { site: "Harbour", params: { "filters.apMac": mac, sorts: { name: "desc" } } };

    const readings = [await old.read(CLIENTS, query), await young.read(CLIENTS, query)];

    const expected = ["Visitor", "Crane tablet", "Ben's laptop"];
    assert.deepEqual(
      readings.map(({ names }) => names),
      [expected, expected],
    );
  });

  it("of another scope are read where the controller has scopes", async () => {
    const setting = await Setting.start({ version: "6.2.0.17" });

    const { names } = await setting.read(CLIENTS, { site: "Harbour", params: { scope: 3 } });

    assert.deepEqual(names, ["Stranger"]);
  });

  it("are still read when the controller is updated meanwhile", async () => {
    const setting = await Setting.start();
    await setting.read(CLIENTS, { site: "Harbour" });
    setting.omada.version = "6.2.0.17";

    const readings = [
      await setting.read(CLIENTS, { site: "Harbour" }),
      await setting.read(CLIENTS, { site: "Harbour" }),
    ];

    assert.deepEqual(
      readings.map(({ names }) => names.length),
      [10, 10],
    );
    assert.deepEqual(setting.asked(), [SITES, V1, V1, V2, V2]);
  });

  for (const [what, answer] of Object.entries({
    "-1600": { body: { errorCode: -1600, msg: "no path" } },
    "HTTP 404": { status: 404, body: "" },
    "HTTP 405": { status: 405, body: { status: 405 } },
  })) {
    it(`are read by the other version when one answers ${what}`, async () => {
      const setting = await Setting.start({ version: "6.0.0.36" });
      setting.answering(/v1.*clients$/, answer);

      const { names } = await setting.read(CLIENTS, { site: "Harbour" });

      assert.equal(names.length, 10);
    });
  }

  it("fail with the first version's reason when neither is there, and nothing is decided", async () => {
    const setting = await Setting.start();
    setting.answering(/v1.*clients$/, { body: { errorCode: -1, msg: "General error." } });

    const error = await setting.failure(CLIENTS, { site: "Harbour" });
    const { names } = await setting.read(CLIENTS, { site: "Harbour" });

    assert.deepEqual([error.code, error.details.vendorCode], ["rejected", -1]);
    assert.equal(names.length, 10);
    assert.deepEqual(setting.asked(), [SITES, V1, V2, V1]);
  });

  it("fail at once with what does not speak of the version", async () => {
    const setting = await Setting.start();
    setting.answering(/clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await setting.failure(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
    assert.deepEqual(setting.asked(), [SITES, V1]);
  });

  it("fail with the second version's reason when it is there and declines", async () => {
    const setting = await Setting.start({ version: "6.2.0.17" });
    setting.answering(/v2.*clients$/, { body: { errorCode: -1505, msg: "no" } });

    const error = await setting.failure(CLIENTS, { site: "Harbour" });

    assert.equal(error.code, "forbidden");
  });
});
