import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FlowNode } from "../../support/harness/node-red";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Strip } from "../../support/simulators/kasa/plugs";
import { OmadaController } from "../../support/simulators/omada/controller";
import {
  assertFailed,
  assertSucceeded,
  attemptsOf,
  Fixture,
  onEveryPlatform,
  withoutRetryDelays,
  type Outcome,
} from "./fixture";
import { Resolver } from "./resolver";

describe("matrix: names of servers", () => {
  afterEach(() => Resolver.restore());

  /** The flow with names in place of addresses. */
  const withNames = (fixture: Fixture): FlowNode[] =>
    fixture.with(({ name, config }) => ({
      server: String(config["server"]).replace("127.0.0.1", `${name}.localhost`),
    }));

  for (const [what, result] of [
    ["does not exist", "ENOTFOUND"],
    ["cannot be resolved at the moment", "EAI_AGAIN"],
  ] as const) {
    it(`row 20: a name that ${what} is looked up three times for reads and writes, since no request can have arrived`, async () => {
      withoutRetryDelays();
      const fixture = await Fixture.start();
      await fixture.deploy(withNames(fixture));
      const resolver = Resolver.install(["127.0.0.1"]);
      await fixture.warmUp();
      for (const { server } of fixture.platforms) server.dropConnections();
      await sleep(50);
      [resolver.result, resolver.lookups] = [result, 0];

      for (const action of ["read", "write"] as const) {
        const outcomes = await fixture.sendToAll(action);
        assertFailed(outcomes, "network");
        assert.deepEqual(attemptsOf(outcomes), onEveryPlatform(3));
        for (const { error } of outcomes) assert.match(error?.message ?? "", /name could not be resolved/);
      }
      assert.equal(resolver.lookups, 2 * 9);
      resolver.result = ["127.0.0.1"];
      await fixture.assertRecovers();
    });
  }

  it("row 20: a resolver that does not respond is given up in time", async () => {
    withoutRetryDelays();
    const fixture = await Fixture.start({ settings: { timeout: 0.4 } });
    await fixture.deploy(withNames(fixture));
    const resolver = Resolver.install("silence");

    const outcomes = await fixture.sendToAll();

    assertFailed(outcomes, "timeout");
    resolver.result = ["127.0.0.1"];
    await fixture.assertRecovers();
  });

  it("row 20: a name that moves to another address is resolved again for the next connection", async () => {
    withoutRetryDelays();
    const fixture = await Fixture.start();
    await fixture.deploy(withNames(fixture));
    const resolver = Resolver.install(["127.0.0.1"]);
    await fixture.warmUp();
    for (const { server } of fixture.platforms) await server.moveTo("127.0.0.2");
    resolver.result = ["127.0.0.2"];

    assertSucceeded(await fixture.sendToAll());

    assert.deepEqual(fixture.requestCounts("sign-in"), onEveryPlatform(0));
  });

  it("row 20: a name whose first address refuses connections is reached at the next one", async () => {
    const fixture = await Fixture.start();
    await fixture.deploy(withNames(fixture));
    Resolver.install(["::1", "127.0.0.1"]);

    assertSucceeded(await fixture.sendToAll());

    assert.deepEqual(fixture.requestCounts("read")["router"], 1, "at the first attempt");
  });

  it("row 37: a platform with only an IPv6 address is reached by its address and by its name", async () => {
    const fixture = await Fixture.start();
    for (const { server } of fixture.platforms) await server.moveTo("::1");
    const byName = withNames(fixture);
    await fixture.deploy(fixture.with(({ server }) => ({ server: server.url })));
    assertSucceeded(await fixture.sendToAll());

    Resolver.install(["::1"]);
    await fixture.deploy(byName);
    assertSucceeded(await fixture.sendToAll());
  });
});

// Names are unchanged in payloads, because these are data; errors and statuses are texts of this package.
describe("matrix: names of things", () => {
  const MALICIOUS_NAME = `<img src=x onerror=alert(1)></script>\u001b[31mred\r\nline two\u0000\u202e${"x".repeat(10_000)}`;
  // oxlint-disable-next-line no-control-regex -- these are what must not occur
  const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f\u202a-\u202e]/;

  /** Fails unless errors and statuses are short and on one line. */
  function assertReadable(fixture: Fixture, outcomes: Outcome[]): void {
    for (const { node, error } of outcomes) {
      assert.ok(error, node);
      const texts = [error.message, ...Object.values(error.cause).filter((value) => typeof value === "string")];
      for (const text of texts) {
        assert.ok(
          !CONTROL_CHARACTERS.test(text),
          `${node}: a control character in ${JSON.stringify(text.slice(0, 200))}`,
        );
        assert.ok(text.length <= 1000, `${node}: ${text.length} characters`);
      }
      for (const { text = "" } of fixture.red.statuses(node)) {
        assert.ok(!CONTROL_CHARACTERS.test(text) && text.length <= 60, `${node}: ${JSON.stringify(text)}`);
      }
    }
  }

  it("row 32: the message of a platform is shown on one line, and truncated", async () => {
    const fixture = await Fixture.start();
    await fixture.warmUp();
    const body = { error_code: -20104, errorCode: -1001, stat: "fail", msg: MALICIOUS_NAME, message: MALICIOUS_NAME };
    fixture.injectFault({ kind: "response", body }, ["read", "write"]);

    const outcomes = await fixture.sendToAll();

    assertFailed(outcomes, "rejected");
    assertReadable(fixture, outcomes);
    await fixture.assertRecovers();
  });

  it("row 32: a name in a message is shown on one line, and truncated", async () => {
    const fixture = await Fixture.start();
    const blankSettings: Record<string, object> = {
      kasa: { device: "" },
      omada: { path: "sites/{siteId}/led", site: "" },
      router: { endpoint: "" },
    };
    await fixture.deploy(
      fixture.platforms.flatMap(({ name, config, nodes }) => [
        config,
        ...nodes.map((node) => ({ ...node, ...blankSettings[name] })),
      ]),
    );

    const outcomes = await fixture.sendToAll("write", {
      device: MALICIOUS_NAME,
      site: MALICIOUS_NAME,
      endpoint: MALICIOUS_NAME,
    });

    assert.deepEqual(
      outcomes.map(({ error }) => error?.code),
      ["not-found", "not-found", "input"],
    );
    assertReadable(fixture, outcomes);
  });

  it("row 32: the names of a platform are shown on one line in an error, and truncated", async () => {
    const fixture = await Fixture.start({ only: ["kasa", "omada"] });
    const [cloud, controller] = [fixture.platform("kasa").simulator, fixture.platform("omada").simulator];
    assert.ok(cloud instanceof KasaCloud && controller instanceof OmadaController);
    const strip = cloud.device(Strip, "Desk");
    for (const device of [...cloud.devices, ...strip.outlets]) device.alias = MALICIOUS_NAME;
    for (const site of controller.sites) site.name = MALICIOUS_NAME;
    await fixture.deploy([
      ...fixture.with({}),
      {
        id: "kasa-write",
        type: "kasa-device",
        account: "kasa",
        device: strip.deviceId,
        outlet: "no such outlet",
        value: "true",
        valueType: "bool",
      },
      {
        id: "omada-read",
        type: "omada-query",
        controller: "omada",
        path: "sites/{siteId}/devices",
        site: "no such site",
      },
    ]);
    const outcomes = await Promise.all(["kasa-write", "omada-read"].map((id) => fixture.send(id)));

    assert.deepEqual(
      outcomes.map(({ error }) => error?.code),
      ["input", "not-found"],
    );
    assertReadable(fixture, outcomes);
  });
});
