import assert from "node:assert/strict";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper, type FlowNode, type Message } from "../support/harness/test-helper";
import { Plug, Strip } from "../support/simulators/kasa/plugs";

async function setUp(device: object = {}, settings: object = {}) {
  const { cloud, account } = await kasaCloud(settings);
  const red = await testHelper();
  const node: FlowNode = { id: "device", type: "kasa-device", account: "kasa", ...device };
  await red.deploy([account, node]);
  const passthroughs = (): number => cloud.calls("passthrough");
  return { red, cloud, passthroughs, send: (msg: Message = {}) => red.send("device", msg) };
}

describe("kasa-device", () => {
  for (const response of [{}, { system: {} }, { system: { get_sysinfo: { relay_state: 0 } } }]) {
    it(`fails with "protocol" if the device responds to a setting with ${JSON.stringify(response)}`, async () => {
      const { send, cloud } = await setUp({ device: "Modem" });
      await send({ payload: false });
      const body = { error_code: 0, result: { responseData: JSON.stringify(response) } };
      cloud.server.injectFault(
        { kind: "response", body },
        { when: (request) => request.body.includes("set_relay_state") },
      );

      const { error } = await send({ payload: true });

      assert.equal(error?.code, "protocol");
    });
  }

  for (const [payload, code] of [
    [{ on: true, brightness: 900 }, "input"],
    [{ brightness: "bright" }, "input"],
    [{ hue: 361 }, "input"],
    [{ hue: 10, colorTemp: 3000 }, "input"],
    [{ shine: true }, "input"],
    [{}, "input"],
    ["maybe", "input"],
    [2, "input"],
    [[], "input"],
    [undefined, "input"],
    [{ hue: 120 }, "unsupported"],
    [{ colorTemp: 3000 }, "unsupported"],
  ] as const) {
    it(`fails with "${code}" for ${JSON.stringify(payload)} to a plug, without a request to the plug`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem" });

      const { error } = await send({ payload });

      assert.equal(error?.code, code);
      assert.equal((error.cause as { operation?: string }).operation, "set");
      assert.equal(passthroughs(), 0);
    });
  }

  it("lists the outlets of a strip if the named one does not exist, and switches none", async () => {
    const { send, cloud } = await setUp({ device: "Desk", outlet: "Toaster" });

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "input");
    assert.match(error?.message ?? "", /5 "Fan"/);
    assert.ok(!JSON.stringify(cloud.device(Strip, "Desk").commands).includes("set_relay_state"));
  });

  it("fails with `unsupported` for a Tapo device, and says so", async () => {
    const { send, passthroughs } = await setUp({ device: "Heater" });

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "unsupported");
    assert.match(error?.message ?? "", /Tapo/);
    assert.equal(passthroughs(), 0);
  });

  it("fails if the device is offline, with a code of its own", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    cloud.device(Plug, "Modem").online = false;

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "offline");
    assert.equal(error?.cause["retryable"], true);
    assert.equal(error?.cause["vendorCode"], -20571);
  });

  it("fails with `rejected` and the device's own code if the device refuses", async () => {
    const { send, cloud } = await setUp({ device: "Modem" });
    cloud.device(Plug, "Modem").failWith = -3;

    const { error } = await send({ payload: true });

    assert.equal(error?.code, "rejected");
    assert.equal(error?.cause["vendorCode"], -3);
  });

  for (const command of ["set_server_url", "unbind", "reset"]) {
    it(`never forwards ${command}`, async () => {
      const { send, passthroughs } = await setUp({ device: "Modem", command: "raw" });

      const { error } = await send({ payload: { cnCloud: { [command]: {} } } });

      assert.equal(error?.code, "input");
      assert.equal(passthroughs(), 0);
    });
  }

  for (const fault of [{ kind: "reset" }, { kind: "cut" }, { kind: "hang" }] as const) {
    it(`sends a setting only once even if its response is lost (${fault.kind})`, async () => {
      const { send, cloud, passthroughs } = await setUp({ device: "Modem" }, { timeout: 0.5 });
      await send({ payload: true });
      const before = passthroughs();
      cloud.server.injectFault(fault, { when: ({ body }) => body.includes("set_relay_state") });

      const { error } = await send({ payload: false });

      assert.match(error?.code ?? "", /network|timeout/);
      // It was asked for its name first.
      assert.deepEqual([passthroughs(), error?.cause["retryable"]], [before + 2, false]);
    });
  }

  it("says that a restart must not be repeated if the device did not respond to the cloud", async () => {
    const { send, cloud } = await setUp({ device: "Modem", command: "reboot" });
    const body = { error_code: -20002, msg: "Request timeout" };
    cloud.server.injectFault({ kind: "response", body }, { when: (request) => request.body.includes("reboot") });

    const { error } = await send();

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["offline", false]);
  });
});
