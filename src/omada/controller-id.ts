import { abortable } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { InvalidTokenError, isPlatformError, PlatformError } from "../core/errors";
import type { EnvelopeTransport } from "./envelope";
import { CONTROLLER_UNKNOWN, isUnreachable } from "./error-codes";
import { Info } from "./schemas";

const INFO = { effect: "read", method: "GET", path: "/api/info" } as const;
/** A wrong path is refused in the same way as a wrong id: it must not cost a discovery each time. */
const MIN_DISCOVERY_INTERVAL_MS = 60_000;

/** The id that every path contains. A local controller reveals it to anyone, the cloud does not (omada.md section 4). */
export class ControllerId {
  readonly #http: EnvelopeTransport;
  readonly #clock: Clock;
  readonly #isConfigured: boolean;
  #cached: string | undefined;
  #discoveredAt = -Infinity;
  #discovery: Promise<string> | undefined;

  /** @param configured the id from the settings; blank = discovered */
  constructor(configured: string, http: EnvelopeTransport, clock: Clock) {
    this.#isConfigured = configured !== "";
    this.#cached = configured || undefined;
    this.#http = http;
    this.#clock = clock;
  }

  /** The id if no request is needed for it. */
  get cached(): string | undefined {
    return this.#cached;
  }

  /**
   * The id, discovered once for all callers; a failure is not cached.
   * @throws `config` when the controller does not reveal it; else what the request throws
   */
  async get({ signal }: CallOptions): Promise<string> {
    if (this.#cached) return this.#cached;
    this.#discovery ??= this.#discover().finally(() => {
      this.#discovery = undefined;
    });
    return abortable(this.#discovery, signal);
  }

  /** Makes a call with the id, and once more with the present one where the controller no longer knows it. */
  async use<T>(call: (omadacId: string) => Promise<T>, options: CallOptions): Promise<T> {
    const omadacId = await this.get(options);
    try {
      return await call(omadacId);
    } catch (error) {
      if (!this.isOutdated(error, omadacId)) throw error;
      return call(await this.get(options));
    }
  }

  /**
   * Whether a call failed because the controller has another id by now, as after a restore. Then it is discovered anew.
   * @param sent the id, or the path that contains it
   */
  isOutdated(error: unknown, sent: string): boolean {
    if (this.#isConfigured || !isPlatformError(error, "config")) return false;
    if (error.details.vendorCode !== CONTROLLER_UNKNOWN) return false;
    // Another call has noticed it.
    if (this.#cached === undefined || !sent.includes(this.#cached)) return true;
    if (Math.abs(this.#clock.now() - this.#discoveredAt) < MIN_DISCOVERY_INTERVAL_MS) return false;
    this.#cached = undefined;
    return true;
  }

  /** What the controller says about itself. */
  fetchInfo(options: CallOptions): Promise<Info> {
    return this.#http.sendAs(Info, INFO, options).catch(rethrowWithoutToken);
  }

  // Whatever is wrong with the address shows here first: the cause's own sentence says what to do about it.
  async #discover(): Promise<string> {
    try {
      const { omadacId } = await this.#http.sendAs(Info.partial(), INFO, {}).catch(rethrowWithoutToken);
      if (!omadacId) throw new PlatformError("not-found", "The server does not reveal an Omada ID.");
      this.#cached = omadacId;
      this.#discoveredAt = this.#clock.now();
      return omadacId;
    } catch (cause) {
      if (isUnreachable(cause) || !(cause instanceof PlatformError) || cause.code === "protocol") throw cause;
      throw new PlatformError(
        "config",
        `${cause.message} Check the server address, or enter the Omada ID in the config node; the controller shows it under Settings > Platform Integration > Open API.`,
        cause.details,
      );
    }
  }
}

// It was sent without a token, so no other one helps: something before the controller wants a sign-in of its own.
function rethrowWithoutToken(error: unknown): never {
  throw error instanceof InvalidTokenError ? error.failure : error;
}
