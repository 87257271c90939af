import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExternalService, sharedStorage } from "../support/harness/external-services";
import type { FlowNode } from "../support/harness/node-red";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";

const NODES: FlowNode[] = [
  { id: "list", type: "kasa-device-list", account: "kasa" },
  { id: "query", type: "omada-query", controller: "omada", path: "sites" },
  { id: "status", type: "router-status", router: "router" },
];
const STATUS: FlowNode = { id: "status", type: "router-status", router: "router" };

const folderOf = (userDir: string): string => join(userDir, "homenet");
const kept = (userDir: string): string[] => readdirSync(folderOf(userDir)).map((file) => join(folderOf(userDir), file));

describe("A session in a file of its own", () => {
  it("costs no sign-in when Node-RED is restarted, on any platform", async () => {
    const { cloud, account } = await kasaCloud();
    const { controller, config: omada } = await omadaController();
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([account, omada, config, ...NODES]);
    for (const { id } of NODES) assert.equal((await first.ask(id)).error, undefined);
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    for (const { id } of NODES) assert.equal((await second.ask(id)).error, undefined);
    await second.stop();

    assert.deepEqual([cloud.signIns(), controller.signIns(), router.signIns()], [1, 1, 1]);
  });

  it("is not lost when the power goes", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([config, STATUS]);
    await first.ask("status");
    await first.stop("SIGKILL");

    const second = await NodeRedProcess.start(userDir);
    assert.equal((await second.ask("status")).error, undefined);
    assert.equal(router.signIns(), 1);
  });

  it("remembers a refused password, and sends it no second time after a restart", async () => {
    const { cloud, account } = await kasaCloud();
    const wrong = { ...account, credentials: { email: cloud.email, password: "wrong" } };
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([wrong, { id: "list", type: "kasa-device-list", account: "kasa" }]);
    const { error: before } = await first.ask("list");
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    const { error: after } = await second.ask("list");
    assert.equal(after?.code, "sign-in");
    assert.equal(after?.message, before?.message);
    assert.equal(cloud.loginAttempts(), 1);

    await second.deploy([
      { ...account, credentials: { email: cloud.email, password: cloud.password } },
      { id: "list", type: "kasa-device-list", account: "kasa" },
    ]);
    assert.equal((await second.ask("list")).error, undefined, "corrected credentials start afresh");
  });

  it("is for its owner's eyes alone, and holds nothing that can be read", async () => {
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([account, { id: "login", type: "kasa-login", account: "kasa" }]);
    const { payload } = await red.ask("login");
    const { token } = payload as { token: string };

    assert.equal(statSync(folderOf(userDir)).mode & 0o777, 0o700);
    const [file, ...others] = kept(userDir);
    assert.ok(file);
    assert.deepEqual(others, []);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, "utf8");
    const [version, , sealed = ""] = text.split(".");
    assert.equal(version, "homenet1");
    for (const secret of [token, cloud.password, cloud.email]) {
      for (const shown of [text, Buffer.from(sealed, "base64url").toString("latin1")]) {
        assert.ok(!shown.includes(secret));
      }
    }
  });

  it("goes away with the config node", async () => {
    const { config } = await peplinkRouter();
    const userDir = userDirectory();
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([config, STATUS]);
    await red.ask("status");
    assert.equal(kept(userDir).length, 1);

    await red.deploy([{ id: "comment", type: "comment", wires: [] }]);

    assert.deepEqual(kept(userDir), []);
  });

  for (const [what, spoil] of [
    ["damaged", (file: string) => writeFileSync(file, `${readFileSync(file, "utf8").slice(0, -9)}AAAAAAAAA`)],
    ["cut short", (file: string) => writeFileSync(file, readFileSync(file, "utf8").slice(0, 40))],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["of another version", (file: string) => writeFileSync(file, `homenet2${readFileSync(file, "utf8").slice(8)}`)],
  ] as const) {
    it(`that is ${what} costs one sign-in and a warning`, async () => {
      const { router, config } = await peplinkRouter();
      const userDir = userDirectory();
      const first = await NodeRedProcess.start(userDir);
      await first.deploy([config, STATUS]);
      await first.ask("status");
      await first.stop();
      for (const file of kept(userDir)) spoil(file);

      const second = await NodeRedProcess.start(userDir);
      assert.equal((await second.ask("status")).error, undefined);
      assert.equal(router.signIns(), 2);
      assert.equal(second.log.split("The session stays in memory").length - 1, 1);
      await second.stop();

      const third = await NodeRedProcess.start(userDir);
      assert.equal((await third.ask("status")).error, undefined);
      assert.equal(router.signIns(), 2, "and is whole again afterwards");
    });
  }

  it("that cannot be written costs one warning, and no message", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    // Root may write anywhere: a file where the folder should be stops even root.
    writeFileSync(folderOf(userDir), "");
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([config, STATUS]);

    for (let round = 0; round < 3; round++) assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 1);
    assert.equal(red.log.split("The session stays in memory").length - 1, 1);
    assert.match(red.log, /The store cannot be \w+ \((ENOTDIR|EEXIST)\)/);
    rmSync(folderOf(userDir));
  });
});

