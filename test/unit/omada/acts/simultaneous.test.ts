import assert from "node:assert/strict";
import { LightAbortController } from "../../../../src/core/abort";
import { until } from "../../../support/http-fixture";
import { OmadaFixture, platformErrorOf } from "../../../support/omada-fixture";
import { setUpActs } from "./act-fixture";

const ORDER = { verify: true, dryRun: false, confirm: false };

describe("Acts on a controller at the same time", () => {
  it("do not undo each other: two networks of the same access points", async () => {
    const { omada, act } = await setUpActs();

    await Promise.all([
      act("ssid-enable", { target: "Harbour Guest", value: false }),
      act("ssid-enable", { target: "Harbour", value: false }),
    ]);

    const states = ["Hall AP", "Quay AP"].flatMap((name) =>
      omada.device(name).ssids.map(({ ssidEnable }) => ssidEnable),
    );
    assert.deepEqual(states, [false, false, false, false]);
  });

  it("do not undo each other, where one names the site and the other one its id", async () => {
    const { fixture, omada, act } = await setUpActs();
    const siteId = await fixture.client.siteId("Harbour");

    await Promise.all([
      act("ssid-enable", { target: "Harbour Guest", value: false }),
      act("ssid-enable", { target: "Harbour", value: false }, siteId),
    ]);

    const states = omada.device("Hall AP").ssids.map(({ ssidEnable }) => ssidEnable);
    assert.deepEqual(states, [false, false]);
  });

  it("end in the order in which they were asked for, although the first look-up is slow", async () => {
    const { omada, act, writes } = await setUpActs();
    omada.server.injectFault({ kind: "delay", ms: 150 }, { times: 1, when: ({ path }) => path.endsWith("/clients") });

    await Promise.all([
      act("client-block", { target: "Till", value: true, verify: false }),
      act("client-block", { target: "Till", value: false, verify: false }),
    ]);

    assert.equal(omada.client("Till").blocked, false);
    assert.deepEqual(
      writes().map((request) => request.replace(/.*\//, "")),
      ["block", "unblock"],
    );
  });

  it("go on after one that failed", async () => {
    const { omada, act, actError } = await setUpActs();

    const [error] = await Promise.all([
      actError("client-block", { target: "Nobody" }),
      act("client-block", { target: "Till" }),
    ]);

    assert.equal(error.code, "not-found");
    assert.equal(omada.client("Till").blocked, true);
  });

  it("let other messages go on while they wait, and send nothing if they are cancelled meanwhile", async () => {
    const { omada, client } = await OmadaFixture.start();
    omada.server.injectFault({ kind: "delay", ms: 150 }, { times: 1, when: ({ path }) => path.endsWith("/clients") });
    const held: string[] = [];
    const controller = new LightAbortController();
    const slot = {
      suspend: () => {
        held.push("suspend");
        controller.abort();
      },
      resume: async () => void held.push("resume"),
    };
    const first = client.acts.run({ ...ORDER, act: "client-name", target: "Till", value: "One" }, "Harbour", {});

    const error = await platformErrorOf(
      client.acts.run({ ...ORDER, act: "client-name", target: "Till", value: "Two" }, "Harbour", {
        slot,
        signal: controller,
      }),
    );
    await first;

    assert.equal(error.code, "cancelled");
    assert.deepEqual(held, ["suspend", "resume"]);
    assert.deepEqual([omada.clients.filter(({ name }) => name === "One").length, omada.calls(/^PATCH /)], [1, 1]);
  });

  it("do not wait for those on another site", async () => {
    const { omada, client } = await OmadaFixture.start();
    omada.server.injectFault({ kind: "hang" }, { times: 1, when: ({ path }) => path.endsWith("/clients") });
    const controller = new LightAbortController();
    const stuck = platformErrorOf(
      client.acts.run({ ...ORDER, act: "client-block", target: "Till", value: true }, "Harbour", {
        signal: controller,
      }),
    );

    const error = await platformErrorOf(
      client.acts.run({ ...ORDER, act: "client-block", target: "Nobody", value: true }, "Depot", {}),
    );
    controller.abort();

    assert.equal(error.code, "not-found");
    assert.equal((await stuck).code, "cancelled");
  });

  it("do not hold up a dry run, which changes nothing", async () => {
    const { omada, client } = await OmadaFixture.start();
    const isBlock = ({ path }: { path: string }): boolean => path.endsWith("/block");
    omada.server.injectFault({ kind: "hang" }, { times: 1, when: isBlock });
    const controller = new LightAbortController();
    const order = { ...ORDER, act: "client-block", target: "02-00-5E-00-00-06", value: true };
    const stuck = platformErrorOf(client.acts.run(order, "Harbour", { signal: controller }));
    await until(() => omada.server.journal.some(isBlock));

    const { payload } = await client.acts.run({ ...order, dryRun: true }, "Harbour", {});
    controller.abort();

    assert.equal((payload as unknown[]).length, 1);
    assert.equal((await stuck).code, "cancelled");
  });
});
