import { abortable } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { PlatformError } from "../core/errors";
import { KeyedQueue } from "../core/keyed-queue";
import type { Transport } from "../http/transport";
import { SessionState } from "../session/session-state";
import { KasaApi } from "./cloud/api";
import type { Account, KasaToken } from "./cloud/schemas";
import type { KasaSettings } from "./cloud/settings";
import { isReadable, type Device, type DeviceState } from "./device";
import { createDeviceAccess, type DeviceAccess, type ReachSettings } from "./device-access";
import { DeviceControl } from "./devices/device-control";
import { DeviceDirectory } from "./devices/device-directory";
import { openThingCloud, type ThingCloud, type ThingSettings } from "./transports/tapo-cloud/thing-cloud";

export type { KasaSettings } from "./cloud/settings";

/** A device with its state, or with the reason why the state is missing. */
export type DeviceWithState = Device & {
  state?: DeviceState | null;
  stateError?: { code: string; message: string };
};

/** One for the whole process: several config nodes may reach the same device. */
const deviceQueue = new KeyedQueue("this device");

/** An account of Kasa's cloud and its devices. */
export class KasaClient {
  /** Left out if no cloud is asked. */
  readonly #api: KasaApi | undefined;
  readonly #second: ThingCloud | undefined;
  readonly #access: DeviceAccess;
  readonly directory: DeviceDirectory;
  readonly control: DeviceControl;

  /**
   * @param state of an earlier client with the same credentials
   * @param thingState the same for the second cloud, if it wants a session of its own
   * @throws `config` if there is nothing to sign in with
   */
  constructor(
    settings: KasaSettings & ReachSettings & ThingSettings,
    transport: Transport,
    clock: Clock,
    state: SessionState = new SessionState(),
    thingState: SessionState = new SessionState(),
  ) {
    if (settings.reach !== "local") {
      this.#api = new KasaApi(settings, transport, clock, state as SessionState<KasaToken>);
      this.#second = openThingCloud(settings, this.#api, transport, clock, thingState as SessionState<KasaToken>);
    }
    this.#access = createDeviceAccess(settings, this.#api, this.#second, clock);
    this.directory = new DeviceDirectory(this.#access.list, clock, this.isLocal);
    this.control = new DeviceControl(this.directory, this.#access.transport, deviceQueue, clock);
  }

  /** Whether no cloud is asked for anything. */
  get isLocal(): boolean {
    return this.#api === undefined;
  }

  /**
   * Returns the live session, or signs in.
   * @param force signs in in any case, even if the cloud has refused the credentials before
   * @returns the result of the cloud, and whether the session existed already
   */
  async signIn(force: boolean, options: CallOptions = {}): Promise<{ account: Account; reused: boolean }> {
    if (force) this.#second?.clearRefusals();
    if (this.#api) return this.#api.signIn(force, options);
    throw new PlatformError(
      "unsupported",
      "The account is set to the local network only, where nobody signs in to the cloud. Change its reach, or leave this node out.",
    );
  }

  /** Fetches the devices of the account, as the cloud lists them, or as they answer on the local network. The caller may change them. */
  devices(options: CallOptions = {}): Promise<Device[]> {
    return this.#access.list.fetchDevices(options);
  }

  /** Fetches the devices, each of them with its state if it is online and supported. One that fails has a `stateError`. */
  async devicesWithState(options: CallOptions = {}): Promise<DeviceWithState[]> {
    const devices = await this.devices(options);
    const withStates = await Promise.all(devices.map((device) => this.#withState(device, options)));
    // Each device has ways of its own.
    if (options.trace) delete options.trace.details["via"];
    return withStates;
  }

  /** Searches the local network, for three seconds; does nothing where every device is reached through a cloud. */
  async searchNetwork({ signal }: CallOptions = {}): Promise<void> {
    const { discovery } = this.#access;
    if (discovery) await abortable(discovery.scan(), signal);
  }

  /** How many devices on the local network accept nobody but TP-Link's own app; undefined where none is searched for. */
  get refusingDevices(): number | undefined {
    return this.#access.discovery?.list().filter(({ envelope }) => envelope === "tpap").length;
  }

  /** Aborts a sign-in in progress; the cloud's session stays. */
  close(): void {
    this.#api?.close();
    this.#second?.close();
    this.#access.close?.();
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
