import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { ACTS } from "../../../../src/peplink/acts/table";
import { ENDPOINTS } from "../../../../src/peplink/endpoints";
import { rejectsWith } from "../../../support/http-fixture";
import { priorities, setUp } from "./fixture";

describe("The router's act wifi-enable", () => {
  it("switches all of the Wi-Fi, and reads it back", async () => {
    const { router, act } = await setUp();

    const outcome = await act("wifi-enable", { value: "off" });

    assert.deepEqual([outcome.payload, outcome.verified], [false, true]);
    assert.equal(router.world.isAccessPointOn, false);
  });

  it("is unsupported by a router without an access point, which gets nothing to do", async () => {
    const { router, act, posts } = await setUp();
    router.world.hasAccessPoint = false;

    await rejectsWith(act("wifi-enable", { value: false }), "unsupported");

    assert.deepEqual(posts(), []);
  });

  for (const act of ["wifi-enable", "reboot"]) {
    it(`does not let ${act} ignore a target, which would do more than was meant`, async () => {
      const { router, act: run } = await setUp();

      await rejectsWith(run(act, { target: "Lighthouse Guests", value: false, confirm: true }), "input");

      assert.deepEqual(router.server.journal, []);
    });
  }
});

describe("The router's act ssid-enable", () => {
  it("switches one network by its name, applies that, and reads it back", async () => {
    const { router, act, posts } = await setUp();

    const outcome = await act("ssid-enable", { target: "Lighthouse Guests", value: false });

    assert.deepEqual([outcome.payload, outcome.verified], [false, true]);
    assert.deepEqual(posts(), [
      ["config.ssid.profile", { action: "update", id: 2, enable: false }],
      ["cmd.config.apply", undefined],
    ]);
    assert.deepEqual(
      router.ssids.map(({ enable, security }) => [enable, security.wpa2Personal.key]),
      [
        [true, "keeper-of-the-light"],
        [false, "mind-the-steps"],
      ],
    );
  });

  it("says what was done where the change cannot be applied", async () => {
    const { router, act } = await setUp();
    const body = { stat: "fail", code: 999, message: "Declined" };
    router.server.injectFault(
      { kind: "response", body },
      { times: Infinity, when: ({ path }) => path === "/api/cmd.config.apply" },
    );

    const error = await rejectsWith(act("ssid-enable", { target: "Lighthouse Guests", value: false }), "rejected");

    assert.match(error.message, /Done: config\.ssid\.profile\. Failed: cmd\.config\.apply/);
    assert.deepEqual(error.details.steps, [
      { operation: "config.ssid.profile", done: true },
      { operation: "cmd.config.apply", done: false },
    ]);
  });
});

describe("The router's act port-enable", () => {
  for (const [target, port] of [
    ["2", 2],
    ["LAN 2", 2],
    ["E8/2/1", { id: 1, moduleType: "E8", moduleId: 2 }],
  ] as const) {
    it(`names ${target} as the router does`, async () => {
      const { act } = await setUp();

      const { payload } = await act("port-enable", { target, value: true, dryRun: true });

      assert.deepEqual(payload, [{ method: "POST", path: "cmd.port.poe.enable", body: { port } }]);
    });
  }

  it("switches the PoE of a port off and on", async () => {
    const { router, act } = await setUp();

    const outcome = await act("port-enable", { target: "1", value: false });
    assert.deepEqual([outcome.verified, router.ports[0]?.poe], [null, false]);

    await act("port-enable", { target: "1" });
    assert.equal(router.ports[0]?.poe, true);
  });

  it("is unsupported where the router declines the port", async () => {
    const { act } = await setUp();

    await rejectsWith(act("port-enable", { target: "9", value: true }), "unsupported");
  });

  it("says from which firmware on it is there", async () => {
    const { router, act } = await setUp();
    router.world.runFirmware("8.1.0 build 4900");

    const error = await rejectsWith(act("port-enable", { target: "1", value: true }), "unsupported");

    assert.match(error.message, /8\.1\.1/);
  });
});

describe("The router's other acts", () => {
  it("do not switch SpeedFusion, which no document describes", async () => {
    const { router, act } = await setUp();

    const error = await rejectsWith(act("speedfusion-enable", { target: "Boathouse", value: false }), "unsupported");

    assert.match(error.message, /8\.5\.2/);
    assert.deepEqual(router.server.journal, []);
  });

  it("read the position, whatever target and value the message has", async () => {
    const { router, act, posts } = await setUp();

    const outcome = await act("gps-read", { target: "Cellular", value: 3 });

    const { gps, location } = outcome.payload as { gps: boolean; location: { latitude: number } };
    assert.deepEqual([gps, location.latitude, outcome.verified], [true, router.world.location.latitude, null]);
    assert.deepEqual(posts(), []);
  });

  it("restart the router only with a confirmation", async () => {
    const { router, act } = await setUp();
    await rejectsWith(act("reboot"), "input");
    assert.deepEqual(router.server.journal, []);

    const outcome = await act("reboot", { confirm: true, value: { firmwareId: 1 } });

    assert.deepEqual([outcome.payload, outcome.verified, router.world.rebootCount], [null, null, 1]);
  });
});

