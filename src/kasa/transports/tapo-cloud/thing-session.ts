import type { CallOptions } from "../../../core/call-context";
import type { Clock } from "../../../core/clock";
import { InvalidTokenError, PlatformError } from "../../../core/errors";
import type { Transport } from "../../../http/transport";
import { Session } from "../../../session/session";
import type { SessionState } from "../../../session/session-state";
import type { KasaApi } from "../../cloud/api";
import { EnvelopeTransport } from "../../cloud/envelope";
import { KasaToken } from "../../cloud/schemas";
import type { KasaSettings } from "../../cloud/settings";
import { SignIn } from "../../cloud/sign-in";

/** The app as which the second cloud knows everybody (tapo-cloud.md section 3). */
const APP_TYPE = "Tapo_Android";

const MAX_REFUSAL_MS = 900_000;
const NO_PASSWORD =
  "TP-Link's second cloud does not accept the session of this account. Enter its password, or a refresh token that was obtained with the app type Tapo_Android.";

/** The account's token is live, but the second cloud does not take it. */
class NotAcceptedError extends PlatformError {}

/**
 * The session of the second cloud. The account's own token mostly serves; where a live one is refused, the account signs in
 * once more, as the app of this cloud, and that session is kept beside the account's.
 */
export class ThingSession {
  readonly #account: Pick<KasaApi, "withToken" | "isLive">;
  readonly #own: Session<KasaToken> | undefined;
  readonly #hasOwnApp: boolean;
  readonly #clock: Clock;
  readonly #state: SessionState<KasaToken>;
  #usesOwn: boolean;
  /** The last token that this cloud has accepted, and the last one that was issued for it. */
  #accepted: string | undefined;
  #issued: string | undefined;
  /** A live token that this cloud has refused: it is not tried again for a while. */
  #refused: { token: string; error: NotAcceptedError; until: number } | undefined;

  /** @param state of an earlier session of its own with the same credentials */
  constructor(
    settings: KasaSettings,
    account: Pick<KasaApi, "withToken" | "isLive">,
    transport: Transport,
    clock: Clock,
    state: SessionState<KasaToken>,
  ) {
    this.#account = account;
    this.#clock = clock;
    this.#state = state;
    this.#usesOwn = state.lease !== undefined;
    const { email, password, refreshToken, appType } = settings;
    this.#hasOwnApp = appType === APP_TYPE;
    // The refresh token in the settings belongs to the account's session.
    if (!(email && password) || this.#hasOwnApp) return;
    const http = new EnvelopeTransport(transport, [email, password, refreshToken]);
    const signIn = new SignIn({ ...settings, appType: APP_TYPE, refreshToken: "" }, http, state);
    const authenticate = async (previous: KasaToken | undefined, signal: CallOptions["signal"]): Promise<KasaToken> => {
      const token = await signIn.authenticate(previous, { signal });
      this.#issued = token.value;
      return token;
    };
    this.#own = new Session(authenticate, KasaToken, clock, state);
  }

  /**
   * Makes a call with a live token.
   * @param name of what is called
   */
  async withToken<R>(call: (token: KasaToken) => Promise<R>, options: CallOptions, name: string): Promise<R> {
    if (!this.#usesOwn) {
      const isLive = (token: KasaToken): boolean => this.#account.isLive(token);
      try {
        return await this.#account.withToken((token) => this.#call(call, token, isLive), options, name);
      } catch (error) {
        if (!(error instanceof NotAcceptedError)) throw error;
        if (!this.#own) throw this.#hasOwnApp ? error : new PlatformError("sign-in", NO_PASSWORD, error.details);
        this.#usesOwn = true;
      }
    }
    if (!this.#own) throw new PlatformError("sign-in", NO_PASSWORD);
    return this.#own.withToken(
      (token) => this.#call(call, token, ({ value }) => value === this.#issued),
      options,
      name,
    );
  }

  /** Lets the next call sign in, or try a token, even if that was refused before. */
  clearRefusals(): void {
    this.#refused = undefined;
    this.#state.clearCooldowns();
  }

  /** Aborts a sign-in in progress. */
  close(): void {
    this.#own?.close();
  }

  // A live token that was never accepted here would not be after a renewal either.
  async #call<R>(
    call: (token: KasaToken) => Promise<R>,
    token: KasaToken,
    isLive: (token: KasaToken) => boolean,
  ): Promise<R> {
    const now = this.#clock.now();
    if (this.#refused?.token === token.value && now < this.#refused.until) throw this.#refused.error;
    try {
      const result = await call(token);
      this.#accepted = token.value;
      return result;
    } catch (error) {
      if (!(error instanceof InvalidTokenError) || this.#accepted === token.value || !isLive(token)) throw error;
      const refusal = new NotAcceptedError(error.failure.code, error.failure.message, error.failure.details);
      this.#refused = { token: token.value, error: refusal, until: now + MAX_REFUSAL_MS };
      throw refusal;
    }
  }
}
