import type { CallOptions } from "../../../core/call-context";
import type { Clock } from "../../../core/clock";
import { isPlainObject } from "../../../core/encoding";
import { isPlatformError } from "../../../core/errors";
import { VersionConflictError } from "./errors";
import type { Shadow } from "./schemas";
import type { ThingAddress, ThingApi } from "./thing-api";
import type { Things } from "./things";

/** How long a device has to report what it was told, and how often it is looked at meanwhile. */
const MAX_CONFIRMATION_MS = 10_000;
const MIN_PAUSE_MS = 150;
const MAX_PAUSE_MS = 2000;

/** Changes shadows, and sees whether the devices follow. */
export class ShadowWriter {
  readonly #api: ThingApi;
  readonly #things: Things;
  readonly #clock: Clock;

  constructor(api: ThingApi, things: Things, clock: Clock) {
    this.#api = api;
    this.#things = things;
    this.#clock = clock;
  }

  /**
   * Tells a thing what to become, and waits a while until it reports that it is. `api.confirmed` says whether it does: the
   * response of the cloud only means that it knows the wish.
   * @param shadow as it is before
   * @returns the shadow as it was read last
   */
  async write(thing: ThingAddress, desired: object, shadow: Shadow, options: CallOptions): Promise<Shadow> {
    try {
      await this.#api.writeShadow(thing, desired, shadow.version + 1, options);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      // A report of the device itself raises the version as well. The number is that of the shadow, whoever changed it.
      await this.#api.writeShadow(thing, desired, error.currentVersion + 1, options);
    }
    const { isConfirmed, last } = await this.#confirm(thing, desired, shadow, options);
    const details = options.trace?.details;
    // Several writes of one message are confirmed together.
    if (details) details["confirmed"] = isConfirmed && details["confirmed"] !== false;
    return last;
  }

  async #confirm(
    thing: ThingAddress,
    desired: object,
    before: Shadow,
    options: CallOptions,
  ): Promise<{ isConfirmed: boolean; last: Shadow }> {
    let last = before;
    let pauseMs = MIN_PAUSE_MS;
    const endsAt = this.#clock.now() + MAX_CONFIRMATION_MS;
    for (let waitedMs = 0; ; waitedMs += pauseMs, pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      last = (await this.#read(thing, options)) ?? last;
      if (hasReported(last, desired)) return { isConfirmed: true, last };
      // A cloud that is slow takes the time of the pauses.
      if (waitedMs + pauseMs > MAX_CONFIRMATION_MS || this.#clock.now() >= endsAt) return { isConfirmed: false, last };
      await this.#clock.sleep(pauseMs, options.signal);
    }
  }

  // The change is made by now: that it cannot be looked at must not seem to be its failure.
  async #read(thing: ThingAddress, options: CallOptions): Promise<Shadow | undefined> {
    try {
      return await this.#things.readShadow(thing, options);
    } catch (error) {
      if (!isPlatformError(error, "network", "timeout", "busy", "protocol", "rejected", "offline")) throw error;
      return undefined;
    }
  }
}

function hasReported({ state: { reported = {} } }: Shadow, desired: object): boolean {
  return Object.entries(desired).every(([key, value]) => isSame(reported[key], value));
}

function isSame(reported: unknown, desired: unknown): boolean {
  // Of an effect a device may report a part.
  if (isPlainObject(desired)) return isPlainObject(reported) && hasSameKeys(reported, desired);
  // A light that shows a colour may leave its colour temperature out.
  return reported === desired || (desired === 0 && reported === undefined);
}

function hasSameKeys(reported: Record<string, unknown>, desired: Record<string, unknown>): boolean {
  const common = Object.keys(desired).filter((key) => Object.hasOwn(reported, key));
  return common.length > 0 && common.every((key) => JSON.stringify(reported[key]) === JSON.stringify(desired[key]));
}
