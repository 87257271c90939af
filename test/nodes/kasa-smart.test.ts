import assert from "node:assert/strict";
import type { Message } from "../support/harness/flow-runner";
import { apiOf, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { smartBulb, smartHub, smartMeterPlug, smartPowerStrip } from "../support/simulators/kasa-local/smart/products";
import { kasaFlowOf } from "./kasa-fixture";

/** An account whose Tapo devices are on the local network, at the addresses in its settings, and a cloud that is gone. */
async function setUp() {
  const { cloud, account } = await kasaCloud();
  const { email, password } = cloud;
  const products = [
    smartMeterPlug("Washer"),
    smartBulb("Lamp"),
    smartPowerStrip("Bench", ["Drill", "Vacuum"]),
    smartHub("Hub", { "Back door": "contact" }),
  ] as const;
  const house = closeAfterTest(await LanHouse.start(products, { email, password }));
  const hosts = house.devices.map(({ host, ports }) => `${host}:${ports.tdp}`).join(", ");
  const kasaDevice = { type: "kasa-device", account: "kasa" };
  const nodes = [
    { id: "set", ...kasaDevice },
    { id: "state", ...kasaDevice, command: "state" },
    { id: "energy", ...kasaDevice, command: "energy" },
    { id: "raw", ...kasaDevice, command: "raw" },
  ];
  const flow = await kasaFlowOf(cloud, { ...account, reach: "local", hosts }, { nodes });
  await cloud.server.goOffline();
  const send = (id: string, message: Message = {}) => flow.red.send(id, message);
  return { send, products };
}

describe("The Kasa nodes with Tapo and newer Kasa devices, without any cloud", () => {
  it("list them with what they are", async () => {
    const { send } = await setUp();

    const { msg } = await send("list");

    const kinds = rowsOf(msg).map(({ alias, kind, protocol, supported, reach }) =>
      [alias, kind, protocol, supported, String(reach)].join(" "),
    );
    assert.deepEqual(kinds.toSorted(), [
      "Bench strip smart true local",
      "Hub hub smart true local",
      "Lamp bulb smart true local",
      "Washer plug smart true local",
    ]);
  });

  it("switch, colour, measure and read them, and pass on what is raw", async () => {
    const { send, products } = await setUp();

    const switched = await send("set", { device: "Bench", outlet: "Vacuum", payload: true });
    const coloured = await send("set", { device: "lamp", payload: { hue: 120, saturation: 80 } });
    const measured = await send("energy", { device: "Washer" });
    const read = await send("state", { device: "Hub" });
    const raw = await send("raw", { device: "Washer", payload: { get_led_info: {} } });

    assert.deepEqual(
      [payloadOf(switched.msg)["on"], products[2].smart.children.map(({ on }) => on)],
      [true, [true, false]],
    );
    assert.deepEqual([payloadOf(coloured.msg)["hue"], apiOf(coloured.msg)["via"]], [120, "local"]);
    assert.equal(payloadOf(measured.msg)["powerW"], 46.812);
    const [door] = payloadOf(read.msg)["sensors"] as { name: string; open: boolean }[];
    assert.deepEqual([door?.name, door?.open], ["Back door", false]);
    assert.equal((payloadOf(raw.msg)["result"] as { led_rule: string }).led_rule, "always");
  });

  it("say what a device cannot do, and change nothing", async () => {
    const { send, products } = await setUp();

    const { error } = await send("set", { device: "Washer", payload: { brightness: 40, on: false } });

    assert.equal(error?.code, "unsupported");
    assert.match(error?.message ?? "", /This plug has no brightness\. It has: on/);
    assert.equal(products[0].smart.on, true);
  });
});
