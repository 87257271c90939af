import type { ChangeEvent } from "../../polling/types";
import type { Device, DeviceState, Press, Sensor } from "../device";
import { partNames } from "./device-lookup";

/** A polled device, or one outlet or sensor of it. */
export interface DeviceSnapshot {
  /** Its entry in the list. */
  device: Device;
  /** What of the device it is; `state` is that of the whole strip or hub all the same. Undefined = the device itself. */
  part?: "outlet" | "sensor";
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
  const { part } = snapshot;
  const previous = before?.state ?? null;
  if (!after || after.online === false) {
    const wasOnline = before ? before.online : true;
    return wasOnline && !part ? [deviceEvent("offline", snapshot, id, previous, null)] : [];
  }
  const { state: current, device } = after;
  if (!after.online || !current) return [];

  const online = before?.online === false && !part ? [deviceEvent("online", after, id, null, current)] : [];
  // The first state of a device that was listed before is no change.
  if (before && !previous) return online;
  const changes = EVENTS[part ?? "device"](previous, current, id);
  // Filters that hold the old name of a renamed device match this event for the last time.
  const deviceNames = [device.deviceId, device.alias, current.alias, ...(previous ? [previous.alias] : [])];
  return [...online, ...changes.map((change) => ({ ...change, aliases: [...deviceNames, ...(change.aliases ?? [])] }))];
}

type State = DeviceState | null;

const EVENTS = { device: stateEvents, outlet: outletEvents, sensor: sensorEvents } as const;

// The outlets of a strip go offline with it, so filters that name an outlet match the strip's event.
function deviceEvent(
  event: string,
  { device, state }: DeviceSnapshot,
  id: string,
  previous: State,
  current: State,
): ChangeEvent {
  const names = state ? partNames(state) : [];
  return { event, id, name: state?.alias ?? device.alias, current, previous, aliases: [device.alias, ...names] };
}

/** The properties whose changes are emitted as `changed`; the strength of the Wi-Fi signal is not one of them. */
const PROPERTIES = ["alias", "brightness", "fanSpeed", "hue", "saturation", "colorTemp", "effect", "led"] as const;

// A strip itself is not switched, its outlets are.
function stateEvents(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const change = { id, name: current.alias, current, previous };
  const isSwitched = !current.outlets && previous?.on !== current.on;
  const isAltered = PROPERTIES.some((name) => differs(previous?.[name], current[name]));
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
  const isAltered = (["alias", "brightness", "fanSpeed"] as const).some((property) =>
    differs(before?.[property], after[property]),
  );
  // Told only of one that its hub does not hear.
  const hasChangedContact = before?.online !== after.online;
  return [
    ...(before?.on === after.on ? [] : [{ event: switchEvent(after.on), ...change }]),
    ...(before && (isAltered || hasChangedContact) ? [{ event: "changed", ...change }] : []),
    ...(after.batteryLow && !before?.batteryLow ? [{ event: "low-battery", ...change }] : []),
  ];
}

/** What a sensor reports; how full its battery is changes too often to tell anything. */
const READINGS = [
  "name",
  "online",
  "temperatureC",
  "targetTemperatureC",
  "heating",
  "humidity",
  "open",
  "motion",
  "leak",
] as const;

// The event is about the sensor alone: the state of the hub holds all the others as well.
function sensorEvents(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const [before, after] = [previous, current].map((state) => state?.sensors?.find((sensor) => sensor.id === id));
  if (!after) return [];
  const change = {
    id,
    name: after.name,
    current: after,
    previous: before ?? null,
    aliases: before ? [before.name] : [],
  };
  const isAltered = !before || READINGS.some((name) => isOther(before[name], after[name]));
  return [
    ...(isAltered ? [{ event: "sensor", ...change }] : []),
    ...newPresses(before, after).map(({ event: button, at }) => ({
      event: "sensor",
      ...change,
      current: { ...after, button },
      at,
      transient: true,
    })),
    ...(after.batteryLow === true && before?.batteryLow !== true ? [{ event: "low-battery", ...change }] : []),
  ];
}

// The numbers of a log begin anew after a change of the battery.
function newPresses(before: Sensor | undefined, after: Sensor): Press[] {
  if (!before?.presses || !after.presses) return [];
  const known = new Set(before.presses.map(({ id, at }) => `${id} ${at}`));
  const [{ at: lastAt } = { at: "" }] = before.presses;
  return after.presses.filter(({ id, at }) => at >= lastAt && !known.has(`${id} ${at}`)).toReversed();
}

// What a sensor reports for the first time is news: it may have been connected a moment ago.
function isOther(before: unknown, after: unknown): boolean {
  return after !== undefined && before !== after;
}

// Some devices report a property only now and then, and not in every way that they are reached: leaving it out is no change.
function differs(before: unknown, after: unknown): boolean {
  return before !== undefined && after !== undefined && before !== after;
}

const switchEvent = (on: boolean): string => (on ? "on" : "off");
