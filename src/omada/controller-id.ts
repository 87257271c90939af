import { abortable } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import { PlatformError } from "../core/errors";
import type { EnvelopeTransport } from "./envelope";
import { isResponseError } from "./error-codes";
import { Info } from "./schemas";

/** The id that every path contains. A local controller reveals it to anyone, the cloud does not (omada.md section 4). */
export class ControllerId {
  readonly #http: EnvelopeTransport;
  #cached: string | undefined;
  #discovery: Promise<string> | undefined;

  /** @param configured the id from the settings; blank = discovered */
  constructor(configured: string, http: EnvelopeTransport) {
    this.#cached = configured || undefined;
    this.#http = http;
  }

  /** The id if no request is needed for it. */
  get cached(): string | undefined {
    return this.#cached;
  }

  /**
   * The id, discovered once for all callers; a failure is not cached.
   * @throws `config` when the controller does not reveal it
   */
  async get({ signal }: CallOptions): Promise<string> {
    if (this.#cached) return this.#cached;
    this.#discovery ??= this.#discover().finally(() => {
      this.#discovery = undefined;
    });
    return abortable(this.#discovery, signal);
  }

  /** What the controller says about itself. */
  fetchInfo(options: CallOptions): Promise<Info> {
    return this.#http.sendAs(Info, { effect: "read", method: "GET", path: "/api/info" }, options);
  }

  async #discover(): Promise<string> {
    try {
      const { omadacId } = await this.fetchInfo({});
      this.#cached = omadacId;
      return omadacId;
    } catch (error) {
      if (!isResponseError(error)) throw error;
      throw new PlatformError(
        "config",
        "The Omada ID could not be discovered. Enter it in the config node; the controller shows it under Settings > Platform Integration > Open API.",
      );
    }
  }
}
