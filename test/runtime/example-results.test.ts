import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadExamples, type SavedNode } from "../../scripts/demo/examples";
import { Plug } from "../support/simulators/kasa/plugs";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import { deployExample, poeModes, reached, ssids } from "./example-fixture";

type World = Awaited<ReturnType<typeof deployExample>>;

/** Presses a button of an example and waits until its last node has ended; fails where anything went to Catch. */
async function press({ red }: World, nodes: SavedNode[], name: string): Promise<void> {
  const button = nodes.find((node) => node.type === "inject" && node.name === name);
  assert.ok(button, `the example has no button "${name}"`);
  const ends = reached(nodes, button.id).filter((id) => nodes.some((node) => node.id === id && node.type === "debug"));
  const failed = (): unknown[] => nodes.filter(({ type }) => type === "catch").flatMap(({ id }) => red.sent(id));
  const before = ends.map((id) => red.ended(id));

  red.press(button.id);
  await red.until(() => failed().length > 0 || ends.some((id, index) => red.ended(id) > (before[index] ?? 0)));

  assert.deepEqual(failed(), []);
}

/** What an example does to the world: which buttons are pressed, and what has to be so after each. */
interface Result {
  file: string;
  before?: (world: World) => void;
  presses: [button: string, after: (world: World) => void][];
}

const priorities = ({ router }: World): number[] => ["Fibre", "Starlink"].map((name) => router.wan(name).priority);
const networks = ({ ssids: profiles }: PeplinkRouter): boolean[] => profiles.map(({ enable }) => enable);
const carrying = ({ router }: World): string[] =>
  router.wans.filter(({ activeSince }) => activeSince !== undefined).map(({ name }) => name);
const port = ({ controller }: World) => controller.device("Harbour switch").ports.find((one) => one.port === 2);
const modem = ({ cloud }: World): boolean => cloud.device(Plug, "Modem").on;

