import type { Effect } from "../../http/retry";
import type { Countdown, CountdownSetting } from "../countdown";
import type { Device, DeviceState, Energy, Outlet, Sensor } from "../device";
import type { DeviceSetting } from "../device-setting";
import type { HistoryQuery, HistoryRow } from "../history";
import type { Schedule } from "../schedule";
import type { Property } from "./supported";

/** Sends a command to a device, and returns the device's own response, errors in it included. */
export interface Send {
  (command: object, effect: Effect): Promise<Readonly<Record<string, unknown>>>;
  /** The same over the local network, or not at all: see `DeviceTransport`. */
  locally?: (command: object, effect: Effect) => Promise<Readonly<Record<string, unknown>> | undefined>;
}

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
   * @param nowMs milliseconds since 1970, from the clock of this machine
   * @throws `unsupported` for a device without a meter
   */
  energy(outlet: Outlet | undefined, send: Send, asksAlias: boolean, nowMs: number): Promise<MeterReading>;
  reboot(send: Send): Promise<void>;
  /**
   * Reads what it has counted.
   * @param outlet undefined = the device, or all of its outlets together
   * @param nowMs milliseconds since 1970, from the clock of this machine
   * @throws `unsupported` for a device without a meter; `input` for a range that is empty or too long
   */
  history(query: HistoryQuery, outlet: Outlet | undefined, send: Send, nowMs: number): Promise<HistoryRow[]>;
  /**
   * @param setting null = no countdown shall run; undefined = it is only read
   * @throws `input` for a strip without an outlet
   */
  countdown(
    setting: CountdownSetting | null | undefined,
    outlet: Outlet | undefined,
    send: Send,
  ): Promise<CountingDevice>;
  /**
   * @param enabled whether its rules shall be carried out; undefined = they are only read
   * @throws `input` for a strip without an outlet
   */
  schedule(enabled: boolean | undefined, outlet: Outlet | undefined, send: Send): Promise<Schedule>;
  /** What belongs to its state, but is told only if it is asked for by itself. */
  details(send: Send): Promise<Pick<DeviceState, "presets">>;
  /** What it can do. */
  abilities(send: Send): Promise<Abilities>;
}

/** A device, and the countdown of it or of its outlet; null = none. */
export interface CountingDevice {
  device: ReportedDevice;
  countdown: Countdown | null;
}

/** What can be asked of a device, for whoever has to choose. */
export interface Abilities {
  commands: string[];
  /** The properties of a setting. */
  settings: readonly Property[];
  /** The names of its effects. */
  effects?: readonly string[] | undefined;
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
