import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { isPlatformError } from "../core/errors";
import type { ServerAddress } from "../http/server-address";
import type { Transport } from "../http/transport";
import { Session } from "../session/session";
import type { SessionState } from "../session/session-state";
import { ControllerId } from "./controller-id";
import type { OmadaCredentials } from "./credentials";
import { EnvelopeTransport, OmadaToken, type OmadaRequest } from "./envelope";
import { ApiSpec, type Info } from "./schemas";
import { SignIn } from "./sign-in";

/** Which controller, and who signs in to it. */
export interface OmadaSettings extends OmadaCredentials {
  server: ServerAddress;
}

/** A hardware controller takes half a minute for its description. */
const SPEC_TIMEOUT_MS = 120_000;

/** The Open API of one controller, request by request, with a session that all of them share. */
export class OmadaApi {
  readonly #http: EnvelopeTransport;
  readonly #controllerId: ControllerId;
  readonly #session: Session<OmadaToken>;

  /**
   * @param state of an earlier session with the same credentials
   * @throws `config` when a credential is missing
   */
  constructor(settings: OmadaSettings, transport: Transport, clock: Clock, state: SessionState) {
    const { server, omadacId, clientId, clientSecret, username, password } = settings;
    this.#http = new EnvelopeTransport(server, transport, [clientId, clientSecret, username, password]);
    this.#controllerId = new ControllerId(omadacId, this.#http, clock);
    const signIn = new SignIn(settings, this.#controllerId, this.#http);
    this.#session = new Session(
      (previous, signal, isRejected) => signIn.authenticate(previous, isRejected, { signal }),
      OmadaToken,
      clock,
      state,
    );
  }

  /** The id that every path contains, if no request is needed for it. */
  get cachedOmadacId(): string | undefined {
    return this.#controllerId.cached;
  }

  /** The id that every path contains. */
  omadacId(options: CallOptions): Promise<string> {
    return this.#controllerId.get(options);
  }

  /**
   * Makes a call with the id, and once more with the present one where the controller no longer knows it.
   * @see ControllerId
   */
  useOmadacId<T>(call: (omadacId: string) => Promise<T>): Promise<T> {
    return this.#controllerId.use(call, {});
  }

  /** Whether a request failed because the controller has another id by now. @param path that was requested */
  isOmadacIdOutdated(error: unknown, path: string): boolean {
    return this.#controllerId.isOutdated(error, path);
  }

  /** Sends a request with a live token. @returns the `result` of its response, or null */
  call(request: OmadaRequest, options: CallOptions): Promise<unknown> {
    const complete = this.#http.createRequest(request);
    return this.#session.withToken((token) => this.#http.send(complete, token, options), options, request.path);
  }

  /** What a local controller says about itself, to anyone; the cloud does not (omada.md section 4). */
  info(options: CallOptions): Promise<Info> {
    return this.#controllerId.fetchInfo(options);
  }

  /** The controller's OpenAPI description, as it is; it needs no token (omada.md section 5). */
  async spec(options: CallOptions): Promise<ApiSpec> {
    try {
      return await this.#spec("/v3/api-docs", options);
    } catch (error) {
      // The cloud serves it in one of its groups only.
      if (!isPlatformError(error, "not-found", "rejected", "unsupported", "protocol", "forbidden", "sign-in"))
        throw error;
      return await this.#spec("/v3/api-docs/00%20All", options).catch(() => Promise.reject(error));
    }
  }

  /** Ends the session locally; the controller is not notified. */
  close(): void {
    this.#session.close();
  }

  #spec(path: string, options: CallOptions): Promise<ApiSpec> {
    return this.#http.sendPlainAs(
      ApiSpec,
      { effect: "read", method: "GET", path, minTimeoutMs: SPEC_TIMEOUT_MS },
      options,
    );
  }
}
