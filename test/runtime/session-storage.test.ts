import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FlowNode } from "../support/harness/node-red";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { TapoCloud } from "../support/simulators/tapo-cloud/cloud";
import { tlsConfig } from "./config-node-fixture";

const NODES: FlowNode[] = [
  { id: "list", type: "kasa-device-list", account: "kasa" },
  { id: "query", type: "omada-query", controller: "omada", path: "sites" },
  { id: "status", type: "router-status", router: "router" },
];
const STATUS: FlowNode = { id: "status", type: "router-status", router: "router" };

const folderOf = (userDir: string): string => join(userDir, "homenet");
const sessionFiles = (userDir: string): string[] =>
  readdirSync(folderOf(userDir)).map((file) => join(folderOf(userDir), file));

describe("A session in a file", () => {
  it("survives a restart of Node-RED on every platform", async () => {
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

  it("survives a restart where TP-Link's second cloud wants one of its own", async () => {
    const { cloud: kasa, account } = await kasaCloud({ tls: "tls" });
    const cloud = closeAfterTest(await TapoCloud.start(kasa));
    cloud.appTypes = ["Tapo_Android"];
    const state: FlowNode = { id: "state", type: "kasa-device", account: "kasa", command: "state", device: "Stairs" };
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([tlsConfig({ ca: cloud.caFile }), { ...account, tapoServer: cloud.url }, state]);
    assert.equal((await first.ask("state")).error, undefined);
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    assert.equal((await second.ask("state")).error, undefined);
    await second.stop();

    assert.equal(kasa.signIns(), 2);
  });

  it("survives a power failure", async () => {
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

  it("remembers a refused password, and does not send it again after a restart", async () => {
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
    assert.equal((await second.ask("list")).error, undefined, "corrected credentials are tried");
  });

  it("is readable by its owner only, and encrypted", async () => {
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([account, { id: "login", type: "kasa-login", account: "kasa" }]);
    const { payload } = await red.ask("login");
    const { token } = payload as { token: string };

    assert.equal(statSync(folderOf(userDir)).mode & 0o777, 0o700);
    const [file, ...others] = sessionFiles(userDir);
    assert.ok(file);
    assert.deepEqual(others, []);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, "utf8");
    const [version, , sealed = ""] = text.split(".");
    assert.equal(version, "homenet3");
    for (const secret of [token, cloud.password, cloud.email]) {
      for (const content of [text, Buffer.from(sealed, "base64url").toString("latin1")]) {
        assert.ok(!content.includes(secret));
      }
    }
  });

  it("is removed together with the config node", async () => {
    const { config } = await peplinkRouter();
    const userDir = userDirectory();
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([config, STATUS]);
    await red.ask("status");
    assert.equal(sessionFiles(userDir).length, 1);

    await red.deploy([{ id: "comment", type: "comment", wires: [] }]);

    assert.deepEqual(sessionFiles(userDir), []);
  });

  it("that cannot be written costs one warning, but fails no message", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    // Permissions do not stop root; a file in place of the folder does.
    writeFileSync(folderOf(userDir), "");
    const red = await NodeRedProcess.start(userDir);
    await red.deploy([config, STATUS]);

    for (let round = 0; round < 3; round++) assert.equal((await red.ask("status")).error, undefined);

    assert.equal(router.signIns(), 1);
    assert.equal(red.log.split("The session stays in memory").length - 1, 1);
    assert.match(red.log, /The store cannot be \w+ \((ENOTDIR|EEXIST)\)/);
    rmSync(folderOf(userDir));
  });

  it("is not written when Node-RED is read-only", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([config, STATUS]);
    await first.stop();
    rmSync(folderOf(userDir), { recursive: true, force: true });

    const red = await NodeRedProcess.start(userDir, undefined, undefined, undefined, "readOnly: true");
    for (let round = 0; round < 2; round++) assert.equal((await red.ask("status")).error, undefined);

    assert.deepEqual([existsSync(folderOf(userDir)), router.signIns()], [false, 1]);
  });

  it("of a subflow is removed together with its instance, and with no other", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    const red = await NodeRedProcess.start(userDir);
    const at = { x: 1, y: 1 };
    const instance = (id: string, more = {}): object[] => [
      { ...at, id, type: "subflow:site", z: "tab", wires: [], ...more },
      { ...at, id: `${id}-in`, type: "inject", z: "tab", props: [], once: true, onceDelay: 0, wires: [[id]] },
    ];
    const flow = [
      { id: "tab", type: "tab", label: "test" },
      { id: "site", type: "subflow", name: "site", in: [{ ...at, wires: [{ id: "status" }] }], out: [] },
      { ...config, z: "site" },
      { ...at, ...STATUS, z: "site", wires: [[]] },
    ];
    const files = (): number => (existsSync(folderOf(userDir)) ? readdirSync(folderOf(userDir)).length : 0);
    const foreign = join(folderOf(userDir), "another-session");
    await red.deployFlow([...flow, ...instance("one"), ...instance("two"), ...instance("three")]);
    await red.until(() => files() === 3 && router.signIns() === 3);
    writeFileSync(foreign, "of another Node-RED");

    await red.deployFlow([...flow, ...instance("one"), ...instance("three", { d: true })]);
    await red.until(() => files() === 3);
    await red.deployFlow([...flow, ...instance("one"), ...instance("three")]);
    await new Promise((done) => setTimeout(done, 500));

    assert.deepEqual([files(), existsSync(foreign), router.signIns()], [3, true, 3]);
  });

  it("cannot be read with the credentials alone, without the secret of the installation", async () => {
    const { router, config } = await peplinkRouter();
    const userDir = userDirectory();
    const start = (secret: string): Promise<NodeRedProcess> =>
      NodeRedProcess.start(userDir, undefined, undefined, undefined, `credentialSecret: ${JSON.stringify(secret)}`);
    const first = await start("one");
    await first.deploy([config, STATUS]);
    await first.ask("status");
    await first.stop();
    const second = await start("one");
    await second.ask("status");
    assert.equal(router.signIns(), 1);
    await second.stop();

    const third = await start("other");
    await third.deploy([config, STATUS]);
    assert.equal((await third.ask("status")).error, undefined);

    assert.equal(router.signIns(), 2);
  });
});

