import type { AbortSignalLike } from "../../../core/abort";
import type { Clock } from "../../../core/clock";
import type { LocalEndpoint } from "./endpoint";
import type { ProbeTarget } from "./probe";

/** For so long a host that is no device of the account is not asked again. */
const STRANGER_MS = 60_000;
const MAX_ASKED_AT_A_TIME = 32;

/** Asks a host by TCP who it is. @returns undefined where it is none of the account's devices */
export type Identify = (target: ProbeTarget, signal: AbortSignalLike) => Promise<LocalEndpoint | undefined>;

/** Hosts that answer no probe: a firewall or a container's network may let connections through, but nothing else. */
export class SilentHosts {
  readonly #identify: Identify;
  readonly #clock: Clock;
  /** Those that are being asked, by address and port. */
  readonly #asked = new Map<string, Promise<void>>();
  /** When one turned out to be no device of the account. */
  readonly #strangeAt = new Map<string, number>();

  constructor(identify: Identify, clock: Clock) {
    this.#identify = identify;
    this.#clock = clock;
  }

  /** Whether a host has turned out a moment ago to be no device of the account. */
  isStranger(target: ProbeTarget): boolean {
    return this.#isStrange(keyOf(target));
  }

  /** Asks hosts, some at a time; those that are being asked already are only waited for. */
  async ask(
    targets: readonly ProbeTarget[],
    signal: AbortSignalLike,
    onFound: (endpoint: LocalEndpoint) => void,
  ): Promise<void> {
    const waiting = [...targets];
    const next = async (): Promise<void> => {
      for (let target = waiting.shift(); target; target = waiting.shift()) await this.#ask(target, signal, onFound);
    };
    await Promise.all(Array.from({ length: Math.min(targets.length, MAX_ASKED_AT_A_TIME) }, next));
  }

  #ask(target: ProbeTarget, signal: AbortSignalLike, onFound: (endpoint: LocalEndpoint) => void): Promise<void> {
    const key = keyOf(target);
    const ask = async (): Promise<void> => {
      const endpoint = await this.#identify(target, signal).catch(() => undefined);
      this.#asked.delete(key);
      this.#strangeAt.delete(key);
      if (endpoint) return onFound(endpoint);
      // Names may lead to ever other addresses.
      for (const [other] of this.#strangeAt) if (!this.#isStrange(other)) this.#strangeAt.delete(other);
      this.#strangeAt.set(key, this.#clock.now());
    };
    const asked = this.#asked.get(key) ?? ask();
    this.#asked.set(key, asked);
    return asked;
  }

  #isStrange(key: string): boolean {
    const ageMs = this.#clock.now() - (this.#strangeAt.get(key) ?? -Infinity);
    return ageMs >= 0 && ageMs < STRANGER_MS;
  }
}

const keyOf = ({ address, http }: ProbeTarget): string => `${address}:${http}`;
