import assert from "node:assert/strict";
import type { FlowNode } from "../../support/harness/node-red";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Strip } from "../../support/simulators/kasa/plugs";
import { OmadaController } from "../../support/simulators/omada/controller";
import { attempts, everywhere, failedWith, Fixture, pause, wentWell, withoutRests, type Ending } from "./fixture";
import { Resolver } from "./resolver";

describe("matrix: names of servers", () => {
  afterEach(() => Resolver.restore());

  /** The flow with names in the place of addresses. */
  const named = (stage: Fixture): FlowNode[] =>
    stage.with(({ name, config }) => ({ server: String(config["server"]).replace("127.0.0.1", `${name}.localhost`) }));

  for (const [what, answer] of [
    ["does not exist", "ENOTFOUND"],
    ["cannot be looked up just now", "EAI_AGAIN"],
  ] as const) {
    it(`row 20: a name that ${what} is asked for three times by reads and writes: nothing can have arrived`, async () => {
      withoutRests();
      const stage = await Fixture.set();
      await stage.deploy(named(stage));
      const resolver = Resolver.answering(["127.0.0.1"]);
      await stage.warmUp();
      for (const { server } of stage.platforms) server.dropConnections();
      await pause(50);
      [resolver.answer, resolver.asked] = [answer, 0];

      for (const does of ["read", "write"] as const) {
        const endings = await stage.play(does);
        failedWith(endings, "network");
        assert.deepEqual(attempts(endings), everywhere(3));
        for (const { error } of endings) assert.match(error?.message ?? "", /name could not be resolved/);
      }
      assert.equal(resolver.asked, 2 * 9);
      resolver.answer = ["127.0.0.1"];
      await stage.recovers();
    });
  }

  it("row 20: a resolver that keeps silent is given up in time", async () => {
    withoutRests();
    const stage = await Fixture.set({ settings: { timeout: 0.4 } });
    await stage.deploy(named(stage));
    const resolver = Resolver.answering("silence");

    const endings = await stage.play();

    failedWith(endings, "timeout");
    resolver.answer = ["127.0.0.1"];
    await stage.recovers();
  });

  it("row 20: a name that moves to another address is followed with the next connection", async () => {
    withoutRests();
    const stage = await Fixture.set();
    await stage.deploy(named(stage));
    const resolver = Resolver.answering(["127.0.0.1"]);
    await stage.warmUp();
    for (const { server } of stage.platforms) await server.moveTo("127.0.0.2");
    resolver.answer = ["127.0.0.2"];

    wentWell(await stage.play());

    assert.deepEqual(stage.asked("sign-in"), everywhere(0));
  });

  it("row 20: a name whose first address nobody listens at is reached at the next one", async () => {
    const stage = await Fixture.set();
    await stage.deploy(named(stage));
    Resolver.answering(["::1", "127.0.0.1"]);

    wentWell(await stage.play());

    assert.deepEqual(stage.asked("read")["router"], 1, "at the first try");
  });

  it("row 37: a platform that has an IPv6 address alone is reached, by its address and by its name", async () => {
    const stage = await Fixture.set();
    for (const { server } of stage.platforms) await server.moveTo("::1");
    const byName = named(stage);
    await stage.deploy(stage.with(({ server }) => ({ server: server.url })));
    wentWell(await stage.play());

    Resolver.answering(["::1"]);
    await stage.deploy(byName);
    wentWell(await stage.play());
  });
});

// In payloads names are as they are, because they are data; what a flow's owner reads is text of ours.
describe("matrix: names that people give to things", () => {
  const NASTY = `<img src=x onerror=alert(1)></script>\u001b[31mred\r\nline two\u0000\u202e${"x".repeat(10_000)}`;
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  const UNFIT = /[\u0000-\u001f\u007f\u202a-\u202e]/;

  /** Fails unless what can be read of a failure is short and on one line. */
  function readsWell(stage: Fixture, endings: Ending[]): void {
    for (const { node, error } of endings) {
      assert.ok(error, node);
      const texts = [error.message, ...Object.values(error.cause).filter((value) => typeof value === "string")];
      for (const text of texts) {
        assert.ok(!UNFIT.test(text), `${node}: a control character in ${JSON.stringify(text.slice(0, 200))}`);
        assert.ok(text.length <= 1000, `${node}: ${text.length} characters`);
      }
      for (const { text = "" } of stage.red.statuses(node)) {
        assert.ok(!UNFIT.test(text) && text.length <= 60, `${node}: ${JSON.stringify(text)}`);
      }
    }
  }

  it("row 32: a platform's own words are shown on one line, and cut", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    const body = { error_code: -20104, errorCode: -1001, stat: "fail", msg: NASTY, message: NASTY };
    stage.spoil({ kind: "response", body }, ["read", "write"]);

    const endings = await stage.play();

    failedWith(endings, "rejected");
    readsWell(stage, endings);
    await stage.recovers();
  });

  it("row 32: what a message calls a thing is shown on one line, and cut", async () => {
    const stage = await Fixture.set();
    const blank: Record<string, object> = {
      kasa: { device: "" },
      omada: { path: "sites/{siteId}/led", site: "" },
      router: { endpoint: "" },
    };
    await stage.deploy(
      stage.platforms.flatMap(({ name, config, nodes }) => [
        config,
        ...nodes.map((node) => ({ ...node, ...blank[name] })),
      ]),
    );

    const endings = await stage.play("write", { device: NASTY, site: NASTY, endpoint: NASTY });

    assert.deepEqual(
      endings.map(({ error }) => error?.code),
      ["not-found", "not-found", "input"],
    );
    readsWell(stage, endings);
  });

  it("row 32: what a platform calls its things is shown on one line, and cut, where an error names them", async () => {
    const stage = await Fixture.set({ only: ["kasa", "omada"] });
    const [cloud, controller] = [stage.platform("kasa").world, stage.platform("omada").world];
    assert.ok(cloud instanceof KasaCloud && controller instanceof OmadaController);
    const strip = cloud.device(Strip, "Desk");
    for (const thing of [...cloud.devices, ...strip.outlets]) thing.alias = NASTY;
    for (const site of controller.sites) site.name = NASTY;
    await stage.deploy([
      ...stage.with({}),
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
    const endings = await Promise.all(["kasa-write", "omada-read"].map((id) => stage.send(id)));

    assert.deepEqual(
      endings.map(({ error }) => error?.code),
      ["input", "not-found"],
    );
    readsWell(stage, endings);
  });
});
