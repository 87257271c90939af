import { abortable } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import { InvalidTokenError, PlatformError } from "../core/errors";
import type { EnvelopeTransport } from "./envelope";
import { isUnreachable } from "./error-codes";
import { Info } from "./schemas";

const INFO = { effect: "read", method: "GET", path: "/api/info" } as const;

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
   * @throws `config` when the controller does not reveal it; else what the request throws
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
    return this.#http.sendAs(Info, INFO, options).catch(rethrowWithoutToken);
  }

  // Whatever is wrong with the address shows here first: the cause's own sentence says what to do about it.
  async #discover(): Promise<string> {
    try {
      const { omadacId } = await this.#http.sendAs(Info.partial(), INFO, {}).catch(rethrowWithoutToken);
      if (!omadacId) throw new PlatformError("not-found", "The server does not reveal an Omada ID.");
      this.#cached = omadacId;
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
