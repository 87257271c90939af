import assert from "node:assert/strict";
import { ConnectionHistory } from "../../nodes/shared/history";
import { PlatformError } from "../../src/core/errors";
import { FakeClock } from "../support/fake-clock";
import { kasaCloud, omadaController } from "../support/harness/platforms";
import { deploy, get } from "./admin-fixture";

describe("The diagnostics of a config node", () => {
  it("say which versions, settings, devices, sessions and errors there are, and hold no secret, name or address", async () => {
    const { cloud, account } = await kasaCloud();
    const list = { id: "list", type: "kasa-device-list", account: "kasa" };
    const device = { id: "device", type: "kasa-device", account: "kasa", device: "No such thing", command: "state" };
    const red = await deploy({ ...account, name: "Harbour office", store: "", timeout: 15 }, list, device);
    await red.send("list");
    await red.send("device");
    await red.send("device");

    const report = await get(red, "kasa-account/kasa/diagnostics");

    assert.match((report["versions"] as { nodeRed: string }).nodeRed, /^\d+\./);
    assert.deepEqual(report["credentials"], { email: true, password: true });
    const { devices } = report["discovered"] as { devices: { deviceModel: string }[] };
    assert.equal(devices.length, cloud.devices.length);
    const { signIns } = report["session"] as { signIns: { code: string }[] };
    assert.deepEqual(
      signIns.map(({ code }) => code),
      ["ok"],
    );
    const [error] = report["errors"] as { code: string; count: number; operation: string }[];
    assert.deepEqual([error?.code, error?.count, error?.operation], ["not-found", 2, "state"]);
    const text = JSON.stringify({ ...report, errors: [] });
    for (const secret of cloud.secrets()) assert.ok(!text.includes(secret), secret);
    for (const word of ["Harbour office", "127.0.0.1", "Modem", String(cloud.devices[0]?.deviceId)])
      assert.ok(!text.includes(word), word);
  });

  it("say the settings of a config node in a subflow as well", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(
      { id: "site", type: "subflow", name: "site", in: [], out: [], env: [] },
      { ...account, z: "site", reach: "cloud", timeout: 20, store: "" },
      { id: "instance", type: "subflow:site", z: "test-tab", x: 1, y: 1 },
    );

    const { settings } = await get(red, "kasa-account/kasa/diagnostics");

    const port = new URL(String(account["server"])).port;
    assert.deepEqual(settings, { server: `http://(IP address):${port}`, reach: "cloud", timeout: 20, store: "" });
  });

  it("say how long polls failed", async () => {
    const { cloud, account } = await kasaCloud();
    const event = { id: "event", type: "kasa-event", account: "kasa", source: "devices", interval: 15 };
    cloud.server.injectFault({ kind: "response", status: 500, body: {} }, { times: 1 });
    const red = await deploy(account, event);
    let outages: { source: string; until: string | null }[] = [];
    await red.until(() => cloud.server.journal.length > 0);
    for (let tries = 0; tries < 100 && outages.length === 0; tries++) {
      outages = (await get(red, "kasa-account/kasa/diagnostics"))["outages"] as typeof outages;
      if (outages.length === 0) await new Promise((done) => setTimeout(done, 50));
    }

    assert.equal(outages.length, 1);
    assert.match(outages[0]?.source ?? "", /^devices_/);
  });

  it("say that an outage is over when nothing polls any more", async () => {
    const { cloud, account } = await kasaCloud();
    const event = { id: "event", type: "kasa-event", account: "kasa", source: "devices", interval: 15 };
    cloud.server.injectFault({ kind: "response", status: 500, body: {} });
    const red = await deploy(account, event);
    const outages = async (): Promise<unknown> =>
      ((await get(red, "kasa-account/kasa/diagnostics"))["outages"] as { until: string | null }[]).map(
        ({ until }) => until !== null,
      );
    await red.until(() => red.caught().length > 0);

    assert.deepEqual(await outages(), [false]);
    await red.deploy([account, event], "full");
    await red.until(() => red.caught().length > 0);
    assert.deepEqual(await outages(), [false]);
    await red.deploy([account], "nodes");
    assert.deepEqual(await outages(), [true]);
  });

  it("say why there is no client, or no discovery, and nothing of a node that is not deployed", async () => {
    const { account } = await kasaCloud();
    const { controller, config } = await omadaController();
    const red = await deploy({ ...account, id: "broken", server: "nonsense" }, config);
    await controller.close();

    const broken = await get(red, "kasa-account/broken/diagnostics");
    const lost = await get(red, "omada-controller/omada/diagnostics");
    const unknown = await get(red, "kasa-account/nobody/diagnostics");

    assert.match(JSON.stringify(broken["error"]), /"config"/);
    assert.equal(broken["discovered"], null);
    assert.match(JSON.stringify(lost["discovered"]), /"network"/);
    assert.deepEqual(unknown, { notDeployed: true });
  });
});

describe("The history of a config node", () => {
  const DAY_MS = 24 * 60 * 60_000;
  const refused = (message = "refused"): PlatformError => new PlatformError("network", message);

  it("counts an error that comes again and again, and forgets what is older than a day", async () => {
    const clock = new FakeClock();
    const history = new ConnectionHistory(clock);
    for (let count = 0; count < 1000; count++) history.failed(refused(), "state");
    history.failed(new PlatformError("cancelled", "deployed"), "state");
    history.outageBegan("devices", refused());
    history.outageBegan("devices", refused());
    history.outageEnded("devices");

    const { errors, outages } = history.report();
    await clock.advance(DAY_MS + 1);
    const later = history.report();

    assert.deepEqual(
      errors.map((error) => (error as { count: number }).count),
      [1000],
    );
    assert.equal(outages.length, 1);
    assert.deepEqual(later, { errors: [], outages: [] });
  });

  it("is bounded, whatever fails", () => {
    const history = new ConnectionHistory(new FakeClock());
    for (let index = 0; index < 5000; index++) {
      history.failed(refused(`${index} ${"x".repeat(900)}`), "state");
      history.outageBegan(`source ${index}`, refused());
    }

    assert.ok(JSON.stringify(history.report()).length < 40_000);
  });
});
