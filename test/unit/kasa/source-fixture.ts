import type { DeviceSnapshot } from "../../../src/kasa/devices/device-events";
import { DeviceSource } from "../../../src/kasa/devices/device-source";
import type { ChangeEvent } from "../../../src/polling/types";
import { FakeClock } from "../../support/fake-clock";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import type { CloudDevice } from "../../support/simulators/kasa/devices";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { createClient } from "./client-fixture";

export const MINUTE_MS = 60_000;

/** A cloud, and a source whose last snapshot is kept as the poll coordinator keeps it. */
export async function setUp() {
  const cloud = closeAfterTest(await KasaCloud.start());
  const clock = new FakeClock();
  // Retries wait for nothing; ages count by the fake clock.
  const impatientClock = { now: () => clock.now(), sleep: async () => {} };
  const { directory, control } = createClient(cloud, {}, { clock: impatientClock });
  const source = new DeviceSource(directory, control);

  let previous: ReadonlyMap<string, DeviceSnapshot> = new Map();
  /** Polls the source. @returns the events since the last successful poll */
  const poll = async (...names: string[]): Promise<ChangeEvent[]> => {
    const filter = names.length > 0 ? new Set(names.map((name) => name.toLowerCase())) : undefined;
    const current = await source.poll(filter, previous, {});
    const ids = new Set([...previous.keys(), ...current.keys()]);
    const events = [...ids].flatMap((id) => source.diff(previous.get(id), current.get(id), id));
    previous = current;
    return events;
  };
  return { cloud, clock, control, source, poll };
}

/** Each event with the name of what it is about. */
export const summarize = (events: ChangeEvent[]): string[] => events.map(({ event, name }) => `${event} ${name}`);

/** How many commands have reached a device. */
export const commandCount = (device: CloudDevice): number => device.commands.length;

/** Whether a request is addressed to a device. */
export const isFor =
  (device: CloudDevice) =>
  ({ body }: RecordedRequest): boolean =>
    body.includes(device.deviceId);

/** Makes the next poll of some devices fail, with all of its retries. */
export function failOnce(cloud: KasaCloud, ...devices: CloudDevice[]): void {
  for (const device of devices)
    cloud.server.injectFault({ kind: "response", status: 503 }, { times: 3, when: isFor(device) });
}
