import type { ChangeEvent } from "../../polling/types";
import type { Device, DeviceState } from "../device";

/** A polled device, or one outlet of it. */
export interface DeviceSnapshot {
  /** Its entry in the list. */
  device: Device;
  /** Whether it is an outlet; `state` is that of the whole strip all the same. */
  isOutlet: boolean;
  /** Undefined until the first response. */
  online: boolean | undefined;
  /** The last state, kept while the device is offline. */
  state?: DeviceState | undefined;
}

/**
 * The events between two snapshots of a device; undefined = not in the account.
 * A new device emits its first state. A device that comes back online emits what has changed meanwhile, too.
 */
export function diffDevice(
  before: DeviceSnapshot | undefined,
  after: DeviceSnapshot | undefined,
  id: string,
): ChangeEvent[] {
  const snapshot = (after ?? before) as DeviceSnapshot;
  const { isOutlet } = snapshot;
  const previous = before?.state ?? null;
  if (!after || after.online === false) {
    const wasOnline = before ? before.online : true;
    return wasOnline && !isOutlet ? [deviceEvent("offline", snapshot, id, previous, null)] : [];
  }
  const { state: current, device } = after;
  if (!after.online || !current) return [];

  const online = before?.online === false && !isOutlet ? [deviceEvent("online", after, id, null, current)] : [];
  // The first state of a device that was listed before is no change.
  if (before && !previous) return online;
  const changes = isOutlet ? outletEvents(previous, current, id) : stateEvents(previous, current, id);
  // Filters that hold the old name of a renamed device match this event for the last time.
  const deviceNames = [device.deviceId, device.alias, current.alias, ...(previous ? [previous.alias] : [])];
  return [...online, ...changes.map((change) => ({ ...change, aliases: [...deviceNames, ...(change.aliases ?? [])] }))];
}

type State = DeviceState | null;

// The outlets of a strip go offline with it, so filters that name an outlet match the strip's event.
function deviceEvent(
  event: string,
  { device, state }: DeviceSnapshot,
  id: string,
  previous: State,
  current: State,
): ChangeEvent {
  const outletNames = state?.outlets?.flatMap((outlet) => [outlet.id, outlet.alias]) ?? [];
  return { event, id, name: state?.alias ?? device.alias, current, previous, aliases: [device.alias, ...outletNames] };
}

/** The properties whose changes are emitted as `changed`; the strength of the Wi-Fi signal is not one of them. */
const PROPERTIES = ["alias", "brightness", "hue", "saturation", "colorTemp", "effect", "led"] as const;

// A strip itself is not switched, its outlets are. Some devices report a property only now and then: leaving it out is no change.
function stateEvents(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const change = { id, name: current.alias, current, previous };
  const isSwitched = !current.outlets && previous?.on !== current.on;
  const isAltered = PROPERTIES.some((name) => {
    const [before, after] = [previous?.[name], current[name]];
    return before !== undefined && after !== undefined && before !== after;
  });
  return [
    ...(isSwitched ? [{ event: switchEvent(current.on), ...change }] : []),
    ...(isAltered ? [{ event: "changed", ...change }] : []),
  ];
}

function outletEvents(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const [before, after] = [previous, current].map((state) => state?.outlets?.find((outlet) => outlet.id === id));
  if (!after) return [];
  const name = after.alias || `${current.alias} ${current.outlets?.indexOf(after)}`;
  const change = { id, name, current, previous, aliases: before ? [before.alias] : [] };
  return [
    ...(before?.on === after.on ? [] : [{ event: switchEvent(after.on), ...change }]),
    ...(before && before.alias !== after.alias ? [{ event: "changed", ...change }] : []),
  ];
}

const switchEvent = (on: boolean): string => (on ? "on" : "off");
