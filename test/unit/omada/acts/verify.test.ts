import assert from "node:assert/strict";
import { LightAbortController } from "../../../../src/core/abort";
import { createTrace } from "../../../../src/core/call-context";
import { until } from "../../../support/http-fixture";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { EXAMPLES, setUpActs } from "./act-fixture";

describe("Reading an act back", () => {
  /** A controller on which a port of a switch can be set at once: no step of an act waits for another one to show. */
  async function setUpLate(version: string) {
    const acts = await setUpActs({ version });
    for (const port of acts.omada.device("Harbour switch").ports) port.profileOverrideEnable = true;
    return acts;
  }

  // Vouchers are created at once, or not at all.
  for (const example of EXAMPLES.filter(({ act, verified }) => verified !== null && act !== "voucher-create")) {
    const { act: name, order, changed, to, payload, since } = example;
    const version = since === "6" ? "6.2.0" : "5.15.24.19";

    it(`waits for what shows late: ${name} ${JSON.stringify(order)}`, async () => {
      const { omada, act } = await setUpLate(version);
      omada.changesTakeMs = 4000;

      const outcome = await act(name, order);

      assert.deepEqual([outcome.payload, outcome.verified], [payload, true]);
      assert.deepEqual(changed(omada), to);
    });

    it(`unmasks a controller that says yes and does nothing: ${name} ${JSON.stringify(order)}`, async () => {
      const { omada, act, writes } = await setUpLate(version);
      omada.ignoresChanges = true;
      const before = structuredClone(changed(omada));

      const outcome = await act(name, order);

      assert.equal(outcome.verified, false);
      assert.notDeepEqual(outcome.payload, payload);
      assert.deepEqual(changed(omada), before);
      assert.equal(new Set(writes()).size, writes().length, "nothing is sent twice");
    });
  }

  it("ends after ten seconds, with what is there by then", async () => {
    const { omada, fixture, act } = await setUpActs();
    omada.changesTakeMs = 60_000;
    const startedAt = fixture.clock.at;

    const { payload, verified, api } = await act("client-block", { target: "Till" });

    assert.deepEqual([payload, verified, api["verified"]], [false, false, false]);
    assert.ok(fixture.clock.at - startedAt <= 10_000);
  });

  it("asks in growing intervals", async () => {
    const { omada, fixture, act } = await setUpActs();
    omada.ignoresChanges = true;

    await act("client-block", { target: "02-00-5E-00-00-06" });

    const looks = fixture.requests().filter((request) => /^GET .*clients\/02-00-5E-00-00-06$/.test(request));
    assert.ok(looks.length >= 5 && looks.length <= 10, String(looks.length));
  });

  it("does not happen if it is switched off", async () => {
    const { omada, act } = await setUpActs();
    omada.ignoresChanges = true;

    const { payload, verified } = await act("client-block", { target: "Till", verify: false });

    assert.deepEqual([payload, verified], [null, null]);
  });

  it("that fails does not fail the act, because it was carried out", async () => {
    const { omada, fixture, act } = await setUpActs();
    fixture.respondWith(/clients\/02-00-5E-00-00-06$/, { body: { errorCode: -1, msg: "General error." } }, Infinity);

    const { payload, verified } = await act("client-block", { target: "02-00-5E-00-00-06" });

    assert.deepEqual([payload, verified, omada.client("Till").blocked], [null, false, true]);
  });

  it("goes on after an answer that could not be read", async () => {
    const { fixture, act } = await setUpActs();
    fixture.respondWith(/clients\/02-00-5E-00-00-06$/, { body: "<html>" }, 1);

    const { payload, verified } = await act("client-block", { target: "02-00-5E-00-00-06" });

    assert.deepEqual([payload, verified], [true, true]);
  });

  it("gives its place in the queue away between two looks", async () => {
    const { omada, client } = await OmadaFixture.start();
    omada.changesTakeMs = 2000;
    const held: string[] = [];
    const slot = {
      suspend: () => void held.push("suspend"),
      resume: async () => void held.push("resume"),
    };
    const order = { act: "client-block", target: "Till", value: true, verify: true, dryRun: false, confirm: false };

    await client.acts.run(order, "Harbour", { slot });

    assert.ok(held.length >= 4 && held.length % 2 === 0, held.join());
    assert.ok(held.every((each, index) => each === (index % 2 === 0 ? "suspend" : "resume")));
  });

  it("has told what was sent before it first waits", async () => {
    const { omada, client } = await OmadaFixture.start();
    omada.ignoresChanges = true;
    const trace = createTrace();
    let told: unknown;
    const slot = {
      suspend: () => {
        const { attempts, statusCode, details } = trace;
        told ??= structuredClone({ attempts, statusCode, steps: details["steps"] });
      },
      resume: async () => undefined,
    };
    const order = { act: "client-name", target: "Till", value: "Kiosk", verify: true, dryRun: false, confirm: false };

    await client.acts.run(order, "Harbour", { slot, trace });

    const operation = "PATCH sites/{siteId}/clients/02-00-5E-00-00-06/name";
    assert.deepEqual(told, { attempts: 1, statusCode: 200, steps: [{ operation, done: true }] });
  });

  it("has told what was sent by the moment in which it is cancelled between two requests", async () => {
    const { omada, client } = await OmadaFixture.start();
    const isWrite = ({ method }: { method: string }): boolean => method === "PATCH";
    let writes = 0;
    omada.server.injectFault({ kind: "hang" }, { times: 99, when: (request) => isWrite(request) && ++writes > 1 });
    const [controller, trace] = [new LightAbortController(), createTrace()];
    const order = { act: "ssid-enable", target: "Harbour Guest", value: false, verify: true };
    const options = { signal: controller, trace };
    const ended = platformErrorOf(client.acts.run({ ...order, dryRun: false, confirm: false }, "Harbour", options));
    await until(() => omada.server.journal.filter(isWrite).length === 2);

    controller.abort();

    const steps = trace.details["steps"] as { done: boolean }[];
    assert.deepEqual([trace.attempts, trace.statusCode, steps.map(({ done }) => done)], [1, 200, [true, false]]);
    assert.equal((await ended).code, "cancelled");
  });

  it("ends at once when its node is closed", async () => {
    const { omada, client } = await OmadaFixture.start();
    omada.ignoresChanges = true;
    const controller = new LightAbortController();
    const slot = { suspend: () => controller.abort(), resume: async () => undefined };
    const order = { act: "client-block", target: "Till", value: true, verify: true, dryRun: false, confirm: false };

    const error = await platformErrorOf(client.acts.run(order, "Harbour", { slot, signal: controller }));

    assert.equal(error.code, "cancelled");
  });

  it("does not wait for an answer that never comes", async () => {
    const { omada, act } = await setUpActs();
    omada.server.injectFault(
      { kind: "hang" },
      { times: 99, when: ({ method, path }) => method === "GET" && /clients\/02/.test(path) },
    );

    const { payload, verified } = await act("client-block", { target: "02-00-5E-00-00-06" });

    assert.deepEqual([payload, verified, omada.client("Till").blocked], [null, false, true]);
  }).timeout(20_000);
});
