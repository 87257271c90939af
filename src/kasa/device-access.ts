import type { Clock } from "../core/clock";
import type { KasaApi } from "./cloud/api";
import type { KasaSettings } from "./cloud/settings";
import { CloudDeviceList, FallbackDeviceList, LocalDeviceList, type DeviceList } from "./devices/device-list";
import type { Reach } from "./local-settings";
import { CloudPassthrough } from "./transports/cloud-passthrough";
import { Clouds } from "./transports/clouds";
import type { DeviceTransport } from "./transports/device-transport";
import { LocalFirst } from "./transports/local-first";
import { LocalCredentials } from "./transports/local/credentials";
import { LocalDiscovery, type DiscoveryOptions } from "./transports/local/discovery";
import { identifyHost } from "./transports/local/identify-host";
import { LocalTransport } from "./transports/local/local-transport";
import type { Identify } from "./transports/local/silent-hosts";
import type { ThingCloud } from "./transports/tapo-cloud/thing-cloud";

/** In which way the devices are reached. */
export interface ReachSettings {
  /** Default: `cloud`. */
  reach?: Reach;
  /** Addresses and names of devices that broadcasts do not reach. */
  hosts?: readonly string[];
  /** For one attempt on the local network. */
  localTimeoutMs?: number;
  /** Where devices are searched for, if it is not everywhere on the local network. */
  discovery?: Pick<DiscoveryOptions, "broadcast" | "ports">;
}

/** Where the list of devices comes from, and how commands reach them. */
export interface DeviceAccess {
  list: DeviceList;
  transport: DeviceTransport;
  /** Searches in the background until it is closed. */
  discovery?: LocalDiscovery;
  /** Ends everything that goes on or is kept open on the local network. */
  close?: () => void;
}

/** A device at home responds much sooner; a longer wait would only delay the way through the cloud. */
const MAX_LOCAL_TIMEOUT_MS = 5000;

/**
 * @param api left out if no cloud is asked for anything
 * @param second the cloud of Tapo devices, if there is one for this account
 */
export function createDeviceAccess(
  { reach = "cloud", email, password, ...settings }: KasaSettings & ReachSettings,
  api: KasaApi | undefined,
  second: ThingCloud | undefined,
  clock: Clock,
): DeviceAccess {
  const cloud = api && {
    list: second?.merge(api) ?? api,
    transport: new Clouds(new CloudPassthrough(api, clock, second?.transport), second),
  };
  if (cloud && reach === "cloud") return { list: new CloudDeviceList(cloud.list), transport: cloud.transport };
  const { hosts = [], localTimeoutMs = MAX_LOCAL_TIMEOUT_MS } = settings;
  const credentials = new LocalCredentials(email, password);
  const timeoutMs = Math.min(localTimeoutMs, MAX_LOCAL_TIMEOUT_MS);
  const identify: Identify = (target, signal) => identifyHost(target, { credentials, timeoutMs, clock }, signal);
  const discovery = new LocalDiscovery({ clock, hosts, identify, ...settings.discovery });
  discovery.start();
  const local = new LocalTransport({ discovery, credentials, timeoutMs, clock, waitsForDiscovery: !cloud });
  const close = (): void => {
    discovery.close();
    local.close();
  };
  const localList = new LocalDeviceList(discovery, local);
  if (!cloud) return { list: localList, transport: local, discovery, close };
  return {
    list: new FallbackDeviceList(new CloudDeviceList(cloud.list, discovery), localList),
    transport: new LocalFirst(local, cloud.transport, clock),
    discovery,
    close,
  };
}
