import type { CallOptions } from "../../core/call-context";
import { isPlatformError, type PlatformError } from "../../core/errors";

/** One of the things that are watched together, such as a site. */
export interface Part {
  /** Distinguishes it from the others. */
  key: string;
  /** For the flow's owner. */
  name: string;
}

/** Reads parts one after the other, and goes on without those that cannot be read for reasons of their own. */
export class PartReader {
  readonly #failing = new Set<string>();

  /**
   * Reads each part. The log says once which of them are left out.
   * @throws the first error if none can be read, and any error that concerns all of them
   */
  async readEach<P extends Part>(
    parts: readonly P[],
    read: (part: P) => Promise<void>,
    { signal, warn, yieldSlot }: CallOptions,
  ): Promise<void> {
    const failures = new Map<P, PlatformError>();
    for (const part of parts) {
      try {
        await read(part);
        this.#failing.delete(part.key);
      } catch (error) {
        if (!isOfPart(error)) throw error;
        failures.set(part, error);
      }
      await yieldSlot?.();
      signal?.throwIfAborted();
    }
    if (failures.size > 0 && failures.size === parts.length) throw [...failures.values()][0];
    for (const [{ key, name }, { message }] of failures) {
      if (!this.#failing.has(key)) warn?.(`"${name}" is not watched at present. ${message}`);
      this.#failing.add(key);
    }
  }
}

// A site may be removed meanwhile, be denied to the application, have lost all devices, or lack what the others have.
function isOfPart(error: unknown): error is PlatformError {
  return isPlatformError(error, "not-found", "forbidden", "offline", "unsupported", "rejected");
}