const MISSING = ExternalService.missing("redis-server");

describe(`A session in a context store that others share${MISSING.length > 0 ? " (skipped: redis-server is not installed)" : ""}`, () => {
  let redis: ExternalService;
  const start = (): Promise<NodeRedProcess> => NodeRedProcess.start(userDirectory(), sharedStorage(redis));

  before(async function () {
    if (MISSING.length > 0) this.skip();
    redis = await ExternalService.redis();
  });

  after(() => redis?.close());

  it("is one for several Node-REDs, whatever the ids of their nodes, also when all begin at once", async () => {
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

  it("is renewed by one of them for all", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const [one, other] = await Promise.all([start(), start()]);
    for (const red of [one, other]) await red.deploy([config, STATUS]);
    for (const red of [one, other]) assert.equal((await red.ask("status")).error, undefined);
    assert.equal(router.signIns(), 1);

    router.expireSessions();
    for (const red of [one, other]) assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 2);
  });

  it("tells the others of a refused secret, which none of them sends again", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const wrong = { ...config, credentials: { clientId: router.clientId, clientSecret: "wrong" } };
    const [one, other] = await Promise.all([start(), start()]);
    for (const red of [one, other]) await red.deploy([wrong, STATUS]);

    assert.equal((await one.ask("status")).error?.code, "sign-in");
    assert.equal((await other.ask("status")).error?.code, "sign-in");

    assert.equal(router.signInAttempts(), 1);
  });

  it("goes away with the config node, and leaves nothing readable meanwhile", async () => {
    const { router, config } = await peplinkRouter({}, { store: "redis" });
    const red = await start();
    await red.deploy([config, STATUS]);
    await red.ask("status");
    const shown = (): string =>
      spawnSync("redis-cli", ["-u", redis.url, "hgetall", "nodered:global"]).stdout.toString();
    const own = (): number => shown().split("homenet1.").length - 1;
    const before = own();
    assert.ok(before > 0);
    assert.ok(!shown().includes(router.clientSecret));

    await red.deploy([{ id: "comment", type: "comment", wires: [] }]);
    assert.equal(own(), before - 1);
  });

  it("costs a sign-in and a warning when the store is gone, and no message", async () => {
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

describe("A context store that is none", () => {
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
    ["never answers", "get() {}, set() {}, keys() {}"],
    [
      "holds nonsense",
      "get: (s, k, done) => done(null, { not: 'ours' }), set: (s, k, v, done) => done(), keys: (s, done) => done(null, [1, null])",
    ],
  ] as const) {
    it(`but ${what} costs a warning, and no message`, async () => {
      const { router, config } = await peplinkRouter({}, { store: "broken" });
      const red = await NodeRedProcess.start(userDirectory(), broken(body));
      await red.deploy([config, STATUS]);

      for (let round = 0; round < 2; round++) assert.equal((await red.ask("status")).error, undefined);
      assert.equal(router.signIns(), 1);
      assert.equal(red.log.split("The session stays in memory").length - 1, 1);
      assert.ok(!red.log.includes("secret of a store"));

      const begun = Date.now();
      await red.deploy([{ id: "comment", type: "comment", wires: [] }]);
      // Node-RED itself gives a node up after 15 s.
      assert.ok(Date.now() - begun < 12_000, "a deploy does not wait for it");
    });
  }

  it("but a name that Node-RED does not know is said, and an own file is used", async () => {
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