const DAMAGES: Record<string, (file: string) => void> = {
  damaged: (file) => writeFileSync(file, `${readFileSync(file, "utf8").slice(0, -9)}AAAAAAAAA`),
  "cut short": (file) => writeFileSync(file, readFileSync(file, "utf8").slice(0, 40)),
  empty: (file) => writeFileSync(file, ""),
  "of an older version": (file) => writeFileSync(file, `homenet1${readFileSync(file, "utf8").slice(8)}`),
};

describe("A session in a file that cannot be read", () => {
  interface Outcome {
    errors: unknown[];
    signIns: number[];
    warnings: number;
  }
  const outcomes = new Map<string, Outcome>();

  // One Node-RED, which starts three times, has a router for each damage.
  before(async function () {
    this.timeout(300_000);
    const userDir = userDirectory();
    const routers = await Promise.all(
      Object.keys(DAMAGES).map(async (what, index) => ({ what, id: `router${index}`, ...(await peplinkRouter()) })),
    );
    const ask = async (red: NodeRedProcess): Promise<void> => {
      for (const { what, id, router } of routers) {
        const { errors, signIns } = outcomes.get(what) as Outcome;
        errors.push((await red.ask(`${id}-status`)).error);
        signIns.push(router.signIns());
      }
    };
    for (const { what } of routers) outcomes.set(what, { errors: [], signIns: [], warnings: 0 });
    const first = await NodeRedProcess.start(userDir);
    await first.deploy(
      routers.flatMap(({ id, config }) => [
        { ...config, id },
        { ...STATUS, id: `${id}-status`, router: id },
      ]),
    );
    const damages = new Map<string, (file: string) => void>();
    for (const { what, id } of routers) {
      await first.ask(`${id}-status`);
      const file = sessionFiles(userDir).find((one) => !damages.has(one)) ?? assert.fail(`${what}: no file`);
      damages.set(file, DAMAGES[what] ?? assert.fail());
    }
    await first.stop();
    for (const [file, damage] of damages) damage(file);

    const second = await NodeRedProcess.start(userDir);
    await ask(second);
    for (const { what, id } of routers) {
      const warning = new RegExp(`\\[peplink-router:${id}\\] .*The session stays in memory`, "g");
      (outcomes.get(what) as Outcome).warnings = (second.log.match(warning) ?? []).length;
    }
    await second.stop();
    await ask(await NodeRedProcess.start(userDir));
  });

  for (const what of Object.keys(DAMAGES))
    it(`costs one sign-in and one warning if it is ${what}`, () => {
      const { errors, signIns, warnings } = outcomes.get(what) ?? assert.fail();

      assert.deepEqual([errors, warnings], [[undefined, undefined], 1]);
      assert.deepEqual(signIns, [2, 2], "the third start needs no sign-in");
    });
});
