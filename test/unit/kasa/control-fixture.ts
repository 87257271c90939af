import assert from "node:assert/strict";
import type { CallOptions } from "../../../src/core/call-context";
import { parseListedDevice } from "../../../src/kasa/cloud/listed-device";
import { ListedDevice } from "../../../src/kasa/cloud/schemas";
import type { DeviceState } from "../../../src/kasa/device";
import type { DeviceSetting } from "../../../src/kasa/device-setting";
import { DeviceControl } from "../../../src/kasa/devices/device-control";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { FakeClock } from "../../support/fake-clock";
import { CloudDevice, describeProduct } from "../../support/simulators/kasa/devices";
import type { Json } from "../../support/simulators/kasa/firmware";
import { createHome } from "../../support/simulators/kasa/home";

export const PLUG = describeProduct("IOT.SMARTPLUGSWITCH", "HS103(US)", "Small Plug", "5.0");
export const BULB = describeProduct("IOT.SMARTBULB", "KL130(EU)", "Bulb", "1.0");

/** A device called "stub" whose responses are made by the test. */
export class StubDevice extends CloudDevice {
  constructor(
    readonly handler: (request: Json) => Json,
    stubbedProduct = PLUG,
  ) {
    super(stubbedProduct, "Stub");
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    return this.handler(request);
  }
}

/** A response with a sysinfo, and with further methods of the module `system`. */
export const sysinfoResponse = (sysinfo: Json, methods: Json = {}): Json => ({
  system: { get_sysinfo: sysinfo, ...methods },
});

/**
 * Devices, and a control that reaches them without a cloud in between.
 * @param beforeList what each request for the list waits for
 */
export function setUp(devices: CloudDevice[] = createHome(), beforeList = async (): Promise<void> => undefined) {
  const clock = new FakeClock();
  for (const device of devices) device.clock.now = () => clock.now();
  /** The commands that were sent. */
  const sent: { command: object; effect: string }[] = [];
  /** The options of each request for the list. */
  const listRequests: CallOptions[] = [];
  const directory = new DeviceDirectory(
    {
      fetchDevices: async (options) => {
        listRequests.push(options);
        await beforeList();
        return devices.map((device) =>
          parseListedDevice(ListedDevice.parse(device.toListEntry("https://cloud.example"))),
        );
      },
    },
    clock,
  );
  const transport = {
    send: async ({ deviceId }: { deviceId: string }, command: object, effect: string) => {
      sent.push({ command, effect });
      return devices.find((device) => device.deviceId === deviceId)?.respond(command as Json) ?? {};
    },
  };
  const control = new DeviceControl(directory, transport, undefined, clock);
  const deviceOf = <D extends CloudDevice>(kind: abstract new (...args: never[]) => D): D =>
    devices.find((device): device is D => device instanceof kind) ?? assert.fail(`no ${kind.name}`);
  const set = (name: string, setting: DeviceSetting, outlet = ""): Promise<DeviceState> =>
    control.set(name, outlet, setting, {});
  return { control, directory, clock, devices, sent, listRequests, deviceOf, set };
}