describe("The requests of the router's acts", () => {
  const REFERENCE = "../shared/data/peplink-endpoints.json";
  const ORDERS: Readonly<Record<string, { target?: string; value?: unknown }>> = {
    "wan-priority": { target: "Fibre", value: 2 },
    "wan-enable": { target: "Fibre", value: true },
    "wan-prefer": { target: "Starlink" },
    "sim-switch": { target: "Cellular", value: 2 },
    "modem-reset": { target: "Cellular" },
    "sms-send": { target: "Cellular", value: { to: "+999155501", text: "Hello" } },
    "carrier-select": { target: "Cellular", value: { mcc: "001", mnc: "01" } },
    "wifi-enable": { value: true },
    "ssid-enable": { target: "Lighthouse", value: true },
    "port-enable": { target: "1", value: true },
    "gps-read": {},
    reboot: {},
  };
  const UNSUPPORTED = "speedfusion-enable";

  interface Preview {
    method: string;
    path: string;
    body: Record<string, unknown> | null;
  }

  async function preview(name: string): Promise<Preview[]> {
    const { act } = await setUp();
    return (await act(name, { ...ORDERS[name], dryRun: true })).payload as Preview[];
  }

  it("are tried here for every act", () => {
    assert.deepEqual([...Object.keys(ORDERS), UNSUPPORTED].toSorted(), Object.keys(ACTS).toSorted());
  });

  for (const name of Object.keys(ORDERS)) {
    it(`are documented, with their parameters and the firmware: ${name}`, async () => {
      for (const { method, path, body } of await preview(name)) {
        const endpoint = ENDPOINTS.find((one) => one.method === method && one.name === path);
        assert.ok(endpoint && endpoint.stability !== "undocumented", path);
        const required = endpoint.params.filter((param) => param.endsWith("*")).map((param) => param.slice(0, -1));
        const known = endpoint.params.map((param) => param.replace("*", ""));
        const sent = Object.keys(body ?? {});
        assert.deepEqual(
          required.filter((param) => !sent.includes(param)),
          [],
          path,
        );
        assert.deepEqual(
          sent.filter((param) => !known.includes(param)),
          [],
          path,
        );
        const [since = "0"] = /\d+\.\d+\.\d+/.exec(ACTS[name]?.since ?? "") ?? [];
        assert.ok(
          since.localeCompare(endpoint.since, "en", { numeric: true }) >= 0,
          `${path} is there from ${endpoint.since}`,
        );
      }
    });
  }

  it("stand in the table that was derived from the vendor's documents", async function () {
    if (!existsSync(REFERENCE)) this.skip();
    const { documented } = JSON.parse(readFileSync(REFERENCE, "utf8")) as { documented: Record<string, object> };
    for (const name of Object.keys(ORDERS)) {
      for (const { method, path } of await preview(name))
        assert.ok(documented[`${method} ${path}`], `${method} ${path}`);
    }
  });
});

describe("The router's acts that are read back", () => {
  const PRIORITY = "config.wan.connection.priority";
  const CARRIER = { name: "Heron Telecom", mcc: "001", mnc: "02" };
  const TRIED: [act: string, order: object, endpoint: string, payload: unknown][] = [
    ["wan-priority", { target: "Cellular", value: 1 }, PRIORITY, 1],
    ["wan-enable", { target: "Starlink", value: false }, PRIORITY, false],
    ["wan-prefer", { target: "Starlink" }, PRIORITY, "Starlink"],
    ["sim-switch", { target: "Cellular", value: 2 }, "cmd.wan.cellular", 2],
    ["carrier-select", { target: "Cellular", value: CARRIER.name }, "cmd.carrier.select", CARRIER],
    ["wifi-enable", { value: false }, "cmd.ap", false],
    ["ssid-enable", { target: "Lighthouse Guests", value: false }, "config.ssid.profile", false],
  ];

  it("are all tried here", () => {
    const readBack = Object.keys(ACTS).filter((name) => ACTS[name]?.read !== undefined);
    assert.deepEqual(TRIED.map(([name]) => name).toSorted(), readBack.toSorted());
  });

  for (const [name, order, endpoint, payload] of TRIED) {
    it(`wait for what shows late: ${name}`, async () => {
      const { router, act } = await setUp();
      for (const sim of router.wan("Cellular").sims) sim.simCardDetected = true;
      router.world.effectDelayMs = 6000;

      const outcome = await act(name, order);

      assert.deepEqual([outcome.payload, outcome.verified], [payload, true]);
    });

    it(`unmask a router that says yes and does nothing: ${name}`, async () => {
      const { router, act, posts } = await setUp();
      router.ignorePosts(endpoint);

      const outcome = await act(name, order);

      assert.equal(outcome.verified, false);
      assert.notDeepEqual(outcome.payload, payload);
      assert.equal(posts().filter(([posted]) => posted === endpoint).length, 1, "nothing is sent twice");
    });
  }
});

describe("The router's acts at the same time", () => {
  it("do not undo each other: the last connection that is preferred is the first", async () => {
    const { router, act } = await setUp();
    const isFirstLook = ({ path }: { path: string }): boolean => path === "/api/status.wan.connection";
    router.server.injectFault({ kind: "delay", ms: 150 }, { times: 1, when: isFirstLook });

    await Promise.all([
      act("wan-prefer", { target: "Cellular", verify: false }),
      act("wan-priority", { target: "Cellular", value: 9, verify: false }),
      act("wan-prefer", { target: "Starlink", verify: false }),
    ]);

    const { Starlink, Fibre, Cellular } = priorities(router);
    assert.deepEqual([Starlink, Fibre, Cellular], [1, 2, 9]);
  });

  it("prefer one connection alone, although the router does not show yet which one was preferred before", async () => {
    const { router, clock, act } = await setUp();
    await act("wan-prefer", { target: "Starlink" });
    router.world.effectDelayMs = 5000;

    await act("wan-prefer", { target: "Cellular", verify: false });
    await act("wan-prefer", { target: "Starlink", verify: false });

    clock.aheadMs += 10_000;
    router.world.runEffects();
    const { Starlink, Fibre, Cellular } = priorities(router);
    assert.deepEqual([Starlink, [Fibre, Cellular].includes(1)], [1, false]);
  });
});
