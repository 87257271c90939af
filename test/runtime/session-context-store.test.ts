import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ExternalService, sharedStorage } from "../support/harness/external-services";
import type { FlowNode } from "../support/harness/node-red";
import { freePort, NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";

const NODES: FlowNode[] = [
  { id: "list", type: "kasa-device-list", account: "kasa" },
  { id: "query", type: "omada-query", controller: "omada", path: "sites" },
  { id: "status", type: "router-status", router: "router" },
];
const STATUS: FlowNode = { id: "status", type: "router-status", router: "router" };

const MISSING = ExternalService.missing("redis-server");

describe(`A session in a shared context store${MISSING.length > 0 ? " (skipped: redis-server is not installed)" : ""}`, () => {
  let redis: ExternalService;
  const start = (): Promise<NodeRedProcess> => NodeRedProcess.start(userDirectory(), sharedStorage(redis));

  before(async function () {
    if (MISSING.length > 0) this.skip();
    redis = await ExternalService.redis();
  });

  after(() => redis?.close());

  it("is shared by several Node-RED instances, even if all of them start at the same time", async () => {
    const { cloud, account } = await kasaCloud({
      store: "redis",
      terminalUUID: "6f2d0c34-6a51-4c5e-9e1b-0d8a3f1c2b77",
    });
    const { controller, config: omada } = await omadaController({}, { store: "redis" });
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const reds = await Promise.all([start(), start(), start()]);
    await Promise.all(
      reds.map((red, index) =>
        red.deploy([
          { ...account, id: `kasa-${index}` },
          { ...omada, id: `omada-${index}` },
          { ...config, id: `router-${index}` },
          { ...NODES[0], account: `kasa-${index}` } as FlowNode,
          { ...NODES[1], controller: `omada-${index}` } as FlowNode,
          { ...NODES[2], router: `router-${index}` } as FlowNode,
        ]),
      ),
    );

    const outcomes = await Promise.all(reds.flatMap((red) => NODES.map(({ id }) => red.ask(id))));

    assert.deepEqual(
      outcomes.map(({ error }) => error),
      outcomes.map(() => undefined),
    );
    assert.deepEqual([cloud.signIns(), controller.signIns(), router.signIns()], [1, 1, 1]);
  });

  it("is renewed by one instance for all", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const [one, other] = await Promise.all([start(), start()]);
    for (const red of [one, other]) await red.deploy([config, STATUS]);
    for (const red of [one, other]) assert.equal((await red.ask("status")).error, undefined);
    assert.equal(router.signIns(), 1);

    router.expireSessions();
    for (const red of [one, other]) assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 2);
  });

  it("passes on the refusal of a secret, so that no other instance sends it again", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const wrong = { ...config, credentials: { clientId: router.clientId, clientSecret: "wrong" } };
    const [one, other] = await Promise.all([start(), start()]);
    for (const red of [one, other]) await red.deploy([wrong, STATUS]);

    assert.equal((await one.ask("status")).error?.code, "sign-in");
    assert.equal((await other.ask("status")).error?.code, "sign-in");

    assert.equal(router.signInAttempts(), 1);
  });

  it("is removed together with the config node, and is encrypted until then", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const red = await start();
    await red.deploy([config, STATUS]);
    await red.ask("status");
    const storeContent = (): string =>
      spawnSync("redis-cli", ["-u", redis.url, "hgetall", "nodered:global"]).stdout.toString();
    const countOwn = (): number => storeContent().split("homenet3.").length - 1;
    const before = countOwn();
    assert.ok(before > 0);
    assert.ok(!storeContent().includes(router.clientSecret));

    await red.deploy([{ id: "comment", type: "comment", wires: [] }]);
    assert.equal(countOwn(), before - 1);
  });

  it("stays there when one of two config nodes of an account is removed, until the other one is removed as well", async () => {
    const { config } = await peplinkRouter({}, { store: "redis" });
    const red = await start();
    await red.deploy([config, { ...config, id: "other" }, STATUS]);
    await red.ask("status");
    const countStored = (): number =>
      spawnSync("redis-cli", ["-u", redis.url, "hgetall", "nodered:global"]).stdout.toString().split("homenet3.")
        .length;
    const before = countStored();

    await red.deploy([config, STATUS]);
    assert.equal(countStored(), before);
    await red.deploy([{ id: "comment", type: "comment", wires: [] }]);
    assert.equal(countStored(), before - 1);
  });

  it("may be away when Node-RED starts", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const storage = sharedStorage({ url: `redis://127.0.0.1:${await freePort()}` });
    const red = await NodeRedProcess.start(userDirectory(), storage);
    await red.deploy([config, STATUS]);

    assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 1);
  });

  it("costs a sign-in and a warning if the store fails, but no message fails", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const red = await start();
    await red.deploy([config, STATUS]);
    await redis.close("SIGKILL");

    assert.equal((await red.ask("status")).error, undefined);
    router.expireSessions();
    assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 2);
    assert.equal(red.log.split("The session stays in memory").length - 1, 1);
  });
});

describe("A broken context store", () => {
  const broken = (body: string): string =>
    `{ default: { module: "memory" }, broken: { module: () => ({ open: async () => {}, close: async () => {}, clean: async () => {},
       delete: async () => {}, ${body} }) } }`;

  for (const [what, body] of [
    [
      "fails",
      "get: (s, k, done) => done(new Error('secret of a store')), set: (s, k, v, done) => done(new Error('no')), keys: (s, done) => done(new Error('no'))",
    ],
    [
      "throws",
      "get() { throw new Error('secret of a store') }, set() { throw new Error('no') }, keys() { throw new Error('no') }",
    ],
    ["never responds", "get() {}, set() {}, keys() {}"],
    [
      "holds nonsense",
      "get: (s, k, done) => done(null, { not: 'ours' }), set: (s, k, v, done) => done(), keys: (s, done) => done(null, [1, null])",
    ],
  ] as const) {
    it(`that ${what} costs one warning, but fails no message`, async () => {
      const { router, config } = await peplinkRouter({}, { store: "broken" });
      const red = await NodeRedProcess.start(userDirectory(), broken(body));
      await red.deploy([config, STATUS]);

      for (let round = 0; round < 2; round++) assert.equal((await red.ask("status")).error, undefined);
      assert.equal(router.signIns(), 1);
      assert.equal(red.log.split("The session stays in memory").length - 1, 1);
      assert.ok(!red.log.includes("secret of a store"));

      const startedAt = Date.now();
      await red.deploy([{ id: "comment", type: "comment", wires: [] }]);
      // Node-RED itself waits 15 s for a node to close.
      assert.ok(Date.now() - startedAt < 12_000, "the deploy did not wait for the store");
    });
  }

  it("that does not exist is reported, and a file is used instead", async () => {
    const { router, config } = await peplinkRouter({}, { store: "nowhere" });
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([config, STATUS]);
    await first.ask("status");
    assert.match(first.log, /no context store "nowhere"/);
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    await second.ask("status");
    assert.equal(router.signIns(), 1);
  });
});
