import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { PlatformError } from "../core/errors";
import type { Transport } from "../http/transport";
import { SessionState } from "../session/session-state";
import { KasaApi } from "./cloud/api";
import type { Account, KasaToken } from "./cloud/schemas";
import type { KasaSettings } from "./cloud/settings";
import { isReadable, type Device, type DeviceState } from "./device";
import { DeviceControl } from "./devices/device-control";
import { DeviceDirectory } from "./devices/device-directory";
import { DeviceQueue } from "./devices/device-queue";
import { CloudPassthrough } from "./transports/cloud-passthrough";

export type { KasaSettings } from "./cloud/settings";

/** A device with its state, or with the reason why the state is missing. */
export type DeviceWithState = Device & {
  state?: DeviceState | null;
  stateError?: { code: string; message: string };
};

/** One for the whole process: several config nodes may reach the same device. */
const deviceQueue = new DeviceQueue();

/** An account of Kasa's cloud and its devices. */
export class KasaClient {
  readonly #api: KasaApi;
  readonly directory: DeviceDirectory;
  readonly control: DeviceControl;

  /**
   * @param state of an earlier client with the same credentials
   * @throws `config` if there is nothing to sign in with
   */
  constructor(settings: KasaSettings, transport: Transport, clock: Clock, state: SessionState = new SessionState()) {
    this.#api = new KasaApi(settings, transport, clock, state as SessionState<KasaToken>);
    this.directory = new DeviceDirectory(this.#api, clock);
    this.control = new DeviceControl(this.directory, new CloudPassthrough(this.#api), deviceQueue);
  }

  /**
   * Returns the live session, or signs in.
   * @param force signs in in any case, even if the cloud has refused the credentials before
   * @returns the result of the cloud, and whether the session existed already
   */
  signIn(force: boolean, options: CallOptions = {}): Promise<{ account: Account; reused: boolean }> {
    return this.#api.signIn(force, options);
  }

  /** Fetches the devices of the account, as the cloud lists them. The caller may change them. */
  devices(options: CallOptions = {}): Promise<Device[]> {
    return this.#api.fetchDevices(options);
  }

  /** Fetches the devices, each of them with its state if it is online and supported. One that fails has a `stateError`. */
  async devicesWithState(options: CallOptions = {}): Promise<DeviceWithState[]> {
    const devices = await this.devices(options);
    return Promise.all(devices.map((device) => this.#withState(device, options)));
  }

  /** Aborts a sign-in in progress; the cloud's session stays. */
  close(): void {
    this.#api.close();
  }

  async #withState(device: Device, options: CallOptions): Promise<DeviceWithState> {
    if (!device.online || !isReadable(device)) return device;
    try {
      return { ...device, state: await this.control.fetchState(device, options) };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      return { ...device, state: null, stateError: { code: error.code, message: error.message } };
    }
  }
}
