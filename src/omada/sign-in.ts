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

  /** @throws `config` when a credential is missing */
  constructor(credentials: OmadaCredentials, controllerId: ControllerId, http: EnvelopeTransport) {
    checkCredentials(credentials);
    this.#credentials = credentials;
    this.#controllerId = controllerId;
    this.#http = http;
  }

  /** Obtains a token: with the refresh token of `previous` if there is one, else with the credentials. */
  async authenticate(previous: OmadaToken | undefined, options: CallOptions): Promise<OmadaToken> {
    if (previous?.refreshToken) {
      try {
        return await this.#refresh(previous.refreshToken, options);
      } catch (error) {
        // The client secret is sent along with the refresh token: if it was refused, it would be refused again.
        const isClientRefused = error instanceof CredentialsRefusedError && error.details.vendorCode === CLIENT_REFUSED;
        if (isClientRefused || !isResponseError(error)) throw error;
      }
    }
    return this.#credentials.mode === "code" ? this.#signInAsUser(options) : this.#signInAsClient(options);
  }

  async #signInAsClient(options: CallOptions): Promise<OmadaToken> {
    // omadacId next to client_id: both spellings are the controller's (omada.md section 1.2).
    const body = { omadacId: await this.#controllerId.get(options), ...this.#application() };
    return this.#requestToken({ grant_type: "client_credentials" }, body, "read", options);
  }

  async #signInAsUser(options: CallOptions): Promise<OmadaToken> {
    const query = { client_id: this.#credentials.clientId, omadac_id: await this.#controllerId.get(options) };
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
