import assert from "node:assert/strict";
import type { Effect } from "../../../../src/http/retry";
import { parseListedDevice } from "../../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../../src/kasa/cloud/schemas";
import type { Device, DeviceState } from "../../../../src/kasa/device";
import { parseSetting } from "../../../../src/kasa/device-setting";
import { DeviceControl } from "../../../../src/kasa/devices/device-control";
import { DeviceDirectory } from "../../../../src/kasa/devices/device-directory";
import type { DeviceTransport } from "../../../../src/kasa/transports/device-transport";
import { FakeClock } from "../../../support/fake-clock";
import type { SmartProduct } from "../../../support/simulators/kasa-local/smart/products";
import type { Json } from "../../../support/simulators/kasa/firmware";

/** The parts of a command that the tests look at. */
export type Sent = { method: string; params?: Json; effect: Effect };

/** Devices, and a control that reaches them without a network in between, as through a cloud. */
export function setUp(...products: SmartProduct[]) {
  return setUpBy("cloud", ...products);
}

/** The same, as over the local network. */
export function setUpLocally(...products: SmartProduct[]) {
  return setUpBy("local", ...products);
}

/** A control that reaches devices in a way of the test's own. */
export function createControl(products: readonly SmartProduct[], transport: DeviceTransport) {
  const list = (): Device[] =>
    products.map(({ identity }) => ({
      ...parseListedDevice(ListedDevice.parse(identity.toListEntry("https://cloud.example"))),
      supported: true,
      online: true,
    }));
  const directory = new DeviceDirectory({ fetchDevices: async () => list() }, new FakeClock());
  return { directory, control: new DeviceControl(directory, transport) };
}

function setUpBy(reach: "cloud" | "local", ...products: SmartProduct[]) {
  /** The commands that were sent, in order. */
  const sent: Sent[] = [];
  const send: DeviceTransport["send"] = async ({ deviceId }, command, effect) => {
    const { smart } = products.find(({ identity }) => identity.deviceId === deviceId) ?? assert.fail(deviceId);
    const request = JSON.parse(JSON.stringify(command)) as Sent;
    // A list without an end would go on for ever.
    assert.ok(sent.push({ ...request, effect }) < 500, "too many requests");
    return { ...smart.answer(request) };
  };
  const { control, directory } = createControl(products, {
    send,
    ...(reach === "local" ? { sendLocally: send } : {}),
  });
  const set = (name: string, value: unknown, outlet = ""): Promise<DeviceState> =>
    control.set(name, outlet, parseSetting(value), {});
  const state = (name: string): Promise<DeviceState> => control.state(name, "", {});
  /** The parameters of the changes that were sent, and nothing else. */
  const written = (): unknown[] =>
    sent.filter(({ effect }) => effect === "write").map(({ method, params }) => [method, params]);
  return { control, directory, sent, set, state, written };
}
