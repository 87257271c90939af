import { abortable } from "../../core/abort";
import { setOperation, type CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import { parseListedDevice } from "../cloud/listed-device";
import type { Device } from "../device";
import { SYSINFO_COMMAND } from "../protocols/iot/commands";
import { parseSysinfo } from "../protocols/iot/device-response";
import { detectFamily } from "../protocols/iot/families";
import type { DeviceTransport } from "../transports/device-transport";
import type { LocalDiscovery } from "../transports/local/discovery";
import type { LocalEndpoint } from "../transports/local/endpoint";
import { macOf } from "../transports/local/local-transport";

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
    return (await this.#cloud.fetchDevices(options)).map((device) => {
      const isLocal = device.supported && this.#discovery?.find(macOf(device)) !== undefined;
      const reach = [...(device.supported ? ["cloud"] : []), ...(isLocal ? ["local"] : [])];
      return { ...device, online: device.online || isLocal, protocol: protocolOf(device.deviceType), reach };
    });
  }
}

/** The devices that answer on the local network. */
export class LocalDeviceList implements DeviceList {
  readonly #discovery: LocalDiscovery;
  readonly #transport: DeviceTransport;

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
    if (endpoint.protocol !== "iot") return { ...device, supported: false, reach: [] };
    try {
      const sysinfo = parseSysinfo(await this.#transport.send(device, SYSINFO_COMMAND, "read", { signal }));
      const { deviceId = device.deviceId, alias = device.alias } = sysinfo ?? {};
      return { ...device, deviceId, alias, kind: sysinfo ? detectFamily(sysinfo, device.kind).kind : device.kind };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      return { ...device, online: !isPlatformError(error, "offline", "network", "timeout") };
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

function protocolOf(deviceType: string): "iot" | "smart" {
  return /^SMART\./i.test(deviceType) ? "smart" : "iot";
}

function fromEndpoint({ mac, deviceType, model, protocol, ...endpoint }: LocalEndpoint): Device {
  const { deviceId = mac.replaceAll("-", ""), alias = "" } = endpoint;
  const listed = {
    deviceId,
    deviceType,
    deviceModel: model,
    deviceName: "",
    alias,
    appServerUrl: undefined,
    status: 1,
  };
  return { ...parseListedDevice(listed), deviceMac: mac.replaceAll("-", ""), protocol, reach: ["local"] };
}
