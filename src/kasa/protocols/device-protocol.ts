import type { Effect } from "../../http/retry";
import type { Device, DeviceState, Energy, Outlet, Sensor } from "../device";
import type { DeviceSetting } from "../device-setting";

/** Sends a command to a device, and returns the device's own response, errors in it included. */
export type Send = (command: object, effect: Effect) => Promise<Readonly<Record<string, unknown>>>;

/** A device as it last reported itself. It never changes: what it is told makes a new one. */
export interface ReportedDevice {
  /** As the cloud calls it; undefined if it does not tell. */
  readonly deviceId: string | undefined;
  /** The name that its owner gave it; undefined if it does not tell. */
  readonly alias: string | undefined;
  /** Undefined if it has none. */
  readonly outlets: readonly Outlet[] | undefined;
  /** What is connected to a hub; undefined if it is none. */
  readonly sensors?: readonly Sensor[] | undefined;
  /** @throws `unsupported` for a device that is nothing that can be switched or read */
  readonly state: DeviceState;
  /** Whether what has to be sent depends on what it does at present, and not only on what it is. */
  dependsOnPresent(setting: DeviceSetting): boolean;
  /**
   * @param outlet undefined = the whole device
   * @returns the device as it is afterwards
   * @throws `unsupported` or `input`, before anything is set, if the device cannot do it
   */
  set(setting: DeviceSetting, outlet: Outlet | undefined, send: Send): Promise<ReportedDevice>;
  /**
   * Reads one meter.
   * @param asksAlias asks for the alias in the same request, if that is possible
   * @throws `unsupported` for a device without a meter
   */
  energy(outlet: Outlet | undefined, send: Send, asksAlias: boolean): Promise<MeterReading>;
  reboot(send: Send): Promise<void>;
}

export interface MeterReading {
  energy: Energy;
  alias?: string | undefined;
}

/** What devices of one kind understand, whatever carries it to them. */
export interface DeviceProtocol {
  /** @throws `unsupported`, without a request, for what no device of its type has */
  checkSetting(setting: DeviceSetting, device: Device): void;
  /** @param last what the device reported before */
  fetch(device: Device, send: Send, last?: ReportedDevice): Promise<ReportedDevice>;
  /** A command that a flow has written itself, as it is sent. */
  toRawCommand(command: Readonly<Record<string, unknown>>, outlet: Outlet | undefined): object;
}
