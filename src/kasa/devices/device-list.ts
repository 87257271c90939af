import { abortable } from "../../core/abort";
import { setOperation, type CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import { parseListedDevice } from "../cloud/listed-device";
import { isReadable, isSmart, type Device } from "../device";
import { protocolOf } from "../protocols/protocols";
import type { DeviceTransport } from "../transports/device-transport";
import type { LocalDiscovery } from "../transports/local/discovery";
import type { LocalEndpoint } from "../transports/local/endpoint";
import { macOf } from "../transports/local/local-transport";

/** More devices than anybody has. */
const MAX_TOLD = 1000;

/** Knows which devices there are. */
export interface DeviceList {
  /** Fetches the devices. The caller may change them. */
  fetchDevices(options: CallOptions): Promise<Device[]>;
}

/** The devices that the cloud lists, and in which ways each of them can be reached. */
export class CloudDeviceList implements DeviceList {
  readonly #cloud: DeviceList;
  readonly #discovery: LocalDiscovery | undefined;

  constructor(cloud: DeviceList, discovery?: LocalDiscovery) {
    this.#cloud = cloud;
    this.#discovery = discovery;
  }

  async fetchDevices(options: CallOptions): Promise<Device[]> {
    const discovery = this.#discovery;
    return (await this.#cloud.fetchDevices(options)).map((device) => {
      // What the cloud cannot reach may be found on the local network, also after this.
      const supported = device.supported || (discovery !== undefined && isSmart(device) && isKnownKind(device));
      const endpoint = discovery?.find(macOf(device));
      const isLocal =
        supported && endpoint !== undefined && isSpokenTo(endpoint) && discovery?.isPresent(endpoint) === true;
      const reach = [...(device.supported ? ["cloud"] : []), ...(isLocal ? ["local"] : [])];
      return { ...device, online: device.online || isLocal, supported, protocol: protocolName(device), reach };
    });
  }
}

/** The devices that answer on the local network. */
export class LocalDeviceList implements DeviceList {
  readonly #discovery: LocalDiscovery;
  readonly #transport: DeviceTransport;
  /** What devices have told about themselves, by MAC: one that fails for once must not seem to be another one. */
  readonly #told = new Map<string, Pick<Device, "deviceId" | "alias" | "kind">>();

  constructor(discovery: LocalDiscovery, transport: DeviceTransport) {
    this.#discovery = discovery;
    this.#transport = transport;
  }

  async fetchDevices(options: CallOptions): Promise<Device[]> {
    setOperation("discovery", options);
    await abortable(this.#discovery.scan(), options.signal);
    return Promise.all(this.#discovery.list().map((endpoint) => this.#describe(endpoint, options)));
  }

  // Newer devices tell their name and the ID of the cloud only after a handshake.
  async #describe(endpoint: LocalEndpoint, { signal }: CallOptions): Promise<Device> {
    const device = fromEndpoint(endpoint);
    if (!isReadable(device)) return device;
    try {
      const reported = await protocolOf(device).fetch(device, (command, effect) =>
        this.#transport.send(device, command, effect, { signal, isRecurring: true }),
      );
      const { deviceId = device.deviceId, alias = device.alias, state } = reported;
      if (this.#told.size >= MAX_TOLD) this.#told.clear();
      const told = { deviceId, alias, kind: state.kind };
      this.#told.set(endpoint.mac, told);
      return { ...device, ...told };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      return {
        ...device,
        ...this.#told.get(endpoint.mac),
        online: !isPlatformError(error, "offline", "network", "timeout"),
      };
    }
  }
}

/** What the cloud lists, or where it cannot be reached, what answers on the local network. */
export class FallbackDeviceList implements DeviceList {
  readonly #cloud: DeviceList;
  readonly #local: DeviceList;

  constructor(cloud: DeviceList, local: DeviceList) {
    this.#cloud = cloud;
    this.#local = local;
  }

  async fetchDevices(options: CallOptions): Promise<Device[]> {
    try {
      return await this.#cloud.fetchDevices(options);
    } catch (error) {
      if (!isPlatformError(error, "network", "timeout")) throw error;
      const devices = await this.#local.fetchDevices(options);
      if (devices.length === 0) throw error;
      return devices;
    }
  }
}

function protocolName(device: Device): "iot" | "smart" {
  return isSmart(device) ? "smart" : "iot";
}

function isKnownKind({ kind }: Device): boolean {
  return kind !== "camera" && kind !== "other";
}

// The others are found, but have to be allowed by their owner, or speak another language.
function isSpokenTo({ envelope }: LocalEndpoint): boolean {
  return envelope !== "tpap" && envelope !== "unknown";
}

function fromEndpoint(endpoint: LocalEndpoint): Device {
  const { mac, deviceType, model, deviceId = mac.replaceAll("-", ""), alias = "" } = endpoint;
  const device = parseListedDevice({
    deviceId,
    deviceType,
    deviceModel: model,
    deviceName: "",
    alias,
    appServerUrl: undefined,
    status: 1,
  });
  return {
    ...device,
    deviceMac: mac.replaceAll("-", ""),
    supported: device.supported || (isSmart(device) && isKnownKind(device) && endpoint.envelope !== "unknown"),
    protocol: protocolName(device),
    reach: isSpokenTo(endpoint) ? ["local"] : [],
  };
}