const RESULTS: Record<string, Result> = {
  "the router falls back on a link that works when the fibre is down": {
    file: "WAN failover.json",
    before: (world) => {
      assert.deepEqual(carrying(world), ["Fibre"]);
      world.router.wan("Fibre").takeDown();
    },
    presses: [
      [
        "check the links",
        (world) => {
          assert.ok(carrying(world).length > 0 && !carrying(world).includes("Fibre"));
          const worst = Math.max(...world.router.wans.filter(({ enable }) => enable).map(({ priority }) => priority));
          assert.equal(world.router.wan("Fibre").priority, worst);
          assert.equal(world.router.wan(carrying(world)[0] ?? "").priority, 1);
          assert.deepEqual(world.router.pendingChanges(), []);
        },
      ],
    ],
  },
  "the router is left alone while the fibre carries": {
    file: "WAN failover.json",
    presses: [
      [
        "check the links",
        (world) => {
          assert.deepEqual(carrying(world), ["Fibre"]);
          assert.equal(world.router.calls("config.wan.connection.priority"), 0);
          assert.equal(world.cloud.signIns(), 0);
        },
      ],
    ],
  },
  "a port is without power for a while": {
    file: "Omada PoE of a port.json",
    before: (world) => assert.equal(port(world)?.profileOverrideEnable, false),
    presses: [
      [
        "power-cycle",
        (world) => {
          assert.deepEqual(poeModes(world), [0, 1]);
          assert.deepEqual([port(world)?.profileOverrideEnable, port(world)?.poeMode], [true, 1]);
        },
      ],
    ],
  },
  "one access point stops and begins to send out one name": {
    file: "Omada SSID of an access point.json",
    presses: [
      [
        "guests off",
        (world) => {
          assert.deepEqual(ssids(world, "Hall AP"), [
            ["Harbour", true],
            ["Harbour Guest", false],
          ]);
          assert.deepEqual(ssids(world, "Quay AP"), [
            ["Harbour", true],
            ["Harbour Guest", true],
          ]);
        },
      ],
      [
        "guests on",
        (world) =>
          assert.deepEqual(ssids(world, "Hall AP"), [
            ["Harbour", true],
            ["Harbour Guest", true],
          ]),
      ],
    ],
  },
  "guests have no Wi-Fi at night": {
    file: "Omada guest Wi-Fi at night.json",
    presses: [
      [
        "at 22:00",
        (world) => {
          for (const name of ["Hall AP", "Quay AP"]) assert.deepEqual(ssids(world, name)[1], ["Harbour Guest", false]);
        },
      ],
      [
        "at 06:00",
        (world) => {
          for (const name of ["Hall AP", "Quay AP"]) assert.deepEqual(ssids(world, name)[1], ["Harbour Guest", true]);
        },
      ],
    ],
  },
  "there is a voucher for the day": {
    file: "Omada voucher of the day.json",
    presses: [
      [
        "at 06:00",
        ({ controller }) => {
          const [group, ...others] = controller.voucherGroups;
          assert.match(String(group?.["name"]), /^Guests \d{4}-\d\d-\d\d$/);
          assert.deepEqual([group?.vouchers.length, others.length], [1, 0]);
        },
      ],
    ],
  },
  "a client is shut out, and let in again": {
    file: "Omada commands.json",
    before: ({ controller }) => assert.equal(controller.client("Visitor").blocked, false),
    presses: [
      ["block", ({ controller }) => assert.equal(controller.client("Visitor").blocked, true)],
      ["unblock", ({ controller }) => assert.equal(controller.client("Visitor").blocked, false)],
    ],
  },
  "the LEDs go out, a client comes back, an access point restarts, a WAN goes down": {
    file: "Omada commands.json",
    presses: [
      ["LEDs off", ({ controller }) => assert.equal(controller.site("Harbour").ledEnable, false)],
      ["reconnect", ({ controller }) => assert.equal(controller.calls(/reconnect$/), 1)],
      [
        "reboot",
        ({ controller }) => {
          const rebooting = controller.devices.filter(({ rebootingUntil }) => rebootingUntil > controller.now());
          assert.deepEqual(
            rebooting.map(({ name }) => name),
            ["Quay AP"],
          );
        },
      ],
      [
        "WAN 1 down",
        ({ controller }) =>
          assert.deepEqual(
            controller.device("Harbour gateway").wans.map(({ internetState }) => internetState),
            [0, 1],
          ),
      ],
    ],
  },
  "the modem's plug goes off and on": {
    file: "Kasa drive devices.json",
    before: (world) => assert.equal(modem(world), true),
    presses: [
      ["off", (world) => assert.equal(modem(world), false)],
      ["on", (world) => assert.equal(modem(world), true)],
    ],
  },
  "the second link comes first, and then the first again": {
    file: "Router WAN priority.json",
    presses: [
      ["second link first", (world) => assert.deepEqual(priorities(world), [2, 1])],
      ["first link first", (world) => assert.deepEqual(priorities(world), [1, 2])],
    ],
  },
  "a link is preferred by its name, and a dry run only says how": {
    file: "Router prefer Starlink.json",
    presses: [
      ["what would be sent?", (world) => assert.deepEqual(priorities(world), [1, 2])],
      ["Starlink first", (world) => assert.deepEqual(priorities(world), [2, 1])],
      ["Fibre first", (world) => assert.deepEqual(priorities(world), [1, 2])],
    ],
  },
  "the router's guest Wi-Fi goes off at night, and on in the morning": {
    file: "Router guest Wi-Fi at night.json",
    presses: [
      ["22:00 guests off", ({ router }) => assert.deepEqual(networks(router), [true, false])],
      ["06:00 guests on", ({ router }) => assert.deepEqual(networks(router), [true, true])],
    ],
  },
};

describe("what the example flows do", () => {
  for (const [what, { file, before, presses }] of Object.entries(RESULTS)) {
    it(`${file}: ${what}`, async () => {
      const nodes = loadExamples().get(file);
      assert.ok(nodes, `there is no ${file}`);
      const world = await deployExample(nodes);
      before?.(world);
      for (const [button, after] of presses) {
        await press(world, nodes, button);
        after(world);
      }
    });
  }

  it("covers every node of the package", () => {
    const { "node-red": ours } = JSON.parse(readFileSync("package.json", "utf8")) as {
      "node-red": { nodes: Record<string, string> };
    };
    const shown = new Set([...loadExamples().values()].flat().map(({ type }) => type));

    assert.deepEqual(
      Object.keys(ours.nodes).filter((type) => !shown.has(type)),
      [],
    );
  });
});
