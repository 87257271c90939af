import assert from "node:assert/strict";
import { ACTS } from "../../../../src/omada/acts/table";
import { EXAMPLES, setUpActs } from "./act-fixture";

describe("Acts by name of an Omada controller", () => {
  it("are all tried here", () => {
    assert.deepEqual([...new Set(EXAMPLES.map(({ act }) => act))].toSorted(), Object.keys(ACTS).toSorted());
  });

  for (const version of ["5.15.24.19", "6.2.0"]) {
    for (const example of EXAMPLES.filter(({ since = "" }) => since <= version)) {
      const { act: name, order, changed, to, payload, steps } = example;
      it(`have ${name} do on ${version} what its target and value say: ${JSON.stringify(order)}`, async () => {
        const { omada, act } = await setUpActs({ version });

        const outcome = await act(name, order);

        assert.deepEqual(changed(omada), to);
        const verified = example.verified === null ? null : true;
        assert.equal(outcome.verified, verified);
        if (payload !== undefined) assert.deepEqual(outcome.payload, payload);
        assert.deepEqual(outcome.api, {
          operation: name,
          attempts: 1,
          steps: steps.map((operation) => ({ operation, done: true })),
          verified,
        });
      });
    }
  }

  for (const { act: name, order, changed, since } of EXAMPLES) {
    const version = since === "6" ? "6.2.0" : "5.15.24.19";
    it(`show with a dry run of ${name} (${JSON.stringify(order)}) what they would send, and send none of it`, async () => {
      const { omada, fixture, act, writes } = await setUpActs({ version });
      const before = JSON.stringify(changed(omada));

      const { payload, api, verified } = await act(name, { ...order, confirm: false, dryRun: true });

      assert.deepEqual(writes(), []);
      assert.equal(JSON.stringify(changed(omada)), before);
      assert.deepEqual([verified, api["steps"]], [undefined, undefined]);
      await act(name, order);
      const isWrite = ({ method, path }: { method: string; path: string }): boolean =>
        method !== "GET" && !/authorize|v2\/\w+\/sites\/\w+\/clients$/.test(path);
      const sent = omada.server.journal.filter(isWrite).map(({ method, path, body }) => {
        const json = body ? (JSON.parse(body) as object) : null;
        return { method, path, body: json };
      });
      const masked = JSON.parse(JSON.stringify(sent).replaceAll("invented-passphrase", "***")) as unknown;
      assert.deepEqual(JSON.parse(JSON.stringify(payload)), masked);
      assert.ok(fixture.requests().length > 0);
    });
  }

  it("are refused before any request if there is no act of that name, and say which there are", async () => {
    const { actError, fixture } = await setUpActs();

    const error = await actError("client-blok", { target: "Till" });

    assert.equal(error.code, "input");
    assert.match(error.message, /client-block, client-reconnect/);
    assert.deepEqual(fixture.requests(), []);
  });

  for (const [name, value] of [
    ["client-block", Date.now()],
    ["client-block", null],
    ["client-block", "toggle"],
    ["client-block", {}],
    ["client-name", ""],
    ["client-name", "x".repeat(129)],
    ["client-rate", undefined],
    ["client-rate", {}],
    ["client-rate", { downKbps: 0 }],
    ["client-rate", { downKbps: 1500 }],
    ["client-rate", { downKbps: 1024 * 1025 }],
    ["client-rate", { downKbps: "fast" }],
    ["client-rate", { downKbps: 100, up: 100 }],
    ["voucher-create", undefined],
    ["voucher-create", { name: "Today", duration: 0 }],
    ["voucher-create", { name: "Today", duration: 60, amount: 5001 }],
    ["voucher-create", { name: "x".repeat(33), duration: 60 }],
  ] as const) {
    it(`are refused before any request if ${JSON.stringify(value)?.slice(0, 60)} is no value for ${name}`, async () => {
      const { actError, fixture } = await setUpActs();

      const error = await actError(name, { target: "Till", value });

      assert.equal(error.code, "input");
      assert.match(error.message, /"value" must be/);
      assert.deepEqual(fixture.requests(), []);
    });
  }

  for (const name of Object.keys(ACTS).filter((act) => act !== "voucher-create")) {
    it(`have ${name} refused without a target, which never stands for everything`, async () => {
      const { actError, fixture } = await setUpActs();
      const value = { "client-name": "x", "client-rate": { downKbps: 1 } }[name];

      const error = await actError(name, { value, confirm: true });

      assert.equal(error.code, "input");
      assert.match(error.message, /"target" is empty\. Enter /);
      assert.deepEqual(fixture.requests(), []);
    });
  }

  it("upgrade firmware only if that is confirmed", async () => {
    const { actError, fixture } = await setUpActs();

    const error = await actError("firmware-upgrade", { target: "Hall AP" });

    assert.equal(error.code, "input");
    assert.match(error.message, /This would replace the firmware .* Tick "confirm"/);
    assert.deepEqual(fixture.requests(), []);
  });

  it("restart a gateway only if that is confirmed", async () => {
    const { omada, act, actError, writes } = await setUpActs();

    const error = await actError("device-reboot", { target: "Harbour gateway" });

    assert.equal(error.code, "input");
    assert.match(error.message, /interrupt the internet connection/);
    assert.deepEqual(writes(), []);
    await act("device-reboot", { target: "Harbour gateway", confirm: true });
    assert.ok(omada.device("Harbour gateway").rebootingUntil > omada.now());
  });

  it("say from which version on a controller has them", async () => {
    const { actError } = await setUpActs({ version: "5.15.24.19" });

    const error = await actError("vpn-enable", { target: "Depot tunnel" });

    assert.equal(error.code, "unsupported");
    assert.match(error.message, /^"vpn-enable" needs a controller 6\.0 or later\./);
  });

  it("lift the limits of a client with null", async () => {
    const { omada, act } = await setUpActs();
    await act("client-rate", { target: "Visitor", value: { downKbps: 5000 } });
    assert.equal(omada.client("Visitor").rateLimit["downLimit"], 5);

    const { verified } = await act("client-rate", { target: "Visitor", value: null });

    assert.equal(omada.client("Visitor").rateLimit["enable"], false);
    assert.equal(verified, true);
  });

  it("return the codes of new vouchers", async () => {
    const { act } = await setUpActs();

    const { payload } = await act("voucher-create", { value: '{"name": "Today", "duration": 60}' });

    const { id, data } = payload as { id: string; data: { code: string }[] };
    assert.match(id, /^9/);
    assert.deepEqual(
      data.map(({ code }) => code),
      ["100000"],
    );
  });

  it("create no vouchers under a name that the site has already", async () => {
    const { act, actError } = await setUpActs();
    const order = { value: { name: "Today", duration: 60 } };
    await act("voucher-create", order);

    const error = await actError("voucher-create", order);

    assert.deepEqual([error.code, error.details.vendorCode], ["rejected", -42059]);
  });

  it("cycle the PoE port of a gateway as well", async () => {
    const { omada, act } = await setUpActs();
    const [wan] = omada.device("Harbour gateway").wans;
    wan!["poe"] = true;

    await act("port-cycle", { target: "Harbour gateway/1" });

    assert.equal(wan!["poeCycles"], 1);
  });

  it("fail where the controller's success is not the port's own", async () => {
    const { omada, actError } = await setUpActs();
    omada.device("Harbour switch").ports[4]!.poe = false;

    const error = await actError("port-cycle", { target: "Harbour switch/5" });

    assert.equal(error.code, "rejected");
    assert.deepEqual(
      error.details.steps?.map(({ done }) => done),
      [false],
    );
  });

  it("upgrade nothing that has the latest firmware", async () => {
    const { omada, actError, writes } = await setUpActs();
    const hall = omada.device("Hall AP");
    hall.latestFirmware = hall.firmwareVersion;

    const error = await actError("firmware-upgrade", { target: "Hall AP", confirm: true });

    assert.equal(error.code, "rejected");
    assert.deepEqual(writes(), []);
  });
});
