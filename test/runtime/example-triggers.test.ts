import assert from "node:assert/strict";
import { WEBHOOK_SECRET, type Platforms } from "../../scripts/demo/examples";
import { nodeRed } from "../support/harness/node-red";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import type { CloudDevice } from "../support/simulators/kasa/devices";
import { LightStrip } from "../support/simulators/kasa/lights";
import { Plug } from "../support/simulators/kasa/plugs";
import { OmadaController } from "../support/simulators/omada/controller";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import { ExampleWorld, poeModes, ssids } from "./example-fixture";

/** What an example does by itself. */
interface Trigger {
  file: string;
  before?: (platforms: Platforms) => void;
  play: (world: ExampleWorld, platforms: Platforms) => Promise<void>;
  /** How the world has to be when some more time has passed. */
  after?: (platforms: Platforms) => void;
}

/** How a device was switched, in order. */
const switched = (device: CloudDevice): unknown[] =>
  device.commands.flatMap((command) => {
    const [, word] = /"(?:set_relay_state":\{"state|on_off)":(\d)/.exec(JSON.stringify(command)) ?? [];
    return word === undefined ? [] : [word === "1"];
  });

const modem = ({ cloud }: Platforms): Plug => cloud.device(Plug, "Modem");

const TRIGGERS: Record<string, Trigger> = {
  "tells of a failover, and of the way back": {
    file: "WAN failover alert.json",
    async play(world, { router }) {
      const failover = ["Fibre is down: No Cable Detected.", "Now carrying: Starlink."];
      router.wan("Fibre").takeDown();
      await world.shows("alert", failover);
      router.wan("Fibre").bringUp();
      await world.shows("alert", [...failover, "Now carrying: Fibre."]);
    },
  },
  "switches the guest Wi-Fi for one sender, and for nobody else": {
    file: "Text message opens the guest Wi-Fi.json",
    async play(world, { router }) {
      router.world.receiveText("+999155502", "Guest off");
      await world.shows("the guest Wi-Fi is", [false]);
      router.world.receiveText("988", "guest on");
      router.world.receiveText("+999155502", "guest on, please");
      await world.sends("a text message", 2);
    },
    after: ({ router }) => assert.deepEqual([router.ssids[1]?.enable, router.appliedCount()], [false, 1]),
  },
  "uses the other SIM when there is no signal": {
    file: "Signal lost, other SIM.json",
    before: ({ router }) => {
      for (const sim of router.wan("Cellular").sims) sim.simCardDetected = true;
    },
    async play(world, { router }) {
      router.wan("Cellular").signalLevel = 0;
      await world.shows("SIM in use now", [2]);
    },
    after: ({ router }) => assert.equal(router.wan("Cellular").activeSim, 2),
  },
  "tells that a VPN connection is lost, and that it is back": {
    file: "VPN alert.json",
    async play(world, { router }) {
      const alerts = ["Boathouse: the VPN is down.", "Boathouse: the VPN is up again."];
      router.peer("Boathouse").status = "START";
      await world.shows("alert", alerts.slice(0, 1));
      router.peer("Boathouse").status = "CONNECTED";
      await world.shows("alert", alerts);
    },
  },
  "takes the modem's power for a moment, and not again soon": {
    file: "Modem power-cycle.json",
    async play(world, { router }) {
      router.wan("Fibre").takeDown();
      await world.shows("modem restarted", [true]);
      const { length } = world.red.sent(world.id("the fibre"));
      router.wan("Fibre").bringUp();
      await world.sends("the fibre", length + 1);
      router.wan("Fibre").takeDown();
      await world.sends("the fibre", length + 3);
    },
    after: (platforms) => assert.deepEqual(switched(modem(platforms)), [false, true]),
  },
  "takes the modem's power also when nothing else carries, and reads the links afterwards": {
    file: "Modem power-cycle.json",
    async play(world, { router }) {
      for (const wan of router.wans) wan.takeDown();
      await world.shows("modem restarted", [true]);
      await world.sends("WAN links", 1);
    },
    after: (platforms) => assert.deepEqual(switched(modem(platforms)), [false, true]),
  },
  "switches the modem on again, though that fails at first": {
    file: "Modem power-cycle.json",
    before: ({ cloud }) =>
      cloud.server.injectFault(
        { kind: "response", status: 500 },
        { times: 2, when: ({ body }) => body.includes('set_relay_state\\":{\\"state\\":1') },
      ),
    async play(world, { router }) {
      router.wan("Fibre").takeDown();
      await world.shows("modem restarted", [true]);
    },
    after: (platforms) => assert.deepEqual(switched(modem(platforms)), [false, true]),
  },
  "the light is on while one of the two is at home": {
    file: "Presence light.json",
    async play(world, { controller }) {
      await world.shows("the lamp", [true]);
      controller.disconnectClient(controller.client("Ada's phone"));
      await world.sends("who is at home", 3);
      controller.disconnectClient(controller.client("Ben's laptop"));
      await world.shows("the lamp", [true, false]);
      controller.connectClient(controller.client("Ada's phone"));
      await world.shows("the lamp", [true, false, true]);
    },
    after: ({ cloud }) => assert.deepEqual(switched(cloud.device(LightStrip, "Shelf")), [true, false, true]),
  },
  "the guests go off when nine tenths of the data is used": {
    file: "Data allowance.json",
    async play(world, { router }) {
      router.wan("Fibre").allowance.usage = 800_000;
      await world.sends("data allowance", 2);
      await world.shows("alert", []);
      router.wan("Fibre").allowance.usage = 912_000;
      await world.shows("alert", ["Fibre has used 91.2 % of its data."]);
      await world.shows("guests off at", ["02-00-5E-00-00-04", "02-00-5E-00-00-05"]);
    },
    after(platforms) {
      const off = [
        ["Harbour", true],
        ["Harbour Guest", false],
      ];
      assert.deepEqual([ssids(platforms, "Hall AP"), ssids(platforms, "Quay AP")], [off, off]);
    },
  },
  "the port of an access point that is gone is without power for a moment, once in an hour": {
    file: "Access point down.json",
    before: ({ controller }) => controller.disconnectDevice(controller.device("Quay AP")),
    async play(world, { controller }) {
      controller.reconnectDevice(controller.device("Quay AP"));
      await world.sends("the access points", 1);
      controller.disconnectDevice(controller.device("Hall AP"));
      await world.shows("restarted", [{ switchMac: "02:00:5e:00:00:03", port: 2 }]);
      controller.reconnectDevice(controller.device("Hall AP"));
      await world.sends("the access points", 3);
      controller.disconnectDevice(controller.device("Hall AP"));
      await world.sends("the access points", 4);
    },
    after: (platforms) => assert.deepEqual(poeModes(platforms), [0, 1]),
  },
  "the port of a camera that is lost is power-cycled, once in an hour": {
    file: "Camera down.json",
    before: ({ controller }) => void (controller.version = "6.2.0.17"),
    async play(world, { controller }) {
      const core = controller.device("Harbour switch");
      controller.setPortLink(core, 5, false);
      controller.setPortLink(core, 2, false);
      await world.shows("restarted", [`${core.mac}/2`]);
      controller.setPortLink(core, 2, true);
      await world.sends("the cameras", 1);
      controller.setPortLink(core, 3, false);
      await world.shows("restarted", [`${core.mac}/2`, `${core.mac}/3`]);
      controller.setPortLink(core, 2, false);
      await world.sends("the cameras", 3);
    },
    after: ({ controller }) => assert.equal(controller.calls(/poe-recovery$/), 2),
  },
  "a stranger is told of once": {
    file: "New unknown client.json",
    async play(world, { controller }) {
      const [stranger, till] = ["Old phone", "Till"].map((name) => controller.client(name));
      assert.ok(stranger && till);
      await world.sends("learn them", 1);
      controller.connectClient(stranger);
      await world.shows("alert", [`Somebody new: Old phone (${stranger.mac})`]);
      controller.disconnectClient(stranger);
      controller.disconnectClient(till);
      await world.sends("clients", 3);
      controller.connectClient(stranger);
      controller.connectClient(till);
      await world.sends("clients", 5);
    },
  },
  "a text message says that another link carries the traffic": {
    file: "SMS on failover.json",
    async play(world, { router }) {
      router.wan("Fibre").takeDown();
      await world.shows("sent", [[{ operation: "cmd.sms.sendMessage", done: true }]]);
    },
    after: ({ router }) =>
      assert.deepEqual(
        router.world.sentMessages.map(({ address, content }) => [address, content]),
        [["+999155501", "Starlink carries the traffic now."]],
      ),
  },
  "what the controller posts becomes a message": {
    file: "Omada webhook.json",
    async play(world, { controller }) {
      const hook = { url: `${world.red.hooksUrl}/omada-webhook`, secret: WEBHOOK_SECRET };
      const line = "[ap:Hall AP:02-00-5E-00-00-04] was disconnected.";
      assert.equal((await controller.postWebhook(hook, [line])).status, 200);
      await world.shows("message", [`Harbour: ${line}`]);
    },
  },
  "the freezer's plug is off": {
    file: "Freezer alarm.json",
    before: ({ cloud }) => void (cloud.device(Plug, "Freezer").on = true),
    async play(world, { cloud }) {
      cloud.device(Plug, "Freezer").on = false;
      await world.shows("alert", ["Freezer has been switched off!"]);
      await world.shows("fine again", []);
    },
  },
};

describe("what the example flows do by themselves", () => {
  const platforms: Platforms[] = [];
  const worlds = new Map<string, ExampleWorld>();
  const played = new Map<string, PromiseSettledResult<void>>();

  // All at once: most of the time somebody only waits for the next look.
  before(async function () {
    this.timeout(90_000);
    const red = await nodeRed();
    for (const [index, [what, { file, before }]] of Object.entries(TRIGGERS).entries()) {
      const own = {
        cloud: await KasaCloud.start(),
        controller: await OmadaController.start(),
        router: await PeplinkRouter.start(),
      };
      platforms.push(own);
      before?.(own);
      worlds.set(what, new ExampleWorld(red, file, own, `e${String(index).padStart(3, "0")}`));
    }
    await red.deploy([...worlds.values()].flatMap(({ nodes }) => nodes));
    const play = async ([what, world]: [string, ExampleWorld]): Promise<void> => {
      await world.begins();
      await TRIGGERS[what]?.play(world, world.platforms);
    };
    const ends = await Promise.allSettled([...worlds].map(play));
    for (const [index, what] of [...worlds.keys()].entries()) {
      const end = ends[index];
      if (end) played.set(what, end);
    }
  });

  after(async () => {
    await (await nodeRed()).deploy([]);
    await Promise.all(platforms.flatMap((each) => Object.values(each)).map((platform) => platform.close()));
  });

  for (const [what, { file, after: end }] of Object.entries(TRIGGERS)) {
    it(`${file}: ${what}`, () => {
      const story = played.get(what);
      if (story?.status === "rejected") throw story.reason;
      const world = worlds.get(what) ?? assert.fail("it was not played");
      world.check();
      end?.(world.platforms);
    });
  }
});
