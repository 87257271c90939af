import { setOperation, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { toJsonValue } from "../core/encoding";
import { isPlatformError, PlatformError } from "../core/errors";
import { KeyedQueue } from "../core/keyed-queue";
import { maskSecrets } from "../core/redact";
import type { Transport } from "../http/transport";
import { SessionState } from "../session/session-state";
import { PeplinkActs } from "./acts/acts";
import { PeplinkApi, type PeplinkSettings } from "./api";
import {
  ensureApiClient,
  listApiClients,
  removeApiClient,
  type ApiClientResult,
  type ListedClient,
  type Scope,
} from "./api-clients";
import { checkBody, isInstant } from "./bodies";
import { toList } from "./collections";
import { CHANGE_AND_APPLY, checkParameters, checkReadable, checkWritable, toQuery, type Fields } from "./endpoints";

export type { PeplinkSettings } from "./api";

/** How a response is returned. */
export interface StatusFormat {
  /** Whether a collection becomes an array. */
  asList: boolean;
  /** Whether passwords and keys read `***`. */
  maskSecrets: boolean;
}

/** A Peplink or Pepwave router. */
export class PeplinkClient {
  /** What can be done to it by name. */
  readonly acts: PeplinkActs;
  readonly #api: PeplinkApi;
  readonly #queue: KeyedQueue;

  /**
   * @param state of an earlier session with the same credentials
   * @throws `config` if the credentials of the mode are missing
   */
  constructor(settings: PeplinkSettings, transport: Transport, clock: Clock, state: SessionState = new SessionState()) {
    this.#api = new PeplinkApi(settings, transport, clock, state);
    this.#queue = new KeyedQueue("earlier ones of the same kind");
    this.acts = new PeplinkActs(this.#api, clock, this.#queue);
  }

  /**
   * Reads an endpoint.
   * @returns `response` of the router's envelope, or null
   * @throws `input` before anything is sent, if the endpoint is not readable or a parameter is invalid
   */
  async status(endpoint: string, params: Fields, format: StatusFormat, options: CallOptions = {}): Promise<unknown> {
    const method = checkReadable(endpoint);
    setOperation(endpoint, options);
    const content =
      method === "POST" ? { body: checkParameters(toJsonValue(params) as Fields) } : { query: toQuery(params) };
    const response = await this.#api.call(endpoint, { effect: "read", method, ...content }, options);
    const masked = format.maskSecrets ? maskSecrets(response) : response;
    return (format.asList ? toList(masked) : masked) ?? null;
  }

  /**
   * Writes configuration, or sends a command.
   * `options.trace.details.applied` receives whether the change is in effect; nothing if that is unknown.
   * @param apply whether a pending change is applied at once
   * @returns `response` of the router's envelope, or null
   * @throws `input` before anything is sent (see `checkBody`)
   */
  async post(
    endpoint: string,
    body: unknown,
    { apply, confirm }: { apply: boolean; confirm: boolean },
    options: CallOptions = {},
  ): Promise<unknown> {
    checkWritable(endpoint);
    setOperation(endpoint, options);
    const fields = checkBody(endpoint, body, confirm);
    const details = options.trace?.details ?? {};
    details["applied"] = false;
    const write = async (): Promise<unknown> =>
      (await this.#api.call(endpoint, { effect: "write", method: "POST", body: fields }, options)) ?? null;
    if (!apply || !endpoint.startsWith("config.") || isInstant(endpoint, fields)) return write();
    // Of two changes at the same time, the second would find nothing left to apply.
    return this.#queue.run(
      CHANGE_AND_APPLY,
      async () => {
        const response = await write();
        await this.#apply(options);
        details["applied"] = true;
        return response;
      },
      options,
    );
  }

  /**
   * Finds or creates an API client of the router, and signs out. Needs the credentials of an admin user.
   * @see ensureApiClient
   */
  apiClient(name: string, scope: Scope, options: CallOptions = {}): Promise<ApiClientResult> {
    return this.#signingOut(ensureApiClient(this.#api, name, scope, options), options);
  }

  /** Lists the API clients of the router, without their secrets, and signs out. Needs the credentials of an admin user. */
  apiClients(options: CallOptions = {}): Promise<ListedClient[]> {
    return this.#signingOut(listApiClients(this.#api, options), options);
  }

  /**
   * Revokes an API client, and signs out. Needs the credentials of an admin user.
   * @returns the clients that are left
   */
  revokeApiClient(clientId: string, options: CallOptions = {}): Promise<ListedClient[]> {
    const revoked = removeApiClient(this.#api, clientId, options);
    return this.#signingOut(
      revoked.then(() => listApiClients(this.#api, options)),
      options,
    );
  }

  /** Ends the session here; the router is not informed. */
  close(): void {
    this.#api.close();
  }

  // Also when the work fails: a router has few sessions, and keeps each of them for hours.
  async #signingOut<T>(work: Promise<T>, options: CallOptions): Promise<T> {
    try {
      return await work;
    } finally {
      await this.#api.signOut(options);
    }
  }

  async #apply(options: CallOptions): Promise<void> {
    try {
      await this.#api.call("cmd.config.apply", { effect: "write", method: "POST" }, options);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      const isUnknown = mayHaveBeenApplied(error);
      if (isUnknown) delete options.trace?.details["applied"];
      const outcome = isUnknown ? "whether it was applied is not known" : "it was not applied and is still pending";
      const sentence = `The change was saved on the router, but ${outcome}. ${error.message}`;
      throw new PlatformError(error.code, sentence, error.details);
    }
  }
}

// Only a router that declined it has certainly applied nothing.
function mayHaveBeenApplied(error: PlatformError): boolean {
  return error.details.retryable === false || isPlatformError(error, "network", "timeout", "protocol", "cancelled");
}
