import type { z } from "zod";
import { abortable, type CallOptions } from "../core/call-context";
import { InvalidTokenError, isPlatformError, PlatformError } from "../core/errors";
import type { Request } from "../http/transport";
import type { Token } from "../session/session";
import { AuthorizationCode, Granted, Info, LoggedIn } from "./schemas";

/** Who asks a controller, and which one behind the address. */
export interface OmadaCredentials {
  /** The controller's, the customer's or, for a managed service provider, the provider's id; blank = discovered. */
  omadacId: string;
  /** `client`: with the application's own rights; `code`: with those of a user. */
  mode: "client" | "code";
  clientId: string;
  clientSecret: string;
  username: string;
  password: string;
}

/** A controller's token. */
export interface OmadaToken extends Token {
  refreshToken: string | undefined;
}

type Ask = <S extends z.ZodType>(
  request: Omit<Request, "origin">,
  schema: S,
  options: CallOptions,
) => Promise<z.infer<S>>;

const SECRET_REFUSED = -44106;

/** The ways into a controller (omada.md section 1). */
export class SignIn {
  readonly #credentials: OmadaCredentials;
  readonly #ask: Ask;
  #discovery: Promise<string> | undefined;
  #discovered: string | undefined;

  /** @throws `config` when something to sign in with is missing */
  constructor(credentials: OmadaCredentials, ask: Ask) {
    const { mode, clientId, clientSecret, username, password } = credentials;
    if (!clientId || !clientSecret) {
      throw new PlatformError(
        "config",
        "Enter the client id and the client secret of the controller's Open API application.",
      );
    }
    if (mode === "code" && !(username && password)) {
      throw new PlatformError(
        "config",
        'Mode "authorization code" needs the user name and password of a user of the controller.',
      );
    }
    this.#credentials = credentials;
    this.#ask = ask;
  }

  /** The id that every path holds, where nobody has to be asked for it any more. */
  get knownId(): string | undefined {
    return this.#credentials.omadacId || this.#discovered;
  }

  /** The id that every path holds. A local controller tells it to anyone; the cloud does not (omada.md section 4). */
  async omadacId(options: CallOptions): Promise<string> {
    if (this.knownId) return this.knownId;
    // Asked for once for all who wait; a failure is not kept.
    this.#discovery ??= this.#discover().catch((error: unknown) => {
      this.#discovery = undefined;
      throw error;
    });
    return abortable(this.#discovery, options.signal);
  }

  /** Brings a token: by the refresh token where there is one, else by signing in anew. */
  async obtain(previous: OmadaToken | undefined, options: CallOptions): Promise<OmadaToken> {
    if (previous?.refreshToken) {
      try {
        return await this.#refresh(previous.refreshToken, options);
      } catch (error) {
        // The secret goes with the refresh token: refused here, it would be refused once more.
        if (!isAnswer(error) || (isPlatformError(error, "sign-in") && error.details.vendorCode === SECRET_REFUSED))
          throw error;
      }
    }
    return this.#credentials.mode === "code" ? this.#byCode(options) : this.#byClient(options);
  }

  async #discover(): Promise<string> {
    try {
      const { omadacId } = await this.#ask({ effect: "read", method: "GET", path: "/api/info" }, Info, {});
      this.#discovered = omadacId;
      return omadacId;
    } catch (error) {
      if (!isAnswer(error)) throw error;
      throw new PlatformError(
        "config",
        "The Omada ID could not be discovered. Enter it in the config node; the controller shows it under Settings > Platform Integration > Open API.",
      );
    }
  }

  async #byClient(options: CallOptions): Promise<OmadaToken> {
    // omadacId beside client_id: the spellings are the controller's (omada.md section 1.2).
    const body = { omadacId: await this.omadacId(options), ...this.#application() };
    return this.#grant({ grant_type: "client_credentials" }, body, "read", options);
  }

  async #byCode(options: CallOptions): Promise<OmadaToken> {
    const { clientId, username, password } = this.#credentials;
    const who = { client_id: clientId, omadac_id: await this.omadacId(options) };
    const login = {
      effect: "read",
      method: "POST",
      path: "/openapi/authorize/login",
      query: who,
      body: { username, password },
    } as const;
    const { csrfToken, sessionId } = await this.#ask(login, LoggedIn, options).catch((error: unknown) => {
      // A controller has more numbers for a wrong or locked user than anybody has listed.
      if (!isPlatformError(error, "rejected", "not-found")) throw error;
      const { vendorCode } = error.details;
      throw new PlatformError(
        "sign-in",
        `The controller refuses the user name or the password. Correct them in the config node; until then no further sign-in is tried.${vendorCode ? ` (${vendorCode})` : ""}`,
        error.details,
      );
    });
    const headers = { "csrf-token": csrfToken, cookie: `TPOMADA_SESSIONID=${sessionId}` };
    const authorize = {
      ...login,
      path: "/openapi/authorize/code",
      query: { ...who, response_type: "code" },
      body: undefined,
      headers,
    };
    const code = await this.#ask(authorize, AuthorizationCode, options);
    // A code is good for one try: a lost answer must not be asked for again.
    return this.#grant({ grant_type: "authorization_code", code }, this.#application(), "write", options);
  }

  // The refresh token in the query and the application in the body: the form that all versions take (omada.md section 1.4).
  // It is good for one use; where an answer was lost, the next try is refused and a new sign-in follows.
  #refresh(refreshToken: string, options: CallOptions): Promise<OmadaToken> {
    return this.#grant(
      { grant_type: "refresh_token", refresh_token: refreshToken },
      this.#application(),
      "read",
      options,
    );
  }

  async #grant(
    query: Record<string, string>,
    body: object,
    effect: "read" | "write",
    options: CallOptions,
  ): Promise<OmadaToken> {
    const granted = await this.#ask(
      { effect, method: "POST", path: "/openapi/authorize/token", query, body },
      Granted,
      options,
    );
    const { accessToken, expiresIn, refreshToken } = granted;
    return { value: accessToken, refreshToken, lifeMs: expiresIn === undefined ? undefined : expiresIn * 1000 };
  }

  #application(): { client_id: string; client_secret: string } {
    return { client_id: this.#credentials.clientId, client_secret: this.#credentials.clientSecret };
  }
}

// Whether somebody answered, and what was asked for did not come: another way may still lead there.
function isAnswer(error: unknown): boolean {
  if (error instanceof InvalidTokenError) return true;
  return error instanceof PlatformError && !isPlatformError(error, "network", "tls", "timeout", "busy", "cancelled");
}
