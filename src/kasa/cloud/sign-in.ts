import type { CallOptions } from "../../core/call-context";
import { isPlatformError } from "../../core/errors";
import type { SessionState } from "../../session/session-state";
import { checkCredentials } from "./credentials";
import { createCloudRequest, type EnvelopeTransport } from "./envelope";
import { errorFromSignIn } from "./error-codes";
import { Account, type KasaToken } from "./schemas";
import type { KasaSettings } from "./settings";

/** Obtains tokens: by a refresh token if there is one, otherwise by e-mail address and password. */
export class SignIn {
  readonly #settings: KasaSettings;
  readonly #http: EnvelopeTransport;
  readonly #state: SessionState<KasaToken>;
  #attempts = 0;

  /** @throws `config` if there is nothing to sign in with */
  constructor(settings: KasaSettings, http: EnvelopeTransport, state: SessionState<KasaToken>) {
    checkCredentials(settings);
    this.#settings = settings;
    this.#http = http;
    this.#state = state;
  }

  /** How many requests have been sent to sign in or to refresh, retries included. */
  get attempts(): number {
    return this.#attempts;
  }

  // The refresh token first: it works with 2-step verification, and spares a login (kasa.md section 0.3).
  async authenticate(previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const { email, password } = this.#settings;
    const refreshToken = previous?.refreshToken ?? this.#configuredRefreshToken();
    if (refreshToken) {
      try {
        return await this.#refresh(refreshToken, previous, options);
      } catch (error) {
        const isRefused = isPlatformError(error, "sign-in", "rejected", "unsupported");
        if (!isRefused || !(email && password)) throw error;
      }
    }
    return this.#login(options);
  }

  // The cloud may have replaced it, which makes the one in the settings worthless.
  #configuredRefreshToken(): string {
    const { refreshToken } = this.#settings;
    return refreshToken && (this.#state.lease?.token.refreshToken ?? refreshToken);
  }

  async #login(options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID, email, password } = this.#settings;
    const params = { appType, cloudUserName: email, cloudPassword: password, terminalUUID, refreshTokenNeeded: true };
    const account = await this.#fetchAccount("login", params, options);
    return { value: account.token, refreshToken: account.refreshToken, account };
  }

  // Without a new refresh token in the response, the old one stays valid (kasa.md section 1).
  async #refresh(refreshToken: string, previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID } = this.#settings;
    const account = await this.#fetchAccount("refreshToken", { appType, terminalUUID, refreshToken }, options);
    const next = account.refreshToken ?? refreshToken;
    return {
      value: account.token,
      refreshToken: next,
      account: { ...previous?.account, ...account, refreshToken: next },
    };
  }

  async #fetchAccount(method: string, params: object, options: CallOptions): Promise<Account> {
    const request = createCloudRequest(method, params, this.#settings.server);
    try {
      return await this.#http.send(Account, request, undefined, options);
    } catch (error) {
      throw errorFromSignIn(error, method === "refreshToken");
    } finally {
      this.#attempts += request.attempts ?? 0;
    }
  }
}
