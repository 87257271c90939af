import { Device as SimulatedDevice } from "tplink-smarthome-simulator";
import { parseCountdown } from "../../../src/kasa/countdown";
import type { DeviceState } from "../../../src/kasa/device";
import { parseSetting } from "../../../src/kasa/device-setting";
import { parseHistoryQuery } from "../../../src/kasa/history";
import { parseScheduleChange } from "../../../src/kasa/schedule";
import { CloudDevice, describeProduct } from "../../support/simulators/kasa/devices";
import { setUp as setUpClient } from "./client-fixture";

/** All models of tplink-smarthome-simulator. */
export const MODELS: readonly string[] = SimulatedDevice.models;
export const PLUGS = ["hs100", "hs105", "hs110", "hs110v2", "hs200"];
export const BULBS = ["lb100", "lb120", "lb130"];
export const LIGHTS = [...BULBS, "kl430"];
export const COLOUR_LIGHTS = ["lb130", "kl430"];
export const WITH_LED = [...PLUGS, "hs220", "hs300"];
export const WITH_METER = ["hs110", "hs110v2", ...LIGHTS];
export const WITHOUT_METER = ["hs100", "hs105", "hs200", "hs220"];
export const OUTLETS = [0, 1, 2, 3, 4, 5];

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- JSON of the other simulator

/** A device of tplink-smarthome-simulator, which shares no code with this package, behind our simulated cloud. */
class IndependentDevice extends CloudDevice {
  readonly #device: SimulatedDevice;

  constructor(readonly model: string) {
    const { system } = new SimulatedDevice({ model }).data as Json;
    const { mic_type, type, dev_name, hw_ver, model: deviceModel } = system.sysinfo as Record<string, string>;
    super(describeProduct(mic_type ?? type ?? "", deviceModel ?? "", dev_name ?? "", hw_ver ?? ""), `my ${model}`);
    const data: object = { alias: this.alias, deviceId: this.deviceId };
    this.#device = new SimulatedDevice({ model, data });
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    return this.ask(request);
  }

  /** Sends a request past the cloud. */
  ask(request: object): Json {
    const { response } = this.#device.processMessage(JSON.stringify(request), (text: string) => Buffer.from(text));
    return JSON.parse(String(response)) as Json;
  }

  /** Ends the effect of a light strip; this simulator has no method for it, and a colour does not end it. */
  endEffect(): void {
    const { system } = this.#device.data as Json;
    if (system.sysinfo.lighting_effect_state) system.sysinfo.lighting_effect_state.enable = 0;
  }

  get sysinfo(): Json {
    return this.ask({ system: { get_sysinfo: {} } })["system"].get_sysinfo as Json;
  }

  get on(): boolean {
    const { relay_state, light_state, children } = this.sysinfo;
    return [relay_state, light_state?.on_off].includes(1) || (children ?? []).some((one: Json) => one["state"] === 1);
  }

  get outlets(): boolean[] {
    return (this.sysinfo["children"] as Json[]).map((child) => child["state"] === 1);
  }

  get light(): Json {
    return this.sysinfo["light_state"] as Json;
  }
}

/** A client of a cloud whose only device is of this model. */
export async function setUp(model: string) {
  const { cloud, client } = await setUpClient();
  const device = new IndependentDevice(model);
  cloud.devices.splice(0, cloud.devices.length, device);
  const { control } = client;
  const { alias } = device;
  return {
    client,
    device,
    commandCount: (): number => cloud.calls("passthrough"),
    state: () => control.state(alias, "", {}),
    setById: (value: unknown): Promise<DeviceState> => control.set(device.deviceId, "", parseSetting(value), {}),
    set: (value: unknown, outlet: string | number = ""): Promise<DeviceState> =>
      control.set(alias, String(outlet), parseSetting(value), {}),
    energy: (outlet: string | number = "") => control.energy(alias, String(outlet), {}),
    history: (value: unknown, outlet: string | number = "") =>
      control.history(alias, String(outlet), parseHistoryQuery(value), {}),
    countdown: (value: unknown, outlet: string | number = "") =>
      control.countdown(alias, String(outlet), parseCountdown(value), {}),
    schedule: (value: unknown, outlet: string | number = "") =>
      control.schedule(alias, String(outlet), parseScheduleChange(value), {}),
    reboot: () => control.reboot(alias, "", {}),
    raw: (command: object) => control.raw(alias, "", command, {}),
  };
}
