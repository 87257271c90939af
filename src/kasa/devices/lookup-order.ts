import { abortable } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Device } from "../device";
import type { DeviceDirectory } from "./device-directory";
import { normalizeName } from "./device-lookup";

/** Finds the devices of calls. No call overtakes an earlier one for the same name that has to wait for the list. */
export class LookupOrder {
  readonly #directory: DeviceDirectory;
  /** By name: resolves when the last call that waits, and all before it, have started or failed. */
  readonly #waiting = new Map<string, Promise<unknown>>();

  constructor(directory: DeviceDirectory) {
    this.#directory = directory;
  }

  /**
   * Starts a call with the device that has a name.
   * @param call takes its place among the calls to the device before it waits for anything
   * @throws what `DeviceDirectory.find` throws; what the call throws
   */
  async start<T>(name: string, options: CallOptions, call: (device: Device) => Promise<T>): Promise<T> {
    const key = normalizeName(name);
    const earlier = this.#waiting.get(key);
    const listed = earlier ? undefined : this.#directory.findListed(name);
    if (listed) return call(listed);
    // Looked for at once, so that all who wait share one request for the list, also where it fails.
    const found = this.#directory.find(name, options);
    found.catch(() => undefined);
    let onStarted: (() => void) | undefined;
    const started = Promise.all([earlier, new Promise<void>((resolve) => (onStarted = resolve))]);
    this.#waiting.set(key, started);
    try {
      if (earlier) await abortable(earlier, options.signal);
      const device = await found;
      return call(device);
    } finally {
      if (this.#waiting.get(key) === started) this.#waiting.delete(key);
      onStarted?.();
    }
  }
}
