import { abortable } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Device } from "../device";
import type { DeviceDirectory } from "./device-directory";

/** Finds the devices of calls. No call overtakes an earlier one for the same name that has to wait for the list. */
export class LookupOrder {
  readonly #directory: DeviceDirectory;
  /** By name: resolves when the call that waits for the list has started. */
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(directory: DeviceDirectory) {
    this.#directory = directory;
  }

  /**
   * Starts a call with the device that has a name.
   * @param call takes its place among the calls to the device before it waits for anything
   * @throws what `DeviceDirectory.find` throws; what the call throws
   */
  async start<T>(name: string, options: CallOptions, call: (device: Device) => Promise<T>): Promise<T> {
    for (let earlier = this.#waiting.get(name); earlier; earlier = this.#waiting.get(name))
      await abortable(earlier, options.signal);
    const listed = this.#directory.findListed(name);
    if (listed) return call(listed);
    let onStarted: (() => void) | undefined;
    this.#waiting.set(name, new Promise((resolve) => (onStarted = resolve)));
    try {
      const device = await this.#directory.find(name, options);
      return call(device);
    } finally {
      this.#waiting.delete(name);
      onStarted?.();
    }
  }
}
