import type { CallOptions } from "../core/call-context";
import { CredentialsRefusedError } from "../core/errors";
import type { Effect } from "../http/retry";
import type { ControllerId } from "./controller-id";
import { checkCredentials, type OmadaCredentials } from "./credentials";
import type { EnvelopeTransport, OmadaRequest, OmadaToken } from "./envelope";
import { CLIENT_REFUSED, errorFromSignIn, isResponseError } from "./error-codes";
import { AuthorizationCode, LoginResult, TokenGrant } from "./schemas";

/** Obtains tokens from a controller (omada.md section 1). */
export class SignIn {
  readonly #credentials: OmadaCredentials;
  readonly #controllerId: ControllerId;
  readonly #http: EnvelopeTransport;
  /** The id of the last sign-in. */
  #omadacId: string | undefined;
  /** The token of the last refresh. */
  #refreshed: string | undefined;

  /** @throws `config` when a credential is missing */
  constructor(credentials: OmadaCredentials, controllerId: ControllerId, http: EnvelopeTransport) {
    checkCredentials(credentials);
    this.#credentials = credentials;
    this.#controllerId = controllerId;
    this.#http = http;
  }

  /**
   * Obtains a token: with the refresh token of `previous` if there is one, else with the credentials.
   * @param isRejected whether the controller refused `previous` for every call
   */
  async authenticate(previous: OmadaToken | undefined, isRejected: boolean, options: CallOptions): Promise<OmadaToken> {
    if (previous?.refreshToken && !this.#isRefreshUseless(previous, isRejected)) {
      try {
        const token = await this.#refresh(previous.refreshToken, options);
        this.#refreshed = token.value;
        return token;
      } catch (error) {
        // The client secret is sent along with the refresh token: if it was refused, it would be refused again.
        const isClientRefused = error instanceof CredentialsRefusedError && error.details.vendorCode === CLIENT_REFUSED;
        if (isClientRefused || !isResponseError(error)) throw error;
      }
    }
    return this.#controllerId.use((omadacId) => {
      this.#omadacId = omadacId;
      return this.#credentials.mode === "code"
        ? this.#signInAsUser(omadacId, options)
        : this.#signInAsClient(omadacId, options);
    }, options);
  }

  // What was granted may have ended for good, as after a restore of the controller or a change of the application: then a
  // refresh may succeed, and all that comes of it is refused (omada.md section 1.5).
  #isRefreshUseless({ value }: OmadaToken, isRejected: boolean): boolean {
    const isOfFormerId = this.#omadacId !== undefined && this.#omadacId !== this.#controllerId.cached;
    return isOfFormerId || (isRejected && value === this.#refreshed);
  }

  #signInAsClient(omadacId: string, options: CallOptions): Promise<OmadaToken> {
    // omadacId next to client_id: both spellings are the controller's (omada.md section 1.2).
    const body = { omadacId, ...this.#application() };
    return this.#requestToken({ grant_type: "client_credentials" }, body, "read", options);
  }

  async #signInAsUser(omadacId: string, options: CallOptions): Promise<OmadaToken> {
    const query = { client_id: this.#credentials.clientId, omadac_id: omadacId };
    const { csrfToken, sessionId } = await this.#logIn(query, options);
    const request: OmadaRequest = {
      effect: "read",
      method: "POST",
      path: "/openapi/authorize/code",
      query: { ...query, response_type: "code" },
      headers: { "csrf-token": csrfToken, cookie: `TPOMADA_SESSIONID=${sessionId}` },
    };
    const code = await this.#http.sendAs(AuthorizationCode, request, options);
    return this.#requestToken({ grant_type: "authorization_code", code }, this.#application(), "single-use", options);
  }

  async #logIn(query: Record<string, string>, options: CallOptions): Promise<LoginResult> {
    const { username, password } = this.#credentials;
    const path = "/openapi/authorize/login";
    const request: OmadaRequest = { effect: "read", method: "POST", path, query, body: { username, password } };
    try {
      return await this.#http.sendAs(LoginResult, request, options);
    } catch (error) {
      throw errorFromSignIn(error, "the user name or the password");
    }
  }

  // All versions accept the refresh token in the query and the application in the body (omada.md section 1.4).
  // It can be used only once: if the response is lost, the next attempt is refused and a sign-in follows.
  #refresh(refreshToken: string, options: CallOptions): Promise<OmadaToken> {
    const query = { grant_type: "refresh_token", refresh_token: refreshToken };
    return this.#requestToken(query, this.#application(), "read", options);
  }

  async #requestToken(
    query: Record<string, string>,
    body: object,
    effect: Effect,
    options: CallOptions,
  ): Promise<OmadaToken> {
    const request: OmadaRequest = { effect, method: "POST", path: "/openapi/authorize/token", query, body };
    const grant = await this.#http.sendAs(TokenGrant, request, options).catch((error: unknown) => {
      throw errorFromSignIn(error, "the client id or the client secret");
    });
    const { accessToken, expiresIn, refreshToken } = grant;
    return { value: accessToken, refreshToken, lifeMs: expiresIn === undefined ? undefined : expiresIn * 1000 };
  }

  #application(): { client_id: string; client_secret: string } {
    return { client_id: this.#credentials.clientId, client_secret: this.#credentials.clientSecret };
  }
}
