import type { ChangeEvent } from "../../polling/types";
import type { Device, DeviceState } from "./device";

/** What is known of a device that somebody watches, or of one outlet of it. */
export interface DeviceSnapshot {
  /** Its line in the list. */
  device: Device;
  /** Whether it is an outlet; then `state` is the strip's all the same. */
  isOutlet: boolean;
  /** Undefined as long as nobody could tell. */
  online: boolean | undefined;
  /** The last state, kept while it is offline. */
  state?: DeviceState | undefined;
}

/**
 * What it means for a flow that `before` has become `after`; undefined = not in the account.
 * What comes from nowhere tells its first state; what comes back tells also what has changed meanwhile.
 */
export function diffDevice(
  before: DeviceSnapshot | undefined,
  after: DeviceSnapshot | undefined,
  id: string,
): ChangeEvent[] {
  const { isOutlet } = (after ?? before) as DeviceSnapshot;
  const previous = before?.state ?? null;
  if (!after || after.online === false) {
    const gone = before ? before.online : true;
    return gone && !isOutlet ? [ofDevice("offline", (after ?? before) as DeviceSnapshot, id, previous, null)] : [];
  }
  const { state: current, device } = after;
  if (!after.online || !current) return [];

  const back = before?.online === false && !isOutlet ? [ofDevice("online", after, id, null, current)] : [];
  // What nobody could tell of says nothing by being known at last.
  if (before && !previous) return back;
  const changes = isOutlet ? ofOutlet(previous, current, id) : ofState(previous, current, id);
  // One that has been renamed is still found by its old names, this once.
  const also = [device.deviceId, device.alias, current.alias, ...(previous ? [previous.alias] : [])];
  return [...back, ...changes.map((change) => ({ ...change, aliases: [...also, ...(change.aliases ?? [])] }))];
}

type State = DeviceState | null;

// A strip that goes takes its outlets with it, so it is news for those who watch one of them.
function ofDevice(
  event: string,
  { device, state }: DeviceSnapshot,
  id: string,
  previous: State,
  current: State,
): ChangeEvent {
  const outlets = state?.outlets?.flatMap((outlet) => [outlet.id, outlet.alias]) ?? [];
  return { event, id, name: state?.alias ?? device.alias, current, previous, aliases: [device.alias, ...outlets] };
}

/** What counts as `changed`: how strong the Wi-Fi is does not. */
const ATTRIBUTES = ["alias", "brightness", "hue", "saturation", "colorTemp", "led"] as const;

// A strip is not switched itself, its outlets are. What a device tells only now and then has not changed when it is left out.
function ofState(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const told = { id, name: current.alias, current, previous };
  const isSwitched = !current.outlets && previous?.on !== current.on;
  const isAltered = ATTRIBUTES.some((name) => {
    const [was, is] = [previous?.[name], current[name]];
    return was !== undefined && is !== undefined && was !== is;
  });
  return [
    ...(isSwitched ? [{ event: word(current.on), ...told }] : []),
    ...(isAltered ? [{ event: "changed", ...told }] : []),
  ];
}

function ofOutlet(previous: State, current: DeviceState, id: string): ChangeEvent[] {
  const [was, is] = [previous, current].map((state) => state?.outlets?.find((outlet) => outlet.id === id));
  if (!is) return [];
  const name = is.alias || `${current.alias} ${current.outlets?.indexOf(is)}`;
  const told = { id, name, current, previous, aliases: was ? [was.alias] : [] };
  return [
    ...(was?.on === is.on ? [] : [{ event: word(is.on), ...told }]),
    ...(was && was.alias !== is.alias ? [{ event: "changed", ...told }] : []),
  ];
}

const word = (on: boolean): string => (on ? "on" : "off");
